"""The review of a whole city against plain shapely, in one run.

    python -m benchmarks.planning_review --parcels 300000

A block of parcels is cut and laid side by side until the number is reached; the
blocks fit to the last digit. Into a copy go 200 vertices shifted by 1 mm to 1 m, 50
parcels twice and 20 parcels missing. Timed are the topology of the sound and of
the spoilt city, each with everything made anew, and the review of a delivery with
all groups (land survey, permanent farmland, planning zones, urban boundary,
redline), report and all. Seconds are those of the clock, beside them those of the
processor, which count where others work on the machine too. Beside it, on
``--peer-parcels`` of the same parcels, stand shapely's ``coverage_invalid_edges`` and
the holes of ``union_all``, and the ratio at equal numbers. Exit code 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from planning.layers import contract
from planning.review.defects import write_geopackage
from planning.review.model import Declared, Delivery, LayerState
from planning.review.page import page
from planning.review.paper import write_pdf
from planning.review.parcels import Parcels
from planning.review.report import ordered, report
from planning.review.review import review
from planning.review.subject import Subject
from planning.review.topology import Topology, examine
from planning.sample.split import Cutting, pieces
from spatial.catalogue.city import read_city
from spatial.datum import frame, legal_areas_m2
from spatial.sample.plane import to_degrees

CITY = read_city("370783")
EPSG = CITY.epsg_without_prefix
BLOCK = 5_000
AREA_M2 = 6_500.0
SPACING_M = 8.3
"""About 40 vertices a parcel."""
TOPOLOGY_S, ALL_S = 90.0, 300.0
SHIFTS, TWINS, MISSING = 200, 50, 20


def timed(told: str, function: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, seconds of the clock, seconds of the processor."""
    started, worked = time.perf_counter(), time.process_time()
    result = function()
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    print(f"{told:<58} {seconds:8.1f} s, processor {cpu:8.1f} s", flush=True)
    return result, seconds, cpu


def city(count: int) -> tuple[Any, Any, int, Any]:
    """Parcels, their whole area, parcels of a block, and the area of each block."""
    blocks = max(1, round(count / BLOCK))
    side = int(np.ceil(np.sqrt(blocks)))
    size = min(BLOCK, count)
    half = np.sqrt(size * AREA_M2) / 2
    ring = to_degrees(np.array([[-half, -half], [half, -half], [half, half], [-half, half], [-half, -half]]))
    cut = pieces(ring, Cutting(AREA_M2, SPACING_M, 8), np.random.default_rng(1))
    block = np.array([shapely.MultiPolygon([shapely.Polygon(each.ring_deg)]) for each in cut], dtype=object)
    step = np.round(ring[2] - ring[0], 9)
    places = [(k % side, k // side) for k in range(blocks)]
    start = -(side // 2)

    def moved(shapes: Any, column: int, row: int) -> Any:
        by = step * np.array([start + column, start + row])
        return shapely.transform(shapes, lambda coords: np.round(coords + by, 9))

    shapes = np.concatenate([moved(block, *each) for each in places])
    outline = shapely.Polygon(shapely.coverage_union_all(block).exterior)
    units = np.array([moved(np.array([outline]), *each)[0] for each in places], dtype=object)
    return shapes, shapely.coverage_union_all(units), len(block), units


def spoilt(shapes: Any) -> tuple[Any, list[Any], list[int], list[int]]:
    """A copy with defects: where vertices were moved to, which parcels stand twice, which are gone."""
    generator = np.random.default_rng(9)
    rows = generator.choice(len(shapes), SHIFTS + TWINS + MISSING, replace=False)
    spots = []
    copy = shapes.copy()
    for row in rows[:SHIFTS].tolist():
        coords = shapely.get_coordinates(copy[row])
        at = int(generator.integers(1, len(coords) - 1))
        distance, turn = 10 ** generator.uniform(-3, 0), generator.uniform(0, 2 * np.pi)
        coords[at] += distance * np.array([np.cos(turn) / 88_900, np.sin(turn) / 110_980])
        copy[row] = shapely.MultiPolygon([shapely.Polygon(coords)])
        spots.append(shapely.Point(coords[at]))
    twins, gone = rows[SHIFTS : SHIFTS + TWINS].tolist(), rows[SHIFTS + TWINS :].tolist()
    keep = np.setdiff1d(np.arange(len(copy)), gone)
    return np.concatenate((copy[keep], copy[twins])), spots, twins, gone


def recall(found: Topology, spots: list[Any], shapes: Any, gone: list[int], twins: int) -> bool:
    places = [each.shape_4490 for each in (*found.overlaps, *found.gaps, *found.outside)]
    places += [each.line_4490 for each in found.pairs]
    tree = shapely.STRtree(places)
    hit = len(np.unique(tree.query(np.array(spots), predicate="dwithin", distance=3e-9)[0]))
    last = len(shapes) - len(gone)
    twice = len({max(each.rows) for each in found.overlaps if max(each.rows) >= last})
    holes = np.array([each.shape_4490 for each in found.gaps], dtype=object)
    inner = shapely.point_on_surface(shapes[gone])
    empty = len(np.unique(shapely.STRtree(holes).query(inner, predicate="within")[0]))
    print(f"  shifted {hit}/{len(spots)}, twice {twice}/{twins}, missing {empty}/{len(gone)}")
    return hit == len(spots) and twice == twins and empty == len(gone)


def delivery(shapes: Any, area: Any, block: int, units: Any) -> Delivery:
    """A land survey with true areas, a third of it permanent farmland, and zones of whole blocks."""
    count = len(shapes)
    row = np.arange(count)
    arable = row % 3 != 0
    areas = np.round(legal_areas_m2(shapes, frame("4549"), given_in=frame("4490")), 2)

    def layer(number: int, name: str, given: Any, **columns: Any) -> LayerState:
        keys = np.array([f"37078320{number:02d}{each:08d}" for each in range(len(given))], dtype=object)
        made = {field: np.asarray(values) for field, values in columns.items()}
        return LayerState(contract(name), Declared(name, "EPSG:4490"), keys, {"bsm": keys, **made}, given)

    text = np.array(["1006", "0102"], dtype=object)
    names = np.array(["农村道路", "水浇地"], dtype=object)
    village = np.array([f"3707830010{each:02d}" for each in range(len(units))], dtype=object)
    survey = layer(
        1, "land-use-survey", shapes, dlbm=text[arable.astype(int)], dlmc=names[arable.astype(int)],
        tbmj=areas, kcxs=np.zeros(count), kcmj=np.zeros(count), tbdlmj=areas,
        zldwdm=village[np.minimum(row // block, len(units) - 1)],
    )  # fmt: skip
    urban = np.arange(len(units)) % 4 == 0
    chosen = arable & (row % 2 == 0) & ~np.repeat(urban, block)[:count]
    farmland = layer(2, "permanent-farmland", shapes[chosen], yjjbnttbmj=areas[chosen])
    code = np.where(urban, "400", "500").astype(object)
    zones = layer(3, "planning-zones", units, ghfqdm=code)
    boundary = layer(4, "urban-boundary", units[urban])
    roads = shapes[~arable & (row % 30 == 0) & ~np.repeat(urban, block)[:count]]
    redline = layer(5, "ecological-redline", roads)
    states = (survey, farmland, zones, boundary, redline)
    return Delivery("benchmark", {each.id: each for each in states}, area)


def whole(subject: Subject) -> dict[str, Any]:
    found = review(subject)
    told = report(subject, found, datetime.now(UTC))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.html").write_text(page(told), encoding="utf-8")
        write_pdf(told, Path(folder, "a.pdf"))
        write_geopackage(subject, ordered(subject, found), Path(folder, "a.gpkg"))
    return told


def peers(shapes: Any, ours_s: float, count: int) -> None:
    polygons = shapely.get_geometry(shapes, 0)
    _, _, edges_s = timed(
        f"shapely.coverage_invalid_edges, {len(shapes)}", lambda: shapely.coverage_invalid_edges(polygons)
    )
    _, _, holes_s = timed(
        f"holes of shapely.union_all, {len(shapes)}", lambda: shapely.union_all(polygons).interiors
    )
    ratio = (edges_s + holes_s) / len(shapes) / (ours_s / count)
    print(f"both of them against the review's topology, per parcel: {ratio:.1f} times the processor time")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--parcels", type=int, default=300_000)
    arguments.add_argument("--peer-parcels", type=int, default=0, help="all, where not said")
    asked = arguments.parse_args()
    (shapes, area, block, units), *_ = timed("making the city", lambda: city(asked.parcels))
    vertices = shapely.get_num_coordinates(shapes).mean()
    print(f"{len(shapes)} parcels, {vertices:.1f} vertices each")
    small = Parcels(shapes[:100], EPSG)
    examine(small, None)
    _ = small.widths
    sound, sound_s, ours_s = timed("topology, sound city", lambda: examine(Parcels(shapes, EPSG), area))
    false = len(sound.overlaps) + len(sound.gaps) + len(sound.outside) + len(sound.pairs) + len(sound.lone)
    print(f"  false alarms: {false}")
    bad, spots, twins, gone = spoilt(shapes)
    found, spoilt_s, _ = timed("topology, spoilt city", lambda: examine(Parcels(bad, EPSG), area))
    complete = recall(found, spots, shapes, gone, len(twins))
    subject = Subject(delivery(shapes, area, block, units), CITY)
    told, all_s, _ = timed(
        f"all groups and the report, {sum(len(each) for each in subject.delivery.layers.values())} features",
        lambda: whole(subject),
    )
    print(
        "  by group:", {each["number"]: each["seconds"] for each in told["groups"]}, "totals", told["totals"]
    )
    peers(shapes[: asked.peer_parcels or None], ours_s, len(shapes))
    good = false == 0 and complete and max(sound_s, spoilt_s) <= TOPOLOGY_S and all_s <= ALL_S
    print(f"limits: topology {TOPOLOGY_S:g} s, all {ALL_S:g} s: {'kept' if good else 'MISSED'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
