"""Real clients read what was loaded: GDAL's OAPIF driver, OWSLib, geopandas, curl."""

from __future__ import annotations

import io
import json
import shutil
import subprocess

import geopandas
import pyogrio
import pytest
from api_serving import AREAS, POINTS, Served
from owslib.ogcapi.features import Features


def test_gdal_reads_every_page(served: Served) -> None:
    layers = {name for name, _ in pyogrio.list_layers(f"OAPIF:{served.url}")}
    assert layers == {"points", "areas", "notes", "empty", "records"}
    frame = pyogrio.read_dataframe(f"OAPIF:{served.url}", layer="points")
    assert len(frame) == len(POINTS)
    byname = frame.set_index("code")
    for point in POINTS:
        row = byname.loc[point.code]
        assert row.geometry.equals_exact(point.geometry, 1e-9)
        assert (row["name"], row["floors"]) == (point.name, point.floors)


def test_gdal_pushes_its_box_down(served: Served) -> None:
    box = (118.7, 36.9, 118.9, 37.1)
    frame = pyogrio.read_dataframe(f"OAPIF:{served.url}", layer="points", bbox=box)
    expected = [
        p.code for p in POINTS if box[0] <= p.geometry.x <= box[2] and box[1] <= p.geometry.y <= box[3]
    ]
    assert sorted(frame["code"]) == expected


def test_gdal_reads_polygons(served: Served) -> None:
    frame = pyogrio.read_dataframe(f"OAPIF:{served.url}", layer="areas").set_index("code")
    for area in AREAS:
        assert frame.loc[area.code].geometry.symmetric_difference(area.geometry).area < 1e-12


def test_owslib(served: Served) -> None:
    client = Features(served.url)
    assert client.api()["openapi"] == "3.0.3"
    assert set(client.feature_collections()) == {"points", "areas", "notes", "empty"}
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in client.conformance()["conformsTo"]
    assert client.collection("points")["title"] in ("测试图层", "Test layer")
    assert client.collection_queryables("points")["properties"]["floors"]["type"] == "integer"
    items = client.collection_items(
        "points", bbox=[118.6, 36.8, 118.9, 37.1], limit=5, datetime_="2026-02-01"
    )
    assert items["numberReturned"] == 5
    assert client.collection_item("points", "P000004")["properties"]["name"] == POINTS[4].name


def test_geopandas_reads_the_address(served: Served) -> None:
    frame = geopandas.read_file(f"{served.url}/collections/areas/items?limit=1000", engine="pyogrio")
    assert len(frame) == len(AREAS)
    assert frame.crs is not None
    frame = geopandas.read_file(io.BytesIO(served.get("/collections/points/items?limit=1000").content))
    assert frame.total_bounds.tolist() == pytest.approx(
        geopandas.GeoSeries([point.geometry for point in POINTS]).total_bounds.tolist(), abs=1e-9
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_compressed(served: Served) -> None:
    command = ["curl", "-sS", "--compressed", f"{served.url}/collections/points/items?limit=300"]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert answer["numberReturned"] == 300
