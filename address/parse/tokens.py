"""From edges to tokens 记号: junk joined, qualifiers with what they relate to; compiled."""

# ruff: noqa: SIM109, SIM110 - compiled: comparisons cost less than tuples and generators

from __future__ import annotations

import numpy as np

from address.model import Element
from address.parse.compiled import inner, machine
from address.parse.edges import EDGE_COLUMNS, ELEMENT, END, KIND, NUMBER, START
from address.parse.words import Kind

MOST_TOKENS = 128
STATE = EDGE_COLUMNS
ANCHOR = EDGE_COLUMNS + 1  # three columns: tokens to which a qualifier relates; -1 for none
TOKEN_COLUMNS = EDGE_COLUMNS + 4
STANDING, CONSUMED, DROPPED, REMARK = range(4)

_NAME, _FIXED, _NUMBER, _UNKNOWN = machine(Kind.NAME, Kind.FIXED, Kind.NUMBER, Kind.UNKNOWN)
_JUNK, _GAP, _AND, _NOTE = machine(Kind.JUNK, Kind.GAP, Kind.AND, Kind.NOTE)
_CROSSING, _BESIDE, _SIDE = machine(Kind.CROSSING, Kind.BESIDE, Kind.SIDE)
(_REMARK,) = machine(Kind.REMARK)
_RELATIVE, _GATE, _DISTANCE = machine(Kind.RELATIVE, Kind.GATE, Kind.DISTANCE)
_OFFICE, _LABEL, _PERSON, _TYPE = machine(Kind.OFFICE, Kind.LABEL, Kind.PERSON, Kind.TYPE)
_VILLAGE, _ROAD, _LANE = machine(Element.VILLAGE, Element.ROAD, Element.LANE)
_ESTATE, _DOOR, _OBJECT = machine(Element.ESTATE, Element.DOOR, Element.OBJECT)
_HAN, _LETTER_CLASS, _DIGIT = 1, 4, 3
_PLACES = tuple(np.uint32(ord(char)) for char in "镇乡村庄路街区市县巷")
"""Last characters of places, not of persons."""


@inner
def is_part(what):  # type: ignore[no-untyped-def]
    """Whether a kind of token is an element of the address."""
    return what == _NAME or what == _FIXED or what == _NUMBER or what == _UNKNOWN or what == _JUNK


@inner
def is_qualifier(what):  # type: ignore[no-untyped-def]
    """Whether a kind of token places the address relative to something."""
    return (_CROSSING <= what <= _GATE and what != _AND) or what == _DISTANCE


@inner
def collect(edge, path, length, kind, parted, token):  # type: ignore[no-untyped-def]
    """The tokens of a way: junk characters side by side become one object; symbols go. How many."""
    m = np.int64(0)
    for i in range(length):
        e = path[i]
        what, start, end = edge[e, KIND], edge[e, START], edge[e, END]
        if what == _JUNK:
            if kind[start] < _HAN or kind[start] > _LETTER_CLASS:
                continue
            if m > 0 and token[m - 1, KIND] == _JUNK and token[m - 1, END] == start and not parted[start]:
                token[m - 1, END] = end
                continue
        goes_on = m > 0 and token[m - 1, KIND] == _JUNK and token[m - 1, END] == start and not parted[start]
        if goes_on and what == _UNKNOWN and edge[e, ELEMENT] == _OBJECT:
            token[m - 1, END] = end
            token[m - 1, KIND] = _UNKNOWN
            continue
        if m == MOST_TOKENS:
            break
        for c in range(EDGE_COLUMNS):
            token[m, c] = edge[e, c]
        if what == _JUNK:
            token[m, ELEMENT] = _OBJECT
        token[m, STATE] = STANDING
        for c in range(3):
            token[m, ANCHOR + c] = -1
        m += 1
    return m


@inner
def _before(token, t):  # type: ignore[no-untyped-def]
    """The token before, over separators; -1 for none."""
    t -= 1
    while t >= 0 and token[t, KIND] == _GAP:
        t -= 1
    return t


@inner
def _is_named_part(token, t):  # type: ignore[no-untyped-def]
    return t >= 0 and is_part(token[t, KIND]) and token[t, STATE] == STANDING


@inner
def _stands_later(token, m, t):  # type: ignore[no-untyped-def]
    """Whether something that can be the address itself stands after a qualifier."""
    for later in range(t + 1, m):
        if is_part(token[later, KIND]) and token[later, ELEMENT] >= _ESTATE:
            return True
    return False


@inner
def _estate_later(token, m, t):  # type: ignore[no-untyped-def]
    """Whether a name of an estate stands after a qualifier, before any number of a door."""
    for later in range(t + 1, m):
        if token[later, KIND] == _NAME and token[later, ELEMENT] == _ESTATE:
            return True
        if token[later, KIND] == _NUMBER:
            return False
    return False


@inner
def _is_way(token, t):  # type: ignore[no-untyped-def]
    return _is_named_part(token, t) and (token[t, ELEMENT] == _ROAD or token[t, ELEMENT] == _LANE)


@inner
def _pair_before(token, t):  # type: ignore[no-untyped-def]
    """The two tokens joined before ``t`` (甲与乙, 甲、乙, 甲乙), second first; -1 where one lacks."""
    second = _before(token, t)
    first = _before(token, second) if second >= 0 else np.int64(-1)
    if first >= 0 and token[first, KIND] == _AND:
        token[first, STATE] = DROPPED
        first = _before(token, first)
    return first, second


@inner
def relate(token, m):  # type: ignore[no-untyped-def]
    """Finds to what each qualifier relates, and what of that is then no part of the address itself."""
    for t in range(m):
        what = token[t, KIND]
        if what == _AND and t + 1 < m:
            _cross_without_word(token, m, t)
        if what == _CROSSING:
            first, second = _pair_before(token, t)
            if _is_way(token, first) and _is_way(token, second):
                token[t, ANCHOR], token[t, ANCHOR + 1] = first, second
                token[first, STATE] = token[second, STATE] = CONSUMED
            elif _is_way(token, second):
                token[t, KIND], token[t, ANCHOR] = _RELATIVE, second
            else:
                token[t, KIND] = _RELATIVE
        elif what == _BESIDE or what == _DISTANCE:
            _relate_offset(token, m, t)
        elif what == _SIDE or what == _GATE:
            anchor = t - 1
            if _is_named_part(token, anchor):
                token[t, ANCHOR] = anchor
                if what == _SIDE and _is_way(token, anchor) and _estate_later(token, m, t):
                    # 渤海路东侧的小区 stands beside the road, not at a number of it.
                    token[anchor, STATE] = CONSUMED
        elif what == _RELATIVE:
            first, second = _pair_before(token, t)
            if _is_named_part(token, second):
                token[t, ANCHOR] = second
                pair = first >= 0 and _is_named_part(token, first)
                if pair and token[first, ELEMENT] == token[second, ELEMENT]:
                    token[t, ANCHOR], token[t, ANCHOR + 1] = first, second


@inner
def _cross_without_word(token, m, t):  # type: ignore[no-untyped-def]
    """菜都路与渤海路东北角: a crossing that nobody calls one."""
    after = t + 1
    if not (_is_way(token, t - 1) and _is_way(token, after)):
        return
    if after + 1 < m and (token[after + 1, KIND] == _SIDE or token[after + 1, KIND] == _DISTANCE):
        token[t, KIND] = _CROSSING
        token[t, START], token[t, END] = token[t - 1, START], token[after, END]
        token[t, ANCHOR], token[t, ANCHOR + 1] = t - 1, after
        token[t - 1, STATE] = token[after, STATE] = CONSUMED


@inner
def _relate_offset(token, m, t):  # type: ignore[no-untyped-def]
    """银海路以西, 商务小区南门东50米: the name before is where one measures from."""
    anchor, gate = t - 1, np.int64(-1)
    if anchor >= 0 and token[anchor, KIND] == _GATE:
        gate, anchor = anchor, anchor - 1
    if not _is_named_part(token, anchor):
        return
    token[t, ANCHOR] = anchor
    element = token[anchor, ELEMENT]
    beside_a_road = token[t, KIND] == _BESIDE and (element == _ROAD or element == _LANE)
    if gate >= 0:
        token[gate, STATE] = DROPPED
        token[t, START] = token[gate, START]
    if beside_a_road or (element >= _ROAD and _stands_later(token, m, t)):
        token[anchor, STATE] = CONSUMED


@inner
def settle(token, m, chars, kind, parted):  # type: ignore[no-untyped-def]
    """Drops what is no address (labels, persons), and joins the numbers of things to the things."""
    grounded = doored = False
    for t in range(m):
        what, element = token[t, KIND], token[t, ELEMENT]
        if what == _NOTE or what == _REMARK:
            token[t, STATE] = REMARK
        elif what == _LABEL or what == _PERSON or what == _GAP or what == _AND or what == _TYPE:
            token[t, STATE] = DROPPED
        elif what == _JUNK and _is_person(token, m, t, chars, kind):
            token[t, STATE] = REMARK
        elif what == _OFFICE:
            token[t, ELEMENT] = _OBJECT
        if token[t, STATE] != STANDING or not is_part(what):
            continue
        if element == _DOOR and t > 0 and (doored or not grounded):
            before = token[t - 1, KIND]
            open_object = before == _UNKNOWN or before == _JUNK
            if open_object and token[t - 1, ELEMENT] == _OBJECT and token[t - 1, STATE] == STANDING:
                token[t - 1, END] = token[t, END]
                token[t - 1, NUMBER] = token[t, NUMBER]
                token[t, STATE] = DROPPED
                continue
        if _VILLAGE <= element <= _ESTATE:
            grounded = True
        if element == _DOOR:
            doored = True


@inner
def _is_person(token, m, t, chars, kind):  # type: ignore[no-untyped-def]
    """Whether an unexplained span is a person: short, behind a label for persons or beside a telephone."""
    length = token[t, END] - token[t, START]
    if length < 2 or length > 4:
        return False
    for end in _PLACES:
        if chars[token[t, END] - 1] == end:
            return False
    before, after = _before(token, t), t + 1
    while after < m and (token[after, KIND] == _GAP or token[after, KIND] == _LABEL):
        after += 1
    if before >= 0 and token[before, KIND] == _PERSON:
        return True
    if before >= 0 and token[before, KIND] == _NOTE and kind[token[before, START]] == _DIGIT:
        return True
    return after < m and token[after, KIND] == _NOTE and kind[token[after, START]] == _DIGIT
