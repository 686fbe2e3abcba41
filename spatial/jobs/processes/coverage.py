"""``coverage`` 覆盖率: the share of a class of places within reach of a class of assets."""

from __future__ import annotations

import math

import numpy as np

from spatial.analysis import store
from spatial.catalogue.contract import Title
from spatial.database import Connection, connect
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes import kept_roads, on_roads
from spatial.jobs.processes.asking import LISTED, TIMES, asked, condition, listed, number_field, stamp
from spatial.jobs.processes.on_roads import (
    ALONG,
    MINUTES,
    MODE,
    ROADS,
    reads_along,
    refuse_where_straight,
    roads_of,
)
from spatial.jobs.processes.parts import LAYER, OBJECT, described, tells


def run(context: Context, inputs: Inputs) -> Outputs:
    """One statement over both layers; along the roads one search from all assets."""
    if ("reach_m" in inputs) == ("minutes" in inputs):
        given = sorted(inputs)
        raise bad("/inputs", "须恰有 reach_m 与 minutes 之一", "needs one of reach_m and minutes", given)
    refuse_where_straight(inputs, "minutes", "mode")
    with connect(context.dsn) as connection:
        places = asked(context, connection, inputs, inputs["places"], inputs.get("places_where"))
        assets = asked(context, connection, inputs, inputs["assets"], inputs.get("assets_where"))
        weight = inputs.get("weight")
        if weight is not None:
            fields = context.grant(inputs["places"]).fields
            weight = number_field(places, weight, fields, "/inputs/weight")
        most = inputs.get("list", 100)
        roads_changeset = None
        if "reach_m" in inputs:
            found = store.covered(connection, places, assets, inputs["reach_m"], weight, most)
        else:
            found, roads_changeset = _along(context, connection, inputs, places, assets, weight, most)
        read = [inputs["places"], inputs["assets"], *([roads_of(inputs)] if "minutes" in inputs else [])]
        stamped = stamp(connection, *read)
    result = {
        "places": found.places,
        "covered": found.covered,
        "share": None if not found.places else round(found.covered / found.places, 6),
        **{name: inputs[name] for name in ("reach_m", "minutes") if name in inputs},
        "without": listed(found.without),
        "places_changeset": places.changeset,
        "assets_changeset": assets.changeset,
        **stamped,
    }
    if roads_changeset is not None:
        result |= {"mode": inputs.get("mode", "drive"), "roads_changeset": roads_changeset}
    if found.weight is not None and found.covered_weight is not None:
        result |= {
            "weight": found.weight,
            "covered_weight": found.covered_weight,
            "weighted_share": None if not found.weight else round(found.covered_weight / found.weight, 6),
        }
    return {"result": Document(result)}


def _along(
    context: Context,
    connection: Connection,
    inputs: Inputs,
    places: store.Part,
    assets: store.Part,
    weight: str | None,
    most: int,
) -> tuple[store.Coverage, int]:
    ways, changeset = kept_roads.ways(context, connection, inputs, inputs.get("mode", "drive"))
    named, shapes = on_roads.places(connection, places)
    begin = ways.seeds(on_roads.places(connection, assets)[1])
    seconds = ways.seconds(begin, ways.seeds(shapes), len(named), inputs["minutes"])
    reached = np.isfinite(seconds)
    without = [named[at] for at in np.flatnonzero(~reached).tolist()]
    weights = None if weight is None else np.array(store.numbers(connection, places, weight))
    return store.Coverage(
        len(named),
        int(reached.sum()),
        None if weights is None else round(math.fsum(weights), 6),
        None if weights is None else round(math.fsum(weights[reached]), 6),
        tuple(store.Found(fid, name, None) for fid, name in without[:most]),
    ), changeset


COVERAGE = Process(
    id="coverage",
    version="1.0.0",
    title=Title("覆盖率", "Coverage"),
    description=Title(
        "一类场所中,距某类设施不超过给定距离(椭球面直线距离),或自设施沿路网不超过给定分钟者的个数与比例,"
        "可按数值字段加权;并列出未覆盖者。没有场所时比例为空,不作 0。",
        "How many of a class of places lie within a distance on the ellipsoid of some asset, or within"
        " minutes from one along the roads, and their share, weighted by a field where asked; those without"
        " are listed. Of no places there is none.",
    ),
    inputs={
        "places": described("场所图层", "layer of places", LAYER),
        "places_where": condition("场所", "places"),
        "assets": described("设施图层", "layer of assets", LAYER),
        "assets_where": condition("设施", "assets"),
        "reach_m": described(
            "直线距离(米)",
            "straight distance, metres",
            {"type": "number", "exclusiveMinimum": 0, "maximum": 50_000},
            required=False,
        ),
        "minutes": described("沿路网的时间(分钟)", "minutes along the roads", MINUTES, required=False),
        "mode": MODE,
        **ALONG,
        "weight": described(
            "加权字段(场所的数值字段)", "field that weighs the places", {"type": "string"}, required=False
        ),
        "list": described(
            "至多列出的未覆盖场所数(默认 100)",
            "places without that are listed, 100 where not said",
            {"type": "integer", "minimum": 0, "maximum": LISTED},
            required=False,
        ),
        **TIMES,
    },
    outputs={"result": described("覆盖情况", "the coverage", OBJECT)},
    run=run,
    example={"places": "schools", "assets": "bus-stops", "reach_m": 500, "weight": "places", "list": 3},
    needs=reads_along("minutes", "places", "assets"),
    rests_on=tells(
        "result",
        {"roads": ROADS},
        places=("places_changeset",),
        assets=("assets_changeset",),
        roads=("roads_changeset",),
    ),
    releases=True,
)
