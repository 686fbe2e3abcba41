"""Many floods for one 集合推演: members drawn from a seed, each by the solver or the quick map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadScenario
from water.flood.extent import WET_M, Extent
from water.flood.scenario import BreachAsked, FloodScenario, Release
from water.hydraulics.model import Series
from water.pointing import about

VARIED: Final = ("discharge_factor", "breach_width_factor", "breach_later_s", "roughness_factor")
Wet = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Member:
    """What one member has in place of the scenario's own."""

    number: int
    discharge_factor: float = 1.0
    breach_width_factor: float = 1.0
    breach_later_s: float = 0.0
    roughness_factor: float = 1.0
    course: int | None = None
    """Member of the forecast whose hydrograph it takes."""


def members(
    count: int, seed: int, varied: Mapping[str, Sequence[float]], courses: int | None = None
) -> list[Member]:
    """Members whose figures lie evenly at random between two bounds; the same for the same seed.

    Of so many courses of a forecast each is taken as often as any other, or once more, in an order that the
    seed draws. ``BadScenario`` where nothing differs, or bounds cannot be.
    """
    if not varied and courses is None:
        with about("varied"):
            raise BadScenario(
                "集合各成员没有不同之处:须给出上下限(varied),或入流取预报的全部成员(from.course=members):varied",
                "nothing differs between members: give bounds (varied), or let an inflow take all members of"
                " a forecast (from.course=members): varied",
                value="varied",
            )
    for name, (low, high) in varied.items():
        if low > high or (name.endswith("factor") and low <= 0):
            with about("varied", name):
                raise BadScenario(
                    f"{name} 须为由低到高的两个数,倍数须为正:{low:g}, {high:g}",
                    f"{name} is two numbers, the low one first, factors positive: {low:g}, {high:g}",
                    value=low,
                )
    found = []
    order = np.random.Generator(np.random.PCG64([seed, count])).permutation(courses or 0).tolist()
    for number in range(count):
        chance = np.random.Generator(np.random.PCG64([seed, number]))
        drawn = {
            name: float(chance.uniform(varied[name][0], varied[name][1])) for name in VARIED if name in varied
        }
        found.append(Member(number, **drawn, course=order[number % len(order)] if order else None))
    return found


def asked_of(
    member: Member, asked: FloodScenario, courses: Mapping[str, Sequence[Series]] | None = None
) -> FloodScenario:
    """The scenario of a member; ``courses`` of an inflow are those of the members of its forecast."""

    def scaled(release: Release) -> Series:
        several = (courses or {}).get(release.id)
        series = release.discharge_m3_s if not several or member.course is None else several[member.course]
        return Series(series.times_s, tuple(value * member.discharge_factor for value in series.values))

    def changed(breach: BreachAsked) -> BreachAsked:
        width_m = breach.width_m * member.breach_width_factor
        return replace(
            breach,
            width_m=width_m,
            first_width_m=min(breach.first_width_m, width_m),
            start_s=max(0.0, breach.start_s + member.breach_later_s),
        )

    return replace(
        asked,
        releases=tuple(replace(one, discharge_m3_s=scaled(one)) for one in asked.releases),
        breaches=tuple(changed(one) for one in asked.breaches),
        roughness_factor=asked.roughness_factor * member.roughness_factor,
    )


def packed(wet: Wet) -> bytes:
    """A bit a cell."""
    return np.packbits(wet).tobytes()


def unpacked(content: bytes, shape: tuple[int, int]) -> Wet:
    """What :func:`packed` made."""
    count = shape[0] * shape[1]
    found: Wet = np.unpackbits(np.frombuffer(content, np.uint8), count=count).astype(bool).reshape(shape)
    return found


def wet(extent: Extent) -> Wet:
    """Where water stood."""
    found: Wet = extent.depth_m >= WET_M
    return found


def figures(member: Member, wet_m2: float) -> dict[str, Any]:
    """A row of the table of members."""
    return {
        "member": member.number,
        **({} if member.course is None else {"forecast_member": member.course}),
        "discharge_factor": member.discharge_factor,
        "breach_width_factor": member.breach_width_factor,
        "breach_later_s": member.breach_later_s,
        "roughness_factor": member.roughness_factor,
        "wet_plane_m2": wet_m2,
    }
