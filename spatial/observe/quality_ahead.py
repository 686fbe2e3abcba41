"""Judging values before they are written 先判后写: what stations send next, whose judgement changes no other.

The same rules over the same values as :mod:`spatial.observe.quality_store`, which judges what is written
already: a value that gets its flag as it comes is written once. Those of many stations are judged in one go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from spatial.database import Connection
from spatial.observe.model import FAULTS, Flag, Reading, is_number
from spatial.observe.quality import Rules
from spatial.observe.quality_judgement import judged_next
from spatial.observe.quality_window import NONE, Numbers, in_order, micros, values_before


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
    datastream, compared with neighbours, or changing the judgement of the value before it.
    """
    count = Counter(each.datastream for each in readings)
    places = {
        each.datastream: place
        for place, each in enumerate(readings)
        if is_number(each.result) and count[each.datastream] == 1
    }
    rules = {
        stream: ruled[stream]
        for stream in places
        if stream in ruled and "neighbour" not in ruled[stream][1].tests
    }
    if not rules:
        return {}
    before = values_before(
        connection,
        {
            stream: (readings[place].phenomenon_time, timedelta(seconds=rules[stream][1].reach_s))
            for stream, place in places.items()
            if stream in rules
        },
        list(count),
    )
    alike: dict[tuple[str, int], list[int]] = {}
    for stream in before:
        version, each = rules[stream]
        alike.setdefault((each.of, version), []).append(stream)
    found: dict[int, Judged] = {}
    for streams in alike.values():
        version, each = rules[streams[0]]
        held = [_followed(before[stream], readings[places[stream]]) for stream in streams]
        for stream, made in zip(streams, judged_next(held, each), strict=True):
            if made is not None:
                found[places[stream]] = Judged(Flag(made[0]), made[1], version)
    return found


def _followed(before: Numbers, reading: Reading) -> Numbers:
    """What a series held, and the value that comes."""
    assert isinstance(reading.result, int | float)
    said = int(reading.flag or Flag.NOT_EVALUATED)
    fault = said if reading.flag in FAULTS else 0
    given = (micros(reading.phenomenon_time), float(reading.result), np.int16(said), np.int16(fault))
    return before.with_(in_order(*(np.array([each]) for each in given)), NONE.times_us)
