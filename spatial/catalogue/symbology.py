"""Symbology 符号表: code → name, colour, hatch, in drawing order; map, SLD and legends come from it.

A table is ``spatial/assets/symbology/<id>.toml``; the legend of a contract names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib import resources

from spatial.catalogue.contract import Title
from spatial.errors import NotFound

_FOLDER = ("assets", "symbology")


class Hatch(StrEnum):
    """Lines over the colour 晕线, for what colour alone does not tell apart."""

    NONE = "none"
    SLASH = "slash"
    BACKSLASH = "backslash"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    CROSS = "cross"
    """Horizontal and vertical."""
    LATTICE = "lattice"
    """Both slashes."""
    DOTS = "dots"
    RINGS = "rings"


@dataclass(frozen=True, slots=True)
class Symbol:
    """How one class is drawn."""

    code: str
    name: str
    """As the standard has it, in Chinese."""
    color: str
    """#rrggbb"""
    hatch: Hatch


@dataclass(frozen=True)
class Symbology:
    """One table."""

    id: str
    title: Title
    source: str
    """The standard, and where the colours are from."""
    clause: str
    """Where in the standard it stands."""
    checked: bool
    """A person has compared it with the standard."""
    symbols: tuple[Symbol, ...]

    @cached_property
    def by_code(self) -> Mapping[str, Symbol]:
        """Its symbols by code."""
        return {symbol.code: symbol for symbol in self.symbols}


def symbologies() -> tuple[str, ...]:
    """Ids of the tables there are."""
    names = (entry.name for entry in resources.files("spatial").joinpath(*_FOLDER).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@lru_cache(maxsize=16)
def symbology(table: str) -> Symbology:
    """The table of that id; ``NotFound`` names those there are.

    >>> symbology("land-use-2023").by_code["0301"].name
    '乔木林地'
    """
    if table not in symbologies():
        known = ", ".join(symbologies())
        raise NotFound(
            f"没有这个符号表,可用的有 {known}:{table}",
            f"there is no such table of symbols, known are {known}: {table}",
            value=table,
        )
    path = resources.files("spatial").joinpath(*_FOLDER, f"{table}.toml")
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return Symbology(
        id=content["id"],
        title=Title(**content["title"]),
        source=content["source"],
        clause=content["clause"],
        checked=content["checked"],
        symbols=tuple(
            Symbol(code, name, color, Hatch(hatch)) for code, name, color, hatch in content["symbols"]
        ),
    )
