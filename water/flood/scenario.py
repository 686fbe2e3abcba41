"""A scenario 情景: what is asked of the water, as read from the inputs of a process; no input or output.

Places are longitude and latitude in CGCS2000, or a chainage of a river; times are seconds from the
beginning of the run; heights are of the terrain's vertical datum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import numpy as np

from water.errors import BadForcing, BadScenario, BadStructure, Name
from water.flood.naming import called, unnamed
from water.flood.series import checked, series
from water.hydraulics.model import ConstantLoss, GreenAmpt, Method, Series
from water.hydraulics.works import Erosion, LinearGrowth
from water.pointing import Path, about

Asked = TypeVar("Asked")
MM_H: Final = 1.0 / 3.6e6
"""Millimetres an hour in m/s."""
SAMPLE: Final = "sample"
REPORTS: Final = 24
WATCH_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """A point, or a chainage of a route with the bank that is meant; of both the point counts."""

    point: tuple[float, float] | None
    route: str | None = None
    chainage: str | None = None
    offset_m: float = 0.0
    bank: Literal["left", "right"] | None = None

    @property
    def told(self) -> str:
        """In words."""
        if self.point is not None:
            return f"{self.point[0]:.6f},{self.point[1]:.6f}"
        return f"{self.route} {self.chainage}{'' if self.bank is None else ' ' + self.bank}"


@dataclass(frozen=True, slots=True)
class Release:
    """Water that comes in at a place 入流、下泄, m³/s; ``source`` says from where, off any river bed."""

    id: str
    at: Place
    discharge_m3_s: Series
    source: str | None


@dataclass(frozen=True, slots=True)
class BreachAsked:
    """A breach 溃口 on a dyke; without a sill down to the ground."""

    id: str
    at: Place
    width_m: float
    start_s: float
    sill_m: float | None
    growth: LinearGrowth | Erosion
    first_width_m: float


@dataclass(frozen=True, slots=True)
class GateAsked:
    """A gate 闸门 through a dyke."""

    id: str
    at: Place
    sill_m: float
    width_m: float
    opening_m: Series


@dataclass(frozen=True, slots=True)
class PumpAsked:
    """A pump 泵站, to another place or away."""

    id: str
    at: Place
    to: Place | None
    capacity_m3_s: Series
    start_m: float
    stop_m: float


@dataclass(frozen=True, slots=True)
class DykeAsked:
    """A dyke 堤防 that the terrain does not carry: a line with the height of its crest at each vertex."""

    id: str
    line: tuple[tuple[float, float], ...]
    crest_m: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PointAsked:
    """A place whose hydrograph is kept 测点."""

    id: str
    at: Place


@dataclass(frozen=True, slots=True)
class FloodScenario:
    """All that is asked."""

    title: str
    box: tuple[float, float, float, float]
    cell_m: float
    duration_s: float
    terrain: str
    """:data:`SAMPLE`, or the asset_id of a surface in the catalogue of images."""
    releases: tuple[Release, ...]
    breaches: tuple[BreachAsked, ...]
    gates: tuple[GateAsked, ...]
    pumps: tuple[PumpAsked, ...]
    dykes: tuple[DykeAsked, ...]
    points: tuple[PointAsked, ...]
    tide_m: Series | None
    rain_m_s: Series | None
    loss: ConstantLoss | GreenAmpt | None
    manning: Mapping[str, float]
    river_depth_m: float
    method: Method
    report_s: float
    watch_s: float
    roughness_factor: float = 1.0
    synthetic: bool = False
    """Whether an inflow was taken from generated data 合成数据."""

    @property
    def listed(self) -> dict[str, Sequence[Any]]:
        """What has an id and a place, by the list of the inputs that it stands in."""
        return {
            "breaches": self.breaches,
            "inflows": self.releases,
            "gates": self.gates,
            "pumps": self.pumps,
            "points": self.points,
        }

    @property
    def places(self) -> tuple[tuple[Path, Place], ...]:
        """Every place that is named, with where in the inputs."""
        found = [
            ((kind, k, "at"), one.at) for kind, each in self.listed.items() for k, one in enumerate(each)
        ]
        to = [(("pumps", k, "to"), pump.to) for k, pump in enumerate(self.pumps) if pump.to is not None]
        return (*found, *to)


def read(inputs: Mapping[str, Any]) -> FloodScenario:
    """The scenario of inputs that fit their schema; ``BadScenario`` names what cannot be."""
    duration_s = float(inputs["duration_s"])
    report_s = min(float(inputs.get("report_s", _even(duration_s))), duration_s)
    watch_s = min(float(inputs.get("watch_s", WATCH_S)), report_s)
    breaches = _listed(inputs, "breaches", _breach, duration_s)
    west, south, east, north = (float(each) for each in inputs["area"])
    found = FloodScenario(
        title=inputs["title"],
        box=(west, south, east, north),
        cell_m=float(inputs["cell_m"]),
        duration_s=duration_s,
        terrain=inputs.get("terrain", SAMPLE),
        releases=_listed(inputs, "inflows", _release, duration_s),
        breaches=breaches,
        gates=_listed(inputs, "gates", _gate, duration_s),
        pumps=_listed(inputs, "pumps", _pump, duration_s),
        dykes=_listed(inputs, "dykes", _dyke, duration_s),
        points=_listed(inputs, "points", _point, duration_s),
        tide_m=_tide(inputs.get("tide_m"), duration_s),
        rain_m_s=_rain(inputs.get("rain_mm_h"), duration_s),
        loss=_loss(inputs.get("infiltration")),
        manning=dict(inputs.get("roughness", {})),
        river_depth_m=float(inputs.get("river_depth_m", 0.0)),
        method=method(inputs),
        report_s=report_s,
        watch_s=report_s / max(1, round(report_s / watch_s)),
    )
    with about():
        _require_water(found)
    _require_own_ids(found)
    return found


def _listed(
    inputs: Mapping[str, Any],
    kind: str,
    one_of: Callable[[Mapping[str, Any], str, float], Asked],
    duration_s: float,
) -> tuple[Asked, ...]:
    """What a list of the inputs asks for; who has no id gets one."""
    found = list[Asked]()
    for k, one in enumerate(inputs.get(kind, ())):
        with about(kind, k):
            found.append(one_of(one, one.get("id", unnamed(kind, k + 1)), duration_s))
    return tuple(found)


def _require_own_ids(found: FloodScenario) -> None:
    known = set[str]()
    for kind, each in found.listed.items():
        for k, one in enumerate(each):
            if one.id in known:
                with about(kind, k, "id"):
                    raise BadScenario(f"标识重复:{one.id}", f"an id is used twice: {one.id}", value=one.id)
            known.add(one.id)


def method(inputs: Mapping[str, Any]) -> Method:
    """The scheme that is asked for; of ``auto`` Godunov's where there is a breach."""
    scheme = inputs.get("scheme", "auto")
    if scheme == "auto":
        scheme = "godunov" if inputs.get("breaches") else "inertia"
    return Method(scheme, inputs.get("bits", 32))


def _even(duration_s: float) -> float:
    return 3600.0 if duration_s >= 6 * 3600.0 else duration_s / REPORTS


def _require_water(found: FloodScenario) -> None:
    if not (found.releases or found.rain_m_s or found.tide_m or found.river_depth_m > 0):
        raise BadScenario(
            "情景中没有水:须有入流(inflows)、降雨、潮位或河道初始水深(river_depth_m)之一",
            "no water in the scenario: give inflows, rain, a tide or the depth in the river at the beginning",
        )


def place(given: Mapping[str, Any]) -> Place:
    """A place as inputs have it."""
    if "point" in given:
        lon, lat = given["point"]
        return Place((float(lon), float(lat)), given.get("route"), given.get("chainage"))
    if "route" not in given or "chainage" not in given:
        raise BadScenario(
            "位置须为 point(经度、纬度)或 route 加 chainage(河道与桩号)",
            "a place is a point, or a route with a chainage",
        )
    offset_m = float(given.get("offset_m", 0.0))
    return Place(None, given["route"], given["chainage"], offset_m, given.get("bank"))


def _at(one: Mapping[str, Any], field: str = "at") -> Place:
    with about(field):
        return place(one[field])


def _given(one: Mapping[str, Any], kind: str, id: str, field: str, what: Name, duration_s: float) -> Series:
    """A series of a thing of a list, refused by the name of both."""
    whose = called(kind, id)
    with about(field):
        name = Name(f"{whose.zh} {what.zh}", f"{whose.en} {what.en}")
        return checked(name, one[field], duration_s, lowest=0.0)


def _rain(given: float | Mapping[str, Any] | None, duration_s: float) -> Series | None:
    if given is None:
        return None
    name = Name("降雨(mm/h)", "rain (mm/h)")
    with about("rain_mm_h"):
        checked(name, given, duration_s, lowest=0.0)
        return series(name, given, MM_H)


def _tide(given: float | Mapping[str, Any] | None, duration_s: float) -> Series | None:
    if given is None:
        return None
    with about("tide_m"):
        return checked(Name("潮位", "tide"), given, duration_s)


def moved(given: float | Mapping[str, Any], later_s: float) -> float | dict[str, Any]:
    """A series as inputs have it, later by so much (earlier where negative); its ends hold on.

    >>> moved({"times_s": [0, 3600], "values": [10, 20]}, -1800)
    {'times_s': [0, 1800.0, 3600], 'values': [15.0, 20, 20.0]}
    """
    if isinstance(given, int | float):
        return given
    first, last = given["times_s"][0], given["times_s"][-1]
    times = np.asarray(given["times_s"], np.float64) + later_s
    inner = [(t, value) for t, value in zip(times.tolist(), given["values"], strict=True) if first < t < last]
    values = [np.nan if value is None else value for value in given["values"]]
    ends = np.interp([first, last], times, values).tolist()
    told = [None if np.isnan(value) else value for value in ends]
    return {
        "times_s": [first, *(t for t, _ in inner), last],
        "values": [told[0], *(value for _, value in inner), told[1]],
    }


def _release(one: Mapping[str, Any], id: str, duration_s: float) -> Release:
    flow = _given(one, "inflows", id, "discharge_m3_s", Name("(m³/s)", "(m³/s)"), duration_s)
    return Release(id, _at(one), flow, one.get("source"))


def _breach(one: Mapping[str, Any], id: str, duration_s: float) -> BreachAsked:
    width_m = float(one["width_m"])
    if "erosion" in one:
        law = one["erosion"]
        growth: LinearGrowth | Erosion = Erosion(law["rate_m3_n_s"], law["critical_pa"])
    else:
        growth = LinearGrowth(float(one.get("grows_s", 1800.0)))
    sill = one.get("sill_m")
    return BreachAsked(
        id, _at(one), width_m, float(one.get("start_s", 0.0)),
        None if sill is None else float(sill), growth, min(float(one.get("first_width_m", 1.0)), width_m),
    )  # fmt: skip


def _gate(one: Mapping[str, Any], id: str, duration_s: float) -> GateAsked:
    opening = _given(one, "gates", id, "opening_m", Name("的开度(m)", "opening (m)"), duration_s)
    return GateAsked(id, _at(one), float(one["sill_m"]), float(one["width_m"]), opening)


def _point(one: Mapping[str, Any], id: str, duration_s: float) -> PointAsked:
    return PointAsked(id, _at(one))


def _pump(one: Mapping[str, Any], id: str, duration_s: float) -> PumpAsked:
    to, name = one.get("to"), called("pumps", id)
    start_m, stop_m = float(one["start_m"]), float(one["stop_m"])
    if not start_m > stop_m:
        with about("start_m"):
            raise BadStructure(
                f"{name.zh} 的起排水位须高于停排水位:{start_m:g}、{stop_m:g}",
                f"{name.en}: a pump starts at a level above that at which it stops: {start_m:g}, {stop_m:g}",
                value=start_m,
            )
    most = _given(one, "pumps", id, "capacity_m3_s", Name("的能力(m³/s)", "capacity (m³/s)"), duration_s)
    return PumpAsked(id, _at(one), None if to is None else _at(one, "to"), most, start_m, stop_m)


def _dyke(one: Mapping[str, Any], id: str, duration_s: float) -> DykeAsked:
    line = tuple((float(lon), float(lat)) for lon, lat in one["line"])
    crest = one["crest_m"]
    crests = tuple(float(each) for each in crest) if isinstance(crest, list) else (float(crest),) * len(line)
    if len(crests) != len(line):
        with about("crest_m"):
            raise BadScenario(
                f"堤顶高程须为一个数或每个顶点一个:{len(crests)}",
                f"a crest is one number, or one for each vertex: {len(crests)}",
                value=len(crests),
            )
    return DykeAsked(id, line, crests)


def _loss(given: Mapping[str, Any] | None) -> ConstantLoss | GreenAmpt | None:
    if given is None:
        return None
    name, lowest = min(given.items(), key=lambda each: float(each[1]))
    if not float(lowest) >= 0:
        with about("infiltration", name):
            raise BadForcing(
                f"下渗的 {name} 不得小于 0:{lowest:g}",
                f"infiltration: {name} is not below 0: {lowest:g}",
                value=lowest,
            )
    if "capacity_mm_h" in given:
        return ConstantLoss(float(given["capacity_mm_h"]) * MM_H)
    return GreenAmpt(
        float(given["conductivity_mm_h"]) * MM_H, float(given["suction_m"]), float(given["deficit"])
    )
