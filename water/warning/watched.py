"""What rules watch 监视对象: their stations, the levels on file, and what has come of them since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from water.gauges import store as gauges
from water.gauges.station import ELEMENTS, Station, Threshold
from water.moment import Moment
from water.warning import index, input_store, judge, levels, rejudge_store
from water.warning.input_store import Readings
from water.warning.judge import Ladder, States
from water.warning.rejudge import Late
from water.warning.rule import Kind, Rule
from water.warning.rule_store import Recorded
from water.works import offset_store
from water.works.datum import VerticalDatum
from water.works.offset import DatumOffset

BACKLOG_S: Final = 48 * 3600.0
"""How old a reading may be that is judged when a station is heard of again."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule with its stations and their levels."""

    recorded: Recorded
    stations: tuple[Station, ...]
    levels: tuple[levels.Levels, ...]
    ladder: Ladder

    @property
    def ids(self) -> list[str]:
        """The stations' codes."""
        return [each.id for each in self.stations]


def watch(
    connection: Connection, rules: Sequence[Recorded], moment: Moment, ids: Sequence[str] | None = None
) -> list[Watched]:
    """Each rule with the stations that it is for, of all or of ``ids``, as they stand; one of generated data
    sees no real one.
    """
    if not rules:
        return []
    known = gauges.stations(connection, moment, ids)
    marks = (gauges.every_threshold if ids is None else gauges.thresholds)(
        connection, [each.id for each in known], moment
    )
    apart = any(
        mark.datum not in (each.datum, VerticalDatum.NONE) for each in known for mark in marks[each.id]
    )
    offsets = offset_store.offsets(connection, moment) if apart else []
    return [_watched(each, known, marks, offsets, moment) for each in rules]


def _watched(
    recorded: Recorded,
    known: Sequence[Station],
    marks: Mapping[str, Sequence[Threshold]],
    offsets: Sequence[DatumOffset],
    moment: Moment,
) -> Watched:
    rule, day = recorded.rule, moment.at.astimezone(BEIJING).date()
    chosen = tuple(
        each
        for each in known
        if (each.id in rule.stations or each.kind in rule.classes) and (each.synthetic or not rule.synthetic)
    )
    found = tuple(levels.levels(rule, each, marks[each.id], day, offsets) for each in chosen)
    return Watched(recorded, chosen, found, ladder(rule, found))


def ladder(rule: Rule, found: Sequence[levels.Levels]) -> Ladder:
    """The levels of stations as arrays."""
    count = len(found)
    shape = (count, judge.WIDTH)
    return Ladder(
        np.array([each.raised for each in found], np.float64).reshape(shape),
        np.array([each.cleared for each in found], np.float64).reshape(shape),
        *(np.full(count, each) for each in (rule.hold_s, rule.dwell_s, rule.stale_s)),
    )


Streams = tuple[NDArray[np.int64], list[int]]
"""Places of the stations that have a datastream of what a rule watches, and the datastreams."""


def late(
    connection: Connection,
    watched: Watched,
    streams: Streams,
    states: States,
    at: datetime,
    before: datetime,
    asof: datetime,
) -> list[Late]:
    """Readings of a time that was judged before they were known as they are by now."""
    rule = watched.recorded.rule
    if rule.kind is Kind.EXCEEDANCE:
        return []
    places, numbers = streams
    since = at - timedelta(seconds=BACKLOG_S)
    return rejudge_store.late(
        connection, places.tolist(), numbers, states.heard_s[places], since, before, asof
    )


def read(
    connection: Connection,
    watched: Watched,
    states: States,
    at: datetime,
    asof: datetime,
    *,
    then: bool = False,
    again: Sequence[int] = (),
    streams: Streams | None = None,
) -> Readings:
    """What a rule has to judge: everything since it last heard of each station, as its index; of the
    stations ``again`` from as far back as their states lie.
    """
    rule = watched.recorded.rule
    oldest = np.full(len(watched.stations), at.timestamp() - max(BACKLOG_S, rule.stale_s))
    oldest[list(again)] -= rejudge_store.EVERY.total_seconds()
    after = np.fmax(np.where(np.isnan(states.heard_s), oldest, states.heard_s), oldest)
    if rule.kind is Kind.EXCEEDANCE:
        return input_store.probabilities(connection, rule.id, watched.ids, after, at, asof)
    places, numbers = streams_of(connection, watched) if streams is None else streams
    reach = 0.0 if rule.window_s == 0 else rule.window_s + rule.stale_s
    raw = input_store.readings(connection, numbers, after[places] - reach, at, asof, then=then)
    series = Readings(places[raw.place], raw.time_s, raw.value)
    return series if reach == 0 else _indexed(rule, watched, series, after)


def streams_of(connection: Connection, watched: Watched) -> Streams:
    """Which stations have a datastream of what the rule watches, and which one."""
    things = [each.thing or "" for each in watched.stations]
    streams = input_store.streams(connection, things, ELEMENTS[watched.recorded.rule.element].property)
    places = np.array([n for n, thing in enumerate(things) if thing in streams], np.int64)
    return places, [streams[things[place]] for place in places.tolist()]


def _indexed(rule: Rule, watched: Watched, raw: Readings, after_s: NDArray[np.float64]) -> Readings:
    """Rates or deficits at the instants of the readings that are new."""
    parts = []
    for place in np.unique(raw.place).tolist():
        of = raw.place == place
        times, values = raw.time_s[of], raw.value[of]
        new = times[times > after_s[place]]
        if rule.kind is Kind.RISE:
            found = index.rise_per_hour(times, values, new, rule.window_s, rule.stale_s)
        else:
            normal = rule.normals.get(watched.stations[place].id)
            if normal is None:
                continue
            found = index.deficit(times, values, new, rule.window_s, rule.stale_s, normal.value)
        parts.append((np.full(len(new), place, np.int64), new, found))
    if not parts:
        return Readings(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    return Readings(*(np.concatenate([each[n] for each in parts]) for n in range(3)))


def seal(digest: Any, watched: Watched, found: Readings) -> None:
    """Add what a rule was judged from to a digest."""
    digest.update(watched.recorded.sha256)
    digest.update("\n".join(watched.ids).encode())
    for part in (watched.ladder.raised, watched.ladder.cleared, found.place, found.time_s, found.value):
        digest.update(np.ascontiguousarray(part).tobytes())
