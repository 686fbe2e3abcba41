"""What somebody is about to write 输入提示: names by characters, full pinyin or initials, then their numbers.

``圣城``, ``shengch``, ``scj`` lead to 圣城街; ``scj59`` to its numbers that begin with 59;
``圣城街道商务`` to what begins so within 圣城街道.
"""

from __future__ import annotations

import copy
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

import numpy as np

from address import wording
from address.model import Element
from address.places import Places

Rows = np.ndarray[Any, np.dtype[np.int32]]
TEXT_MOST: Final = 64
"""Characters that are looked at."""
_NUMBERED: Final = (Element.DOOR, Element.BUILDING, Element.UNIT, Element.ROOM)
_SUGGESTED: Final = (
    Element.COUNTY, Element.TOWN, Element.VILLAGE, Element.HAMLET, Element.ROAD, Element.LANE,
    Element.ESTATE, Element.OBJECT,
)  # fmt: skip
_LAST: Final = "\U0010ffff"
_DIGITS_MOST: Final = 8
_PARENTS_MOST: Final = 8
"""Places of one name whose numbers are looked at."""
_EXACT: Final = 1e12
"""A name written out stands before those that only begin so."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that may be meant."""

    component: int
    by: str
    """``han``, ``pinyin``, ``initials`` or ``number``."""


class _Sorted:
    """Keys in order, each with its component."""

    def __init__(self, keys: list[str], rows: Rows, by: str) -> None:
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self.keys = [keys[each] for each in order]
        self.rows = rows[order]
        self.by = by

    def beginning(self, text: str) -> tuple[int, int]:
        return bisect_left(self.keys, text), bisect_left(self.keys, text + _LAST)

    def exactly(self, text: str) -> Rows:
        first = bisect_left(self.keys, text)
        return self.rows[first : bisect_left(self.keys, text + "\0", first)]


class Suggest:
    """Names and numbers of a register by what they begin with."""

    def __init__(self, places: Places) -> None:
        self._places = places
        components, aliases = places.snapshot.components, places.snapshot.aliases
        wanted = np.flatnonzero(np.isin(components.element, _SUGGESTED) & components.current)
        rows = wanted.astype(np.int32)
        names = components.name.take(rows).to_pylist()
        also = np.isin(aliases.component, rows)
        names += aliases.text.filter(also).to_pylist()
        rows = np.concatenate([rows, aliases.component[also]]).astype(np.int32)
        spoken: dict[str, tuple[str, str]] = {}
        for name in names:
            if name not in spoken:
                syllables = wording.syllables(name)
                spoken[name] = "".join(syllables).lower(), wording.initials(syllables)
        self._tables = (
            _Sorted([fold(name) for name in names], rows, "han"),
            _Sorted([spoken[name][1] for name in names], rows, "initials"),
            _Sorted([spoken[name][0] for name in names], rows, "pinyin"),
        )

    def over(self, places: Places) -> Suggest:
        """The same names over a later state in which nothing that has a name is changed."""
        other = copy.copy(self)
        other._places = places
        return other

    def __call__(self, text: str, limit: int = 5) -> tuple[Suggestion, ...]:
        """At most ``limit``, the likeliest first: written out, then the larger; nothing for nothing."""
        asked = fold(text)[:TEXT_MOST]
        if not asked or limit < 1:
            return ()
        found: dict[int, Suggestion] = {}
        for each in (*self._names(asked, limit, None), *self._within(asked, limit)):
            found.setdefault(each.component, each)
            if len(found) == limit:
                break
        return tuple(found.values())

    def _names(self, asked: str, limit: int, within: set[int] | None) -> list[Suggestion]:
        scored: dict[int, tuple[float, str]] = {}
        for table in self._tables:
            first, last = table.beginning(asked)
            rows = table.rows[first:last]
            if not len(rows):
                continue
            score = np.log1p(self._places.weight[rows])
            score[: len(table.exactly(asked))] += _EXACT
            if within is not None:
                score[~np.array([self._lies(row, within) for row in rows.tolist()])] = -np.inf
            best = np.argpartition(-score, min(limit * 4, len(score) - 1))[: limit * 4]
            for place in best.tolist():
                row, value = int(rows[place]), float(score[place])
                if value > scored.get(row, (-np.inf, ""))[0]:
                    scored[row] = value, table.by
        ordered = sorted(scored.items(), key=lambda each: (-each[1][0], each[0]))
        return [Suggestion(row, by) for row, (_, by) in ordered[:limit]]

    def _within(self, asked: str, limit: int) -> list[Suggestion]:
        """The longest beginning that is a name, and the rest within what bears it."""
        for end in range(len(asked) - 1, 0, -1):
            head, rest = asked[:end], asked[end:]
            if head[-1].isdecimal() and rest[0].isdecimal():
                continue
            rows = {int(row) for table in self._tables for row in table.exactly(head)}
            if not rows:
                continue
            found = self._numbers(rows, rest, limit) if rest[0].isdecimal() else []
            if not found:
                found = self._names(rest, limit, rows)
            if not found:
                found = [each for each in self._within(rest, limit) if self._lies(each.component, rows)]
            if found:
                return found
        return []

    def _numbers(self, rows: set[int], rest: str, limit: int) -> list[Suggestion]:
        """Numbered components below any of ``rows``: the number itself, then those that begin with it."""
        digits = "".join(takewhile(str.isdecimal, rest))[:_DIGITS_MOST]
        word = "".join(takewhile(lambda each: not each.isdecimal(), rest[len(digits) :]))
        further = rest[len(digits) + len(word) :]
        exact: list[int] = []
        longer: list[int] = []
        for row in sorted(rows, key=lambda each: -float(self._places.weight[each]))[:_PARENTS_MOST]:
            children, number = self._numbered(row)
            at = np.searchsorted(number, [int(digits), int(digits) + 1])
            exact += children[at[0] : at[1]].tolist()
            for power in () if word else range(1, 5):
                least = int(digits) * 10**power
                at = np.searchsorted(number, [least, least + 10**power])
                longer += children[at[0] : at[1]][: 2 * limit].tolist()
        if word:
            exact = [row for row in exact if fold(self._places.name(row)).startswith(digits + word)]
        if further:
            return self._numbers(set(exact), further, limit) if exact else []
        return [Suggestion(int(row), "number") for row in (*exact, *longer)][:limit]

    def _numbered(self, row: int) -> tuple[Rows, Rows]:
        """What has a number below a component, in its order."""
        components, children = self._places.snapshot.components, self._places.children(row)
        number = components.number[children]
        held = np.isin(components.element[children], _NUMBERED) & components.current[children] & (number >= 0)
        children, number = children[held], number[held]
        order = np.lexsort((children, components.sub_number[children], number))
        return children[order], number[order]

    def _lies(self, row: int, within: set[int]) -> bool:
        if self._places.region(row) in within:
            return True
        while row >= 0:
            row = int(self._places.parent[row])
            if row in within:
                return True
        return False


def fold(text: str) -> str:
    """A text without width, case, blanks and marks between words.

    >>> fold(" ＳＣＪ 595号,")
    'scj595号'
    """
    plain = unicodedata.normalize("NFKC", text[: 4 * TEXT_MOST]).casefold()
    return "".join(each for each in plain if each.isalnum())
