"""Stations, what they measure and their thresholds 测站、要素、特征值: typed, frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from spatial.catalogue.contract import Title
from water.works.datum import VerticalDatum
from water.works.offset import MEANINGLESS, Place, Shifted


@dataclass(frozen=True, slots=True)
class Element:
    """What a station measures, and by which observed property the store knows it."""

    id: str
    property: str
    """``properties.key`` of the observed property."""
    title: Title
    unit: str
    """UCUM."""
    height: bool = False
    """It is an elevation, in the datum of the station."""


ELEMENTS: Final[Mapping[str, Element]] = {
    each.id: each
    for each in (
        Element("stage", "sl651:Z", Title("水位", "stage"), "m", height=True),
        Element("discharge", "sl651:Q", Title("流量", "discharge"), "m3/s"),
        Element("rated-discharge", "rated-discharge", Title("推算流量", "discharge by the rating"), "m3/s"),
        Element("rain", "sl651:P1", Title("时段降水量", "rain in the period"), "mm"),
        Element("evaporation", "sl651:06", Title("日蒸发量", "evaporation of the day"), "mm"),
        Element("reservoir-stage", "sl651:ZU", Title("坝上水位", "stage above the dam"), "m", height=True),
        Element("outflow", "sl651:QA", Title("出库流量", "outflow"), "m3/s"),
        Element("tail-stage", "sl651:ZB", Title("坝下水位", "stage below the dam"), "m", height=True),
        Element("storage", "reservoir-storage", Title("蓄水量", "storage"), "10*6.m3"),
        Element("inflow", "reservoir-inflow", Title("入库流量", "inflow"), "m3/s"),
        Element("gate-opening", "sl651:09", Title("闸门开启高度", "gate opening"), "m"),
        Element("gates-open", "sl651:0C", Title("闸门开启孔数", "gates open"), "1"),
        Element("pumps-running", "sl651:19", Title("开机台数", "pumps running"), "1"),
        Element("pump-power", "pump-power", Title("开机功率", "power of the pumps"), "kW"),
        Element("water-temperature", "sl651:03", Title("水温", "temperature of the water"), "Cel"),
        Element("ph", "sl651:46", Title("pH 值", "pH"), "[pH]"),
        Element("conductivity", "sl651:COND", Title("电导率", "conductivity"), "uS/cm"),
        Element("turbidity", "sl651:TURB", Title("浊度", "turbidity"), "[NTU]"),
        Element("permanganate-index", "sl651:4A", Title("高锰酸盐指数", "permanganate index"), "mg/L"),
        Element("dissolved-oxygen", "sl651:DO", Title("溶解氧", "dissolved oxygen"), "mg/L"),
        Element("ammonia", "sl651:NH4N", Title("氨氮", "ammonia nitrogen"), "mg/L"),
        Element("total-phosphorus", "sl651:TP", Title("总磷", "total phosphorus"), "mg/L"),
        Element("total-nitrogen", "sl651:TN", Title("总氮", "total nitrogen"), "mg/L"),
    )
}
"""The elements that stations are registered with; telemetry may bring others under keys of its own."""
MEASURED: Final[Mapping[str, tuple[str, ...]]] = {
    "ZQ": ("stage", "discharge", "rated-discharge"),
    "ZZ": ("stage", "rated-discharge"),
    "RR": ("reservoir-stage", "storage", "inflow", "outflow"),
    "PP": ("rain",),
    "BB": ("evaporation",),
    "DD": ("reservoir-stage", "tail-stage", "discharge", "gate-opening", "gates-open", "rated-discharge"),
    "DP": ("reservoir-stage", "tail-stage", "discharge", "pumps-running", "pump-power", "rated-discharge"),
    "TT": ("stage",),
    "WQ": (
        *("water-temperature", "ph", "dissolved-oxygen", "conductivity", "turbidity"),
        *("permanganate-index", "ammonia", "total-phosphorus", "total-nitrogen"),
    ),
}
"""By class of station."""


class Mark(StrEnum):
    """Which threshold 特征值."""

    WARNING = "warning"
    GUARANTEED = "guaranteed"
    HIGHEST = "highest"
    FLOOD_LIMITED = "flood-limited"
    NORMAL = "normal"
    DESIGN = "design"
    CHECK = "check"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Station:
    """A gauging station 水情测站."""

    id: str
    name: str
    kind: str
    datum: VerticalDatum
    lon_deg: float
    lat_deg: float
    thing: str | None
    """``properties.key`` of its Thing."""
    route: str | None
    """The route that it stands on."""
    river_name: str | None
    division: str | None
    datum_elevation_m: float | None
    drainage_area_km2: float | None
    administered_by: str | None
    synthetic: bool

    @property
    def elements(self) -> tuple[Element, ...]:
        """What a station of its class measures."""
        return tuple(ELEMENTS[each] for each in MEASURED.get(self.kind, ()))

    @property
    def place(self) -> Place:
        """Where its heights are measured."""
        return Place(self.lon_deg, self.lat_deg, self.id)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold of a station; what nobody has set is not there."""

    kind: Mark
    quantity: str
    """``stage`` (m) or ``discharge`` (m³/s)."""
    value: float
    datum: VerticalDatum
    document: str
    standing: str
    season: tuple[str, str] | None = None
    """Month-day from and until, of a flood-limited stage."""

    def in_force(self, day: date) -> bool:
        """Whether it holds on a day of the year.

        >>> limit = Threshold(
        ...     Mark.WARNING, "stage", 21.5, VerticalDatum.CGVD1985, "文件", "unverified", ("10-01", "05-31")
        ... )
        >>> limit.in_force(date(2026, 1, 1)), limit.in_force(date(2026, 6, 1))
        (True, False)
        """
        return self.season is None or in_season(self.season, day)


def in_season(season: tuple[str, str], day: date) -> bool:
    """Whether a day lies in a part of the year, from and until (month-day), over its end if need be."""
    start, end = season
    now = f"{day:%m-%d}"
    return start <= now <= end if start <= end else now >= start or now <= end


def reached(
    value: float, datum: VerticalDatum, threshold: Threshold, shifted: Shifted | None = None
) -> bool | None:
    """Whether a stage reaches a threshold; None where their datums differ or none is stated: nobody can tell.

    ``shifted`` leads from the datum of the stage to that of the threshold, where such an offset is known.

    >>> mark = Threshold(Mark.WARNING, "stage", 21.5, VerticalDatum.CGVD1985, "文件", "unverified")
    >>> reached(22.0, VerticalDatum.CGVD1985, mark), reached(22.0, VerticalDatum.WUSONG, mark)
    (True, None)
    """
    if threshold.quantity != "stage" or (threshold.datum is datum and datum not in MEANINGLESS):
        return value >= threshold.value
    return None if shifted is None else shifted.height_m(value) >= threshold.value


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series, measured or filled."""

    time: datetime
    value: float | None
    flag: int
    """QARTOD 1, 2, 3, 4, 9."""
    filled: str = ""
    """How it was filled 插补方法; empty where it was measured."""
    uncertainty: float | None = None
