"""Levels through time 判据随时间: a reading is held against what was in force when it was taken.

Between two evaluations, and more so where the past is judged again, a threshold may have been set anew or a
season begun. What held then is read as it is known now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from water.gauges.station import in_season
from water.moment import Moment
from water.warning import course_store, watched
from water.warning.input_store import Readings
from water.warning.judge import Ladder
from water.warning.levels import Levels
from water.warning.watched import Watched

_NOTHING = Levels((np.nan,) * 4, (np.nan,) * 4, {}, ())


@dataclass(frozen=True, slots=True)
class Span:
    """A time and the levels that stations have in it; that of now is without end."""

    until_s: float
    levels: tuple[Levels, ...]
    ladder: Ladder


@dataclass(frozen=True, slots=True)
class Course:
    """The levels of a rule's stations through time, in order; those of now come last."""

    spans: tuple[Span, ...]

    def which(self, time_s: NDArray[np.float64] | float) -> Any:
        """The places of the spans that instants lie in."""
        return np.searchsorted([each.until_s for each in self.spans[:-1]], time_s, side="right")

    def at(self, place: int, at_s: float) -> Levels:
        """The levels of a station at an instant."""
        return self.spans[int(self.which(at_s))].levels[place]

    def parts(self, found: Readings) -> Iterator[tuple[Span, NDArray[np.bool_]]]:
        """The spans, the earliest first, each with which of the readings are held against its levels."""
        which = self.which(found.time_s)
        for number, span in enumerate(self.spans):
            yield span, which == number

    def seal(self, digest: Any, found: Readings) -> None:
        """Add to a digest the levels of readings that were not held against those of now."""
        last = self.spans[-1].ladder
        for span, of in self.parts(found):
            place, time_s = found.place[of], found.time_s[of]
            then = np.stack([span.ladder.raised[place], span.ladder.cleared[place]])
            now = np.stack([last.raised[place], last.cleared[place]])
            other = ~((then == now) | (np.isnan(then) & np.isnan(now))).all(axis=(0, 2))
            if other.any():
                for part in (place[other], time_s[other], then[:, other]):
                    digest.update(np.ascontiguousarray(part).tobytes())


def now_alone(of: Watched) -> Course:
    """Levels as if they had always been those of now."""
    return Course((Span(np.inf, of.levels, of.ladder),))


def course(connection: Connection, of: Watched, found: Readings, since: datetime, asof: datetime) -> Course:
    """The levels that readings are held against; from ``since`` on they are those of now."""
    early = found.time_s < since.timestamp()
    if not early.any():
        return now_alone(of)
    ids = [of.ids[place] for place in np.unique(found.place[early]).tolist()]
    first = datetime.fromtimestamp(float(found.time_s[early].min()), UTC)
    ends = _changes(connection, ids, first, since, asof)
    spans, begun = list[Span](), first
    for end in ends:
        (then,) = watched.watch(connection, [of.recorded], Moment(begun, asof), ids)
        had = dict(zip(then.ids, then.levels, strict=True))
        # A station that was not on the register then had no levels.
        held = tuple(had.get(station, _NOTHING) for station in of.ids)
        spans.append(Span(end.timestamp(), held, watched.ladder(of.recorded.rule, held)))
        begun = end
    return Course((*spans, *now_alone(of).spans))


def _changes(
    connection: Connection, stations: Sequence[str], first: datetime, until: datetime, asof: datetime
) -> list[datetime]:
    """When levels may have changed after ``first``: turns of valid time, and days on which a season turns."""
    found = set(course_store.turns(connection, stations, first, until, asof))
    seasons = course_store.seasons(connection, stations, first, until, asof)
    day = first.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    while seasons and (day := day + timedelta(days=1)) <= until:
        before = (day - timedelta(days=1)).date()
        if any(in_season(each, before) != in_season(each, day.date()) for each in seasons):
            found.add(day)
    return sorted(found)
