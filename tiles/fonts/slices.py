"""Which characters travel together 字体切片: judgements over code points, no input or output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

FRONT_SIZE = 96
"""Characters of a slice that a first view needs: few enough that little comes along unused."""
COMMON_SIZE = 128
ROW = 256


class Group(StrEnum):
    """Why characters travel together, in the order in which a character looks for its slice."""

    OWN = "own"
    """The platform's own words 平台用字: of the page, the contracts and the sample city."""
    PUBLISHED = "published"
    """Public text of layers that are shared without conditions 无条件共享."""
    COMMON = "common"
    """The hanzi of GB 2312, first level first."""
    ROW = "row"
    """Everything that the fonts can draw, by rows of 256 code points: what is common stands there again,
    as whole rows are said in few words."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Characters in one file."""

    group: Group
    characters: tuple[int, ...]
    """Code points, ascending."""


def whole(covered: Collection[int]) -> tuple[Slice, ...]:
    """Every covered character in its row, the common ones before that by themselves; no look at the data."""
    common = [each for each in gb_2312() if each in covered]
    rows = (Slice(Group.ROW, tuple(row)) for row in _rows(sorted(covered)))
    return (*_cut(Group.COMMON, common, COMMON_SIZE), *rows)


def own(covered: Collection[int], words: Mapping[int, int]) -> tuple[Slice, ...]:
    """The characters of the platform's own words once more, by how often each occurs."""
    return tuple(_cut(Group.OWN, _frequent(words, covered), FRONT_SIZE))


def published(
    covered: Collection[int],
    words: Mapping[int, int],
    text: Mapping[int, int],
    before: Sequence[Slice] = (),
) -> tuple[Slice, ...]:
    """The characters of public text that are no words of our own; as ``before`` while those hold them all."""
    later = {each: count for each, count in text.items() if each not in words and each in covered}
    if before and frozenset(later).issubset(each for part in before for each in part.characters):
        return tuple(before)
    return tuple(_cut(Group.PUBLISHED, _frequent(later, covered), FRONT_SIZE))


def counted(text: str) -> Counter[int]:
    """How often each character that can be seen occurs.

    >>> counted("寿光 寿").most_common(1) == [(0x5BFF, 2)]
    True
    """
    return Counter(ord(mark) for mark in text if mark.isprintable() and not mark.isspace())


def ranges(characters: Sequence[int]) -> tuple[str, ...]:
    """Ascending code points as CSS writes them in ``unicode-range``.

    >>> ranges([0x4E00, 0x4E01, 0x4E03])
    ('U+4E00-4E01', 'U+4E03')
    """
    found: list[list[int]] = []
    for each in characters:
        if found and each == found[-1][1] + 1:
            found[-1][1] = each
        else:
            found.append([each, each])
    return tuple(f"U+{first:X}" if first == last else f"U+{first:X}-{last:X}" for first, last in found)


def characters(written: Iterable[str]) -> tuple[int, ...]:
    """The code points of such ranges.

    >>> characters(["U+4E00-4E01", "U+4E03"]) == (0x4E00, 0x4E01, 0x4E03)
    True
    """
    found: list[int] = []
    for each in written:
        first, _, last = each.removeprefix("U+").partition("-")
        found += range(int(first, 16), int(last or first, 16) + 1)
    return tuple(found)


@lru_cache(maxsize=1)
def gb_2312() -> tuple[int, ...]:
    """The 6,763 hanzi of GB/T 2312—1980 in its own order: first level by sound, second by radical.

    >>> len(gb_2312()), chr(gb_2312()[0])
    (6763, '啊')
    """
    codes = (bytes((row, cell)) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    hanzi = (code.decode("gb2312", "ignore") for code in codes)
    return tuple(ord(each) for each in hanzi if each)


def _frequent(counts: Mapping[int, int], known: Collection[int]) -> list[int]:
    return sorted((each for each in counts if each in known), key=lambda each: (-counts[each], each))


def _cut(group: Group, characters: Sequence[int], size: int) -> list[Slice]:
    starts = range(0, len(characters), size)
    return [Slice(group, tuple(sorted(characters[start : start + size]))) for start in starts]


def _rows(characters: Sequence[int]) -> list[list[int]]:
    rows: dict[int, list[int]] = {}
    for each in characters:
        rows.setdefault(each // ROW, []).append(each)
    return list(rows.values())
