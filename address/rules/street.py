"""Checks of the numbers of a street 门牌检查: parity, order, gaps, duplicates, skipped numbers."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from address.rules.findings import Finding
from address.rules.numbering import Numbering

_NUMBERS: Final = re.compile(r"[0-9号附\-\s]+")


@dataclass(frozen=True, slots=True)
class Door:
    """A door with its number and place along the street."""

    key: str
    number: int
    sub_number: int | None
    chainage_m: float
    left: bool
    letter: str = ""
    """What its name says besides: 丁 of 1133丁号."""

    @property
    def written(self) -> tuple[int, int]:
        """For order: a number comes before its inserts."""
        return self.number, self.sub_number or 0


def letter_of(name: str) -> str:
    """What a number's name says beside the numbers.

    >>> letter_of("1133丁号"), letter_of("12号附1号"), letter_of("12-1号")
    ('丁', '', '')
    """
    return _NUMBERS.sub("", name)


def check(doors: Sequence[Door], rule: Numbering) -> tuple[Finding, ...]:
    """All that is wrong with a street, in the order of its numbers."""
    return (
        *_parity(doors, rule),
        *_duplicates(doors),
        *_order(doors),
        *_gaps(doors, rule),
        *_skipped(doors, rule),
    )


def _parity(doors: Sequence[Door], rule: Numbering) -> Iterable[Finding]:
    for door in sorted(doors, key=lambda each: each.written):
        wanted = rule.odd(door.left)
        if (door.number % 2 == 1) != wanted:
            side_zh, side_en = ("左", "left") if door.left else ("右", "right")
            kind_zh, kind_en = ("单", "odd") if wanted else ("双", "even")
            yield Finding(
                "parity",
                f"{side_zh}侧应为{kind_zh}号,请改号:{door.number}",
                f"numbers on the {side_en} are {kind_en}; renumber: {door.number}",
                (door.key,),
            )


def _duplicates(doors: Sequence[Door]) -> Iterable[Finding]:
    held: defaultdict[tuple[int, int, str], list[str]] = defaultdict(list)
    for door in doors:
        held[*door.written, door.letter].append(door.key)
    for (number, sub_number, letter), keys in sorted(held.items()):
        if len(keys) > 1:
            shown = f"{number}{letter}" if not sub_number else f"{number}{letter}-{sub_number}"
            yield Finding(
                "duplicate",
                f"重号,请保留一个:{shown}",
                f"the same number twice; keep one: {shown}",
                tuple(keys),
            )


def _order(doors: Sequence[Door]) -> Iterable[Finding]:
    """The fewest doors of each side without which numbers would grow along the street."""
    for left in (True, False):
        side = sorted(
            (each for each in doors if each.left == left), key=lambda each: (each.chainage_m, each.written)
        )
        kept = _growing([each.written for each in side])
        for place, door in enumerate(side):
            if place not in kept:
                yield Finding(
                    "order",
                    f"号码与街道走向不一致,请核对位置或改号:{door.number}",
                    f"the number does not grow along the street; check its place or renumber: {door.number}",
                    (door.key,),
                )


def _growing(values: Sequence[tuple[int, int]]) -> set[int]:
    """Places of a longest subsequence that grows; equal values count as growing."""
    tails: list[tuple[tuple[int, int], int]] = []
    ends: list[int] = []
    before = [-1] * len(values)
    for place, value in enumerate(values):
        at = bisect_left(tails, (value, place))
        before[place] = ends[at - 1] if at else -1
        if at == len(tails):
            tails.append((value, place))
            ends.append(place)
        else:
            tails[at], ends[at] = (value, place), place
    kept = set()
    place = ends[-1] if ends else -1
    while place >= 0:
        kept.add(place)
        place = before[place]
    return kept


def _gaps(doors: Sequence[Door], rule: Numbering) -> Iterable[Finding]:
    """With a frontage: numbers that stand elsewhere than they say. Without one: numbers left out."""
    if rule.frontage_m > 0:
        for door in sorted(doors, key=lambda each: each.written):
            begins = (door.number - 1) // 2 * rule.frontage_m
            off = max(begins - door.chainage_m, door.chainage_m - begins - rule.frontage_m, 0.0)
            if off > rule.tolerance_m:
                yield Finding(
                    "gap",
                    f"位置与号码相差 {off:.0f} m,请核对:{door.number}",
                    f"stands {off:.0f} m from where its number says; check: {door.number}",
                    (door.key,),
                )
        return
    for odd in (True, False):
        numbers = sorted({each.number for each in doors if (each.number % 2 == 1) == odd})
        for first, second in itertools.pairwise(numbers):
            missing = [each for each in range(first + 2, second, 2) if each not in rule.skipped]
            if missing:
                shown = str(missing[0]) if len(missing) == 1 else f"{missing[0]}–{missing[-1]}"
                keys = tuple(each.key for each in doors if each.number in (first, second))
                yield Finding(
                    "gap",
                    f"缺号,请补编或说明:{shown}",
                    f"numbers left out; give them or say why: {shown}",
                    keys,
                )


def _skipped(doors: Sequence[Door], rule: Numbering) -> Iterable[Finding]:
    for door in sorted(doors, key=lambda each: each.written):
        if door.number in rule.skipped:
            yield Finding(
                "skipped",
                f"本市不编此号,请改号:{door.number}",
                f"this city does not give that number; renumber: {door.number}",
                (door.key,),
            )
