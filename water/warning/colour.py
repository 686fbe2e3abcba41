"""The four colours of a warning 预警等级 蓝黄橙红, mildest first."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from spatial.catalogue.contract import Title


class Colour(IntEnum):
    """How grave a warning is.

    >>> Colour.of("orange") > Colour.YELLOW, Colour.RED.id
    (True, 'red')
    """

    NONE = 0
    """无预警."""
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def id(self) -> str:
        """Its name in documents."""
        return _IDS[self]

    @property
    def title(self) -> Title:
        """As people are told it."""
        return _TITLES[self]

    @staticmethod
    def of(name: str) -> Colour:
        """The colour of a name; KeyError where there is none."""
        return _BY_NAME[name]


_TITLES: Final = {
    Colour.NONE: Title("无", "none"),
    Colour.BLUE: Title("蓝色", "blue"),
    Colour.YELLOW: Title("黄色", "yellow"),
    Colour.ORANGE: Title("橙色", "orange"),
    Colour.RED: Title("红色", "red"),
}
_IDS: Final = {each: each.name.lower() for each in Colour}
_BY_NAME: Final = {each.id: each for each in Colour}
COLOURS: Final = (Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED)
"""Those that warn, in the order of a ladder's columns."""
