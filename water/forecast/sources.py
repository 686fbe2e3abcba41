"""Where the series of a model come from 资料来源, and what was read of each, by digest. Frozen data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from spatial.datum import format_instant
from water.gauges.station import Point


@dataclass(frozen=True, slots=True)
class RainStation:
    """A rain station and its share of the mean over the catchment 雨量站权重."""

    station: str
    weight: float


@dataclass(frozen=True, slots=True)
class Evaporation:
    """Evaporation by the month, with where it was taken from, or of a station."""

    monthly_mm_d: tuple[float, ...] = ()
    source: str = ""
    station: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """All series of one model."""

    station: str
    """Whose discharge is forecast."""
    element: str
    """``discharge`` or ``rated-discharge``."""
    rain: tuple[RainStation, ...]
    evaporation: Evaporation

    def to_json(self) -> dict[str, Any]:
        """As records keep it."""
        return {
            "station": self.station,
            "element": self.element,
            "rain": [{"station": each.station, "weight": each.weight} for each in self.rain],
            "evaporation": {
                "monthly_mm_d": list(self.evaporation.monthly_mm_d),
                "source": self.evaporation.source,
                "station": self.evaporation.station,
            },
        }

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Sources:
        """What :meth:`to_json` wrote."""
        evaporation = told["evaporation"]
        return Sources(
            told["station"],
            told["element"],
            tuple(RainStation(each["station"], each["weight"]) for each in told["rain"]),
            Evaporation(tuple(evaporation["monthly_mm_d"]), evaporation["source"], evaporation["station"]),
        )


@dataclass(frozen=True, slots=True)
class Series:
    """What was read of one element of a station."""

    station: str
    element: str
    values: int
    first: datetime | None
    last: datetime | None
    sha256: str

    @staticmethod
    def of(station: str, element: str, points: Sequence[Point]) -> Series:
        """Of the values as they were read: times, values, flags."""
        digest = hashlib.sha256()
        times = np.array([round(each.time.timestamp() * 1e6) for each in points], "<i8")
        values = np.array([np.nan if each.value is None else each.value for each in points], "<f8")
        for part in (times, values, np.array([each.flag for each in points], "<i4")):
            digest.update(part.tobytes())
        first, last = (points[0].time, points[-1].time) if points else (None, None)
        return Series(station, element, len(points), first, last, digest.hexdigest())

    def to_json(self) -> dict[str, Any]:
        """As records keep it."""
        return {
            "station": self.station,
            "element": self.element,
            "values": self.values,
            "first": None if self.first is None else format_instant(self.first),
            "last": None if self.last is None else format_instant(self.last),
            "sha256": self.sha256,
        }
