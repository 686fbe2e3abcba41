"""Which limits are due to be watched again 应监测项: when something they rest on has changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

QUIET: Final = timedelta(seconds=2)
"""After the last changeset so long is waited for another one: many in a row are watched at once."""
AT_MOST: Final = timedelta(seconds=30)
"""A change is watched after so long, however many more keep coming."""
AGAIN: Final = timedelta(minutes=10)
"""After so long a watch that failed is tried anew."""


@dataclass(frozen=True, slots=True)
class Queued:
    """What a limit was last queued to be watched for."""

    heads: Mapping[str, int]
    """Newest changeset of each layer it rests on; a layer without one is not named."""
    limit_value: int
    day: date
    failed_at: datetime | None = None
    """Where that watch failed."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A limit that has a figure in a region, as it stands now."""

    code: str
    region: str
    limit_value: int
    layers: tuple[str, ...]
    queued: Queued | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest changeset of a layer."""

    changeset: int
    recorded_at: datetime


def due(
    one: Watched, heads: Mapping[str, Head], first_unseen: datetime | None, now: datetime, day: date
) -> bool:
    """Whether a limit is to be watched now.

    ``first_unseen`` is when the first changeset was recorded that it was not queued for.
    """
    queued = one.queued
    if queued is None or (queued.limit_value, queued.day) != (one.limit_value, day):
        return True
    if queued.failed_at is not None and now - queued.failed_at >= AGAIN:
        return True
    newest = [heads[layer].recorded_at for layer in moved(one, heads)]
    if not newest or first_unseen is None:
        return False
    return now - max(newest) >= QUIET or now - first_unseen >= AT_MOST


def moved(one: Watched, heads: Mapping[str, Head]) -> list[str]:
    """The layers of a limit that have a changeset it was not queued for."""
    before = {} if one.queued is None else one.queued.heads
    return [layer for layer in one.layers if layer in heads and heads[layer].changeset != before.get(layer)]


def unseen_since(one: Watched, heads: Mapping[str, Head]) -> dict[str, int]:
    """Of each layer that has moved, the changeset it was queued for; 0 where there was none."""
    before = {} if one.queued is None else one.queued.heads
    return {layer: before.get(layer, 0) for layer in moved(one, heads)}


def of_one_region(chosen: Sequence[Watched]) -> tuple[Watched, ...]:
    """Those of the first region: they are measured in one go."""
    return tuple(one for one in chosen if one.region == chosen[0].region)
