"""Group 10: the table of indicators against what the layers give 指标."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from planning.review.model import Delivery, Finding, Outcome, outcome, skipped
from planning.review.subject import Indicators, Subject
from spatial.datum import frame, legal_areas_m2

M2_PER_MU: Final = 2000.0 / 3.0
_AREAS: Final = {
    "permanent-farmland-area": ("permanent-farmland", 1e4 * M2_PER_MU),
    "ecological-redline-area": ("ecological-redline", 1e6),
    "urban-boundary-area": ("urban-boundary", 1e6),
}
"""Indicator → layer and m² of its unit: 万亩, km², km²."""


def measured(delivery: Delivery, epsg: int) -> Indicators:
    """Areas of the three control lines as the layers have them: 永久基本农田保护面积 in 万亩,
    生态保护红线面积 and 城镇开发边界面积 in km², of legal area; ``epsg`` is the zone they were drawn in.

    What else there is to compute is :mod:`planning.indicators`' to say.
    """
    found = {}
    for code, (layer, unit) in _AREAS.items():
        state = delivery.layers.get(layer)
        if state is not None and state.shapes_4490 is not None:
            areas = legal_areas_m2(state.shapes_4490, frame(str(epsg)), given_in=frame("4490"))
            found[code] = float(np.nansum(areas)) / unit
    return found


def indicators(subject: Subject) -> Iterator[Outcome]:
    """Declared = recomputed, to the tolerance in the last digit told; not below the task."""
    against = subject.against
    if against.declared is None and against.tasks is None:
        for check in ("indicator-differs", "indicator-missing", "task-not-met"):
            yield skipped(check, "", "未提供指标表", "no table of indicators was given")
        return
    usable = all(
        subject.stands(each) for each in subject.delivery.layers.values() if each.shapes_4490 is not None
    )
    if not usable:
        for check in ("indicator-differs", "indicator-missing", "task-not-met"):
            yield skipped(check, "", "有图层坐标不在本市", "a layer does not lie in the city")
        return
    compute = against.recomputed
    computed = measured(subject.delivery, subject.epsg) if compute is None else compute(subject.delivery)
    declared = against.declared or {}
    both = sorted(declared.keys() & computed.keys())
    tolerance = subject.tolerance("indicator-differs")
    off = [(code, computed[code] - declared[code]) for code in both]
    yield outcome(
        "indicator-differs",
        "",
        len(both),
        (
            _finding(
                "indicator-differs",
                f"{code} 申报 {declared[code]:.4f},复算 {computed[code]:.4f}",
                f"{code} is declared as {declared[code]:.4f}, the layers give {computed[code]:.4f}",
                difference,
            )
            for code, difference in off
            if not abs(difference) <= tolerance
        ),
    )
    alone = sorted(declared.keys() - computed.keys())
    yield outcome(
        "indicator-missing",
        "",
        len(declared),
        (
            _finding(
                "indicator-missing",
                f"指标无法由图层复算:{code}",
                f"the layers do not give this indicator: {code}",
            )
            for code in alone
        ),
    )
    yield _tasks(subject, computed, declared)


def _tasks(subject: Subject, computed: Indicators, declared: Indicators) -> Outcome:
    tasks = subject.against.tasks
    if tasks is None:
        return skipped("task-not-met", "", "未提供上级下达任务", "no tasks handed down were given")
    slack = subject.tolerance("task-not-met")
    findings = []
    for code, least in sorted(tasks.items()):
        value = computed.get(code, declared.get(code))
        if value is None or value < least - slack:
            shown = "—" if value is None else f"{value:.4f}"
            findings.append(
                _finding(
                    "task-not-met",
                    f"{code} 下达任务 {least:.4f},实为:{shown}",
                    f"{code}: {least:.4f} is the task, there is: {shown}",
                    None if value is None else value - least,
                )
            )
    return outcome("task-not-met", "", len(tasks), findings)


def _finding(check: str, zh: str, en: str, value: float | None = None) -> Finding:
    return Finding(check, "", (), zh, en, value)
