"""Cameras, snapshots and why there is none 视频点、抓拍、缺图: typed, frozen data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from spatial.datum.clock import BEIJING


class Shot(StrEnum):
    """What became of a picture that was due."""

    KEPT = "kept"
    """已存."""
    STALE = "stale"
    """画面未更新: byte for byte the picture before; nothing new is kept."""
    MISSING = "missing"
    """无文件: the source holds no picture."""
    UNREACHABLE = "unreachable"
    """来源不可达."""
    REFUSED = "refused"
    """来源拒绝或转向: the source wants something else than a plain request."""
    OVERSIZE = "oversize"
    """超限: too many bytes or pixels."""
    NOT_AN_IMAGE = "not-an-image"
    """不是完整的图片: neither JPEG nor PNG, or cut short."""
    UNDECLARED = "undeclared"
    """来源未登记."""
    SILENT = "silent"
    """未抓拍: nobody asked; the schedule did not run."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera, as far as pictures and places go."""

    id: str
    name: str
    route: str
    bank: str
    chainage_m: float
    lon_deg: float
    lat_deg: float
    pose: dict[str, float | None]
    """``azimuth_deg``, ``tilt_deg``, ``view_deg``, ``reach_m``, ``mount_m``."""
    source: str | None
    every_s: int | None
    status: str
    synthetic: bool
    view: dict[str, Any] | None = None
    """Visible wedge 可视扇面, GeoJSON."""

    @property
    def due(self) -> bool:
        """Whether pictures are taken of it."""
        return self.status == "in-service" and self.source is not None and self.every_s is not None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read whole and is one."""

    content: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture that was due at an instant, or why there is none."""

    camera: str
    slot: datetime
    """When it was due, Beijing time."""
    taken_at: datetime
    state: Shot
    detail: str = ""
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    sha512: str | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without pictures, typed."""

    state: Shot
    start: datetime
    """The first that is missing."""
    end: datetime
    """The last."""
    expected: int
    detail: str = ""


def slot_of(instant: datetime, every_s: int) -> datetime:
    """The instant that a picture was last due at, counted from midnight of Beijing.

    >>> slot_of(datetime(2026, 7, 1, 8, 7, tzinfo=BEIJING), 600).isoformat()
    '2026-07-01T08:00:00+08:00'
    """
    local = instant.astimezone(BEIJING)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    past = int((local - midnight).total_seconds())
    return midnight + timedelta(seconds=past - past % every_s)


def gaps(snapshots: Sequence[Snapshot], every_s: int) -> tuple[Gap, ...]:
    """What is missing of a series in order of time, neighbours of one kind together."""
    step = timedelta(seconds=every_s)
    found: list[Gap] = []

    def add(gap: Gap) -> None:
        if found and found[-1].state is gap.state and gap.start - found[-1].end <= step:
            last = found.pop()
            gap = Gap(gap.state, last.start, gap.end, last.expected + gap.expected, last.detail)
        found.append(gap)

    for before, one in pairwise((None, *snapshots)):
        assert one is not None
        if before is not None and (missed := (one.slot - before.slot) // step - 1) > 0:
            add(Gap(Shot.SILENT, before.slot + step, one.slot - step, missed))
        if one.state is not Shot.KEPT:
            add(Gap(one.state, one.slot, one.slot, 1, one.detail))
    return tuple(found)
