"""The server process: granian with the limits that its defaults lack."""

from __future__ import annotations

import logging
import os

from fastapi import FastAPI

from api.app import create_app
from spatial.errors import EnvironmentProblem
from spatial.settings import Settings

LOG = logging.getLogger("onemap.api")
HEADER_READ_TIMEOUT_MS = 10_000
HEADER_BUFFER_BYTES = 16_384
DRAIN_S = 20


def create() -> FastAPI:
    """What each worker calls: settings read once, from the environment."""
    settings = Settings.read()
    return create_app(settings, _dsn(settings))


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; blocks. Workers that die are replaced.

    By default granian lets a header dribble in for 30 s and grow to 400 kB; an
    ASGI guard never sees a half-sent one. So a half header or an idle connection
    is closed after 10 s, and more than 16 kB of request line and headers is 431.
    """
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

    os.environ["ONEMAP_DATABASE_URL"] = _dsn(settings)
    os.environ["ONEMAP_CITY"] = settings.city
    os.environ["ONEMAP_ACCESS"] = "open" if settings.open_here else "guarded"
    os.environ["ONEMAP_HOST"] = settings.host
    if settings.base_url:
        os.environ["ONEMAP_BASE_URL"] = settings.base_url
    if settings.open_here:
        LOG.warning(
            "本机开放:只有本机程序可用,并以操作员身份;"
            "open to this machine only, its programs act as the operator"
        )
    Granian(
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


def _dsn(settings: Settings) -> str:
    if settings.database_url is None:
        raise EnvironmentProblem(
            "没有数据库地址:请以 ./onemap up 启动,或设置 ONEMAP_DATABASE_URL",
            "no database is named: start with ./onemap up, or set ONEMAP_DATABASE_URL",
            value="ONEMAP_DATABASE_URL",
        )
    return settings.database_url
