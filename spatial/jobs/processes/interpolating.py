"""``interpolate`` 空间插值: a number between the places where it is known, with how certain it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.access.model import Right
from spatial.analysis import store
from spatial.analysis.interpolate import MOST_SAMPLES, Method, Surface, interpolate
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.datum import STANDARD, format_instant, parse_instant
from spatial.datum.plane import Plane
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES, asked, condition, instants, number_field, stamp
from spatial.jobs.processes.parts import BOX, LAYER, OBJECT, POSITION, described, tells
from spatial.observe.at import known as known_properties
from spatial.observe.at import measured

Floats = NDArray[np.float64]
SOURCES: Final = ("samples", "layer", "property")
STATIONS: Final = "environment-stations"
WITHIN_H: Final = 1
CELLS_MAX: Final = 250_000
_DIGITS: Final = 6


def run(context: Context, inputs: Inputs) -> Outputs:
    """At positions, or over a box in cells; in the plane of the city's zone."""
    if ("positions" in inputs) == ("bbox" in inputs):
        raise bad(
            "/inputs", "须恰有 positions 与 bbox 之一", "needs one of positions and bbox", sorted(inputs)
        )
    given, states = _samples(context, inputs)
    epsg = read_city(context.city).epsg_without_prefix
    plane = Plane(STANDARD.frame(f"EPSG:{epsg}"))
    places, shape = _places(inputs, plane)
    samples = _planar(plane, given[:, :2])
    method = Method(inputs.get("method", "kriging"))
    surface = interpolate(samples, given[:, 2], places, method, power=inputs.get("power", 2.0))
    told: dict[str, Any] = {
        "method": method.value,
        "samples": len(given),
        "loo_rmse": _rounded(surface.loo_rmse),
        "variogram": _variogram(surface),
        **shape,
        "values": [_rounded(one) for one in surface.values.tolist()],
    }
    if method is Method.KRIGING:
        told["deviations"] = [_rounded(one) for one in surface.deviations.tolist()]
    told |= states
    return {"result": Document(told)}


def _samples(context: Context, inputs: Inputs) -> tuple[Floats, dict[str, Any]]:
    if sum(name in inputs for name in SOURCES) != 1:
        told = sorted(inputs)
        raise bad("/inputs", f"须恰有 {'、'.join(SOURCES)} 之一", f"needs one of {', '.join(SOURCES)}", told)
    if "samples" in inputs:
        return np.array(inputs["samples"], dtype=np.float64), {}
    if "property" in inputs:
        return _measured(context, inputs)
    if "field" not in inputs:
        raise bad("/inputs/field", "缺少", "is missing", "field")
    with connect(context.dsn) as connection:
        part = asked(context, connection, inputs, inputs["layer"], inputs.get("where"))
        field = number_field(part, inputs["field"], context.grant(inputs["layer"]).fields, "/inputs/field")
        rows = store.samples(connection, part, field, MOST_SAMPLES + 1)
        stamped = stamp(connection, inputs["layer"])
    if len(rows) > MOST_SAMPLES:
        raise bad(
            "/inputs/where",
            f"样点多于 {MOST_SAMPLES} 个,请加条件",
            f"there are more than {MOST_SAMPLES} samples, narrow them down",
            inputs["layer"],
        )
    return np.array(rows, dtype=np.float64).reshape(-1, 3), {"changeset": part.changeset, **stamped}


def _measured(context: Context, inputs: Inputs) -> tuple[Floats, dict[str, Any]]:
    """The newest value of each station within the hours before the instant."""
    at, _ = instants(context, inputs)
    asof = parse_instant(inputs["asof"]) if "asof" in inputs else None
    within = timedelta(hours=inputs.get("within_h", WITHIN_H))
    with connect(context.dsn) as connection:
        found = measured(connection, inputs["property"], stations_of(inputs), at, within, asof)
        known = [] if found else known_properties(connection)
        stamped = stamp(connection, stations_of(inputs))
    if not found and inputs["property"] not in known:
        told = "、".join(known) or "无"
        raise bad(
            "/inputs/property",
            f"没有这个观测属性(有 {told})",
            f"is no observed property, there are {', '.join(known) or 'none'}",
            inputs["property"],
        )
    rows = [(one.lon_deg, one.lat_deg, one.value) for one in found]
    stations = [{"thing": one.thing, "value": one.value, "time": format_instant(one.time)} for one in found]
    return np.array(rows, dtype=np.float64).reshape(-1, 3), {"stations": stations, **stamped}


def stations_of(inputs: Inputs) -> str:
    """The layer whose assets measure what the inputs mean."""
    layer: str = inputs.get("stations", STATIONS)
    return layer


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    layer = stations_of(inputs) if "property" in inputs else inputs.get("layer")
    return {} if layer is None else {layer: Right.READ}


def _places(inputs: Inputs, plane: Plane) -> tuple[Floats, dict[str, Any]]:
    if "positions" in inputs:
        return _planar(plane, np.array(inputs["positions"], dtype=np.float64)), {}
    west, south, east, north = inputs["bbox"]
    if not (west < east and south < north):
        raise bad("/inputs/bbox", "须为西、南、东、北", "must be west, south, east, north", inputs["bbox"])
    if "cell_m" not in inputs:
        raise bad("/inputs/cell_m", "缺少", "is missing", "cell_m")
    corners = _planar(plane, np.array([[west, south], [east, south], [east, north], [west, north]]))
    low, high, cell = corners.min(axis=0), corners.max(axis=0), inputs["cell_m"]
    columns, rows = (max(1, int(np.ceil((high[axis] - low[axis]) / cell))) for axis in (0, 1))
    if columns * rows > CELLS_MAX:
        raise bad(
            "/inputs/cell_m",
            f"格数 {columns * rows} 超过 {CELLS_MAX},请加大",
            f"makes {columns * rows} cells, {CELLS_MAX} are allowed; make it larger",
            cell,
        )
    x, y = low[0] + (np.arange(columns) + 0.5) * cell, high[1] - (np.arange(rows) + 0.5) * cell
    places = np.column_stack([np.tile(x, rows), np.repeat(y, columns)])
    return places, {
        "crs": plane.frame.id,
        "west_m": round(float(low[0]), 3),
        "north_m": round(float(high[1]), 3),
        "cell_m": cell,
        "columns": columns,
        "rows": rows,
    }


def _planar(plane: Plane, positions: Floats) -> Floats:
    planar: Floats = shapely.get_coordinates(plane.projected(shapely.points(positions)))
    return planar


def _variogram(surface: Surface) -> dict[str, float] | None:
    found = surface.variogram
    if found is None:
        return None
    return {
        "nugget": round(found.nugget, _DIGITS),
        "sill": round(found.sill, _DIGITS),
        "range_m": round(found.range_m, 1),
    }


def _rounded(value: float) -> float:
    return round(value, _DIGITS)


INTERPOLATE = Process(
    id="interpolate",
    version="1.0.0",
    title=Title("空间插值", "Interpolate"),
    description=Title(
        "由样点(直接给出,取自图层的数值字段,或某一时刻各测站通过质量控制的观测值)推算其他位置的值:普通克里金(附标准差)或反距离加权。"
        "样点处即为样点值;留一交叉验证的均方根误差一并给出。平面为城市的高斯-克吕格带。",
        "Values elsewhere from samples, given, read from a layer's field, or what stations measured at an"
        " instant and quality control passed: ordinary kriging with its standard deviation, or inverse"
        " distance. At a sample it is the sample; the error when each is left out in turn is told. The plane"
        " is the city's Gauss-Krüger zone.",
    ),
    inputs={
        "samples": described(
            "样点,每个为 [经度, 纬度, 值]",
            "samples, each [longitude, latitude, value]",
            {
                "type": "array",
                "minItems": 2,
                "maxItems": MOST_SAMPLES,
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
            },
            required=False,
        ),
        "layer": described("图层", "layer", LAYER, required=False),
        "property": described(
            "观测属性的键,如 pm25",
            "key of an observed property, such as pm25",
            {"type": "string", "minLength": 1, "maxLength": 100},
            required=False,
        ),
        "stations": described(
            f"测站图层(默认 {STATIONS})",
            f"layer of stations, {STATIONS} where not said",
            LAYER,
            required=False,
        ),
        "within_h": described(
            f"观测值至多早几小时(默认 {WITHIN_H})",
            f"values up to so many hours old count, {WITHIN_H} where not said",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 8784},
            required=False,
        ),
        "field": described("数值字段", "field with numbers", {"type": "string"}, required=False),
        "where": condition("样点", "samples"),
        "method": described(
            "方法(默认 kriging)",
            "method, kriging where not said",
            {"type": "string", "enum": [each.value for each in Method]},
            required=False,
        ),
        "power": described(
            "反距离的幂(默认 2)",
            "power of the distance, 2 where not said",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 16},
            required=False,
        ),
        "positions": described(
            "位置,每个为 [经度, 纬度]",
            "positions, each [longitude, latitude]",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": 10_000},
            required=False,
        ),
        "bbox": described("范围:西、南、东、北", "box: west, south, east, north", BOX, required=False),
        "cell_m": described(
            "格网边长(米)",
            "side of a cell, metres",
            {"type": "number", "minimum": 1, "maximum": 100_000},
            required=False,
        ),
        **TIMES,
    },
    outputs={
        "result": described(
            "各处的值;格网自西北角起逐行", "the values; of a box row by row from the north-west", OBJECT
        )
    },
    run=run,
    example={
        "property": "pm25",
        "datetime": "2026-01-08T08:00:00+08:00",
        "bbox": [118.55, 36.75, 119.05, 37.25],
        "cell_m": 2000,
    },
    needs=_needs,
    rests_on=tells("result", layer=("changeset",)),
    releases=True,  # at a sample it is the sample
)
