"""The observed properties of the sample, as they are declared."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from spatial.observe.quality import Rules

BASIS = "平台假定,待核 assumptions of the platform, to be checked"


@dataclass(frozen=True, slots=True)
class Observed:
    """One observed property."""

    key: str
    medium: str
    name: str
    unit: Mapping[str, str]
    """``name`` and ``symbol`` (UCUM)."""
    rules: Rules


@cache
def vocabulary() -> tuple[Observed, ...]:
    """As it ships.

    >>> [each.key for each in vocabulary() if each.medium == "water"]
    ['water-level', 'ph', 'dissolved-oxygen']
    """
    text = (resources.files("spatial") / "assets" / "observed-properties.toml").read_text(encoding="utf-8")
    return tuple(
        Observed(
            each["key"],
            each["medium"],
            each["name"],
            each["unit"],
            Rules(each["key"], BASIS, each["rules"]),
        )
        for each in tomllib.loads(text)["properties"]
    )
