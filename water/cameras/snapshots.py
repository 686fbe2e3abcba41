"""Taking snapshots 抓拍: a picture a camera and slot, kept at once with its digests, or a typed gap.

Killed at any instant it has either kept a picture or not begun: the next run takes what is due and not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha512

from spatial.database import Connection
from water.cameras import store
from water.cameras.model import Camera, Shot, Snapshot, slot_of
from water.cameras.picture import NoPicture, checked
from water.cameras.source import CameraSource, fetch
from water.moment import Moment

Fetch = Callable[[CameraSource], bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a camera."""

    camera: str
    slot: datetime
    state: Shot
    detail: str
    fresh: bool
    """False where the slot had been kept before."""


def take(
    connection: Connection, now: datetime, ids: Sequence[str] | None = None, ask: Fetch = fetch
) -> tuple[Taken, ...]:
    """Take what is due of every camera in service that has a source, each in its own transaction."""
    with connection.transaction():
        found = [each for each in store.cameras(connection, Moment(now), ids) if each.due]
        declared = store.sources(connection)
    return tuple(_one(connection, each, declared, now, ask) for each in found)


def _one(
    connection: Connection, camera: Camera, declared: dict[str, CameraSource], now: datetime, ask: Fetch
) -> Taken:
    assert camera.every_s is not None and camera.source is not None
    slot = slot_of(now, camera.every_s)
    with connection.transaction():
        before = store.last(connection, camera.id, Shot.KEPT)
        closed = slot.date() in store.days(connection, camera.id)
    if closed or (before is not None and before.slot >= slot):
        return Taken(camera.id, slot, Shot.KEPT, "", fresh=False)
    source = declared.get(camera.source)
    try:
        if source is None:
            raise NoPicture(Shot.UNDECLARED, camera.source)
        found = checked(ask(source))
        digest = sha256(found.content).hexdigest()
        if before is not None and before.sha256 == digest:
            raise NoPicture(Shot.STALE, f"as of {before.slot.isoformat()}")
        snapshot = Snapshot(
            *(camera.id, slot, now, Shot.KEPT, "", found.media_type, found.width, found.height),
            *(len(found.content), digest, sha512(found.content).hexdigest()),
        )
        content: bytes | None = found.content
    except NoPicture as failure:
        snapshot, content = Snapshot(camera.id, slot, now, failure.state, failure.detail), None
    with connection.transaction():
        fresh = store.keep(connection, snapshot, content)
    return Taken(camera.id, slot, snapshot.state, snapshot.detail, fresh)
