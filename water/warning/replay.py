"""Replaying evaluations 复算: their inputs read again as they were believed, judged again from the beginning.

What differs is told: a digest that is not the one on record means that what was judged cannot be read again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from spatial.database import Connection
from water.moment import Moment
from water.warning import judge, rejudge_store, rule_store
from water.warning.evaluate import run
from water.warning.judge import States
from water.warning.rejudge import Moved
from water.warning.watched import read, seal, watch

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
    found = []
    for number, at, asof, rules, sha256 in rows:
        wanted = sorted(rules.items())
        versions = rule_store.versions(connection, wanted)
        begun = rejudge_store.begun(connection, number)
        digest, moves = hashlib.sha256(), dict[str, list[Moved]]()
        for each in watch(connection, [versions[name] for name in wanted], Moment(at, asof)):
            of = states.setdefault(each.recorded.rule.id, {})
            before = _gathered(of, each.ids)
            # Where it judged a time again it began from an earlier state, which it kept.
            places = [n for n, station in enumerate(each.ids) if (each.recorded.rule.id, station) in begun]
            for place in places:
                row = begun[each.recorded.rule.id, each.ids[place]]
                before.on[place], before.since_s[place], before.heard_s[place] = row
            readings = read(connection, each, before, at, asof, then=True, again=places)
            seal(digest, each, readings)
            after, moves[each.recorded.rule.id] = run(each.ladder, before, readings, each.recorded.rule.sign)
            for place, station in enumerate(each.ids):
                of[station] = (after.on[place], after.since_s[place], after.heard_s[place])
        found.append(Replayed(number, at, digest.digest() == bytes(sha256), digest.digest(), moves))
    return found


def _gathered(of: dict[str, Kept], stations: list[str]) -> States:
    found = judge.fresh(len(stations))
    for place, station in enumerate(stations):
        if station in of:
            on, since, heard = of[station]
            found.on[place], found.since_s[place], found.heard_s[place] = on, since, heard
    return States(np.array(found.on), found.since_s, found.heard_s)
