"""One writing for each character 字符归一: tables made at first use, and the loop that applies them.

Each code point goes to its NFKC form, simplified script and capital letters, on its own,
so that every character of the folded text knows the character it came from, and folding
a folded text changes nothing.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

TABLE_SIZE = 0x20000
"""Code points beyond stand for themselves: rare Han characters, and what no address holds."""
LONGEST_EXPANSION = 4

DIGITS = "〇一二三四五六七八九"
NUMERALS = {char: value for value, char in enumerate(DIGITS)} | {
    "零": 0,
    "两": 2,
    "十": 10,
    "百": 100,
    "千": 1000,
    "拾": 10,
    "佰": 100,
    "仟": 1000,
    "廿": 20,
    "卅": 30,
    "幺": 1,
    **{char: value for value, char in enumerate("壹贰叁肆伍陆柒捌玖", 1)},
}


class CharClass(IntEnum):
    """What a folded character can be part of 字符类."""

    OTHER = 0
    HAN = 1
    NUMERAL = 2  # Chinese numerals, which names hold too
    DIGIT = 3
    LETTER = 4
    OPEN = 5
    CLOSE = 6
    DASH = 7
    SEPARATOR = 8
    SPACE = 9  # parts what stands beside it, and is dropped
    DROPPED = 10  # control and zero-width characters, combining marks


_LIKE = {
    **dict.fromkeys("‐‑‒–—―−﹣~〜∼", "-"),
    **dict.fromkeys("○◯", "〇"),
    **dict.fromkeys("【〔〖{<《「『", "("),
    **dict.fromkeys("】〕〗}>》」』", ")"),
    **dict.fromkeys("､・·", "、"),
    "囗": "口",
    "№": "#",
    "×": "、",
}
_ROMAN = {chr(first + step): str(step + 1) for first in (0x2160, 0x2170) for step in range(12)}
"""Roman numerals that are one character: Ⅲ is 3, not the letters III."""
_SEPARATORS = ",，、;；:：/\\|。.!！?？+*=&^%$@\"'“”‘’`"


@dataclass(frozen=True, slots=True)
class Folding:
    """Tables over code points."""

    single: NDArray[np.uint32]
    """The one character it becomes; 0 where ``first`` and ``count`` tell several, or none."""
    first: NDArray[np.int32]
    count: NDArray[np.uint8]
    several: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    """:class:`CharClass` of folded characters."""
    value: NDArray[np.int16]
    """Value of a digit or numeral; -1 for the rest."""


@functools.cache
def folding() -> Folding:
    """The tables, made once in a process (about half a second)."""
    fold = _fold_of_each()
    single = np.arange(TABLE_SIZE, dtype=np.uint32)
    first = np.zeros(TABLE_SIZE, np.int32)
    count = np.ones(TABLE_SIZE, np.uint8)
    several: list[int] = []
    for code, folded in fold.items():
        if len(folded) == 1:
            single[code] = ord(folded)
            continue
        single[code], first[code], count[code] = 0, len(several), len(folded)
        several.extend(map(ord, folded))
    kind, value = _classes()
    return Folding(single, first, count, np.array(several or [0], np.uint32), kind, value)


def _fold_of_each() -> dict[int, str]:
    """Folded text of every code point that does not stand for itself."""
    from opencc import OpenCC

    every = [chr(code) for code in range(TABLE_SIZE) if not 0xD800 <= code < 0xE000]
    han = [char for char in every if _is_han(char)]
    simplified = OpenCC("t2s").convert("\n".join(han)).split("\n")
    simple = {char: to for char, to in zip(han, simplified, strict=True) if char != to and len(to) == 1}

    def once(text: str) -> str:
        text = "".join(_ROMAN.get(char, char) for char in text)
        text = unicodedata.normalize("NFKC", text)
        text = "".join(_LIKE.get(char, simple.get(char, char)) for char in text)
        text = text if "ß" in text else text.upper()
        return unicodedata.normalize("NFKC", text)

    fold: dict[int, str] = {}
    for char in every:
        code = ord(char)
        if _stands_for_itself(char, code) and char not in simple:
            continue
        folded = char
        for _ in range(4):
            folded, before = once(folded), folded
            if folded == before:
                break
        folded = "".join(part for part in folded if not _is_dropped(part))
        if folded == char:
            continue
        if len(folded) > LONGEST_EXPANSION or any(len(once(part)) != 1 for part in folded):
            continue
        fold[code] = folded if _class_of(char) is not CharClass.SPACE else char
    return {code: folded for code, folded in fold.items() if folded != chr(code)}


def _stands_for_itself(char: str, code: int) -> bool:
    """Whether no table needs to be asked: unified Han, Hangul, private use, nothing assigned."""
    plain = 0x3400 <= code < 0xA000 or 0xAC00 <= code < 0xF900 or code >= 0x1F300
    return plain and char not in _LIKE


def _is_han(char: str) -> bool:
    code = ord(char)
    return 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or char == "〇"


def _is_dropped(char: str) -> bool:
    return _class_of(char) in (CharClass.DROPPED, CharClass.SPACE)


def _class_of(char: str) -> CharClass:
    if "㐀" <= char <= "鿿" and char not in NUMERALS and char not in _SEPARATORS:
        return CharClass.HAN
    if char in NUMERALS:
        return CharClass.NUMERAL
    if char.isascii() and char.isdigit():
        return CharClass.DIGIT
    if char.isascii() and char.isalpha():
        return CharClass.LETTER
    if char == "-":
        return CharClass.DASH
    if char in "()[]":
        return CharClass.OPEN if char in "([" else CharClass.CLOSE
    if char in _SEPARATORS:
        return CharClass.SEPARATOR
    if char.isspace() or char in "_＿":  # the blanks of a form: 3____号楼__2__单元
        return CharClass.SPACE
    if _is_han(char):
        return CharClass.HAN
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Mn", "Me", "Cs", "Cn"):
        return CharClass.DROPPED
    return CharClass.OTHER


def _classes() -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    kind = np.fromiter((_class_of(chr(code)) for code in range(TABLE_SIZE)), np.uint8, TABLE_SIZE)
    value = np.full(TABLE_SIZE, -1, np.int16)
    for char, number in NUMERALS.items():
        value[ord(char)] = number
    for digit in range(10):
        value[ord(str(digit))] = digit
    return kind, value


@njit(cache=True, nogil=True)
def fold_text(raw, single, first, count, several, kind, out, origin, parted):  # type: ignore[no-untyped-def]
    """Folds ``raw`` into ``out`` as far as that reaches; the number of characters written.

    ``origin`` tells where each came from, ``parted`` whether white space stood before it.
    """
    n = 0
    gap = False
    for i in range(raw.size):
        code = raw[i]
        if code >= TABLE_SIZE:
            if n == out.size:
                return n
            out[n], origin[n], parted[n] = code, i, gap
            n += 1
            gap = False
            continue
        if kind[code] == 9:
            gap = True
            continue
        if kind[code] == 10:
            continue
        for k in range(count[code]):
            if n == out.size:
                return n
            out[n] = single[code] if single[code] != 0 else several[first[code] + k]
            origin[n], parted[n] = i, gap
            n += 1
            gap = False
    return n
