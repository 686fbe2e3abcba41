"""Features that reach to where a zone's frame has no places, and to the edges of the matrix sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server
from test_api_far_tiles import laddered

from spatial.catalogue.city import read_city
from tiles.ground import placed
from tiles.matrix import Box, MatrixSet, Tile, matrix_sets

SETS = tuple(matrix_sets(read_city("370783")).by_id.values())
IDS = [each.id for each in SETS]
NEAR = shapely.box(118.80, 36.90, 118.81, 36.91)
ASTRAY = (29.0, 0.0)
"""As a corner that was left at no place comes out; Gauss–Krüger of 120° has nothing there."""
AREA = shapely.Polygon([ASTRAY, (118.85, 36.88), (118.85, 36.95)])
WORLD = shapely.box(-180, -90, 180, 90)
LINES = [
    shapely.LineString([ASTRAY, (118.85, 36.9)]),
    shapely.LineString([(-180, 36.906), (180, 36.906)]),
    shapely.LineString([(118.805, -90), (118.805, 90)]),
    shapely.LineString([(118.79, 36.905), (118.82, 36.905)]),
]
HEIGHTS = shapely.Polygon([(118.80, 36.92, 5), (118.81, 36.92, 6), (118.81, 36.93, 7)])


@pytest.fixture(scope="module")
def far_flung(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        areas = [Place("NEAR", NEAR, "近", 1), Place("ASTRAY", AREA, "偏", 2), Place("WORLD", WORLD, "全", 3)]
        areas.append(Place("HEIGHTS", HEIGHTS, "高", 4))
        lines = [Place(f"L{number}", each, "线") for number, each in enumerate(LINES)]
        for layer, made, places in (
            ("areas", contract("areas", "Polygon"), areas),
            ("uses", laddered("uses"), areas),
            ("lines", contract("lines", "LineString"), lines),
            ("points", contract("points"), [Place("A", shapely.Point(ASTRAY), "偏")]),
            ("empty", contract("empty", "Polygon"), []),
        ):
            publish(dsn, made)
            if places:
                deliver(dsn, layer, places)
        with server(dsn, tmp_path_factory.mktemp("beyond") / "server.log") as running:
            yield running


def tiles(matrix_set: MatrixSet, zoom: int) -> list[Tile]:
    """Where the city lies, and in every corner of the set."""
    spot = placed(matrix_set, Box(118.805, 36.905, 118.805, 36.905))
    last = matrix_set.rows(zoom) - 1, matrix_set.columns(zoom) - 1
    corners = [(0, 0), (0, last[1]), (last[0], 0), last]
    return [matrix_set.at(zoom, spot.left, spot.bottom), *(Tile(zoom, *each) for each in corners)]


@pytest.mark.parametrize("matrix_set", SETS, ids=IDS)
@pytest.mark.parametrize("layer", ["areas", "uses", "lines", "points", "empty"])
def test_every_tile_is_answered(far_flung: Served, matrix_set: MatrixSet, layer: str) -> None:
    for zoom in (0, 3, 7, 9, 10, 13, 14, matrix_set.offered_max):
        for tile in tiles(matrix_set, zoom):
            place = f"{matrix_set.id}/{zoom}/{tile.row}/{tile.column}"
            for query in ("", "?labels=true", "?datetime=2026-05-01T00:00:00Z"):
                answer = far_flung.get(f"/collections/{layer}/tiles/{place}{query}")
                assert answer.status_code == 200, (place, query, answer.text)
            address = f"/collections/{layer}/changes/tiles/{place}"
            answer = far_flung.get(
                address, params={"axis": "valid", "from": "2020-01-01", "to": "2026-09-01"}
            )
            assert answer.status_code == 200, (place, answer.text)


@pytest.mark.parametrize("matrix_set", SETS, ids=IDS)
def test_what_lies_near_is_shown_beside_what_leads_far_away(far_flung: Served, matrix_set: MatrixSet) -> None:
    """One corner astray does not take a layer off the map."""
    for zoom in (matrix_set.near_zoom - 2, matrix_set.near_zoom + 1):
        tile = tiles(matrix_set, zoom)[0]
        place = f"{matrix_set.id}/{zoom}/{tile.row}/{tile.column}"
        areas = far_flung.get(f"/collections/areas/tiles/{place}").content
        lines = far_flung.get(f"/collections/lines/tiles/{place}").content
        assert all(name in areas for name in (b"NEAR", b"WORLD")), place
        assert all(name in lines for name in (b"L1", b"L2", b"L3")), place
        assert far_flung.get(f"/collections/uses/tiles/{place}").content


def test_an_instant_that_is_refused_is_told_as_it_was_given(far_flung: Served) -> None:
    """Once, with its colons."""
    for given in ("2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-13-01"):
        answer = far_flung.get("/collections/areas/tiles/CGCS2000Quad/3/0/7", params={"datetime": given})
        assert answer.status_code == 400 and answer.json()["detail"].count(given[:13]) == 1, answer.text
