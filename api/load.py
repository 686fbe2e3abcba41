"""What a worker is busy with, and whether it is about to leave."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LEAVE_SIGNAL = signal.SIGUSR1
"""From the server to its workers: be unready, you will be stopped soon."""


@dataclass(slots=True)
class Load:
    """Shared by the layers of one worker; all of them run in its one event loop."""

    in_flight: int = 0
    """Requests that are being answered, refusals among them."""
    draining: bool = False
    """The server was asked to stop: it answers on, but nobody should come any more."""

    def leave(self) -> None:
        """Be unready from now on."""
        self.draining = True


def on_leaving(*steps: Callable[[], None]) -> None:
    """Take these steps at the signal; outside a process's main thread there is none to listen to."""

    def leave() -> None:
        for step in steps:
            step()

    with suppress(NotImplementedError, RuntimeError, ValueError):
        asyncio.get_running_loop().add_signal_handler(LEAVE_SIGNAL, leave)


def end_stalled_readers(timeout_s: int) -> int:
    """Let the kernel close connections whose client takes nothing for so long; how many doors there are.

    Neither the server nor HTTP bounds how slowly an answer is read. The option is
    set on the listening sockets of this process and passes to what they accept.
    """
    found = 0
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            number = int(entry.name)
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as one:
                    found += _patient(one, timeout_s)
    return found


def _patient(one: socket.socket, timeout_s: int) -> bool:
    internet = one.family in (socket.AF_INET, socket.AF_INET6)
    if not internet or not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return False
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_s * 1000)
    return True
