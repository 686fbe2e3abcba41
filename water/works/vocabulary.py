"""What may be claimed 主张的属性词表: each property with its kind of quantity, and the units it may have.

Data, ``water/assets/claim-properties.toml``. Units are UCUM codes; two claims are compared in the first
unit of their quantity.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from spatial.catalogue.contract import Title

HEIGHT: Final = "height"
"""The quantity that has a vertical datum."""
TEXT: Final = "text"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of quantity 量的种类."""

    id: str
    title: Title
    units: Mapping[str, float]
    """UCUM code → factor to the first of them."""


@dataclass(frozen=True, slots=True)
class Property:
    """What can be said of a subject 属性."""

    id: str
    title: Title
    quantity: Quantity
    unit: str
    """The usual one."""

    @property
    def is_text(self) -> bool:
        """It is told in words."""
        return self.quantity.id == TEXT

    @property
    def is_height(self) -> bool:
        """It is an elevation, which says nothing without its vertical datum."""
        return self.quantity.id == HEIGHT

    def comparable(self, value: float, unit: str) -> float:
        """A value in the first unit of its quantity; KeyError for a unit that it cannot have.

        >>> shipped()["length"].comparable(206.0, "km")
        206000.0
        """
        return value * self.quantity.units[unit]


def same(one: float, other: float) -> bool:
    """Whether two comparable values say the same, whatever their units: conversion costs the last digit.

    >>> same(shipped()["length"].comparable(71.5, "km"), 71500.0)
    True
    """
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=0.0)


@cache
def shipped() -> Mapping[str, Property]:
    """The vocabulary that comes with the platform, by property; ValueError where it contradicts itself."""
    text = (resources.files("water") / "assets" / "claim-properties.toml").read_text(encoding="utf-8")
    declared = tomllib.loads(text)
    quantities = {
        each["id"]: Quantity(each["id"], Title(each["zh"], each["en"]), each["units"])
        for each in declared["quantities"]
    }
    found: dict[str, Property] = {}
    for each in declared["properties"]:
        quantity = quantities[each["quantity"]]
        if each["id"] in found or each["unit"] not in quantity.units:
            raise ValueError(f"property: {each['id']}")
        title = Title(each["zh"], each["en"])
        found[each["id"]] = Property(each["id"], title, quantity, each["unit"])
    return found
