"""Snapshots: what is a picture, why there is none, nothing lost at a kill, a version a day in the archive."""

from __future__ import annotations

import csv
import errno
import hashlib
import http.server
import io
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from archive_copies import failing, ocfl_root_sound
from rasterio.io import MemoryFile

from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import DiskFull
from spatial.history.model import Intent
from water import layer_store
from water.archive import holdings, reading, storage, verify
from water.archive import store as register
from water.cameras import keeping, layers, snapshots, store
from water.cameras.model import Camera, Gap, Shot, Snapshot, gaps, slot_of
from water.cameras.picture import BYTES_MOST, NoPicture, checked
from water.cameras.source import CameraSource, Kind, fetch
from water.errors import ArchiveAway, ArchiveDamaged, CameraRefused
from water.moment import Moment

DAY = datetime(2026, 7, 1, tzinfo=BEIJING)
MINUTE = timedelta(minutes=1)


def picture(number: int, driver: str = "JPEG", size: int = 32) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 255, (3, size, size), dtype=np.uint8)
    with MemoryFile() as memory:
        with memory.open(driver=driver, width=size, height=size, count=3, dtype="uint8") as target:
            target.write(pixels)
        return bytes(memory.read())


def pixels(content: bytes) -> Any:
    with MemoryFile(content) as memory, memory.open() as source:
        return source.read()


def refusal(content: bytes) -> Shot:
    with pytest.raises(NoPicture) as told:
        checked(content)
    return told.value.state


def test_a_picture_is_one_to_its_last_byte() -> None:
    for driver, kind in (("JPEG", "image/jpeg"), ("PNG", "image/png")):
        whole = picture(1, driver)
        found = checked(whole)
        assert (found.media_type, found.width, found.height, found.content) == (kind, 32, 32, whole)
        assert refusal(whole[: len(whole) // 2]) is Shot.NOT_AN_IMAGE
        assert refusal(whole[:40] + whole[-12:]) is Shot.NOT_AN_IMAGE  # begins and ends like one
    for content in (b"", b"<html>login</html>", b"GIF89a" + bytes(90), picture(1, "GTiff")):
        assert refusal(content) is Shot.NOT_AN_IMAGE
    assert refusal(picture(1) + bytes(BYTES_MOST)) is Shot.OVERSIZE
    bomb = bytearray(picture(1, "PNG"))
    bomb[16:24] = (100_000).to_bytes(4, "big") * 2
    assert refusal(bytes(bomb)) in (Shot.OVERSIZE, Shot.NOT_AN_IMAGE)


def asked(source: CameraSource) -> Shot:
    with pytest.raises(NoPicture) as told:
        fetch(source)
    return told.value.state


def test_a_folder_gives_its_newest_picture(tmp_path: Path) -> None:
    source = CameraSource("a", Kind.FOLDER, str(tmp_path))
    assert asked(source) is Shot.MISSING
    for number, name in enumerate(("b.jpg", "a.png", "note.txt", ".half.jpg")):
        (tmp_path / name).write_bytes(name.encode())
        os.utime(tmp_path / name, (1000 + number, 1000 + number))
    (tmp_path / "z.jpg").symlink_to("/etc/passwd")
    assert fetch(source) == b"a.png"
    with (tmp_path / "huge.jpg").open("wb") as file:
        file.truncate(BYTES_MOST + 1)
    assert asked(source) is Shot.OVERSIZE
    assert asked(CameraSource("b", Kind.FOLDER, str(tmp_path / "gone"))) is Shot.UNREACHABLE


class Device(http.server.BaseHTTPRequestHandler):
    """A camera that answers by the last part of the address."""

    def do_GET(self) -> None:
        if self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            with suppress(ConnectionError):  # who asks hangs up
                for _ in range(BYTES_MOST // (1 << 20) + 2):
                    self.wfile.write(bytes(1 << 20))
            return
        if self.path == "/short":
            self.send_response(200)
            self.send_header("content-length", "100000")
            self.end_headers()
            self.wfile.write(picture(3))
            return
        status = {"/snap": 200, "/away": 302, "/secret": 401, "/gone": 404, "/broken": 500}[self.path]
        self.send_response(status)
        self.send_header("location", "/snap")
        self.end_headers()
        if status == 200:
            self.wfile.write(picture(2))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def device() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Device) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_an_address_is_asked_and_no_other(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetch(CameraSource("a", Kind.HTTP, f"{device}/snap")) == picture(2)
    told = {path: asked(CameraSource("a", Kind.HTTP, f"{device}/{path}")) for path in PATHS}
    assert told == PATHS
    assert asked(CameraSource("a", Kind.HTTP, "http://127.0.0.1:9/")) is Shot.UNREACHABLE
    seconds = iter(range(0, 1000, 20))
    with pytest.raises(NoPicture, match="30 s"):
        fetch(CameraSource("a", Kind.HTTP, f"{device}/endless"), lambda: next(seconds))


PATHS = {
    "away": Shot.REFUSED,
    "secret": Shot.REFUSED,
    "gone": Shot.MISSING,
    "broken": Shot.UNREACHABLE,
    "short": Shot.NOT_AN_IMAGE,
    "endless": Shot.OVERSIZE,
}


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (Kind.FOLDER, "pictures"),
        (Kind.HTTP, "file:///etc/passwd"),
        (Kind.HTTP, "http://admin:secret@10.0.0.8/"),
        (Kind.HTTP, "/snap"),
    ],
)
def test_what_is_no_source(kind: Kind, address: str) -> None:
    with pytest.raises(CameraRefused):
        CameraSource("a", kind, address)


def test_gaps_are_typed_and_together() -> None:
    def at(minute: int, state: Shot, detail: str = "") -> Snapshot:
        return Snapshot("C", DAY + MINUTE * minute, DAY + MINUTE * minute, state, detail)

    series = [
        at(0, Shot.KEPT), at(10, Shot.MISSING, "no"), at(20, Shot.MISSING), at(30, Shot.STALE),
        at(60, Shot.KEPT), at(70, Shot.KEPT),
    ]  # fmt: skip
    assert gaps(series, 600) == (
        Gap(Shot.MISSING, DAY + MINUTE * 10, DAY + MINUTE * 20, 2, "no"),
        Gap(Shot.STALE, DAY + MINUTE * 30, DAY + MINUTE * 30, 1),
        Gap(Shot.SILENT, DAY + MINUTE * 40, DAY + MINUTE * 50, 2),
    )
    assert gaps([], 600) == () and slot_of(DAY + MINUTE * 19, 600) == DAY + MINUTE * 10


@pytest.fixture
def watched(connection: Connection) -> Connection:
    """Three cameras; one has a source, one a source that nobody declared, one is not in service."""
    layers.publish(connection)
    told = {
        "C-1": ("north", 600, "in-service"),
        "C-2": ("nobody", 600, "in-service"),
        "C-3": ("north", 600, "planned"),
    }
    rows = [
        {
            "fid": key, "camera_id": key, "name": f"合成视频点 {key}", "route_id": "R", "bank": "left",
            "chainage_m": 5.0, "kind": "fixed", "azimuth_deg": 0.0, "view_deg": 60.0, "reach_m": 50.0,
            "source": source, "every_s": every, "status": status, "data_nature": "合成数据",
            "geom": shapely.to_wkb(shapely.Point(118.7, 36.8)),
        }
        for key, (source, every, status) in told.items()
    ]  # fmt: skip
    intent = Intent("李工", "水利局", "测试", datetime(2026, 1, 1, tzinfo=BEIJING))
    layer_store.put(connection, layers.CAMERAS, rows, intent)
    store.declare(connection, CameraSource("north", Kind.HTTP, "http://10.0.0.8/"))
    connection.commit()
    connection.autocommit = True
    return connection


class Film:
    """A source that gives the pictures it was loaded with, one after another; dies where told."""

    def __init__(self, *frames: bytes | NoPicture | BaseException) -> None:
        self.frames = list(frames)

    def __call__(self, source: CameraSource) -> bytes:
        assert source.name == "north"
        frame = self.frames.pop(0)
        if isinstance(frame, BaseException):
            raise frame
        return frame


def one(connection: Connection, minute: int, *frames: bytes | BaseException) -> snapshots.Taken:
    found = snapshots.take(connection, DAY + MINUTE * minute, ["C-1"], Film(*frames))
    assert len(found) == 1
    return found[0]


def test_what_is_due_is_taken_once_and_a_gap_may_be_tried_again(watched: Connection) -> None:
    states = {each.camera: each.state for each in snapshots.take(watched, DAY, ask=Film(picture(1)))}
    assert states == {"C-1": Shot.KEPT, "C-2": Shot.UNDECLARED}
    assert not one(watched, 5).fresh  # the slot is kept: nobody is asked
    assert one(watched, 10, picture(1)).state is Shot.STALE
    assert one(watched, 12, b"<html>").state is Shot.NOT_AN_IMAGE
    assert one(watched, 14, picture(2)).state is Shot.KEPT
    with pytest.raises(KeyboardInterrupt):
        one(watched, 20, KeyboardInterrupt())
    assert one(watched, 21, picture(3)).state is Shot.KEPT
    found = store.snapshots(watched, "C-1", DAY, DAY + MINUTE * 60, 99)
    assert [(each.slot, each.state) for each in found] == [(DAY + MINUTE * n, Shot.KEPT) for n in (0, 10, 20)]
    assert found[1].sha256 == hashlib.sha256(picture(2)).hexdigest()
    assert found[1].sha512 == hashlib.sha512(picture(2)).hexdigest()
    assert store.picture(watched, "C-1", DAY + MINUTE * 10) == picture(2)
    for statement in ("update water.camera_snapshot set detail = 'x'", "delete from water.camera_snapshot"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            watched.execute(f"{statement} where camera = 'C-1'")


def test_a_day_is_a_version_and_a_kill_between_makes_no_second(
    watched: Connection, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute, frame in ((0, picture(1)), (10, b"no"), (20, picture(2, "PNG"))):
        one(watched, minute, frame)
    later = DAY + timedelta(days=1, hours=1)
    with pytest.raises(ArchiveAway):
        keeping.archive(watched, later)
    assert store.picture(watched, "C-1", DAY) == picture(1), "no copy can be reached: nothing is lost"
    copy = storage.create(memory / "a", "甲", "370783")
    register.register(watched, "甲", copy.place, later)
    assert keeping.archive(watched, DAY + timedelta(hours=20)) == (), "a day is over first"

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(store, "archived", killed)
        keeping.archive(watched, later)
    assert store.days(watched, "C-1") == {} and store.picture(watched, "C-1", DAY) == picture(1)
    (kept,) = keeping.archive(watched, later)
    assert keeping.archive(watched, later) == ()
    assert (kept.version, kept.pictures) == (1, 2) and store.picture(watched, "C-1", DAY) is None
    assert storage.require_inventory(copy, kept.object).head == 1
    day = reading.content(copy, kept.object, 1, "2026/07/01/snapshots.csv").decode()
    listed = list(csv.DictReader(io.StringIO(day)))
    assert [each["state"] for each in listed] == ["kept", "not-an-image", "kept"]
    assert listed[0]["sha512"] == hashlib.sha512(picture(1)).hexdigest()
    snapshot = store.snapshots(watched, "C-1", DAY, later, 9)[2]
    entered = keeping.proven(copy, kept.object, 1, snapshot)
    assert np.array_equal(*(pixels(each) for each in (entered, picture(2, "PNG"))))
    one(watched, 24 * 60 + 10, picture(4))
    (second,) = keeping.archive(watched, later + timedelta(days=1))
    assert (second.object, second.version) == (kept.object, 2)
    assert keeping.proven(copy, second.object, 2, snapshot), "the newest state shows every day"
    assert verify.check_copy(copy).ok and ocfl_root_sound(copy)
    assert holdings.standings(watched)[0].head is not None


def test_a_disk_that_fills_up_in_the_middle_of_a_day_loses_nothing(watched: Connection, memory: Path) -> None:
    one(watched, 0, picture(1))
    later = DAY + timedelta(days=1)
    copy = storage.create(memory / "a", "甲", "370783")
    register.register(watched, "甲", copy.place, later)
    base = memory / "base"
    shutil.copytree(copy.place, base)

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with failing(10**6, full) as steps, watched.transaction(force_rollback=True):
        keeping.archive(watched, later)
    assert len(steps) > 40
    for at in range(1, len(steps) - 4, 11):
        shutil.rmtree(copy.place)
        shutil.copytree(base, copy.place)
        with watched.transaction(force_rollback=True):  # the register forgets what this copy never had
            with failing(at, full), pytest.raises(DiskFull):
                keeping.archive(watched, later)
            assert store.days(watched, "C-1") == {} and store.picture(watched, "C-1", DAY) == picture(1)
            (kept,) = keeping.archive(watched, later)
            assert kept.version == 1 and store.picture(watched, "C-1", DAY) is None
        assert verify.check_copy(copy).ok and ocfl_root_sound(copy)
        assert storage.require_inventory(copy, kept.object).head == 1


def test_a_picture_that_the_archive_lost_is_told_as_damage(watched: Connection, memory: Path) -> None:
    one(watched, 0, picture(1))
    later = DAY + timedelta(days=1)
    copy = storage.create(memory / "a", "甲", "370783")
    register.register(watched, "甲", copy.place, later)
    (kept,) = keeping.archive(watched, later)
    (snapshot,) = store.snapshots(watched, "C-1", DAY, later, 9)
    (file,) = copy.root.rglob("000000.tif")
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-1])
    for damage in (None, file.unlink):
        if damage is not None:
            damage()
        with pytest.raises(ArchiveDamaged, match=r"000000\.tif"):
            keeping.proven(copy, kept.object, 1, snapshot)
        (finding,) = verify.check_copy(copy).findings
        assert "000000.tif" in finding.path


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.fault
@pytest.mark.parametrize("committed", [False, True])
def test_killed_before_and_after_the_commit(watched: Connection, committed: bool) -> None:
    def ask(_: CameraSource) -> bytes:
        if not committed:
            die()
        return picture(1)

    child = os.fork()
    if child == 0:
        try:
            with psycopg.connect(watched.info.dsn, autocommit=True) as own:
                snapshots.take(own, DAY, ["C-1"], ask)
                die()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert len(store.snapshots(watched, "C-1", DAY, DAY + MINUTE, 9)) == committed
    again = one(watched, 5, *([] if committed else [picture(1)]))
    assert again.state is Shot.KEPT and again.fresh is not committed
    assert store.picture(watched, "C-1", DAY) == picture(1)


def test_cameras_tell_their_pose(watched: Connection) -> None:
    found = store.cameras(watched, Moment(DAY), ["C-1"])
    assert [(each.id, each.pose["view_deg"], each.due, each.synthetic) for each in found] == [
        ("C-1", 60.0, True, True)
    ]
    assert isinstance(found[0], Camera) and found[0].view is None
