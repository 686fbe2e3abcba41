"""The component that a parsed text names 登记对照: name by name, then number by number, down the tree.

Nothing is guessed: what the text says and the register does not hold is left over and told.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np

from address.model import LEVELS, Element, MatchLevel, Parsed, Part
from address.places import Places
from address.wording import normal_key

_DOWN: Final = (Element.SECTION, Element.BUILDING, Element.UNIT)
"""What a text may leave out between a number and what it belongs to."""
_IS_DOWN: Final = np.isin(np.arange(256), _DOWN)
_by_rank: Final = attrgetter("element")
_FLOOR, _ZONE, _DOOR, _BUILDING = Element.FLOOR, Element.ZONE, Element.DOOR, Element.BUILDING
_MOST: Final = 64


class Found(NamedTuple):
    """A component of the register that a text names."""

    component: int
    level: MatchLevel
    missing: tuple[Part, ...]
    """What the text says besides and the register does not hold there."""

    @property
    def displaced(self) -> Part | None:
        """The first of what is missing whose name the register knows, in other places."""
        return next((part for part in self.missing if part.components), None)


def find(places: Places, parsed: Parsed, limit: int = 1) -> tuple[Found, ...]:
    """What is named, the larger first where several are; empty where nothing of the text is known."""
    current: list[int] = []
    missing: list[Part] = []
    for part in sorted(parsed.parts, key=_by_rank):
        if part.element is _FLOOR or part.element is _ZONE:
            continue
        here = [row for row in part.components[:_MOST] if not current or _fits(places, row, current)]
        if not here and current:
            here = _numbered(places, part, part.element, part.name, current)
        if not here and current and _bare(parsed, part):
            here = _numbered(places, part, _DOOR, f"{part.number}号", current)
        if here:
            current = here
        elif not part.inferred:
            missing.append(part)
    now = places.snapshot.components.current
    rows = sorted(dict.fromkeys(current), key=lambda row: (not now.item(row), -places.weight.item(row)))
    return tuple(Found(row, LEVELS[places.element.item(row)], tuple(missing)) for row in rows[:limit])


def elsewhere(places: Places, parsed: Parsed, found: Found, limit: int = 2) -> tuple[Found, ...]:
    """Where the register holds what it does not hold there: the name that it knows, and what follows it.

    A road that is written behind another town than its own is not "not in the register".
    """
    known = found.displaced
    if known is None:
        return ()
    following = tuple(part for part in parsed.parts if part.element >= known.element)
    return find(places, replace(parsed, parts=following), limit)


def _bare(parsed: Parsed, part: Part) -> bool:
    """A building by its number alone, 12号2单元, may as well be the door of a street."""
    return part.element is _BUILDING and parsed.text[part.start : part.end].endswith(("号", "號"))


def _fits(places: Places, row: int, current: list[int]) -> bool:
    return any(places.lies_in(row, above) for above in current)


def _numbered(places: Places, part: Part, element: Element, name: str, current: list[int]) -> list[int]:
    """Components of that element and name below any of ``current``, over levels that were left out."""
    key, rank = normal_key(name), int(element)
    rows = current
    for _ in range(len(_DOWN) + 1):
        same = places.children_like(rows[:_MOST], rank, part.number)
        found = [row for row in same.tolist() if normal_key(places.name(row)) == key]
        if found:
            return found
        each = [places.children(row) for row in rows[:_MOST]]
        below = each[0] if len(each) == 1 else np.concatenate(each)
        rows = below[_IS_DOWN[places.element[below]]].tolist()
        if not rows:
            break
    return []
