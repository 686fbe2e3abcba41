"""Sample works lie on the chainage they say, on the bank they say, and every one is stamped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shapely
from pyproj import Geod
from serving import database_of

from spatial.catalogue import store as catalogue
from spatial.catalogue.declaration import from_json
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent
from spatial.sample.loading import contract as sample_contract
from spatial.sample.loading import fill
from spatial.sample.rows import Rows
from water.works import layers, loading
from water.works.sample import HALF_WIDTH_M, Banks, Route, generated
from water.works.section import points_of

WGS = Geod(ellps="GRS80")
POINTS = np.array([[118.70, 36.75], [118.72, 36.80], [118.71, 36.86], [118.80, 36.90]])
ROUTE = Route("SYN-ROUTE-T", 1, "试河", POINTS, 5_000.0, 6_000.0, 20_000.0)


def test_what_is_placed_lies_where_it_says() -> None:
    made = dict(generated([ROUTE], 7))
    assert {layer: rows.values for layer, rows in generated([ROUTE], 7)} == {
        layer: rows.values for layer, rows in made.items()
    }
    _, _, steps = WGS.inv(*POINTS[:-1].T, *POINTS[1:].T)
    along = 5_000.0 + np.concatenate([[0.0], np.cumsum(steps)])
    works = made["river-works"]
    assert len(works.values) == len({row[0] for row in works.values}) > 15
    for values in works.values:
        row = dict(zip(works.columns, values, strict=True))
        assert row["data_nature"] == "合成数据" and "合成" in row["name"]
        assert 6_000 <= row["chainage_m"] <= 20_000
        lon, lat = (float(np.interp(row["chainage_m"], along, axis)) for axis in POINTS.T)
        place = shapely.from_wkb(row["geom"])
        _, _, away = WGS.inv(lon, lat, place.x, place.y)
        expected = 0.0 if row["bank"] == "channel" else HALF_WIDTH_M
        assert away == pytest.approx(expected, abs=0.6)
        if row["bank"] != "channel":  # left of the way down has a positive cross product
            step = np.searchsorted(along, row["chainage_m"]) - 1
            (dx, dy), scale = POINTS[step + 1] - POINTS[step], np.cos(np.radians(lat))
            cross = dx * scale * (place.y - lat) - dy * (place.x - lon) * scale
            assert (cross > 0) == (row["bank"] == "left")
    for layer, rows in made.items():
        nature = rows.columns.index("data_nature")
        assert rows.values and all(row[nature] == "合成数据" for row in rows.values), layer


def test_sections_are_surveyed_from_bank_to_bank_where_there_is_ground() -> None:
    def ground(places: np.ndarray) -> np.ndarray:
        return 100.0 * (places[:, 1] - 36.0)

    bare = dict(generated([ROUTE], 7))["river-sections"]
    made = dict(generated([ROUTE], 7, ground, {ROUTE.id: Banks((30.0, 45.0), 120.0)}))["river-sections"]
    assert len(bare.values) == len(made.values) > 5
    for rows, surveyed in ((bare, False), (made, True)):
        for values in rows.values:
            row = dict(zip(rows.columns, values, strict=True))
            points = points_of(row["points"])
            assert row["vertical_datum"] == ("cgvd1985" if surveyed else "not-stated")
            assert (row["surveyed_on"] is not None) == surveyed == bool(points)
            if points:
                assert {90.0, 75.0, 150.0, 165.0} <= {away for away, _ in points}
                assert points[0][0] == 0.0 and points[-1][0] == 240.0
                ends = shapely.get_coordinates(shapely.from_wkb(row["geom"]))
                assert [points[0][1], points[-1][1]] == pytest.approx(ground(ends).tolist(), abs=0.006)


@pytest.fixture(scope="module")
def city(server_dsn: str, template: str) -> Iterator[str]:
    """The outline of a town, and one generated route through it."""
    title = {"zh": "中心线", "en": "routes"}
    field = {"title": title, "required": False, "secrecy": "public"}
    names = {"route_id": "text", "version": "integer", "name": "text", "data_nature": "text"}
    fields = [{**field, "name": each, "type": kind} for each, kind in names.items()]
    fields[0]["required"] = True
    declared = {
        "id": "river-routes", "title": title, "description": title, "steward": "测试",
        "source_standard": "测试", "geometry": "LineString", "key": "route_id", "valid_time": title,
        "fields": [*fields, {**field, "name": "from_m", "type": "number", "unit": "m"}],
        "legend": {"kind": "line", "color": "#000000"},
    }  # fmt: skip
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            intent = Intent("t", "t", "t", loading.VALID_FROM.astimezone(BEIJING))
            table = catalogue.publish(connection, from_json(declared)).table
            line = shapely.to_wkb(shapely.LineString(POINTS))
            columns = ("route_id", "version", "name", "data_nature", "from_m", "geom")
            fill(
                connection,
                table,
                Rows(columns, "route_id", (("R", 1, "试河", "合成数据", 0.0, line),)),
                intent,
            )
            outline = catalogue.publish(connection, sample_contract("city-outline")).table
            box = shapely.to_wkb(shapely.MultiPolygon([shapely.box(118.6, 36.7, 118.9, 37.0)]))
            told = ("370783", "试市", 1.0, "合成数据", box)
            fill(
                connection,
                outline,
                Rows(("code", "name", "area_m2", "data_nature", "geom"), "code", (told,)),
                intent,
            )
        yield dsn


def test_the_sample_is_loaded_where_the_rivers_are(city: str) -> None:
    assert loading.build(city) == 170
    with connect(city) as connection:
        counts = {
            layer: connection.execute(
                f"select count(*) from history.{layer.replace('-', '_')}_believed"  # type: ignore[arg-type]
            ).fetchone()
            for layer in (*layers.WORKS, layers.DEFECTS, layers.INSPECTIONS, "river-stations")
        }
    assert all(count is not None and count[0] > 0 for count in counts.values()), counts
    assert loading.build(city) == 0
