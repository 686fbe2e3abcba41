"""The server process: granian with the limits that its defaults lack."""

from __future__ import annotations

import logging
import logging.config
import os
import shutil
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from api.app import create_app
from api.load import LEAVE_SIGNAL
from api.logs import CONFIGURATION
from spatial.errors import EnvironmentProblem
from spatial.process import PROC
from spatial.settings import Settings

LOG = logging.getLogger("onemap.server")
HEADER_BUFFER_BYTES = 16_384
BACKLOG = 2048
CONNECTIONS_MAX = 8192
"""Open connections of one worker. Idle and half-open ones cost little, and must not keep others out."""
REPLACED_MOST, REPLACED_WITHIN_S = 8, 60.0
"""Workers that die are replaced; where this many died within this time, the server ends with an error."""
DRAIN_S = 18
"""For requests under way; with the notice it stays below 20 s."""


def create() -> ASGIApp:
    """What each worker calls: settings read once, from the environment.

    The doors are served as they stand, without the framework's entry in front,
    which looks into the environment at every request.
    """
    settings = Settings.read()
    app = create_app(settings, _dsn(settings))
    assert app.middleware_stack is not None
    return app.middleware_stack


def serve(settings: Settings, application: str = "api.server:create") -> None:
    """Serve until a signal ends it; blocks. Workers that die are replaced.

    By default granian lets a header dribble in for 30 s and grow to 400 kB; an
    ASGI guard never sees a half-sent one. So a half header or an idle connection
    is closed after 10 s, and more than 16 kB of request line and headers is 431.
    """
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

    os.environ["ONEMAP_DATABASE_URL"] = _dsn(settings)
    os.environ["ONEMAP_CITY"] = settings.city
    os.environ["ONEMAP_ACCESS"] = "open" if settings.open_here else "guarded"
    os.environ["ONEMAP_HOST"] = settings.host
    if settings.base_url:
        os.environ["ONEMAP_BASE_URL"] = settings.base_url
    logging.config.dictConfig(CONFIGURATION)
    if settings.open_here:
        LOG.warning(
            "本机开放:只有本机程序可用,并以操作员身份;"
            "open to this machine only, its programs act as the operator"
        )
    with _counters(settings.data_dir / "metrics"):
        _server(settings.stop_notice_s)(
            application,
            factory=True,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            workers=settings.server_workers,
            loop=Loops.uvloop,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS_MAX,
            http1_settings=HTTP1Settings(
                header_read_timeout=settings.header_timeout_s * 1000, max_buffer_size=HEADER_BUFFER_BYTES
            ),
            respawn_failed_workers=True,
            respawn_interval=0.5,
            workers_kill_timeout=DRAIN_S,
            log_dictconfig=CONFIGURATION,
        ).serve()


def _server(notice_s: float) -> Any:
    """Granian that says it will leave before it leaves; imported only where it serves."""
    from granian import Granian

    replaced: deque[float] = deque(maxlen=REPLACED_MOST)

    class Server(Granian):  # type: ignore[misc,valid-type]
        def _respawn_workers(self, *given: Any, **named: Any) -> None:
            """Granian ends as a whole where a worker dies within seconds of the one before it, unless it
            forgets when that was; it does until so many have died that none can live."""
            super()._respawn_workers(*given, **named)
            replaced.append(time.monotonic())
            if len(replaced) < REPLACED_MOST or replaced[-1] - replaced[0] > REPLACED_WITHIN_S:
                self.respawned_wrks.clear()

        def shutdown(self, exit_code: int = 0) -> None:
            """Unready, and streams end, while connections are still taken; then no more; then the end."""
            for worker in self.wrks:
                with suppress(ProcessLookupError):
                    os.kill(worker.inner.pid, LEAVE_SIGNAL)
            time.sleep(notice_s)
            super().shutdown(exit_code)

    return Server


@contextmanager
def _counters(place: Path) -> Iterator[None]:
    """A folder for the workers' counters; those of servers that are no more are cleared away."""
    own = place / str(os.getpid())
    try:
        for left in place.glob("*"):
            if left == own or not (PROC / left.name).exists():
                shutil.rmtree(left, ignore_errors=True)
        own.mkdir(parents=True)
    except OSError as failure:
        LOG.warning("metrics are kept by each worker alone: %s", failure.strerror)
        yield
        return
    os.environ["ONEMAP_METRICS"] = str(own)
    try:
        yield
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _dsn(settings: Settings) -> str:
    if settings.database_url is None:
        raise EnvironmentProblem(
            "没有数据库地址:请以 ./onemap up 启动,或设置 ONEMAP_DATABASE_URL",
            "no database is named: start with ./onemap up, or set ONEMAP_DATABASE_URL",
            value="ONEMAP_DATABASE_URL",
        )
    return settings.database_url
