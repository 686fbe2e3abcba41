"""What ``evacuation`` does; imported when it runs."""

from __future__ import annotations

from typing import Any

from spatial.analysis.mode import named
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import STAMP
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes import kept_roads
from spatial.jobs.processes.asking import TIMES, known_by
from spatial.jobs.processes.on_roads import roads_of
from water.evacuation import bridges, lists
from water.evacuation.evacuating import evacuation
from water.evacuation.flooding import Flood, flood
from water.evacuation.hazard import Declared, closing_s, declared, passage
from water.evacuation.layers import ADDRESSES, LINKS, REGIONS, SHELTERS, assets_of
from water.evacuation.model import Asked, Unit
from water.evacuation.people import Assumed
from water.evacuation.reading import Reader
from water.evacuation.told import summary, told_of_bridges
from water.evacuation.ways_out import passable
from water.pointing import about


def run(context: Context, inputs: Inputs) -> Outputs:
    """Read what stands in the flood, find the ways out, assign, and write the lists."""
    known_by(context, inputs)
    limits, zone = declared(), read_city(context.city).epsg_without_prefix
    asked = Asked(
        passage(inputs.get("mode", "drive")),
        Unit(inputs.get("unit", Unit.VILLAGE)),
        60.0 * (inputs.get("notice_min", 0.0) + inputs.get("preparation_min", 0.0)),
    )
    how = named(asked.passage.network)
    shelters_layer = inputs.get("shelters", SHELTERS)
    with context.session() as connection:
        water = flood(context, connection, inputs, int(zone))
        plane = Plane(STANDARD.frame(f"EPSG:{zone}"))
        reader = Reader(context, connection, inputs, water.extent, plane, limits.classes)
        context.step(10, "读取受影响的地址", "reading the addresses in the water")
        assumed = Assumed(inputs.get("persons_per_household"), inputs.get("persons_per_address"))
        addresses, basis, told = reader.addresses(assumed)
        regions = reader.regions()
        context.step(30, "读取避难场所与资产", "reading shelters and assets")
        shelters, sheltered = reader.shelters(shelters_layer)
        assets = [
            reader.asset(layer, summed)
            for layer, summed in assets_of(inputs).items()
            if layer in context.owner.layers
        ]
        context.step(50, "读取路网", "reading the roads")
        ways, drawn = kept_roads.ways(context, connection, inputs, asked.passage.network)
        spans = reader.bridges(roads_of(inputs))
        read = {ADDRESSES: told, shelters_layer: sheltered, roads_of(inputs): drawn}
        read |= {each.layer: each.changeset for each in assets}
        stamped = water.synthetic or catalogue.synthetic(connection, (*read, REGIONS))
        linked = reader.linked(addresses.ids)
    context.step(65, "求最后安全出路并分配", "finding the last ways out, assigning")
    crossed, clear = bridges.crossings(ways.network, ways.roads, water.extent, spans or ())
    roads = passable(ways.network, water.extent, closing_s(water.extent, asked.passage), clear)
    with about("shelters"):
        made = evacuation(water.extent, roads, how, addresses, shelters, asked)
    unmarked = bridges.unmarked(roads, ways.roads, spans or ())
    context.step(85, "写出清单", "writing the lists")
    stamp = STAMP if stamped else ""
    villages = [regions[each].name if each in regions else each for each in addresses.regions]
    document = {
        **_asked(inputs, water, asked, basis, limits),
        "stamp": stamp,
        "layers": [{"layer": layer, "changeset": changeset} for layer, changeset in read.items()],
        **summary(made, shelters, regions, assets, limits),
        **told_of_bridges(crossed, unmarked, marked=spans is not None, levels=water.levels),
    }
    outputs: dict[str, Document | Filed] = {
        "summary": Document(document),
        "addresses": lists.addresses(context.work, made, villages, limits, stamp),
        "assets": lists.assets(context.work, assets, limits, stamp),
        "map": lists.geojson(context.work, made, villages, assets, limits, stamp),
    }
    if linked is not None:
        outputs["people"] = lists.people(context.work, linked, stamp)
    return outputs


def _asked(inputs: Inputs, water: Flood, asked: Asked, basis: str, limits: Declared) -> dict[str, Any]:
    raster = water.extent.raster
    return {
        **{name: inputs[name] for name in TIMES if name in inputs},
        "flood": {
            "run": water.run,
            "sha256": water.sha256,
            "levels": None if water.levels is None else water.levels.value,
            "cell_m": raster.cell_m,
            "plane": f"EPSG:{raster.zone}",
        },
        "mode": asked.passage.id,
        "mode_title": {"zh": asked.passage.title.zh, "en": asked.passage.title.en},
        "unit": asked.unit.value,
        "ready_s": asked.ready_s,
        "people_from": LINKS if basis == "links" else basis,
        "limits": {
            "source": limits.source,
            "verified": limits.verified,
            "note": None if limits.verified else "待核 unverified",
            "sha256": limits.sha256,
            "classes": [
                {"code": each.code, "title": {"zh": each.title.zh, "en": each.title.en}, "color": each.color}
                for each in limits.classes
            ],
            "depth_m": asked.passage.depth_m,
            "depth_speed_m2_s": asked.passage.depth_speed_m2_s,
        },
    }
