"""What messages call the things of a scenario 情景要素的名称, in both languages."""

from __future__ import annotations

from typing import Final

from water.errors import Name

MARKS: Final = {
    "inflows": ("入流", Name("入流", "inflow")),
    "breaches": ("溃口", Name("溃口", "breach")),
    "gates": ("闸", Name("闸门", "gate")),
    "pumps": ("泵", Name("泵站", "pump")),
    "dykes": ("堤", Name("堤防", "dyke")),
    "points": ("测点", Name("测点", "point")),
}
"""Lists of a scenario, with what the id of a thing begins with that was given none."""


def unnamed(kind: str, number: int) -> str:
    """The id of a thing that was given none: the first is 1."""
    return f"{MARKS[kind][0]}{number}"


def called(kind: str, id: str) -> Name:
    """What messages call a thing of a list by its id.

    >>> called("breaches", "B1").en, called("breaches", unnamed("breaches", 2)).en, called("pumps", "泵1").zh
    ('breach B1', 'breach 2', '泵站 1')
    """
    mark, kinds = MARKS[kind]
    number = id.removeprefix(mark)
    own = number if number.isdecimal() else id
    return Name(f"{kinds.zh} {own}", f"{kinds.en} {own}")
