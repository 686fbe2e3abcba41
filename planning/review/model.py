"""The nouns of the review 成果质检: deliveries, checks, findings. Frozen data, no input or output.

Geometry is CGCS2000 in degrees (EPSG:4490), x = longitude; quantities are metres
and square metres of legal area, whatever the frame a delivery came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.catalogue.contract import Contract, Title
from spatial.exchange.profile import Profile

Objects = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]

LISTED: Final = 2_000
"""Findings of one check in one layer that are told one by one; all are counted."""


class Severity(StrEnum):
    """How much a finding weighs 严重程度."""

    ERROR = "error"
    """错误: the delivery is handed back."""
    WARNING = "warning"
    """警告: to be explained."""
    NOTE = "note"
    """提示: worth a look."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check 检查项 of the catalogue."""

    id: str
    group: int
    """1 to 12, the groups 检查组 of the catalogue."""
    title: Title
    severity: Severity
    source: str
    """The document it rests on; 待核 where the text was not before us."""
    tolerance: float | None = None
    unit: str | None = None
    """Unit of the tolerance and of what is measured: ``m2``, ``m``, ``deg``, ``1``."""


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field as the delivery itself defines it."""

    name: str
    kind: str
    """``text``, ``integer``, ``number``, ``boolean``, ``date``, ``instant`` or ``mixed``."""
    width: int | None = None
    """Width of a text, where the format keeps one."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a delivery says of one of its layers."""

    name: str
    """Name of the layer or table in the delivery, as ``DLTB``."""
    frame: str | None
    """Id of the frame (``EPSG:4528``), ``unknown: …``, or None where nothing is said."""
    fields: tuple[DeclaredField, ...] = ()
    """In the order of the delivery; empty where the platform's own table was read."""
    moved_from: str | None = None
    """The frame its numbers were read in, where it is not the one declared."""
    format: str = ""
    """``filegdb``, ``shapefile`` …; nothing where the platform's own table was read."""
    vertical: str | None = None
    """Vertical datum 高程基准 beside the frame: ``EPSG:5737``, another, or None where none is named."""
    resolution: float | None = None
    """XY resolution XY 分辨率 in the unit of the frame, where the format has one."""
    tolerance: float | None = None
    """XY tolerance XY 容差, likewise."""


@dataclass(frozen=True, slots=True)
class LayerState:
    """One layer under review: columns of one length, as numpy arrays."""

    contract: Contract
    declared: Declared
    keys: Objects
    """BSM 标识码 of each feature as text, None where there is none."""
    columns: Mapping[str, Objects]
    """Values by the contract's field names; None where nothing stands."""
    shapes_4490: Objects | None
    """None for a table without geometry."""
    profile: Profile | None = None
    """The structure 图层结构档案 that the delivery follows, where it is a known one."""

    @property
    def id(self) -> str:
        """Id of the layer on the platform."""
        return self.contract.id

    def __len__(self) -> int:
        return len(self.keys)

    def text(self, name: str) -> Objects:
        """A column, or Nones where the layer lacks it."""
        found = self.columns.get(name)
        return np.full(len(self), None, dtype=object) if found is None else found

    def number(self, name: str) -> Floats:
        """A column as numbers; NaN where there is none."""
        found = self.columns.get(name)
        if found is None:
            return np.full(len(self), np.nan)
        return np.array([_number(each) for each in found.tolist()], dtype=np.float64)


def joined(one: LayerState, other: LayerState) -> LayerState:
    """Features of two layers of a delivery as those of one layer of the platform."""
    names = dict.fromkeys((*one.columns, *other.columns))
    columns = {name: np.concatenate((one.text(name), other.text(name))) for name in names}
    shapes: Objects | None = None
    if one.shapes_4490 is not None and other.shapes_4490 is not None:
        shapes = np.concatenate((one.shapes_4490, other.shapes_4490))
    return replace(one, keys=np.concatenate((one.keys, other.keys)), columns=columns, shapes_4490=shapes)


def _number(value: object) -> float:
    if isinstance(value, bool) or value is None:
        return np.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return np.nan


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a delivery that could not be read, and why 无法读取."""

    name: str
    code: str
    """Code of the error that the reader raised."""
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of a table of indicators 指标表, with what other parts of the results say."""

    code: str
    """Code of the indicator; its name where the platform knows no such indicator."""
    unit: str | None
    said: Mapping[str, Decimal]
    """``table`` 指标表, ``text`` 文本, ``map`` 图件, ``database`` 数据库 → value."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that one review looks at 成果."""

    name: str
    layers: Mapping[str, LayerState]
    """By layer id."""
    area_4490: Any = None
    """The administrative area 行政区 as one (multi)polygon; None where it is not known."""
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()
    """Names of layers that belong to no layer of the platform."""
    documents: tuple[str, ...] | None = None
    """Names of files beside the data; None where only data was handed in, or the platform's is read."""
    figures: tuple[Figure, ...] | None = None
    """The table of indicators that the delivery has; None where it has none."""
    parts: tuple[LayerState, ...] = ()
    """Layers of the delivery that together are one layer of the platform, as 蓝线, 绿线, 紫线, 黄线."""
    unclear: tuple[Problem, ...] = ()
    """Tables of indicators in the text that do not say which of their columns counts."""
    states: Mapping[str, int] = field(default_factory=dict)
    """The changeset after which each layer was read, where it came from the platform's history."""

    @property
    def as_delivered(self) -> tuple[LayerState, ...]:
        """The layers as they were handed in: those that are one layer of the platform each by itself."""
        joined = {each.id for each in self.parts}
        return (*(each for each in self.layers.values() if each.id not in joined), *self.parts)


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect 问题."""

    check: str
    layer: str
    keys: tuple[str, ...]
    """BSM of the features concerned."""
    zh: str
    en: str
    measured: float | None = None
    """In the unit of the check."""
    shape_4490: Any = None
    """Point, line or area of the defect."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check gave on one layer: every check tells that it ran, or why it did not."""

    check: str
    layer: str
    examined: int
    """Features (or rows, pairs, codes) looked at; 0 where it did not run."""
    total: int = 0
    """Defects in all."""
    findings: tuple[Finding, ...] = ()
    """The first of them, :data:`LISTED` at most."""
    ignored: int = 0
    """Below the tolerance, left out and counted."""
    not_run: Title | None = None
    """Why it did not run 未执行."""


def outcome(check: str, layer: str, examined: int, found: Iterable[Finding], ignored: int = 0) -> Outcome:
    """Gather findings, keep the first and count the others."""
    rest: Iterator[Finding] = iter(found)
    kept = tuple(islice(rest, LISTED))
    return Outcome(check, layer, examined, len(kept) + sum(1 for _ in rest), kept, ignored)


def skipped(check: str, layer: str, zh: str, en: str) -> Outcome:
    """A check that did not run, and why."""
    return Outcome(check, layer, 0, not_run=Title(zh, en))
