"""From a component down the numbers that a text states 下行匹配; compiled."""

from __future__ import annotations

import numpy as np

from address.match.near import lies_in
from address.match.tables import BY_NAME, find
from address.parse.compiled import inner

(
    COST, UNKNOWN_NAME, UNKNOWN_OTHER, WRONG_REGION, WRONG_NAME, NO_NUMBER, OTHER_KIND, SKIPPED, SEVERAL,
    FUZZY, MARGIN, FORMER, BESIDE, NO_ADDRESS, NO_REGION, DOUBTFUL, DEEPER, SHORT, TOLD_APART,
    UNKNOWN_INSIDE,
) = range(20)  # fmt: skip
FEATURES = 20
"""Columns of ``feature``: what speaks for and against the best candidate of a text."""
WHY = FEATURES
"""Behind them, while a candidate is weighed: why it is not accepted unseen (:mod:`address.match.doubt`)."""

MOST_SECOND = 2000
"""Children looked through where a level is not stated."""
PER_SKIP, PER_KIND = -0.4, -0.6

_VILLAGE, _GROUP, _LANE, _ESTATE = 30, 34, 41, 42
_DOOR, _SECTION, _BUILDING, _UNIT, _FLOOR, _ROOM, _OBJECT = 50, 55, 60, 70, 80, 90, 95
_INFERRED, _UNKNOWN, _RANGE = 16, 32, 4
_HAO, _HASH = 0x53F7, 0x23
_HALLS = tuple(np.uint32(ord(char)) for char in "库房间厅馆")
_THINGS = tuple(np.uint32(ord(char)) for char in "棚井池塘")


@inner
def _kinds(what, turn):  # type: ignore[no-untyped-def]
    """What a number may be beside what it was read as: 12号 of a street, of an estate."""
    if turn == 0:
        return what
    if what == _DOOR:
        return (_BUILDING, _ROOM, _OBJECT)[turn - 1]
    if what == _BUILDING:
        return (_DOOR, _SECTION, 0)[turn - 1]
    if what == _ROOM:
        return (_DOOR, _UNIT, 0)[turn - 1]
    if what == _UNIT:
        return (_BUILDING, 0, 0)[turn - 1]
    return 0


@inner
def _is_bare(c, at):  # type: ignore[no-untyped-def]
    """Whether a number stands without a word: 洛城街道东斟灌村41."""
    char = c.folded[c.folded_base + c.last[at] - 1] if c.last[at] > 0 else np.uint32(0)
    return 48 <= char <= 57


@inner
def _is_worded(c, at):  # type: ignore[no-untyped-def]
    """Whether a number says by more than 号 what it numbers: 1 for 1号商铺, 2 for 3号仓库, -1 for 3#."""
    char = c.folded[c.folded_base + c.last[at] - 1] if c.last[at] > 0 else np.uint32(0)
    if c.what[at] == _BUILDING:
        for end in _HALLS:
            if char == end:
                return 2
    if char == _HASH:
        return -1
    return 0 if 48 <= char <= 57 or char == _HAO else 1


@inner
def _child(t, node, what, number, sub, letter, worded):  # type: ignore[no-untyped-def]
    """The child so numbered, and in which turn of its kinds it was found."""
    for turn in range(4):
        kind = _kinds(what, turn)
        if kind == 0 or (turn > 0 and (worded > 1 or (worded and (what in (_DOOR, _UNIT) or kind == _UNIT)))):
            break
        if turn > 0 and worded > 0 and what == _BUILDING and t.element[node] <= _GROUP:
            break  # 炉房村106号楼 is a house of flats, not the yard 106号
        row = find(t, node, kind, number, sub, letter)
        if row >= 0:
            return row, turn
    return np.int32(-1), 0


@inner
def _second(t, node, what, number, sub, letter, next_what, next_number, next_letter):  # type: ignore[no-untyped-def]
    """A grandchild so numbered where its parent is not stated; how many there are.

    Of several the one that has the number stated next is taken.
    """
    found, fitting, row = 0, 0, np.int32(-1)
    first, last = t.child_of[node], t.child_of[node + 1]
    looked = 0
    for at in range(first, last):
        child = t.child[at]
        if t.child_of[child] == t.child_of[child + 1]:
            continue
        looked += 1
        if looked > MOST_SECOND:
            break
        below = find(t, child, what, number, sub, letter)
        if below < 0:
            continue
        found += 1
        fits = next_what > 0 and _child(t, below, next_what, next_number, -1, next_letter, 0)[0] >= 0
        if fits:
            fitting += 1
        if row < 0 or (fits and fitting == 1):
            row = below
    return row, fitting if fitting > 0 else found


@inner
def _numbers(c, first, last, order):  # type: ignore[no-untyped-def]
    """The numbered parts of a text in order of rank: items into ``order``; how many.

    Of two numbers of a kind the one behind a name goes before the one that stands ahead of it.
    """
    count = 0
    for at in range(first, last):
        if c.sort[at] != 0 or c.owner[at] >= 0 or c.marks[at] & _INFERRED or c.what[at] == _FLOOR:
            continue
        what = c.what[at]
        if what != _GROUP and what != _LANE and (what < _DOOR or what > _ROOM):
            continue
        if c.candidate_of[at + 1] > c.candidate_of[at] or (c.number[at] < 0 and c.letter[at] == 0):
            continue
        said_again = False
        for k in range(count):
            other = order[k]
            if (
                c.what[other] == what and c.number[other] == c.number[at]
                and c.sub_number[other] == c.sub_number[at] and c.letter[other] == c.letter[at]
            ):  # fmt: skip
                said_again = True
        if count < order.size and not said_again:
            place = count
            while (
                place > 0
                and c.what[order[place - 1]] == what
                and _parted(c, first, last, order[place - 1], at)
            ):
                order[place] = order[place - 1]
                place -= 1
            order[place] = at
            count += 1
    return count


@inner
def _parted(c, first, last, one, other):  # type: ignore[no-untyped-def]
    """Whether a known name stands between two numbers, and the first ahead of all names."""
    between = False
    for at in range(first, last):
        known = c.sort[at] == 0 and c.owner[at] < 0 and c.candidate_of[at + 1] > c.candidate_of[at]
        if not known or c.what[at] < _VILLAGE or c.what[at] > _ESTATE or c.first[at] < 0:
            continue
        if c.last[at] <= c.first[one]:
            return False
        if c.last[at] <= c.first[other]:
            between = True
    return between


@inner
def _floor_of(c, first, last):  # type: ignore[no-untyped-def]
    for at in range(first, last):
        if c.sort[at] == 0 and c.what[at] == _FLOOR and not c.marks[at] & _INFERRED:
            return c.number[at]
    return np.int32(-1)


@inner
def _goes_on_as_thing(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether what stands right behind a number ends as numbered things do: 25号太棚 may be 25号大棚."""
    for other in range(first, last):
        unknown = c.sort[other] == 0 and c.what[other] == _OBJECT and c.marks[other] & _UNKNOWN
        if unknown and c.first[other] == c.last[at]:
            char = c.folded[c.folded_base + c.last[other] - 1]
            for end in _THINGS:
                if char == end:
                    return True
    return False


@inner
def descend(t, c, first, last, node, order, count, floor, hit):  # type: ignore[no-untyped-def]
    """From a component down the stated numbers; where it ends, and what was not found on the way.

    ``hit`` gets the component of each number, -1 where there is none. Further values: numbers
    of another kind, levels skipped, whether several answer.
    """
    other = skipped = several = 0
    for k in range(count):
        at = order[k]
        what, number, sub, letter = c.what[at], c.number[at], c.sub_number[at], c.letter[at]
        if c.marks[at] & _RANGE:
            sub = np.int32(-1)
        if what == _ROOM and number < 0 and floor >= 0:
            number = floor
        hit[k] = -1
        if what == _BUILDING and t.element[node] <= _LANE and _is_bare(c, at):
            what = np.uint8(_DOOR)
        worded = _is_worded(c, at)
        next_what, next_number, next_letter = 0, np.int32(-1), np.int32(0)
        if k + 1 < count:
            after = order[k + 1]
            next_what, next_number, next_letter = c.what[after], c.number[after], c.letter[after]
        row, turn = _child(t, node, what, number, sub, letter, worded)
        if row < 0 and what == _ROOM and 0 < number < 100 and floor > 0:
            row, turn = _child(t, node, what, floor * 100 + number, sub, letter, worded)
        if turn > 0 and next_what > 0 and _child(t, row, next_what, next_number, -1, next_letter, 0)[0] < 0:
            # 某社区1号楼2单元 is no door of the village, where an estate of it has such a building.
            below, answers = _second(t, node, what, number, sub, letter, next_what, next_number, next_letter)
            if below >= 0 and _child(t, below, next_what, next_number, -1, next_letter, 0)[0] >= 0:
                row, turn, several = below, 0, 1
                skipped += 1
        if row < 0 and what == _BUILDING and letter != 0 and number >= 0:
            # B5号楼 is 5号楼 of B区, where a section has the letter.
            section = find(t, node, _SECTION, np.int32(-1), np.int32(-1), letter)
            if section >= 0:
                row, turn = _child(t, section, what, number, sub, np.int32(0), worded)
        if row < 0:
            for turn_now in range(2):
                kind = _kinds(what, turn_now)
                if kind == 0:
                    break
                row, answers = _second(
                    t, node, kind, number, sub, letter, next_what, next_number, next_letter
                )
                if row >= 0:
                    skipped += 1
                    turn = turn_now
                    # A lane or an estate that nobody named may be another than the one on record.
                    if answers > 1 or t.element[t.parent[row]] <= _ESTATE:
                        several = 1
                    break
        if row >= 0:
            # Of two numbers neither is the one; 25号太棚 may be 25号大棚.
            if c.marks[at] & _RANGE or (what == _DOOR and _goes_on_as_thing(c, first, last, at)):
                several = 1
            hit[k] = row
            node = row
            if turn > 0:
                other += 1
    return node, other, skipped, several


@inner
def _things(t, c, first, last, node):  # type: ignore[no-untyped-def]
    """Further down to a thing that the text names and that stands here; 1 besides, where several do."""
    for at in range(first, last):
        if c.sort[at] != 0 or c.owner[at] >= 0 or c.what[at] != _OBJECT:
            continue
        found, count = np.int32(-1), 0
        for k in range(c.candidate_of[at], c.candidate_of[at + 1]):
            row = c.candidate[k]
            if row != node and lies_in(t, row, node):
                count += 1
                if found < 0 or (t.parent[row] == node and t.parent[found] != node):
                    found = row
        if found >= 0:
            return found, 1 if count > 1 and t.parent[found] != node else 0
        if c.candidate_of[at + 1] > c.candidate_of[at]:
            row = find(t, node, BY_NAME, t.name[c.candidate[c.candidate_of[at]]], np.int32(-1), np.int32(0))
            if row >= 0:
                return row, 0
    return node, 0
