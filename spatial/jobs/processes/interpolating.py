"""``interpolate`` 空间插值: a number between the places where it is known, with how certain it is."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.analysis import store
from spatial.analysis.interpolate import MOST_SAMPLES, Method, Surface, interpolate
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES, asked, condition, number_field
from spatial.jobs.processes.parts import BOX, LAYER, OBJECT, POSITION, described, reads, tells

Floats = NDArray[np.float64]
CELLS_MAX: Final = 250_000
_DIGITS: Final = 6


def run(context: Context, inputs: Inputs) -> Outputs:
    """At positions, or over a box in cells; in the plane of the city's zone."""
    if ("positions" in inputs) == ("bbox" in inputs):
        raise bad(
            "/inputs", "须恰有 positions 与 bbox 之一", "needs one of positions and bbox", sorted(inputs)
        )
    given, changeset = _samples(context, inputs)
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
    if changeset is not None:
        told["changeset"] = changeset
    return {"result": Document(told)}


def _samples(context: Context, inputs: Inputs) -> tuple[Floats, int | None]:
    if ("samples" in inputs) == ("layer" in inputs):
        raise bad("/inputs", "须恰有 samples 与 layer 之一", "needs one of samples and layer", sorted(inputs))
    if "samples" in inputs:
        return np.array(inputs["samples"], dtype=np.float64), None
    if "field" not in inputs:
        raise bad("/inputs/field", "缺少", "is missing", "field")
    with connect(context.dsn) as connection:
        part = asked(context, connection, inputs, inputs["layer"], inputs.get("where"))
        field = number_field(part, inputs["field"], context.grant(inputs["layer"]).fields, "/inputs/field")
        rows = store.samples(connection, part, field, MOST_SAMPLES + 1)
    if len(rows) > MOST_SAMPLES:
        raise bad(
            "/inputs/where",
            f"样点多于 {MOST_SAMPLES} 个,请加条件",
            f"there are more than {MOST_SAMPLES} samples, narrow them down",
            inputs["layer"],
        )
    return np.array(rows, dtype=np.float64).reshape(-1, 3), part.changeset


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
        "由样点(直接给出,或取自图层的数值字段)推算其他位置的值:普通克里金(附标准差)或反距离加权。"
        "样点处即为样点值;留一交叉验证的均方根误差一并给出。平面为城市的高斯-克吕格带。",
        "Values elsewhere from samples, given or read from a layer's field: ordinary kriging with its"
        " standard deviation, or inverse distance. At a sample it is the sample; the error when each is"
        " left out in turn is told. The plane is the city's Gauss-Krüger zone.",
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
    needs=reads("layer"),
    rests_on=tells("result", layer=("changeset",)),
)
