"""What ``river-volume`` does; imported when it runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.database import Connection
from spatial.datum import frame
from spatial.datum.store import load_registry
from spatial.errors import UnknownLayer
from spatial.exchange.assets import LAYERS
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.store import state_at
from tiles.raster import store as rasters
from tiles.raster.model import Source
from water.flights.strips import STRIPS_MAX, strips
from water.flights.volume import Pair, Volume, volumes
from water.network import kept, linked
from water.network.chainage import parse, written
from water.processes.asking import moment

STEP_M = 100.0


def run(context: Context, inputs: Inputs) -> Outputs:
    """Cut and fill by strips."""
    when = moment(context, inputs)
    with context.session() as connection:
        rivers = kept.rivers(connection, when.at, when.asof)
        line = rivers.line(inputs["route"])
        pair = Pair(*_sources(connection, inputs))
        registry = load_registry(connection)
        catalogued = state_at(connection, LAYERS["raster"], when.asof).changeset
    first, last = parse(inputs["from"]), parse(inputs["to"])
    step_m = float(inputs.get("step_m", STEP_M))
    line.lengths_m([first, last])  # an end that lies beyond the route is said first
    _require_few(abs(last - first), step_m)
    context.step(10, "按桩号分段", "cutting strips along the chainage")
    cut = strips(line, first, last, step_m, float(inputs["left_m"]), float(inputs["right_m"]))
    plane = frame(f"EPSG:{read_city(context.city).epsg_without_prefix}")
    context.step(20, "比较两期表面", "comparing the surfaces")
    found = volumes(
        pair,
        cut,
        plane,
        registry,
        least_m=float(inputs.get("least_change_m", 0.0)),
        sigma_m=inputs.get("sigma_m"),
        cell_m=inputs.get("cell_m"),
    )
    state = linked.state(rivers, when)
    state["layers"] = [*state["layers"], {"layer": LAYERS["raster"], "changeset": catalogued}]
    result = {
        "route_id": line.route,
        "route_version": line.version,
        "plane": plane.id,
        "cell_m": inputs.get("cell_m", pair.cell_m),
        "height_type": pair.newer.height_type,
        "newer": _surface(pair.newer),
        "older": _surface(pair.older),
        "total": _figures(found),
        "strips": [_strip(each) for each in found],
        **state,
    }
    return {"result": Document(result)}


def _sources(connection: Connection, inputs: Inputs) -> tuple[Source, Source]:
    try:
        table = catalogue.get(connection, LAYERS["raster"]).table
    except UnknownLayer:
        raise bad("/inputs/newer", "影像目录为空", "no image is catalogued", inputs["newer"]) from None
    known = {
        each.asset_id: each for each in rasters.sources(connection, table, [inputs["newer"], inputs["older"]])
    }
    for name in ("newer", "older"):
        if inputs[name] not in known:
            raise bad(f"/inputs/{name}", "影像目录中没有", "is not in the catalogue of images", inputs[name])
    if inputs["newer"] == inputs["older"]:
        raise bad("/inputs/older", "与 newer 是同一文件", "is the same file as newer", inputs["older"])
    return known[inputs["newer"]], known[inputs["older"]]


def _require_few(length_m: float, step_m: float) -> None:
    if length_m <= 0:
        raise bad("/inputs/to", "须与起点不同", "must differ from the beginning", 0)
    count = math.ceil(length_m / step_m)
    if count > STRIPS_MAX:
        raise bad(
            "/inputs/step_m", f"分段过多,至多 {STRIPS_MAX} 段", f"makes more than {STRIPS_MAX} strips", count
        )


def _surface(source: Source) -> dict[str, Any]:
    return {
        "asset_id": source.asset_id,
        "name": source.name,
        "acquired": None if source.acquired is None else source.acquired.isoformat(),
        "resolution_m": source.resolution_m,
    }


def _strip(each: Volume) -> dict[str, Any]:
    return {"from": written(each.from_m), "to": written(each.to_m)} | _figures([each])


def _figures(found: Sequence[Volume]) -> dict[str, Any]:
    names = ("area_m2", "known_m2", "risen_m2", "fallen_m2", "fill_m3", "cut_m3", "net_m3")
    told: dict[str, Any] = {
        name: round(math.fsum(getattr(each, name) for each in found), 3) for name in names
    }
    spreads = [each.spread_m3 for each in found if each.spread_m3 is not None]
    return told | {"sigma_m3": round(math.fsum(spreads), 3) if spreads else None}
