"""Tiles of what differs between two states of a layer 变化瓦片: ``/collections/{id}/changes``, drawn."""

from __future__ import annotations

from datetime import datetime

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.changes import Ends, asked_for, dated, ends
from api.counts import Head
from api.door import route
from api.item import LIVE, digest
from api.parameters import given
from api.present import Presents
from api.problem import BadParameter
from api.release import Releases
from api.tiles import (
    COUNTED,
    FOR_EVER,
    FORM,
    FORMS,
    GENERALISED,
    MVT,
    Cutting,
    Leaf,
    bounded,
    contract_mark,
    drawn,
    fetched,
    place,
)
from api.wire import WHO, Reply, Request, known, unless_gone
from spatial.history.read import Span
from spatial.history.states import State
from tiles.difference import DifferenceQuery, changed
from tiles.matrix import MatrixSet, MatrixSets, Tile

PARAMETERS = ("f", "from", "to", "axis", "datetime", "asof", "v")
KEPT_MOST = 512


class DifferenceTiles:
    """The handler of tiles of differences."""

    def __init__(
        self,
        catalogue: Catalogue,
        cutting: Cutting,
        presents: Presents,
        releases: Releases,
        sets: MatrixSets,
    ) -> None:
        self._catalogue = catalogue
        self._cutting = cutting
        self._presents = presents
        self._releases = releases
        self._sets = sets
        self._kept: dict[tuple[str, Ends, Head], tuple[State, State]] = {}

    def routes(self) -> list[Route]:
        """Of one layer."""
        return [route("/collections/{id}/changes/tiles/{tms}/{z}/{row}/{col}", self.tile)]

    async def tile(self, request: Request) -> Reply:
        """``/collections/{id}/changes/tiles/{tms}/{z}/{row}/{col}``."""
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        matrix_set, tile = place(self._sets, request)
        parameters = given(request.query_string, PARAMETERS)
        if parameters.get("f", "mvt") not in FORMS:
            raise BadParameter("f", "须为 mvt", "must be mvt", value=parameters["f"])
        asked = asked_for(parameters)
        if isinstance(asked.at, Span):
            raise BadParameter(
                "datetime",
                "须为一个时刻:瓦片比较的是两张图",
                "must be one instant: tiles compare two maps",
                value=parameters["datetime"],
            )
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

        async def read(most: int | None) -> Leaf:
            pool = self._cutting.near if most is None else self._cutting.far
            return await fetched(pool, changed(query, most))

        cut = await bounded(read, near=tile.zoom >= matrix_set.near_zoom)
        await self._releases.take(layer, request.principal, cut.fids)
        if not cut.complete:
            headers.append(GENERALISED)
        return Reply(200, headers, cut.body, etag=tag, vary=list(WHO))

    async def _states(self, layer: Shown, asked: Ends, head: Head) -> tuple[State, State]:
        """Both states; the tiles of a view ask for the same ones."""
        key = (layer.id, asked, head)
        found = self._kept.get(key)
        if found is None:
            async with self._cutting.near.connection() as connection:
                older, newer = await ends(connection, layer, asked)
                found = await dated(connection, layer, older), await dated(connection, layer, newer)
            if len(self._kept) >= KEPT_MOST:
                self._kept.clear()
            self._kept[key] = found
        return found


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
