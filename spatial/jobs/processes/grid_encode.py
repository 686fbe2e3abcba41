"""``grid-encode`` 网格编码: Beidou, GeoSOT and map sheet codes of positions or of a box."""

from __future__ import annotations

from collections.abc import Callable

from spatial.catalogue.contract import Title
from spatial.grid import beidou, geosot, sheet
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import BOX, POSITION, POSITIONS_MAX, described

CELLS_MAX = 10_000
_SYSTEMS = ("beidou", "geosot", "sheet")
_DEEPEST = {"beidou": 10, "geosot": geosot.DEEPEST}


def run(context: Context, inputs: Inputs) -> Outputs:
    """Codes of positions, in their order; or of the cells that cover a box."""
    system = inputs["system"]
    if ("positions" in inputs) == ("bbox" in inputs):
        raise bad(
            "/inputs", "须恰有 positions 与 bbox 之一", "needs one of positions and bbox", sorted(inputs)
        )
    encode = _encoder(system, inputs)
    if "positions" in inputs:
        codes = [encode(lon, lat) for lon, lat in inputs["positions"]]
    else:
        codes = _covering(system, inputs)
    return {"result": Document({"system": system, "codes": codes})}


def _encoder(system: str, inputs: Inputs) -> Callable[[float, float], str]:
    if system == "sheet":
        scale = _scale(inputs)
        return lambda lon, lat: sheet.encode(lon, lat, scale).number
    level = inputs.get("level", _DEEPEST[system])
    if system == "beidou":
        return lambda lon, lat: beidou.encode(lon, lat, level).code
    return lambda lon, lat: geosot.encode(lon, lat, level).code


def _covering(system: str, inputs: Inputs) -> list[str]:
    west, south, east, north = inputs["bbox"]
    if system == "geosot":
        return [geosot.object_cell(west, south, east, north).code]
    if system == "sheet":
        scale = _scale(inputs)
        return [one.number for one in sheet.covering(west, south, east, north, scale, limit=CELLS_MAX)]
    if "level" not in inputs:
        raise bad("/inputs/level", "缺少", "is missing", "level")
    cells = beidou.covering(west, south, east, north, inputs["level"], limit=CELLS_MAX)
    return [cell.code for cell in cells]


def _scale(inputs: Inputs) -> sheet.Scale:
    if "scale" not in inputs:
        raise bad("/inputs/scale", "缺少,如 10000", "is missing, such as 10000", "scale")
    return sheet.Scale.of(inputs["scale"])


GRID_ENCODE = Process(
    id="grid-encode",
    version="1.0.0",
    title=Title("网格编码", "Grid codes of positions"),
    description=Title(
        "CGCS2000 经纬度的北斗网格位置码、GeoSOT 码或图幅号;范围则给出覆盖它的网格"
        "(GeoSOT 为代表该对象的一个网格)。",
        "Beidou, GeoSOT or map sheet codes of CGCS2000 positions; of a box the cells that cover it"
        " (for GeoSOT the one cell that stands for the object).",
    ),
    inputs={
        "system": described("编码体系", "system", {"type": "string", "enum": list(_SYSTEMS)}),
        "positions": described(
            "位置,每个为 [经度, 纬度]",
            "positions, each [longitude, latitude]",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": POSITIONS_MAX},
            required=False,
        ),
        "bbox": described("范围:西、南、东、北", "box: west, south, east, north", BOX, required=False),
        "level": described(
            "级别(北斗 0–10,GeoSOT 0–32)",
            "level (Beidou 0–10, GeoSOT 0–32)",
            {"type": "integer", "minimum": 0, "maximum": 32},
            required=False,
        ),
        "scale": described(
            "图幅比例尺分母",
            "denominator of the sheet's scale",
            {"type": "integer", "minimum": 1},
            required=False,
        ),
    },
    outputs={
        "result": described(
            "编码", "the codes", {"type": "object", "required": ["system", "codes"], "properties": {}}
        )
    },
    run=run,
)
