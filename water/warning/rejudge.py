"""Re-judging 重新判定: what late and corrected readings change in what should have been told. Pure.

What was told stays told. The time that was judged already is judged once more with all that is known of it by
now; where the colour at its end is another one, that is told at the evaluation that found it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spatial.datum import format_instant


@dataclass(frozen=True, slots=True)
class Moved:
    """A change of colour: which station, when, by which value, from what to what."""

    place: int
    at_s: float
    value: float | None
    before: int
    after: int
    rejudged: bool = False
    """Whether it was found by judging a time once more."""


@dataclass(frozen=True, slots=True)
class Late:
    """Readings of a station that were not judged as they are known by now."""

    place: int
    from_s: float
    """Of the earliest of them."""
    late: int
    corrected: int


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A station whose past was judged once more."""

    late: Late
    told: int
    """The colour that stood."""
    found: int
    """The colour that stands at the end of that time by all that is known now."""
    moves: tuple[Moved, ...] = field(default=())
    """What would have been told within it."""

    def to_json(self, told_at: Sequence[datetime]) -> list[dict[str, Any]]:
        """The moves as they are kept; ``told_at``: their instants."""
        return [
            {"at": format_instant(at), "value": one.value, "before": one.before, "after": one.after}
            for one, at in zip(self.moves, told_at, strict=True)
        ]


def collapse(
    moves: Sequence[Moved], late: Late, told: int, begun: int, heard_s: float, at_s: float
) -> tuple[list[Moved], Rejudged]:
    """What follows from judging a station again: at most one change for the time up to ``heard_s``, which was
    judged already and in which ``told`` stood at the end; then what is new.

    >>> late = Late(0, 50.0, 1, 0)
    >>> again = [Moved(0, 50.0, 22.0, 0, 2), Moved(0, 90.0, 20.0, 2, 0), Moved(0, 120.0, 23.0, 0, 3)]
    >>> shown, found = collapse(again, late, told=0, begun=0, heard_s=100.0, at_s=130.0)
    >>> [(each.at_s, each.after) for each in shown], found.found, len(found.moves)
    ([(120.0, 3)], 0, 2)
    >>> shown, found = collapse(again[:1], late, told=0, begun=0, heard_s=100.0, at_s=130.0)
    >>> [(each.at_s, each.before, each.after, each.rejudged) for each in shown], found.found
    ([(130.0, 0, 2, True)], 2)
    """
    past = tuple(each for each in moves if each.at_s <= heard_s)
    new = [each for each in moves if each.at_s > heard_s]
    found = past[-1].after if past else begun
    shown = list[Moved]()
    if found != told:
        value = past[-1].value if past else None
        # Told at its evaluation, or before what was measured after the time that is judged again.
        when = min([at_s, *(each.at_s for each in new)])
        shown.append(Moved(late.place, when, value, told, found, rejudged=True))
    return [*shown, *new], Rejudged(late, told, found, past)
