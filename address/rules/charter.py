"""What a city decides for itself 城市参数: numbering, checks, codes, transitions, plates."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from address.model import State
from address.rules.codes import Scheme, Segment
from address.rules.life import Life, Role, Transition
from address.rules.numbering import Numbering
from spatial.errors import InvalidInput


class UnusableCharter(InvalidInput):
    """The city's rules cannot be read 规则文件无效."""

    code = "unusable-address-rules"


@dataclass(frozen=True, slots=True)
class Charter:
    """The rules of one city."""

    numbering: Numbering
    road_distance_m: float
    """A door is no farther from its road."""
    schemes: dict[str, Scheme]
    life: Life
    plates_mm: dict[str, tuple[int, int]]
    """Kind of plate → width and height."""


def charter(text: str) -> Charter:
    """The rules written in TOML; UnusableCharter names what is missing or wrong."""
    try:
        data = tomllib.loads(text)
        return Charter(
            Numbering(**_numbering(data["numbering"])),
            float(data["checks"]["road_distance_m"]),
            {each["id"]: _scheme(each) for each in data["scheme"]},
            Life(tuple(_transition(each) for each in data["transition"])),
            {kind: _size(size) for kind, size in data["plates"].items()},
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as failure:
        raise UnusableCharter(
            f"地址规则文件无效,请对照 address/assets/rules.toml 修改:{failure}",
            f"the address rules cannot be read; compare address/assets/rules.toml: {failure}",
            value=str(failure),
        ) from failure


@cache
def shipped() -> Charter:
    """The rules that ship with the platform.

    >>> shipped().numbering.frontage_m
    4.0
    """
    return charter((resources.files("address") / "assets" / "rules.toml").read_text(encoding="utf-8"))


def _numbering(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "skipped": frozenset(int(number) for number in data["skipped"])}


def _scheme(data: dict[str, Any]) -> Scheme:
    segments = tuple(
        Segment(each["name"], each["zh"], int(each["digits"]), bool(each.get("serial", False)))
        for each in data["segments"]
    )
    return Scheme(data["id"], data["title"], segments, data["check"])


def _transition(data: dict[str, Any]) -> Transition:
    return Transition(
        State(data["from"]),
        State(data["to"]),
        Role(data["role"]),
        tuple(data["documents"]),
        frozenset(data["checks"]),
    )


def _size(size: list[int]) -> tuple[int, int]:
    width, height = size
    if not 0 < width <= 2000 or not 0 < height <= 2000:
        raise ValueError(f"plates: {size}")
    return int(width), int(height)
