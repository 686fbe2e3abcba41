"""Judging readings 判定: colours with hysteresis, for all stations at once. Pure functions of arrays.

Each colour of each station is a switch of its own. It goes on when readings stay at or over its raising
level for the time ``hold``, and off when they stay below its clearing level for the time ``dwell``; in the
band between the two it stays as it is. The colour shown is the gravest that is on. Times are those of the
readings, so that how often somebody looks changes nothing: judged one by one or in one go, the same
readings leave the same state.

A reading that is missing or no number moves nothing. After a silence longer than ``stale`` the time towards
going off counts anew, the time towards going on does not: a dead gauge never clears a warning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from water.warning.colour import COLOURS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
WIDTH = len(COLOURS)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Levels of n stations: raising and clearing (n × 4, NaN where none is on file), and the times, s.

    In the direction of what is judged: what warns of low values is handed over negated.
    """

    raised: Floats
    cleared: Floats
    hold_s: Floats
    dwell_s: Floats
    stale_s: Floats


@dataclass(frozen=True, slots=True)
class States:
    """Where n stations stand: which switches are on (n × 4) and since when each is on its way elsewhere.

    ``since_s`` is NaN where a switch is not on its way; ``heard_s`` the time of the newest reading judged.
    Seconds since 1970, UTC.
    """

    on: Flags
    since_s: Floats
    heard_s: Floats

    @property
    def colour(self) -> NDArray[np.int64]:
        """0 where nothing is on, else 1 blue to 4 red.

        >>> fresh(2).colour.tolist()
        [0, 0]
        """
        return np.asarray((self.on * np.arange(1, WIDTH + 1)).max(axis=1), np.int64)


def fresh(count: int) -> States:
    """Stations of which nothing has been heard."""
    shape = (count, WIDTH)
    return States(np.zeros(shape, np.bool_), np.full(shape, np.nan), np.full(count, np.nan))


def step(states: States, value: Floats, time_s: Floats, ladder: Ladder) -> States:
    """The states after one reading of each station; NaN of a value or a time is no reading."""
    reading, at = value[:, None], time_s[:, None]
    known = np.isfinite(reading) & np.isfinite(at)
    on, heard = states.on, states.heard_s[:, None]
    with np.errstate(invalid="ignore"):
        lost = at - heard > ladder.stale_s[:, None]
        away = np.where(on, reading < ladder.cleared, reading >= ladder.raised)
        since = np.where(lost & on, np.nan, states.since_s)
        since = np.where(away, np.where(np.isnan(since), at, since), np.nan)
        wait = np.where(on, ladder.dwell_s[:, None], ladder.hold_s[:, None])
        turned = away & (at - since >= wait)
    return States(
        np.where(known, on ^ turned, on),
        np.where(known, np.where(turned, np.nan, since), states.since_s),
        np.where(known[:, 0], np.fmax(states.heard_s, time_s), states.heard_s),
    )


def stale(states: States, at_s: float, ladder: Ladder) -> Flags:
    """Of which stations nothing was heard for longer than their time, or nothing ever."""
    with np.errstate(invalid="ignore"):
        return np.asarray(~(at_s - states.heard_s <= ladder.stale_s), np.bool_)
