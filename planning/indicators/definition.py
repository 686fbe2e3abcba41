"""Definitions of indicators 指标定义: frozen data, read from ``planning/assets/indicators.toml``.

A definition is known by code, edition and digest; a value names all three, so that it is known
for good by which words it was computed. What was not checked against the standard says so
(``verified = false`` 待核).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final, Literal

import orjson

from planning.errors import BadDefinition, UnknownIndicator
from planning.indicators import formula
from planning.indicators.formula import Node
from spatial.catalogue.contract import Title

Direction = Literal["more", "less", "within"]
DIRECTIONS: Final = ("more", "less", "within")
LEVELS: Final = ("blue", "yellow", "orange", "red")
"""Levels of an alert 蓝黄橙红, the mildest first."""
_GROUP = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which value on an alert of a level is due, in the unit of the indicator."""

    level: str
    value: Decimal


@dataclass(frozen=True)
class Definition:
    """What an indicator means 指标定义."""

    code: str
    edition: str
    title: Title
    unit: str
    formula: str
    direction: Direction
    """Whether more is better, less is, or it should stay within its thresholds."""
    standard: str
    clause: str
    decimals: int
    binding: bool
    """约束性 rather than 预期性."""
    verified: bool
    """Whether name and formula were checked against the official text; else 待核."""
    thresholds: tuple[Threshold, ...] = ()
    empty: tuple[str, ...] = ()
    """Layers of events: that none is there means zero, not that data are missing."""

    @cached_property
    def tree(self) -> Node:
        """The formula as read."""
        return formula.parse(self.formula)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers it rests on."""
        return formula.layers(self.tree)

    @cached_property
    def sha256(self) -> str:
        """Digest of all that the definition says."""
        said = {
            "code": self.code,
            "edition": self.edition,
            "title": [self.title.zh, self.title.en],
            "unit": self.unit,
            "formula": self.formula,
            "direction": self.direction,
            "standard": self.standard,
            "clause": self.clause,
            "decimals": self.decimals,
            "binding": self.binding,
            "verified": self.verified,
            "thresholds": [[each.level, str(each.value)] for each in self.thresholds],
            "empty": list(self.empty),
        }
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def rounded(self, value: Decimal) -> Decimal:
        """A value as it is shown: rounded half up, as the official rules want it."""
        return value.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)

    def level(self, value: Decimal) -> str | None:
        """The worst alert level that a value reaches; ``None`` where all is well or nothing is set."""
        reached = [
            each.level
            for each in self.thresholds
            if (value <= each.value if self.direction == "more" else value >= each.value)
        ]
        return max(reached, key=LEVELS.index, default=None)


@cache
def _document() -> Mapping[str, Any]:
    path = resources.files("planning") / "assets" / "indicators.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def shipped() -> Mapping[str, Definition]:
    """The indicators that come with the platform, by code.

    >>> shipped()["AQ-01"].unit
    '万亩'
    """
    return read(_document())


def groups() -> Mapping[str, str]:
    """The named groups of land classes, as CQL2.

    >>> groups()["farmland"]
    "dlbm IN ('0101','0102','0103')"
    """
    found: Mapping[str, str] = _document()["groups"]
    return found


def figures() -> Mapping[str, str]:
    """The figures from elsewhere that formulas name, with their Chinese titles.

    >>> figures()["population"]
    '常住人口'
    """
    found: Mapping[str, str] = _document()["figures"]
    return found


def read(document: Mapping[str, Any]) -> Mapping[str, Definition]:
    """The definitions of a document; ``BadDefinition`` where one contradicts itself."""
    found: dict[str, Definition] = {}
    for entry in document.get("indicators", ()):
        definition = _read(entry, document.get("groups", {}))
        if definition.code in found:
            raise _bad("编号重复", "has a code that stands twice", definition.code)
        found[definition.code] = definition
    return found


def chosen(definitions: Mapping[str, Definition], codes: Sequence[str] | None) -> tuple[Definition, ...]:
    """The definitions asked for, in that order; all of them where nothing is said."""
    if codes is None:
        return tuple(definitions.values())
    for code in codes:
        if code not in definitions:
            raise UnknownIndicator(
                f"没有这个指标,请核对编号:{code}",
                f"there is no such indicator, check the code: {code}",
                value=code,
            )
    return tuple(definitions[code] for code in dict.fromkeys(codes))


def expanded(text: str, filters: Mapping[str, str]) -> str:
    """A formula with the named filters ``{built}`` written out.

    >>> expanded("area(a where {built} and x = 1)", {"built": "dlbm = '0601'"})
    "area(a where (dlbm = '0601') and x = 1)"
    """

    def written(found: re.Match[str]) -> str:
        if found[1] not in filters:
            raise _bad("用了未定义的条件", "uses a filter that is not defined", found[1])
        return f"({filters[found[1]]})"

    return _GROUP.sub(written, text)


def _read(entry: Mapping[str, Any], filters: Mapping[str, str]) -> Definition:
    code = str(entry.get("code"))
    try:
        steps = tuple(Threshold(level, Decimal(str(at))) for level, at in entry.get("thresholds", {}).items())
        definition = Definition(
            code=code,
            edition=entry["edition"],
            title=Title(entry["zh"], entry["en"]),
            unit=entry["unit"],
            formula=expanded(" ".join(entry["formula"].split()), filters),
            direction=entry["direction"],
            standard=entry["standard"],
            clause=entry["clause"],
            decimals=int(entry.get("decimals", 2)),
            binding=bool(entry.get("binding", False)),
            verified=bool(entry["verified"]),
            thresholds=steps,
            empty=tuple(entry.get("empty", ())),
        )
    except KeyError as missing:
        raise _bad(f"缺少 {missing}", f"lacks {missing}", code) from None
    if definition.direction not in DIRECTIONS:
        raise _bad("方向须为 more、less、within", "has a direction that is not more, less, within", code)
    if any(step.level not in LEVELS for step in steps):
        raise _bad(
            f"预警级别须为 {'、'.join(LEVELS)}", f"has a level that is none of {', '.join(LEVELS)}", code
        )
    if steps and definition.direction == "within":
        raise _bad("方向为 within 时不设阈值", "has thresholds but no direction in which they count", code)
    formula.parse(definition.formula)
    return definition


def _bad(zh: str, en: str, value: str) -> BadDefinition:
    return BadDefinition(f"指标定义{zh},请改正:{value}", f"a definition {en}; mend it: {value}", value=value)
