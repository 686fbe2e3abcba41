"""The server process: granian with the limits that its defaults lack."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp

from api.app import create_app
from api.leaving import LEAVE_SIGNAL
from spatial.errors import EnvironmentProblem
from spatial.settings import Settings

HEADER_READ_TIMEOUT_MS = 10_000
HEADER_BUFFER_BYTES = 16_384
DRAIN_S = 20


def create() -> ASGIApp:
    """What each worker calls: settings read once, from the environment.

    The doors are served as they stand, without the framework's entry in front,
    which looks into the environment at every request.
    """
    settings = Settings.read()
    app = create_app(settings, _dsn(settings))
    assert app.middleware_stack is not None
    return app.middleware_stack


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; blocks. Workers that die are replaced.

    By default granian lets a header dribble in for 30 s and grow to 400 kB; an
    ASGI guard never sees a half-sent one. So a half header or an idle connection
    is closed after 10 s, and more than 16 kB of request line and headers is 431.
    """
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

    os.environ["ONEMAP_DATABASE_URL"] = _dsn(settings)
    os.environ["ONEMAP_CITY"] = settings.city
    if settings.base_url:
        os.environ["ONEMAP_BASE_URL"] = settings.base_url
    _server()(
        "api.server:create",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.server_workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=HTTP1Settings(
            header_read_timeout=HEADER_READ_TIMEOUT_MS, max_buffer_size=HEADER_BUFFER_BYTES
        ),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=DRAIN_S,
    ).serve()


def _server() -> Any:
    """Granian that says it will leave before it does; imported only where it serves."""
    from granian import Granian

    class Server(Granian):  # type: ignore[misc,valid-type]
        def shutdown(self, exit_code: int = 0) -> None:
            """Streams first, which would otherwise hold their worker until it is killed."""
            for worker in self.wrks:
                with suppress(ProcessLookupError):
                    os.kill(worker.inner.pid, LEAVE_SIGNAL)
            super().shutdown(exit_code)

    return Server


def _dsn(settings: Settings) -> str:
    if settings.database_url is None:
        raise EnvironmentProblem(
            "没有数据库地址:请以 ./onemap up 启动,或设置 ONEMAP_DATABASE_URL",
            "no database is named: start with ./onemap up, or set ONEMAP_DATABASE_URL",
            value="ONEMAP_DATABASE_URL",
        )
    return settings.database_url
