"""The difference of two states of a planning layer, with the overlay of geopandas beside it, in one run.

    python -m benchmarks.planning_difference --parcels 300000

draws a synthetic city of parcels (合成数据), edits a share of them as a year of maintenance does
(classes, codes, lines, splits, merges, removed, added), and takes the difference of both. Every
figure stands beside its limit; exit code 1 where one is missed, or where A and the difference are not
B bit for bit. The peer, geopandas' overlay, lays both states over each other as a whole; beyond
``--peer`` parcels it is given a part of the city, and its time for the whole is extrapolated and said so.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

from planning.difference.areas import reckon, unchanged_m2
from planning.difference.difference import apply, compare, invert
from planning.difference.ground import Ground, lay_out, on_plane
from planning.difference.pairs import pair
from planning.edition import Edition, Shapes
from planning.sample.split import Cutting, pieces
from spatial.datum import frame

LIMIT_S = 60.0
AT = 300_000
"""The limit is for so many parcels in each state; for fewer it is no less."""
CLASSES = ("0101", "0102", "0103", "0301", "0702", "0703", "1001", "1202", "1704", "2301")
WEST, SOUTH, EAST, NORTH = 118.56, 36.74, 119.06, 37.16
PLANE = frame("EPSG:4549")


@dataclass(frozen=True, slots=True)
class Parcels:
    """One state: codes, shapes in degrees, attributes."""

    keys: list[str]
    shapes: Shapes
    classes: list[str]

    def edition(self) -> Edition:
        """In columns, as a delivery comes."""
        more = {"dlbm": pa.array(self.classes), "bz": pa.array([f"合成数据 {key}" for key in self.keys])}
        return Edition.of(pa.array(self.keys), more, self.shapes)


def drawn(count: int, generator: np.random.Generator) -> Parcels:
    """About so many parcels, which leave no gap, in blocks of some three hundred."""
    side = max(1, round((count / 300) ** 0.5))
    lon, lat = np.linspace(WEST, EAST, side + 1), np.linspace(SOUTH, NORTH, side + 1)
    share = min(1.0, (count / AT) ** 0.5)
    lon, lat = WEST + (lon - WEST) * share, SOUTH + (lat - SOUTH) * share
    block_m2 = (lon[1] - lon[0]) * 88_900.0 * (lat[1] - lat[0]) * 110_980.0
    cutting = Cutting(block_m2 * side**2 / count, 12.0, 40)
    shapes = [
        shapely.MultiPolygon([shapely.Polygon(piece.ring_deg)])
        for i in range(side)
        for j in range(side)
        for piece in pieces(
            np.array(shapely.box(lon[i], lat[j], lon[i + 1], lat[j + 1]).exterior.coords), cutting, generator
        )
    ]
    keys = [f"3707830610{number:08d}" for number in range(1, len(shapes) + 1)]
    return Parcels(keys, np.array(shapes, dtype=object), generator.choice(CLASSES, len(shapes)).tolist())


def edited(base: Parcels, share: float, generator: np.random.Generator) -> Parcels:
    """A year later: that share of the parcels is touched by one of seven kinds of edit."""
    count = len(base.keys)
    touched = generator.permutation(count)[: max(7, int(share * count))]
    classes, shapes, keys = list(base.classes), list(base.shapes), list(base.keys)
    busy, gone, more = set[int](), set[int](), list[tuple[str, shapely.Geometry, str]]()
    tree = shapely.STRtree(base.shapes)
    for number, row in enumerate(touched.tolist()):
        kind = number % 7
        if row in busy:
            continue
        busy.add(row)
        code = f"3707830610{90_000_000 + number:08d}"
        if kind in (0, 1):
            classes[row] = CLASSES[(CLASSES.index(classes[row]) + 1) % len(CLASSES)]
        elif kind == 2:
            keys[row] = code
        elif kind == 3:
            gone.add(row)
        elif kind == 4:
            first, second = _halved(shapes[row], 0.5)
            shapes[row] = first
            more.append((code, second, classes[row]))
        else:
            beside = _beside(base.shapes, tree, row)
            if beside is None or beside in busy:
                continue
            busy.add(beside)
            joined = shapely.union(base.shapes[row], base.shapes[beside])
            if kind == 5:
                shapes[row] = shapely.multipolygons(shapely.get_parts(joined))
                gone.add(beside)
            else:
                shapes[row], shapes[beside] = _halved(joined, 0.4)
    left = [row for row in range(count) if row not in gone]
    return Parcels(
        [keys[row] for row in left] + [each[0] for each in more],
        np.array([shapes[row] for row in left] + [each[1] for each in more], dtype=object),
        [classes[row] for row in left] + [each[2] for each in more],
    )


def _halved(shape: shapely.Geometry, at: float) -> tuple[shapely.Geometry, shapely.Geometry]:
    west, south, east, north = shape.bounds
    line = west + at * (east - west)
    parts = [shapely.intersection(shape, shapely.box(*box)) for box in (
        (west - 1, south - 1, line, north + 1), (line, south - 1, east + 1, north + 1))]  # fmt: skip
    found = [shapely.get_parts(part) for part in parts]
    one, two = (shapely.multipolygons(part[shapely.get_type_id(part) == 3]) for part in found)
    return one, two


def _beside(shapes: Shapes, tree: shapely.STRtree, row: int) -> int | None:
    for other in tree.query(shapes[row], predicate="touches").tolist():
        if shapely.length(shapely.intersection(shapes[row], shapes[other])) > 0:
            return int(other)
    return None


@contextmanager
def timed(name: str, times: dict[str, float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    times[name] = time.perf_counter() - begun
    print(f"  {name:<46}{times[name]:9.2f} s", flush=True)


def ours(before: Parcels, after: Parcels) -> tuple[dict[str, float], Ground, bool]:
    times: dict[str, float] = {}
    with timed("columns of both states (WKB, sorted by code)", times):
        older, newer = before.edition(), after.edition()
    with timed("exact difference", times):
        found = compare(older, newer)
    with timed("ground that differs, on EPSG:4549", times):
        ground = lay_out(found, PLANE)
    with timed("legal area of what is unchanged, by class", times):
        rest = unchanged_m2(older, found, "dlbm", PLANE)
    with timed("transition matrix", times):
        areas = reckon(ground, "dlbm", rest)
    with timed("what became of what", times):
        changes = pair(ground)
    checked: dict[str, float] = {}
    with timed("A + difference, B − difference (proof)", checked):
        exact = apply(found, older).identical(newer) and apply(invert(found), newer).identical(older)
    print(f"  {len(older)} → {len(newer)}, unchanged {found.unchanged}, pieces {len(ground.pieces)}")
    print("  " + ", ".join(f"{kind} {n}" for kind, n in Counter(each.kind for each in changes).items()))
    off = max(
        abs(b.before_m2 + b.added_m2 + b.moved_in_m2 - b.removed_m2 - b.moved_out_m2 - b.after_m2)
        for b in areas.balances
    )
    print(f"  largest error of a class's balance {off:.6f} m², doubled {areas.doubled_m2:.4f} m²")
    return times | checked, ground, exact


def part(states: tuple[Parcels, Parcels], limit: int) -> tuple[Parcels, Parcels]:
    """Both states in a corner of the city with about so many parcels; all of it where there are fewer."""
    count = len(states[0].keys)
    if count <= limit:
        return states
    west, south, east, north = shapely.total_bounds(states[0].shapes)
    share = (limit / count) ** 0.5
    corner = shapely.box(west, south, west + (east - west) * share, south + (north - south) * share)
    found = []
    for state in states:
        rows = np.flatnonzero(shapely.within(shapely.point_on_surface(state.shapes), corner))
        keys, classes = np.array(state.keys)[rows], np.array(state.classes)[rows]
        found.append(Parcels(keys.tolist(), state.shapes[rows], classes.tolist()))
    return found[0], found[1]


def peer(states: tuple[Parcels, Parcels]) -> tuple[float, dict[tuple[str, str], float]]:
    """Seconds of geopandas' overlay, and its matrix of changes of class on the plane, m²."""
    import geopandas

    frames = [
        geopandas.GeoDataFrame(
            {"dlbm": each.classes, "bsm": each.keys}, geometry=on_plane(each.shapes, PLANE), crs="EPSG:4549"
        )
        for each in states
    ]
    begun = time.perf_counter()
    laid = geopandas.overlay(frames[0], frames[1], how="union", keep_geom_type=True)
    laid["m2"] = laid.area
    table = laid.fillna({"dlbm_1": "-", "dlbm_2": "-"}).groupby(["dlbm_1", "dlbm_2"])["m2"].sum()
    seconds = time.perf_counter() - begun
    return seconds, {pair: area for pair, area in table.items() if pair[0] != pair[1]}


def matrix(ground: Ground) -> dict[tuple[str, str], float]:
    """Our changes of class, measured on the plane for once, to be compared with the peer's."""
    sides = [
        [*side.rows.column("dlbm").to_pylist(), "-"] for side in (ground.older, ground.newer)
    ]  # the last for NOWHERE
    found = Counter[tuple[str, str]]()
    for old, new, area in zip(ground.old, ground.new, shapely.area(ground.pieces), strict=True):
        found[sides[0][old], sides[1][new]] += area
    return {pair: area for pair, area in found.items() if pair[0] != pair[1]}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parcels", type=int, default=5_000)
    parser.add_argument("--share", type=float, default=0.03, help="share of the parcels that is edited")
    parser.add_argument("--peer", type=int, default=5_000, help="parcels given to geopandas at most")
    given = parser.parse_args()
    generator = np.random.default_rng(370783)
    began = time.perf_counter()
    before = drawn(given.parcels, generator)
    after = edited(before, given.share, generator)
    vertices = shapely.get_num_coordinates(before.shapes).mean()
    spent = time.perf_counter() - began
    print(f"合成数据 synthetic: {len(before.keys)} parcels of {vertices:.0f} vertices", end="")
    print(f", {given.share:.1%} edited, drawn in {spent:.0f} s")
    few = [Parcels(each.keys[:9], each.shapes[:9], each.classes[:9]).edition() for each in (before, after)]
    lay_out(compare(few[0], few[1]))  # what is compiled at the first call is no part of the figures
    print("One Map:")
    processor = time.process_time()
    times, ground, exact = ours(before, after)
    processor = time.process_time() - processor
    total = sum(times.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  {'all of it, proof included':<46}{total:9.2f} s   limit {LIMIT_S:.0f} s; peak {peak:.1f} GiB")
    print(f"  {'of it, processor time':<46}{processor:9.2f} s")
    print(f"  A + difference = B, bit for bit: {exact}")
    few_states = part((before, after), given.peer)
    count = len(few_states[0].keys)
    print(f"One Map on the {count} parcels that the peer is given:")
    part_times, ground, _ = ours(*few_states) if count < len(before.keys) else (times, ground, exact)
    seconds, theirs = peer(few_states)
    print("Peer, geopandas.overlay(how='union') with areas by class (plane areas, no difference by code):")
    print(f"  {seconds:.2f} s; One Map takes {sum(part_times.values()) / seconds:.3f} of that")
    mine = matrix(ground)
    off = max((abs(mine.get(pair, 0.0) - theirs.get(pair, 0.0)) for pair in {*mine, *theirs}), default=0.0)
    print(
        f"  changes of class: {len(theirs)} pairs, {sum(theirs.values()):.0f} m²; largest departure {off:.6f}"
    )
    return 0 if exact and total <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
