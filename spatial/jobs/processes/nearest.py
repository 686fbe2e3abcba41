"""``nearest`` 就近查询: the features of a layer nearest to a position, in a straight line."""

from __future__ import annotations

from typing import Any

from spatial.analysis import store
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import TIMES, asked, condition, listed
from spatial.jobs.processes.parts import LAYER, OBJECT, POSITION, described, reads, tells


def run(context: Context, inputs: Inputs) -> Outputs:
    """Of each position the nearest, in the order given."""
    told: list[list[dict[str, Any]]] = []
    with connect(context.dsn) as connection:
        part = asked(context, connection, inputs, inputs["layer"], inputs.get("where"))
        for number, (lon, lat) in enumerate(inputs["positions"]):
            if not (-180 <= lon <= 180 and -90 < lat < 90):
                raise bad(
                    f"/inputs/positions/{number}",
                    "须为 [经度, 纬度]",
                    "must be [longitude, latitude]",
                    [lon, lat],
                )
            found = store.nearest(connection, part, lon, lat, inputs.get("count", 1))
            told.append(
                [each | {"distance_m": one.measure} for each, one in zip(listed(found), found, strict=True)]
            )
    return {"result": Document({"layer": inputs["layer"], "changeset": part.changeset, "nearest": told})}


NEAREST = Process(
    id="nearest",
    version="1.0.0",
    title=Title("就近查询", "Nearest features"),
    description=Title(
        "距位置最近的要素,按椭球面距离排序(米,到毫米);面内为 0。可加条件,如 kind = 'hospital'。",
        "The features nearest to positions by distance on the ellipsoid, in metres to the millimetre; 0"
        " inside an area. With a condition, such as kind = 'hospital'.",
    ),
    inputs={
        "layer": described("图层", "layer", LAYER),
        "positions": described(
            "位置,每个为 [经度, 纬度]",
            "positions, each [longitude, latitude]",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": 1000},
        ),
        "count": described(
            "每处取几个(默认 1)",
            "how many of each, 1 where not said",
            {"type": "integer", "minimum": 1, "maximum": 100},
            required=False,
        ),
        "where": condition("要素", "features"),
        **TIMES,
    },
    outputs={"result": described("最近的要素", "the nearest", OBJECT)},
    run=run,
    needs=reads("layer"),
    rests_on=tells("result", layer=("changeset",)),
    releases=True,
)
