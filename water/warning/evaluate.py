"""Evaluating rules 判定: what has come since the last time, against what is on file, into warnings.

One transaction. Every reading since the last one is judged in its order, so that no peak between two
evaluations is passed over and how often this runs changes nothing. What was used is kept by its digest and
the instant of its belief, from which it can be read again.
"""

from __future__ import annotations

import gc
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.database import Connection
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING
from water.errors import BadWarningInput
from water.gauges.station import ELEMENTS, Station
from water.warning import judge, kept, levels, rejudge_store, rule_store, state_store
from water.warning.course import Course, course
from water.warning.input_store import Readings
from water.warning.judge import Ladder, States
from water.warning.life import Action, action
from water.warning.rejudge import Late, Moved, Rejudged, collapse
from water.warning.rule import Kind, Rule
from water.warning.state_store import Changed, NewStep, Open
from water.warning.watched import BACKLOG_S, Watched, late, read, seal, streams_of

DECIDED, PARTLY, STALE = "decided", "partly", "stale"
UNHEARD, UNDECIDABLE = "unheard", "undecidable"
VERDICTS: Final = (DECIDED, PARTLY, STALE, UNHEARD, UNDECIDABLE)
"""What can be said of a station: all colours, some, nothing new, nothing ever, no level on file 无法判定."""


@dataclass(slots=True)
class Outcome:
    """What an evaluation did."""

    evaluation: int
    at: datetime
    stations: int
    readings: int
    sha256: bytes
    verdicts: dict[str, int] = field(default_factory=dict)
    steps: list[tuple[int, str, str, Action, int]] = field(default_factory=list)
    """Warning, rule, station, what happened, colour after it."""
    rejudged: list[tuple[str, str, Rejudged]] = field(default_factory=list)
    """Rule, station, what late and corrected readings changed."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule after its readings: where it stood, where it stands, and why."""

    watched: Watched
    held: Course
    """The levels through the time that was judged."""
    standing: state_store.Standing
    begun: States
    """Where judging began: earlier than it stood where a time was judged again."""
    states: States
    moves: Sequence[Moved]
    again: Sequence[Rejudged]
    readings: int


def evaluate(connection: Connection, at: datetime | None = None) -> Outcome:
    """Judge everything that has been measured up to an instant, else up to now, by the rules in force.

    BadWarningInput where readings up to a later instant have been judged already, or it lies ahead.
    """
    with _uncollected():
        return _evaluated(connection, at)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows of ten thousand stations make no cycles; to search them for some took a third of an evaluation."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _evaluated(connection: Connection, at: datetime | None) -> Outcome:
    state_store.lock(connection)
    asof, before = state_store.clock(connection), state_store.last(connection)
    at = at or asof
    if at > asof or (before is not None and at < before):
        late = at > asof
        bound = format_instant(asof if late or before is None else before)
        raise BadWarningInput(
            f"判定时刻须不{'晚于现在' if late else '早于上次判定'}({bound}):{format_instant(at)}",
            f"readings are judged in order, not {'after now' if late else 'before the last evaluation'}"
            f" ({bound}): {format_instant(at)}",
            value=format_instant(at),
        )
    rules = [each for each in rule_store.in_force(connection, asof) if each.rule.enabled]
    now = kept.watch(connection, rules, at, asof)
    watched = now.watched
    believed, digest = state_store.believed(connection), hashlib.sha256()
    judged = [_judge(connection, each, now.since, at, asof, believed, digest) for each in watched]
    stations, readings = sum(len(each.stations) for each in watched), sum(one.readings for one in judged)
    number = state_store.evaluated(
        connection,
        *(at, asof, {each.rule.id: each.version for each in rules}),
        *(stations, readings, digest.digest()),
    )
    outcome = Outcome(number, at, stations, readings, digest.digest())
    for one in judged:
        _keep(connection, outcome, one)
    _abandoned(connection, outcome, watched)
    rejudge_store.checkpoint(connection, at, timedelta(seconds=BACKLOG_S))
    return outcome


def _judge(
    connection: Connection,
    watched: Watched,
    since: datetime,
    at: datetime,
    asof: datetime,
    believed: datetime | None,
    digest: Any,
) -> Judged:
    """Judge what has come for a rule; where something came late or was corrected, from before it on."""
    rule = watched.recorded.rule
    standing = state_store.standing(connection, rule.id, watched.ids)
    streams, came_late = streams_of(connection, watched), list[Late]()
    if believed is not None:
        came_late = late(connection, watched, streams, standing.states, at, believed, asof)
    back = rejudge_store.reaches_back(connection) if came_late else None
    if back is not None:
        came_late = [each for each in came_late if each.from_s > back.timestamp()]
    begun, places = standing.states, [each.place for each in came_late]
    if came_late:
        stations = [watched.stations[place].id for place in places]
        earlier = rejudge_store.stood(connection, rule.id, stations, [each.from_s for each in came_late])
        begun = States(begun.on.copy(), begun.since_s.copy(), begun.heard_s.copy())
        begun.on[places], begun.since_s[places] = earlier.on, earlier.since_s
        begun.heard_s[places] = earlier.heard_s
    found = read(connection, watched, begun, at, asof, again=places, streams=streams)
    levels_then = course(connection, watched, found, since, asof)
    seal(digest, watched, found)
    levels_then.seal(digest, found)
    states, moves = run(levels_then, begun, found, rule.sign)
    colours, first, heard_s = standing.states.colour, begun.colour, standing.states.heard_s
    shown, again = [each for each in moves if each.place not in set(places)], list[Rejudged]()
    for one in came_late:
        of = [each for each in moves if each.place == one.place]
        told, start, heard = int(colours[one.place]), int(first[one.place]), float(heard_s[one.place])
        more, rejudged = collapse(of, one, told, start, heard, at.timestamp())
        shown += more
        again.append(rejudged)
    return Judged(watched, levels_then, standing, begun, states, shown, again, len(found.time_s))


def run(held: Course, states: States, found: Readings, sign: float = 1.0) -> tuple[States, list[Moved]]:
    """Judge readings in their order by the levels of their time; the states after them, and what moved."""
    moves: list[Moved] = []
    for span, of in held.parts(found):
        part = Readings(found.place[of], found.time_s[of], found.value[of])
        states, more = _run(span.ladder, states, part, sign)
        moves += more
    return states, moves


def _run(ladder: Ladder, states: States, found: Readings, sign: float) -> tuple[States, list[Moved]]:
    """The same of one ladder, all stations side by side."""
    moves: list[Moved] = []
    count = len(states.heard_s)
    rank = np.zeros(len(found.place), np.int64)
    if len(rank):
        starts = np.flatnonzero(np.r_[True, found.place[1:] != found.place[:-1]])
        rank = np.arange(len(rank)) - np.repeat(starts, np.diff(np.r_[starts, len(rank)]))
    for turn in range(int(rank.max()) + 1 if len(rank) else 0):
        value, time_s = np.full(count, np.nan), np.full(count, np.nan)
        of = rank == turn
        value[found.place[of]], time_s[found.place[of]] = found.value[of] * sign, found.time_s[of]
        before = states.colour
        states = judge.step(states, value, time_s, ladder)
        after = states.colour
        moves += [
            Moved(
                place, float(time_s[place]), sign * float(value[place]), int(before[place]), int(after[place])
            )
            for place in np.flatnonzero(before != after).tolist()
        ]
    return states, moves


def _keep(connection: Connection, outcome: Outcome, judged: Judged) -> None:
    """Write what follows from a rule's judgement."""
    watched, standing, states = judged.watched, judged.standing, judged.states
    rule, at_s = watched.recorded.rule, outcome.at.timestamp()
    silent = judge.stale(states, at_s, watched.ladder)
    heard_s = states.heard_s.tolist()
    verdicts = [_verdict(each, heard_s[n], stale=bool(silent[n])) for n, each in enumerate(watched.levels)]
    missing = [[one.to_json() for one in each.missing] for each in watched.levels]
    colours, earlier = states.colour.tolist(), standing.states.colour.tolist()
    for verdict in verdicts:
        outcome.verdicts[verdict] = outcome.verdicts.get(verdict, 0) + 1
    warned = [station for station, colour in zip(watched.ids, earlier, strict=True) if colour]
    held = state_store.open_warnings(connection, rule.id, warned)
    steps = _steps(outcome, judged, silent, held)
    version = watched.recorded.version
    rejudge_store.keep(
        connection, outcome.evaluation, rule.id, version, watched.ids, judged.begun, judged.again
    )
    outcome.rejudged += [(rule.id, watched.ids[each.late.place], each) for each in judged.again]
    numbers = state_store.write_steps(
        connection, outcome.evaluation, rule.id, version, rule.hazard.value, held, steps
    )
    outcome.steps += [
        (number, rule.id, each.station, each.action, each.colour)
        for number, each in zip(numbers, steps, strict=True)
    ]
    said = [
        n
        for n, verdict in enumerate(verdicts)
        if (verdict, colours[n], missing[n]) != (standing.verdicts[n], earlier[n], standing.missing[n])
    ]
    changes = [
        Changed(
            *(watched.stations[n].id, colours[n], verdicts[n], missing[n]),
            None if np.isnan(states.heard_s[n]) else _instant(float(states.heard_s[n])),
        )
        for n in said
    ]
    state_store.say(connection, outcome.evaluation, rule.id, version, changes)
    heard = np.flatnonzero(np.nan_to_num(states.heard_s) != np.nan_to_num(standing.states.heard_s))
    touched = sorted({*said, *heard.tolist(), *(each.late.place for each in judged.again)})
    some = np.array(touched, np.int64)
    state_store.stand(
        connection,
        *(rule.id, [watched.stations[n].id for n in touched]),
        States(states.on[some], states.since_s[some], states.heard_s[some]),
        [verdicts[n] for n in touched],
        [missing[n] for n in touched],
    )


def _abandoned(connection: Connection, outcome: Outcome, watched: Sequence[Watched]) -> None:
    """Warnings that no rule looks after any more, off or without the station: they stand, and say so."""
    seen = {each.recorded.rule.id: frozenset(each.ids) for each in watched}
    for rule, held in state_store.every_open(connection, seen).items():
        left = {station: each for station, each in held.items() if not each.lost}
        told = {"unwatched": True}
        steps = [
            NewStep(station, Action.INPUT_LOST, each.colour, outcome.at, None, told, synthetic=False)
            for station, each in left.items()
        ]
        numbers = state_store.write_steps(connection, outcome.evaluation, rule, 0, "", left, steps)
        outcome.steps += [
            (number, rule, each.station, each.action, each.colour)
            for number, each in zip(numbers, steps, strict=True)
        ]


def _steps(
    outcome: Outcome, judged: Judged, silent: NDArray[np.bool_], held: Mapping[str, Open]
) -> list[NewStep]:
    """What happens to warnings: changes of colour in order of time, then inputs lost or back."""
    watched, states = judged.watched, judged.states
    again = {each.late.place: each for each in judged.again}
    rule, found = watched.recorded.rule, list[NewStep]()
    standing = {station: each.colour for station, each in held.items()}
    lost = {station for station, each in held.items() if each.lost}
    for each in sorted(judged.moves, key=lambda one: (one.at_s, one.place)):
        station = watched.stations[each.place]
        happened = action(each.before, each.after, open_=station.id in standing)
        if happened is None:
            continue
        rejudged = again[each.place] if each.rejudged else None
        by_s = rejudged.moves[-1].at_s if rejudged is not None and rejudged.moves else each.at_s
        evidence = _evidence(rule, judged.held.at(each.place, by_s), station)
        if rejudged is not None:
            evidence["rejudged"] = _rejudged(rejudged)
        synthetic, when = rule.synthetic or station.synthetic, _instant(each.at_s)
        found.append(NewStep(station.id, happened, each.after, when, each.value, evidence, synthetic))
        if happened is Action.CLEARED:
            standing.pop(station.id)
        else:
            standing[station.id] = each.after
        if happened in (Action.CLEARED, Action.ISSUED):
            lost.discard(station.id)
    for place, station in enumerate(watched.stations):
        if station.id not in standing or bool(silent[place]) is (station.id in lost):
            continue
        happened = Action.INPUT_LOST if silent[place] else Action.INPUT_BACK
        heard = float(states.heard_s[place])
        told = {"heard_at": None if math.isnan(heard) else _instant(heard).isoformat()}
        colour, synthetic = standing[station.id], rule.synthetic or station.synthetic
        found.append(NewStep(station.id, happened, colour, outcome.at, None, told, synthetic))
    return found


def _evidence(rule: Rule, found: levels.Levels, station: Station) -> dict[str, Any]:
    element = ELEMENTS[rule.element]
    return {
        "element": rule.element,
        "unit": _unit(rule, element.unit),
        "vertical_datum": station.datum.value if element.height else None,
        "levels": dict(found.evidence),
        "source": rule.source,
        "standing": rule.standing,
    }


def _rejudged(found: Rejudged) -> dict[str, Any]:
    """Why a colour is told for a time that was judged already 重新判定的依据."""
    moves = found.to_json([_instant(each.at_s) for each in found.moves])
    return {
        "from": _instant(found.late.from_s).isoformat(),
        "late": found.late.late,
        "corrected": found.late.corrected,
        "moves": moves,
    }


def _unit(rule: Rule, unit: str) -> str:
    if rule.kind is Kind.RISE:
        return f"{unit}/h"
    return "1" if rule.kind in (Kind.EXCEEDANCE, Kind.DEFICIT) else unit


def _verdict(found: levels.Levels, heard_s: float, *, stale: bool) -> str:
    if not found.evidence:
        return UNDECIDABLE
    if math.isnan(heard_s):
        return UNHEARD
    if stale:
        return STALE
    return PARTLY if found.missing else DECIDED


def _instant(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC).astimezone(BEIJING)
