"""``thematic-stat`` 专题统计: count, area and length by code and by division, as of an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.datum import format_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes import store
from spatial.jobs.processes.asking import TIMES, instants, keep_areas, stamp
from spatial.jobs.processes.parts import LAYER, OBJECT, described, reads, tells

_MEASURES = {"Polygon": "area", "LineString": "length", "Point": "count"}
_NAMES = {"area": "area_m2", "length": "length_m"}


def run(context: Context, inputs: Inputs) -> Outputs:
    """Gather by code; by division in units of one division each."""
    layer_id, divisions_id = inputs["layer"], inputs.get("divisions")
    by = _field(context, inputs)
    epsg = read_city(context.city).epsg_without_prefix
    at, asked = instants(context, inputs)
    with connect(context.dsn) as connection:
        layer = catalogue.get(connection, layer_id)
        state = units = store.state_at(connection, layer_id, asked)
        measure = _measure(layer, inputs)
        if measure == "area" and store.unmeasured(connection, layer, epsg, at, state.asof):
            keep_areas(context, connection, *store.measurable(layer, at, state.asof), epsg)
        stamped = stamp(connection, layer_id, *([] if divisions_id is None else [divisions_id]))
        total = store.whole(connection, layer, by, measure, epsg, at, state.asof)
        weight = catalogue.statistics(connection, layer).features
        titles: dict[str, str | None] = {}
        if divisions_id is not None:
            divisions = catalogue.get(connection, divisions_id)
            _require_polygons(divisions)
            label = divisions.contract.legend.label
            shown = label if label in context.grant(divisions_id).fields else None
            units = store.state_at(connection, divisions_id, asked)
            titles = store.division_titles(connection, divisions, shown, at, units.asof)
    told_at = (at.isoformat(), state.asof.isoformat(), units.asof.isoformat())
    given = (layer_id, divisions_id, by, measure, epsg, *told_at)
    parts = dict(context.each(unit, {fid: (fid, *given) for fid in titles}, weight=weight))
    result: dict[str, object] = {
        "layer": layer_id,
        "by": by,
        "divisions": divisions_id,
        "measure": measure,
        "datetime": format_instant(at),
        "asof": format_instant(asked),
        "changeset": state.changeset,
        "total": _told(total, measure),
        **stamped,
    }
    if divisions_id is not None:
        result["divisions_changeset"] = units.changeset
        result["parts"] = [
            {"division": fid, "title": titles[fid], "rows": _told(parts[fid], measure)} for fid in titles
        ]
        inside = sum(row.count for rows in parts.values() for row in rows)
        result["outside"] = sum(row.count for row in total) - inside
    return {"result": Document(result)}


def unit(
    dsn: str,
    division: str,
    layer_id: str,
    divisions_id: str,
    by: str | None,
    measure: str,
    epsg: int,
    at: str,
    asof: str,
    divisions_asof: str,
) -> list[store.Row]:
    """One division: what a computing process is handed are names and instants."""
    with connect(dsn) as connection:
        return store.within(
            connection,
            catalogue.get(connection, layer_id),
            catalogue.get(connection, divisions_id),
            division,
            by,
            measure,
            epsg,
            datetime.fromisoformat(at),
            datetime.fromisoformat(asof),
            datetime.fromisoformat(divisions_asof),
        )


def _field(context: Context, inputs: Inputs) -> str | None:
    by: str | None = inputs.get("by")
    fields = context.grant(inputs["layer"]).fields
    if by is not None and by not in fields:
        raise bad("/inputs/by", f"不是可用的字段({'、'.join(fields)})", f"is none of {', '.join(fields)}", by)
    return by


def _measure(layer: catalogue.Layer, inputs: Inputs) -> str:
    kind = (layer.table.geometry or "").removeprefix("Multi")
    natural = _MEASURES.get(kind, "count")
    wanted: str = inputs.get("measure", natural)
    if wanted not in ("count", natural):
        raise bad(
            "/inputs/measure",
            f"图层几何为 {kind or '无'}",
            f"the layer's geometry is {kind or 'none'}",
            wanted,
        )
    if "divisions" in inputs and layer.table.geometry is None:
        raise bad("/inputs/divisions", "图层没有几何", "the layer has no geometry", inputs["layer"])
    return wanted


def _require_polygons(divisions: catalogue.Layer) -> None:
    if divisions.table.geometry not in ("Polygon", "MultiPolygon"):
        raise bad("/inputs/divisions", "须为面图层", "must be a layer of polygons", divisions.contract.id)


def _told(rows: list[store.Row], measure: str) -> list[dict[str, Any]]:
    name = _NAMES.get(measure)
    return [
        {"code": row.code, "count": row.count} | ({name: row.measure or 0.0} if name else {}) for row in rows
    ]


THEMATIC_STAT = Process(
    id="thematic-stat",
    version="1.0.0",
    title=Title("专题统计", "Thematic statistics"),
    description=Title(
        "按代码字段、按行政区图层统计个数与面积(椭球面积)或长度,可取任一有效时间与登记时间。"
        "跨界要素按界内部分计量,以其上一点所在的区计数一次。",
        "Count and legal area or length by a code field and by a layer of divisions, at any instant of"
        " valid and recorded time. A feature across a boundary is measured by parts and counted once,"
        " where a point on it lies.",
    ),
    inputs={
        "layer": described("图层", "layer", LAYER),
        "by": described("代码字段", "field to gather by", {"type": "string"}, required=False),
        "divisions": described("行政区图层", "layer of divisions", LAYER, required=False),
        "measure": described(
            "统计量", "what to sum", {"type": "string", "enum": ["count", "area", "length"]}, required=False
        ),
        **TIMES,
    },
    outputs={"result": described("统计结果", "the statistics", OBJECT)},
    run=run,
    needs=reads("layer", "divisions"),
    rests_on=tells("result", layer=("changeset",), divisions=("divisions_changeset",)),
)
