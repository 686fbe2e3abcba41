"""What ``datum-offset-record`` does; imported when it runs."""

from __future__ import annotations

import shapely

from spatial.database import connect
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.parts import geometries, intent_of
from water.works import offsets
from water.works.datum import VerticalDatum
from water.works.offset import DatumOffset


def record(context: Context, inputs: Inputs) -> Outputs:
    """Enter it, or only check it."""
    intent, preview = intent_of(context, inputs), inputs.get("preview", False)
    shapes = geometries(inputs["area"], "/inputs/area")
    if not shapes or any(each.geom_type not in ("Polygon", "MultiPolygon") for each in shapes):
        kinds = ", ".join(each.geom_type for each in shapes) or "empty"
        raise bad("/inputs/area", "须为面", "holds polygons", kinds)
    offset = DatumOffset(
        *(inputs["offset"], VerticalDatum(inputs["from_datum"]), VerticalDatum(inputs["to_datum"])),
        *(inputs["offset_m"], inputs["uncertainty_m"], inputs["source"], inputs["standing"]),
        *(shapely.union_all(shapes), inputs.get("station")),
    )
    with connect(context.dsn) as connection, connection.transaction(force_rollback=preview):
        changeset = offsets.record(connection, offset, intent)
        told = {
            "offset": offset.id,
            "changeset": None if changeset is None or preview else changeset.id,
            "preview": preview,
        }
        outputs: Outputs = {"outcome": Document(told)}
        if not preview:
            context.finish(connection, outputs)
    return outputs
