"""The lattice of a text 词图: every way in which a part of it can be read, as edges with costs.

Compiled; an edge is a row of ``edge`` (columns below) with its cost beside it.
"""

# ruff: noqa: SIM109 - compiled: comparisons cost less than tuples and generators

from __future__ import annotations

import numpy as np

from address.model import Element
from address.parse.automaton import DETAIL as W_DETAIL
from address.parse.automaton import ELEMENT as W_ELEMENT
from address.parse.automaton import KIND as W_KIND
from address.parse.automaton import PRICE as W_PRICE
from address.parse.automaton import step
from address.parse.compiled import inner, machine
from address.parse.edges import HELD, add_edge, note_edge
from address.parse.fold import CharClass
from address.parse.notes import (
    certificate_end,
    fills,
    names_another,
    names_place,
    note_end,
    paper_end,
    remark_end,
    telephone_end,
    tells_apart,
)
from address.parse.number_edges import distance_edges, lead_edges, number_edges
from address.parse.words import ANYWHERE, EVENT, Kind

MOST_HITS = 1 << 13
LONGEST_NAME = 12
"""Characters before the type word in a name that the register does not know."""
LONGEST_UNIT = 5
NAME_COST = 0.25
NOTE_OF_ADDRESS = 2.0
"""What it costs to take for a note what brackets hold where it could be of the address."""
UNKNOWN_COST, UNKNOWN_PER_CHAR, INNER_TYPE_COST = 1.2, 0.45, 1.0

_OTHER, _HAN, _NUMERAL, _DIGIT, _LETTER = machine(
    CharClass.OTHER, CharClass.HAN, CharClass.NUMERAL, CharClass.DIGIT, CharClass.LETTER
)
_OPEN, _CLOSE, _DASH, _SEPARATOR = machine(
    CharClass.OPEN, CharClass.CLOSE, CharClass.DASH, CharClass.SEPARATOR
)
_NONE, _NOTHING = machine(-1, 0)
_YES, _NO = np.bool_(True), np.bool_(False)

_NAME, _TYPE, _UNIT, _FIXED = machine(Kind.NAME, Kind.TYPE, Kind.UNIT, Kind.FIXED)
_COMPASS, _LENGTH, _BELOW = machine(Kind.COMPASS, Kind.LENGTH, Kind.BELOW)
_UNKNOWN, _JUNK, _GAP = machine(Kind.UNKNOWN, Kind.JUNK, Kind.GAP)
_LEAD, _REMARK, _MEASURE = machine(Kind.LEAD, Kind.REMARK, Kind.MEASURE)
_PAPER, _APART = machine(Kind.PAPER, Kind.APART)
_ANYWHERE, _EVENT = machine(ANYWHERE, EVENT)
(_OBJECT,) = machine(Element.OBJECT)
(_TOWN,) = machine(Element.TOWN)
_ROOM, _RELATIVE = machine(Element.ROOM, Kind.RELATIVE)
_SIDE, _DAO = machine(Kind.SIDE, ord("道"))
_DI, _YAN, _LIN = machine(ord("第"), ord("沿"), ord("临"))
_CENG, _LOU, _YUAN = machine(ord("层"), ord("楼"), ord("元"))
_SQUARE, _WAI, _ASKED, _STAR = machine(ord("["), ord("外"), ord("?"), ord("*"))


@inner
def find_hits(chars, kind, n, lexicon, hit, hit_of):  # type: ignore[no-untyped-def]
    """Words of the lexicon at every place: rows (end, sense), from ``hit_of[place]``."""
    key, target, shift, sense_of = lexicon.key, lexicon.target, lexicon.shift, lexicon.sense_of
    count = np.int64(0)
    for i in range(n):
        hit_of[i] = count
        node = np.int64(0)
        for j in range(i, n):
            node = step(key, target, shift, node, chars[j])
            if node < 0:
                break
            for sense in range(sense_of[node], sense_of[node + 1]):
                if count < hit.shape[0]:
                    hit[count, 0] = j + 1
                    hit[count, 1] = sense
                    count += 1
    hit_of[n] = count


@inner
def _is_name(hit, hit_of, senses, start, end):  # type: ignore[no-untyped-def]
    """Whether the register has a name for exactly that span."""
    for h in range(hit_of[start], hit_of[start + 1]):
        if hit[h, 0] == end and senses[hit[h, 1], W_KIND] == _NAME:
            return True
    return False


@inner
def _is_in_no_name(hit, hit_of, senses, start):  # type: ignore[no-untyped-def]
    """Whether a word begins here that no name holds: 的, 往北走, 斜对面."""
    for h in range(hit_of[start], hit_of[start + 1]):
        kind, length = senses[hit[h, 1], W_KIND], hit[h, 0] - start
        if kind == _GAP and length == 1 and senses[hit[h, 1], W_PRICE] >= 400:
            return True
        if kind == _RELATIVE and length >= 3:
            return True
    return False


@inner
def _leads(hit, hit_of, senses, start, end):  # type: ignore[no-untyped-def]
    """Whether a span is a word that stands before its number: of 商铺3号 the number is no door."""
    for h in range(hit_of[start], hit_of[start + 1]):
        if hit[h, 0] == end and senses[hit[h, 1], W_KIND] == _LEAD:
            return True
    return False


@inner
def _unknown_edges(edge, cost, count, kind, parted, inner, bound, hit, hit_of, i, end, sense, senses):  # type: ignore[no-untyped-def]
    """Names that the register does not know, ending in the type word of ``sense`` at ``i``."""
    element, price = senses[sense, W_ELEMENT], UNKNOWN_COST + 0.001 * senses[sense, W_PRICE]
    longest = LONGEST_UNIT if element <= _TOWN else LONGEST_NAME
    if element == _OBJECT and end - i > 1:
        count = add_edge(
            edge, cost, count, i, end, _UNKNOWN, element, _NONE, _NONE, _NONE, _NOTHING, _NOTHING, price
        )
    for start in range(i - 1, max(-1, i - 1 - LONGEST_NAME), -1):
        if kind[start] == _OTHER or kind[start] > _LETTER or parted[start + 1]:
            break
        if _is_in_no_name(hit, hit_of, senses, start):
            break
        price += UNKNOWN_PER_CHAR
        if kind[start] == _DIGIT:
            price += 1.0
        length = i - start
        if bound[start] == 0 or length > longest or _is_name(hit, hit_of, senses, start, end):
            continue
        extra = INNER_TYPE_COST * (inner[i] - inner[start + 1])
        if length == 1 and element != _OBJECT:
            extra += 0.5
        elif length > 6:
            extra += 0.2 * (length - 6)
        count = add_edge(
            edge,
            cost,
            count,
            start,
            end,
            _UNKNOWN,
            element,
            _NONE,
            _NONE,
            _NONE,
            _NOTHING,
            _NOTHING,
            price + extra,
        )
    return count


@inner
def _ends_town(hit, hit_of, senses, i):  # type: ignore[no-untyped-def]
    """Whether the name of a town ends with the character at ``i``."""
    for start in range(max(0, i - LONGEST_NAME), i):
        for h in range(hit_of[start], hit_of[start + 1]):
            sense = hit[h, 1]
            if hit[h, 0] == i + 1 and senses[sense, W_KIND] == _NAME and senses[sense, W_ELEMENT] == _TOWN:
                return True
    return False


@inner
def _closes(kind, parted, n, end):  # type: ignore[no-untyped-def]
    """Whether nothing goes on at a place."""
    return end == n or parted[end] or kind[end] == _SEPARATOR or kind[end] == _CLOSE


@inner
def _last_words(edge, cost, count, chars, i, end, direction):  # type: ignore[no-untyped-def]
    """A direction alone at the end: beside what was named (5号大棚南), or a room by its side (4楼西)."""
    count = add_edge(
        edge, cost, count, i, end, _RELATIVE, _NOTHING, _NONE, _NONE, _NONE, direction, _NOTHING, 0.6
    )
    before = chars[i - 1]
    if end == i + 1 and (before == _CENG or before == _LOU or before == _YUAN):
        count = add_edge(
            edge, cost, count, i, end, _FIXED, _ROOM, _NONE, _NONE, _NONE, direction, _NOTHING, 0.5
        )
    return count


@inner
def _price_of_junk(what):  # type: ignore[no-untyped-def]
    if what == _HAN or what == _NUMERAL or what == _LETTER:
        return 1.0
    return 1.4 if what == _DIGIT else 0.3


@inner
def find_edges(chars, kind, value, parted, n, lexicon, hit, hit_of, inner, bound, edge, cost):  # type: ignore[no-untyped-def]
    """All edges of a text; the number of them."""
    senses = lexicon.sense
    count = np.int64(0)
    inner[0] = 0
    bound[0] = 1
    for i in range(n):
        inner[i + 1] = bound[i + 1] = 0
    for i in range(n):
        for h in range(hit_of[i], hit_of[i + 1]):
            sense = hit[h, 1]
            bound[hit[h, 0]] = 1
            strong = senses[sense, W_PRICE] <= 300 and senses[sense, W_ELEMENT] >= _TOWN
            if strong and senses[sense, W_KIND] == _TYPE:
                inner[hit[h, 0]] = 1
    for i in range(n):
        inner[i + 1] += inner[i]
        if kind[i] > _LETTER or kind[i] == _DIGIT or kind[i] == _OTHER or parted[i + 1]:
            bound[i + 1] = 1
    # First of all, so that every text has a reading however many edges it has.
    for i in range(n):
        count = add_edge(
            edge,
            cost,
            count,
            i,
            i + 1,
            _JUNK,
            _NOTHING,
            _NONE,
            _NONE,
            _NONE,
            _NOTHING,
            _NOTHING,
            _price_of_junk(kind[i]),
        )
    for i in range(n):
        what = kind[i]
        if chars[i] == _ASKED or (chars[i] == _STAR and i > 0 and kind[i - 1] == _DIGIT):
            # Who asks is not sure; a character that got lost in writing, or a digit that is hidden, stands
            # so, too.
            count = note_edge(edge, cost, count, i, i + 1, HELD, 0.05)
        elif what == _SEPARATOR or what == _DASH or what == _CLOSE or what == _OPEN:
            count = add_edge(
                edge, cost, count, i, i + 1, _GAP, _NOTHING, _NONE, _NONE, _NONE, _NOTHING, _NOTHING, 0.05
            )
            below = (
                i > 0
                and i + 2 < n
                and kind[i - 1] == _HAN
                and kind[i + 1] == _DIGIT
                and 1 <= value[i + 1] <= 4
            )
            if what == _DASH and below and kind[i + 2] != _DIGIT:
                # 1单元-1层
                count = number_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, i + 1, hit, hit_of, senses, _YES
                )
            if what == _OPEN:
                end = note_end(kind, n, i, hit, hit_of, senses)
                if end > i:
                    held = fills(chars, kind, value, parted, n, i + 1, end - 1, hit, hit_of, senses)
                    # Ahead of all a number is that of a line, in square brackets it hides a telephone's.
                    loose = held == 2 and (i == 0 or chars[i] == _SQUARE)
                    apart = i > 0 and tells_apart(chars, kind, i + 1, end - 1, hit, hit_of, senses)
                    flags = HELD if apart or (held > 1 and not loose) else _NOTHING
                    price = NOTE_OF_ADDRESS if held > 0 and not loose else 0.02
                    count = note_edge(edge, cost, count, i, end, flags, price)
        elif what == _DIGIT:
            end = telephone_end(chars, kind, value, parted, n, i)
            if end > i:
                count = note_edge(edge, cost, count, i, end, _NOTHING, 0.3)
        elif what == _HAN:
            end = certificate_end(chars, kind, n, i)
            if end > i:
                count = note_edge(edge, cost, count, i, end, _NOTHING, 0.3)
        within = i > 0 and what == _DIGIT and kind[i - 1] == _DIGIT and not parted[i]
        if not within:
            count = number_edges(
                edge, cost, count, chars, kind, value, parted, n, i, i, hit, hit_of, senses, _NO
            )
            if chars[i] == _DI and i + 1 < n:
                count = number_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, i + 1, hit, hit_of, senses, _NO
                )
        for h in range(hit_of[i], hit_of[i + 1]):
            end, sense = hit[h, 0], hit[h, 1]
            word = senses[sense, W_KIND]
            if within or (end < n and kind[end - 1] == _DIGIT and kind[end] == _DIGIT):
                continue
            if word == _NAME:
                price = NAME_COST + 0.001 * senses[sense, W_PRICE]
                element = senses[sense, W_ELEMENT]
                count = add_edge(
                    edge, cost, count, i, end, word, element, sense, _NONE, _NONE, _NOTHING, _NOTHING, price
                )
            elif word == _TYPE:
                leads = end < n and (kind[end] == _DIGIT or kind[end] == _NUMERAL)
                along = i > 0 and (chars[i - 1] == _YAN or chars[i - 1] == _LIN)
                if along or (leads and _leads(hit, hit_of, senses, i, end)):
                    continue
                count = _unknown_edges(
                    edge, cost, count, kind, parted, inner, bound, hit, hit_of, i, end, sense, senses
                )
            elif word == _COMPASS:
                direction = senses[sense, W_DETAIL]
                count = distance_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, end, direction, hit, hit_of, senses
                )
                if i > 0 and _closes(kind, parted, n, end):
                    count = _last_words(edge, cost, count, chars, i, end, direction)
            elif word == _BELOW:
                count = number_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, end, hit, hit_of, senses, _YES
                )
            elif word == _LEAD:
                price = 0.001 * senses[sense, W_PRICE]
                count = lead_edges(
                    edge, cost, count, chars, kind, value, parted, n, i, end, senses[sense, W_ELEMENT], price
                )
            elif word == _REMARK:
                price = 0.001 * senses[sense, W_PRICE]
                begin, end = end, remark_end(kind, parted, n, end)
                detail = senses[sense, W_DETAIL]
                away = names_another(chars, kind, begin, end, hit, hit_of, senses, detail)
                away |= detail == _EVENT and names_place(chars, begin, end, hit, hit_of, senses)
                count = add_edge(
                    edge, cost, count, i, end, word, senses[sense, W_ELEMENT], sense, _NONE, _NONE, _NOTHING,
                    HELD if away else _NOTHING, price,
                )  # fmt: skip
            elif word == _PAPER:
                after = paper_end(chars, kind, parted, n, end)
                if after > end:
                    count = note_edge(edge, cost, count, i, after, _NOTHING, 0.1)
            elif (
                word == _RELATIVE and chars[i] == _WAI and end == i + 1 and not _closes(kind, parted, n, end)
            ):
                continue  # 12号外 is beside, 外婆家 a name
            elif word == _SIDE and chars[i] == _DAO and _ends_town(hit, hit_of, senses, i):
                # 圣城街道北 is rather the town than the road's side.
                count = add_edge(
                    edge, cost, count, i, end, word, _NOTHING, sense, _NONE, _NONE, senses[sense, W_DETAIL],
                    _NOTHING, 2.0,
                )  # fmt: skip
            elif word == _APART:
                if senses[sense, W_DETAIL] == _ANYWHERE:
                    count = note_edge(edge, cost, count, i, end, HELD, 0.1)
            elif word != _UNIT and word != _LENGTH and word != _MEASURE:
                element, direction = senses[sense, W_ELEMENT], senses[sense, W_DETAIL]
                count = add_edge(
                    edge,
                    cost,
                    count,
                    i,
                    end,
                    word,
                    element,
                    sense,
                    _NONE,
                    _NONE,
                    direction,
                    _NOTHING,
                    0.001 * senses[sense, W_PRICE],
                )
    return count
