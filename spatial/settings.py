"""The only reader of the environment.

Nothing is read on import: ``Settings.read()`` is called once by a door (the
command line, the server's start), and everything else is handed what it needs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spatial.errors import InvalidInput

DEFAULT_PORT = 8370


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation is told from outside; every value has a working default."""

    database_url: str | None
    """``ONEMAP_DATABASE_URL``: this server is used and no private cluster is made."""
    data_dir: Path
    """``ONEMAP_DATA``: the private cluster, logs and run state live here."""
    host: str
    port: int
    server_workers: int
    base_url: str | None
    """``ONEMAP_BASE_URL``: the public address behind a proxy; links are made from it."""
    city: str
    """``ONEMAP_CITY``: six-digit division code; its profile is ``spatial/assets/city/``."""
    access_log: Path | None = None
    """``ONEMAP_ACCESS_LOG``: folder of the access log; ``off`` for none."""
    metrics_dir: Path | None = None
    """``ONEMAP_METRICS``: where the workers of one server put their figures; the server itself sets it."""
    header_timeout_s: int = 10
    """``ONEMAP_HEADER_TIMEOUT``: a half-sent header or an idle connection is closed after it."""
    body_timeout_s: int = 30
    """``ONEMAP_BODY_TIMEOUT``: a request body must be whole by then."""
    read_timeout_s: int = 60
    """``ONEMAP_READ_TIMEOUT``: a client that takes nothing of its answer for so long is left."""
    stop_notice_s: int = 1
    """``ONEMAP_STOP_NOTICE``: how long a server that was asked to stop is unready before it takes no more."""

    job_workers: int = 1
    """``ONEMAP_JOB_WORKERS``: processes that run jobs beside the server; 0 for none on this machine."""
    dask_scheduler: str | None = None
    """``ONEMAP_DASK_SCHEDULER``: an existing scheduler's address; else workers make a local cluster."""
    callback_hosts: tuple[str, ...] = ()
    """``ONEMAP_CALLBACK_HOSTS``: hosts that jobs may call back, and private addresses or networks."""

    @staticmethod
    def read(environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from the environment.

        >>> Settings.read({"ONEMAP_PORT": "9000", "HOME": "/home/li"}).port
        9000
        """
        env = os.environ if environ is None else environ
        data_dir = Path(env.get("ONEMAP_DATA") or default_data_dir(env))
        access_log = env.get("ONEMAP_ACCESS_LOG") or str(data_dir / "access-log")
        metrics_dir = env.get("ONEMAP_METRICS")
        return Settings(
            database_url=env.get("ONEMAP_DATABASE_URL") or None,
            data_dir=data_dir,
            host=env.get("ONEMAP_HOST", "127.0.0.1"),
            port=_whole(env, "ONEMAP_PORT", DEFAULT_PORT, 0, 65535),
            server_workers=_whole(env, "ONEMAP_WORKERS", 2, 1, 64),
            base_url=(env.get("ONEMAP_BASE_URL") or "").rstrip("/") or None,
            city=env.get("ONEMAP_CITY", "370783"),
            access_log=None if access_log == "off" else Path(access_log),
            metrics_dir=Path(metrics_dir) if metrics_dir else None,
            header_timeout_s=_whole(env, "ONEMAP_HEADER_TIMEOUT", 10, 1, 60),
            body_timeout_s=_whole(env, "ONEMAP_BODY_TIMEOUT", 30, 1, 600),
            read_timeout_s=_whole(env, "ONEMAP_READ_TIMEOUT", 60, 1, 3600),
            stop_notice_s=_whole(env, "ONEMAP_STOP_NOTICE", 1, 0, 60),
            job_workers=_whole(env, "ONEMAP_JOB_WORKERS", 1, 0, 64),
            dask_scheduler=env.get("ONEMAP_DASK_SCHEDULER") or None,
            callback_hosts=_several(env.get("ONEMAP_CALLBACK_HOSTS", "")),
        )


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where state lives when nobody says: root's must be reachable by user ``postgres``."""
    if os.geteuid() == 0:
        return Path("/var/lib/onemap")
    home = environ.get("XDG_DATA_HOME")
    return Path(home) / "onemap" if home else Path(environ["HOME"]) / ".local/share/onemap"


def _several(text: str) -> tuple[str, ...]:
    """What commas separate, in lower case."""
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def _whole(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise InvalidInput(
            f"环境变量 {name} 须为 {low}–{high} 的整数:{text}",
            f"{name} must be a whole number from {low} to {high}: {text}",
            value=text,
        )
    return int(text)
