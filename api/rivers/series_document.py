"""Points, gaps, curves and thresholds as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from spatial.datum import format_instant
from water.gauges.gaps import Gap
from water.gauges.gate_table import GateTable
from water.gauges.rating import Rating
from water.gauges.station import Point, Threshold

Document = dict[str, Any]
STEPS = 20
"""A curve is told at so many stages besides its segments."""


def point_document(point: Point) -> Document:
    """One value; ``filled`` where it was not measured."""
    told: Document = {"time": format_instant(point.time), "value": point.value, "flag": point.flag}
    if point.uncertainty is not None:
        told["uncertainty"] = point.uncertainty
    return told | ({"filled": point.filled} if point.filled else {})


def gap_document(gap: Gap) -> Document:
    """One gap, why it is there, and whether it was filled."""
    return {
        "kind": gap.kind.value,
        "start": format_instant(gap.start),
        "end": format_instant(gap.end),
        "expected": gap.expected,
        "filled": gap.filled,
    }


def threshold_document(threshold: Threshold) -> Document:
    """One threshold with its source."""
    return {
        "kind": threshold.kind.value,
        "quantity": threshold.quantity,
        "value": threshold.value,
        "unit": "m" if threshold.quantity == "stage" else "m3/s",
        "vertical_datum": threshold.datum.value,
        "document": threshold.document,
        "standing": threshold.standing,
        "season": threshold.season,
    }


def rating_document(rating: Rating) -> Document:
    """A curve: its segments, and stage and discharge in steady flow without shift along it."""
    low, high = rating.range_m
    stages = [low + (high - low) * place / STEPS for place in range(STEPS)] + [high]
    found = [next(each for each in rating.segments if stage <= each.to_m) for stage in stages]
    shift = rating.shifts[0] if rating.shifts else None
    return {
        "version": rating.version,
        "vertical_datum": rating.datum.value,
        "valid_from": format_instant(rating.valid_from),
        "valid_to": None if rating.valid_to is None else format_instant(rating.valid_to),
        "range_m": [low, high],
        "segments": [
            {"from_m": each.from_m, "to_m": each.to_m, "a": each.a, "zero_m": each.zero_m, "b": each.b}
            for each in rating.segments
        ],
        "shift_m": 0.0 if shift is None else shift.shift_m,
        "shift_basis": "" if shift is None else shift.basis,
        "loop": None
        if rating.loop is None
        else {"celerity_m_s": rating.loop.celerity_m_s, "slope": rating.loop.slope},
        "fall": None if rating.fall is None else asdict(rating.fall),
        "uncertainty": rating.uncertainty,
        "document": rating.document,
        "curve": [
            [round(stage, 4), round(segment.discharge_m3_s(stage), 4)]
            for stage, segment in zip(stages, found, strict=True)
        ],
    }


def gate_table_document(table: GateTable) -> Document:
    """A table of a gate or of pumps."""
    return {
        "version": table.version,
        "valid_from": format_instant(table.valid_from),
        "valid_to": None if table.valid_to is None else format_instant(table.valid_to),
        "setting": table.setting.value,
        "head": table.head.value,
        "sill_m": table.sill_m,
        "settings": list(table.settings),
        "heads_m": list(table.heads_m),
        "flows_m3_s": [list(row) for row in table.flows_m3_s],
        "uncertainty": table.uncertainty,
        "document": table.document,
    }
