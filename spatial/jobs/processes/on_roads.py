"""What the processes that follow roads share: the roads as a network, and what may be said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.access.model import Right
from spatial.analysis import store
from spatial.analysis.errors import TooManyFeatures
from spatial.analysis.mode import modes, named
from spatial.analysis.ways import Road, Ways, ways
from spatial.catalogue.city import read_city
from spatial.database import Connection
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.jobs.inputs import bad
from spatial.jobs.process import Context, Described, Inputs, Schema
from spatial.jobs.processes.asking import asked
from spatial.jobs.processes.parts import LAYER, described, reads

_Row = TypeVar("_Row")
ROADS: Final = "roads"
ROADS_MAX: Final = 200_000
PLACES_MAX: Final = 100_000
MINUTES: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "maximum": 240}
ALONG: Final[dict[str, Described]] = {
    "roads": described(
        f"路网图层(默认 {ROADS})", f"layer of roads, {ROADS} where not said", LAYER, required=False
    ),
    "closed": described(
        "封闭的道路编号",
        "ids of roads that are closed",
        {"type": "array", "items": {"type": "string", "maxLength": 60}, "maxItems": 1000},
        required=False,
    ),
}
MODE: Final = described(
    "出行方式:" + "、".join(f"{name} {mode.title.zh}" for name, mode in modes().items()) + "(速度待核)",
    "mode; its speeds are the platform's assumptions, to be checked",
    {"type": "string", "enum": list(modes())},
    required=False,
)


def roads_of(inputs: Inputs) -> str:
    """The layer of roads that the inputs mean."""
    layer: str = inputs.get("roads", ROADS)
    return layer


def reads_along(asked: str, *names: str) -> Callable[[Inputs], Mapping[str, Right]]:
    """The right to read the layers of these inputs, and the roads where the input ``asked`` stands."""

    def needs(inputs: Inputs) -> Mapping[str, Right]:
        roads = {roads_of(inputs): Right.READ} if asked in inputs else {}
        return {**reads(*names)(inputs), **roads}

    return needs


def refuse_where_straight(inputs: Inputs, asked: str, *others: str) -> None:
    """What is said of roads makes no sense where the input ``asked`` does not ask for them."""
    if asked in inputs:
        return
    for name in (*others, *ALONG):
        if name in inputs:
            raise bad(
                f"/inputs/{name}",
                f"只在沿路网时有意义,须与 {asked} 同用",
                f"makes sense along the roads only, give {asked} with it",
                inputs[name],
            )


def require_grade(context: Context, layer: str, mode: str) -> None:
    """The asker sees by what the mode knows how fast a road is passed."""
    by = named(mode).by
    if by not in context.grant(layer).fields:
        raise bad("/inputs/roads", f"图层没有字段 {by}", f"the layer has no field {by}", layer)


def network(context: Context, connection: Connection, inputs: Inputs, mode: str) -> tuple[Ways, int]:
    """The roads as a mode passes them, and the changeset they are of; a closed one must be known.

    Built anew: :func:`spatial.jobs.processes.kept_roads.ways` keeps them, and asks :func:`require_grade`.
    """
    layer, how = roads_of(inputs), named(mode)
    part = asked(context, connection, inputs, layer, None)
    rows = _limited(store.shapes(connection, part, how.by, ROADS_MAX + 1), ROADS_MAX, layer)
    roads = [Road(fid, grade or "", shapely.from_wkb(line)) for fid, grade, line in rows]
    closed = set(inputs.get("closed", ()))
    unknown = sorted(closed - {road.fid for road in roads})
    if unknown:
        raise bad("/inputs/closed", "没有这条道路", "there is no such road", unknown[0])
    epsg = read_city(context.city).epsg_without_prefix
    return ways(roads, how, Plane(STANDARD.frame(f"EPSG:{epsg}")), closed), part.changeset


def places(connection: Connection, part: store.Part) -> tuple[list[tuple[str, str | None]], NDArray[Any]]:
    """Identities with names, and geometries in degrees, of features that roads lead to."""
    label = part.label or part.layer.contract.key
    rows = _limited(store.shapes(connection, part, label, PLACES_MAX + 1), PLACES_MAX, part.layer.contract.id)
    told = [(fid, name if part.label else None) for fid, name, _ in rows]
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [shapely.from_wkb(row[2]) for row in rows]
    return told, shapes


def _limited(rows: list[_Row], most: int, layer: str) -> list[_Row]:
    if len(rows) > most:
        raise TooManyFeatures(
            f"要素多于 {most} 个,请加条件:{layer}",
            f"there are more than {most} features, narrow them down: {layer}",
            value=layer,
        )
    return rows
