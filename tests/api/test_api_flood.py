"""Floods over HTTP with a worker of its own: run, read in every way, killed and taken up, dismissed."""

from __future__ import annotations

import csv
import hashlib
import io
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
import xarray
from api_serving import Served, database_of, server
from execute_requests import ended, execute, later, parts
from flood_asked import ROUTE, area, breach, inflow, scenario, spot
from platform_working import worker
from rasterio.io import MemoryFile
from serving import until

from spatial.access import store as access
from spatial.access.model import Role
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Sharing
from spatial.database import connect
from spatial.jobs.model import State
from water.flood import plane
from water.sample import loading


@pytest.fixture(scope="module")
def rehearsing(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, dict[str, Any]]]:
    """A server, a worker, the sample rivers, and one run with a breach placed by chainage."""
    folder = tmp_path_factory.mktemp("flood")
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        with server(dsn, folder / "server.log") as running, worker(dsn, folder / "worker.log"):
            answer = running.client.post(
                "/processes/river-locate/execution",
                json={"inputs": {"route": ROUTE, "positions": [spot()]}},
            )
            at = {"route": ROUTE, "chainage": answer.json()["chainages"][0]["chainage"], "bank": "right"}
            asked = scenario(breaches=[breach(at=at)])
            told = later(running, "flood-scenario", {"inputs": asked})
            assert told.status_code == 200, told.text
            yield running, told.json()
        assert "unexpected failure" not in (folder / "server.log").read_text()


def _as_coverage(served: Served, told: dict[str, Any], depth_max: bytes) -> None:
    """Parts of the run hold what its files hold, cell by cell."""
    address = f"/flood/runs/{told['run']}/coverage"
    with MemoryFile(depth_max) as file, file.open() as opened:
        depth, frame = opened.read(1), opened.transform
    west, south, east, north = area()
    inner = f"{west + 0.01},{south + 0.008},{east - 0.01},{north - 0.008}"
    body = served.get(address, params={"bbox": inner}).content
    with MemoryFile(body) as file, file.open() as opened:
        part, at = opened.read(1), opened.transform
        assert opened.tags()["ONEMAP"].startswith("合成数据") and opened.crs.to_epsg() == 4549
    row, column = round((frame.f - at.f) / 40), round((at.c - frame.c) / 40)
    rows, columns = part.shape
    assert 0 < rows < depth.shape[0] and 0 < columns < depth.shape[1]
    same = depth[row : row + rows, column : column + columns]
    assert np.array_equal(np.nan_to_num(part), same) and same.any()
    coarse = served.get(address, params={"scale-factor": 3, "f": "CoverageJSON"}).json()
    found = np.array(coarse["ranges"]["depth"]["values"], float).reshape(coarse["ranges"]["depth"]["shape"])
    high, wide = (each - each % 3 for each in depth.shape)
    blocks = depth[:high, :wide].reshape(high // 3, 3, wide // 3, 3).max(axis=(1, 3))
    assert np.allclose(np.nan_to_num(found)[: high // 3, : wide // 3], blocks, atol=1e-4)
    assert coarse["domain"]["axes"]["x"]["start"] == frame.c + 60 and coarse["onemap:synthetic"] == "合成数据"
    spans = {"datetime": "2026-08-20T12:10:00+08:00/2026-08-20T12:20:00+08:00", "f": "GeoTIFF"}
    with MemoryFile(served.get(address, params=spans).content) as file, file.open() as opened:
        assert opened.descriptions == ("2026-08-20T12:10:00+08:00", "2026-08-20T12:20:00+08:00")
        assert np.nanmax(opened.read()) <= depth.max()
    for bad in (
        {"bbox": "100,20,101,21"}, {"datetime": "2030-01-01T00:00:00Z"}, {"properties": "salt"},
        {"scale-factor": "0"}, {"f": "netcdf"}, {"datetime": "2026-08-20T04:10:00Z", "properties": "speed"},
    ):  # fmt: skip
        assert served.client.get(address, params=bad).status_code == 400, bad


def test_roughness_is_told_with_where_it_is_from(rehearsing: tuple[Served, dict[str, Any]]) -> None:
    served, _ = rehearsing
    told = served.get("/flood/roughness").json()
    found = {each["class"]: each for each in told["classes"]}
    assert told["unknown"] in found and found["road"]["manning"] < found["orchard"]["manning"] < 1
    assert all(each["source"] and each["title"]["zh"] for each in found.values())
    assert "糙率" in served.get("/flood/roughness?f=html").text
    assert served.get("/flood/roughness", headers={"X-API-Key": "wrong"}).status_code == 401


def test_a_run_is_listed_told_and_its_files_are_read_in_ranges(
    rehearsing: tuple[Served, dict[str, Any]],
) -> None:
    served, told = rehearsing
    listed = served.get("/flood/runs").json()["runs"]
    assert [each["id"] for each in listed] == [told["run"]]
    assert listed[0]["onemap:synthetic"] == "合成数据"
    run = served.get(f"/flood/runs/{told['run']}").json()
    assert run["told"]["ledger"] == told["ledger"] and run["process"]["id"] == "flood-scenario"
    assert told["run"] in served.get(f"/flood/runs/{told['run']}?f=html").text
    for each in run["files"]:
        if each["name"] != "depth.zarr":
            body = served.get(each["href"].removeprefix(served.url)).content
            assert hashlib.sha256(body).hexdigest() == each["sha256"] and len(body) == each["size"]
    address = f"/flood/runs/{told['run']}/files/depth-max.tif"
    whole = served.get(address)
    with MemoryFile(whole.content) as file, file.open() as depth:
        assert depth.crs.to_epsg() == 4549 and depth.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert float(depth.read(1).max()) == pytest.approx(told["deepest_m"])
    _as_coverage(served, told, whole.content)
    part = served.get(address, headers={"range": "bytes=100-299"})
    assert part.status_code == 206 and part.content == whole.content[100:300]
    assert part.headers["content-range"] == f"bytes 100-299/{len(whole.content)}"
    assert served.get(address, headers={"range": "bytes=99999999-"}).status_code == 416
    assert served.get(address, headers={"if-none-match": whole.headers["etag"]}).status_code == 304


def test_depth_through_time_is_one_thing_by_zarr_by_place_and_by_table(
    rehearsing: tuple[Served, dict[str, Any]], tmp_path: Path
) -> None:
    served, told = rehearsing
    home = f"/flood/runs/{told['run']}"
    with connect(served.dsn) as connection:
        rows = connection.execute(
            "select name from flood.file where run = %s and name like 'depth.zarr/%%'", (told["run"],)
        ).fetchall()
    for (name,) in rows:
        answer = served.get(f"{home}/{name}")
        assert answer.status_code == 200, name
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(answer.content)
    lon, lat = spot(right_m=420.0)
    point = served.get(f"{home}/position", params={"coords": f"POINT({lon} {lat})"})
    assert point.status_code == 200, point.text
    depths = point.json()["ranges"]["depth"]["values"]
    east, north = plane.to_plane(np.array([[lon, lat]]), 4549)[0]
    with xarray.open_zarr(tmp_path / "depth.zarr", consolidated=False) as opened:
        there = opened["depth"].sel(x=east, y=north, method="nearest").load().values
        times = [str(each)[:19] for each in opened["time"].values]
    assert depths == pytest.approx(there.tolist(), abs=1e-4) and depths[-1] > 0.05
    assert times[0] == "2026-08-20T04:00:00"
    assert point.json()["domain"]["axes"]["t"]["values"][0] == "2026-08-20T12:00:00+08:00"
    table = list(csv.DictReader(io.StringIO(served.get(f"{home}/files/points.csv").text)))
    assert float(table[-1]["P1 depth_m"]) == pytest.approx(depths[-1], abs=1e-4)
    for coords, status in (("POINT(119.5 36.9)", 400), ("POINT(118)", 400), ("", 400)):
        assert served.get(f"{home}/position", params={"coords": coords}).status_code == status


def test_pictures_show_water_where_it_stood(rehearsing: tuple[Served, dict[str, Any]]) -> None:
    served, told = rehearsing
    run = served.get(f"/flood/runs/{told['run']}").json()
    assert [each["quantity"] for each in run["pictures"]] == ["depth", "arrival", "speed"]
    lon, lat = spot()
    zoom = 13
    column = int((lon + 180) / 360 * 2**zoom)
    row = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom)
    address = f"/flood/runs/{told['run']}/map/tiles/WebMercatorQuad/{zoom}/{row}/{column}"
    shown = {}
    for name, query in (
        ("depth", ""), ("arrival", "?quantity=arrival"), ("begin", "?at=0"), ("end", "?at=1800"),
    ):  # fmt: skip
        answer = served.get(address + query)
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
        with MemoryFile(answer.content) as file, file.open() as opened:
            shown[name] = opened.read()
    wet = {name: int((picture[3] > 0).sum()) for name, picture in shown.items()}
    assert 0 < wet["begin"] < wet["end"] <= wet["depth"]
    blue, red = shown["depth"][2].astype(int), shown["depth"][0].astype(int)
    assert (blue >= red)[shown["depth"][3] > 0].all(), "deep water is blue"
    assert served.get(address, headers={"if-none-match": answer.headers["etag"]}).status_code == 200
    assert served.get(f"{address}?quantity=probability").status_code == 400
    assert served.get(f"{address}?quantity=speed&at=10").status_code == 400
    far = served.get(f"/flood/runs/{told['run']}/map/tiles/CGCS2000Quad/9/0/0")
    assert far.status_code == 200
    with MemoryFile(far.content) as file, file.open() as opened:
        assert not opened.read()[3].any()


def test_a_run_is_an_item_of_the_catalogue(rehearsing: tuple[Served, dict[str, Any]]) -> None:
    served, told = rehearsing
    assert any(
        link["href"].endswith("/stac/collections/flood-runs") for link in served.get("/stac").json()["links"]
    )
    home = "/stac/collections/flood-runs"
    whole = served.get(home).json()
    pystac.Collection.from_dict(whole).validate()
    item = served.get(f"{home}/items/{told['run']}").json()
    plain = item | {"stac_extensions": []}  # whose schemas lie elsewhere
    pystac.Item.from_dict(plain).validate()
    assert item["properties"]["onemap:synthetic"] == "合成数据"
    west, south, east, north = area()
    assert item["bbox"][0] <= west and item["bbox"][3] >= north
    found = served.get("/stac/search", params={"bbox": f"{west},{south},{east},{north}"}).json()
    assert [each["id"] for each in found["features"]] == [told["run"]]
    for taken, count in (("2026-08-20T04:10:00Z", 1), ("2026-08-21T04:10:00Z", 0)):
        assert served.get(f"{home}/items", params={"datetime": taken}).json()["numberMatched"] == count
    body = served.get(item["assets"]["depth-max.tif"]["href"].removeprefix(served.url)).content
    with rasterio.open(io.BytesIO(body)) as opened:
        assert [opened.height, opened.width] == item["properties"]["proj:shape"]


def test_a_quick_map_while_somebody_waits(rehearsing: tuple[Served, dict[str, Any]]) -> None:
    served, _ = rehearsing
    asked = {"area": area(), "cell_m": 20, "inflows": [{"at": {"point": spot(12)}, "discharge_m3_s": 500}]}
    # On a busy machine the first answer may come too late: it reads the compiled loops from the disk.
    until(lambda: execute(served, "flood-quick", {"inputs": asked}).status_code == 200, 100)
    answer = execute(served, "flood-quick", {"inputs": asked})
    with MemoryFile(parts(answer)["depth"]) as file, file.open() as opened:
        assert opened.read(1).max() > 0.5
    refused = execute(served, "flood-scenario", {"inputs": scenario(rain_mm_h=-5)}, "respond-async")
    job = refused.json()["jobID"]
    assert ended(served.dsn, job).state is State.FAILED
    assert served.get(f"/jobs/{job}/results").json()["code"] == "bad-forcing"


def test_what_nobody_can_mean_is_told_with_its_place(rehearsing: tuple[Served, dict[str, Any]]) -> None:
    """A number of 300 digits was kept, and no answer about its job could be written any more."""
    served, _ = rehearsing
    far: list[list[float]] = [[0, 0], [170, 80]]
    at_once = [
        (scenario(tide_m=-1e308), "tide_m"),
        (scenario(inflows=[inflow(1e308)]), "inflows/0/discharge_m3_s"),
        (scenario(breaches=[breach(width_m=1e308)]), "breaches/0/width_m"),
    ]
    for asked, where in at_once:
        refused = execute(served, "flood-scenario", {"inputs": asked}, "respond-async")
        assert (refused.status_code, refused.json()["code"]) == (400, "bad-execution")
        assert refused.json()["pointer"] == f"/inputs/{where}"
    by_the_job = [
        (scenario(area=[0, 0, 0.1, 0.1]), "outside-area", "area"),
        (scenario(dykes=[{"line": far, "crest_m": 20}]), "outside-area", "dykes/0/line"),
        (scenario(points=[{"id": "P", "at": {"point": [-180, -90]}}]), "outside-area", "points/0/at"),
        (scenario(begins_at="9999-12-31T23:59:59Z"), "bad-time", "begins_at"),
        (scenario(breaches=[breach(width_m=9e18)]), "bad-structure", "breaches/0/width_m"),
        (scenario(inflows=[inflow(9e18)]), "bad-flood-scenario", "inflows/0/discharge_m3_s"),
        (scenario(cell_m=5, duration_s=2_592_000), "run-too-long", ""),
    ]
    for asked, code, where in by_the_job:
        job = execute(served, "flood-scenario", {"inputs": asked}, "respond-async").json()["jobID"]
        assert ended(served.dsn, job).state is State.FAILED
        told = served.client.get(f"/jobs/{job}/results").json()
        assert (told["code"], told["pointer"]) == (code, f"/inputs/{where}".rstrip("/")), told


def test_an_estimate_beforehand_is_that_of_the_run(rehearsing: tuple[Served, dict[str, Any]]) -> None:
    served, told = rehearsing
    size = {name: scenario()[name] for name in ("area", "cell_m", "duration_s")}
    found = execute(served, "flood-estimate", {"inputs": size | {"breached": True}}).json()
    assert found["cells"] == told["cells"] == found["rows"] * found["columns"]
    assert (found["scheme"], found["core_s"]) == ("godunov", told["estimate_s"])
    rained = execute(served, "flood-estimate", {"inputs": size | {"rained": True}}).json()
    assert rained["scheme"] == "inertia"
    refused = execute(served, "flood-estimate", {"inputs": size | {"cell_m": 1, "area": [118, 36, 119, 37]}})
    assert (refused.status_code, refused.json()["code"]) == (422, "outside-area")


def test_who_may_not_see_what_it_was_made_from_sees_no_run(
    rehearsing: tuple[Served, dict[str, Any]],
) -> None:
    served, told = rehearsing
    with connect(served.dsn) as connection, connection.transaction():
        _, secret = access.add_key(connection, "试验", "别的局", [Role.READER], by="test")
        declared = catalogue.get(connection, "river-routes").contract
        catalogue.publish(connection, replace(declared, sharing=Sharing.CLOSED))
    held, nobody = {"X-API-Key": secret}, {"X-API-Key": "wrong"}
    home = f"/flood/runs/{told['run']}"
    until(lambda: served.get(home, headers=held).status_code == 404)
    listed = served.get("/flood/runs", headers=held).json()
    assert listed["numberMatched"] == 0
    _says_why(listed["lacking"])
    _says_why(served.get("/flood/known", headers=held).json()["lacking"])
    described = served.get("/stac/collections/flood-runs", headers=held).json()["description"]
    assert listed["lacking"]["zh"] in described and listed["lacking"]["en"] in described
    assert served.get("/flood/runs").json()["lacking"] is None
    tile = f"{home}/map/tiles/WebMercatorQuad/0/0/0"
    for address in (home, f"{home}/files/arrival.tif", f"{home}/depth.zarr/zarr.json", tile,
                    f"/stac/collections/flood-runs/items/{told['run']}"):  # fmt: skip
        assert served.get(address, headers=held).json()["code"] == "no-such-flood-run", address
        assert served.get(address, headers=nobody).status_code == 401
    with connect(served.dsn) as connection, connection.transaction():
        catalogue.publish(connection, declared)


def _says_why(lacking: dict[str, Any]) -> None:
    """The grants that are missing, and nothing of any run."""
    assert lacking["right"] == "read" and "river-routes" in lacking["layers"]
    assert set(lacking) == {"right", "layers", "zh", "en"}
    assert "river-routes" in lacking["zh"] and "读取权限" in lacking["zh"] and "river-routes" in lacking["en"]


LONG = scenario(cell_m=25, inflows=[inflow({"times_s": [0, 600, 1800], "values": [500, 5000, 5000]})])


def _under_way(dsn: str) -> list[tuple[str, float]]:
    with connect(dsn) as connection:
        return connection.execute("select run, t_s from flood.under_way").fetchall()


def _files(dsn: str, run: str) -> list[tuple[str, bytes]]:
    with connect(dsn) as connection:
        return connection.execute(
            "select name, sha256 from flood.file where run = %s order by name", (run,)
        ).fetchall()


@pytest.mark.timeout(240)
def test_a_killed_worker_is_taken_up_bit_for_bit_and_a_dismissed_run_leaves_nothing(
    database: str, tmp_path: Path
) -> None:
    with server(database, tmp_path / "server.log") as served:

        def submitted() -> str:
            answer = execute(served, "flood-scenario", {"inputs": LONG}, "respond-async")
            return str(answer.json()["jobID"])

        with worker(database, tmp_path / "doomed.log") as doomed:
            job = submitted()
            until(lambda: bool(_under_way(database)), 120)
            doomed.send_signal(signal.SIGKILL)
            doomed.wait()
        ((run, saved_s),) = _under_way(database)
        assert 0 < saved_s < LONG["duration_s"]
        assert served.get(f"/flood/runs/{run}").status_code == 404, "half a run is no run"
        with worker(database, tmp_path / "second.log"):
            over = ended(database, job)
            assert (over.state, over.attempts) == (State.SUCCESSFUL, 2)
            assert not _under_way(database)
            undisturbed = later(served, "flood-scenario", {"inputs": LONG}).json()
            assert undisturbed["run"] != run
            assert _files(database, undisturbed["run"]) == _files(database, run)
            dismissed = submitted()
            until(lambda: bool(_under_way(database)), 120)
            assert served.client.delete(f"/jobs/{dismissed}").status_code == 200
            until(lambda: not _under_way(database), 60)
        with connect(database) as connection:
            left = connection.execute(
                "select count(*) from flood.file where run not in (select id from flood.run)"
            ).fetchone()
        assert left == (0,) and len(served.get("/flood/runs").json()["runs"]) == 2
