"""Discharge tables of gates and pumps 闸泵过流表: opening (or pumps running) × head → flow.

Between its rows and columns a table is bilinear, beyond them it says nothing. Pumps run or stand: of their
number nothing lies between. Pure.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from spatial.errors import shorten
from water.errors import BadRating, OutsideRating


class Setting(StrEnum):
    """What is set 工况; the element of the station that tells it."""

    GATE_OPENING = "gate-opening"
    PUMPS_RUNNING = "pumps-running"


class Head(StrEnum):
    """Of which stages the head is."""

    FALL = "fall"
    """上游减下游."""
    LIFT = "lift"
    """扬程: downstream less upstream."""
    OVER_SILL = "over-sill"
    """闸底板以上水深; the flow is free."""


@dataclass(frozen=True, slots=True)
class GateTable:
    """A version of a station's table."""

    version: str
    setting: Setting
    head: Head
    settings: tuple[float, ...]
    heads_m: tuple[float, ...]
    flows_m3_s: tuple[tuple[float, ...], ...]
    """A row for each setting."""
    valid_from: datetime
    valid_to: datetime | None
    uncertainty: float
    """Standard uncertainty of Q, relative."""
    document: str
    sill_m: float | None = None

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault is not None:
            raise BadRating(f"{fault[0]}:{self.version}", f"{fault[1]}: {self.version}", value=self.version)

    def holds(self, at: datetime) -> bool:
        """Whether it is the table of an instant."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    def head_m(self, upstream_m: float, downstream_m: float | None) -> float | None:
        """The head by the stages of the station; None where one that it needs is missing."""
        if self.head is Head.OVER_SILL:
            assert self.sill_m is not None
            return upstream_m - self.sill_m
        if downstream_m is None:
            return None
        return upstream_m - downstream_m if self.head is Head.FALL else downstream_m - upstream_m

    def discharge_m3_s(self, setting: float, head_m: float) -> float:
        """The flow; OutsideRating where the table does not cover it."""
        row = _place(self.settings, setting, exact=self.setting is Setting.PUMPS_RUNNING)
        column = _place(self.heads_m, head_m, exact=False)
        if row is None or column is None:
            covered = (
                f"{self.setting.value} {self.settings[0]:g}–{self.settings[-1]:g},"
                f" head {self.heads_m[0]:g}–{self.heads_m[-1]:g} m"
            )
            told = f"{setting:g}, {head_m:g} m"
            raise OutsideRating(
                f"超出过流表 {self.version} 的范围({covered}),不外延:{told}",
                f"outside of table {self.version} ({covered}), which is not extended: {told}",
                value=told,
            )
        (i, u), (j, v) = row, column
        upper, lower = self.flows_m3_s[i], self.flows_m3_s[min(i + 1, len(self.settings) - 1)]
        k = min(j + 1, len(self.heads_m) - 1)
        at_i = upper[j] + v * (upper[k] - upper[j])
        return at_i + u * (lower[j] + v * (lower[k] - lower[j]) - at_i)

    def uncertainty_m3_s(self, discharge_m3_s: float) -> float:
        """Standard uncertainty of a discharge that it gave."""
        return self.uncertainty * discharge_m3_s


def table_of(text: str) -> tuple[tuple[float, ...], ...]:
    """Rows of numbers as the layer writes them; BadRating where they are none.

    >>> table_of("0 0; 1.5 2")
    ((0.0, 0.0), (1.5, 2.0))
    """
    try:
        return tuple(tuple(float(each) for each in row.split()) for row in text.split(";") if row.strip())
    except ValueError:
        shown = shorten(text)
        raise BadRating(
            f"须为数,以空格隔开,行以分号隔开:{shown}",
            f"numbers parted by blanks, rows by semicolons: {shown}",
            value=shown,
        ) from None


def table_text(rows: Sequence[Sequence[float]]) -> str:
    """The text that :func:`table_of` reads."""
    return "; ".join(" ".join(repr(float(each)) for each in row) for row in rows)


def at(tables: Sequence[GateTable], instant: datetime) -> GateTable | None:
    """The table of an instant."""
    return next((each for each in tables if each.holds(instant)), None)


def _place(axis: tuple[float, ...], value: float, *, exact: bool) -> tuple[int, float] | None:
    """The row or column before a value and how far beyond it, as a part; None outside of the axis."""
    if not axis[0] <= value <= axis[-1]:
        return None
    place = bisect_left(axis, value)
    if axis[place] == value:
        return place, 0.0
    if exact:
        return None
    return place - 1, (value - axis[place - 1]) / (axis[place] - axis[place - 1])


def _fault(table: GateTable) -> tuple[str, str] | None:
    """Why a table is none."""
    numbers = (*table.settings, *table.heads_m, *(each for row in table.flows_m3_s for each in row))
    if not table.settings or not table.heads_m or not all(map(math.isfinite, numbers)):
        return "过流表至少一行一列,且全为有限数", "a table has a row and a column, all finite"
    if [len(row) for row in table.flows_m3_s] != [len(table.heads_m)] * len(table.settings):
        return "流量须逐行逐列填满", "there is a flow for every setting and head"
    if any(one >= two for axis in (table.settings, table.heads_m) for one, two in pairwise(axis)):
        return "工况与水头须递增", "settings and heads rise"
    if min(numbers[len(table.settings) + len(table.heads_m) :]) < 0 or table.settings[0] < 0:
        return "工况与流量不为负", "settings and flows are not negative"
    if any(one > two for rows in pairwise(table.flows_m3_s) for one, two in zip(*rows, strict=True)):
        return "同一水头下,开得越大流量不应越小", "at one head a wider opening gives no less"
    if table.setting is Setting.PUMPS_RUNNING and any(each != round(each) for each in table.settings):
        return "开机台数须为整数", "pumps are counted in whole numbers"
    if (table.head is Head.OVER_SILL) != (table.sill_m is not None):
        return "底板高程只与底板水深同给", "the sill goes with a head over it, and with nothing else"
    if not table.document.strip():
        return "没有来源的过流表不予采用", "a table without a source is not taken"
    if not 0 <= table.uncertainty < 1:
        return "相对不确定度须在 0 与 1 之间", "a relative uncertainty is from 0 to 1"
    return None
