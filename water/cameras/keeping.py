"""Snapshots into the archive 抓拍归档: a version a day of a camera, with the list of what came.

A day is built the same every time, so that a run killed between the archive and the register finds its
version again and enters nothing twice. A picture leaves the database once the archive holds its day, never
before.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from water.archive import holdings, migrate, reading, storage
from water.archive.deposit import Edit
from water.archive.holdings import Holdings
from water.archive.log import LogState
from water.archive.model import Agent, ObjectId
from water.archive.premis import Event
from water.archive.storage import Copy
from water.cameras import store
from water.cameras.layers import CAMERAS
from water.cameras.model import Shot, Snapshot
from water.moment import Moment

AGENT: Final = Agent("camera-archive", "一张图 One Map")
LISTED: Final = "snapshots.csv"
_SLOTS_MOST: Final = 24 * 60 + 1
_COLUMNS: Final = ("slot", "taken_at", "state", "detail", "file", "media_type", "width", "height", "bytes")


@dataclass(frozen=True, slots=True)
class Kept:
    """A day that the archive holds now."""

    camera: str
    day: date
    object: str
    version: int
    pictures: int


def place(snapshot: Snapshot) -> str:
    """The path of a picture within its object.

    >>> from datetime import UTC
    >>> at = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
    >>> place(Snapshot("C", at, at, Shot.KEPT))
    '2026/07/01/080000.tif'
    """
    return f"{snapshot.slot.astimezone(BEIJING):%Y/%m/%d/%H%M%S}.tif"


def archive(connection: Connection, now: datetime) -> tuple[Kept, ...]:
    """Enter every day that is over and not entered yet; ArchiveAway where no copy can be reached."""
    with connection.transaction():
        days = store.open_days(connection, now.astimezone(BEIJING).date())
    return tuple(_day(connection, camera, day, now) for camera, day in days)


def proven(copy: Copy, object_id: str, version: int, snapshot: Snapshot) -> bytes:
    """A picture out of the archive, compared with what was entered."""
    return reading.content(copy, object_id, version, place(snapshot))


def _day(connection: Connection, camera: str, day: date, now: datetime) -> Kept:
    midnight = datetime.combine(day, time(), BEIJING)
    with connection.transaction(), TemporaryDirectory() as folder:
        found = store.snapshots(connection, camera, midnight, midnight + timedelta(days=1), _SLOTS_MOST)
        told = store.cameras(connection, Moment(midnight), [camera])
        pictures, events = _pictures(connection, found, Path(folder))
        listed = f"{day:%Y/%m/%d}/{LISTED}"
        files: dict[str, Path | bytes] = {listed: _list(found), **pictures}
        first = Holdings.of(connection).first
        held = _held(first, f"{CAMERAS}/{camera}", midnight, listed)
        if held is None:
            edit = Edit(
                f"{CAMERAS}/{camera}",
                told[0].name if told else camera,
                f"{day.isoformat()} 抓拍 snapshots",
                AGENT,
                midnight + timedelta(days=1) - timedelta(seconds=1),
                files,
                synthetic=bool(told) and told[0].synthetic,
                events=tuple(events),
            )
            receipt = holdings.ingest(connection, edit)
            held = str(receipt.object), receipt.version
        store.archived(connection, camera, day, *held, now)
    return Kept(camera, day, *held, len(pictures))


def _pictures(
    connection: Connection, found: Sequence[Snapshot], folder: Path
) -> tuple[dict[str, Path], list[Event]]:
    made: dict[str, Path] = {}
    events = []
    for number, snapshot in enumerate(found):
        content = store.picture(connection, snapshot.camera, snapshot.slot)
        if snapshot.state is not Shot.KEPT or content is None:
            continue
        suffix = ".png" if snapshot.media_type == "image/png" else ".jpg"
        source, target = folder / f"{number}{suffix}", folder / f"{number}.tif"
        source.write_bytes(content)
        name = place(snapshot)
        _, event = migrate.to_tiff(source, target, name.removesuffix(".tif") + suffix, snapshot.taken_at)
        made[name] = target
        events.append(event)
    return made, events


def _list(found: Sequence[Snapshot]) -> bytes:
    """What came and what did not, with the digests of every picture as it came."""
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\n")
    lines.writerow([*_COLUMNS, "sha256", "sha512"])
    for each in found:
        file = place(each).rpartition("/")[2] if each.state is Shot.KEPT else ""
        lines.writerow(
            [
                *(each.slot.isoformat(), each.taken_at.isoformat(), each.state.value, each.detail, file),
                *(each.media_type, each.width, each.height, each.size_bytes, each.sha256, each.sha512),
            ]
        )
    return written.getvalue().encode()


def _held(copy: Copy, work: str, day: datetime, listed: str) -> tuple[str, int] | None:
    """The version that holds a day already, where a run was killed after it was entered."""
    of = ObjectId.of(copy.city, work, day)
    for object_id in LogState.read(copy.place).versions:
        one = ObjectId.parse(object_id)
        if (one.work, one.first_year) != (of.work, of.first_year):
            continue
        inventory = storage.require_inventory(copy, object_id)
        for number in range(1, inventory.head + 1):
            if any(each.path == listed for each in reading.entries(copy, object_id, number)):
                return object_id, number
    return None
