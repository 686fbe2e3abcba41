"""Judging a value before it is written 先判后写: what a station sends next, whose judgement changes no other.

The same rules over the same values as :mod:`spatial.observe.quality_store`, which judges what is written
already: a value that gets its flag as it comes is written once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from spatial.database import Connection
from spatial.observe.model import Flag, Reading
from spatial.observe.quality import Rules
from spatial.observe.quality_judgement import judged_anew
from spatial.observe.quality_window import NONE, Numbers, in_order, micros, values_around

_HOLD: Final = "select from observe.latest where datastream = any(%s) order by datastream for update"


@dataclass(frozen=True, slots=True)
class Judged:
    """The flag of a value, the tests that it failed with theirs, and the version of the rules."""

    flag: Flag
    failed: tuple[tuple[str, int], ...]
    version: int


def judge(
    connection: Connection, readings: Sequence[Reading], ruled: Mapping[int, tuple[int, Rules]]
) -> dict[int, Judged]:
    """Flags of readings by their place; their datastreams are held from now on, where rules look at them.

    ``ruled`` are the rules of their datastreams with the version.

    Left out is what has to be judged afterwards: no number, not the latest, not the only one of its
    datastream, compared with neighbours, or changing the judgement of values before it.
    """
    count = Counter(each.datastream for each in readings)
    places = {
        each.datastream: place
        for place, each in enumerate(readings)
        if type(each.result) in (int, float) and count[each.datastream] == 1
    }
    rules = {
        stream: ruled[stream]
        for stream in places
        if stream in ruled and "neighbour" not in ruled[stream][1].tests
    }
    if not rules:
        return {}
    connection.execute(_HOLD, (list(count),))
    windows = [
        (stream, *(readings[places[stream]].phenomenon_time,) * 2, timedelta(seconds=each.reach_s), False)
        for stream, (_, each) in rules.items()
    ]
    held = dict(values_around(connection, windows))
    found: dict[int, Judged] = {}
    for stream, (version, each) in rules.items():
        place = places[stream]
        made = _judged(readings[place], held.get(stream, NONE), each, version)
        if made is not None:
            found[place] = made
    return found


def _judged(reading: Reading, before: Numbers, rules: Rules, version: int) -> Judged | None:
    time_us, number = micros(reading.phenomenon_time), reading.result
    assert isinstance(number, int | float)
    if len(before.times_us) and before.times_us[-1] >= time_us:
        return None
    said = int(reading.flag or Flag.NOT_EVALUATED)
    alone = (np.array([each]) for each in (time_us, float(number), said, False))
    found = judged_anew(before.with_(in_order(*alone), NONE.times_us), (time_us, time_us), rules, {})
    if any(at != time_us for at in found.times_us):
        return None
    flag = Flag(int(found.flags[0])) if len(found.flags) else Flag(said)
    return Judged(flag, tuple((test, worst) for _, test, worst in found.findings), version)
