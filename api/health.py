"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue
from api.door import route
from api.pool import Pool
from api.problem import RETRY_AFTER_S
from api.wire import Header, Reply, Request
from spatial.history.read import Statement

JSON = b"application/json"
NO_STORE: Header = (b"cache-control", b"no-store")
WAIT_S = 0.5
_REVISION = Statement("select version_num from spatial.alembic_version", ())


class Health:
    """``/health/live`` asks nothing of anybody; ``/health/ready`` says what is missing."""

    def __init__(self, catalogue: Catalogue, pool: Pool) -> None:
        self._catalogue = catalogue
        self._pool = pool

    def routes(self) -> list[Route]:
        """Both questions."""
        return [route("/health/live", self.live), route("/health/ready", self.ready)]

    async def live(self, request: Request) -> Reply:
        """The process answers."""
        return _reply(200, {"status": "live"})

    async def ready(self, request: Request) -> Reply:
        """Database, migrations and catalogue; 503 with reasons where one is missing."""
        checks: dict[str, object] = {}
        reasons: list[str] = []
        try:
            async with asyncio.timeout(WAIT_S):
                found = (await self._pool.fetch(_REVISION)).first
        except Exception as failure:  # whatever it is, it is the reason
            checks["database"] = False
            reasons.append(f"数据库不应答 the database does not answer ({type(failure).__name__})")
        else:
            checks["database"] = True
            checks["revision"] = found[0] if found else None
            checks["head"] = await asyncio.to_thread(head_revision)
            if checks["revision"] != checks["head"]:
                reasons.append(
                    "数据库结构不是最新,请执行 ./onemap up the migrations are not at head, run ./onemap up"
                )
        checks["catalogue"] = self._catalogue.loaded
        checks["listening"] = self._catalogue.connected
        if not self._catalogue.loaded:
            reasons.append("图层目录尚未读入 the catalogue is not loaded")
        document = {"status": "unready" if reasons else "ready", "reasons": reasons, "checks": checks}
        return _reply(503 if reasons else 200, document)


@lru_cache(maxsize=1)
def head_revision() -> str | None:
    """The newest migration this code knows."""
    from alembic.script import ScriptDirectory

    from spatial import migrations

    return ScriptDirectory(str(next(iter(migrations.__path__)))).get_current_head()


def _reply(status: int, document: Mapping[str, object]) -> Reply:
    headers = [(b"content-type", JSON), NO_STORE]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
    return Reply(status, headers, orjson.dumps(document))
