"""A warning rule 预警规则: what is watched, at which levels, how long, and on whose word. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from spatial.catalogue.contract import Title
from water.gauges.station import Mark
from water.warning.colour import Colour


class Kind(StrEnum):
    """What is held against the levels."""

    THRESHOLD = "threshold"
    """特征值: the value against thresholds of the station that somebody set (警戒, 保证, 历史最高)."""
    VALUE = "value"
    """定值: the value against levels that the rule itself names."""
    RISE = "rise"
    """涨率: how fast the value rises, per hour over a window."""
    RETURN_PERIOD = "return-period"
    """重现期: the value against quantiles of the station; levels in years."""
    EXCEEDANCE = "exceedance"
    """超限概率: the forecast probability that a threshold is reached; levels from 0 to 1."""
    DEFICIT = "deficit"
    """来水亏缺: how much the mean of a window falls short of its normal; levels as parts of the normal."""


class Hazard(StrEnum):
    """What is warned of."""

    FLOOD = "flood"
    """洪水."""
    RAIN = "rain"
    """暴雨."""
    DROUGHT = "drought"
    """枯水."""


HAZARDS: Final[Mapping[Hazard, Title]] = {
    Hazard.FLOOD: Title("洪水", "flood"),
    Hazard.RAIN: Title("暴雨", "heavy rain"),
    Hazard.DROUGHT: Title("枯水", "low flow"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """One colour's raising and clearing level."""

    colour: Colour
    mark: Mark | None = None
    """The threshold that it raises at; its clearing level lies ``margin`` below."""
    offset: float = 0.0
    """Added to the threshold, in its unit."""
    margin: float = 0.0
    raised: float | None = None
    """Where no threshold of the station is meant: the level itself."""
    cleared: float | None = None


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Values of a station by their return period 设计值, rising."""

    years: tuple[float, ...]
    values: tuple[float, ...]
    document: str


@dataclass(frozen=True, slots=True)
class Normal:
    """The mean that inflow is held against 多年平均."""

    value: float
    document: str


@dataclass(frozen=True, slots=True)
class Tier:
    """Who has to take note, and within which time of its turn 签收环节."""

    id: str
    """``duty`` 值班员, ``leader`` 带班领导 or ``departments`` 成员单位."""
    deadline_s: Mapping[Colour, float]
    departments: tuple[str, ...] = ()
    """Of the last tier: who has to, each for itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule; it is never changed, only followed by another."""

    id: str
    title: Title
    hazard: Hazard
    kind: Kind
    element: str
    """Of :data:`water.gauges.station.ELEMENTS`."""
    levels: tuple[Level, ...]
    """Mildest first."""
    source: str
    """The document that it rests on."""
    standing: str
    """``sourced``, ``verified`` or ``unverified`` 待核."""
    hold_s: float = 0.0
    """How long readings stay at a level before it raises."""
    dwell_s: float = 0.0
    """How long they stay below before it clears."""
    stale_s: float = 7200.0
    """After how long a silence the input is stale."""
    window_s: float = 0.0
    """Of rates and means."""
    below: bool = False
    """Whether low values are what is warned of."""
    stations: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    """Every station of these classes 站类."""
    synthetic: bool = False
    """合成数据: such a rule judges no real station."""
    enabled: bool = True
    note: Title = field(default_factory=lambda: Title("", ""))
    """What is said with its warnings."""
    quantiles: Mapping[str, Quantiles] = field(default_factory=dict)
    normals: Mapping[str, Normal] = field(default_factory=dict)
    chain: tuple[Tier, ...] = ()
    contact: str = "寿光市水利局"
    """Who can supply what is not on file."""

    @property
    def quantity(self) -> str:
        """Which of a station's thresholds are meant: of its stage or of its discharge."""
        return "stage" if self.element.endswith("stage") else "discharge"

    @property
    def sign(self) -> float:
        """What values and levels are multiplied by, so that more is graver."""
        return -1.0 if self.below else 1.0
