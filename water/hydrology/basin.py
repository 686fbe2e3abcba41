"""A basin 流域 as a tree: sub-basins, reaches, reservoirs, junctions, each with one way down, to one outlet.

Every flow goes into exactly one element below, so what a reservoir lets go comes to the outlet once,
however many reservoirs it passes. Flows between elements are those at the ends of steps, in m³/s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from water.errors import BadBasin, NestedReservoir
from water.hydrology import cunge, muskingum, xinanjiang
from water.hydrology.lag_route import LagAndRoute
from water.hydrology.parameters import Floats
from water.hydrology.reservoir import Reservoir, Rules
from water.hydrology.unit_hydrograph import UnitHydrograph


@dataclass(frozen=True, slots=True)
class SubBasin:
    """Land that drains to one element 子流域: snow, Xin'anjiang, unit hydrograph."""

    id: str
    to: str
    area_km2: float
    parameters: Floats
    """(P) or (n, P), a row for each member."""
    options: xinanjiang.Options = xinanjiang.DAILY
    unit: UnitHydrograph | None = None
    snow: Floats | None = None
    """Parameters of degree-day snow, where there is any."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A stretch of river 河段 with its way of routing."""

    id: str
    to: str
    routing: muskingum.Muskingum | cunge.Channel | LagAndRoute


@dataclass(frozen=True, slots=True)
class Dam:
    """A reservoir in the tree 水库, with the rules by which it is run."""

    id: str
    to: str
    reservoir: Reservoir
    rules: Rules
    start_level_m: float
    """Level from which a run without a state begins 起调水位."""


@dataclass(frozen=True, slots=True)
class Junction:
    """Where waters meet or are measured 汇合点、控制断面; the outlet is the one that leads nowhere."""

    id: str
    to: str | None = None


Element = SubBasin | Reach | Dam | Junction
OUTLET: Final = None


@dataclass(frozen=True, slots=True)
class Basin:
    """The elements in an order in which every one comes after all that drain into it."""

    elements: tuple[Element, ...]
    step_h: float

    @classmethod
    def of(cls, elements: Iterable[Element], step_h: float | None = None) -> Basin:
        """The tree; BadBasin names what is missing, double, or runs in a circle.

        The length of a step is that of its sub-basins; ``step_h`` tells it where there are none.
        """
        listed = list(elements)
        given = {each.id: each for each in listed}
        seen: set[str] = set()
        for each in listed:
            if each.id in seen:
                _refuse("标识重复", "an id is given twice", each.id)
            seen.add(each.id)
            if isinstance(each, SubBasin) and not each.area_km2 > 0:
                _refuse("子流域面积须大于零", "the area of a sub-basin is over 0", each.area_km2)
            below = None if each.to is None else given.get(each.to)
            if each.to is not None and below is None:
                _refuse("下游对象不存在", "what it drains into is not there", each.to)
            if isinstance(below, SubBasin):
                _refuse("不得流入子流域", "nothing drains into a sub-basin", each.to)
        outlets = [each.id for each in listed if each.to is None]
        if len(outlets) != 1:
            _refuse("流域须有且只有一个出口", "a basin has one outlet", ", ".join(outlets) or "0")
        return cls(tuple(_ordered(given)), _step_h(listed, step_h))

    @property
    def outlet(self) -> str:
        """The id of the element that leads nowhere."""
        return self.elements[-1].id

    def __getitem__(self, name: str) -> Element:
        """An element by its id; BadBasin where there is none."""
        for each in self.elements:
            if each.id == name:
                return each
        raise _unknown(name)

    def below(self, name: str) -> tuple[str, ...]:
        """The ids on the way from an element to the outlet, itself left out."""
        way: list[str] = []
        to = self[name].to
        while to is not None:
            way.append(to)
            to = self[to].to
        return tuple(way)

    def with_parameters(self, parameters: Mapping[str, Floats]) -> Basin:
        """The same basin with other parameters of some sub-basins."""
        for name in parameters:
            if not isinstance(self[name], SubBasin):
                _refuse("不是子流域", "not a sub-basin", name)
        changed = (
            replace(each, parameters=parameters[each.id])
            if isinstance(each, SubBasin) and each.id in parameters
            else each
            for each in self.elements
        )
        return Basin(tuple(changed), self.step_h)

    def release_total_m3_s(self, at: str, releases_m3_s: Mapping[str, float]) -> float:
        """Releases of reservoirs added up at an element below them all.

        NestedReservoir where one passes through another of them: it is part of that one's release already,
        and is never added to it. BadBasin where one does not come here.
        """
        below = {name: self.below(name) for name in releases_m3_s}
        for name, way in below.items():
            if name != at and at not in way:
                _refuse("此水库的下泄不到此处", "its release does not come here", name)
        nested = [(inner, outer) for inner, way in below.items() for outer in way if outer in below]
        if nested:
            shown = "、".join(f"{inner} → {outer}" for inner, outer in nested)
            raise NestedReservoir(
                f"上游水库的下泄已含在下游水库的下泄之内,不可相加;请略去上游水库:{shown}",
                "releases that pass through a reservoir below are part of its release already and are never"
                f" added; leave the upper one out: {shown}",
                value=shown,
                details={"nested": [{"inner": inner, "outer": outer} for inner, outer in nested]},
            )
        return float(sum(releases_m3_s.values()))


def _ordered(given: Mapping[str, Element]) -> list[Element]:
    """Upstream first: an element after all that drain into it, in the order given among equals."""
    waiting = dict.fromkeys(given, 0)
    for each in given.values():
        if each.to is not None:
            waiting[each.to] += 1
    ready = [name for name, count in waiting.items() if count == 0]
    order: list[Element] = []
    while ready:
        each = given[ready.pop(0)]
        order.append(each)
        if each.to is not None:
            waiting[each.to] -= 1
            if waiting[each.to] == 0:
                ready.append(each.to)
    if len(order) < len(given):
        left = ", ".join(name for name, count in waiting.items() if count > 0)
        _refuse("流域中有环", "water runs in a circle", left)
    return order


def _step_h(elements: list[Element], told: float | None) -> float:
    steps = {each.options.step_h for each in elements if isinstance(each, SubBasin)}
    steps |= set() if told is None else {told}
    if len(steps) != 1:
        _refuse("须有且只有一个时段长", "a basin has one length of step", sorted(steps))
    return steps.pop()


def _refuse(zh: str, en: str, value: object) -> None:
    raise BadBasin(f"{zh}:{value}", f"{en}: {value}", value=value)


def _unknown(name: str) -> BadBasin:
    return BadBasin(f"流域中无此对象:{name}", f"nothing of that id in the basin: {name}", value=name)
