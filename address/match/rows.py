"""One pass over parsed texts 逐行匹配: the best and the second component of each; compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from address.match.agree import agreement
from address.match.around import is_plain, weigh_around
from address.match.bases import MOST_BASES, Bases, bases_of
from address.match.doubt import Doubt
from address.match.kernel import (
    BESIDE,
    COST,
    DOUBTFUL,
    FEATURES,
    FORMER,
    FUZZY,
    MARGIN,
    NO_ADDRESS,
    NO_NUMBER,
    NO_REGION,
    OTHER_KIND,
    PER_KIND,
    PER_SKIP,
    SEVERAL,
    SHORT,
    SKIPPED,
    TOLD_APART,
    UNKNOWN_INSIDE,
    UNKNOWN_NAME,
    UNKNOWN_OTHER,
    WHY,
    WRONG_NAME,
    WRONG_REGION,
    _floor_of,
    _numbers,
    _things,
    descend,
)  # fmt: skip
from address.match.near import BINS, KEPT, LONGEST, lies_in
from address.parse.compiled import digest, inner, machine
from address.parse.edges import HELD

MOST_SAID = 96
MOST_NUMBERS = 16
WIDEST = 8.0
LEAST_MARGIN = 1.0
SEVERAL_PRICE = -0.5
_NOTHING, _UNSURE, _NUMBER_UNKNOWN, _OTHER_REGION, _OTHER_NAME, _SAID_OTHERWISE = machine(
    Doubt.NONE, Doubt.UNSURE, Doubt.NUMBER_UNKNOWN, Doubt.OTHER_REGION, Doubt.OTHER_NAME, Doubt.SAID_OTHERWISE
)
_NAME_UNKNOWN, _NO_ADDRESS, _SEVERAL, _BESIDE, _RIVAL, _NEAR_NAME = machine(
    Doubt.NAME_UNKNOWN, Doubt.NO_ADDRESS, Doubt.SEVERAL, Doubt.BESIDE, Doubt.RIVAL, Doubt.NEAR_NAME
)
_OF_NEXT = tuple(np.uint32(ord(char)) for char in "至邻着")
_NEAR, _AT_NEAR = np.uint32(ord("近")), np.uint32(ord("附"))


class Items(NamedTuple):
    """Columns of parsed texts, for the compiled code; as in :class:`address.parse.ParsedColumns`."""

    sort: NDArray[np.uint8]
    what: NDArray[np.uint8]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    number: NDArray[np.int32]
    sub_number: NDArray[np.int32]
    letter: NDArray[np.int32]
    marks: NDArray[np.int32]
    owner: NDArray[np.int32]
    candidate_of: NDArray[np.int64]
    candidate: NDArray[np.int32]
    folded: NDArray[np.uint32]
    folded_base: np.int64
    """Where the folded characters of the text in hand begin."""


@inner
def _named_later(c, begin, end, qualifier):  # type: ignore[no-untyped-def]
    """Whether a known village or estate, and a number of it, are named after a qualifier."""
    for at in range(begin, end):
        known = c.sort[at] == 0 and c.owner[at] < 0 and c.candidate_of[at + 1] > c.candidate_of[at]
        if known and (c.what[at] == 30 or c.what[at] == 42) and c.first[at] >= c.last[qualifier]:
            for number in range(begin, end):
                numbered = c.sort[number] == 0 and c.owner[number] < 0 and c.number[number] >= 0
                if numbered and c.first[number] >= c.last[at]:
                    return True
    return False


@inner
def _is_of_next(c, qualifier):  # type: ignore[no-untyped-def]
    """Whether a qualifier stands before what it relates to: 东至, 西邻, 紧挨着, 靠近."""
    at = c.folded_base + c.last[qualifier] - 1
    return c.folded[at] in _OF_NEXT or (c.folded[at] == _NEAR and c.folded[at - 1] != _AT_NEAR)


@inner
def _doubt_of(f, why):  # type: ignore[no-untyped-def]
    """What is never accepted unseen: it contradicts itself, is told by another place, has a rival.

    ``why``: what stands against it by what the text says around it; 0 for nothing.
    """
    if f[NO_NUMBER] > 0:
        return _NUMBER_UNKNOWN
    if f[WRONG_REGION] >= 1:
        return _OTHER_REGION
    if f[WRONG_NAME] > 0:
        return _OTHER_NAME
    # 东庄 is no near writing of 西庄, nor 九村 of 二村; of something inside an estate or a building that the
    # register lacks the rest is not the address.
    if f[TOLD_APART] + f[UNKNOWN_INSIDE] > 0:
        return max(np.int64(why), _UNSURE)
    # What the text names above or beside the address is not in the register as it is written.
    if f[UNKNOWN_NAME] > 0:
        return _NAME_UNKNOWN
    if f[SEVERAL] > 0:
        return _SEVERAL
    if f[BESIDE] > 0:
        return _BESIDE
    if f[MARGIN] < LEAST_MARGIN:
        return _RIVAL
    # A name that is only near is no name where the town is a former one, or the number another's; nor
    # where no region beside it says so: 5寿街11道元 is no 福寿街11号.
    if f[FUZZY] > 0 and (f[OTHER_KIND] + f[FORMER] > 0 or f[NO_REGION] > 0):
        return _NEAR_NAME
    if f[SKIPPED] > 0 and f[UNKNOWN_OTHER] + f[FUZZY] > 0:
        return _UNSURE
    return _NO_ADDRESS if f[NO_ADDRESS] > 0 else _NOTHING


@inner
def _is_doorway(c, begin, end, qualifier):  # type: ignore[no-untyped-def]
    """Whether a text ends in front of what it numbers, or at a gate: 2单元门口, 商铺6门前, 商务小区南门.

    The door of a room is the room. By the side of a house of flats or a greenhouse is another place,
    but on which side of the street a door is may be told.
    """
    sided = c.what[qualifier] == 7 and c.letter[qualifier] != 0
    behind = c.what[qualifier] == 9
    for at in range(begin, end):
        if c.sort[at] == 2 or c.owner[at] >= 0:
            continue
        if c.first[at] >= c.last[qualifier]:
            return False
        thing = c.what[at] == 95 and c.candidate_of[at + 1] > c.candidate_of[at]
        numbered = c.sort[at] == 0 and (c.number[at] >= 0 or thing) and c.what[at] != 90
        if sided and c.what[at] != 60 and c.what[at] != 70 and c.what[at] != 95:
            continue
        behind |= numbered and c.last[at] == c.first[qualifier]
    return behind


@inner
def _numbers_a_side(t, c, begin, end, qualifier, node):  # type: ignore[no-untyped-def]
    """Whether a number of a village counts one side of it: 一村北32号大棚, 李寨村西19号."""
    if c.letter[qualifier] == 0 or node < 0 or (t.element[node] != 95 and t.element[node] != 50):
        return False
    if t.element[t.parent[node]] > 34:
        return False
    for at in range(begin, end):
        numbered = c.sort[at] == 0 and (c.number[at] >= 0 or c.what[at] == 95)
        if numbered and c.start[at] == c.end[qualifier]:
            return True
    return False


@inner
def _numbers_at_gate(c, begin, end, qualifier):  # type: ignore[no-untyped-def]
    """Whether a number is counted along a gate: 商务小区南门12号; but 南门3号楼 is found by it."""
    for at in range(begin, end):
        if c.sort[at] == 0 and c.number[at] >= 0 and c.start[at] == c.end[qualifier] and is_plain(c, at):
            return True
    return False


@inner
def _finish(c, begin, end, price, best, rank_score, feature, doubt, row, t):  # type: ignore[no-untyped-def]
    """What does not depend on the candidate: cost of the reading, places told by others, the margin."""
    feature[row, COST] = min(price, 12.0)
    beside = 0.0
    for at in range(begin, end):
        # Crossing, beside, relative, distance; a side of the road is where the door is. What is said
        # before the name of the address leads there: 超市后面的商务小区3号楼.
        told = c.sort[at] == 1 and c.what[at] != 7 and c.what[at] != 9
        if told and (_is_of_next(c, at) or not _named_later(c, begin, end, at)):
            beside = 1.0
        if c.sort[at] == 1 and (c.what[at] == 7 or c.what[at] == 9) and _is_doorway(c, begin, end, at):
            beside = 1.0
        if c.sort[at] == 1 and c.what[at] == 7 and _numbers_a_side(t, c, begin, end, at, best[row, 0]):
            beside = 1.0
        if c.sort[at] == 1 and c.what[at] == 9 and _numbers_at_gate(c, begin, end, at):
            beside = 1.0
    feature[row, BESIDE] = beside
    for at in range(begin, end):
        if c.sort[at] == 2 and c.marks[at] & HELD:
            # (现1001室): a number of an address that nothing has answered.
            feature[row, UNKNOWN_INSIDE] = 1.0
            if doubt[row] == 0:
                doubt[row] = _SAID_OTHERWISE
    margin = WIDEST
    for k in range(1, best.shape[1]):
        # Of a path and its beginning the deeper one is meant; another path is a rival.
        if best[row, k] >= 0 and not lies_in(t, best[row, 0], best[row, k]):
            margin = min(WIDEST, rank_score[row, 0] - rank_score[row, k])
            break
    feature[row, MARGIN] = margin
    feature[row, SHORT] = 1.0 if best[row, 0] < 0 else 0.0
    doubt[row] = _doubt_of(feature[row], doubt[row])
    feature[row, DOUBTFUL] = 1.0 if doubt[row] > 0 else 0.0


def _compiled(sources: int) -> Any:
    """The door of the compiled code, tied to its sources."""

    @njit(cache=True, nogil=True)
    def resolve(  # type: ignore[no-untyped-def]
        t, names, sort, what, first, last, start, stop, number, sub, letter, marks, owner, candidate_of,
        candidate, folded, item_of, folded_of, price, best, rank_score, feature, doubt, said,
    ):  # fmt: skip
        """For every text: likeliest components into ``best``, with ``rank_score``; of the first its features,
        and why it is not accepted unseen."""
        _ = sources
        keep = best.shape[1]
        bases = Bases(
            np.empty(MOST_BASES, np.int32), np.empty(MOST_BASES, np.int64), np.empty(MOST_BASES, np.float64),
            np.empty(MOST_BASES, np.int32), np.empty(MOST_BASES, np.bool_),
        )  # fmt: skip
        total = np.zeros(names.char_of.size, np.float32)
        touched = np.empty(20000, np.int32)
        work = np.empty((2, LONGEST + 2), np.float64)
        found, away, rank = np.empty(KEPT, np.int32), np.empty(KEPT, np.float64), np.empty(KEPT, np.float64)
        bins = np.empty(BINS + 1, np.int64)
        order, hit = np.empty(MOST_NUMBERS, np.int64), np.empty(MOST_NUMBERS, np.int32)
        apart, inside = np.empty(MOST_SAID, np.int64), np.empty(MOST_SAID, np.int64)
        f, outcome = np.empty(FEATURES + 1, np.float64), np.zeros(MOST_SAID, np.uint8)
        for row in range(item_of.size - 1):
            begin, end = item_of[row], min(item_of[row + 1], item_of[row] + MOST_SAID)
            c = Items(
                sort, what, first, last, start, stop, number, sub, letter, marks, owner, candidate_of,
                candidate, folded, folded_of[row],
            )  # fmt: skip
            for k in range(keep):
                best[row, k], rank_score[row, k] = -1, -np.inf
            weigh_around(c, begin, end, apart, inside)
            numbers = _numbers(c, begin, end, order)
            floor = _floor_of(c, begin, end)
            count = bases_of(t, c, begin, end, names, total, touched, bins, work, found, away, rank, bases)
            for b in range(count):
                node, other, skipped, several = descend(
                    t, c, begin, end, bases.row[b], order, numbers, floor, hit
                )
                node, answers = _things(t, c, begin, end, node)
                several = max(several, answers)
                score = agreement(
                    t, c, begin, end, node, bases, b, count, order, numbers, hit, apart, inside, f, outcome
                )
                score += PER_KIND * other + PER_SKIP * skipped + SEVERAL_PRICE * several
                same = keep - 1
                for k in range(keep):
                    if best[row, k] == node:
                        same = k
                        break
                if score <= rank_score[row, same] and best[row, same] == node:
                    continue
                place = 0
                while place < keep and rank_score[row, place] >= score:
                    place += 1
                if place >= keep:
                    continue
                for k in range(same, place, -1):
                    best[row, k], rank_score[row, k] = best[row, k - 1], rank_score[row, k - 1]
                best[row, place], rank_score[row, place] = node, score
                if place == 0:
                    f[OTHER_KIND], f[SKIPPED], f[SEVERAL] = other, skipped, several
                    for k in range(FEATURES):
                        feature[row, k] = f[k]
                    doubt[row] = np.uint8(f[WHY])
                    for k in range(end - begin):
                        said[row, k] = outcome[k]
            _finish(c, begin, end, price[row], best, rank_score, feature, doubt, row, t)

    return resolve


resolve = _compiled(digest(Path(__file__).parent))
