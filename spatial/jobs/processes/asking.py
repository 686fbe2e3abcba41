"""What the processes that ask of layers share: instants, conditions, areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import shapely

from spatial.analysis import area_store, store
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import stamped
from spatial.database import Connection
from spatial.datum import parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.process import Context, Described, Inputs, Schema
from spatial.jobs.processes.parts import INSTANT, described, geometries

WHERE: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 2000}
LISTED: Final = 1000
TIMES: Final[dict[str, Described]] = {
    "datetime": described("有效时间", "instant of valid time", INSTANT, required=False),
    "asof": described("登记时间", "instant of recorded time", INSTANT, required=False),
}


def condition(zh: str, en: str) -> Described:
    """A condition on the features of a layer."""
    return described(f"{zh}的条件(CQL2)", f"condition on the {en}, in CQL2", WHERE, required=False)


def instants(context: Context, inputs: Inputs) -> tuple[datetime, datetime]:
    """Valid and recorded time, the job's own instant where nothing is said."""
    at = parse_instant(inputs["datetime"]) if "datetime" in inputs else context.now
    asof = parse_instant(inputs["asof"]) if "asof" in inputs else context.now
    return at, asof


def known_by(context: Context, inputs: Inputs) -> datetime:
    """Recorded time, refused where it is yet to come: what will be entered until then is not known."""
    asof = instants(context, inputs)[1]
    if asof > context.now:
        raise bad(
            "/inputs/asof", "不得晚于任务提交时刻", "is not later than the job was handed in", inputs["asof"]
        )
    return asof


def asked(
    context: Context, connection: Connection, inputs: Inputs, layer_id: str, where: str | None
) -> store.Part:
    """The features of a layer at the instants of the inputs, with the fields that the asker sees."""
    at, asof = instants(context, inputs)
    layer = catalogue.get(connection, layer_id)
    if layer.table.geometry is None:
        raise bad("/inputs", "图层没有几何", "the layer has no geometry", layer_id)
    return store.part(connection, layer, context.grant(layer_id).fields, at, asof, where)


def stamp(connection: Connection, *layer_ids: str) -> dict[str, str]:
    """What a result says that rests on generated data 合成数据; nothing where it rests on none."""
    return stamped(catalogue.synthetic(connection, layer_ids))


def area(inputs: Inputs) -> shapely.Geometry:
    """The area of the input ``area``, one or several polygons as one; refused where it is none."""
    shapes = [shape for shape in geometries(inputs["area"], "/inputs/area") if shape is not None]
    for shape in shapes:
        if shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise bad("/inputs/area", "须为面", "must be polygons", shape.geom_type)
        if not shape.is_valid:
            raise bad("/inputs/area", "几何无效", "is not valid", shapely.is_valid_reason(shape))
    if not shapes:
        raise bad("/inputs/area", "没有面", "has no polygon", inputs["area"].get("type"))
    return shapely.union_all(shapes) if len(shapes) > 1 else shapes[0]


def numbers(part: store.Part) -> list[str]:
    """Fields of a layer that hold numbers."""
    return [field.name for field in part.layer.contract.fields if field.type.value in ("integer", "number")]


def number_field(part: store.Part, name: str, fields: tuple[str, ...], pointer: str) -> str:
    """A field that the asker sees and that holds numbers."""
    known = [each for each in numbers(part) if each in fields]
    if name not in known:
        told = "、".join(known) or "无"
        raise bad(pointer, f"不是可用的数值字段({told})", f"is none of the numbers {', '.join(known)}", name)
    return name


def listed(found: Any) -> list[dict[str, Any]]:
    """Features by identity, with what else is known."""
    return [{"fid": one.fid, **({} if one.name is None else {"name": one.name})} for one in found]


def keep_areas(context: Context, connection: Connection, rows: str, params: Sequence[Any], epsg: int) -> None:
    """Measure the legal areas of rows that are not kept yet; the time that somebody waits bounds it."""

    def step() -> None:
        context.step(5, "量算面积", "measuring areas")

    area_store.keep_meanwhile(connection, context.dsn, rows, params, epsg, step)
