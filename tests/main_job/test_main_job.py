"""The main job 主线: a department hands in a file, and any other system reads it, correct, with its history.

One story in order; each test is a chapter and stands on the ones before.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import main_job_files as files
import numpy as np
import psycopg
import pyogrio
import pytest
import shapely
from owslib.ogcapi.features import Features
from rasterio.io import MemoryFile
from serving import ROOT, Served, database_of, server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

pytestmark = pytest.mark.browser
"""The story is told whole, with the map in it."""

MILLIMETRE_DEG = 1e-8
TRIAL = Path(os.environ.get("ONEMAP_TRIAL_DATA") or ROOT.parent / "shared" / "data")


@dataclass
class Office:
    """The platform, and the desk from which departments use its command line."""

    served: Served
    folder: Path

    def run(self, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *map(str, words)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "ONEMAP_DATABASE_URL": self.served.dsn},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done

    def load(self, path: Path, layer: str, *words: str, reason: str, code: int = 0) -> dict[str, Any]:
        done = self.run(
            "load", path, "--layer", layer, "--author", "李工", "--department", "自然资源和规划局",
            "--reason", reason, "--json", *words, code=code,
        )  # fmt: skip
        return json.loads(done.stdout) if code == 0 else {"told": done.stderr + done.stdout}

    def read(self, layer: str, **options: str) -> gpd.GeoDataFrame:
        """The layer as GDAL's OAPIF driver sees it, page by page."""
        words = "&".join(f"{key}={value}" for key, value in options.items())
        address = f"OAPIF:{self.served.url}/collections/{layer}" + (f"?{words}" if words else "")
        return pyogrio.read_dataframe(address)


@pytest.fixture(scope="module")
def office(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with (
        database_of(server_dsn, template) as dsn,
        server(dsn, folder / "server.log", workers=2) as served,
    ):
        yield Office(served, folder)


@pytest.fixture(scope="module")
def plots(office: Office) -> gpd.GeoDataFrame:
    return files.plots()


def test_layers_of_the_city_and_of_a_department_are_published(office: Office) -> None:
    shipped = ROOT / "spatial" / "assets" / "layers"
    for name in ("divisions", "roads", "base-stations"):
        office.run("layer", "add", shipped / f"{name}.toml")
    for name in ("plots", "county-boundary"):
        office.run("layer", "add", Path(__file__).with_name(f"{name}.toml"))
    expected = {"divisions", "roads", "base-stations", "plots", "county-boundary", "records"}
    for _ in range(50):
        held = {one["id"] for one in office.served.get("/collections").json()["collections"]}
        if held == expected:
            break
        time.sleep(0.1)
    assert held == expected


@pytest.mark.data
def test_an_outline_in_undeclared_gcj02_is_recognised_by_evidence(office: Office) -> None:
    source = TRIAL / "shouguang_boundary_gcj02.geojson"
    if not source.exists():
        pytest.skip("the trial data folder is not on this machine: shouguang_boundary_gcj02.geojson")
    report = office.load(source, "county-boundary", reason="试用县界入库")
    assert report["outcome"] == "loaded"
    assert report["frame"]["frame"] == "GCJ02"
    told = json.dumps(report["frame"], ensure_ascii=False)
    assert "GCJ" in told
    assert re.search(r"\b\d+(\.\d+)?\s*m\b|米", told), told  # residuals, not an opinion
    held = office.read("county-boundary")
    # Reference: datum of the trial data, after exact conversion.
    assert held.total_bounds == pytest.approx([118.538968, 36.719604, 119.115791, 37.303647], abs=2e-6)


@pytest.mark.data
def test_the_divisions_come_from_a_table_without_places(office: Office) -> None:
    source = TRIAL / "shouguang_divisions.csv"
    if not source.exists():
        pytest.skip("the trial data folder is not on this machine: shouguang_divisions.csv")
    report = office.load(source, "divisions", "--encoding", "UTF-8", reason="区划代码入库")
    assert report["difference"]["inserted"] == 1029
    lines = source.read_text("utf-8").splitlines()[1:]
    page = office.served.get("/collections/divisions/items", params={"limit": 10000}).json()
    held = {
        ",".join((f["id"], f["properties"]["name"], f["properties"]["level"], f["properties"]["parent"]))
        for f in page["features"]
    }
    assert held == set(lines)
    assert all(f["geometry"] is None for f in page["features"])


def test_a_shapefile_that_says_nothing_is_refused_until_someone_decides(
    office: Office, plots: gpd.GeoDataFrame
) -> None:
    path = files.gbk_shapefile(plots, office.folder / "2025")
    told = office.load(path, "plots", reason="首次入库", code=3)["told"]
    assert "--source-crs" in told
    assert "EPSG:4528" in told
    assert office.served.get("/collections/plots/items").json()["numberReturned"] == 0
    report = office.load(
        path, "plots", "--source-crs", "EPSG:4528", "--valid-from", "2025-01-01", reason="首次入库"
    )
    assert report["encoding"]["encoding"].upper() in {"GB18030", "GBK"}
    assert report["difference"] == {"inserted": 400, "updated": 0, "retired": 0, "unchanged": 0}


def test_a_zipped_geodatabase_with_a_declared_frame_needs_no_option(office: Office) -> None:
    packed, roads = files.zipped_geodatabase(office.folder)
    report = office.load(packed, "roads", reason="试验道路入库")
    assert report["frame"]["frame"] == "EPSG:4528"
    held = office.read("roads").set_index("road_id").sort_index()
    expected = roads.to_crs(4490).set_index("道路编号").sort_index()
    assert list(held["name"]) == list(expected["道路名称"])
    assert list(held["width_m"]) == list(expected["宽度"])
    apart = shapely.get_coordinates(held.geometry) - shapely.get_coordinates(expected.geometry)
    assert np.abs(apart).max() < MILLIMETRE_DEG


def test_a_workbook_is_read_back_by_geopandas(office: Office) -> None:
    path, sites = files.workbook(office.folder)
    office.load(path, "base-stations", "--source-crs", "EPSG:4490", reason="试验基站入库")
    held = gpd.read_file(f"{office.served.url}/collections/base-stations/items?limit=10000")
    held = held.set_index("site_id").sort_index()
    assert len(held) == len(sites)
    assert np.abs(held.geometry.x.to_numpy() - sites["经度"].to_numpy()).max() < MILLIMETRE_DEG
    assert np.abs(held.geometry.y.to_numpy() - sites["纬度"].to_numpy()).max() < MILLIMETRE_DEG
    assert [str(day)[:10] for day in held["built_on"]] == [day.isoformat() for day in sites["建成时间"]]


def test_a_redelivery_writes_only_what_changed(office: Office, plots: gpd.GeoDataFrame) -> None:
    path = files.gbk_shapefile(files.redelivered(plots), office.folder / "2026")
    words = ("--full", "--valid-from", "2026-01-01")  # the frame is now told by the features held
    tried = office.load(path, "plots", *words, "--dry-run", reason="2026 年度更新")
    assert tried["frame"]["frame"] in {"EPSG:4528", "EPSG:4490"}
    assert tried["difference"] == {"inserted": 0, "updated": 4, "retired": 0, "unchanged": 396}
    assert {change["kind"] for change in tried["changes"]} == {"update"}
    done = office.load(path, "plots", *words, reason="2026 年度更新")
    assert done["difference"] == tried["difference"]
    again = office.load(path, "plots", *words, reason="重复提交")
    assert again["outcome"] == "unchanged"


def test_gdal_reads_back_what_was_handed_in(office: Office, plots: gpd.GeoDataFrame) -> None:
    held = office.read("plots").set_index("bsm").sort_index()
    expected = files.redelivered(plots).set_index("BSM").sort_index()
    assert list(held.index) == list(expected.index)
    assert list(held["use"]) == list(expected["DLMC"])
    assert list(held["owner"]) == list(expected["QSDW"])
    back = held.set_geometry(held.geometry.set_crs(4490, allow_override=True)).to_crs(4528)
    apart = shapely.hausdorff_distance(back.geometry.to_numpy(), expected.geometry.to_numpy())
    assert apart.max() < 0.001  # a millimetre


def test_owslib_reads_the_same(office: Office) -> None:
    service = Features(f"{office.served.url}/")
    assert {"plots", "roads"} <= set(service.feature_collections())
    page = service.collection_items("plots", limit=400)
    assert page["numberReturned"] == 400
    assert service.collection_item("plots", "370783000000000007")["properties"]["bsm"].endswith("007")


def test_the_frame_of_the_city_is_served_north_first(office: Office, plots: gpd.GeoDataFrame) -> None:
    crs = "http://www.opengis.net/def/crs/EPSG/0/4528"
    answer = office.served.get("/collections/plots/items/370783000000000000", params={"crs": crs})
    assert answer.headers["content-crs"] == f"<{crs}>"
    ring = np.array(answer.json()["geometry"]["coordinates"][0][0])
    west, south, east, north = plots.geometry.iloc[0].bounds
    assert ring.min(axis=0) == pytest.approx([south, west], abs=0.001)
    assert ring.max(axis=0) == pytest.approx([north, east], abs=0.001)


def test_the_state_before_the_redelivery_is_still_there(office: Office, plots: gpd.GeoDataFrame) -> None:
    uses = dict(zip(plots["BSM"], plots["DLMC"], strict=True))
    second = office.served.get("/changesets").json()
    entries = [one for one in second["changesets"] if one["layer"] == "plots"]
    recorded = max(one["recorded_at"] for one in entries)
    ways = ({"datetime": "2025-06-30"}, {"asof": min(one["recorded_at"] for one in entries)})
    assert recorded != ways[1]["asof"]
    for way in ways:
        page = office.served.get("/collections/plots/items", params={"limit": 1000, **way}).json()
        assert {f["id"]: f["properties"]["use"] for f in page["features"]} == uses


def test_who_changed_what_and_why(office: Office, plots: gpd.GeoDataFrame) -> None:
    after = files.redelivered(plots)
    changed = set(after.loc[after["DLMC"] == "公园与绿地", "BSM"])
    history = json.loads(office.run("history", "plots", "--json").stdout)
    latest = max(history, key=lambda one: one["id"])
    assert (latest["author"], latest["department"], latest["reason"]) == (
        "李工", "自然资源和规划局", "2026 年度更新"
    )  # fmt: skip
    told = json.loads(office.run("history", "--changeset", str(latest["id"]), "--json").stdout)
    assert {change["fid"] for change in told["changes"]} == changed
    lines = office.run("history", "--changeset", str(latest["id"])).stdout.splitlines()[1:]
    before = dict(zip(plots["BSM"], plots["DLMC"], strict=True))
    for fid in changed:
        (line,) = [line for line in lines if fid in line]
        assert line.endswith(f"use: {before[fid]} → 公园与绿地")
        assert "since 2026-01-01" in line
    entry = office.served.get(f"/changesets/{latest['id']}").json()
    assert entry["reason"] == "2026 年度更新"
    assert office.run("verify", "plots").returncode == 0


def test_it_is_on_the_map(office: Office, plots: gpd.GeoDataFrame, browser: Browser) -> None:
    from playwright.sync_api import expect

    from hatch_build import build_web

    build_web()
    changed = files.redelivered(plots).query("DLMC == '公园与绿地'").to_crs(4490).iloc[0]
    place = changed.geometry.centroid
    state = f"#map={place.x:.6f},{place.y:.6f},18&layers=plots&selected=plots/{changed['BSM']}"
    foreign: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((office.served.url, "data:", "blob:")):
            foreign.append(request.url)

    context = browser.new_context(viewport={"width": 1200, "height": 760}, locale="zh-CN")
    page = context.new_page()
    page.on("request", asked)
    page.goto(f"{office.served.url}/map{state}")
    expect(page.locator("#map[aria-busy=false]")).to_have_count(1, timeout=30_000)
    expect(page.get_by_text("用地地块").first).to_be_visible()
    expect(page.get_by_text("公园与绿地").first).to_be_visible()
    expect(page.get_by_text("2026 年度更新").first).to_be_visible()
    picture = page.screenshot()
    context.close()
    assert foreign == []
    with MemoryFile(picture) as file, file.open() as opened:
        red, green, blue = (np.median(opened.read(band)[370:390, 590:610]) for band in (1, 2, 3))
    assert red > green + 40 and red > blue + 30, (red, green, blue)  # the legend's #d7485f


def test_a_tampered_row_is_named(office: Office) -> None:
    with psycopg.connect(office.served.dsn, autocommit=True) as superuser:
        superuser.execute("alter table history.plots disable trigger all")
        superuser.execute("alter table history.plots_believed disable trigger all")
        superuser.execute(
            "update history.plots_believed set use = '商业服务业用地' where fid = '370783000000000010'"
        )
    done = office.run("verify", "plots", code=7)
    told = done.stdout + done.stderr
    assert "370783000000000010" in told
    first = min(
        one["id"] for one in office.served.get("/changesets").json()["changesets"] if one["layer"] == "plots"
    )
    assert f"#{first}" in told
