"""Events along a river after its centre line was redrawn 换版: the same ground, by new chainage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from water.network.centreline import Centreline, inverse_m

STAYED_M: Final = 0.001
FARTHEST_M: Final = 5_000.0
"""What lies farther from the new line than that is told as lost, not carried over."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something at a chainage of one version of a route."""

    id: str
    chainage_m: float
    offset_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Rebased:
    """An event in the version before and, where it could be carried over, in the new one."""

    before: Event
    after: Event | None
    """None: beyond an end of the new line, or far from it; somebody has to say where it belongs."""
    shift_m: float | None
    """By how much its chainage changed; what lay downstream may have moved by a cut bend."""
    ground_m: float | None
    """Between its place before and the place that the new chainage and offset tell."""
    reason: str | None = None
    """Of one that is lost: ``before-beginning``, ``beyond-end`` or ``far``."""

    @property
    def moved(self) -> bool:
        """Its chainage or its offset reads differently now."""
        return self.after is None or max(
            abs(self.after.chainage_m - self.before.chainage_m),
            abs(self.after.offset_m - self.before.offset_m),
        ) > STAYED_M  # fmt: skip


def rebase(old: Centreline, new: Centreline, events: Sequence[Event]) -> list[Rebased]:
    """Every event in the new version of its route, in the order given.

    The ground it stands on is kept: it is found by the old line and told by the new one, so an
    event on the old line gets the distance between the lines as its offset. ``BeyondEnd`` where
    one of them was never on the old line.
    """
    if not events:
        return []
    ground = old.places([each.chainage_m for each in events], [each.offset_m for each in events])
    found = new.locate(ground)
    told: list[Rebased] = []
    lost = np.isnan(found.chainage_m) | (np.abs(found.offset_m) > FARTHEST_M)
    kept = np.flatnonzero(~lost)
    apart = np.full(len(events), np.nan)
    if len(kept):
        there = new.places(found.chainage_m[kept], found.offset_m[kept])
        apart[kept] = inverse_m(ground[kept], there)
    for place, event in enumerate(events):
        if lost[place]:
            told.append(
                Rebased(event, None, None, None, _reason(found.chainage_m[place], found.at_end[place]))
            )
            continue
        chainage, offset = round(float(found.chainage_m[place]), 4), round(float(found.offset_m[place]), 4)
        after = Event(event.id, chainage, offset + 0.0)
        told.append(Rebased(event, after, round(chainage - event.chainage_m, 4), float(apart[place])))
    return told


def _reason(chainage_m: float, at_end: bool) -> str:
    if not np.isnan(chainage_m):
        return "far"
    return "beyond-end" if at_end else "before-beginning"
