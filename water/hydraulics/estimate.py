"""How long a run would take 耗时估算, told before it starts; what passes the limit is refused."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

from water.errors import RunTooLong
from water.hydraulics.godunov import COURANT as GODUNOV_COURANT
from water.hydraulics.inertia import COURANT as INERTIA_COURANT
from water.hydraulics.model import G_M_S2, Method
from water.hydraulics.simulation import Scenario, turns_s

CELL_STEPS_S = {("inertia", 32): 150e6, ("inertia", 64): 70e6, ("godunov", 32): 36e6, ("godunov", 64): 20e6}
"""Cell-steps a second of one core, on the safe side of benchmarks/hydraulics.py."""
STEP_S = 5e-4
"""What a step costs besides its cells."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Steps, cell-steps and seconds of one core of a run."""

    steps: int
    cell_steps: float
    seconds: float


def estimate(
    scenario: Scenario,
    method: Method,
    deepest_m: float,
    wet_share: float,
    fastest_m_s: float = 0.0,
) -> Estimate:
    """From the greatest depth and speed that are expected, and the share of cells that get wet."""
    rained = scenario.forcing.rain is not None
    return of_size(
        scenario.ground.grid.cells,
        scenario.ground.grid.cell_m,
        scenario.until_s,
        method,
        deepest_m,
        1.0 if rained else wet_share,
        fastest_m_s,
        len(turns_s(scenario)) - 1,
    )


def of_size(
    cells: int,
    cell_m: float,
    until_s: float,
    method: Method,
    deepest_m: float,
    wet_share: float,
    fastest_m_s: float = 0.0,
    turns: int = 0,
) -> Estimate:
    """The same from its size alone, before any terrain is read; each turn of a series ends a step."""
    speed = sqrt(G_M_S2 * deepest_m)
    if method.scheme == "godunov":
        speed += fastest_m_s
    own = GODUNOV_COURANT if method.scheme == "godunov" else INERTIA_COURANT
    step_s = min((method.courant or own) * cell_m / speed, method.longest_step_s)
    steps = ceil(until_s / step_s) + turns
    cell_steps = float(steps) * cells * wet_share
    seconds = cell_steps / CELL_STEPS_S[method.scheme, method.bits] + steps * STEP_S
    return Estimate(steps, cell_steps, seconds)


def allow(expected: Estimate, limit_s: float) -> Estimate:
    """The estimate back, or a refusal with it 超限拒绝."""
    if expected.seconds > limit_s:
        (zh, en), (most_zh, most_en) = _span(expected.seconds), _span(limit_s)
        raise RunTooLong(
            f"预计单核需 {zh}({expected.steps} 步),超过上限 {most_zh};"
            f"请加大网格、缩小范围或缩短时段:{expected.seconds:.0f} 秒",
            f"Expected to take {en} of a core in {expected.steps} steps, over {most_en};"
            f" take larger cells, a smaller area or a shorter time: {expected.seconds:.0f} s",
            value=round(expected.seconds),
            details={"steps": expected.steps, "cell_steps": expected.cell_steps, "limit_s": limit_s},
        )
    return expected


def _span(seconds: float) -> tuple[str, str]:
    """A length of time as one says it.

    >>> [_span(each)[0] for each in (90.0, 21_600.0, 1_231_807.0)]
    ['90 秒', '6.0 小时', '14.3 天']
    """
    if seconds < 600:
        return f"{seconds:.0f} 秒", f"{seconds:.0f} s"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} 小时", f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} 天", f"{seconds / 86_400:.1f} days"
