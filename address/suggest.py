"""What somebody is about to write 输入提示: names by characters, full pinyin or initials, then their numbers.

``圣城``, ``shengch``, ``scj`` lead to 圣城街; ``scj59`` to its numbers that begin with 59;
``圣城街道商务`` to what begins so within 圣城街道.
"""

from __future__ import annotations

import copy
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final

import numpy as np

from address import wording
from address.model import Element
from address.places import Places

Rows = np.ndarray[Any, np.dtype[np.int32]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
TEXT_MOST: Final = 64
"""Characters that are looked at."""
_NUMBERED: Final = (Element.DOOR, Element.BUILDING, Element.UNIT, Element.ROOM)
_IS_NUMBERED: Final = np.isin(np.arange(256), _NUMBERED)
_ABOVE_CITY: Final = (Element.PROVINCE, Element.PREFECTURE)
_SHORTENED: Final = (*_ABOVE_CITY, Element.COUNTY)
"""Called without their last word, too: 山东, 潍坊."""
SUGGESTED: Final = (
    *_ABOVE_CITY, Element.COUNTY, Element.TOWN, Element.VILLAGE, Element.HAMLET, Element.ROAD, Element.LANE,
    Element.ESTATE, Element.OBJECT,
)  # fmt: skip
"""What has a name that people begin to write."""
_LAST: Final = "\U0010ffff"
_DIGITS_MOST: Final = 8
_PARENTS_MOST: Final = 8
"""Places of one name whose numbers are looked at."""
_WRITINGS_MOST: Final = 4
"""Of one place among those that begin alike."""
_LEADS: Final = 1e6
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

    def __init__(self, keys: list[str], rows: Rows, names: Rows, by: str) -> None:
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self.keys = [keys[each] for each in order]
        self.rows = rows[order]
        self.names = names[order]
        self.by = by

    def beginning(self, text: str) -> tuple[int, int]:
        return bisect_left(self.keys, text), bisect_left(self.keys, text + _LAST)

    def exactly(self, text: str) -> Rows:
        first = bisect_left(self.keys, text)
        return self.rows[first : self.written_out(text, first)]

    def written_out(self, text: str, first: int) -> int:
        """Where the keys end that are the text itself; ``first``: where those begin that begin so."""
        return bisect_left(self.keys, text + "\0", first)

    def scores(self, weight: Floats) -> Floats:
        """How unlikely each is meant, the least first: the largest of each name, then the rest by size."""
        score = np.log1p(weight[self.rows])
        order = np.lexsort((self.rows, -score, self.names))
        first = np.ones(len(order), np.bool_)
        first[1:] = self.names[order][1:] != self.names[order][:-1]
        leading = np.zeros(len(weight), np.bool_)
        leading[self.rows[order[first]]] = True
        score[leading[self.rows]] += _LEADS
        return -score


class Suggest:
    """Names and numbers of a register by what they begin with."""

    def __init__(self, places: Places) -> None:
        components, aliases = places.snapshot.components, places.snapshot.aliases
        wanted = np.flatnonzero(np.isin(components.element, SUGGESTED) & components.current)
        rows = wanted.astype(np.int32)
        texts = components.name.take(rows).to_pylist()
        also = np.isin(aliases.component, rows)
        short = rows[np.isin(components.element[rows], _SHORTENED)]
        texts += aliases.text.filter(also).to_pylist()
        texts += [name[:-1] for name in components.name.take(short).to_pylist()]
        rows = np.concatenate([rows, aliases.component[also], short]).astype(np.int32)
        number: dict[str, int] = {}
        own = components.name.take(rows).to_pylist()
        names = np.array([number.setdefault(text, len(number)) for text in own], np.int32)
        self._tables = (
            _Sorted([fold(text) for text in texts], rows, names, "han"),
            _heard([_spoken(text)[1] for text in texts], rows, names, "initials"),
            _heard([_spoken(text)[0] for text in texts], rows, names, "pinyin"),
        )
        self._weigh(places)

    def over(self, places: Places) -> Suggest:
        """The same names over a later state in which nothing that has a name is changed."""
        other = copy.copy(self)
        other._weigh(places)
        return other

    def _weigh(self, places: Places) -> None:
        self._places = places
        # All lies in them: they are what one writes before a name, and seldom what one looks for. But
        # none must stand behind every kiosk of a village: 潍坊市 behind 魏方村卫生室.
        villages = (places.element == Element.VILLAGE) & places.snapshot.components.current
        usual = float(np.median(places.weight[villages])) if villages.any() else 1.0
        weight = np.where(np.isin(places.element, _ABOVE_CITY), usual, places.weight)
        self._scores = tuple(table.scores(weight) for table in self._tables)

    def __call__(self, text: str, limit: int = 5) -> tuple[Suggestion, ...]:
        """At most ``limit``, the likeliest first: written out, then the larger; nothing for nothing."""
        asked = fold(text)[:TEXT_MOST]
        if not asked or limit < 1:
            return ()
        names = self._names(asked, limit, None)
        if len(names) == limit:
            return tuple(names)
        found = {each.component: each for each in names}
        for each in self._within(asked, limit):
            found.setdefault(each.component, each)
        return tuple(found.values())[:limit]

    def _names(self, asked: str, limit: int, within: Rows | None) -> list[Suggestion]:
        scored: dict[int, tuple[float, str]] = {}
        most = limit * _WRITINGS_MOST
        for table, scores in zip(self._tables, self._scores, strict=True):
            first, last = table.beginning(asked)
            if first == last:
                continue
            rows, score = table.rows[first:last], scores[first:last]
            exact = table.written_out(asked, first) - first
            if exact:
                score = score.copy()
                score[:exact] -= _EXACT
            if within is not None:
                held = self._places.all_in(rows, within)
                rows, score = rows[held], score[held]
            if len(score) > most:
                best = np.argpartition(score, most)[:most]
                rows, score = rows[best], score[best]
            for row, value in zip(rows.tolist(), score.tolist(), strict=True):
                if row not in scored or value < scored[row][0]:
                    scored[row] = value, table.by
        ordered = sorted((value, row) for row, (value, _) in scored.items())
        return [Suggestion(row, scored[row][1]) for _, row in ordered[:limit]]

    def _within(self, asked: str, limit: int, within: Rows | None = None) -> list[Suggestion]:
        """The longest beginning that is a name (``within``: of what lies there), and the rest within it."""
        for end in range(len(asked) - 1, 0, -1):
            head, rest = asked[:end], asked[end:]
            if head[-1].isdecimal() and rest[0].isdecimal():
                continue
            named = [named for table in self._tables if len(named := table.exactly(head))]
            if not named:
                continue
            rows = np.unique(np.concatenate(named))
            if within is not None and len(rows):
                rows = rows[self._places.all_in(rows, within)]
            if not len(rows):
                continue
            found = self._numbers(rows, rest, limit) if rest[0].isdecimal() else []
            if not found:
                found = self._names(rest, limit, rows)
            if not found:
                found = self._within(rest, limit, rows)
            if found:
                return found
        return []

    def _numbers(self, rows: Rows, rest: str, limit: int) -> list[Suggestion]:
        """Numbered components below any of ``rows``: the number itself, then those that begin with it."""
        digits = "".join(takewhile(str.isdecimal, rest))[:_DIGITS_MOST]
        word = "".join(takewhile(lambda each: not each.isdecimal(), rest[len(digits) :]))
        further = rest[len(digits) + len(word) :]
        exact: list[int] = []
        longer: list[int] = []
        for row in rows[np.argsort(-self._places.weight[rows], kind="stable")][:_PARENTS_MOST].tolist():
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
            return self._numbers(np.array(exact, np.int32), further, limit) if exact else []
        return [Suggestion(int(row), "number") for row in (*exact, *longer)][:limit]

    def _numbered(self, row: int) -> tuple[Rows, Rows]:
        """What has a number below a component, in its order."""
        components, children = self._places.snapshot.components, self._places.children(row)
        number = components.number[children]
        held = _IS_NUMBERED[components.element[children]] & components.current[children] & (number >= 0)
        children, number = children[held], number[held]
        order = np.lexsort((children, components.sub_number[children], number))
        return children[order], number[order]


def _heard(keys: list[tuple[str, ...]], rows: Rows, names: Rows, by: str) -> _Sorted:
    """Each text under every way in which it is spoken."""
    times = np.array([len(each) for each in keys], np.int64)
    return _Sorted([key for each in keys for key in each], rows.repeat(times), names.repeat(times), by)


@lru_cache(maxsize=1 << 17)
def _spoken(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """In full pinyin and in initials."""
    spoken = wording.readings(name)
    return (
        tuple(dict.fromkeys("".join(each).lower() for each in spoken)),
        tuple(dict.fromkeys(wording.initials(each) for each in spoken)),
    )


@lru_cache(maxsize=1 << 17)
def fold(text: str) -> str:
    """A text without width, case, blanks and marks between words.

    >>> fold(" ＳＣＪ 595号,")
    'scj595号'
    """
    plain = unicodedata.normalize("NFKC", text[: 4 * TEXT_MOST]).casefold()
    return "".join(each for each in plain if each.isalnum())
