"""Which inputs a fault is about 指明所涉输入: their JSON Pointer, their name in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from spatial.errors import OneMapError
from water.hydraulics.checks import Name

Path = tuple[str | int, ...]
WHOLE: Final = "/inputs"
MARKS: Final = {
    "inflows": ("入流", Name("入流", "inflow")),
    "breaches": ("溃口", Name("溃口", "breach")),
    "gates": ("闸", Name("闸门", "gate")),
    "pumps": ("泵", Name("泵站", "pump")),
    "dykes": ("堤", Name("堤防", "dyke")),
    "points": ("测点", Name("测点", "point")),
}
"""Lists of a scenario, with what the id of a thing begins with that was given none."""


@contextmanager
def about(*path: str | int) -> Iterator[None]:
    """Faults from within are about this place of the inputs, or a place below it where one is told already.

    The steps are names of the schema and numbers, of which none needs an escape.
    """
    try:
        yield
    except OneMapError as failure:
        within = str(failure.details.get("pointer", WHOLE)).removeprefix(WHOLE)
        failure.details["pointer"] = "/".join([WHOLE, *map(str, path)]) + within
        raise


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
