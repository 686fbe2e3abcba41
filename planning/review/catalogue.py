"""The catalogue of checks 检查项目录: data, read from ``planning/assets/review.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from planning.review.figures import Form
from planning.review.model import Check, Severity
from spatial.catalogue.contract import Title


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document 文档, told by a word of a file's name."""

    id: str
    title: Title
    words: tuple[str, ...]


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
    areas: tuple[str, ...]
    """Names of the layer with the administrative area."""
    figures: Form
    """How a table of indicators is called."""
    documents: tuple[Kind, ...]
    """Documents that a delivery brings beside its data."""
    permitted: Mapping[str, frozenset[str]]
    """Zone code → first-level classes that it admits 分区准入; 待核."""
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
    >>> found.areas[0], found.checks["area-differs"].tolerance
    ('XZQ', 0.01)
    """
    read = _asset("review.toml")
    table = read["indicator_table"]
    checks = [_check(each, read["source"]) for each in read["checks"]]
    return Catalogue(
        groups=tuple(Title(each["zh"], each["en"]) for each in read["groups"]),
        checks={each.id: each for each in checks},
        coverage=frozenset(read["coverage"]),
        required=tuple(read["required"]),
        areas=tuple(read["names"]["area"]),
        figures=Form(
            tuple(table["names"]),
            {key: tuple(names) for key, names in table["columns"].items()},
            tuple(table["document"]["values"]),
        ),
        documents=tuple(
            Kind(each["id"], Title(each["zh"], each["en"]), tuple(each["words"]))
            for each in read["documents"]
        ),
        permitted={
            each["zone"]: frozenset(each["classes"]) for each in _asset("zone-admission.toml")["zones"]
        },
        names_of_codes=read["names_of_codes"],
    )


def _asset(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("planning") / "assets" / name).read_text(encoding="utf-8"))


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
