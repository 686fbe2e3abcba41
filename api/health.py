"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue
from api.door import route
from api.load import Load
from api.pool import Pool
from api.problem import RETRY_AFTER_S
from api.wire import Header, Reply, Request
from spatial import migrations
from spatial.history.read import Statement

JSON = b"application/json"
NO_STORE: Header = (b"cache-control", b"no-store")
WAIT_S = 0.5
DISK_FREE_MIB = 64
"""Below it the access log, and a private database beside it, stop soon."""
_REVISION = Statement("select version_num from spatial.alembic_version", ())


class Health:
    """``/health/live`` asks nothing of anybody; ``/health/ready`` says what is missing."""

    def __init__(self, catalogue: Catalogue, pool: Pool, load: Load, data_dir: Path) -> None:
        self._catalogue = catalogue
        self._pool = pool
        self._load = load
        self._data_dir = data_dir

    def routes(self) -> list[Route]:
        """Both questions."""
        return [route("/health/live", self.live), route("/health/ready", self.ready)]

    async def live(self, request: Request) -> Reply:
        """The process answers."""
        return _reply(200, {"status": "live"})

    async def ready(self, request: Request) -> Reply:
        """Database, migrations, catalogue and disk; 503 with reasons where one is missing."""
        checks: dict[str, object] = {}
        reasons: list[str] = []
        if self._load.draining:
            reasons.append("服务正在停止 the server is stopping")
        try:
            async with asyncio.timeout(WAIT_S):
                found = (await self._pool.fetch(_REVISION)).first
        except Exception as failure:  # whatever it is, it is the reason
            checks["database"] = False
            reasons.append(f"数据库不应答 the database does not answer ({type(failure).__name__})")
        else:
            checks["database"] = True
            checks["revision"] = found[0] if found else None
            checks["head"] = _newest()
            if checks["revision"] != checks["head"]:
                reasons.append(
                    "数据库结构不是最新,请执行 ./onemap up the migrations are not at head, run ./onemap up"
                )
        checks["catalogue"] = self._catalogue.loaded
        checks["listening"] = self._catalogue.connected
        if not self._catalogue.loaded:
            reasons.append("图层目录尚未读入 the catalogue is not loaded")
        checks["disk_free_mib"] = free_mib = _free_mib(self._data_dir)
        if free_mib is not None and free_mib < DISK_FREE_MIB:
            reasons.append(f"数据目录所在磁盘将满,请腾出空间 the disk is nearly full: {free_mib} MiB")
        document = {"status": "unready" if reasons else "ready", "reasons": reasons, "checks": checks}
        return _reply(503 if reasons else 200, document)


def _free_mib(folder: Path) -> int | None:
    """Free space where the data lies; None where there is no such folder yet."""
    try:
        return shutil.disk_usage(folder).free >> 20
    except OSError:
        return None


@lru_cache(maxsize=1)
def _newest() -> str:
    return migrations.newest()


def _reply(status: int, document: Mapping[str, object]) -> Reply:
    headers = [(b"content-type", JSON), NO_STORE]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    return Reply(status, headers, orjson.dumps(document))
