"""``assign-grid`` 归格: points to exactly one cell each of a layer that divides the city."""

from __future__ import annotations

import numpy as np
import shapely

from spatial.analysis import store
from spatial.analysis.assign import NOWHERE, Cells
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES, asked, stamp
from spatial.jobs.processes.parts import LAYER, OBJECT, POSITION, described, reads, tells

CELLS = "grid-cells"
POINTS_MAX = 200_000


def run(context: Context, inputs: Inputs) -> Outputs:
    """All at once, over one state of the cells."""
    with connect(context.dsn) as connection:
        part = asked(context, connection, inputs, inputs.get("layer", CELLS), None)
        if part.layer.table.geometry not in ("Polygon", "MultiPolygon"):
            raise bad("/inputs/layer", "须为面图层", "must be a layer of polygons", part.layer.contract.id)
        codes, areas = store.cells(connection, part)
        stamped = stamp(connection, part.layer.contract.id)
    points = np.array(inputs["positions"], dtype=np.float64)
    cells = Cells.of(codes, list(shapely.from_wkb(areas)))
    found = cells.assign(points).tolist()
    told = {
        "layer": part.layer.contract.id,
        "changeset": part.changeset,
        "codes": [None if at == NOWHERE else cells.codes[at] for at in found],
        "outside": found.count(NOWHERE),
        **stamped,
    }
    return {"result": Document(told)}


ASSIGN_GRID = Process(
    id="assign-grid",
    version="1.0.0",
    title=Title("归入网格", "Assign points to grid cells"),
    description=Title(
        "每个点恰归一格:格含其边界,公共边与公共点上的点归编码较小的一格;全部格之外为空。",
        "Each point to exactly one cell: a cell holds its boundary, and of the cells that share an edge or"
        " a vertex the one of the lesser code takes the point; null outside all of them.",
    ),
    inputs={
        "positions": described(
            "位置,每个为 [经度, 纬度]",
            "positions, each [longitude, latitude]",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": POINTS_MAX},
        ),
        "layer": described(
            "网格图层(默认 grid-cells)", "layer of cells, grid-cells where not said", LAYER, required=False
        ),
        **TIMES,
    },
    outputs={"result": described("各点的网格编码", "the code of each point's cell", OBJECT)},
    run=run,
    example={"positions": [[118.74, 36.88], [118.8, 36.9], [118.9, 37.0]]},
    needs=reads(layer=CELLS),
    rests_on=tells("result", {"layer": CELLS}, layer=("changeset",)),
)
