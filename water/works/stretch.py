"""A stretch of a river 河段: by chainage 桩号 in metres from the origin of its route, on a bank."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from water.errors import PlaceRefused


class Bank(StrEnum):
    """On which side, looking downstream 岸别."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    CHANNEL = "channel"

    @property
    def meets(self) -> tuple[Bank, ...]:
        """The banks of what concerns this one: of the left bank also what lies on both.

        >>> [each.value for each in Bank.LEFT.meets]
        ['left', 'both']
        """
        if self is Bank.BOTH:
            return (Bank.LEFT, Bank.RIGHT, Bank.BOTH)
        return (self,) if self is Bank.CHANNEL else (self, Bank.BOTH)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one chainage to another; a point where both are equal. PlaceRefused where it ends first."""

    route: str
    bank: Bank
    from_m: float
    to_m: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.from_m) and math.isfinite(self.to_m) and 0 <= self.from_m <= self.to_m):
            raise PlaceRefused(
                f"桩号范围须自 0 起,终点不小于起点:{self.from_m:g}–{self.to_m:g}",
                f"a stretch begins at 0 or later and ends no earlier than it begins:"
                f" {self.from_m:g} to {self.to_m:g}",
                value=f"{self.from_m:g}/{self.to_m:g}",
            )

    def row(self) -> dict[str, Any]:
        """Its fields in a layer."""
        end = None if self.to_m == self.from_m else self.to_m
        return {
            "route_id": self.route,
            "bank": self.bank.value,
            "chainage_m": self.from_m,
            "chainage_to_m": end,
        }


def stretch_of(told: Mapping[str, Any]) -> Stretch:
    """A stretch from its fields; a point where ``chainage_to_m`` is not said."""
    start = float(told["chainage_m"])
    end = told.get("chainage_to_m")
    return Stretch(str(told["route_id"]), Bank(told["bank"]), start, start if end is None else float(end))
