"""Spans that are no address 非地址片段: telephone numbers, dates, brackets, remarks; compiled."""

# ruff: noqa: SIM109, SIM110 - compiled: comparisons cost less than tuples and generators

from __future__ import annotations

import numpy as np

from address.model import Element
from address.parse.automaton import DETAIL as W_DETAIL
from address.parse.automaton import ELEMENT as W_ELEMENT
from address.parse.automaton import KIND as W_KIND
from address.parse.compiled import inner, machine
from address.parse.fold import CharClass
from address.parse.numbers import read_number
from address.parse.words import ALONE, SENT, Kind

LONGEST_NOTE = 60

_DIGIT, _LETTER = machine(CharClass.DIGIT, CharClass.LETTER)
_OPEN, _CLOSE, _DASH, _SEPARATOR = machine(
    CharClass.OPEN, CharClass.CLOSE, CharClass.DASH, CharClass.SEPARATOR
)
_NAME, _UNIT, _FIXED, _LABEL = machine(Kind.NAME, Kind.UNIT, Kind.FIXED, Kind.LABEL)
_RELATIVE, _BESIDE, _APART = machine(Kind.RELATIVE, Kind.BESIDE, Kind.APART)
_COMPASS, _REMARK = machine(Kind.COMPASS, Kind.REMARK)
_SIDE, _GATE = machine(Kind.SIDE, Kind.GATE)
_STATES = tuple(np.uint32(ord(char)) for char in "拟未待疑废迁")
"""So begins, in brackets, what is not so yet or no longer: (未交付), (待拆), (迁出)."""
_SIDES = tuple(np.uint32(ord(char)) for char in "东南西北前后左右上下")
_YARDS = tuple(np.uint32(ord(char)) for char in "院宅门屋")
_LONGEST_PART = 3
"""In brackets one character alone tells of one of several (东), (2), (A), or of what nobody understands (暂);
so do two that begin with a side, and a few that end so: (北卧), (西院), (后门)."""
_SENDS = tuple(np.uint32(ord(char)) for char in "放转送给到住寄")
_BUILDING, _ROOM, _COUNTY = machine(Element.BUILDING, Element.ROOM, Element.COUNTY)
_CITY_SENT, _NAME_SAID = 2, 3
"""Characters from which a name tells of another place."""
_HAN, _NUMERAL = machine(CharClass.HAN, CharClass.NUMERAL)
(_ALONE,) = machine(ALONE)
_DI, _ZHUAN, _SHI, _WEI, _WANG, _HAO = machine(*map(ord, "第转是为往号"))
_CORRECTS = tuple(np.uint32(ord(char)) for char in "现今应实改更正编为系是")
"""What stands before the number that holds: (现1001室), (应为1001)."""
_STAR, _X, _AT, _DOT, _SQUARE = machine(*map(ord, "*X@.["))
_LEAST_HIDDEN = 3
"""Stars or crosses side by side that hide digits: 138****5678."""


@inner
def _digits_from(kind, parted, n, i):  # type: ignore[no-untyped-def]
    """Where the run of digits from ``i`` ends."""
    j = i
    while j < n and kind[j] == _DIGIT and (j == i or not parted[j]):
        j += 1
    return j


@inner
def _joins(kind, i):  # type: ignore[no-untyped-def]
    return kind[i] == _DASH or kind[i] == _SEPARATOR


@inner
def _grouped_end(kind, parted, n, i):  # type: ignore[no-untyped-def]
    """Where a mobile number in groups of 3, 4 and 4, or in one, ends: 138-1234-5678; ``i`` for none."""
    j = _digits_from(kind, parted, n, i)
    if j - i == 11:
        return j
    if j - i != 3:
        return i
    for _ in range(2):
        if j < n and kind[j] == _DASH:
            j += 1
        elif not (j < n and parted[j]):
            return i
        k = _digits_from(kind, parted, n, j)
        if k - j != 4:
            return i
        j = k
    return j


@inner
def _hidden_end(chars, kind, n, i, j):  # type: ignore[no-untyped-def]
    """Where a number ends of which a part is hidden, its first digits ending at ``j``; ``j`` for none."""
    k = j
    while k < n and (chars[k] == _STAR or chars[k] == _X) and chars[k] == chars[j]:
        k += 1
    if j - i < 3 or k - j < _LEAST_HIDDEN:
        return j
    while k < n and kind[k] == _DIGIT:
        k += 1
    return k


@inner
def telephone_end(chars, kind, value, parted, n, i):  # type: ignore[no-untyped-def]
    """Where a telephone number with what is dialled behind it, or another number that is no address, ends."""
    end = _plain_end(chars, kind, value, parted, n, i)
    if end - i >= 7 and end + 1 < n and chars[end] == _ZHUAN and kind[end + 1] == _DIGIT:
        return _digits_from(kind, parted, n, end + 1)
    return end


@inner
def paper_end(chars, kind, parted, n, i):  # type: ignore[no-untyped-def]
    """Where the number ends that a word before ``i`` says to be none of an address; ``i`` for none.

    序号12, 微信:abc123, 统一社会信用代码91370783MA3C.
    """
    j = i
    while j < n and (kind[j] == _SEPARATOR or chars[j] == _SHI or chars[j] == _WEI) and j < i + 2:
        j += 1
    k, digits = j, 0
    while k < n and (k == j or not parted[k]):
        joint = kind[k] == _DASH or chars[k] == _AT or chars[k] == _DOT or chars[k] == _STAR
        if kind[k] != _DIGIT and kind[k] != _LETTER and not (joint and k > j):
            break
        digits += 1 if kind[k] == _DIGIT or chars[k] == _AT else 0
        k += 1
    return k if digits > 0 else i


@inner
def _plain_end(chars, kind, value, parted, n, i):  # type: ignore[no-untyped-def]
    """Where a telephone, postal or identity number, a date or the number of a line ends; ``i`` for none."""
    if i > 0 and kind[i - 1] == _DIGIT and not parted[i]:
        return i
    j = _digits_from(kind, parted, n, i)
    hidden = _hidden_end(chars, kind, n, i, j)
    if hidden > j:
        return hidden
    if j - i == 2 and value[i] == 8 and value[i + 1] == 6 and j + 1 < n and (kind[j] == _DASH or parted[j]):
        begin = j + 1 if kind[j] == _DASH else j
        # The country in front: 86-138-1234-5678.
        after = _grouped_end(kind, parted, n, begin)
        if after - begin >= 11:
            return after
    if 3 <= j - i <= 4 and j + 1 < n and kind[j] == _DASH:
        k = _digits_from(kind, parted, n, j + 1)
        if k - j - 1 >= 7:
            return k
    if j - i == 3 and value[i] == 1 and value[i + 1] >= 3:
        k = _grouped_end(kind, parted, n, i)
        if k > j:
            return k
    if j - i == 4 and ((value[i] == 2 and value[i + 1] == 0) or (value[i] == 1 and value[i + 1] == 9)):
        # 2024-05-01, 2024/5/1
        month = _digits_from(kind, parted, n, j + 1) if j + 1 < n and _joins(kind, j) else j
        day = _digits_from(kind, parted, n, month + 1) if month + 1 < n and _joins(kind, month) else j
        if 1 <= month - j - 1 <= 2 and 1 <= day - month - 1 <= 2:
            return day
    if i == 0 and j <= 2 and j + 1 < n and kind[j] == _SEPARATOR and kind[j + 1] != _DIGIT:
        return j + 1
    if j - i == 11 and j + 1 < n and kind[j] == _DASH:
        # The extension of a number that hides another: 13812345678-1234.
        k = _digits_from(kind, parted, n, j + 1)
        if 3 <= k - j - 1 <= 6:
            return k
    return j if j - i >= 6 else i


@inner
def fills(chars, kind, value, parted, n, first, last, hit, hit_of, senses):  # type: ignore[no-untyped-def]
    """Whether names and numbers with their units fill a span: (3号楼2单元501室) is more than a note.

    0 for not, 1 with names alone, 2 with a bare number, 3 with a number that has its unit.
    """
    held = 1
    p = first
    while p < last and chars[p] in _CORRECTS:
        p += 1
    while p < last:
        if kind[p] == _DASH or kind[p] == _SEPARATOR or kind[p] == _OPEN or kind[p] == _CLOSE:
            p += 1
            continue
        q = p
        for h in range(hit_of[p], hit_of[p + 1]):
            what = senses[hit[h, 1], W_KIND]
            if hit[h, 0] <= last and (what == _NAME or what == _FIXED):
                q = max(q, hit[h, 0])
        end, number, _, _ = read_number(chars, kind, value, parted, n, p + 1 if chars[p] == _DI else p)
        if 0 < end <= last:
            for h in range(hit_of[end], hit_of[end + 1]):
                if hit[h, 0] <= last and senses[hit[h, 1], W_KIND] == _UNIT:
                    q, held = max(q, hit[h, 0]), 3
            bare = number >= 0 and end - p <= 4 and kind[p] == _DIGIT
            if bare and (end == last or kind[end] == _DASH):
                q, held = max(q, end), max(held, 2)
        if q == p:
            return 0
        p = q
    return held


@inner
def _sends_to(chars, kind, p, last):  # type: ignore[no-untyped-def]
    """Whether a number of a room at ``p`` is where something goes or somebody lives: 放502, 房东住202."""
    if p == 0 or kind[p] != _DIGIT or chars[p - 1] not in _SENDS:
        return False
    q = p
    while q < last and kind[q] == _DIGIT:
        q += 1
    return 3 <= q - p <= 4


@inner
def names_place(chars, first, last, hit, hit_of, senses):  # type: ignore[no-untyped-def]
    """Whether a remark tells of a place: 住户门口, 业主楼下."""
    for p in range(first, last):
        for h in range(hit_of[p], hit_of[p + 1]):
            what = senses[hit[h, 1], W_KIND]
            place = what == _RELATIVE or what == _SIDE or what == _BESIDE or what == _GATE or what == _APART
            if place and hit[h, 0] <= last:
                return True
    return False


@inner
def names_another(chars, kind, first, last, hit, hit_of, senses, detail):  # type: ignore[no-untyped-def]
    """Whether a remark tells the number of a building, a unit or a room; or a name, if it may: ``detail``.

    Of what is sent on a city is named by two characters: 转寄青岛.
    """
    for p in range(first, last):
        if _sends_to(chars, kind, p, last):
            return True
        for h in range(hit_of[p], hit_of[p + 1]):
            end, what = hit[h, 0], senses[hit[h, 1], W_KIND]
            numbered = p > first and (kind[p - 1] == _DIGIT or kind[p - 1] == _NUMERAL)
            element = senses[hit[h, 1], W_ELEMENT]
            worded = end > p + 1 or chars[p] != _HAO
            if end <= last and what == _UNIT and numbered and worded and _BUILDING <= element <= _ROOM:
                return True
            least = _CITY_SENT if detail == SENT and element <= _COUNTY else _NAME_SAID
            if detail > 0 and end <= last and what == _NAME and end - p >= least:
                return True
    return False


@inner
def tells_apart(chars, kind, first, last, hit, hit_of, senses):  # type: ignore[no-untyped-def]
    """Whether a span in brackets says that not the place before it is meant.

    It is a word for what lies about that (对面, 隔壁; 银行对面 and 东邻银行 tell of the bank), leads away
    from it (路口往南, 东数第三间), sends a parcel elsewhere (转付家庄村), or it names a place beside it or a
    number that nobody knows (一楼车库, 加建, 无房号), or a part of it (北, 2, 西院).
    """
    if last - first == 1 or (last - first == 2 and chars[first] in _SIDES):
        return True
    if 1 < last - first <= _LONGEST_PART and chars[last - 1] in _YARDS:
        return True
    for p in range(first, last):
        if _sends_to(chars, kind, p, last) or (p == first and chars[p] in _STATES):
            return True
        for h in range(hit_of[p], hit_of[p + 1]):
            end, sense = hit[h, 0], hit[h, 1]
            what, detail = senses[sense, W_KIND], senses[sense, W_DETAIL]
            if end > last:
                continue
            if what == _APART and detail != _ALONE:
                return True
            # 往南, 东数第三间; but how far it is from something untold (东50米) may be said of any address.
            away = chars[p] == _WANG or (end < last and chars[end] == _DI)
            if away and (what == _COMPASS or what == _RELATIVE):
                return True
            if (
                what == _REMARK
                and detail > 0
                and names_another(chars, kind, end, last, hit, hit_of, senses, detail)
            ):
                return True
            about = what == _RELATIVE or what == _BESIDE or what == _APART
            if about and p == first and end == last:
                return True
    return False


@inner
def certificate_end(chars, kind, n, i):  # type: ignore[no-untyped-def]
    """Where the number of a deed begun at ``i`` ends; ``i`` for none: 鲁(2023)寿光市不动产权第0001102号."""
    if i + 6 >= n or kind[i + 1] != _OPEN or kind[i + 6] != _CLOSE:
        return i
    for j in range(i + 2, i + 6):
        if kind[j] != _DIGIT:
            return i
    j = i + 7
    while j < n and j < i + 27 and kind[j] == _HAN and chars[j] != _DI:
        j += 1
    if j >= n or chars[j] != _DI:
        return i
    k = j + 1
    while k < n and kind[k] == _DIGIT:
        k += 1
    return k + 1 if k > j + 1 and k < n and chars[k] == _HAO else i


@inner
def _is_all(kind, n, i, end):  # type: ignore[no-untyped-def]
    """Whether brackets from ``i`` to ``end`` hold the whole text."""
    for j in range(n):
        if (j < i or j >= end) and (kind[j] < _OPEN or kind[j] > _SEPARATOR):
            return False
    return True


@inner
def note_end(kind, n, i, hit, hit_of, senses):  # type: ignore[no-untyped-def]
    """Where the brackets opened at ``i`` end; ``i`` where they never do, hold one known name, or all.

    So, too, where a word in them says that an address follows: (男，37岁，现住圣城街595号).
    """
    depth, told = 0, False
    for j in range(i, min(n, i + LONGEST_NOTE)):
        if kind[j] == _OPEN:
            depth += 1
        elif kind[j] == _CLOSE:
            depth -= 1
            if depth == 0:
                if told:
                    return i
                for h in range(hit_of[i + 1], hit_of[i + 2] if i + 2 <= n else hit_of[i + 1]):
                    what = senses[hit[h, 1], W_KIND]
                    if hit[h, 0] == j and (what == _NAME or what == _FIXED):
                        return i
                return i if _is_all(kind, n, i, j + 1) else j + 1
        for h in range(hit_of[j], hit_of[j + 1]):
            sense = hit[h, 1]
            told |= senses[sense, W_KIND] == _LABEL and senses[sense, W_DETAIL] > 0
    return i


@inner
def remark_end(kind, parted, n, i):  # type: ignore[no-untyped-def]
    """Where a remark that begins before ``i`` ends: at the next mark of punctuation, bracket or space."""
    j = i + 1 if i < n and kind[i] == _SEPARATOR else i
    while j < n and j - i < LONGEST_NOTE:
        between = kind[j] == _SEPARATOR and kind[j - 1] == _DIGIT and j + 1 < n and kind[j + 1] == _DIGIT
        between |= kind[j] == _DASH and kind[j - 1] == _DIGIT
        year = kind[j] == _OPEN and j + 5 < n and kind[j + 1] == _DIGIT and kind[j + 5] == _CLOSE
        if year:
            j += 6  # 鲁(2019)寿光市不动产权第0012345号
            continue
        if (kind[j] > _LETTER and not between) or (parted[j] and j > i + 1):
            break
        j += 1
    return j
