"""Tiles with the places of labels in place of shapes: one for each feature, inside it."""

from __future__ import annotations

from collections import Counter

import mapbox_vector_tile
import pytest
import shapely
import shapely.geometry
from api_serving import Served

ZOOM = 16
SIDE_DEG = 360 / 2**ZOOM


def cover(box: tuple[float, ...]) -> list[tuple[int, int]]:
    """Row and column of the tiles of CGCS2000Quad that touch a box."""
    west, south, east, north = box
    rows = range(int((90 - north) / SIDE_DEG), int((90 - south) / SIDE_DEG) + 1)
    columns = range(int((west + 180) / SIDE_DEG), int((east + 180) / SIDE_DEG) + 1)
    return [(row, column) for row in rows for column in columns]


def test_a_label_is_one_point_inside_its_area(served: Served) -> None:
    """A shape is in every tile that cuts it, its label in one only."""
    items = served.get("/collections/areas/items", params={"limit": 1000}).json()["features"]
    shapes = {each["id"]: shapely.geometry.shape(each["geometry"]) for each in items if each["geometry"]}
    found: Counter[str] = Counter()
    shaped: Counter[str] = Counter()
    for row, column in cover(shapely.MultiPolygon(list(shapes.values())).bounds):
        address = f"/collections/areas/tiles/CGCS2000Quad/{ZOOM}/{row}/{column}"
        labels, tile = (served.get(address, params=each).content for each in ({"labels": "true"}, {}))
        shaped.update(
            each["properties"]["fid"]
            for each in mapbox_vector_tile.decode(tile).get("areas", _NONE)["features"]
        )
        for each in mapbox_vector_tile.decode(labels).get("areas", _NONE)["features"]:
            x, y = each["geometry"]["coordinates"]
            if not (0 <= x < 4096 and 0 < y <= 4096):
                continue  # in the margin: the neighbour's
            lon = -180 + (column + x / 4096) * SIDE_DEG
            lat = 90 - (row + 1 - y / 4096) * SIDE_DEG
            fid = each["properties"]["fid"]
            found[fid] += 1
            assert shapes[fid].buffer(SIDE_DEG / 4096).covers(shapely.Point(lon, lat))
            assert each["geometry"]["type"] == "Point"
    assert set(found) == set(shapes)
    assert set(found.values()) == {1}
    assert max(shaped.values()) > 1, "the areas are too small to tell"


_NONE: dict[str, list[dict[str, dict[str, str]]]] = {"features": []}


def test_labels_and_shapes_are_not_taken_for_each_other(served: Served) -> None:
    address = "/collections/areas/tiles/CGCS2000Quad/0/0/0"
    answers = [served.get(address, params=each) for each in ({"labels": "true"}, {})]
    assert [each.status_code for each in answers] == [200, 200], answers[0].text + answers[1].text[:300]
    tags = {each.headers["etag"] for each in answers}
    assert len(tags) == 2


@pytest.mark.parametrize("text", ["1", "yes", ""])
def test_labels_that_are_neither_true_nor_false_are_refused(served: Served, text: str) -> None:
    answer = served.get("/collections/areas/tiles/CGCS2000Quad/0/0/0", params={"labels": text})
    assert answer.status_code == 400
    assert "labels" in answer.json()["zh"] + answer.json()["en"] + str(answer.json())
