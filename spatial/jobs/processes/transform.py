"""``transform`` 坐标转换: positions or GeoJSON between registered frames, with path and accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from spatial.catalogue.contract import Title
from spatial.datum import Moved, move
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import (
    FRAME,
    GEOJSON,
    OBJECT,
    POSITION,
    POSITIONS_MAX,
    described,
    geometries,
    registry_for,
    with_geometries,
)


def run(context: Context, inputs: Inputs) -> Outputs:
    """Move what was given; refused where no registered operation leads from one frame to the other."""
    if ("coordinates" in inputs) == ("geojson" in inputs):
        raise bad(
            "/inputs",
            "须恰有 coordinates 与 geojson 之一",
            "needs one of coordinates and geojson",
            sorted(inputs),
        )
    registry = registry_for(context)
    source, target = registry.frame(inputs["source"]), registry.frame(inputs["target"])
    shapes = geometries(inputs["geojson"], "/inputs/geojson") if "geojson" in inputs else []
    given = (
        shapely.get_coordinates(shapes)
        if shapes
        else np.array(inputs.get("coordinates", []), dtype=np.float64).reshape(-1, 2)
    )
    moved: Moved[Any] = move(
        given[:, 0], given[:, 1], source, target, epoch=inputs.get("epoch"), registry=registry
    )
    positions = np.column_stack((moved.x, moved.y))
    result: dict[str, object] = {
        "frame": target.id,
        "path": list(moved.path),
        "accuracy_m": moved.accuracy_m,
    }
    if shapes:
        placed = shapely.set_coordinates(np.array(shapes, dtype=object), positions)
        result["geojson"] = with_geometries(inputs["geojson"], list(placed))
    else:
        result["coordinates"] = positions.tolist()
    return {"result": Document(result)}


TRANSFORM = Process(
    id="transform",
    version="1.0.0",
    title=Title("坐标转换", "Transform coordinates"),
    description=Title(
        "在已登记的坐标系之间转换坐标或 GeoJSON;x 为经度或东坐标。给出所经转换与其精度;未登记的转换拒绝。",
        "Moves positions or GeoJSON between registered frames; x is longitude or east. The operations walked"
        " and their accuracy are told; what no registered operation covers is refused.",
    ),
    inputs={
        "source": described("源坐标系", "frame of what is given", FRAME),
        "target": described("目标坐标系", "frame wanted", FRAME),
        "coordinates": described(
            "坐标,每个为 [x, y]",
            "positions, each [x, y]",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": POSITIONS_MAX},
            required=False,
        ),
        "geojson": described("GeoJSON 几何或要素", "a GeoJSON geometry or features", GEOJSON, required=False),
        "epoch": described(
            "观测历元(ITRF)", "epoch of observation, for ITRF", {"type": "number"}, required=False
        ),
    },
    outputs={"result": described("转换结果", "what was moved, the path and its accuracy", OBJECT)},
    run=run,
)
