"""``coverage`` 覆盖率: the share of a class of places within reach of a class of assets."""

from __future__ import annotations

from spatial.analysis import store
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.asking import LISTED, TIMES, asked, condition, listed, number_field
from spatial.jobs.processes.parts import LAYER, OBJECT, described, reads, tells


def run(context: Context, inputs: Inputs) -> Outputs:
    """One statement over both layers."""
    with connect(context.dsn) as connection:
        places = asked(context, connection, inputs, inputs["places"], inputs.get("places_where"))
        assets = asked(context, connection, inputs, inputs["assets"], inputs.get("assets_where"))
        weight = inputs.get("weight")
        if weight is not None:
            fields = context.grant(inputs["places"]).fields
            weight = number_field(places, weight, fields, "/inputs/weight")
        most = inputs.get("list", 100)
        found = store.covered(connection, places, assets, inputs["reach_m"], weight, most)
    result = {
        "places": found.places,
        "covered": found.covered,
        "share": None if not found.places else round(found.covered / found.places, 6),
        "reach_m": inputs["reach_m"],
        "without": listed(found.without),
        "places_changeset": places.changeset,
        "assets_changeset": assets.changeset,
    }
    if found.weight is not None and found.covered_weight is not None:
        result |= {
            "weight": found.weight,
            "covered_weight": found.covered_weight,
            "weighted_share": None if not found.weight else round(found.covered_weight / found.weight, 6),
        }
    return {"result": Document(result)}


COVERAGE = Process(
    id="coverage",
    version="1.0.0",
    title=Title("覆盖率", "Coverage"),
    description=Title(
        "一类场所中,距某类设施不超过给定距离(椭球面直线距离)者的个数与比例,可按数值字段加权;"
        "并列出未覆盖者。没有场所时比例为空,不作 0。",
        "How many of a class of places lie within a distance on the ellipsoid of some asset, and their"
        " share, weighted by a field where asked; those without are listed. Of no places there is none.",
    ),
    inputs={
        "places": described("场所图层", "layer of places", LAYER),
        "places_where": condition("场所", "places"),
        "assets": described("设施图层", "layer of assets", LAYER),
        "assets_where": condition("设施", "assets"),
        "reach_m": described(
            "距离(米)", "distance, metres", {"type": "number", "exclusiveMinimum": 0, "maximum": 50_000}
        ),
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
    needs=reads("places", "assets"),
    rests_on=tells("result", places=("places_changeset",), assets=("assets_changeset",)),
    releases=True,
)
