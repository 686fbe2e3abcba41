"""Replaying evaluations 复算: their inputs read again as they were believed, judged again from the beginning.

What differs is told: a digest that is not the one on record means that what was judged cannot be read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from spatial.database import Connection
from water.moment import Moment
from water.warning import judge, rejudge_store, rule_store
from water.warning.course import course, now_alone
from water.warning.evaluate import run
from water.warning.judge import States
from water.warning.rejudge import Moved
from water.warning.watched import Watched, read, seal, watch

Kept = tuple[Any, Any, Any]
"""A row of each array of :class:`States`."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """An evaluation that was made again."""

    evaluation: int
    at: datetime
    same: bool
    sha256: bytes
    moves: dict[str, list[Moved]]
    """By rule."""


def replay(connection: Connection, until: datetime | None = None) -> list[Replayed]:
    """Make every evaluation again in order, up to an instant; nothing is written."""
    rows = connection.execute(
        "select id, at, asof, rules, inputs_sha256 from warning.evaluation"
        " where %(until)s::timestamptz is null or at <= %(until)s order by id",
        {"until": until},
    ).fetchall()
    states: dict[str, dict[str, Kept]] = {}
    found = list[Replayed]()
    for number, at, asof, rules, sha256 in rows:
        wanted = sorted(rules.items())
        versions = rule_store.versions(connection, wanted)
        watched = watch(connection, [versions[name] for name in wanted], Moment(at, asof))
        again = _again(connection, number, at, asof, watched, states, then=True)
        if again.sha256 != bytes(sha256):
            # Until the levels of a reading's own time were taken, those of the evaluation judged all.
            before = _again(connection, number, at, asof, watched, states, then=False)
            again = before if before.sha256 == bytes(sha256) else again
        for rule, after in again.after.items():
            states.setdefault(rule, {}).update(after)
        found.append(Replayed(number, at, again.sha256 == bytes(sha256), again.sha256, again.moves))
    return found


@dataclass(frozen=True, slots=True)
class _Again:
    """What an evaluation came to, made again."""

    sha256: bytes
    moves: dict[str, list[Moved]]
    after: dict[str, dict[str, Kept]]


def _again(
    connection: Connection,
    number: int,
    at: datetime,
    asof: datetime,
    watched: Sequence[Watched],
    states: Mapping[str, Mapping[str, Kept]],
    *,
    then: bool,
) -> _Again:
    begun, digest = rejudge_store.begun(connection, number), hashlib.sha256()
    moves, left = dict[str, list[Moved]](), dict[str, dict[str, Kept]]()
    for each in watched:
        rule = each.recorded.rule
        before = _gathered(states.get(rule.id, {}), each.ids)
        # Where it judged a time again it began from an earlier state, which it kept.
        places = [n for n, station in enumerate(each.ids) if (rule.id, station) in begun]
        for place in places:
            row = begun[rule.id, each.ids[place]]
            before.on[place], before.since_s[place], before.heard_s[place] = row
        readings = read(connection, each, before, at, asof, then=True, again=places)
        held = course(connection, each, readings, at, asof) if then else now_alone(each)
        seal(digest, each, readings)
        held.seal(digest, readings)
        after, moves[rule.id] = run(held, before, readings, rule.sign)
        left[rule.id] = {
            station: (after.on[place], after.since_s[place], after.heard_s[place])
            for place, station in enumerate(each.ids)
        }
    return _Again(digest.digest(), moves, left)


def _gathered(of: Mapping[str, Kept], stations: list[str]) -> States:
    found = judge.fresh(len(stations))
    for place, station in enumerate(stations):
        if station in of:
            on, since, heard = of[station]
            found.on[place], found.since_s[place], found.heard_s[place] = on, since, heard
    return States(np.array(found.on), found.since_s, found.heard_s)
