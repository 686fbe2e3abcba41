"""``reach`` 可达范围: the ground that is reached from places along the roads within minutes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely

from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Title
from spatial.database import connect
from spatial.datum import frame, legal_areas_m2
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes import kept_roads
from spatial.jobs.processes.asking import TIMES, asked, condition, stamp
from spatial.jobs.processes.on_roads import ALONG, MINUTES, MODE, ROADS, places, roads_of
from spatial.jobs.processes.parts import LAYER, OBJECT, POSITION, described, reads, tells

_DECIMALS = 7


def run(context: Context, inputs: Inputs) -> Outputs:
    """One search for all places together, for each of the times."""
    if ("positions" in inputs) == ("from" in inputs):
        raise bad(
            "/inputs", "须恰有 positions 与 from 之一", "needs one of positions and from", sorted(inputs)
        )
    mode = inputs.get("mode", "drive")
    with connect(context.dsn) as connection:
        ways, roads_changeset = kept_roads.ways(context, connection, inputs, mode)
        told: dict[str, Any] = {"mode": mode, "roads_changeset": roads_changeset}
        if "from" in inputs:
            part = asked(context, connection, inputs, inputs["from"], inputs.get("where"))
            named, begin = places(connection, part)
            told["from_changeset"] = part.changeset
        else:
            begin = shapely.points(np.array(inputs["positions"], dtype=np.float64))
            named = [(str(number), None) for number in range(len(begin))]
        told |= stamp(connection, roads_of(inputs), *([inputs["from"]] if "from" in inputs else []))
    seeds = ways.seeds(begin)
    drawn_in = frame(f"EPSG:{read_city(context.city).epsg_without_prefix}")
    bands = []
    for minutes in sorted(set(inputs["minutes"])):
        length_m, ground = ways.ground(seeds, minutes)
        area_m2 = legal_areas_m2(np.array([ground], dtype=object), drawn_in, given_in=frame("EPSG:4490"))[0]
        bands.append(
            {
                "minutes": minutes,
                "length_m": round(length_m, 1),
                "area_m2": 0.0 if np.isnan(area_m2) else round(float(area_m2), 1),
                "geometry": json.loads(shapely.to_geojson(shapely.set_precision(ground, 10**-_DECIMALS))),
            }
        )
    told |= {
        "bands": bands,
        "places": len(named),
        "off_the_roads": [named[at][0] for at in seeds.away.tolist()],
    }
    return {"result": Document(told)}


REACH = Process(
    id="reach",
    version="1.0.0",
    title=Title("可达范围", "Reach"),
    description=Title(
        "从位置或一类设施出发,沿路网在若干分钟内到达的范围(道路两侧各 100 米)及道路长度;"
        "可封闭道路。离路网超过 300 米者不能出发,逐个列出。速度为平台假定,待核。",
        "The ground reached from positions or from a class of assets along the roads within minutes, 100 m"
        " to either side, with the length of road; roads may be closed. What lies over 300 m from any road"
        " begins nowhere and is listed. Speeds are the platform's assumptions.",
    ),
    inputs={
        "positions": described(
            "位置,每个为 [经度, 纬度]",
            "positions, each [longitude, latitude]",
            {"type": "array", "items": POSITION, "minItems": 1, "maxItems": 1000},
            required=False,
        ),
        "from": described("设施图层", "layer of assets", LAYER, required=False),
        "where": condition("设施", "assets"),
        "minutes": described(
            "分钟", "minutes", {"type": "array", "items": MINUTES, "minItems": 1, "maxItems": 6}
        ),
        "mode": MODE,
        **ALONG,
        **TIMES,
    },
    outputs={"result": described("可达范围", "what is reached", OBJECT)},
    run=run,
    example={
        "from": "emergency-stores",
        "where": "kind = 'flood'",
        "minutes": [10, 20],
        "closed": ["SYN-ROAD-00001"],
    },
    needs=reads("from", roads=ROADS),
    rests_on=tells("result", {"roads": ROADS}, roads=("roads_changeset",), **{"from": ("from_changeset",)}),
)
