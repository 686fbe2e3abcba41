"""The only reader of the environment.

Nothing is read on import: ``Settings.read()`` is called once by a door (the
command line, the server's start), and everything else is handed what it needs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from spatial.errors import InvalidInput

DEFAULT_PORT = 8370
DEFAULT_MQTT_PORT = 8371


@dataclass(frozen=True, slots=True)
class Oidc:
    """The identity provider 统一身份认证 whose tokens are taken, and where a token says what."""

    issuer: str
    audience: str
    department_claim: str = "department"
    """A path where the claim lies deeper, as ``realm_access.roles``."""
    roles_claim: str = "roles"
    mfa: bool = True
    """Security administrators and auditors must have signed in with two factors (``amr``, RFC 8176)."""

    @staticmethod
    def read(env: Mapping[str, str]) -> Oidc | None:
        """From ``ONEMAP_OIDC_ISSUER`` and its companions; none where no issuer is named."""
        issuer = env.get("ONEMAP_OIDC_ISSUER", "").rstrip("/")
        if not issuer:
            return None
        parts = urlsplit(issuer)
        loopback = is_loopback(parts.hostname or "")
        if (
            parts.query
            or parts.fragment
            or not (parts.scheme == "https" or (parts.scheme == "http" and loopback))
        ):
            raise InvalidInput(
                f"环境变量 ONEMAP_OIDC_ISSUER 须为 https 地址:{issuer}",
                f"ONEMAP_OIDC_ISSUER must be an https address: {issuer}",
                value=issuer,
            )
        audience = env.get("ONEMAP_OIDC_AUDIENCE", "")
        if not audience:
            raise InvalidInput(
                "设置了 ONEMAP_OIDC_ISSUER 时须同时设置 ONEMAP_OIDC_AUDIENCE:(空)",
                "ONEMAP_OIDC_AUDIENCE must be set together with ONEMAP_OIDC_ISSUER: (empty)",
                value="ONEMAP_OIDC_AUDIENCE",
            )
        return Oidc(
            issuer=issuer,
            audience=audience,
            department_claim=env.get("ONEMAP_OIDC_DEPARTMENT_CLAIM") or "department",
            roles_claim=env.get("ONEMAP_OIDC_ROLES_CLAIM") or "roles",
            mfa=_one_of(env, "ONEMAP_OIDC_MFA", "required", "off") != "off",
        )


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
    """``ONEMAP_DASK_SCHEDULER``: address of an existing scheduler; else workers make processes."""
    callback_hosts: tuple[str, ...] = ()
    """``ONEMAP_CALLBACK_HOSTS``: hosts that jobs may call back, and private addresses or networks."""
    results_days: int = 30
    """``ONEMAP_RESULTS_DAYS``: days that results and inputs of a job that is over are kept."""
    mqtt: tuple[str, int] = ("127.0.0.1", DEFAULT_MQTT_PORT)
    """``ONEMAP_MQTT``: address of this machine and port where the broker of ``up --mqtt`` listens."""
    open_here: bool = False
    """Programs of this machine act as the operator (``ONEMAP_ACCESS``, see :func:`_open_here`)."""
    oidc: Oidc | None = None
    """``ONEMAP_OIDC_*``: whose tokens are taken; none where no issuer is named."""
    framed_by: tuple[str, ...] = ()
    """``ONEMAP_FRAMED_BY``: origins whose pages may show the map in a frame, beside its own."""

    @property
    def mqtt_endpoint(self) -> str | None:
        """Address of the broker that stands beside the server, where one does."""
        host, port = self.mqtt
        return f"mqtt://{host}:{port}" if (self.data_dir / "with-mqtt").exists() else None

    @property
    def rasters(self) -> Path:
        """Folder of the images cut into tile grids."""
        return self.data_dir / "rasters"

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
            results_days=_whole(env, "ONEMAP_RESULTS_DAYS", 30, 1, 36_500),
            mqtt=_place(env, "ONEMAP_MQTT", ("127.0.0.1", DEFAULT_MQTT_PORT)),
            open_here=_open_here(env),
            oidc=Oidc.read(env),
            framed_by=_framed_by(env),
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


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine and no other.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "map.example")]
    [True, True, True, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _open_here(env: Mapping[str, str]) -> bool:
    """``ONEMAP_ACCESS``: ``open`` lets this machine's programs act as the operator, ``guarded`` nobody.

    Open unless told where only this machine can connect and no public address is named.
    """
    host = env.get("ONEMAP_HOST", "127.0.0.1")
    chosen = _one_of(env, "ONEMAP_ACCESS", "open", "guarded")
    if chosen == "open" and not is_loopback(host):
        raise InvalidInput(
            "ONEMAP_ACCESS=open 只在监听本机地址时可用;请改用 guarded,或将 ONEMAP_HOST 设为 127.0.0.1:"
            + host,
            "ONEMAP_ACCESS=open needs an address of this machine only; use guarded, or set ONEMAP_HOST"
            f" to 127.0.0.1: {host}",
            value=host,
        )
    return chosen == "open" or (not chosen and is_loopback(host) and not env.get("ONEMAP_BASE_URL"))


_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:(\d{1,5}|\*))?")
_NOTEBOOKS_HERE = ("http://localhost:*", "http://127.0.0.1:*")


def _framed_by(env: Mapping[str, str]) -> tuple[str, ...]:
    """Notebooks of this machine, where the platform is open to it; else those that are named."""
    text = env.get("ONEMAP_FRAMED_BY")
    if text is None:
        return _NOTEBOOKS_HERE if _open_here(env) else ()
    origins = _several(text)
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise InvalidInput(
                f"环境变量 ONEMAP_FRAMED_BY 须为来源,如 https://notebooks.example 或 http://localhost:*:{origin}",
                "ONEMAP_FRAMED_BY must be origins, as https://notebooks.example or http://localhost:*:"
                f" {origin}",
                value=origin,
            )
    return origins


def _one_of(env: Mapping[str, str], name: str, *choices: str) -> str:
    text = env.get(name, "")
    if text and text not in choices:
        raise InvalidInput(
            f"环境变量 {name} 须为 {'、'.join(choices)} 之一:{text}",
            f"{name} must be one of {', '.join(choices)}: {text}",
            value=text,
        )
    return text


def _place(env: Mapping[str, str], name: str, default: tuple[str, int]) -> tuple[str, int]:
    text = env.get(name, "")
    if not text:
        return default
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise InvalidInput(
            f"环境变量 {name} 须为 主机:端口:{text}", f"{name} must be HOST:PORT: {text}", value=text
        )
    return host.strip("[]"), int(port)


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
