"""Tiles of publications: what was pinned, behind the masks of the features, the same for good."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from api_serving import Served, server
from serving import database_of, until
from tile_requests import EXTENT, GRIDS, MVT, Grid
from tile_requests import one as layer_of

sys.path.insert(0, str(Path(__file__).parents[1] / "planning"))
import publication_ground as ground
from publication_ground import FARMLAND, PERSONAL, ZONES, square

from planning.publication.model import Action, Publication, Wanted
from planning.publication.precision import Precision
from planning.publication.publication import publish, step
from spatial.access import release
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent

OUTSIDE = {"X-Forwarded-For": "203.0.113.7"}
BY = ("张伟", ground.DEPARTMENT)


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            ground.build(connection)
        log = tmp_path_factory.mktemp("publication") / "server.log"
        with server(dsn, log) as running:
            yield running
        assert "unexpected failure" not in log.read_text()


@pytest.fixture(scope="module")
def open_(served: Served) -> Publication:
    today = ground.today()
    at = datetime(today.year, today.month, today.day, tzinfo=BEIJING)
    with connect(served.dsn) as connection, connection.transaction():
        shown = ground.draft(today + timedelta(39))
        return publish(connection, shown, Intent(*BY, "公示草案", at), today)


def described(served: Served, number: int, layer: str, grid: str) -> dict[str, Any]:
    answer = served.client.get(f"/publications/{number}/layers/{layer}/tiles/{grid}", headers=OUTSIDE)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def address_of(served: Served, number: int, layer: str, grid: str) -> str:
    (template,) = described(served, number, layer, grid)["tiles"]
    return str(template[template.index("/publications") :])


def drawn(
    served: Served, template: str, layer: str, zoom: int, row: int, column: int, grid: Grid
) -> dict[str, tuple[dict[str, Any], shapely.Geometry]]:
    """Properties of the features of a tile, and their shapes in the frame of the grid."""
    answer = served.client.get(template.format(z=zoom, y=row, x=column), headers=OUTSIDE)
    assert answer.status_code == 200 and answer.headers["content-type"] == MVT, answer.text
    read = layer_of(answer, layer)
    side = grid.side / 2**zoom
    origin = np.array([grid.left + column * side, grid.top - row * side])

    def placed(steps: np.ndarray) -> np.ndarray:
        return origin + steps * np.array([side, -side]) / EXTENT

    return {
        str(each.properties["fid"]): (dict(each.properties), shapely.transform(each.geometry, placed))
        for each in (read.features if read else ())
    }


@pytest.mark.parametrize("name", GRIDS)
def test_neighbouring_tiles_hold_what_was_published_each_its_part(
    served: Served, open_: Publication, name: str
) -> None:
    grid = GRIDS[name]
    template = address_of(served, open_.id, ZONES, name)
    truth = {f"z{i}{j}": grid.place(square(i, j)) for i in range(4) for j in range(3)}
    zoom = grid.near + 1
    side = grid.side / 2**zoom
    whole = shapely.union_all(list(truth.values()))
    seen: dict[str, list[shapely.Geometry]] = {}
    for row, column in grid.around(zoom, whole):
        x, y = grid.left + column * side, grid.top - row * side
        box = shapely.box(x, y - side, x + side, y)
        for fid, (told, shape) in drawn(served, template, ZONES, zoom, row, column, grid).items():
            assert told["ghfqdm"] == ("300" if fid.startswith("z0") else "400") and told["bsm"] == fid
            seen.setdefault(fid, []).append(shapely.intersection(shapely.make_valid(shape), box))
    assert set(seen) == set(truth), "nothing of another version, nothing missing"
    for fid, parts in seen.items():
        off = shapely.symmetric_difference(shapely.union_all(parts), truth[fid])
        # Half a step of the grid along the outline, which a zone draws as straight as degrees do.
        assert off.area <= 1.5 * side / EXTENT * truth[fid].length, fid
    assert any(len(parts) > 1 for parts in seen.values()), "no feature lies across an edge"


def test_what_is_generalised_is_so_at_every_zoom_and_nobody_is_named(
    served: Served, open_: Publication
) -> None:
    grid = GRIDS["CGCS2000Quad"]
    template = address_of(served, open_.id, FARMLAND, grid.id)
    at = f"/publications/{open_.id}/layers/{FARMLAND}/items"
    items = {each["id"]: each for each in served.client.get(at, headers=OUTSIDE).json()["features"]}
    for zoom in (11, 14, 17, 20):
        for fid, feature in items.items():
            shape = shapely.geometry.shape(feature["geometry"])
            row, column = grid.tile_of(zoom, *shape.centroid.coords[0])
            told, cut = drawn(served, template, FARMLAND, zoom, row, column, grid)[fid]
            assert set(told) <= {"fid", *feature["properties"]} and set(PERSONAL).isdisjoint(told)
            step_deg = grid.side / 2**zoom / EXTENT
            # The tile's part lies in the generalised shape: no vertex of the true outline shows.
            assert shapely.covered_by(cut, shape.buffer(2 * step_deg + 2e-5)), (zoom, fid)
    tiny = shapely.geometry.shape(items["f2"]["geometry"])
    assert tiny.area > 100 * square(2, 6, 0.0001).area, "the cell it lies in, not itself"


def test_a_tile_is_kept_for_good_and_its_address_changes_with_secrecy(
    served: Served, open_: Publication
) -> None:
    client, grid = served.client, GRIDS["CGCS2000Quad"]
    zoom = 14
    row, column = grid.tile_of(zoom, *square(1, 1).centroid.coords[0])
    template = address_of(served, open_.id, ZONES, grid.id)
    path = template.format(z=zoom, y=row, x=column)
    first = client.get(path, headers=OUTSIDE)
    assert "immutable" in first.headers["cache-control"]
    again = client.get(path, headers={**OUTSIDE, "If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    unnamed = client.get(path.partition("?")[0], headers=OUTSIDE)
    assert unnamed.content == first.content and unnamed.headers["cache-control"] == "no-cache"
    with connect(served.dsn) as connection, connection.transaction():
        moved = [("z11", "z11", "999", ground.VERSION, square(20, 20))]
        ground.write_rows(connection, ZONES, ("fid", "bsm", "ghfqdm", "plan_version", "geom"), moved, month=2)
    assert client.get(path, headers=OUTSIDE).content == first.content, "what was pinned stays"
    with connect(served.dsn) as connection, connection.transaction():
        release.set_class(connection, "tm", srid=4549, by="test")
        release.mark(connection, ZONES, "tm", by="test")
    until(lambda: described(served, open_.id, ZONES, grid.id)["onemap:precision"] == "coarse")
    assert address_of(served, open_.id, ZONES, grid.id) != template
    coarse = client.get(path, headers=OUTSIDE)
    assert coarse.content != first.content and coarse.headers["cache-control"] == "no-cache"
    with connect(served.dsn) as connection, connection.transaction():
        release.mark(connection, ZONES, None, by="test")
    until(lambda: address_of(served, open_.id, ZONES, grid.id) == template)


def test_a_far_tile_holds_the_largest_and_says_so(served: Served, open_: Publication) -> None:
    grid = GRIDS["CGCS2000Quad"]
    zoom = grid.near - 2
    row, column = grid.tile_of(zoom, *square(1, 1).centroid.coords[0])
    path = address_of(served, open_.id, ZONES, grid.id).format(z=zoom, y=row, x=column)
    answer = served.client.get(path, headers=OUTSIDE)
    assert answer.headers["onemap-generalised"] == "true"
    found = layer_of(answer, ZONES)
    assert found is not None and {"z11", "z12"} <= found.fids


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ZONES}/tiles/CGCS2000Quad/14/99999999/0", 404),
        (f"{ZONES}/tiles/Nowhere/14/1/1", 404),
        ("land-violations/tiles/CGCS2000Quad", 404),
        ("plans/tiles/CGCS2000Quad/1/0/0", 404),
        (f"{ZONES}/tiles/CGCS2000Quad?f=html", 400),
        (f"{ZONES}/tiles/CGCS2000Quad/1/0/0?datetime=2026-01-01", 400),
    ],
)
def test_what_is_not_there_is_refused(served: Served, open_: Publication, path: str, status: int) -> None:
    answer = served.client.get(f"/publications/{open_.id}/layers/{path}", headers=OUTSIDE)
    assert answer.status_code == status, answer.text


def test_of_what_is_counted_or_withdrawn_there_are_no_tiles(served: Served, open_: Publication) -> None:
    today = ground.today()
    at = datetime(today.year, today.month, today.day, tzinfo=BEIJING)
    template = address_of(served, open_.id, ZONES, "CGCS2000Quad")
    with connect(served.dsn) as connection, connection.transaction():
        wanted = Wanted(ZONES, Precision.COUNTED)
        shown = ground.draft(today + timedelta(39), wanted, version=ground.OTHER)
        counted = publish(connection, shown, Intent(*BY, "公示草案", at), today)
        step(connection, open_.id, Action.WITHDRAWN, (*BY, "试验"), today)
    path = f"/publications/{counted.id}/layers/{ZONES}/tiles/CGCS2000Quad"
    assert served.client.get(path, headers=OUTSIDE).status_code == 404
    assert served.client.get(f"{path}/14/1/1", headers=OUTSIDE).status_code == 404
    gone = template.format(z=1, y=0, x=1)
    until(lambda: served.client.get(gone, headers=OUTSIDE).status_code == 404)
