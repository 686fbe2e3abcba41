"""Unit hydrographs 单位线: runoff of a step spread over the steps after it; given, or Nash's cascade."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from water.errors import BadParameter, BadState, Name
from water.hydrology import forcing
from water.hydrology.parameters import Floats

WHOLE: Final = 1e-9
"""How far the ordinates may be from adding up to one."""
TAIL: Final = 1e-10
"""The part of Nash's response that is cut off its end and given to its last ordinate."""
LONGEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class UnitHydrograph:
    """Shares of a step's runoff that come in this step and in those after it; they add up to one."""

    ordinates: tuple[float, ...]

    def __post_init__(self) -> None:
        wrong = [each for each in self.ordinates if not (math.isfinite(each) and each >= 0)]
        whole = math.fsum(self.ordinates)
        if wrong or not self.ordinates or abs(whole - 1.0) > WHOLE:
            value = wrong[0] if wrong else whole
            raise BadParameter(
                f"单位线各值须非负且总和为 1:{value}",
                f"the ordinates of a unit hydrograph are not below 0 and add up to 1: {value}",
                value=value,
            )

    @property
    def empty(self) -> Floats:
        """A state of nothing under way, for one row."""
        return np.zeros((1, len(self.ordinates) - 1))


def nash(reservoirs: float, storage_h: float, step_h: float) -> UnitHydrograph:
    """Nash's cascade 纳什瞬时单位线 of ``reservoirs`` linear stores of ``storage_h`` hours each.

    An ordinate is the difference of the S curve, the gamma distribution function, over a step.
    """
    for name, value in (("n", reservoirs), ("K", storage_h), ("Δt", step_h)):
        if not (math.isfinite(value) and value > 0):
            raise BadParameter(
                f"纳什单位线的 {name} 须大于零:{value}",
                f"{name} of Nash's cascade is over 0: {value}",
                value=value,
            )
    ordinates: list[float] = []
    before = 0.0
    while 1.0 - before > TAIL:
        upto = gamma_share(reservoirs, (len(ordinates) + 1) * step_h / storage_h)
        ordinates.append(upto - before)
        before = upto
        if len(ordinates) > LONGEST:
            raise BadParameter(
                f"单位线超过 {LONGEST} 个时段,请加长时段:{step_h}",
                f"longer than {LONGEST} steps, take a longer step: {step_h}",
                value=step_h,
            )
    ordinates[-1] += 1.0 - before
    return UnitHydrograph(tuple(ordinates))


def gamma_share(shape: float, x: float) -> float:
    """The regularised lower incomplete gamma function P(shape, x): series, or continued fraction (Lentz).

    >>> round(gamma_share(1.0, 2.0), 12) == round(1 - math.exp(-2.0), 12)
    True
    """
    if x <= 0:
        return 0.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1.0 / shape
        k = shape
        while term > total * 1e-17:
            k += 1
            term *= x / k
            total += term
        return min(1.0, front * total)
    b = x + 1 - shape
    c, d = 1e300, 1 / b
    h = d
    for k in range(1, 100_000):
        a = -k * (k - shape)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        h *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return max(0.0, 1.0 - front * h)


def spread(unit: UnitHydrograph, runoff: ArrayLike, under_way: Floats | None = None) -> tuple[Floats, Floats]:
    """Flow (n, T) from runoff (n, T) in any unit, and what is still under way (n, K − 1): the state."""
    given = forcing.series(Name("产流", "runoff"), runoff)
    ordinates = np.array(unit.ordinates)
    shape = (len(given), len(ordinates) - 1)
    begun = np.zeros(shape) if under_way is None else np.asarray(under_way, np.float64)
    if begun.ndim != 2 or begun.shape[1] != shape[1] or len(begun) not in (1, len(given)):
        raise BadState(
            f"单位线状态与其长度不符,应为 {shape}:{begun.shape}",
            f"what is under way must be {shape}: {begun.shape}",
            value=list(begun.shape),
        )
    held = np.zeros((len(given), len(ordinates)))
    held[:, :-1] = begun
    flow = np.empty_like(given)
    _spread(ordinates, given, held, flow)
    return flow, held[:, :-1].copy()


@njit(cache=True, nogil=True, error_model="numpy")
def _spread(ordinates, runoff, held, flow):  # type: ignore[no-untyped-def]
    count, steps = runoff.shape
    long = ordinates.size
    ring = np.empty(long)
    for n in range(count):
        ring[:] = held[n]
        first = 0
        for t in range(steps):
            come = runoff[n, t]
            k = first
            for j in range(long):
                ring[k] += come * ordinates[j]
                k += 1
                if k == long:
                    k = 0
            flow[n, t] = ring[first]
            ring[first] = 0.0
            first += 1
            if first == long:
                first = 0
        for j in range(long):
            held[n, j] = ring[(first + j) % long]
