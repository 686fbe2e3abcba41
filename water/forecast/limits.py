"""The table of limits by which forecasts are graded 精度评定标准表: read from TOML, nothing of it in code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any, Final

WORST: Final = "丁"
"""What reaches no line of the table: 不合格."""


@dataclass(frozen=True, slots=True)
class Step:
    """One grade and what it takes."""

    grade: str
    qualified_percent: Fraction
    determination: float
    issued: bool
    """Whether a forecast of this grade may be issued 可发布."""
    verified: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of one edition of the standard."""

    standard: str
    peak_share: Fraction
    channel_share: Fraction
    peak_time_steps: Fraction
    peak_time_least_h: Fraction
    peak_time_lead_share: Fraction
    volume_share: Fraction
    volume_most_mm: Fraction
    items: tuple[str, ...]
    """What a flood is judged on."""
    main_item: str
    """主要项目: the rate of a scheme is no better than that of this one."""
    steps: tuple[Step, ...]
    """From the best grade down."""
    held_out_years: int
    floods: int
    floods_dry: int
    years: int
    unverified: tuple[str, ...]
    """Names of the limits that nobody has compared with the standard's text 待核."""

    def order(self, grade: str) -> int:
        """0 for the best; a grade that is not of the table lies behind all of it."""
        names = [each.grade for each in self.steps]
        return names.index(grade) if grade in names else len(names)

    def issued(self, grade: str) -> bool:
        """Whether a forecast of this grade may be issued."""
        return any(each.grade == grade and each.issued for each in self.steps)


@cache
def limits() -> Limits:
    """The table that ships with the platform.

    >>> limits().issued("乙"), limits().issued("丙"), limits().issued(WORST)
    (True, False, False)
    """
    text = (resources.files("water") / "assets" / "forecast-grading.toml").read_text(encoding="utf-8")
    return read(text)


def read(text: str) -> Limits:
    """A table of this form."""
    table = tomllib.loads(text)
    time, volume, sample = table["peak_time"], table["volume"], table["sample"]
    return Limits(
        table["standard"],
        Fraction(table["peak"]["share"]),
        Fraction(table["channel"]["share"]),
        Fraction(time["steps"]),
        Fraction(time["least_h"]["value"]),
        Fraction(time["lead_share"]["value"]),
        Fraction(volume["share"]),
        Fraction(volume["most_mm"]),
        tuple(table["scheme"]["items"]),
        table["scheme"]["main"],
        tuple(_step(each) for each in table["grades"]),
        sample["held_out_years"],
        sample["floods"],
        sample["floods_dry"],
        sample["years"],
        tuple(_unverified(table)),
    )


def _step(told: Mapping[str, Any]) -> Step:
    return Step(
        told["grade"],
        Fraction(told["qualified_percent"]),
        float(told["determination"]),
        told["issued"],
        told["verified"],
    )


def _unverified(table: Mapping[str, Any], path: str = "") -> list[str]:
    found: list[str] = []
    for name, value in table.items():
        place = f"{path}{name}"
        if name == "grades":
            found += [f"{place}.{each['grade']}" for each in value if not each["verified"]]
        elif isinstance(value, dict):
            found += [place] if value.get("verified") is False else []
            found += _unverified(value, f"{place}.")
    return found
