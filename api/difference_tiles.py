"""Tiles of what differs between two states of a layer 变化瓦片: ``/collections/{id}/changes``, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.changes import Ends, asked_for, dated, ends
from api.counts import Head
from api.door import route
from api.item import LIVE, digest
from api.parameters import given
from api.present import Presents
from api.problem import BadParameter
from api.recent import Recent
from api.release import Releases
from api.tile_cutting import Cut, Cutting, Leaf, bounded, contract_mark, fetched
from api.tilejson import reply, tilejson
from api.tiles import (
    COUNTED,
    FOR_EVER,
    FORMS,
    GENERALISED,
    MVT,
    drawn,
    place,
)
from api.wire import WHO, Reply, Request, known, unless_gone
from spatial.catalogue.city import City
from spatial.datum.clock import format_instant
from spatial.history.read import Span
from spatial.history.states import State
from tiles.difference import DifferenceQuery, changed
from tiles.mark import FORM
from tiles.matrix import MatrixSet, MatrixSets, Tile

ENDS = ("axis", "from", "to", "datetime", "asof")
PARAMETERS = ("f", *ENDS, "v")
FIELDS = {"op": "String", "fields": "String"}
KEPT_MOST = 512
BYTES_MOST = 16_000_000
"""Of tiles that were made a moment ago, in one worker."""


class DifferenceTiles:
    """The handler of tiles of differences."""

    def __init__(
        self,
        catalogue: Catalogue,
        cutting: Cutting,
        presents: Presents,
        releases: Releases,
        sets: MatrixSets,
        city: City,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._cutting = cutting
        self._presents = presents
        self._releases = releases
        self._sets = sets
        self._city = city
        self._base_url = base_url
        self._recent: Recent[Cut] = Recent(BYTES_MOST)
        self._kept: dict[tuple[str, Ends, int | None, datetime | None], tuple[State, State]] = {}

    def routes(self) -> list[Route]:
        """Of one layer: what describes its tiles, and the tiles."""
        address = "/collections/{id}/changes/tiles/{tms}"
        return [route(address, self.tileset), route(f"{address}/{{z}}/{{row}}/{{col}}", self.tile)]

    async def tileset(self, request: Request) -> Reply:
        """``/collections/{id}/changes/tiles/{tms}``: TileJSON. An end that is not named is now."""
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        matrix_set = self._sets.find(request.path_params["tms"])
        parameters = given(request.query_string, PARAMETERS)
        if parameters.get("f", "tilejson") != "tilejson":
            raise BadParameter("f", "须为 tilejson", "must be tilejson", value=parameters["f"])
        pins, changeset = await unless_gone(request, self._pins(layer, parameters))
        one_instant(asked_for(pins), parameters)
        pins["v"] = contract_mark(layer)
        base = request.base_url(self._base_url)
        address = f"{base}/collections/{layer.id}/changes/tiles/{matrix_set.id}"
        template = f"{address}/{{z}}/{{y}}/{{x}}?{urlencode(pins)}"
        told = tilejson(matrix_set, [layer], template, self._city, FIELDS)
        title = layer.contract.title.zh
        return reply(told | {"name": f"{title}变化", "onemap:changeset": changeset, "onemap:pinned": pins})

    async def _pins(self, layer: Shown, parameters: Mapping[str, str]) -> tuple[dict[str, str], int | None]:
        """The ends with what is meant by those not named, and the newest changeset: all of one moment."""
        pins = {name: parameters[name] for name in ENDS if name in parameters}
        present = await self._presents.of(layer)
        if present.recorded_at is None:
            return pins, None
        if pins.get("axis") == "valid":
            at = (await self._presents.head(layer)).at if "asof" in pins else present.at
            pins.setdefault("to", format_instant(at))
            pins.setdefault("asof", format_instant(present.recorded_at))
        else:
            pins.setdefault("from", "0")
            pins.setdefault("to", str(present.changeset))
            if "datetime" not in pins:  # of the older state another instant may be the present
                pins["datetime"] = format_instant((await self._presents.head(layer)).at)
        return pins, present.changeset

    async def tile(self, request: Request) -> Reply:
        """``/collections/{id}/changes/tiles/{tms}/{z}/{row}/{col}``."""
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        matrix_set, tile = place(self._sets, request)
        parameters = given(request.query_string, PARAMETERS)
        if parameters.get("f", "mvt") not in FORMS:
            raise BadParameter("f", "须为 mvt", "must be mvt", value=parameters["f"])
        asked = one_instant(asked_for(parameters), parameters)
        marked = parameters.get("v") == contract_mark(layer)
        return await unless_gone(request, self._tile(request, layer, asked, marked, matrix_set, tile))

    async def _tile(
        self,
        request: Request,
        layer: Shown,
        asked: Ends,
        marked: bool,
        matrix_set: MatrixSet,
        tile: Tile,
    ) -> Reply:
        head = await self._presents.head(layer)
        older, newer = await self._states(layer, asked, head)
        limited = self._releases.limited(layer)
        cache = COUNTED if limited else FOR_EVER if marked and fixed(asked, head) else LIVE
        tag = digest(FORM, "changes", layer.id, contract_mark(layer), matrix_set.id, tile, older, newer)
        headers = [cache, (b"content-type", MVT)]
        if known(request, tag):
            return Reply(200, headers, etag=tag, vary=list(WHO))
        columns = tuple(column for _, column in layer.fields.values())
        query = DifferenceQuery(layer.table, columns, matrix_set, tile, older, newer, counted=limited)
        cut = await (self._cut(query) if limited else self._recent.of(tag, partial(self._cut, query)))
        await self._releases.take(layer, request.principal, cut.fids)
        if not cut.complete:
            headers.append(GENERALISED)
        return Reply(200, headers, cut.body, etag=tag, vary=list(WHO))

    async def _cut(self, query: DifferenceQuery) -> Cut:
        async def read(most: int | None) -> Leaf:
            pool = self._cutting.near if most is None else self._cutting.far
            return await fetched(pool, changed(query, most))

        return await bounded(read, near=query.tile.zoom >= query.matrix_set.near_zoom)

    async def _states(self, layer: Shown, asked: Ends, head: Head) -> tuple[State, State]:
        """Both states; the tiles of a view ask for the same ones."""
        # Of two states of knowledge the maps of now are compared where nothing else is said.
        moving = head.at if asked.axis == "recorded" and asked.at is None else None
        key = (layer.id, asked, head.changeset, moving)
        found = self._kept.get(key)
        if found is None:
            async with self._cutting.near.connection() as connection:
                older, newer = await ends(connection, layer, asked)
                found = await dated(connection, layer, older), await dated(connection, layer, newer)
            if len(self._kept) >= KEPT_MOST:
                self._kept.clear()
            self._kept[key] = found
        return found


def one_instant(asked: Ends, parameters: Mapping[str, str]) -> Ends:
    """The ends, where they are two maps; all versions of the layer are none."""
    if isinstance(asked.at, Span):
        raise BadParameter(
            "datetime",
            "须为一个时刻:瓦片比较的是两张图",
            "must be one instant: tiles compare two maps",
            value=parameters["datetime"],
        )
    return asked


def fixed(asked: Ends, head: Head) -> bool:
    """Whether nothing that is written later can make another difference of what was asked for."""
    if head.changeset is None or head.recorded_at is None:
        return False
    if asked.axis == "valid":
        return asked.asof is not None and asked.asof <= head.recorded_at
    settled = [
        end is not None and (end <= head.recorded_at if isinstance(end, datetime) else end <= head.changeset)
        for end in (asked.older, asked.newer)
    ]
    return all(settled) and asked.at is not None
