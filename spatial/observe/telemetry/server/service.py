"""All doors of stations in one process 接收服务进程."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from spatial.errors import PortTaken
from spatial.observe.telemetry.server.door import Door
from spatial.observe.telemetry.server.intake import Intake
from spatial.observe.telemetry.server.limits import Limits
from spatial.observe.telemetry.server.tcp import TcpServer
from spatial.observe.telemetry.server.udp import UdpServer
from spatial.observe.telemetry.sink import Sink

_LOG = logging.getLogger(__name__)


async def serve(
    dsn: str,
    sink: Sink,
    doors: Sequence[Door],
    *,
    limits: Limits | None = None,
    ready: Callable[[list[int]], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until asked to stop (SIGTERM, SIGINT, or ``stop``); ``ready`` is told the ports.

    What has come by then is kept and answered first.
    """
    asked = stop or signalled()
    async with AsyncExitStack() as stack:
        intake = await stack.enter_async_context(Intake(dsn, sink))
        servers: list[TcpServer | UdpServer] = []
        for door in doors:
            kind: type[TcpServer | UdpServer] = UdpServer if door.channel == "sl651/udp" else TcpServer
            server = kind(door, intake, limits)
            try:
                servers.append(await stack.enter_async_context(server))
            except OSError as failure:
                raise PortTaken(
                    f"端口不能监听,请另选端口或停止占用它的程序:{door.host}:{door.port}",
                    f"cannot listen; choose another port or stop what uses it: {door.host}:{door.port}",
                    value=f"{door.host}:{door.port}",
                ) from failure
        if ready:
            ready([server.port for server in servers])
        name = f"stations/{socket.gethostname()}/{','.join(sorted({door.channel for door in doors}))}"
        telling = asyncio.create_task(intake.tell(name, lambda: True))
        await asked.wait()
        telling.cancel()
        _LOG.info("stopping: %s", intake.figures)


def signalled() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked
