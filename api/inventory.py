"""How many assets stand where in their life 设施台账: counts of every asset layer that the asker may see."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.door import route
from api.parameters import given, instant, language
from api.pool import Pool
from api.wire import Reply, Request, tag_of
from spatial.datum.clock import format_instant
from spatial.inventory import store
from spatial.inventory.layers import lives
from spatial.inventory.life import State

Counted = dict[tuple[str, str], int]
PARAMETERS = ("datetime", "asof", "lang")


class Inventory:
    """The handler of the register of assets."""

    def __init__(self, catalogue: Catalogue, heavy: Pool) -> None:
        self._catalogue = catalogue
        self._heavy = heavy

    def routes(self) -> list[Route]:
        """One overview; the assets themselves are items of their layers."""
        return [route("/assets", self.assets)]

    async def assets(self, request: Request) -> Reply:
        """``/assets``: by layer, how many assets are in each state of their life at an instant."""
        parameters = given(request.query_string, PARAMETERS)
        language(request, parameters)
        at = instant("datetime", parameters.get("datetime"))
        asof = instant("asof", parameters.get("asof"))
        layers = [
            layer for layer in self._catalogue.seen_by(request.principal).values() if lives(layer.fields)
        ]
        rows = await self._counted(layers, at or datetime.now(UTC), asof)
        document = {
            "datetime": None if at is None else format_instant(at),
            "asof": None if asof is None else format_instant(asof),
            "layers": [{"layer": layer.id, "counts": _by_state(rows, layer.id)} for layer in layers],
        }
        body = orjson.dumps(document)
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache")]
        return Reply(200, headers, body, etag=tag_of(body))

    async def _counted(self, layers: list[Shown], at: datetime, asof: datetime | None) -> Counted:
        if not layers:
            return {}
        statement = store.counted([layer.table for layer in layers], at, asof)
        async with self._heavy.connection() as connection:
            rows = await (await connection.execute(statement)).fetchall()
        return {(layer, state): count for layer, state, count in rows}


def _by_state(counted: Counted, layer: str) -> dict[str, int]:
    return {state.value: counted.get((layer, state.value), 0) for state in State}
