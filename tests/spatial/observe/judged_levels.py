"""Rules for levels, flags by the words of these rules in plain loops, and values as stations send them."""

from __future__ import annotations

from spatial.database import Connection
from spatial.observe import together
from spatial.observe.model import Flag, Reading

RULES = """
[[rules]]
property = "level"
basis = "为测试而设,待核"
gross_range = { fail_low = -8, fail_high = 8, suspect_high = 6 }
rate_of_change = { suspect_per_h = 24, fail_per_h = 60 }
spike = { suspect = 2, fail = 4 }
flat_line = { tolerance = 0.1, suspect_s = 1200, fail_s = 2400 }
gap = { suspect_s = 1500 }
"""


def oracle(values: list[tuple[int, float]]) -> dict[int, int]:
    """Flags by minute, by the words of the rules above."""
    found = {}
    for place, (minute, value) in enumerate(values):
        suspect = value > 6
        fail = value < -8 or value > 8
        if place:
            before, old = values[place - 1]
            per_h = abs(value - old) * 60 / (minute - before)
            suspect, fail = suspect or per_h > 24, fail or per_h > 60
            suspect = suspect or (minute - before) * 60 > 1500
            if place + 1 < len(values):
                height = abs(value - (old + values[place + 1][1]) / 2)
                suspect, fail = suspect or height > 2, fail or height > 4
        for limit_min, grave in ((20, False), (40, True)):
            older = [n for n in range(place + 1) if values[n][0] <= minute - limit_min]
            if older:
                window = [each for _, each in values[older[-1] : place + 1]]
                if max(window) - min(window) <= 0.1:
                    suspect, fail = True, fail or grave
        found[minute] = Flag.FAIL if fail else Flag.SUSPECT if suspect else Flag.PASS
    return found


def one_by_one(connection: Connection, readings: list[Reading]) -> None:
    """As stations send them: each is judged as it comes."""
    for each in readings:
        together.record(connection, [each])
