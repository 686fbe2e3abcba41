"""What a report holds 报告: chapters, tables, maps and what they rest on. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and its share of the width."""

    title: str
    share: float
    right: bool = False
    """Numbers stand to the right."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose cells are texts as they are shown."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class MapLayer:
    """What one sign of a map covers."""

    title: str
    fill: str
    polygons: tuple[tuple[Floats, ...], ...]
    """Rings of each polygon, millimetres from the lower left corner of the map."""
    of: int
    """So many features there are; those too small to be seen are not drawn."""


@dataclass(frozen=True, slots=True)
class Map:
    """A small map 示意图."""

    title: str
    width_mm: float
    height_mm: float
    scale: int
    """Denominator, at the size it is printed."""
    layers: tuple[MapLayer, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of the report."""

    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    maps: tuple[Map, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    """Where, when, as known when, written when."""
    synthetic: bool
    """Whether any layer under it holds synthetic data 合成数据."""
    chapters: tuple[Chapter, ...]
    digest: str
    """SHA-256 of the digests of all values: two reports with the same one say the same."""
