"""Verifying warnings 预警检验: what was warned against what was measured, as it is believed now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from spatial.database import Connection
from water.errors import NothingToVerify
from water.gauges.station import ELEMENTS
from water.moment import Moment, before
from water.warning import input_store, state_store, store
from water.warning.colour import Colour
from water.warning.course import Course, course
from water.warning.input_store import Readings
from water.warning.levels import Levels
from water.warning.life import Warning
from water.warning.rule import Kind, Rule
from water.warning.rule_store import Recorded
from water.warning.scoring import Fate, Scored, Skill, Span, events, score, skill
from water.warning.store import Wanted
from water.warning.watched import BACKLOG_S, watch

WARNINGS_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Verified:
    """Warnings of one rule from one colour on, held against what was measured."""

    rule: str
    colour: Colour
    start: datetime
    end: datetime
    asof: datetime
    tolerance_s: float
    entries: tuple[tuple[str, Scored], ...]
    """By station."""

    @property
    def skill(self) -> Skill:
        """Hits, misses, false alarms and lead over all stations."""
        return skill([each for _, each in self.entries])


def verify(
    connection: Connection,
    recorded: Recorded,
    colour: Colour,
    start: datetime,
    end: datetime,
    tolerance_s: float,
) -> Verified:
    """Verify a rule at the stations whose level is on file; NothingToVerify where it is at none.

    An event is the element itself at or over the level of its time (of a probability: over its threshold),
    whatever the times of the rule. Rates and deficits have no event that is read off a series. What began
    before ``start`` is of the time before: it may meet what came later, and is not counted itself.
    """
    rule = recorded.rule
    if rule.kind in (Kind.RISE, Kind.DEFICIT):
        raise NothingToVerify(
            f"涨率与亏缺类规则没有可直接对照的实测事件:{rule.id}",
            f"rules of rise and deficit have no event that a series shows: {rule.id}",
            value=rule.id,
        )
    asof = state_store.clock(connection)
    (watched,) = watch(connection, [recorded], Moment(end, asof))
    if not any(colour.id in each.evidence for each in watched.levels):
        raise NothingToVerify(
            f"没有登记 {colour.id} 级判据的测站,请{rule.contact}提供:{rule.id}",
            f"no station has a level of {colour.id} on file, {rule.contact} can supply it: {rule.id}",
            value=rule.id,
        )
    things = [each.thing or "" for each in watched.stations]
    streams = input_store.streams(connection, things, ELEMENTS[rule.element].property)
    places = [place for place, thing in enumerate(things) if thing in streams]
    # Where an event was under way at the beginning, its own beginning is looked for.
    since = before(start, timedelta(seconds=BACKLOG_S))
    after = np.full(len(places), since.timestamp() - 1e-6)
    raw = input_store.readings(connection, [streams[things[p]] for p in places], after, end, asof)
    found = Readings(np.array(places, np.int64)[raw.place], raw.time_s, raw.value)
    held = course(connection, watched, found, end, asof)
    level = _levels(held, found, rule, colour)
    warned = _warned(connection, recorded, colour, since, end)
    entries: list[tuple[str, Scored]] = []
    for place in places:
        of, station = found.place == place, watched.stations[place].id
        if not np.isfinite(level[of]).any() and colour.id not in watched.levels[place].evidence:
            continue
        times, values = found.time_s[of], rule.sign * found.value[of]
        happened = events(times, values, level[of], rule.stale_s)
        scored = score(happened, warned.get(station, ()), times, tolerance_s)
        entries += [(station, each) for each in within(scored, start.timestamp(), end.timestamp())]
    return Verified(rule.id, colour, start, end, asof, tolerance_s, tuple(entries))


def within(scored: Sequence[Scored], start_s: float, end_s: float) -> list[Scored]:
    """Events and unmet warnings that began in a time; one that still stands at its end may yet be met."""
    found = []
    for each in scored:
        span = each.event or each.warned
        if span is None or span.start_s < start_s:
            continue
        stands = each.fate is Fate.FALSE and span.end_s >= end_s
        found.append(replace(each, fate=Fate.UNKNOWN) if stands else each)
    return found


def _levels(held: Course, found: Readings, rule: Rule, colour: Colour) -> NDArray[np.float64]:
    """What each reading is held against, in the direction of what is judged; NaN without a level."""
    levels = np.full(len(found.time_s), np.nan)
    for span, of in held.parts(found):
        levels[of] = np.array([_level(each, rule, colour) for each in span.levels])[found.place[of]]
    return levels


def _level(levels: Levels, rule: Rule, colour: Colour) -> float:
    told = levels.evidence.get(colour.id)
    if told is None:
        return np.nan
    return rule.sign * float(told["at"] if rule.kind is Kind.EXCEEDANCE else told["raised"])


def _warned(
    connection: Connection, recorded: Recorded, colour: Colour, start: datetime, end: datetime
) -> dict[str, Sequence[Span]]:
    found: dict[str, list[Span]] = {}
    for each in store.page(connection, Wanted(rule=recorded.rule.id, limit=WARNINGS_MOST)):
        for span in spans(each.warning, colour, end):
            if span.end_s >= start.timestamp() and span.start_s <= end.timestamp():
                found.setdefault(each.warning.station, []).append(span)
    return {station: sorted(each, key=lambda one: one.start_s) for station, each in found.items()}


def spans(warning: Warning, colour: Colour, end: datetime) -> list[Span]:
    """When a warning stood at a colour or graver; one that stands ends at ``end``.

    Its times are those at which it was told, by the evaluations: what was over before it was told warned
    nobody.
    """
    found: list[Span] = []
    begun: datetime | None = None
    for step in warning.steps:
        when = step.told_at or step.at
        if step.colour >= colour and begun is None:
            begun = when
        elif step.colour < colour and begun is not None:
            if when > begun:
                found.append(Span(begun.timestamp(), when.timestamp()))
            begun = None
    if begun is not None:
        found.append(Span(begun.timestamp(), max(end, begun).timestamp()))
    return found
