"""``grid-decode`` 网格解码: the cells of Beidou, GeoSOT and map sheet codes."""

from __future__ import annotations

from spatial.catalogue.contract import Title
from spatial.grid import beidou, geosot, sheet
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, POSITIONS_MAX, described


def run(context: Context, inputs: Inputs) -> Outputs:
    """Bounds and centre of each code, in the order given."""
    cells = [_cell(inputs["system"], code) for code in inputs["codes"]]
    return {"result": Document({"system": inputs["system"], "cells": cells})}


def _cell(system: str, code: str) -> dict[str, object]:
    cell: beidou.Cell | geosot.GeoSotCell | sheet.Sheet
    if system == "sheet":
        cell = sheet.decode(code)
        told: dict[str, object] = {"code": cell.number, "scale": cell.scale.denominator}
    else:
        cell = beidou.decode(code) if system == "beidou" else geosot.decode(code)
        told = {"code": cell.code, "level": cell.level}
    bounds = cell.bounds
    return {
        **told,
        "bbox": [bounds.west_deg, bounds.south_deg, bounds.east_deg, bounds.north_deg],
        "centre": list(cell.centre),
    }


GRID_DECODE = Process(
    id="grid-decode",
    version="1.0.0",
    title=Title("网格解码", "Cells of grid codes"),
    description=Title(
        "北斗网格位置码、GeoSOT 码或图幅号所指的范围(西、南、东、北)与中心,CGCS2000 经纬度。",
        "What Beidou, GeoSOT or map sheet codes stand for: west, south, east, north and centre in CGCS2000.",
    ),
    inputs={
        "system": described("编码体系", "system", {"type": "string", "enum": ["beidou", "geosot", "sheet"]}),
        "codes": described(
            "编码",
            "codes",
            {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 60},
                "minItems": 1,
                "maxItems": POSITIONS_MAX,
            },
        ),
    },
    outputs={"result": described("网格", "the cells", OBJECT)},
    run=run,
)
