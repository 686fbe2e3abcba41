"""The lattice of a text 词图: every way in which a part of it can be read, as edges with costs.

Compiled; an edge is a row of ``edge`` (columns below) with its cost beside it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from address.model import Element
from address.parse.automaton import step
from address.parse.fold import CharClass
from address.parse.numbers import letter_like, read_number
from address.parse.words import Kind

START, END, KIND, ELEMENT, SENSE, NUMBER, SUB, LETTER, FLAGS = range(9)
EDGE_COLUMNS = 9
MOST_EDGES = 1 << 14
MOST_HITS = 1 << 13
LONGEST_NAME = 12
"""Characters before the type word in a name that the register does not know."""
LONGEST_NOTE = 60

BARE, LETTER_AFTER, RANGE, BELOW = 1, 2, 4, 8
NAME_COST = 0.25
UNKNOWN_COST, UNKNOWN_PER_CHAR, INNER_TYPE_COST = 1.2, 0.45, 1.0

_OTHER, _HAN, _NUMERAL, _DIGIT, _LETTER = 0, 1, 2, 3, 4
_OPEN, _CLOSE, _DASH, _SEPARATOR = 5, 6, 7, 8
assert (_HAN, _LETTER, _SEPARATOR) == (CharClass.HAN, CharClass.LETTER, CharClass.SEPARATOR)

_NAME, _TYPE, _UNIT, _FIXED = int(Kind.NAME), int(Kind.TYPE), int(Kind.UNIT), int(Kind.FIXED)
_AND, _COMPASS, _LENGTH, _BELOW = int(Kind.AND), int(Kind.COMPASS), int(Kind.LENGTH), int(Kind.BELOW)
_NUMBER, _UNKNOWN, _JUNK, _GAP = int(Kind.NUMBER), int(Kind.UNKNOWN), int(Kind.JUNK), int(Kind.GAP)
_DISTANCE, _NOTE = int(Kind.DISTANCE), int(Kind.NOTE)
_DOOR, _BUILDING, _UNIT_EL = int(Element.DOOR), int(Element.BUILDING), int(Element.UNIT)
_FLOOR, _ROOM, _OBJECT = int(Element.FLOOR), int(Element.ROOM), int(Element.OBJECT)
_ROAD, _VILLAGE, _TOWN, _SECTION = int(Element.ROAD), int(Element.VILLAGE), int(Element.TOWN), int(Element.SECTION)
_HAO, _FU, _ZHI, _YUE, _DI = ord("号"), ord("附"), ord("之"), ord("约"), ord("第")
_ZHI_TO, _BELOW_CHAR = ord("至"), ord("负")


@njit(cache=True, nogil=True)
def find_hits(chars, kind, n, lexicon, hit, hit_of):  # type: ignore[no-untyped-def]
    """Words of the lexicon at every place: rows (end, sense), from ``hit_of[place]``."""
    count = 0
    for i in range(n):
        hit_of[i] = count
        node = 0
        for j in range(i, n):
            node = step(lexicon.key, lexicon.target, lexicon.shift, node, chars[j])
            if node < 0:
                break
            for sense in range(lexicon.sense_of[node], lexicon.sense_of[node + 1]):
                if count < hit.shape[0]:
                    hit[count, 0] = j + 1
                    hit[count, 1] = sense
                    count += 1
    hit_of[n] = count


@njit(cache=True, nogil=True)
def _add(edge, cost, count, start, end, what, element, sense, number, sub, letter, flags, price):  # type: ignore[no-untyped-def]
    if count < edge.shape[0]:
        edge[count, START] = start
        edge[count, END] = end
        edge[count, KIND] = what
        edge[count, ELEMENT] = element
        edge[count, SENSE] = sense
        edge[count, NUMBER] = number
        edge[count, SUB] = sub
        edge[count, LETTER] = letter
        edge[count, FLAGS] = flags
        cost[count] = price
        count += 1
    return count


@njit(cache=True, nogil=True)
def _digits_from(kind, parted, n, i):  # type: ignore[no-untyped-def]
    """Where the run of digits from ``i`` ends."""
    j = i
    while j < n and kind[j] == _DIGIT and (j == i or not parted[j]):
        j += 1
    return j


@njit(cache=True, nogil=True)
def _telephone_end(kind, parted, n, i):  # type: ignore[no-untyped-def]
    """Where a telephone, postal or identity number from ``i`` ends; ``i`` where none stands."""
    if i > 0 and kind[i - 1] == _DIGIT and not parted[i]:
        return i
    j = _digits_from(kind, parted, n, i)
    if 3 <= j - i <= 4 and j + 1 < n and kind[j] == _DASH:
        k = _digits_from(kind, parted, n, j + 1)
        if k - j - 1 >= 7:
            return k
    return j if j - i >= 6 else i


@njit(cache=True, nogil=True)
def _note_end(kind, n, i, hit, hit_of, lexicon):  # type: ignore[no-untyped-def]
    """Where the brackets opened at ``i`` end; ``i`` where they never do or hold a single known name."""
    depth = 0
    for j in range(i, min(n, i + LONGEST_NOTE)):
        if kind[j] == _OPEN:
            depth += 1
        elif kind[j] == _CLOSE:
            depth -= 1
            if depth == 0:
                for h in range(hit_of[i + 1], hit_of[i + 2] if i + 2 <= n else hit_of[i + 1]):
                    what = lexicon.kind[hit[h, 1]]
                    if hit[h, 0] == j and (what == _NAME or what == _FIXED):
                        return i
                return j + 1
    return i


@njit(cache=True, nogil=True)
def _price_of_number(element, number):  # type: ignore[no-untyped-def]
    """What an unlikely number costs as that element."""
    if element == _FLOOR and number > 60:
        return 2.5
    if element == _UNIT_EL and number > 30:
        return 1.5
    if element == _BUILDING and number > 400:
        return 1.5
    if element == _ROOM and number > 99999:
        return 2.0
    return 0.0


@njit(cache=True, nogil=True)
def _bare_edges(edge, cost, count, start, end, number, letter, flags, digits, dash_next):  # type: ignore[no-untyped-def]
    """A number without a unit, as each element that it could be: 12-3-1001."""
    flags = flags | BARE
    price = 0.4 if digits <= 2 else 1.0 if digits == 3 else 4.0
    count = _add(edge, cost, count, start, end, _NUMBER, _BUILDING, -1, number, -1, letter, flags, price)
    if digits <= 2:
        price = 0.6 if number <= 9 else 1.0
        count = _add(edge, cost, count, start, end, _NUMBER, _UNIT_EL, -1, number, -1, letter, flags, price)
        count = _add(edge, cost, count, start, end, _NUMBER, _FLOOR, -1, number, -1, letter, flags, 1.3)
    price = 0.4 if 3 <= digits <= 4 else 0.7 if digits == 5 else 1.0
    count = _add(edge, cost, count, start, end, _NUMBER, _ROOM, -1, number, -1, letter, flags, price)
    return _add(edge, cost, count, start, end, _NUMBER, _DOOR, -1, number, -1, letter, flags, 0.5)


@njit(cache=True, nogil=True)
def _door_edges(edge, cost, count, chars, kind, value, parted, n, start, end, number, letter, flags, price):  # type: ignore[no-untyped-def]
    """A door with a number under it: 188号附1号, 188-1号, 188之1号; ``end`` after the first number or its 号."""
    closed = chars[end - 1] == _HAO
    if end >= n or parted[end]:
        return count
    mark = chars[end]
    if mark != _FU and mark != _ZHI and (kind[end] != _DASH or closed):
        return count
    after, sub, _, _ = read_number(chars, kind, value, parted, n, end + 1)
    if after < 0 or sub < 0:
        return count
    if after < n and chars[after] == _HAO:
        after += 1
    elif mark != _FU and not closed:
        price += 1.0
    return _add(edge, cost, count, start, after, _NUMBER, _DOOR, -1, number, sub, letter, flags, price)


@njit(cache=True, nogil=True)
def _number_edges(edge, cost, count, chars, kind, value, parted, n, i, first, hit, hit_of, lexicon, below):  # type: ignore[no-untyped-def]
    """Everything that a number at ``first`` can be; the edge starts at ``i``, where 第 or 负 may stand."""
    end, number, letter, flags = read_number(chars, kind, value, parted, n, first)
    if end < 0:
        return count
    arabic = kind[end - 1] == _DIGIT
    if below:
        flags |= BELOW
        letter = _BELOW_CHAR
    for _ in range(2):
        for h in range(hit_of[end], hit_of[end + 1] if end < n else hit_of[end]):
            sense = hit[h, 1]
            what, element, after = lexicon.kind[sense], lexicon.element[sense], hit[h, 0]
            if what == _UNIT and (not below or element == _FLOOR):
                price = lexicon.cost[sense] + 0.1 + _price_of_number(element, number)
                if parted[end]:
                    price += 0.3
                if number < 0 and element != _BUILDING and element != _SECTION:
                    price += 0.5
                count = _add(
                    edge, cost, count, i, after, _NUMBER, element, -1, number, -1, letter, flags, price
                )
                if element == _DOOR and after < n:
                    count = _door_edges(
                        edge, cost, count, chars, kind, value, parted, n, i, after, number, letter, flags, 0.3
                    )
            elif what == _LENGTH and number >= 0:
                metres = number * lexicon.detail[sense]
                count = _add(edge, cost, count, i, after, _DISTANCE, 0, -1, metres, -1, 0, 0, 0.3)
        # 12A室: the letter after the number belongs to it.
        if end < n and number >= 0 and letter == 0 and letter_like(chars, kind, end) and not parted[end]:
            if end + 1 < n and kind[end + 1] == _LETTER:
                break
            letter, flags, end = chars[end], flags | LETTER_AFTER, end + 1
        else:
            break
    if flags & LETTER_AFTER:
        end -= 1
    if number >= 0 and not below:
        count = _door_edges(edge, cost, count, chars, kind, value, parted, n, i, end, number, letter, flags, 0.3)
        count = _range_edges(
            edge, cost, count, chars, kind, value, parted, n, i, end, number, letter, hit, hit_of, lexicon
        )
        if arabic and not flags & LETTER_AFTER:
            digits = end - first - (1 if letter != 0 else 0)
            dash_next = end < n and kind[end] == _DASH
            count = _bare_edges(edge, cost, count, i, end, number, letter, 0, digits, dash_next)
        elif flags & LETTER_AFTER:
            digits = end - first
            count = _bare_edges(edge, cost, count, i, end + 1, number, letter, LETTER_AFTER, digits, False)
    elif letter != 0 and end < n and kind[end] == _DASH:
        count = _add(edge, cost, count, i, end, _NUMBER, _BUILDING, -1, -1, -1, letter, BARE, 0.6)
    return count


@njit(cache=True, nogil=True)
def _range_edges(edge, cost, count, chars, kind, value, parted, n, start, end, number, letter, hit, hit_of, lexicon):  # type: ignore[no-untyped-def]
    """A range of numbers with one unit: 501-503室; of rooms, or where nothing else is meant."""
    if end + 1 >= n or (kind[end] != _DASH and chars[end] != _ZHI_TO):
        return count
    after, last, _, _ = read_number(chars, kind, value, parted, n, end + 1)
    if after < 0 or last <= number or last - number > 200:
        return count
    for h in range(hit_of[after], hit_of[after + 1] if after < n else hit_of[after]):
        sense = hit[h, 1]
        if lexicon.kind[sense] == _UNIT:
            element = lexicon.element[sense]
            price = lexicon.cost[sense] + (0.2 if element == _ROOM and number > 99 else 0.7)
            count = _add(
                edge, cost, count, start, hit[h, 0], _NUMBER, element, -1, number, last, letter, RANGE, price
            )
    return count


@njit(cache=True, nogil=True)
def _distance_edges(edge, cost, count, chars, kind, value, parted, n, i, end, direction, hit, hit_of, lexicon):  # type: ignore[no-untyped-def]
    """A direction with a length after it: 南200米, 东约50米."""
    if end < n and chars[end] == _YUE:
        end += 1
    if end >= n:
        return count
    end, number, letter, _ = read_number(chars, kind, value, parted, n, end)
    if end < 0 or number < 0 or letter != 0:
        return count
    for h in range(hit_of[end], hit_of[end + 1] if end < n else hit_of[end]):
        sense = hit[h, 1]
        if lexicon.kind[sense] == _LENGTH:
            metres = number * lexicon.detail[sense]
            count = _add(edge, cost, count, i, hit[h, 0], _DISTANCE, 0, -1, metres, -1, direction, 0, 0.2)
    return count


@njit(cache=True, nogil=True)
def _unknown_edges(edge, cost, count, kind, parted, inner, i, end, sense, lexicon):  # type: ignore[no-untyped-def]
    """Names that the register does not know, ending in the type word of ``sense`` at ``i``."""
    element, price = lexicon.element[sense], UNKNOWN_COST + lexicon.cost[sense]
    if element == _OBJECT and end - i > 1:
        count = _add(edge, cost, count, i, end, _UNKNOWN, element, -1, -1, -1, 0, 0, price)
    for start in range(i - 1, max(-1, i - 1 - LONGEST_NAME), -1):
        if kind[start] == _OTHER or kind[start] > _LETTER or parted[start + 1]:
            break
        price += UNKNOWN_PER_CHAR
        if kind[start] == _DIGIT:
            price += 1.0
        length = i - start
        extra = INNER_TYPE_COST * (inner[i] - inner[start + 1])
        if length == 1 and element != _OBJECT:
            extra += 0.5
        elif length > 6:
            extra += 0.2 * (length - 6)
        count = _add(edge, cost, count, start, end, _UNKNOWN, element, -1, -1, -1, 0, 0, price + extra)
    return count


@njit(cache=True, nogil=True)
def _price_of_junk(what):  # type: ignore[no-untyped-def]
    if what == _HAN or what == _NUMERAL or what == _LETTER:
        return 1.0
    return 1.4 if what == _DIGIT else 0.3


@njit(cache=True, nogil=True)
def find_edges(chars, kind, value, parted, n, lexicon, hit, hit_of, inner, edge, cost):  # type: ignore[no-untyped-def]
    """All edges of a text; the number of them."""
    count = 0
    inner[0] = 0
    for i in range(n):
        inner[i + 1] = 0
    for i in range(n):
        for h in range(hit_of[i], hit_of[i + 1]):
            sense = hit[h, 1]
            if lexicon.kind[sense] == _TYPE and lexicon.cost[sense] <= 0.3:
                inner[hit[h, 0]] = 1
    for i in range(n):
        inner[i + 1] += inner[i]
    # First of all, so that every text has a reading however many edges it has.
    for i in range(n):
        count = _add(edge, cost, count, i, i + 1, _JUNK, 0, -1, -1, -1, 0, 0, _price_of_junk(kind[i]))
    for i in range(n):
        what = kind[i]
        if what == _SEPARATOR or what == _DASH or what == _CLOSE or what == _OPEN:
            count = _add(edge, cost, count, i, i + 1, _GAP, 0, -1, -1, -1, 0, 0, 0.05)
            if what == _OPEN:
                end = _note_end(kind, n, i, hit, hit_of, lexicon)
                if end > i:
                    count = _add(edge, cost, count, i, end, _NOTE, 0, -1, -1, -1, 0, 0, 0.02)
        elif what == _DIGIT:
            end = _telephone_end(kind, parted, n, i)
            if end > i:
                count = _add(edge, cost, count, i, end, _NOTE, 0, -1, -1, -1, 0, 0, 0.3)
        within = i > 0 and what == _DIGIT and kind[i - 1] == _DIGIT and not parted[i]
        if not within:
            count = _number_edges(
                edge, cost, count, chars, kind, value, parted, n, i, i, hit, hit_of, lexicon, False
            )
            if chars[i] == _DI and i + 1 < n:
                count = _number_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, i + 1, hit, hit_of, lexicon, False
                )
        for h in range(hit_of[i], hit_of[i + 1]):
            end, sense = hit[h, 0], hit[h, 1]
            word = lexicon.kind[sense]
            if within or (end < n and kind[end - 1] == _DIGIT and kind[end] == _DIGIT):
                continue
            if word == _NAME:
                price = NAME_COST + lexicon.cost[sense]
                element = lexicon.element[sense]
                count = _add(edge, cost, count, i, end, word, element, sense, -1, -1, 0, 0, price)
            elif word == _TYPE:
                count = _unknown_edges(edge, cost, count, kind, parted, inner, i, end, sense, lexicon)
            elif word == _COMPASS:
                direction = lexicon.detail[sense]
                count = _distance_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, end, direction, hit, hit_of, lexicon
                )
            elif word == _BELOW:
                count = _number_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, end, hit, hit_of, lexicon, True
                )
            elif word != _UNIT and word != _LENGTH:
                element, direction = lexicon.element[sense], lexicon.detail[sense]
                count = _add(
                    edge, cost, count, i, end, word, element, sense, -1, -1, direction, 0, lexicon.cost[sense]
                )
    return count
