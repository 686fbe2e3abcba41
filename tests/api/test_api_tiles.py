"""Vector tiles over HTTP against computations of shapely and pyproj, in all three matrix sets."""

from __future__ import annotations

import gzip
import math
import random
from collections.abc import Iterator
from functools import cache

import brotli
import mapbox_vector_tile
import pytest
import shapely
import shapely.affinity
import tile_reader
from api_serving import Place, Served, contract, database_of, deliver, publish, server
from tile_requests import BUFFER, EXTENT, GRIDS, MVT, Grid, ask, items, one, tile

ALL = pytest.mark.parametrize("grid", GRIDS.values(), ids=lambda grid: grid.id)
DICE = random.Random(20261126)
MIDDLE = (118.79, 36.88)


def blob(lon: float, lat: float, size_deg: float) -> shapely.Polygon:
    """A star-like polygon with a hole, never twice the same."""
    outer, inner = [], []
    for part in range(24):
        angle, reach = part * math.tau / 24, size_deg * DICE.uniform(0.6, 1.0)
        outer.append((lon + reach * math.cos(angle), lat + reach * math.sin(angle)))
        inner.append((lon + 0.3 * size_deg * math.cos(angle), lat + 0.3 * size_deg * math.sin(angle)))
    return shapely.Polygon(outer, [inner])


SHAPES = {
    "spots": [
        Place(
            f"S{number:03d}", shapely.Point(MIDDLE[0] + DICE.gauss(0, 0.02), MIDDLE[1] + DICE.gauss(0, 0.02))
        )
        for number in range(120)
    ],
    "ways": [
        Place(
            f"W{number:03d}",
            shapely.LineString(
                (MIDDLE[0] + DICE.gauss(0, 0.02), MIDDLE[1] + DICE.gauss(0, 0.02)) for _ in range(5)
            ),
        )
        for number in range(15)
    ],
    "plots": [
        Place(
            f"L{number:03d}",
            blob(MIDDLE[0] + DICE.gauss(0, 0.02), MIDDLE[1] + DICE.gauss(0, 0.02), DICE.uniform(0.002, 0.02)),
        )
        for number in range(25)
    ],
    "groups": [
        Place(
            f"G{number:03d}",
            shapely.MultiPolygon([blob(lon, 36.88, 0.004), blob(lon + 0.01, 36.885, 0.003)]),
        )
        for number, lon in enumerate((118.75, 118.78, 118.81))
    ],
}
KINDS = {"spots": "Point", "ways": "LineString", "plots": "Polygon", "groups": "MultiPolygon"}
DENSE = [
    Place(
        f"D{number:06d}",
        shapely.Point(MIDDLE[0] + DICE.uniform(-0.02, 0.02), MIDDLE[1] + DICE.uniform(-0.02, 0.02)),
        f"圣城街道{DICE.random()}号",
    )
    for number in range(30_000)
]


@pytest.fixture(scope="module")
def mapped(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A layer of each kind of geometry, a dense one, and one without geometry."""
    with database_of(server_dsn, template) as dsn:
        for layer, kind in KINDS.items():
            publish(dsn, contract(layer, kind))
            deliver(dsn, layer, SHAPES[layer])
        publish(dsn, contract("dense"))
        deliver(dsn, "dense", DENSE)
        publish(dsn, contract("notes", None))
        with server(dsn, tmp_path_factory.mktemp("tiles") / "server.log", workers=2) as running:
            yield running


@ALL
@pytest.mark.parametrize("layer", KINDS)
def test_each_feature_is_in_the_tiles_that_it_lies_in(mapped: Served, grid: Grid, layer: str) -> None:
    zoom = grid.near + 1
    placed = {place.code: grid.place(place.geometry) for place in SHAPES[layer]}
    asked: dict[tuple[int, int], set[str]] = {}
    for shape in placed.values():
        for where in grid.around(zoom, shape):
            if where not in asked:
                found = tile(mapped, layer, grid.id, zoom, *where)
                asked[where] = found.fids if found else set()
    inside, reached = (
        shapely.box(1, 1, EXTENT - 1, EXTENT - 1),
        shapely.box(-BUFFER - 1, -BUFFER - 1, EXTENT + BUFFER + 1, EXTENT + BUFFER + 1),
    )
    for where, fids in asked.items():
        steps = {code: grid.steps(zoom, *where, shape) for code, shape in placed.items()}
        surely = {code for code, shape in steps.items() if shape.intersects(inside)}
        perhaps = {code for code, shape in steps.items() if shape.intersects(reached)}
        assert surely <= fids <= perhaps, where


@ALL
@pytest.mark.parametrize("layer", KINDS)
def test_a_feature_is_drawn_where_it_lies(mapped: Served, grid: Grid, layer: str) -> None:
    zoom = grid.near
    for place in SHAPES[layer][:4]:
        placed = grid.place(place.geometry)
        where = grid.tile_of(zoom, *placed.representative_point().coords[0])
        found = tile(mapped, layer, grid.id, zoom, *where)
        assert found is not None
        window = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        expected = shapely.intersection(grid.steps(zoom, *where, placed), window)
        drawn = found.of(place.code).geometry
        assert shapely.hausdorff_distance(drawn, expected, densify=0.05) < 3, place.code


@ALL
def test_neighbours_match_at_the_edge(mapped: Served, grid: Grid) -> None:
    zoom, matched = grid.near + 1, 0
    at = cache(lambda row, column: tile(mapped, "plots", grid.id, zoom, row, column))
    for place in SHAPES["plots"]:
        for row, column in grid.around(zoom, grid.place(place.geometry)):
            left, right = at(row, column), at(row, column + 1)
            if not left or not right or place.code not in left.fids & right.fids:
                continue
            edges = ((EXTENT, 0), (EXTENT, EXTENT)), ((0, 0), (0, EXTENT))
            cuts = [
                shapely.intersection(side.of(place.code).geometry, shapely.LineString(edge))
                for side, edge in zip((left, right), edges, strict=True)
            ]
            lengths = [cut.length for cut in cuts]
            if max(lengths) > 8:
                moved = shapely.affinity.translate(cuts[1], EXTENT)
                assert abs(lengths[0] - lengths[1]) <= 4
                assert shapely.hausdorff_distance(cuts[0], moved) <= 3
                matched += 1
        if matched > 12:
            return
    pytest.fail(f"only {matched} edges to compare")


@ALL
@pytest.mark.parametrize("layer", KINDS)
def test_far_tiles_are_valid_and_say_that_they_are_generalised(
    mapped: Served, grid: Grid, layer: str
) -> None:
    x, y = shapely.get_coordinates(grid.place(shapely.Point(MIDDLE)))[0]
    seen: set[str] = set()
    for zoom in range(grid.near):
        where = grid.tile_of(zoom, x, y)
        answer = ask(mapped, f"/collections/{layer}/tiles/{grid.id}/{zoom}/{where[0]}/{where[1]}")
        assert answer.headers["onemap-generalised"] == "true"
        found = one(answer, layer)
        seen |= found.fids if found else set()
    assert seen == {place.code for place in SHAPES[layer]} or layer == "spots"
    near = grid.tile_of(grid.near, x, y)
    answer = ask(mapped, f"/collections/{layer}/tiles/{grid.id}/{grid.near}/{near[0]}/{near[1]}")
    assert "onemap-generalised" not in answer.headers


@ALL
def test_no_tile_is_larger_than_its_limit_as_it_is_sent(mapped: Served, grid: Grid) -> None:
    x, y = shapely.get_coordinates(grid.place(shapely.Point(MIDDLE)))[0]
    cut = 0
    for zoom in range(grid.near + 3):
        row, column = grid.tile_of(zoom, x, y)
        path = f"/collections/dense/tiles/{grid.id}/{zoom}/{row}/{column}"
        answer = ask(mapped, path)
        assert len(gzip.compress(answer.content, 1)) <= 201_000
        assert len(brotli.compress(answer.content, quality=1)) <= 210_000
        found = one(answer, "dense")
        assert found and (zoom < grid.near - 1 or len(found.features) > 100)
        assert ask(mapped, path).content == answer.content
        cut += zoom >= grid.near and answer.headers.get("onemap-generalised") == "true"
    assert cut  # one of the near tiles was too rich, and says that it is not complete


@ALL
def test_thinned_points_are_one_for_a_pixel_and_spread_over_the_ground(mapped: Served, grid: Grid) -> None:
    zoom = grid.near - 1  # farther out they are clustered
    x, y = shapely.get_coordinates(grid.place(shapely.Point(MIDDLE)))[0]
    found = tile(mapped, "dense", grid.id, zoom, *grid.tile_of(zoom, x, y))
    assert found
    points = [shapely.get_coordinates(feature.geometry)[0] for feature in found.features]
    assert len(points) < len(DENSE)
    # Cells are squares of about a pixel in degrees: 16 steps and the stretch between the frames.
    cells: dict[tuple[int, int], int] = {}
    for px, py in points:
        key = (int(px // 16), int(py // 16))
        cells[key] = cells.get(key, 0) + 1
    assert max(cells.values()) <= 4


def test_a_second_reader_agrees(mapped: Served) -> None:
    grid = GRIDS["CGCS2000Quad"]
    for layer in KINDS:
        row, column = grid.tile_of(13, *MIDDLE)
        content = ask(mapped, f"/collections/{layer}/tiles/{grid.id}/13/{row}/{column}").content
        theirs = mapbox_vector_tile.decode(content)[layer]
        ours = tile_reader.read(content)[layer]
        assert [each["properties"] for each in theirs["features"]] == [
            each.properties for each in ours.features
        ]


def test_features_come_in_the_order_of_their_identities(mapped: Served) -> None:
    grid = GRIDS["CGCS2000Quad"]
    found = tile(mapped, "spots", grid.id, 14, *grid.tile_of(14, *MIDDLE))
    assert found
    fids = [str(feature.properties["fid"]) for feature in found.features]
    assert len(fids) > 2 and fids == sorted(fids)


def test_properties_are_those_of_the_items(served: Served) -> None:
    """Dates as text, booleans as booleans, nothing where there is no value."""
    grid = GRIDS["CGCS2000Quad"]
    held = items(served, "areas")
    for fid, feature in list(held.items())[:5]:
        shape = shapely.geometry.shape(feature["geometry"])
        found = tile(served, "areas", grid.id, 14, *grid.tile_of(14, *shape.centroid.coords[0]))
        assert found
        expected = {
            name: value
            for name, value in feature["properties"].items()
            if value is not None and name not in ("valid_from", "valid_to", "changeset")
        }
        assert found.of(fid).properties == {"fid": fid, **expected}
        assert isinstance(found.of(fid).properties["listed"], bool)


def test_only_the_properties_asked_for_are_there(served: Served) -> None:
    grid = GRIDS["CGCS2000Quad"]
    where = grid.tile_of(11, 118.65, 36.805)
    for asked, names in (
        ("name", {"fid", "name"}),
        ("", {"fid"}),
        ("floors,listed", {"fid", "floors", "listed"}),
    ):
        found = tile(served, "areas", grid.id, 11, *where, properties=asked)
        assert found
        assert {name for feature in found.features for name in feature.properties} == names


@ALL
def test_several_layers_come_in_one_tile(mapped: Served, grid: Grid) -> None:
    x, y = shapely.get_coordinates(grid.place(shapely.Point(MIDDLE)))[0]
    row, column = grid.tile_of(grid.near, x, y)
    path = f"/tiles/{grid.id}/{grid.near}/{row}/{column}"
    both = ask(mapped, path, collections="ways,plots")
    assert set(tile_reader.read(both.content)) == {"ways", "plots"}
    alone = [ask(mapped, f"/collections/{layer}{path}").content for layer in ("ways", "plots")]
    assert both.content == b"".join(alone)
    assert both.headers["cache-control"] == "no-cache"
    everything = tile_reader.read(ask(mapped, path).content)
    assert set(everything) == {*KINDS, "dense"}


def test_where_nothing_lies_the_tile_is_empty(mapped: Served) -> None:
    assert ask(mapped, "/collections/spots/tiles/CGCS2000Quad/14/0/0").content == b""
    before = ask(mapped, "/collections/spots/tiles/CGCS2000Quad/0/0/0", datetime="1949-10-01")
    assert before.content == b""


def test_a_tile_is_packed_as_the_client_likes(mapped: Served) -> None:
    row, column = GRIDS["CGCS2000Quad"].tile_of(13, *MIDDLE)
    path = f"/collections/dense/tiles/CGCS2000Quad/13/{row}/{column}"
    asked = {"datetime": "2026-06-01", "asof": "2030-01-01"}
    plain = ask(mapped, path, **asked)
    for accepted in ("gzip", "br"):
        packed = mapped.get(path, params=asked, headers={"accept-encoding": accepted})
        assert packed.headers["content-encoding"] == accepted
        assert packed.content == plain.content


REFUSED = [
    ("/collections/spots/tiles/WorldCRS84Quad/1/0/0", 404, "no-such-tile-matrix-set"),
    ("/collections/spots/tiles/CGCS2000Quad/21/0/0", 404, "no-such-tile"),
    ("/collections/spots/tiles/CGCS2000Quad/3/4/0", 404, "no-such-tile"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/8", 404, "no-such-tile"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/-1", 404, "no-such-tile"),
    ("/collections/spots/tiles/CGCS2000Quad/3.5/0/0", 404, "no-such-tile"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/1e9", 404, "no-such-tile"),
    (f"/collections/spots/tiles/CGCS2000Quad/3/0/{'9' * 400}", 404, "no-such-tile"),
    ("/collections/nothing/tiles/CGCS2000Quad/3/0/0", 404, None),
    ("/collections/notes/tiles/CGCS2000Quad/3/0/0", 404, "no-such-resource"),
    ("/collections/notes/tiles", 404, "no-such-resource"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/0?datetime=gestern", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/0?asof=gestern", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/0?properties=wealth", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/0?f=png", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/0?bbox=1,2,3,4", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad?f=tilejson&properties=wealth", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad?f=tilejson&labels=perhaps", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/0?datetime=2026-01-02/2026-01-01", 400, "bad-parameter"),
    ("/collections/spots/tiles/CGCS2000Quad/3/0/0?datetime=%FF", 400, "bad-parameter"),
    ("/tiles/CGCS2000Quad/3/0/0?collections=spots,nothing", 404, None),
    ("/tiles/CGCS2000Quad/3/0/0?collections=", 404, None),
    ("/tileMatrixSets/WorldCRS84Quad", 404, "no-such-tile-matrix-set"),
    ("/collections/spots/changes/tiles/CGCS2000Quad/3/0/0?axis=valid", 400, "bad-parameter"),
    ("/collections/spots/changes/tiles/CGCS2000Quad/3/0/0?datetime=../..", 400, "bad-parameter"),
    ("/collections/spots/changes/tiles/CGCS2000Quad?axis=valid", 400, "bad-parameter"),
    ("/collections/spots/changes/tiles/CGCS2000Quad?datetime=../..", 400, "bad-parameter"),
    ("/collections/spots/changes/tiles/CGCS2000Quad?f=png", 400, "bad-parameter"),
    ("/collections/spots/changes/tiles/WorldCRS84Quad?axis=valid&from=2026-01-01", 404, None),
    ("/collections/notes/changes/tiles/CGCS2000Quad", 404, "no-such-resource"),
]


@pytest.mark.parametrize(("path", "status", "code"), REFUSED)
def test_what_makes_no_tile_is_refused_by_name(
    mapped: Served, path: str, status: int, code: str | None
) -> None:
    answer = mapped.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    told = answer.json()
    assert code is None or told["code"] == code
    assert told["zh"] and told["en"]


def test_head_tells_what_get_would(mapped: Served) -> None:
    answer = mapped.client.head("/collections/spots/tiles/CGCS2000Quad/3/0/0")
    assert answer.status_code == 200 and answer.headers["content-type"] == MVT and not answer.content
