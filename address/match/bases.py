"""Where a text begins in the register 起点: the components that its named parts may be; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from address.match.near import FARTHER, MOST_BEARERS, barely_shared, lies_in, near, told_apart
from address.parse.compiled import inner

_TOWN, _VILLAGE, _ROAD, _ESTATE = 20, 30, 40, 42
_OBJECT = 95
_INFERRED, _UNKNOWN = 16, 32

MOST_BASES = 256


class Bases(NamedTuple):
    """Components from which a text may be followed down the register; a tuple, for the compiled code."""

    row: NDArray[np.int32]
    item: NDArray[np.int64]
    """The named part that led to it."""
    away: NDArray[np.float64]
    """How far the name is from what is written; 0 where it is the same."""
    start: NDArray[np.int32]
    """Where the name begins in the text: before the part, where a known name in front is its beginning."""
    apart: NDArray[np.bool_]
    """They differ in what tells neighbours apart: 东庄 and 西庄, 一村 and 二村."""


@inner
def successor(t, row):  # type: ignore[no-untyped-def]
    """What has taken the place of a component, itself where nothing has."""
    for _ in range(8):
        if row < 0 or t.successor[row] < 0:
            return row
        row = t.successor[row]
    return row


@inner
def begin_of_name(c, first, last, at):  # type: ignore[no-untyped-def]
    """Where a name begins of which the end is unknown: 碧水 is an estate, 碧水梨景 sounds like another."""
    for other in range(first, last):
        what = c.what[other]
        if c.sort[other] != 0 or c.owner[other] >= 0 or c.first[other] < 0:
            continue
        known = c.candidate_of[other + 1] > c.candidate_of[other] and what >= _ROAD and what <= _ESTATE
        if known and c.last[other] == c.first[at]:
            return c.first[other]
    return c.first[at]


@inner
def _stated(t, c, first, last):  # type: ignore[no-untyped-def]
    """The one town and the one village that a text states; -1 for none or several."""
    town, village = np.int32(-1), np.int32(-1)
    for at in range(first, last):
        what = c.what[at]
        if c.sort[at] != 0 or c.owner[at] >= 0 or (what != _TOWN and what != _VILLAGE):
            continue
        if c.candidate_of[at + 1] != c.candidate_of[at] + 1:
            continue
        row = np.int32(successor(t, c.candidate[c.candidate_of[at]]))
        if what == _VILLAGE:
            village = row
            row = t.parent[row]
        if row >= 0 and t.element[row] == _TOWN:
            if town >= 0 and town != row:
                return np.int32(-1), np.int32(-1)
            town = row
    return town, village


@inner
def _bear(t, names, word, town, away, rank, apart, start, at, what, bases, count):  # type: ignore[no-untyped-def]
    """Adds the components of a name that is near; of one that the stated town has, those there alone."""
    inside = town >= 0 and rank < away + 2 * FARTHER
    first = names.bearer_of[word]
    for b in range(first, min(names.bearer_of[word + 1], first + MOST_BEARERS)):
        if inside and not lies_in(t, names.bearer[b], town):
            continue
        if count < bases.row.size:
            bases.row[count], bases.item[count] = successor(t, names.bearer[b]), at
            # 程上口村 holds the name of 上口镇, and is no writing of it.
            other = _TOWN < what < _OBJECT and t.element[names.bearer[b]] <= _TOWN
            bases.away[count], bases.apart[count], bases.start[count] = max(away, 0.05), apart or other, start
            count += 1
    return count


@inner
def bases_of(  # type: ignore[no-untyped-def]
    t, c, first, last, names, total, touched, bins, work, found, away, rank, bases
):
    """Components from which to start: candidates of the named parts, and names near to unknown ones."""
    count = 0
    whole = False
    town, village = _stated(t, c, first, last)
    for at in range(first, last):
        if c.sort[at] != 0 or c.what[at] < _TOWN or c.owner[at] >= 0 or c.marks[at] & _INFERRED:
            continue
        for k in range(c.candidate_of[at], c.candidate_of[at + 1]):
            if count < bases.row.size:
                bases.row[count], bases.item[count] = successor(t, c.candidate[k]), at
                bases.away[count], bases.apart[count], bases.start[count] = 0.0, False, c.first[at]
                count += 1
        if c.what[at] in (_ROAD, _ESTATE) and c.candidate_of[at + 1] > c.candidate_of[at]:
            whole = True
    for at in range(first, last):
        if c.sort[at] != 0 or c.owner[at] >= 0 or not c.marks[at] & _UNKNOWN or c.last[at] - c.first[at] < 2:
            continue
        begin, start = c.folded_base, begin_of_name(c, first, last, at)
        told = whole and c.what[at] == _OBJECT and start == c.first[at]
        if c.candidate_of[at + 1] > c.candidate_of[at] or told:
            continue
        for _ in range(2):
            kept = near(
                c.folded, begin + start, begin + c.last[at], t, names, town, village, total, touched, bins,
                work, found, away, rank,
            )  # fmt: skip
            for k in range(kept):
                apart = told_apart(
                    c.folded, begin + start, begin + c.last[at], names, found[k], away[k], work
                )
                # 金光街 is found in 金光街商业街, and yet is no near writing of it.
                length = names.char_of[found[k] + 1] - names.char_of[found[k]]
                apart |= start < c.first[at] and length <= c.first[at] - start
                apart |= barely_shared(c.folded, begin + start, begin + c.last[at], names, found[k])
                count = _bear(
                    t, names, found[k], town, away[k], rank[k], apart, start, at, c.what[at], bases, count
                )
            if start == c.first[at]:
                break
            start = c.first[at]
    return count
