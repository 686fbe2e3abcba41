"""Limits 限值: what is watched against a limit, as data, and how near a value is graded."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final, Literal

import orjson

from planning.errors import BadDefinition, UnknownIndicator
from planning.indicators import formula
from planning.indicators.definition import LEVELS, expanded, groups
from planning.indicators.formula import Node
from spatial.catalogue.contract import Title

Side = Literal["at-most", "at-least"]
SIDES: Final = ("at-most", "at-least")


@dataclass(frozen=True)
class Limit:
    """What is watched 监测项: a formula of layers alone, the side its limit is on, the steps of alerts."""

    code: str
    title: Title
    unit: str
    formula: str
    side: Side
    steps: Mapping[str, Decimal]
    """From which share of the limit on an alert of a level is due."""
    verified: bool
    empty: tuple[str, ...] = ()

    @cached_property
    def tree(self) -> Node:
        """The formula as read."""
        return formula.parse(self.formula)

    @cached_property
    def sha256(self) -> str:
        """Digest of what decides the value."""
        said = [self.code, self.formula, list(self.empty)]
        return hashlib.sha256(orjson.dumps(said)).hexdigest()

    def level(self, value: Decimal, bound: Decimal) -> str | None:
        """The worst level that a value reaches; red is beyond the limit, not at it.

        >>> one = shipped()["JSYD"]
        >>> [one.level(Decimal(v), Decimal(100)) for v in (89, 90, 99, 100, 101)]
        [None, 'blue', 'orange', 'orange', 'red']
        >>> [one.level(Decimal(v), Decimal(0)) for v in (0, 1)]  # nothing is near a limit of none
        [None, 'red']
        """
        reached = [name for name, share in self.steps.items() if self._reaches(name, value, share * bound)]
        return max(reached, key=LEVELS.index, default=None)

    def _reaches(self, name: str, value: Decimal, step: Decimal) -> bool:
        beyond = name == "red" or step == 0
        if self.side == "at-most":
            return value > step if beyond else value >= step
        return value < step if beyond else value <= step


@cache
def shipped() -> Mapping[str, Limit]:
    """The limits that come with the platform, by code."""
    assets = resources.files("planning") / "assets"
    return read(tomllib.loads((assets / "limits.toml").read_text(encoding="utf-8")), groups())


def read(document: Mapping[str, Any], filters: Mapping[str, str]) -> Mapping[str, Limit]:
    """The limits of a document; ``BadDefinition`` where one contradicts itself."""
    return {entry["code"]: _read(entry, filters) for entry in document["limits"]}


def limit(code: str) -> Limit:
    """The limit of that code."""
    if code not in shipped():
        raise UnknownIndicator(
            f"没有这个监测项,可用 {'、'.join(shipped())}:{code}",
            f"nothing of that code is watched, there are {', '.join(shipped())}: {code}",
            value=code,
        )
    return shipped()[code]


def _read(entry: Mapping[str, Any], filters: Mapping[str, str]) -> Limit:
    steps = {level: Decimal(str(share)) for level, share in entry["steps"].items()}
    one = Limit(
        entry["code"],
        Title(entry["zh"], entry["en"]),
        entry["unit"],
        expanded(entry["formula"], filters),
        entry["side"],
        steps,
        bool(entry["verified"]),
        tuple(entry.get("empty", ())),
    )
    ordered = [steps[level] for level in LEVELS if level in steps]
    if one.side not in SIDES or len(ordered) != len(steps):
        raise _bad(one.code)
    if ordered != sorted(ordered, reverse=one.side == "at-least"):
        raise _bad(one.code)
    if any(True for _ in formula.givens(one.tree)):
        raise _bad(one.code)
    return one


def _bad(code: str) -> BadDefinition:
    return BadDefinition(
        f"监测项的方向、级别须有效,阈值须随级别加重,公式只取图层,请改正:{code}",
        f"a limit needs a known side, known levels in rising order, and a formula of layers alone: {code}",
        value=code,
    )
