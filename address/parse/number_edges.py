"""Edges of numbers 数字边: with a unit, bare, with a number under it, in ranges, as distances; compiled."""

from __future__ import annotations

import numpy as np

from address.model import Element
from address.parse.automaton import DETAIL as W_DETAIL
from address.parse.automaton import ELEMENT as W_ELEMENT
from address.parse.automaton import KIND as W_KIND
from address.parse.automaton import PRICE as W_PRICE
from address.parse.compiled import inner, machine
from address.parse.edges import BARE, BELOW, LETTER_AFTER, RANGE, add_edge, note_edge
from address.parse.fold import CharClass
from address.parse.numbers import letter_like, read_number
from address.parse.words import Kind

_DIGIT, _LETTER = machine(CharClass.DIGIT, CharClass.LETTER)
_OPEN, _CLOSE, _DASH, _SEPARATOR = machine(
    CharClass.OPEN, CharClass.CLOSE, CharClass.DASH, CharClass.SEPARATOR
)
_NONE, _NOTHING = machine(-1, 0)
_SUB_MOST = 99
_YES, _NO = np.bool_(True), np.bool_(False)

(_UNIT,) = machine(Kind.UNIT)
_LENGTH, _MEASURE = machine(Kind.LENGTH, Kind.MEASURE)
(_NUMBER,) = machine(Kind.NUMBER)
(_DISTANCE,) = machine(Kind.DISTANCE)
_DOOR, _BUILDING, _UNIT_EL = machine(Element.DOOR, Element.BUILDING, Element.UNIT)
_FLOOR, _ROOM = machine(Element.FLOOR, Element.ROOM)
(_SECTION,) = machine(Element.SECTION)
_HAO, _FU, _ZHI, _YUE = machine(ord("号"), ord("附"), ord("之"), ord("约"))
_SHI, _HU = machine(ord("室"), ord("户"))
_LOU, _ZERO = machine(ord("楼"), ord("0"))
_ZHI_TO, _BELOW_CHAR = machine(ord("至"), ord("负"))
_SHI_BE, _WEI = machine(ord("是"), ord("为"))


@inner
def _price_of_number(element, number):  # type: ignore[no-untyped-def]
    """What an unlikely number costs as that element."""
    if element == _FLOOR and number > 60:
        return 2.5
    if element == _UNIT_EL and number > 30:
        return 1.5
    if element == _BUILDING and number > 400:
        return 1.5
    if number > 99999:
        return 2.0 if element == _ROOM else 0.3
    return 0.0


@inner
def _is_chain(kind, parted, n, dash):  # type: ignore[no-untyped-def]
    """Whether two more numbers follow by dashes: -3-702."""
    j = dash + 1
    while j < n and kind[j] == _DIGIT and not parted[j]:
        j += 1
    return dash + 1 < j <= dash + 3 and j + 1 < n and kind[j] == _DASH and kind[j + 1] == _DIGIT


@inner
def _bare_edges(edge, cost, count, start, end, number, letter, flags, digits, chained):  # type: ignore[no-untyped-def]
    """A number without a unit, as each element that it could be: 12-3-1001."""
    if digits > 5:
        return count
    flags = flags | BARE
    # Of 127-3-702 the first is as much a building as it is of 12-3-702.
    price = 0.4 if digits <= 2 or (digits == 3 and chained) else 1.0 if digits == 3 else 4.0
    count = add_edge(
        edge, cost, count, start, end, _NUMBER, _BUILDING, _NONE, number, _NONE, letter, flags, price
    )
    if digits <= 2:
        price = 0.6 if number <= 9 else 1.0
        count = add_edge(
            edge, cost, count, start, end, _NUMBER, _UNIT_EL, _NONE, number, _NONE, letter, flags, price
        )
        count = add_edge(
            edge, cost, count, start, end, _NUMBER, _FLOOR, _NONE, number, _NONE, letter, flags, 1.3
        )
    price = 0.4 if 3 <= digits <= 4 else 0.7 if digits == 5 else 1.0
    count = add_edge(
        edge, cost, count, start, end, _NUMBER, _ROOM, _NONE, number, _NONE, letter, flags, price
    )
    return add_edge(edge, cost, count, start, end, _NUMBER, _DOOR, _NONE, number, _NONE, letter, flags, 0.5)


@inner
def _door_edges(edge, cost, count, chars, kind, value, parted, n, start, end, number, letter, flags, price):  # type: ignore[no-untyped-def]
    """A door with a number under it: 188号附1号, 188-1号, 188号-1; ``end`` behind the number or its 号."""
    closed = chars[end - 1] == _HAO
    if end >= n or (parted[end] and chars[end] != _FU):
        return count
    mark = chars[end]
    dashed = kind[end] == _DASH
    if mark != _FU and mark != _ZHI and not dashed:
        return count
    after, sub, _, _ = read_number(chars, kind, value, parted, n, end + 1)
    if after < 0 or sub < 0:
        return count
    # Of 8号-2-501, 8号-2单元 and 8号-2号 the 2 is no number under the door, nor is the room of 8号-501.
    ends = after >= n or parted[after] or _OPEN <= kind[after] <= _CLOSE or kind[after] == _SEPARATOR
    if dashed and closed and (sub > _SUB_MOST or not ends):
        return count
    if after < n and chars[after] == _HAO:
        after += 1
    elif mark != _FU and not closed:
        price += 1.0
    return add_edge(edge, cost, count, start, after, _NUMBER, _DOOR, _NONE, number, sub, letter, flags, price)


@inner
def number_edges(edge, cost, count, chars, kind, value, parted, n, i, first, hit, hit_of, senses, below):  # type: ignore[no-untyped-def]
    """Everything that a number at ``first`` can be; the edge starts at ``i``, where 第 or 负 may stand."""
    end, number, letter, flags = read_number(chars, kind, value, parted, n, first)
    if end < 0:
        return count
    arabic = kind[end - 1] == _DIGIT
    if below:
        flags |= BELOW
        letter = np.int64(_BELOW_CHAR)
    for _ in range(2):
        for h in range(hit_of[end], hit_of[end + 1] if end < n else hit_of[end]):
            sense = hit[h, 1]
            what, element, after = senses[sense, W_KIND], senses[sense, W_ELEMENT], hit[h, 0]
            if what == _UNIT and (not below or element == _FLOOR):
                price = 0.001 * senses[sense, W_PRICE] + 0.1 + _price_of_number(element, number)
                if parted[end]:
                    price += 0.3
                if number < 0 and element != _BUILDING and element != _SECTION:
                    price += 0.5
                if element == _BUILDING and not arabic and chars[end] == _LOU:
                    # 三楼 is a floor; a building is 3楼 or 三号楼.
                    price += 0.5
                count = add_edge(
                    edge, cost, count, i, after, _NUMBER, element, _NONE, number, _NONE, letter, flags, price
                )
                if element == _DOOR and after < n:
                    count = _door_edges(
                        edge, cost, count, chars, kind, value, parted, n, i, after, number, letter, flags, 0.3
                    )
            elif what == _MEASURE and arabic and number >= 0:
                price = 0.001 * senses[sense, W_PRICE] + 0.2
                count = note_edge(edge, cost, count, i, after, _NOTHING, price)
            elif what == _LENGTH and number >= 0:
                metres = number * senses[sense, W_DETAIL]
                count = add_edge(
                    edge,
                    cost,
                    count,
                    i,
                    after,
                    _DISTANCE,
                    _NOTHING,
                    _NONE,
                    metres,
                    _NONE,
                    _NOTHING,
                    _NOTHING,
                    0.3,
                )
        # 12A室: the letter after the number belongs to it.
        if end < n and number >= 0 and letter == 0 and letter_like(chars, kind, end) and not parted[end]:
            if end + 1 < n and kind[end + 1] == _LETTER:
                break
            letter, flags, end = np.int64(chars[end]), flags | LETTER_AFTER, end + 1
        else:
            break
    if flags & LETTER_AFTER:
        end -= 1
    if number >= 0 and not below:
        count = _door_edges(
            edge, cost, count, chars, kind, value, parted, n, i, end, number, letter, flags, 0.3
        )
        count = _range_edges(
            edge, cost, count, chars, kind, value, parted, n, i, end, number, letter, hit, hit_of, senses
        )
        if arabic and not flags & LETTER_AFTER:
            digits = end - first - (1 if letter != 0 else 0)
            dash_next = end < n and kind[end] == _DASH
            chained = dash_next and _is_chain(kind, parted, n, end)
            count = _bare_edges(edge, cost, count, i, end, number, letter, _NOTHING, digits, chained)
            if dash_next and digits <= 2 and letter == 0:
                count = _room_of_floor(edge, cost, count, chars, kind, value, parted, n, i, end, number)
        elif not arabic and 100 <= number < 10000 and 3 <= end - first <= 8:
            # 九零二 is a room, where a room may stand, and so is 一千一百零二.
            count = add_edge(
                edge, cost, count, i, end, _NUMBER, _ROOM, _NONE, number, _NONE, letter, BARE, 0.5
            )
        elif flags & LETTER_AFTER:
            digits = end - first
            count = _bare_edges(edge, cost, count, i, end + 1, number, letter, LETTER_AFTER, digits, _NO)
    elif letter != 0 and end < n and kind[end] == _DASH:
        count = add_edge(
            edge, cost, count, i, end, _NUMBER, _BUILDING, _NONE, _NONE, _NONE, letter, BARE, 0.6
        )
    return count


@inner
def _room_of_floor(edge, cost, count, chars, kind, value, parted, n, start, dash, floor):  # type: ignore[no-untyped-def]
    """A room by its floor and its number there: 1单元7-02 is 702室."""
    first = dash + 1
    if first + 1 >= n or parted[first] or value[first] != 0 or kind[first] != _DIGIT:
        return count
    after, number, _, _ = read_number(chars, kind, value, parted, n, first)
    if after != first + 2 or number <= 0 or floor <= 0:
        return count
    if after < n and (chars[after] == _SHI or chars[after] == _HU) and not parted[after]:
        after += 1
    room = floor * 100 + number
    return add_edge(edge, cost, count, start, after, _NUMBER, _ROOM, _NONE, room, _NONE, _NOTHING, BARE, 0.5)


@inner
def lead_edges(edge, cost, count, chars, kind, value, parted, n, i, end, element, price):  # type: ignore[no-untyped-def]
    """A number behind its word: 大棚38号, 门牌:12, Room 501, Building B; in brackets, too: 大棚（38号）."""
    if i > 0 and kind[i] == _LETTER and kind[i - 1] == _LETTER and not parted[i]:
        return count
    held = end < n and kind[end] == _OPEN
    if held or (end < n and (kind[end] == _SEPARATOR or chars[end] == _SHI_BE or chars[end] == _WEI)):
        end += 1
    elif end < n and kind[i] != _LETTER and parted[end]:
        return count
    if end < n and chars[end] == _ZERO:
        return count
    after, number, letter, flags = read_number(chars, kind, value, parted, n, end)
    if after < 0 or (number < 0 and element != _BUILDING):
        return count
    lettered = number >= 0 and letter == 0 and after < n and kind[after] == _LETTER and not parted[after]
    if lettered and (after + 1 == n or kind[after + 1] != _LETTER or parted[after + 1]):
        letter, flags, after = np.int64(chars[after]), flags | LETTER_AFTER, after + 1
    price += 0.1
    if after < n and chars[after] == _HAO and not parted[after]:
        after += 1
    if held:
        if after >= n or kind[after] != _CLOSE:
            return count
        after += 1
    return add_edge(edge, cost, count, i, after, _NUMBER, element, _NONE, number, _NONE, letter, flags, price)


@inner
def _range_edges(  # type: ignore[no-untyped-def]
    edge, cost, count, chars, kind, value, parted, n, start, end, number, letter, hit, hit_of, senses
):
    """A range of numbers with one unit: 501-503室; of rooms, or where nothing else is meant."""
    if end + 1 >= n or (kind[end] != _DASH and chars[end] != _ZHI_TO):
        return count
    after, last, _, _ = read_number(chars, kind, value, parted, n, end + 1)
    if after < 0 or last <= number or last - number > 200 or (number < 100 <= last):
        return count
    for h in range(hit_of[after], hit_of[after + 1] if after < n else hit_of[after]):
        sense = hit[h, 1]
        if senses[sense, W_KIND] == _UNIT:
            element = senses[sense, W_ELEMENT]
            price = 0.001 * senses[sense, W_PRICE] + (0.2 if element == _ROOM and number > 99 else 0.7)
            count = add_edge(
                edge,
                cost,
                count,
                start,
                hit[h, 0],
                _NUMBER,
                element,
                _NONE,
                number,
                last,
                letter,
                RANGE,
                price,
            )
    return count


@inner
def distance_edges(edge, cost, count, chars, kind, value, parted, n, i, end, direction, hit, hit_of, senses):  # type: ignore[no-untyped-def]
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
        if senses[sense, W_KIND] == _LENGTH:
            metres = number * senses[sense, W_DETAIL]
            count = add_edge(
                edge,
                cost,
                count,
                i,
                hit[h, 0],
                _DISTANCE,
                _NOTHING,
                _NONE,
                metres,
                _NONE,
                direction,
                _NOTHING,
                0.2,
            )
    return count
