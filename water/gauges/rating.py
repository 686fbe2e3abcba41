"""Rating curves 水位流量关系: power segments with shift, loop or fall correction, uncertainty, valid range.

Q = a (h − h₀)^b within each segment, h the stage in metres over the station's datum, Q in m³/s. A curve
rises and holds together: each segment begins where the one before ends, and there both say the same
discharge but for a rounding of a thousandth. Nothing is said outside of its range. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from spatial.errors import shorten
from water.errors import BadRating, OutsideRating
from water.gauges.fall import Fall
from water.works.datum import VerticalDatum

JUMP_MOST: Final = 1e-3
"""Relative difference of two segments where they meet."""
LOOP_LEAST: Final = 0.1
"""The least factor of discharge that a loop correction may come to, squared: below it, the flow turns."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One power law between two stages."""

    from_m: float
    to_m: float
    a: float
    """m³/s at one metre over the zero of flow."""
    zero_m: float
    """h₀, stage of zero flow 断流水位."""
    b: float

    def discharge_m3_s(self, stage_m: float) -> float:
        """Q of a stage; 0 at or under the zero of flow."""
        return float(self.a * max(0.0, stage_m - self.zero_m) ** self.b)

    def stage_m(self, discharge_m3_s: float) -> float:
        """The stage of a discharge."""
        return float(self.zero_m + (discharge_m3_s / self.a) ** (1 / self.b))


def segments_of(text: str) -> tuple[Segment, ...]:
    """Segments as the layer writes them: ``from to a h₀ b``, parted by semicolons; BadRating where not so.

    >>> segments_of("10 12 12.5 10 1.5; 12 15 8.8 10 2")[1].b
    2.0
    """
    try:
        return tuple(
            Segment(*(float(each) for each in part.split())) for part in text.split(";") if part.strip()
        )
    except (TypeError, ValueError):
        shown = shorten(text)
        raise BadRating(
            f"每段须为五个数(起 止 a h₀ b),段间以分号隔开:{shown}",
            f"a segment is five numbers (from, to, a, h₀, b), parted by semicolons: {shown}",
            value=shown,
        ) from None


def segments_text(segments: Sequence[Segment]) -> str:
    """The text that :func:`segments_of` reads."""
    return "; ".join(
        f"{each.from_m!r} {each.to_m!r} {each.a!r} {each.zero_m!r} {each.b!r}" for each in segments
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of the control that a few measurements showed 水位改正: the curve is entered at h + shift."""

    shift_m: float
    valid_from: datetime
    valid_to: datetime | None
    basis: str
    """The measurements that it rests on."""

    def holds(self, at: datetime) -> bool:
        """Whether it applies then."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True)
class Loop:
    """Correction of unsteady flow 绳套校正 after Jones: Q = Q₀ √(1 + (dh/dt)/(c·S₀)).

    ``celerity_m_s`` is that of the flood wave, ``slope`` the energy slope of steady flow.
    """

    celerity_m_s: float
    slope: float

    def factor(self, rise_m_s: float) -> float:
        """What steady discharge is multiplied with; OutsideRating where the formula has no meaning."""
        squared = 1 + rise_m_s / (self.celerity_m_s * self.slope)
        if squared < LOOP_LEAST:
            raise OutsideRating(
                f"落水过快,绳套校正不再成立,请实测:{rise_m_s * 3600:g} m/h",
                f"the stage falls too fast for the loop correction, measure: {rise_m_s * 3600:g} m/h",
                value=rise_m_s,
            )
        return math.sqrt(squared)


@dataclass(frozen=True, slots=True)
class Rating:
    """A version of a station's rating curve; it holds for a time and a range of stages."""

    version: str
    datum: VerticalDatum
    segments: tuple[Segment, ...]
    valid_from: datetime
    valid_to: datetime | None
    uncertainty: float
    """Standard uncertainty of Q, relative 相对标准不确定度."""
    document: str
    """Where it is from; without a source there is no curve."""
    shifts: tuple[Shift, ...] = ()
    loop: Loop | None = None
    fall: Fall | None = None
    """Of a stage-fall rating: the segments then hold for its reference fall."""

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault is not None:
            raise BadRating(f"{fault[0]}:{self.version}", f"{fault[1]}: {self.version}", value=self.version)

    @property
    def range_m(self) -> tuple[float, float]:
        """The stages it covers."""
        return self.segments[0].from_m, self.segments[-1].to_m

    @property
    def range_m3_s(self) -> tuple[float, float]:
        """The discharges that it covers in steady flow."""
        low, high = self.segments[0], self.segments[-1]
        return low.discharge_m3_s(low.from_m), high.discharge_m3_s(high.to_m)

    def holds(self, at: datetime) -> bool:
        """Whether it is the curve of an instant."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    def shift_at(self, at: datetime) -> float:
        """The shift in force, m; 0 where there is none."""
        return next((each.shift_m for each in self.shifts if each.holds(at)), 0.0)

    def discharge_m3_s(
        self, stage_m: float, at: datetime, rise_m_s: float | None = None, fall_m: float | None = None
    ) -> float:
        """Q of a stage at an instant; with ``rise_m_s`` of rising or falling water, where it has a loop.

        ``fall_m`` is needed by a stage-fall rating. OutsideRating where the stage or the fall is not
        covered: a curve is never extended unasked.
        """
        entered = stage_m + self.shift_at(at)
        low, high = self.range_m
        if not low <= entered <= high:
            raise _outside(self, "水位", "stage", stage_m, f"{low:g}–{high:g} m")
        segment = next(each for each in self.segments if entered <= each.to_m)
        steady = segment.discharge_m3_s(entered)
        if self.fall is not None:
            return steady * self.fall.factor(math.nan if fall_m is None else fall_m)
        if self.loop is None or rise_m_s is None:
            return steady
        return steady * self.loop.factor(rise_m_s)

    def stage_m(self, discharge_m3_s: float, at: datetime) -> float:
        """The stage of a discharge in steady flow; OutsideRating where it is not covered."""
        least, most = self.range_m3_s
        if not least <= discharge_m3_s <= most:
            raise _outside(self, "流量", "discharge", discharge_m3_s, f"{least:g}–{most:g} m³/s")
        segment = next(
            (each for each in self.segments if discharge_m3_s <= each.discharge_m3_s(each.to_m)),
            self.segments[-1],
        )
        entered = min(max(segment.stage_m(discharge_m3_s), segment.from_m), segment.to_m)
        return entered - self.shift_at(at)

    def uncertainty_m3_s(
        self, discharge_m3_s: float, fall_m: float | None = None, datum_m: float = 0.0
    ) -> float:
        """Standard uncertainty of a discharge that it gave, the fall's and its datums' with it."""
        if self.fall is None or fall_m is None:
            return self.uncertainty * discharge_m3_s
        return math.hypot(self.uncertainty, self.fall.relative_uncertainty(fall_m, datum_m)) * discharge_m3_s


def at(ratings: Sequence[Rating], instant: datetime) -> Rating | None:
    """The curve of an instant; BadRating where two of a station claim it."""
    found = [each for each in ratings if each.holds(instant)]
    if len(found) > 1:
        names = ", ".join(each.version for each in found)
        raise BadRating(
            f"同一时刻有两条水位流量关系,请改正有效时间:{names}",
            f"two rating curves hold at one instant, mend their times: {names}",
            value=names,
        )
    return found[0] if found else None


def _fault(rating: Rating) -> tuple[str, str] | None:
    """Why a curve is none."""
    if not rating.segments:
        return "至少要有一段", "a curve has a segment at least"
    if not rating.document.strip():
        return "没有来源的水位流量关系不予采用", "a curve without a source is not taken"
    if rating.datum in (VerticalDatum.NONE, VerticalDatum.NOT_STATED):
        return "须注明水位的基面", "the datum of its stages must be said"
    if not 0 <= rating.uncertainty < 1:
        return "相对不确定度须在 0 与 1 之间", "a relative uncertainty is from 0 to 1"
    if rating.valid_to is not None and rating.valid_to <= rating.valid_from:
        return "有效时间的终点须晚于起点", "it ends after it begins"
    if rating.loop is not None and not (rating.loop.celerity_m_s > 0 and rating.loop.slope > 0):
        return "绳套校正的波速与比降须为正", "celerity and slope of a loop are over 0"
    if rating.fall is not None and (rating.loop is not None or rating.fall.fault()):
        both = "绳套与落差校正只取其一", "a curve is corrected by loop or by fall, not by both"
        return rating.fall.fault() or both
    for each in rating.segments:
        numbers = (each.from_m, each.to_m, each.a, each.zero_m, each.b)
        if not all(map(math.isfinite, numbers)) or each.a <= 0 or each.b <= 0:
            return "各段的系数与指数须为正数", "coefficient and exponent of a segment are over 0"
        if not each.zero_m <= each.from_m < each.to_m:
            return "各段须自断流水位或其上起,向上延伸", "a segment begins at its zero of flow or over it"
    for one, two in pairwise(rating.segments):
        if one.to_m != two.from_m:
            return "各段须首尾相接", "segments follow each other without gap or overlap"
        before, after = one.discharge_m3_s(one.to_m), two.discharge_m3_s(two.from_m)
        if abs(after - before) > JUMP_MOST * max(before, after):
            return "两段在相接处流量不等", "two segments differ where they meet"
    return _clash(rating.shifts)


def _clash(shifts: Sequence[Shift]) -> tuple[str, str] | None:
    ordered = sorted(shifts, key=lambda each: each.valid_from)
    for one, two in pairwise(ordered):
        if one.valid_to is None or one.valid_to > two.valid_from:
            return "水位改正的时间重叠", "shifts overlap in time"
    return None


def _outside(rating: Rating, zh: str, en: str, value: float, covered: str) -> OutsideRating:
    return OutsideRating(
        f"{zh}超出水位流量关系 {rating.version} 的范围({covered}),不外延:{value:g}",
        f"the {en} is outside of rating {rating.version} ({covered}), which is not extended: {value:g}",
        value=value,
    )
