"""``exposure`` 影响分析: what lies inside any area, layer by layer, at any instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely

from spatial.access.model import Right
from spatial.analysis import store
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.database import Connection, connect
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import LISTED, TIMES, area, asked, condition, keep_areas, listed, stamp
from spatial.jobs.processes.parts import GEOJSON, LAYER, OBJECT, described, geometries

_NAMES = {"Polygon": "area_m2", "LineString": "length_m"}


def run(context: Context, inputs: Inputs) -> Outputs:
    """Ask each layer in one statement."""
    most, where = inputs.get("list", 100), inputs.get("where", {})
    epsg = read_city(context.city).epsg_without_prefix
    told: list[dict[str, Any]] = []
    with connect(context.dsn) as connection:
        ground, around_changeset = _ground(context, connection, inputs)
        inside = shapely.to_wkb(ground)
        for layer_id in inputs["layers"]:
            part = asked(context, connection, inputs, layer_id, where.get(layer_id))
            if (part.layer.table.geometry or "").endswith("Polygon"):
                keep_areas(context, connection, *store.measurable(part, inside), epsg)
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
        stamped = stamp(connection, *_needs(inputs))
    return {
        "result": Document(
            {
                **{name: inputs[name] for name in TIMES if name in inputs},
                **({"around_changeset": around_changeset} if "around" in inputs else {}),
                "layers": told,
                **stamped,
            }
        )
    }


def _ground(context: Context, connection: Connection, inputs: Inputs) -> tuple[shapely.Geometry, int]:
    """The area itself, or what lies within a distance of a shape or of the features of a layer, with the
    changeset after which that layer was read."""
    if ("area" in inputs) == ("around" in inputs):
        raise bad("/inputs", "须恰有 area 与 around 之一", "needs one of area and around", sorted(inputs))
    if "buffer_m" not in inputs:
        if "around" in inputs:
            raise bad("/inputs/buffer_m", "缺少", "is missing", "buffer_m")
        return area(inputs), 0
    changeset = 0
    if "area" in inputs:
        shapes = [shape for shape in geometries(inputs["area"], "/inputs/area") if shape is not None]
    else:
        part = asked(context, connection, inputs, inputs["around"], inputs.get("around_where"))
        shapes, changeset = list(shapely.from_wkb(store.cells(connection, part)[1])), part.changeset
    if not shapes:
        raise bad("/inputs", "没有可缓冲的几何", "there is nothing to lie near to", sorted(inputs))
    plane = Plane(STANDARD.frame(f"EPSG:{read_city(context.city).epsg_without_prefix}"))
    planar = shapely.buffer(plane.projected(np.array(shapes, dtype=object)), inputs["buffer_m"], quad_segs=16)
    return plane.unprojected(np.array([shapely.union_all(planar)], dtype=object))[0], changeset


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    around = [inputs["around"]] if "around" in inputs else []
    return dict.fromkeys([*inputs["layers"], *around], Right.READ)


def _rests_on(inputs: Inputs, outputs: Outputs) -> Iterable[Source]:
    told = outputs["result"]
    assert isinstance(told, Document) and isinstance(told.value, dict)
    if told.value.get("around_changeset"):
        yield Source(inputs["around"], told.value["around_changeset"])
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
        "area": described(
            "范围(CGCS2000 面;给出 buffer_m 时可为点、线)",
            "the area, polygons in CGCS2000; with buffer_m points and lines, too",
            GEOJSON,
            required=False,
        ),
        "around": described(
            "以此图层的要素周边为范围", "what lies around features of a layer", LAYER, required=False
        ),
        "around_where": condition("周边要素", "features around which"),
        "buffer_m": described(
            "周边距离(米)",
            "how far around, metres",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 50_000},
            required=False,
        ),
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
    example={
        "area": {
            "type": "Polygon",
            "coordinates": [
                [[118.68, 36.8], [118.86, 36.8], [118.86, 36.92], [118.68, 36.92], [118.68, 36.8]]
            ],
        },
        "layers": ["greenhouses", "industrial-plants"],
        "list": 3,
    },
    needs=_needs,
    rests_on=_rests_on,
    releases=True,
)
