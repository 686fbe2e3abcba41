"""Numbers inside a text 数字: Arabic, Chinese, with a letter before them; compiled."""

from __future__ import annotations

import numpy as np

from address.parse.compiled import inner
from address.parse.fold import CharClass

_NUMERAL, _DIGIT, _LETTER = 2, 3, 4
assert (_NUMERAL, _DIGIT, _LETTER) == (CharClass.NUMERAL, CharClass.DIGIT, CharClass.LETTER)
_STEMS = (ord("甲"), ord("乙"), ord("丙"), ord("丁"))
LARGEST = 9_999_999
"""Longer ones number nothing in an address."""


@inner
def letter_like(chars, kind, i):  # type: ignore[no-untyped-def]
    """Whether a character numbers things without being a number: A, 甲."""
    char = chars[i]
    return (
        kind[i] == _LETTER or char == _STEMS[0] or char == _STEMS[1] or char == _STEMS[2] or char == _STEMS[3]
    )


@inner
def read_number(chars, kind, value, parted, n, i):  # type: ignore[no-untyped-def]
    """The number from ``i``: where it ends (-1: there is none), its value, letter and flags.

    A letter alone is a number without value (-1): C座.
    """
    if i >= n:
        return -1, -1, 0, 0
    letter = np.int64(0)
    if letter_like(chars, kind, i):
        if i > 0 and kind[i] == _LETTER and kind[i - 1] == _LETTER:
            return -1, -1, 0, 0
        letter = np.int64(chars[i])
        if i + 1 < n and kind[i + 1] == _LETTER:
            return -1, -1, 0, 0
        if i + 1 < n and kind[i + 1] == _DIGIT and not parted[i + 1]:
            i += 1
        else:
            return i + 1, -1, letter, 0
    if kind[i] == _DIGIT:
        total, j = np.int64(0), i
        while j < n and kind[j] == _DIGIT and (j == i or not parted[j]):
            if total > LARGEST:
                return -1, -1, 0, 0
            total = total * 10 + value[j]
            j += 1
        return (-1, -1, 0, 0) if total > LARGEST else (j, total, letter, 0)
    if kind[i] == _NUMERAL:
        end, total = _read_chinese(kind, value, parted, n, i)
        return end, total, letter, 0
    return -1, -1, 0, 0


@inner
def _read_chinese(kind, value, parted, n, i):  # type: ignore[no-untyped-def]
    """十二 → 12, 一百零三 → 103, 一百三 → 130, 一二〇一 → 1201: by place words, else digit by digit."""
    total, pending, j, placed = np.int64(0), np.int64(-1), i, False
    plain, place = np.int64(0), np.int64(1)
    while j < n and kind[j] == _NUMERAL and (j == i or not parted[j]):
        digit = value[j]
        if digit >= 10:
            total += (1 if pending < 0 else pending) * digit
            pending, placed, place = np.int64(-1), True, digit
        else:
            pending = digit
            if digit == 0:
                place = np.int64(1)
            plain = plain * 10 + digit
        j += 1
        if plain > LARGEST:
            return -1, -1
    if not placed:
        return j, plain
    if pending > 0:
        total += pending * (place // 10 if place >= 100 else 1)
    return j, total
