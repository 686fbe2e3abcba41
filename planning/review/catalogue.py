"""The catalogue of checks 检查项目录: data, read from ``planning/assets/review.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planning.review.model import Check, Severity
from spatial.catalogue.contract import Title


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is to check, and how deliveries name things."""

    groups: tuple[Title, ...]
    """Titles of the groups 1 to 12."""
    checks: Mapping[str, Check]
    coverage: frozenset[str]
    """Layers that cover the territory without gaps 全覆盖."""
    required: tuple[str, ...]
    """Layers that a delivery must bring 必备."""
    deliveries: Mapping[str, str]
    """Name in a delivery, in capitals → layer id."""
    names_of_codes: Mapping[str, str]
    """Field of a code → field of its name."""

    def group(self, number: int) -> tuple[Check, ...]:
        """The checks of a group."""
        return tuple(each for each in self.checks.values() if each.group == number)

    def tolerance(self, check: str) -> float:
        """The tolerance of a check, in its unit."""
        found = self.checks[check].tolerance
        assert found is not None, check
        return found


@cache
def shipped() -> Catalogue:
    """The catalogue as it ships.

    >>> found = shipped()
    >>> len(found.groups), {each.group for each in found.checks.values()} == set(range(1, 13))
    (12, True)
    >>> found.deliveries["DLTB"], found.checks["area-differs"].tolerance
    ('land-use-survey', 0.01)
    """
    text = (resources.files("planning") / "assets" / "review.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    checks = [_check(each, read["source"]) for each in read["checks"]]
    return Catalogue(
        groups=tuple(Title(each["zh"], each["en"]) for each in read["groups"]),
        checks={each.id: each for each in checks},
        coverage=frozenset(read["coverage"]),
        required=tuple(read["required"]),
        deliveries={name: layer for layer, names in read["deliveries"].items() for name in names},
        names_of_codes=read["names_of_codes"],
    )


def _check(entry: Mapping[str, Any], source: str) -> Check:
    return Check(
        id=entry["id"],
        group=entry["group"],
        title=Title(entry["zh"], entry["en"]),
        severity=Severity(entry["severity"]),
        source=entry.get("source", source),
        tolerance=entry.get("tolerance"),
        unit=entry.get("unit"),
    )
