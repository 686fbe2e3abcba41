"""Asset layers as rows, in the columns of their contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

import numpy as np
import shapely

from spatial.catalogue.contract import STAMP
from spatial.inventory.layers import contract
from spatial.sample.assets import areas, lines
from spatial.sample.assets.ground import NOBODY, Addresses, Ground, Values, ground
from spatial.sample.assets.papers import paper
from spatial.sample.assets.points import POINTS
from spatial.sample.city import SampleCity
from spatial.sample.life import lives as drawn_lives
from spatial.sample.life import upkeep
from spatial.sample.plane import Floats, to_degrees, to_plane
from spatial.sample.rows import Rows, areas_m2, lengths_m, wkb

SIGNS: Final = {
    "network-nodes": "NODE", "fibre-routes": "FIBRE", "iot-gateways": "GATE", "cameras": "CAM",
    "traffic-lights": "LIGHT", "guidance-screens": "SCREEN", "bus-stops": "STOP", "bus-lines": "BUS",
    "school-bus-routes": "SBUS", "substations": "SUB", "transmission-lines": "LINE",
    "distribution-rooms": "DIST", "environment-stations": "ENV", "power-meters": "METER",
    "industrial-plants": "PLANT", "greenhouses": "GH", "cold-stores": "COLD", "produce-markets": "MARKET",
    "health-facilities": "HEALTH", "schools": "SCHOOL", "shelters": "SHELTER", "emergency-stores": "STORE",
    "hydrants": "HYD", "service-terminals": "TERM", "community-offices": "OFFICE",
}  # fmt: skip
"""What identities are made of."""
METERED: Final = 40
"""Plants with two meters each."""
MEASURING: Final = ("environment-stations", "power-meters")
"""Layers whose assets are Things of the observations, by the same identity."""
TOLD: Final = ("cameras", "hydrants", "substations", "bus-stops", "environment-stations")
"""Layers with inspections and papers."""

Columns = dict[str, Values]


def generated(city: SampleCity, seed: int, addresses: Addresses = NOBODY) -> Iterator[tuple[str, Rows]]:
    """Every asset layer by id but the 5G sites; the same from the same seed, city and register."""
    on = ground(city, seed, addresses)
    made: dict[str, Columns] = {}
    for layer, draw in POINTS.items():
        chance = on.generator()
        placed = draw(on, chance)
        points = _inside(placed.points_m, city)
        columns = {**placed.columns, "geom": shapely.points(to_degrees(points)).tolist()}
        made[layer] = _installed(layer, columns, points, on, chance, lasting=placed.lasting)
    along: dict[str, Callable[[np.random.Generator], Columns]] = {
        "fibre-routes": lambda chance: lines.fibre_routes(on, chance, made["network-nodes"]),
        "bus-lines": lambda chance: lines.bus_lines(on, chance, made["bus-stops"]),
        "school-bus-routes": lambda chance: lines.school_bus_routes(on, chance, made["schools"]),
        "transmission-lines": lambda chance: lines.transmission_lines(on, chance, made["substations"]),
        "industrial-plants": lambda chance: areas.industrial_plants(on, chance),
        "greenhouses": lambda chance: areas.greenhouses(on, chance),
        "shelters": lambda chance: areas.shelters(on, chance),
    }
    for layer, lay in along.items():
        chance = on.generator()
        columns = lay(chance)
        middles = to_plane(shapely.get_coordinates(shapely.point_on_surface(np.array(columns["geom"]))))
        lasting = layer == "transmission-lines"
        made[layer] = _installed(layer, columns, middles, on, chance, lasting=lasting)
    chance = on.generator()
    meters = _meters(made["industrial-plants"], chance)
    made["power-meters"] = _installed(
        "power-meters", meters, to_plane(shapely.get_coordinates(np.array(meters["geom"]))), on, chance
    )
    made["camera-views"] = areas.camera_views(made["cameras"])
    made["grid-cells"] = areas.grid_cells(on)
    made["asset-inspections"] = _inspections(made, on.generator())
    made["asset-documents"] = _documents(made)
    for layer, columns in made.items():
        yield layer, _rows(layer, columns)


def _installed(
    layer: str,
    columns: Columns,
    middles_m: Floats,
    on: Ground,
    chance: np.random.Generator,
    *,
    lasting: bool = False,
) -> Columns:
    """With identity, life, upkeep and address."""
    count = len(middles_m)
    life = drawn_lives(count, chance, in_service=lasting)
    ids = [f"SYN-{SIGNS[layer]}-{number:05d}" for number in range(1, count + 1)]
    address = on.addresses.nearest(middles_m)
    things = {}
    if layer in MEASURING:  # what does not measure yet, or no more, is no Thing
        told = zip(ids, life["status"], strict=True)
        things = {"thing_id": [one if state == "in-service" else None for one, state in told]}
    return {"asset_id": ids, **columns, **life, **upkeep(life, chance), "address_id": address, **things}


def _inside(points_m: Floats, city: SampleCity) -> Floats:
    """What fell outside the city stands at the nearest village instead."""
    area = shapely.transform(city.coverage.city, to_plane)
    shapely.prepare(area)
    out = ~shapely.contains_xy(area, points_m[:, 0], points_m[:, 1])
    seats = city.coverage.settlement.seats_m
    nearest = shapely.STRtree(shapely.points(seats)).nearest(shapely.points(points_m[out]))
    moved = points_m.copy()
    moved[out] = seats[nearest]
    return moved


def _meters(plants: Columns, chance: np.random.Generator) -> Columns:
    """Two to a plant: all of it, and its treatment of waste."""
    grounds = np.array(plants["geom"])[:METERED]
    heart = to_plane(shapely.get_coordinates(shapely.centroid(grounds)))
    points = np.repeat(heart, 2, axis=0) + np.tile([[-8.0, 0.0], [8.0, 0.0]], (len(heart), 1))
    rated = np.round(chance.uniform(200, 4000, len(heart)))
    return {
        "plant_id": [plants["asset_id"][at // 2] for at in range(len(points))],
        "measures": ["production", "treatment"] * len(heart),
        "rated_kw": np.column_stack([rated, np.round(rated * 0.08, 1)]).ravel().tolist(),
        "geom": shapely.points(to_degrees(points)).tolist(),
    }


def _inspections(made: dict[str, Columns], chance: np.random.Generator) -> Columns:
    """The last inspection of what was inspected, with what it found."""
    of = [
        (layer, asset, day, by)
        for layer in TOLD
        for asset, day, by in zip(
            made[layer]["asset_id"], made[layer]["maintained_on"], made[layer]["maintainer"], strict=True
        )
        if day is not None
    ]
    grades = chance.choice(["good", "worn", "defect"], len(of), p=[0.9, 0.08, 0.02]).tolist()
    found = {
        "good": "外观与功能正常(合成)",
        "worn": "部件老化,建议更换(合成)",
        "defect": "功能故障,已报修(合成)",
    }
    return {
        "record_id": [f"SYN-INSP-{number:06d}" for number in range(1, len(of) + 1)],
        "layer": [layer for layer, _, _, _ in of],
        "asset": [asset for _, asset, _, _ in of],
        "kind": ["inspection"] * len(of),
        "done_on": [day for _, _, day, _ in of],
        "finding": [found[grade] for grade in grades],
        "grade": grades,
        "done_by": [by for _, _, _, by in of],
    }


def _documents(made: dict[str, Columns]) -> Columns:
    """The approval and the completion of what is few and large, each with its file."""
    of = [
        (layer, str(asset), kind, zh, day)
        for layer in ("substations", "transmission-lines", "shelters", "distribution-rooms")
        for asset, approved, completed in zip(
            made[layer]["asset_id"], made[layer]["planned_on"], made[layer]["built_on"], strict=True
        )
        for kind, zh, day in (("approval", "批准文件", approved), ("completion", "竣工资料", completed))
        if isinstance(day, date)
    ]
    ids = [f"SYN-DOC-{number:05d}" for number in range(1, len(of) + 1)]
    files = [
        paper(document, layer, asset, kind, day)
        for document, (layer, asset, kind, _, day) in zip(ids, of, strict=True)
    ]
    return {
        "document_id": ids,
        "sha256": [each.sha256.hex() for each in files],
        "layer": [layer for layer, *_ in of],
        "asset": [asset for _, asset, *_ in of],
        "kind": [kind for _, _, kind, _, _ in of],
        "title": [f"{asset} {zh}(合成)" for _, asset, _, zh, _ in of],
        "issued_on": [day for *_, day in of],
    }


def _rows(layer: str, columns: Columns) -> Rows:
    declared = contract(layer)
    whole = dict(columns)
    count = len(next(iter(columns.values())))
    geometries = np.array(columns["geom"]) if "geom" in columns else None
    names = [field.name for field in declared.fields]
    if geometries is not None and "area_m2" in names:
        whole["area_m2"] = areas_m2(geometries)
    if geometries is not None and "length_m" in names and declared.geometry == "LineString":
        whole["length_m"] = lengths_m(geometries)
    whole["data_nature"] = [STAMP] * count
    if geometries is not None:
        whole["geom"] = wkb(geometries)
    order = [*(name for name in names if name in whole), *(["geom"] if geometries is not None else [])]
    order.sort(key=lambda name: name != declared.key)
    return Rows(tuple(order), declared.key, tuple(zip(*(whole[name] for name in order), strict=True)))
