"""Cameras of the rivers over HTTP: their wedge and chainage, met on the way, snapshots with their proof."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pytest
import shapely
from api_serving import Served, database_of, server
from jobs_done import get
from jobs_done import outcome as job
from pyproj import Geod
from rasterio.io import MemoryFile

from spatial.database import connect
from spatial.datum import BEIJING
from water.archive import merkle, storage, store
from water.cameras import layers
from water.cameras.source import CameraSource, Kind
from water.cameras.store import declare
from water.sample import loading

SIGNED = {"author": "李工", "department": "寿光市水利局", "reason": "测试", "day": "2026-03-01"}
CAMERA = {
    "camera_id": "C-1", "name": "合成视频点", "kind": "fixed", "azimuth_deg": 90.0, "view_deg": 60.0,
    "reach_m": 100.0, "tilt_deg": 8.0, "mount_m": 8.0, "source": "north", "every_s": 86400,
    "status": "in-service", "data_nature": "合成数据",
}  # fmt: skip
ALONG = "/linked-data/river-routes/SYN-ROUTE-MI/navigation/DM"


@pytest.fixture(scope="module")
def rivers(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample rivers, without works."""
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        with connect(dsn) as connection, connection.transaction():
            layers.publish(connection)
        log = tmp_path_factory.mktemp("cameras") / "server.log"
        with server(dsn, log) as running:
            yield running
        assert "unexpected failure" not in log.read_text()


@pytest.fixture(scope="module")
def camera(rivers: Served) -> dict[str, Any]:
    """A camera 40 m to the left of the river where the chainage is 90 km."""
    places = job(
        rivers, "river-locate", route="SYN-ROUTE-MI", chainages=[{"chainage": "K90+000", "offset_m": -40}]
    )
    (place,) = places["result"]["places"]
    position = place["coordinates"]
    seen = job(rivers, "camera-record", **CAMERA, **SIGNED, position=position, preview=True)
    assert seen["changesets"] == [] and get(rivers, "/rivers/cameras")["cameras"] == []
    done = job(rivers, "camera-record", **CAMERA, **SIGNED, position=position)
    assert len(done["changesets"]) == 2
    return {**done, "position": position}


def test_a_camera_has_its_chainage_bank_and_wedge(rivers: Served, camera: dict[str, Any]) -> None:
    assert (camera["route_id"], camera["bank"]) == ("SYN-ROUTE-MI", "left")
    assert camera["chainage_m"] == pytest.approx(90_000, abs=0.01) and camera["away_m"] == pytest.approx(
        40, abs=0.01
    )
    told = get(rivers, "/rivers/cameras/C-1")
    assert told["chainage"].startswith("K90+000") and told["synthetic"] and told["latest"] is None
    wedge, geod = shapely.geometry.shape(told["view"]), Geod(ellps="GRS80")
    for turn, within in ((0, True), (25, True), (-25, True), (35, False), (180, False)):
        lon, lat, _ = geod.fwd(*camera["position"], 90 + turn, 80)
        assert wedge.contains(shapely.Point(lon, lat)) is within
    area, _ = geod.geometry_area_perimeter(wedge)
    assert abs(area) == pytest.approx(np.pi * 100**2 / 6, rel=5e-3)
    far = job(rivers, "camera-record", **{**CAMERA, **SIGNED, "position": [118.0, 38.5], "camera_id": "C-9"})
    assert far["code"] == "off-river"
    assert rivers.get("/rivers/cameras/C-9").json()["code"] == "no-such-camera"


def test_it_is_met_going_down_the_river(rivers: Served, camera: dict[str, Any]) -> None:
    (found,) = get(rivers, f"{ALONG}/cameras?chainage=K85%2B000&distance=10&datetime=2026-04-01")["features"]
    assert found["id"] == "C-1" and found["river"]["distance_km"] == pytest.approx(5, abs=0.01)
    assert found["river"]["bank"] == "left"
    assert not get(rivers, f"{ALONG}/cameras?chainage=K95%2B000&distance=10&datetime=2026-04-01")["features"]


def snap(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 255, (3, 24, 32), dtype=np.uint8)
    with MemoryFile() as memory:
        with memory.open(driver="PNG", width=32, height=24, count=3, dtype="uint8") as target:
            target.write(pixels)
        return bytes(memory.read())


def test_snapshots_are_listed_by_time_and_proven_by_the_archive(
    rivers: Served, camera: dict[str, Any], tmp_path: Path
) -> None:
    with connect(rivers.dsn) as connection, connection.transaction():
        declare(connection, CameraSource("north", Kind.FOLDER, str(tmp_path)))
    yesterday = datetime.now(BEIJING) - timedelta(days=1)
    assert job(rivers, "camera-snapshot")["gaps"] == [
        {"camera": "C-1", "state": "missing", "detail": "no picture in the folder"}
    ]
    (tmp_path / "a.png").write_bytes(snap(1))
    assert job(rivers, "camera-snapshot", camera="C-1") == {"cameras": 1, "kept": 1, "gaps": []}
    (told,) = get(rivers, "/rivers/cameras/C-1/snapshots")["snapshots"]
    assert told["sha256"] == hashlib.sha256(snap(1)).hexdigest() and told["archived"] is None
    picture = rivers.get(told["href"])
    assert picture.content == snap(1) and picture.headers["content-type"] == "image/png"
    with connect(rivers.dsn) as connection, connection.transaction():  # what was taken today is of yesterday
        connection.execute("alter table water.camera_picture drop constraint camera_picture_camera_slot_fkey")
        for table in ("camera_snapshot", "camera_picture"):
            connection.execute(f"alter table water.{table} disable trigger user")
            connection.execute(f"update water.{table} set slot = slot - interval '1 day'")
            connection.execute(f"alter table water.{table} enable trigger user")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place:
        with connect(rivers.dsn, autocommit=True) as connection:
            copy = storage.create(Path(place) / "a", "a", "370783")
            store.register(connection, "a", copy.place, datetime.now(BEIJING))
        (day,) = job(rivers, "camera-archive")["days"]
        assert (day["camera"], day["pictures"], day["version"]) == ("C-1", 1, 1)
        start = quote((yesterday - timedelta(days=1)).isoformat(), safe="")
        (told,) = get(rivers, f"/rivers/cameras/C-1/snapshots?start={start}")["snapshots"]
        held = told["archived"]
        proof, version = (get(rivers, held[each]) for each in ("proof", "href"))
        entered = {each["path"]: each["sha512"] for each in version["files"]}
        picture = rivers.get(told["href"])
        assert picture.headers["content-type"] == "image/tiff"
        assert hashlib.sha512(picture.content).hexdigest() == entered[held["path"]]
        leaf = merkle.leaf_hash(proof["entry"].encode())
        path = [bytes.fromhex(step) for step in proof["path"]]
        assert merkle.included(leaf, proof["index"], proof["size"], path, bytes.fromhex(proof["root"]))
        with connect(rivers.dsn, autocommit=True) as connection:
            store.forget(connection, "a")
    assert rivers.get("/rivers/cameras/C-1/snapshots/2020-01-01T00:00:00Z").json()["code"] == "no-such-camera"
    assert rivers.get("/rivers/cameras/C-1/snapshots/never").json()["parameter"] == "slot"
    assert unquote(told["href"]).endswith(told["slot"])
