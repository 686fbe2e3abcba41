"""``exposure`` 影响分析: what lies inside any area, layer by layer, at any instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import shapely

from spatial.access.model import Right
from spatial.analysis import store
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.database import connect
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import LISTED, TIMES, area, asked, listed
from spatial.jobs.processes.parts import GEOJSON, LAYER, OBJECT, described

_NAMES = {"Polygon": "area_m2", "LineString": "length_m"}


def run(context: Context, inputs: Inputs) -> Outputs:
    """Ask each layer in one statement."""
    inside = shapely.to_wkb(area(inputs))
    most, where = inputs.get("list", 100), inputs.get("where", {})
    epsg = read_city(context.city).epsg_without_prefix
    told: list[dict[str, Any]] = []
    with connect(context.dsn) as connection:
        for layer_id in inputs["layers"]:
            part = asked(context, connection, inputs, layer_id, where.get(layer_id))
            count, total, found = store.inside(connection, part, inside, epsg, max(most, 1))
            name = _NAMES.get((part.layer.table.geometry or "").removeprefix("Multi"))
            features = [
                each | ({name: one.measure} if name else {})
                for each, one in zip(listed(found), found, strict=True)
            ]
            told.append(
                {
                    "layer": layer_id,
                    "title": part.layer.contract.title.zh,
                    "synthetic": part.layer.contract.synthetic,
                    "changeset": part.changeset,
                    "count": count,
                    **({name: total} if name else {}),
                    "features": features[:most],
                }
            )
    return {"result": Document({**{name: inputs[name] for name in TIMES if name in inputs}, "layers": told})}


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys(inputs["layers"], Right.READ)


def _rests_on(_: Inputs, outputs: Outputs) -> Iterable[Source]:
    told = outputs["result"]
    assert isinstance(told, Document) and isinstance(told.value, dict)
    yield from (
        Source(each["layer"], each["changeset"]) for each in told.value["layers"] if each["changeset"]
    )


EXPOSURE = Process(
    id="exposure",
    version="1.0.0",
    title=Title("影响分析", "Exposure"),
    description=Title(
        "任一范围内各图层有什么:个数、面积(椭球面积)或长度及逐个要素;跨界者按界内部分计量,"
        "只在界外相接者不计。可加条件,可取任一有效时间与登记时间。",
        "What lies inside any area, by layer: number, legal area or length, and each feature; across the"
        " edge it is measured as far as it lies inside, and what only touches from outside is left out."
        " With conditions, at any instant of valid and recorded time.",
    ),
    inputs={
        "area": described("范围(CGCS2000 面)", "the area, polygons in CGCS2000", GEOJSON),
        "layers": described(
            "图层",
            "layers",
            {"type": "array", "items": LAYER, "minItems": 1, "maxItems": 40, "uniqueItems": True},
        ),
        "where": described(
            "各图层的条件(CQL2)",
            "conditions by layer, in CQL2",
            {"type": "object", "additionalProperties": {"type": "string", "maxLength": 2000}},
            required=False,
        ),
        "list": described(
            "每层至多列出的要素数(默认 100)",
            "features listed of each layer, 100 where not said",
            {"type": "integer", "minimum": 0, "maximum": LISTED},
            required=False,
        ),
        **TIMES,
    },
    outputs={"result": described("范围内的要素", "what lies inside", OBJECT)},
    run=run,
    needs=_needs,
    rests_on=_rests_on,
    releases=True,
)
