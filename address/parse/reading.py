"""From tokens to what a text says 读出: parts with candidates, qualifiers, notes, what is implied; compiled.

An item is a row of ``item`` (columns below). The parts of a row come first, by rank, then
qualifiers, each followed by the parts to which it relates, then notes.
"""

# ruff: noqa: SIM109 - compiled: comparisons cost less than tuples and generators

from __future__ import annotations

import numpy as np

from address.model import Element
from address.parse.automaton import DETAIL as W_DETAIL
from address.parse.automaton import ELEMENT as W_ELEMENT
from address.parse.automaton import FIRST as W_FIRST
from address.parse.automaton import KIND as W_KIND
from address.parse.automaton import OFFICE as W_OFFICE
from address.parse.automaton import step
from address.parse.compiled import inner, machine
from address.parse.edges import BARE, ELEMENT, END, FLAGS, HELD, KIND, LETTER, NUMBER, SENSE, START, SUB
from address.parse.fold import CharClass
from address.parse.gazetteer import CURRENT as T_CURRENT
from address.parse.gazetteer import ELEMENT as T_ELEMENT
from address.parse.gazetteer import OFFICE as T_OFFICE
from address.parse.gazetteer import PARENT as T_PARENT
from address.parse.gazetteer import SUCCESSOR as T_SUCCESSOR
from address.parse.tokens import ANCHOR, REMARK, STANDING, STATE, is_part, is_qualifier
from address.parse.words import Kind

SORT, WHAT, FROM, TO, RAW_FROM, RAW_TO, NUM, UNDER, CHAR, MARKS, OWNER, CANDIDATES, CANDIDATES_END = range(13)
ITEM_COLUMNS = 13
PART, QUALIFIER, NOTE = machine(0, 1, 2)
_NONE, _NOTHING = machine(-1, 0)

MOST_ITEMS = 96
MOST_CANDIDATES = 32

INFERRED, UNKNOWN, FORMER, OUTSIDE, NO_CROSSING, OFFICE, HOLDER = 16, 32, 64, 128, 256, 512, 1024
"""Marks of items, above those of edges (:mod:`address.parse.edges`)."""

_NAME, _UNKNOWN, _JUNK, _OFFICE = machine(Kind.NAME, Kind.UNKNOWN, Kind.JUNK, Kind.OFFICE)
_CROSSING, _DISTANCE = machine(Kind.CROSSING, Kind.DISTANCE)
(_HAN,) = machine(CharClass.HAN)
_HAO, _DI = np.uint32(ord("号")), np.uint32(ord("第"))
_COUNTY, _TOWN, _VILLAGE, _GROUP = machine(Element.COUNTY, Element.TOWN, Element.VILLAGE, Element.GROUP)
_ESTATE, _BUILDING, _UNIT, _FLOOR, _ROOM, _OBJECT = machine(
    Element.ESTATE, Element.BUILDING, Element.UNIT, Element.FLOOR, Element.ROOM, Element.OBJECT
)


@inner
def _write(item, at, sort, what, start, end, origin):  # type: ignore[no-untyped-def]
    for c in range(ITEM_COLUMNS):
        item[at, c] = -1
    item[at, SORT], item[at, WHAT] = sort, what
    item[at, FROM], item[at, TO] = start, end
    if start >= 0:
        item[at, RAW_FROM], item[at, RAW_TO] = origin[start], origin[end - 1] + 1
    item[at, CHAR] = item[at, MARKS] = 0
    item[at, CANDIDATES] = item[at, CANDIDATES_END] = 0


@inner
def _write_part(item, at, token, t, origin):  # type: ignore[no-untyped-def]
    _write(item, at, PART, token[t, ELEMENT], token[t, START], token[t, END], origin)
    item[at, NUM], item[at, UNDER] = token[t, NUMBER], token[t, SUB]
    item[at, CHAR], item[at, MARKS] = token[t, LETTER], token[t, FLAGS] & ~BARE
    if token[t, KIND] == _UNKNOWN or token[t, KIND] == _JUNK:
        item[at, MARKS] |= UNKNOWN
    # Until candidates are found, the sense stands in their column.
    item[at, CANDIDATES] = token[t, SENSE] if token[t, KIND] == _NAME else -1


@inner
def _is_under(row, above, tree):  # type: ignore[no-untyped-def]
    while row >= 0 and row != above:
        row = np.int64(tree[row, T_PARENT])
    return row == above


@inner
def _choose(item, at, sense, lexicon, tree, above, chosen, count):  # type: ignore[no-untyped-def]
    """Candidates of a sense under a component (-1: anywhere) into ``chosen``; how many there are then."""
    first, last = lexicon.sense[sense, W_FIRST], lexicon.sense[sense + 1, W_FIRST]
    current = False
    for c in range(first, last):
        row = np.int64(lexicon.candidate[c])
        if tree[row, T_CURRENT] and (above < 0 or _is_under(row, above, tree)):
            current = True
            break
    begin = count
    for c in range(first, last):
        row = np.int64(lexicon.candidate[c])
        if tree[row, T_CURRENT] != current:
            continue
        if above < 0 or _is_under(row, above, tree):
            if count - begin == MOST_CANDIDATES:
                break
            chosen[count] = row
            count += 1
    return count


@inner
def _successor_or_self(row, tree):  # type: ignore[no-untyped-def]
    for _ in range(8):
        if row < 0 or tree[row, T_SUCCESSOR] < 0:
            return row
        row = np.int64(tree[row, T_SUCCESSOR])
    return row


@inner
def _holders(sense, lexicon, tree, town, chosen, count):  # type: ignore[no-untyped-def]
    """Villages that hold a thing of that name, of the stated town if any there does; how many then."""
    begin = count
    for turn in range(2):
        for c in range(lexicon.sense[sense, W_FIRST], lexicon.sense[sense + 1, W_FIRST]):
            holder = np.int64(tree[lexicon.candidate[c], T_PARENT])
            if turn == 0 and town >= 0 and not _is_under(holder, town, tree):
                continue
            if count - begin < MOST_CANDIDATES and (count == begin or chosen[count - 1] != holder):
                chosen[count] = holder
                count += 1
        if count > begin:
            break
    return count


@inner
def _step_number(node, number, lexicon):  # type: ignore[no-untyped-def]
    power = np.int64(1)
    while power * 10 <= number:
        power *= 10
    while power > 0 and node >= 0:
        digit = np.uint32(48 + number // power % 10)
        node = np.int64(step(lexicon.key, lexicon.target, lexicon.shift, node, digit))
        power //= 10
    if node >= 0:
        node = np.int64(step(lexicon.key, lexicon.target, lexicon.shift, node, _HAO))
    return node


@inner
def _numbered_sense(item, at, chars, kind, lexicon):  # type: ignore[no-untyped-def]
    """The name that a numbered thing has in the register however it is written; -1 for none.

    三十八号大棚, 大棚38号 and 38#大棚 are 38号大棚; 商铺十五 is 商铺15号.
    """
    for behind in range(2):
        node = np.int64(0)
        if behind == 0:
            node = _step_number(node, item[at, NUM], lexicon)
        for i in range(item[at, FROM], item[at, TO]):
            if node >= 0 and kind[i] == _HAN and chars[i] != _HAO and chars[i] != _DI:
                node = np.int64(step(lexicon.key, lexicon.target, lexicon.shift, node, chars[i]))
        if behind == 1 and node >= 0:
            node = _step_number(node, item[at, NUM], lexicon)
        if node < 0:
            continue
        for sense in range(lexicon.sense_of[node], lexicon.sense_of[node + 1]):
            if lexicon.sense[sense, W_KIND] == _NAME and lexicon.sense[sense, W_ELEMENT] == _OBJECT:
                return np.int64(sense)
    return np.int64(-1)


@inner
def _find_candidates(item, first, last, chars, kind, lexicon, tree, chosen, count):  # type: ignore[no-untyped-def]
    """Components that the parts may be, each under what stands above it, if there is any."""
    town, village = np.int64(-1), np.int64(-1)
    for at in range(first, last):
        sense, element = item[at, CANDIDATES], item[at, WHAT]
        if sense < 0 and item[at, SORT] == PART and element == _OBJECT and item[at, NUM] >= 0:
            sense = _numbered_sense(item, at, chars, kind, lexicon)
        item[at, CANDIDATES] = item[at, CANDIDATES_END] = count
        if sense < 0 or item[at, SORT] != PART:
            continue
        begin = count
        if item[at, MARKS] & HOLDER:
            count = _holders(sense, lexicon, tree, town, chosen, count)
            item[at, CANDIDATES_END] = count
            if count == begin + 1:
                village = chosen[begin]
            continue
        if village >= 0 and element > _VILLAGE:
            count = _choose(item, at, sense, lexicon, tree, village, chosen, count)
        if count == begin and town >= 0 and element > _TOWN:
            count = _choose(item, at, sense, lexicon, tree, town, chosen, count)
            if count == begin and (_VILLAGE <= element <= _GROUP or element == _ESTATE):
                item[at, MARKS] |= OUTSIDE
        if count == begin:
            count = _choose(item, at, sense, lexicon, tree, _NONE, chosen, count)
        item[at, CANDIDATES_END] = count
        if count == begin:
            # A unit beyond the register.
            item[at, MARKS] |= UNKNOWN
        elif not tree[chosen[begin], T_CURRENT]:
            item[at, MARKS] |= FORMER
        if count == begin + 1:
            if element == _TOWN:
                town = _successor_or_self(chosen[begin], tree)
            elif element == _VILLAGE and not item[at, MARKS] & OUTSIDE:
                village = chosen[begin]
    return count


@inner
def _narrow(item, first, last, tree, chosen):  # type: ignore[no-untyped-def]
    """Of several candidates of a region those stay that hold a candidate of a deeper part."""
    for at in range(last - 1, first - 1, -1):
        begin, end = item[at, CANDIDATES], item[at, CANDIDATES_END]
        if end - begin < 2 or item[at, WHAT] > _ESTATE:
            continue
        for below in range(at + 1, last):
            if item[below, SORT] != PART or item[below, WHAT] <= item[at, WHAT]:
                continue
            kept = begin
            for c in range(begin, end):
                holds = False
                for d in range(item[below, CANDIDATES], item[below, CANDIDATES_END]):
                    if _is_under(chosen[d], chosen[c], tree):
                        holds = True
                        break
                if holds:
                    chosen[c], chosen[kept] = chosen[kept], chosen[c]
                    kept += 1
            if kept > begin:
                end = kept
        item[at, CANDIDATES_END] = end


@inner
def _find_offices(item, first, last, tree, chosen, count):  # type: ignore[no-untyped-def]
    """The office of the village that the text names, where the register holds it."""
    for at in range(first, last):
        if not item[at, MARKS] & OFFICE:
            continue
        for other in range(first, at):
            if item[other, WHAT] == _VILLAGE and item[other, CANDIDATES_END] == item[other, CANDIDATES] + 1:
                office = tree[chosen[item[other, CANDIDATES]], T_OFFICE]
                if office >= 0:
                    chosen[count] = office
                    item[at, CANDIDATES], item[at, CANDIDATES_END] = count, count + 1
                    count += 1
    return count


@inner
def _sort(item, first, last):  # type: ignore[no-untyped-def]
    for i in range(first + 1, last):
        k = i
        while k > first and item[k, WHAT] < item[k - 1, WHAT]:
            for c in range(ITEM_COLUMNS):
                item[k, c], item[k - 1, c] = item[k - 1, c], item[k, c]
            k -= 1


@inner
def _infer(item, first, last, tree, chosen, count, origin):  # type: ignore[no-untyped-def]
    """Appends what is not written but implied: the units above a known part, the floor of a room.

    The town follows from a village or an estate; a road or a thing stands for the county alone.
    """
    room, floor, built, deepest = np.int64(-1), np.int64(-1), np.int64(-1), np.int64(-1)
    stated = np.int64(0)
    for at in range(first, last):
        element = item[at, WHAT]
        if element <= _TOWN:
            stated |= 1 << element
        if element == _ROOM:
            room = np.int64(at)
        elif element == _FLOOR:
            floor = np.int64(at)
        elif element == _BUILDING or element == _UNIT:
            built = np.int64(at)
        if item[at, CANDIDATES_END] > item[at, CANDIDATES]:
            surer = deepest < 0 or element <= _ESTATE
            if surer and not item[at, MARKS] & OUTSIDE:
                deepest = np.int64(at)
    end = last
    if deepest >= 0:
        begin, finish = item[deepest, CANDIDATES], item[deepest, CANDIDATES_END]
        kind = item[deepest, WHAT]
        from_region = _VILLAGE <= kind <= _GROUP or kind == _ESTATE
        row = np.int64(tree[_successor_or_self(chosen[begin], tree), T_PARENT])
        while row >= 0:
            element = np.int64(tree[row, T_ELEMENT])
            shared = True
            for c in range(begin + 1, finish):
                if not _is_under(_successor_or_self(chosen[c], tree), row, tree):
                    shared = False
                    break
            wanted = element <= _COUNTY or (element == _TOWN and from_region)
            if shared and wanted and not stated & (1 << element):
                _write(item, end, PART, np.int64(element), _NONE, _NONE, origin)
                item[end, MARKS] = INFERRED
                chosen[count] = row
                item[end, CANDIDATES], item[end, CANDIDATES_END] = count, count + 1
                count += 1
                end += 1
            row = np.int64(tree[row, T_PARENT])
    if room >= 0 and floor < 0 and built >= 0 and 100 <= item[room, NUM] < 10000 and not item[room, CHAR]:
        level = item[room, NUM] // 100
        if 1 <= level <= 60:
            _write(item, end, PART, _FLOOR, _NONE, _NONE, origin)
            item[end, MARKS], item[end, NUM] = INFERRED, level
            end += 1
    return end, count


@inner
def _ends_in_office(token, m, t, lexicon):  # type: ignore[no-untyped-def]
    """Where the office of a village that ends the text ends, if the token names one: 西景明二村村民委员会."""
    if token[t, KIND] != _NAME or token[t, ELEMENT] != _VILLAGE:
        return -1
    end = np.int64(-1)
    if lexicon.sense[token[t, SENSE], W_OFFICE]:
        end = token[t, END]
    after = t + 1
    if after < m and token[after, KIND] == _OFFICE:
        end = token[after, END]
        after += 1
    while after < m and token[after, STATE] != STANDING:
        after += 1
    return end if after == m else -1


@inner
def read_items(token, m, origin, chars, kind, lexicon, tree, crossing, item, first, chosen, count):  # type: ignore[no-untyped-def]
    """Items of one reading from row ``first``; where they end, and how many candidates are then chosen."""
    end = first
    limit = first + MOST_ITEMS
    for t in range(m):
        if token[t, STATE] != STANDING or not is_part(token[t, KIND]) or end + 40 > limit:
            continue
        _write_part(item, end, token, t, origin)
        end += 1
        office = _ends_in_office(token, m, t, lexicon)
        if office > 0:
            _write(item, end, PART, _OBJECT, token[t, START], office, origin)
            item[end, MARKS] = OFFICE
            item[end, CANDIDATES] = -1
            end += 1
        elif (
            token[t, KIND] == _NAME
            and token[t, ELEMENT] == _OBJECT
            and lexicon.sense[token[t, SENSE], W_DETAIL] > 0
        ):
            # 三元朱村卫生室 names its village too.
            _write(
                item,
                end,
                PART,
                _VILLAGE,
                token[t, START],
                token[t, START] + lexicon.sense[token[t, SENSE], W_DETAIL],
                origin,
            )
            item[end, MARKS], item[end, CANDIDATES] = HOLDER, token[t, SENSE]
            end += 1
    _sort(item, first, end)
    count = _find_candidates(item, first, end, chars, kind, lexicon, tree, chosen, count)
    _narrow(item, first, end, tree, chosen)
    count = _find_offices(item, first, end, tree, chosen, count)
    written = end
    end, count = _infer(item, first, end, tree, chosen, count, origin)
    if end > written:
        _sort(item, first, end)
    for t in range(m):
        if is_qualifier(token[t, KIND]) and token[t, STATE] == STANDING and end + 5 < limit:
            end, count = _read_qualifier(
                token, t, origin, chars, kind, lexicon, tree, crossing, item, first, end, chosen, count
            )
    for t in range(m):
        if token[t, STATE] == REMARK and end < limit:
            _write(item, end, NOTE, _NOTHING, token[t, START], token[t, END], origin)
            if token[t, FLAGS] & HELD and not _said_again(
                item, first, end, chars, token[t, START], token[t, END]
            ):
                item[end, MARKS] = HELD
            end += 1
    return end, count


@inner
def _said_again(item, first, end, chars, start, until):  # type: ignore[no-untyped-def]
    """Whether a span holds only numbers, in digits, that the address has too: 501室（501）.

    One digit in brackets, 501(2), counts what is of one number.
    """
    number = np.int64(-1)
    if until - start <= 3:
        return False
    for i in range(start, until + 1):
        char = chars[i] if i < until else np.uint32(0)
        if 48 <= char <= 57:
            number = max(number, np.int64(0)) * 10 + np.int64(char) - 48
            continue
        if number < 0:
            continue
        known = False
        for at in range(first, end):
            known |= item[at, SORT] == PART and item[at, OWNER] < 0 and item[at, NUM] == number
        if not known:
            return False
        number = np.int64(-2)
    return number == -2


@inner
def _read_qualifier(token, t, origin, chars, kind, lexicon, tree, crossing, item, first, end, chosen, count):  # type: ignore[no-untyped-def]
    """A qualifier and the parts to which it relates."""
    own = end
    start = token[t, START]
    for a in range(3):
        anchor = token[t, ANCHOR + a]
        if anchor >= 0 and token[anchor, STATE] != STANDING:
            start = min(start, token[anchor, START])
    _write(item, own, QUALIFIER, token[t, KIND], start, token[t, END], origin)
    item[own, NUM] = token[t, NUMBER] if token[t, KIND] == _DISTANCE else -1
    item[own, CHAR] = token[t, LETTER]
    end += 1
    for a in range(3):
        anchor = token[t, ANCHOR + a]
        if anchor < 0:
            continue
        _write_part(item, end, token, anchor, origin)
        item[end, OWNER] = own - first
        end += 1
    count = _find_candidates(item, own + 1, end, chars, kind, lexicon, tree, chosen, count)
    if (
        token[t, KIND] == _CROSSING
        and end - own == 3
        and not _cross(item, own + 1, own + 2, crossing, chosen)
    ):
        item[own, MARKS] = NO_CROSSING
    return end, count


@inner
def _cross(item, one, other, crossing, chosen):  # type: ignore[no-untyped-def]
    """Whether two known roads meet in the register; unknown ones may."""
    a, a_end = item[one, CANDIDATES], item[one, CANDIDATES_END]
    b, b_end = item[other, CANDIDATES], item[other, CANDIDATES_END]
    if a == a_end or b == b_end:
        return True
    for i in range(a, a_end):
        for k in range(b, b_end):
            low, high = min(chosen[i], chosen[k]), max(chosen[i], chosen[k])
            pair = (np.int64(low) << np.int64(32)) | np.int64(high)
            left, right = 0, crossing.size
            while left < right:
                middle = (left + right) // 2
                if crossing[middle] < pair:
                    left = middle + 1
                else:
                    right = middle
            if left < crossing.size and crossing[left] == pair:
                return True
    return False
