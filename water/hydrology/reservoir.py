"""Reservoirs 水库调洪: a table of levels, free outflow by level pool, and operation by declared rules.

Between the rows of the table volume and releases are linear in the level, so that a step is solved exactly.
Inflows are those at the ends of steps. Nothing is said above the table: such a run is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from water.errors import BadCurve, BadParameter, BadState, Name
from water.hydrology import forcing
from water.hydrology.muskingum import checked
from water.hydrology.parameters import Floats
from water.hydrology.reservoir_kernel import free_outflow, operated

_LEVEL: Final = Name("水位", "level")
_VOLUME: Final = Name("库容", "volume")
_CAPACITY: Final = Name("泄流能力", "capacity")
_FREE: Final = Name("自由溢流", "free overflow")


@dataclass(frozen=True, slots=True)
class Reservoir:
    """The table of a reservoir 水位–库容–泄流能力曲线; levels of one datum, which the caller has settled."""

    levels_m: tuple[float, ...]
    volumes_m3: tuple[float, ...]
    capacity_m3_s: tuple[float, ...]
    """Release with everything open 泄流能力."""
    free_m3_s: tuple[float, ...] = ()
    """Release with all gates shut, over a sill without gates 无闸溢洪; none where empty."""

    def __post_init__(self) -> None:
        count = len(self.levels_m)
        columns = [(_VOLUME, self.volumes_m3), (_CAPACITY, self.capacity_m3_s)]
        if self.free_m3_s:
            columns.append((_FREE, self.free_m3_s))
        for name, values in ((_LEVEL, self.levels_m), *columns):
            if count < 2 or len(values) != count:
                raise BadCurve(
                    f"{name.zh}须与水位同为至少两行:{len(values)}",
                    f"{name.en} must have a value for each of two levels or more: {len(values)}",
                    value=len(values),
                )
        _rising(_LEVEL, self.levels_m, strict=True)
        _rising(_VOLUME, self.volumes_m3, strict=True, least=0.0)
        _rising(_CAPACITY, self.capacity_m3_s, strict=False, least=0.0)
        if self.free_m3_s:
            _rising(_FREE, self.free_m3_s, strict=False, least=0.0)
            for free, most in zip(self.free_m3_s, self.capacity_m3_s, strict=True):
                if free > most:
                    raise BadCurve(
                        f"自由溢流不得大于泄流能力:{free}",
                        f"free overflow is within the capacity: {free}",
                        value=free,
                    )

    @property
    def table(self) -> Floats:
        """Volume, capacity, free overflow as rows of an array."""
        free = self.free_m3_s or (0.0,) * len(self.levels_m)
        return np.array([self.volumes_m3, self.capacity_m3_s, free], np.float64)

    def volume_m3(self, level_m: float) -> float:
        """Volume at a level; BadCurve beyond the table."""
        return self._read(level_m, self.levels_m, self.volumes_m3, _LEVEL, "m")

    def level_m(self, volume_m3: float) -> float:
        """Level of a volume; BadCurve beyond the table."""
        return self._read(volume_m3, self.volumes_m3, self.levels_m, _VOLUME, "m³")

    def levels_of(self, volumes_m3: Floats) -> Floats:
        """Levels of many volumes within the table."""
        return np.asarray(np.interp(volumes_m3, self.volumes_m3, self.levels_m))

    def _read(self, x: float, xs: tuple[float, ...], ys: tuple[float, ...], name: Name, unit: str) -> float:
        if not xs[0] <= x <= xs[-1]:
            raise BadCurve(
                f"{name.zh}超出曲线范围 {xs[0]:g}–{xs[-1]:g} {unit},不外延:{x}",
                f"{name.en} is beyond the table, {xs[0]:g} to {xs[-1]:g} {unit}, which is not extended: {x}",
                value=x,
            )
        return float(np.interp(x, xs, ys))


@dataclass(frozen=True, slots=True)
class Limit:
    """Below a level no more is let go than so much 分级控泄; above the last level the gates are free."""

    below_level_m: float
    release_m3_s: float


@dataclass(frozen=True, slots=True)
class Rules:
    """How a reservoir is run: towards a target level, within limits.

    The target is one level or a rule curve 调度线 with a value for each step. Of what rules ask, the limits
    of release win over the target, the capacity over all; ``least`` is let go while there is water above
    the table's first row.
    """

    target_m: float | tuple[float, ...]
    limits: tuple[Limit, ...] = ()
    least_m3_s: float = 0.0
    """Ecological or supply release 最小下泄."""
    ramp_m3_s_per_h: float = math.inf
    """Largest change of release 泄量变幅, not kept above the last limit's level."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.least_m3_s) and self.least_m3_s >= 0):
            _refuse("最小下泄须非负", "the least release is not below 0", self.least_m3_s)
        if not self.ramp_m3_s_per_h > 0:
            _refuse("泄量变幅须大于零", "the ramp is over 0", self.ramp_m3_s_per_h)
        _rising(
            Name("限泄水位", "levels of limits"),
            tuple(each.below_level_m for each in self.limits),
            strict=True,
        )
        _rising(
            Name("限泄流量", "limits"),
            tuple(each.release_m3_s for each in self.limits),
            strict=False,
            least=0.0,
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """What a reservoir did, a row for each member."""

    release_m3_s: Floats
    """(n, T)."""
    volume_m3: Floats
    """(n, T), at the ends of steps."""
    level_m: Floats
    state: Floats
    """(n, 3): inflow, release, volume at the end."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Releases that were ordered 调度令, one a step; NaN where the rules decide."""

    release_m3_s: tuple[float, ...]


def steady(reservoir: Reservoir, level_m: float, inflow_m3_s: ArrayLike, release_m3_s: ArrayLike) -> Floats:
    """A state at a level with an inflow and a release, a row each."""
    inflow, release = np.broadcast_arrays(np.atleast_1d(inflow_m3_s), np.atleast_1d(release_m3_s))
    volume = np.full(inflow.shape, reservoir.volume_m3(level_m))
    return np.column_stack([inflow, release, volume]).astype(np.float64)


def level_pool(reservoir: Reservoir, inflow_m3_s: ArrayLike, step_h: float, state: Floats) -> Operation:
    """Everything open 敞泄: outflows at the ends of steps, V₂ + ½Δt·O₂ = V₁ + ½Δt·(I₁ + I₂ − O₁).

    Where a step is so long that it empties the pool the outflow is damped: it then leaves the table for a
    step or two, the water is kept all the same. BadState where the state lets more go than there is.
    """
    given, held = _begun(inflow_m3_s, step_h, state)
    _require_water(reservoir, given, held, step_h)
    release, volume = np.empty_like(given), np.empty_like(given)
    free_outflow(reservoir.table, step_h * 3600.0, given, held, release, volume)
    return _answer(reservoir, release, volume, held)


def operate(
    reservoir: Reservoir,
    rules: Rules,
    inflow_m3_s: ArrayLike,
    step_h: float,
    state: Floats,
    schedule: Schedule | None = None,
) -> Operation:
    """Releases constant over each step, by the rules, or as ordered where a schedule says so.

    What is ordered is let go as far as the gates can and there is water; free overflow comes in any case.
    BadCurve where the water rises above the table.
    """
    given, held = _begun(inflow_m3_s, step_h, state)
    steps = given.shape[1]
    wanted = np.atleast_1d(np.asarray(rules.target_m, np.float64))
    if len(wanted) not in (1, steps):
        _refuse(f"调度线须为一个水位或 {steps} 个", f"a rule curve is one level or {steps}", len(wanted))
    low, high = float(wanted.min()), float(wanted.max())
    reservoir.volume_m3(low), reservoir.volume_m3(high)
    target = np.broadcast_to(np.interp(wanted, reservoir.levels_m, reservoir.volumes_m3), steps)
    limits = np.array(
        [(reservoir.volume_m3(each.below_level_m), each.release_m3_s) for each in rules.limits], np.float64
    ).reshape(-1, 2)
    release, volume = np.empty_like(given), np.empty_like(given)
    operated(
        reservoir.table, step_h * 3600.0, given, held, np.array(target), limits, float(rules.least_m3_s),
        float(rules.ramp_m3_s_per_h * step_h), _ordered(schedule, steps), release, volume,
    )  # fmt: skip
    return _answer(reservoir, release, volume, held)


def _ordered(schedule: Schedule | None, steps: int) -> Floats:
    if schedule is None:
        return np.full(steps, np.nan)
    ordered = np.array(schedule.release_m3_s, np.float64)
    if len(ordered) != steps:
        _refuse(f"调度令须有 {steps} 个时段", f"a schedule has {steps} steps", len(ordered))
    below = ordered[(ordered < 0) | np.isinf(ordered)]
    if len(below):
        _refuse("下泄流量须为非负的数", "a release is a number not below 0", float(below[0]))
    return ordered


def _begun(inflow_m3_s: ArrayLike, step_h: float, state: Floats) -> tuple[Floats, Floats]:
    given = forcing.series(Name("入库流量", "inflow"), inflow_m3_s)
    if not (math.isfinite(step_h) and step_h > 0):
        _refuse("时段长须大于零", "a step is over 0 hours", step_h)
    return given, np.array(np.broadcast_to(checked(state, 3, len(given)), (len(given), 3)), order="C")


def _require_water(reservoir: Reservoir, given: Floats, held: Floats, step_h: float) -> None:
    """The release of the state goes on over half of the first step: so much must be there."""
    before, release, volume = held.T
    there = volume - reservoir.volumes_m3[0] + 1800.0 * step_h * (given[:, 0] + before)
    short = np.flatnonzero(there < 1800.0 * step_h * release * (1 - 1e-12))
    if len(short):
        row = int(short[0])
        value = float(release[row])
        raise BadState(
            f"起始下泄在首个时段(半段 {step_h / 2:g} h)内放出的水多于库中所有 {there[row]:g} m³;"
            f"请缩短时段,或减小起始下泄:{value:g}",
            f"the release of the state lets more go in half of the first step, {step_h / 2:g} h, than the"
            f" {there[row]:g} m³ that are there; take a shorter step or a smaller release: {value:g}",
            value=value,
            details={"member": row},
        )


def _answer(reservoir: Reservoir, release: Floats, volume: Floats, held: Floats) -> Operation:
    top = reservoir.volumes_m3[-1]
    over = np.argwhere(volume > top * (1 + 1e-12))
    if len(over):
        row, step = (int(k) for k in over[0])
        worst = float(volume[row, step])
        raise BadCurve(
            f"第 {step} 时段库容超过曲线顶端 {top:g} m³,不外延;请延长曲线或加大泄量:{worst:g}",
            f"at step {step} the volume is above the table, which ends at {top:g} m³;"
            f" extend it, or let more go: {worst:g}",
            value=worst,
            details={"member": row, "step": step},
        )
    return Operation(release, volume, reservoir.levels_of(volume), held)


def _rising(name: Name, values: tuple[float, ...], *, strict: bool, least: float = -math.inf) -> None:
    before = -math.inf
    for value in values:
        falls = value <= before if strict else value < before
        if not math.isfinite(value) or value < least or falls:
            raise BadCurve(
                f"{name.zh}须逐一{'递增' if strict else '不减'}:{value}",
                f"{name.en} must {'rise' if strict else 'not fall'} from one to the next: {value}",
                value=value,
            )
        before = value


def _refuse(zh: str, en: str, value: object) -> None:
    raise BadParameter(f"{zh}:{value}", f"{en}: {value}", value=value)
