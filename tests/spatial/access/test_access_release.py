"""The export guard: tiles that join are added up, scattered ones are not, an approval opens."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from spatial.access import release
from spatial.access.contiguity import largest_piece
from spatial.access.model import Origin, Principal, Role
from spatial.catalogue import store as catalogue
from spatial.catalogue.tables import feature_table
from spatial.database import Connection, connect
from spatial.errors import InvalidInput

sys.path.insert(0, str(Path(__file__).parents[1] / "catalogue"))
from contracts import WELLS
from deliveries import deliver, ewkb

ACROSS, DOWN = 40, 25
SIDE_M = (26e6 / (ACROSS * DOWN)) ** 0.5
"""1,000 tiles of 161 m that together cover 26 km²."""
TILES = replace(WELLS, id="topography-1000", geometry="Polygon", legend=replace(WELLS.legend, kind="fill"))
DEPARTMENT = Principal("li", "水利局", frozenset({Role.READER}), Origin.KEY, "omk_1")
COLLEAGUE = replace(DEPARTMENT, subject="wang", credential="omk_2")
OTHER = replace(DEPARTMENT, department="住建局")
TO_DEGREES = Transformer.from_crs(4549, 4490, always_xy=True)


def _tile(west: float, south: float) -> shapely.Polygon:
    box = shapely.box(west, south, west + SIDE_M, south + SIDE_M)
    return shapely.Polygon([TO_DEGREES.transform(x, y) for x, y in box.exterior.coords])


@pytest.fixture(scope="module")
def tiles(shared_database: str) -> None:
    """Adjoining tiles ``T…`` and scattered ones ``S…``, of one class of scale."""
    joined = [(400_000 + i * SIDE_M, 4_070_000 + j * SIDE_M) for j in range(DOWN) for i in range(ACROSS)]
    apart = [(400_000 + i * 400.0, 4_080_000 + j * 400.0) for j in range(DOWN) for i in range(ACROSS)]
    rows = [
        {"code": f"{mark}{n:04d}", "kind": "1", "geom": ewkb(_tile(*corner))}
        for mark, corners in (("T", joined), ("S", apart))
        for n, corner in enumerate(corners)
    ]
    with connect(shared_database) as connection:
        catalogue.publish(connection, TILES)
        deliver(connection, TILES, rows)
        release.set_class(connection, "large-scale", srid=4549, by="x")
        release.mark(connection, TILES.id, "large-scale", by="x")


@pytest.fixture
def marked(scratch: Connection, tiles: None) -> Connection:
    """What a test takes is forgotten after it."""
    return scratch


def _take(connection: Connection, fids: list[str], who: Principal = DEPARTMENT) -> Decimal:
    of = release.marked(connection)[TILES.id]
    return release.take(connection, of, feature_table(TILES), fids, who)


def _download(connection: Connection, fids: list[str], at_once: int = 1) -> int:
    """Few tiles at a time, by two people of one department in turn; how many left before the refusal."""
    for number in range(0, len(fids), at_once):
        try:
            _take(connection, fids[number : number + at_once], (DEPARTMENT, COLLEAGUE)[number % 2])
        except release.ReleaseLimit as refusal:
            assert refusal.details["limit_km2"] == 25.0
            assert refusal.value == "水利局"
            return number
    return len(fids)


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_thousand_small_downloads_trip_it(marked: Connection, shuffled: bool) -> None:
    fids = [f"T{n:04d}" for n in range(ACROSS * DOWN)]
    if shuffled:
        random.Random(1).shuffle(fids)
    left = _download(marked, fids, at_once=9 if shuffled else 1)
    assert left * SIDE_M**2 <= 25.0e6
    assert left * SIDE_M**2 > (18.0e6 if shuffled else 23.0e6)  # and not long before: edges count whole cells
    assert _take(marked, fids[:5]) > 0  # what one has may be read again
    assert _take(marked, [fids[-1]], OTHER) < 1  # another department begins at nothing


def test_scattered_downloads_do_not(marked: Connection) -> None:
    fids = [f"S{n:04d}" for n in range(ACROSS * DOWN)]
    assert _download(marked, fids, at_once=10) == len(fids)
    assert release.taken(marked)[0][2] < Decimal("0.2")


def test_one_large_download_is_refused_and_counts_nothing(marked: Connection) -> None:
    fids = [f"T{n:04d}" for n in range(ACROSS * DOWN)]
    with pytest.raises(release.ReleaseLimit) as refusal, marked.transaction():
        _take(marked, fids)
    assert refusal.value.details["before_km2"] == 0
    assert not release.taken(marked)


def test_an_approval_opens_until_it_ends(marked: Connection) -> None:
    fids = [f"T{n:04d}" for n in range(ACROSS * DOWN)]
    now = datetime.now(UTC)
    release.approve(marked, "large-scale", "水利局", "潍测保〔2026〕3号", now - timedelta(days=1), by="x")
    with pytest.raises(release.ReleaseLimit), marked.transaction():
        _take(marked, fids)
    release.approve(marked, "large-scale", "水利局", "潍测保〔2026〕4号", now + timedelta(days=1), by="x")
    assert _take(marked, fids) > 26


def test_what_is_counted_keeps_its_grid(marked: Connection) -> None:
    with pytest.raises(InvalidInput):
        release.set_class(marked, "large-scale", srid=4549, by="x", cell_m=200)
    release.set_class(marked, "large-scale", srid=4549, by="x", threshold_km2=Decimal(1))
    with pytest.raises(release.ReleaseLimit):
        _take(marked, [f"T{n:04d}" for n in range(ACROSS)])


CELLS = st.frozensets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30)


@given(CELLS)
def test_pieces_are_those_of_geometry(cells: frozenset[tuple[int, int]]) -> None:
    """GEOS is the oracle: squares drawn a little too large touch where cells do."""
    squares = [shapely.box(x - 0.01, y - 0.01, x + 1.01, y + 1.01) for x, y in cells]
    joined = shapely.get_parts(shapely.union_all(squares)) if squares else []
    sizes = [sum(part.intersects(shapely.Point(x + 0.5, y + 0.5)) for x, y in cells) for part in joined]
    assert largest_piece(cells, cells) == max(sizes, default=0)
