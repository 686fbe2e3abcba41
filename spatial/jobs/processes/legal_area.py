"""``legal-area`` 椭球面积: the area that counts in law, of polygons as they were drawn."""

from __future__ import annotations

import numpy as np
import shapely

from spatial.catalogue.contract import Title
from spatial.datum import legal_areas_m2
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import FRAME, GEOJSON, OBJECT, described, geometries, registry_for


def run(context: Context, inputs: Inputs) -> Outputs:
    """The legal area of each geometry, in the order given, and their sum."""
    registry = registry_for(context)
    drawn_in = registry.frame(inputs["drawn_in"])
    given_in = registry.frame(inputs.get("given_in", inputs["drawn_in"]))
    shapes = geometries(inputs["geojson"], "/inputs/geojson")
    for number, shape in enumerate(shapes):
        if shape is not None and not shape.is_valid:
            why = shapely.is_valid_reason(shape)
            raise bad(
                "/inputs/geojson", f"第 {number + 1} 个几何无效", f"has a bad geometry, no. {number + 1}", why
            )
    areas = legal_areas_m2(np.array(shapes, dtype=object), drawn_in, given_in=given_in, registry=registry)
    told = [None if np.isnan(area) else round(float(area), 4) for area in areas]
    total = round(float(np.nansum(areas)), 4)
    return {"result": Document({"areas_m2": told, "total_m2": total, "drawn_in": drawn_in.id})}


LEGAL_AREA = Process(
    id="legal-area",
    version="1.0.0",
    title=Title("椭球面积", "Legal area"),
    description=Title(
        "按国土调查办发〔2008〕32号计算椭球面积(平方米)。drawn_in 为绘制时的坐标系,其直线即界线;"
        "坐标若以另一坐标系给出,以 given_in 注明。",
        "Area on the CGCS2000 ellipsoid in m² by the rule of the national land survey. drawn_in is the frame"
        " whose straight lines the edges are; coordinates given in another frame name it by given_in.",
    ),
    inputs={
        "geojson": described("多边形或要素", "polygons or features", GEOJSON),
        "drawn_in": described("绘制坐标系", "frame in which it was drawn", FRAME),
        "given_in": described("坐标所在坐标系", "frame of the coordinates", FRAME, required=False),
    },
    outputs={"result": described("面积(平方米)", "areas in m²", OBJECT)},
    run=run,
)
