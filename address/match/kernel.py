"""From what texts say to what they mean 匹配主循环: candidates, descent, agreement; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from address.match.near import FARTHER, MOST_BEARERS, lies_in, near, tells, told_apart
from address.match.tables import BY_NAME, find
from address.parse.compiled import inner

(
    COST, UNKNOWN_NAME, UNKNOWN_OTHER, WRONG_REGION, WRONG_NAME, NO_NUMBER, OTHER_KIND, SKIPPED, SEVERAL,
    FUZZY, MARGIN, FORMER, BESIDE, NO_ADDRESS, NO_REGION, DOUBTFUL, DEEPER, SHORT, TOLD_APART,
    UNKNOWN_INSIDE,
) = range(20)  # fmt: skip
FEATURES = 20
"""Columns of ``feature``: what speaks for and against the best candidate of a text."""

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


MOST_SECOND = 2000
"""Children looked through where a level is not stated."""
AGREE_NUMBER, AGREE_NAME, AGREE_REGION = 3.0, 2.0, 1.5
FAIL_NUMBER, FAIL_NAME, FAIL_TOWN, FAIL_UNKNOWN, PER_SKIP, PER_KIND = -4.0, -3.0, -3.5, -1.0, -0.4, -0.6
FUZZY_WEIGHT = 2.5

_ZONE, _TOWN, _VILLAGE, _HAMLET, _GROUP, _ROAD, _LANE, _ESTATE = 15, 20, 30, 31, 34, 40, 41, 42
_HAO = 0x53F7
_DOOR, _SECTION, _BUILDING, _UNIT, _FLOOR, _ROOM, _OBJECT = 50, 55, 60, 70, 80, 90, 95
_HALLS = tuple(np.uint32(ord(char)) for char in "库房间厅馆")
_THINGS = tuple(np.uint32(ord(char)) for char in "棚井池塘")
_INFERRED, _UNKNOWN, _FORMER, _HOLDER, _RANGE, _BELOW = 16, 32, 64, 1024, 4, 8


@inner
def _successor(t, row):  # type: ignore[no-untyped-def]
    for _ in range(8):
        if row < 0 or t.successor[row] < 0:
            return row
        row = t.successor[row]
    return row


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
    """Whether a number says by more than 号 what it numbers (1): 1号商铺 is no unit; 2 for 3号仓库."""
    char = c.folded[c.folded_base + c.last[at] - 1] if c.last[at] > 0 else np.uint32(0)
    if c.what[at] == _BUILDING:
        for end in _HALLS:
            if char == end:
                return 2
    return 0 if 48 <= char <= 57 or char == _HAO else 1


@inner
def _child(t, node, what, number, sub, letter, worded):  # type: ignore[no-untyped-def]
    """The child so numbered, and in which turn of its kinds it was found."""
    for turn in range(4):
        kind = _kinds(what, turn)
        if kind == 0 or (turn > 0 and (worded > 1 or (worded and (what in (_DOOR, _UNIT) or kind == _UNIT)))):
            break
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
        row, turn = _child(t, node, what, number, sub, letter, worded)
        if row < 0 and what == _ROOM and 0 < number < 100 and floor > 0:
            row, turn = _child(t, node, what, floor * 100 + number, sub, letter, worded)
        if row < 0:
            next_what, next_number, next_letter = 0, np.int32(-1), np.int32(0)
            if k + 1 < count:
                after = order[k + 1]
                next_what, next_number, next_letter = c.what[after], c.number[after], c.letter[after]
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
            if c.marks[at] & _RANGE:
                several = 1
            elif what == _DOOR and _goes_on_as_thing(c, first, last, at):
                several = 1
            hit[k] = row
            node = row
            if turn > 0:
                other += 1
    return node, other, skipped, several


@inner
def _things(t, c, first, last, node):  # type: ignore[no-untyped-def]
    """Further down to a thing that the text names and that stands here."""
    for at in range(first, last):
        if c.sort[at] != 0 or c.owner[at] >= 0 or c.what[at] != _OBJECT:
            continue
        for k in range(c.candidate_of[at], c.candidate_of[at + 1]):
            row = c.candidate[k]
            if row != node and lies_in(t, row, node):
                return row
        if c.candidate_of[at + 1] > c.candidate_of[at]:
            row = find(t, node, BY_NAME, t.name[c.candidate[c.candidate_of[at]]], np.int32(-1), np.int32(0))
            if row >= 0:
                return row
    return node


@inner
def _says(t, c, at, node, region):  # type: ignore[no-untyped-def]
    """Whether a named part is on the path of a component, or where its address lies."""
    for k in range(c.candidate_of[at], c.candidate_of[at + 1]):
        row = _successor(t, c.candidate[k])
        if lies_in(t, node, row) or (region >= 0 and lies_in(t, region, row)):
            return True
    if c.candidate_of[at + 1] > c.candidate_of[at] and c.what[at] >= _ROAD:
        # More bear the name than there are candidates.
        name = t.name[c.candidate[c.candidate_of[at]]]
        while node >= 0:
            if t.name[node] == name:
                return True
            node = t.parent[node]
    return False


@inner
def _begin_of_name(c, first, last, at):  # type: ignore[no-untyped-def]
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
def _tells_name(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span right before a known name makes it another's.

    前 before 杨家疃村, or before an estate; 吴 or 河东 before a village.
    """
    telling = True
    for i in range(c.first[at], c.last[at]):
        telling = telling and tells(c.folded[c.folded_base + i])
    for other in range(first, last):
        if c.sort[other] != 0 or c.owner[other] >= 0 or c.first[other] != c.last[at]:
            continue
        if c.candidate_of[other + 1] > c.candidate_of[other] and _VILLAGE <= c.what[other] <= _ESTATE:
            return telling or (c.what[other] <= _HAMLET and c.last[at] - c.first[at] <= 2)
    return False


@inner
def _is_rest_of_name(c, first, last, at):  # type: ignore[no-untyped-def]
    """Whether an unknown span stands between a known name and a number: 文苑 + 苑名郡 + 21号楼."""
    if _begin_of_name(c, first, last, at) == c.first[at]:
        return False
    for other in range(first, last):
        if (
            c.sort[other] == 0
            and c.owner[other] < 0
            and c.first[other] == c.last[at]
            and c.number[other] >= 0
        ):
            return True
    return False


@inner
def _near_on_path(t, c, bases, count, at, node, region):  # type: ignore[no-untyped-def]
    """The base by which an unknown name sounds or looks like one on the path of a component; -1 for none.

    洛程街道 is 洛城街道 where the village that follows lies in it; 东庄 is never 西庄.
    """
    for b in range(count):
        if bases.item[b] != at or bases.away[b] <= 0 or bases.apart[b]:
            continue
        row = bases.row[b]
        of_a_kind = t.element[row] == c.what[at] and c.what[at] <= _VILLAGE
        if of_a_kind and (lies_in(t, node, row) or (region >= 0 and lies_in(t, region, row))):
            return b
    return -1


@inner
def agreement(  # type: ignore[no-untyped-def]
    t, c, first, last, node, bases, chosen, bases_count, order, count, hit, f, said
):
    """How well a text agrees with a component; features into ``f``, outcomes into ``said``.

    Outcomes by item: 1 agrees, 2 sounds or looks alike, 3 contradicts, 4 not in the register, 0 says nothing.
    """
    score = 0.0
    base_item, fuzzy = bases.item[chosen], bases.away[chosen]
    for k in range(FEATURES):
        f[k] = 0.0
    region = t.region[node]
    regions = 0
    for at in range(first, last):
        said[at - first] = 0
        if c.sort[at] != 0 or c.owner[at] >= 0 or c.marks[at] & _INFERRED:
            continue
        what = c.what[at]
        if bases.start[chosen] <= c.first[at] and c.last[at] == c.first[base_item]:
            # The beginning of the name that is near.
            continue
        if what == _ZONE and c.candidate_of[at + 1] > c.candidate_of[at]:
            # A zone lies over the tree; the town that holds it must hold the address.
            town = t.parent[c.candidate[c.candidate_of[at]]]
            if (
                town >= 0
                and t.element[town] == _TOWN
                and not (lies_in(t, node, town) or (region >= 0 and lies_in(t, region, town)))
            ):
                said[at - first] = 3
                f[WRONG_REGION] += 1.0
                score += FAIL_TOWN
            continue
        if what == _FLOOR and (c.marks[at] & _BELOW or c.letter[at] == 66):
            # Below the ground the register has no floor.
            said[at - first] = 4
            f[NO_NUMBER] += 1.0
            score += FAIL_NUMBER
        if what in (_ZONE, _FLOOR):
            continue
        if what < _TOWN and c.candidate_of[at + 1] == c.candidate_of[at]:
            # Another city or county.
            said[at - first] = 3
            f[WRONG_REGION] += 1.0
            score += FAIL_TOWN
            continue
        if at == base_item and fuzzy > 0:
            said[at - first] = 2
            score += AGREE_NAME - FUZZY_WEIGHT * fuzzy
            continue
        if c.candidate_of[at + 1] > c.candidate_of[at]:
            if c.marks[at] & _FORMER:
                f[FORMER] = 1.0
            if _says(t, c, at, node, region):
                said[at - first] = 1
                if what in (_TOWN, _VILLAGE):
                    regions += 1
                score += AGREE_REGION if what <= _VILLAGE else AGREE_NAME
            elif what in (12, _TOWN, _VILLAGE):
                said[at - first] = 3
                # A door of a road may be told by the village beside it.
                soft = (
                    what == _VILLAGE
                    and t.element[node] == _DOOR
                    and t.element[t.parent[node]] in (_ROAD, _LANE)
                )
                f[WRONG_REGION] += 0.5 if soft else 1.0
                score += 0.3 * FAIL_TOWN if soft else FAIL_TOWN
            elif what >= _HAMLET:
                said[at - first] = 3
                f[WRONG_NAME] += 1.0 if what != _OBJECT else 0.5
                score += FAIL_NAME if what != _OBJECT else 0.5 * FAIL_NAME
        elif c.number[at] >= 0 and what == _OBJECT:
            said[at - first] = 4
            f[NO_NUMBER] += 1.0
            score += FAIL_NUMBER
        elif c.number[at] < 0 and c.letter[at] == 0:
            near_by = _near_on_path(t, c, bases, bases_count, at, node, region)
            if near_by >= 0:
                said[at - first] = 2
                f[FUZZY] = max(f[FUZZY], bases.away[near_by])
                score += AGREE_REGION - FUZZY_WEIGHT * bases.away[near_by]
                regions += 1 if what in (_TOWN, _VILLAGE) else 0
                continue
            said[at - first] = 4
            if what == _OBJECT:
                if _tells_name(c, first, last, at):
                    f[TOLD_APART] = 1.0
                if t.element[node] in (_ESTATE, _BUILDING, _UNIT):
                    f[UNKNOWN_INSIDE] = 1.0
                f[UNKNOWN_OTHER] += min(1.0, 0.2 * (c.last[at] - c.first[at]))
                score += (1.5 if _is_rest_of_name(c, first, last, at) else 0.3) * FAIL_UNKNOWN
            else:
                f[UNKNOWN_NAME] += 1.0
                score += FAIL_UNKNOWN
    for k in range(count):
        at = order[k]
        if hit[k] >= 0:
            said[at - first] = 1
            score += AGREE_NUMBER
        else:
            said[at - first] = 4
            f[NO_NUMBER] += 0.5 if c.what[at] == _GROUP or c.what[at] == _SECTION else 1.0
            score += FAIL_NUMBER if c.what[at] != _GROUP else 0.5 * FAIL_NUMBER
    f[FUZZY] = max(f[FUZZY], fuzzy)
    if bases.apart[chosen]:
        f[TOLD_APART] = 1.0
    f[NO_REGION] = 1.0 if regions == 0 else 0.0
    f[NO_ADDRESS] = 1.0 if t.address[node] < 0 else 0.0
    f[DEEPER] = 1.0 if t.child_of[node + 1] > t.child_of[node] else 0.0
    return score


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
        row = np.int32(_successor(t, c.candidate[c.candidate_of[at]]))
        if what == _VILLAGE:
            village = row
            row = t.parent[row]
        if row >= 0 and t.element[row] == _TOWN:
            if town >= 0 and town != row:
                return np.int32(-1), np.int32(-1)
            town = row
    return town, village


@inner
def _bear(t, names, word, town, away, rank, apart, start, at, bases, count):  # type: ignore[no-untyped-def]
    """Adds the components of a name that is near; of one that the stated town has, those there alone."""
    inside = town >= 0 and rank < away + 2 * FARTHER
    first = names.bearer_of[word]
    for b in range(first, min(names.bearer_of[word + 1], first + MOST_BEARERS)):
        if inside and not lies_in(t, names.bearer[b], town):
            continue
        if count < bases.row.size:
            bases.row[count], bases.item[count] = _successor(t, names.bearer[b]), at
            bases.away[count], bases.apart[count], bases.start[count] = max(away, 0.05), apart, start
            count += 1
    return count


@inner
def _bases(  # type: ignore[no-untyped-def]
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
                bases.row[count], bases.item[count] = _successor(t, c.candidate[k]), at
                bases.away[count], bases.apart[count], bases.start[count] = 0.0, False, c.first[at]
                count += 1
        if c.what[at] in (_ROAD, _ESTATE) and c.candidate_of[at + 1] > c.candidate_of[at]:
            whole = True
    for at in range(first, last):
        if c.sort[at] != 0 or c.owner[at] >= 0 or not c.marks[at] & _UNKNOWN or c.last[at] - c.first[at] < 2:
            continue
        begin, start = c.folded_base, _begin_of_name(c, first, last, at)
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
                count = _bear(t, names, found[k], town, away[k], rank[k], apart, start, at, bases, count)
            if start == c.first[at]:
                break
            start = c.first[at]
    return count
