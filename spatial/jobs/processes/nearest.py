"""``nearest`` 就近查询: the features of a layer nearest to a position, straight or along roads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import shapely

from spatial.analysis import pgrouting, store
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.datum.plane import Floats
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes import kept_roads
from spatial.jobs.processes.asking import TIMES, asked, condition, listed, stamp
from spatial.jobs.processes.on_roads import (
    ALONG,
    MINUTES,
    MODE,
    ROADS,
    places,
    reads_along,
    refuse_where_straight,
    roads_of,
)
from spatial.jobs.processes.parts import LAYER, OBJECT, POSITION, described, tells
from spatial.network import only

LONGEST: Final = 60
PGROUTING: Final = "pgrouting"


def run(context: Context, inputs: Inputs) -> Outputs:
    """Of each position the nearest, in the order given."""
    for number, (lon, lat) in enumerate(inputs["positions"]):
        if not (-180 <= lon <= 180 and -90 < lat < 90):
            where = f"/inputs/positions/{number}"
            raise bad(where, "须为 [经度, 纬度]", "must be [longitude, latitude]", [lon, lat])
    refuse_where_straight(inputs, "mode", "minutes", "engine")
    return _along(context, inputs) if "mode" in inputs else _straight(context, inputs)


def _straight(context: Context, inputs: Inputs) -> Outputs:
    told: list[list[dict[str, Any]]] = []
    with connect(context.dsn) as connection:
        part = asked(context, connection, inputs, inputs["layer"], inputs.get("where"))
        for lon, lat in inputs["positions"]:
            found = store.nearest(connection, part, lon, lat, inputs.get("count", 1))
            told.append(
                [each | {"distance_m": one.measure} for each, one in zip(listed(found), found, strict=True)]
            )
        stamped = stamp(connection, inputs["layer"])
    result = {"layer": inputs["layer"], "changeset": part.changeset, "nearest": told, **stamped}
    return {"result": Document(result)}


def _along(context: Context, inputs: Inputs) -> Outputs:
    """A search from each position; of equal times the lesser identity."""
    count, minutes = inputs.get("count", 1), inputs.get("minutes", LONGEST)
    with connect(context.dsn) as connection:
        part = asked(context, connection, inputs, inputs["layer"], inputs.get("where"))
        ways, roads_changeset = kept_roads.ways(context, connection, inputs, inputs["mode"])
        named, shapes = places(connection, part)
        goals = ways.seeds(shapes)
        begin = ways.seeds(shapely.points(np.array(inputs["positions"], dtype=np.float64)))
        stamped = stamp(connection, inputs["layer"], roads_of(inputs))
        starts, engine = len(inputs["positions"]), {}
        times: Iterable[Floats] = (
            ways.seconds(only(begin, number), goals, len(named), minutes) for number in range(starts)
        )
        if inputs.get("engine") == PGROUTING:
            engine = {"engine": f"pgRouting {pgrouting.version(connection)}"}
            times = pgrouting.seconds(connection, ways.network, begin, starts, goals, len(named))
    told: list[list[dict[str, Any]]] = []
    for seconds in times:
        reached = np.flatnonzero(seconds <= minutes * 60)
        first = reached[np.argsort(seconds[reached], kind="stable")][:count]
        told.append(
            [
                {
                    "fid": named[at][0],
                    **({} if named[at][1] is None else {"name": named[at][1]}),
                    "minutes": round(float(seconds[at]) / 60, 3),
                }
                for at in first.tolist()
            ]
        )
    result = {
        "layer": inputs["layer"],
        "mode": inputs["mode"],
        "changeset": part.changeset,
        "roads_changeset": roads_changeset,
        "nearest": told,
        "off_the_roads": begin.away.tolist(),
        **engine,
        **stamped,
    }
    return {"result": Document(result)}


NEAREST = Process(
    id="nearest",
    version="1.1.0",
    title=Title("就近查询", "Nearest features"),
    description=Title(
        "距位置最近的要素,按椭球面距离排序(米,到毫米),面内为 0;给出 mode 则沿路网按时间(分钟)排序,"
        "可封闭道路,速度待核。可加条件,如 kind = 'hospital'。",
        "The features nearest to positions by distance on the ellipsoid, in metres to the millimetre, 0"
        " inside an area; with a mode along the roads by minutes, with roads closed where asked, at speeds"
        " the platform assumes. With a condition, such as kind = 'hospital'.",
    ),
    inputs={
        "layer": described("图层", "layer", LAYER),
        "positions": described(
            "位置,每个为 [经度, 纬度]",
            "positions, each [longitude, latitude]",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": 1000},
        ),
        "count": described(
            "每处取几个(默认 1)",
            "how many of each, 1 where not said",
            {"type": "integer", "minimum": 1, "maximum": 100},
            required=False,
        ),
        "where": condition("要素", "features"),
        "mode": MODE,
        "minutes": described(
            f"沿路网时至多几分钟(默认 {LONGEST})",
            f"along the roads within so many minutes, {LONGEST} where not said",
            MINUTES,
            required=False,
        ),
        "engine": described(
            "沿路网时由谁搜索(默认 own 本平台;pgrouting 由数据库以 pgRouting 检算)",
            "who searches along the roads: own, where not said, or pgrouting in the database, as a check",
            {"type": "string", "enum": ["own", PGROUTING]},
            required=False,
        ),
        **ALONG,
        **TIMES,
    },
    outputs={"result": described("最近的要素", "the nearest", OBJECT)},
    run=run,
    example={
        "layer": "health-facilities",
        "positions": [[118.8, 36.95]],
        "where": "kind = 'hospital'",
        "mode": "drive",
        "count": 2,
    },
    needs=reads_along("mode", "layer"),
    rests_on=tells("result", {"roads": ROADS}, layer=("changeset",), roads=("roads_changeset",)),
    releases=True,
)
