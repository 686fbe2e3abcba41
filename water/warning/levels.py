"""Levels of a station under a rule 判据: from what is on file, each with its source; what is not stays open.

A stage is held against a threshold of another vertical datum only by an offset on record there, and never
against one whose datum nobody stated. What is missing says what it is and who can supply it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from spatial.catalogue.contract import Title
from water.errors import DatumNotConvertible
from water.gauges.station import ELEMENTS, Mark, Station, Threshold
from water.warning.colour import COLOURS, Colour
from water.warning.rule import Kind, Level, Rule
from water.works.datum import VerticalDatum
from water.works.offset import LOCAL, MEANINGLESS, DatumOffset, Shifted, between

Document = dict[str, Any]


class Reason(StrEnum):
    """Why a level cannot be judged 无法判定."""

    NO_THRESHOLD = "no-threshold"
    OTHER_DATUM = "other-datum"
    DATUM_NOT_STATED = "datum-not-stated"
    SEVERAL_THRESHOLDS = "several-thresholds"
    NO_QUANTILES = "no-quantiles"
    BEYOND_QUANTILES = "beyond-quantiles"
    NO_NORMAL = "no-normal"
    OUT_OF_ORDER = "out-of-order"


_REASONS: Final[Mapping[Reason, Title]] = {
    Reason.NO_THRESHOLD: Title("没有登记该特征值", "no threshold on file"),
    Reason.OTHER_DATUM: Title("基面与测站不同且无登记的换算", "it is in another datum, no offset on record"),
    Reason.DATUM_NOT_STATED: Title("基面未注明,不可比较", "the datum is not stated, they cannot be compared"),
    Reason.SEVERAL_THRESHOLDS: Title("该特征值登记了多个,须订正", "several are on file, to be corrected"),
    Reason.NO_QUANTILES: Title("没有登记设计值", "no quantiles on file"),
    Reason.BEYOND_QUANTILES: Title("超出设计值范围,不外延", "beyond the quantiles on file, not extended"),
    Reason.NO_NORMAL: Title("没有登记多年平均来水", "no normal inflow on file"),
    Reason.OUT_OF_ORDER: Title("较重一级的判据低于较轻一级", "a graver level lies below a milder one"),
}  # fmt: skip


_MARKS: Final[Mapping[Mark, str]] = {
    Mark.WARNING: "警戒",
    Mark.GUARANTEED: "保证",
    Mark.HIGHEST: "历史最高",
    Mark.FLOOD_LIMITED: "汛限",
    Mark.NORMAL: "正常",
    Mark.DESIGN: "设计",
    Mark.CHECK: "校核",
    Mark.DEAD: "死",
}
"""What a 特征值 is called before 水位 or 流量."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A colour that cannot be judged, why, and who can supply what is missing."""

    colour: Colour
    reason: Reason
    what: Title
    contact: str

    def to_json(self) -> Document:
        """As it is told."""
        told, colour = _REASONS[self.reason], self.colour.title
        return {
            "colour": self.colour.id,
            "reason": self.reason.value,
            "what": self.what.en,
            "zh": f"{colour.zh}无法判定:{told.zh}({self.what.zh}),请{self.contact}提供",
            "en": f"{colour.en} cannot be judged: {told.en} ({self.what.en}); {self.contact} can supply it",
        }


@dataclass(frozen=True, slots=True)
class Levels:
    """Of one station: raising and clearing level of each colour (NaN where open), with their evidence."""

    raised: tuple[float, ...]
    cleared: tuple[float, ...]
    evidence: Mapping[str, Document]
    missing: tuple[Missing, ...]


def levels(
    rule: Rule,
    station: Station,
    thresholds: Sequence[Threshold],
    day: date,
    offsets: Sequence[DatumOffset] = (),
) -> Levels:
    """The levels of a station; values are multiplied by the rule's sign, evidence is not."""
    raised, cleared = [math.nan] * len(COLOURS), [math.nan] * len(COLOURS)
    evidence: dict[str, Document] = {}
    missing: list[Missing] = []
    top = -math.inf
    for each in rule.levels:
        found = _level(rule, each, station, thresholds, day, offsets)
        if isinstance(found, Reason):
            missing.append(Missing(each.colour, found, _what(rule, each), rule.contact))
            continue
        high, low, told = found
        if rule.sign * high < top:
            missing.append(Missing(each.colour, Reason.OUT_OF_ORDER, _what(rule, each), rule.contact))
            continue
        top = rule.sign * high
        place = each.colour - 1
        raised[place], cleared[place] = rule.sign * high, rule.sign * low
        evidence[each.colour.id] = {"raised": high, "cleared": low, **told}
    return Levels(tuple(raised), tuple(cleared), evidence, tuple(missing))


_SAME: Final = Shifted(0.0, 0.0)


def shift(station: Station, source: VerticalDatum, offsets: Sequence[DatumOffset]) -> Shifted | Reason:
    """What leads from ``source`` to the station's datum, by offsets on record, or why nothing does."""
    if source in MEANINGLESS or station.datum in MEANINGLESS:
        return Reason.DATUM_NOT_STATED
    if source is station.datum and source not in LOCAL:
        return _SAME
    try:
        return between(source, station.datum, station.place, offsets)
    except DatumNotConvertible:
        return Reason.OTHER_DATUM


_Found = tuple[float, float, Document] | Reason


def _level(
    rule: Rule,
    level: Level,
    station: Station,
    thresholds: Sequence[Threshold],
    day: date,
    offsets: Sequence[DatumOffset],
) -> _Found:
    match rule.kind:
        case Kind.THRESHOLD:
            return _marked(rule, level, station, thresholds, day, offsets)
        case Kind.EXCEEDANCE:
            found = _marked(rule, level, station, thresholds, day, offsets)
            return found if isinstance(found, Reason) else (*_own(level), {"of": found[2], "at": found[0]})
        case Kind.RETURN_PERIOD:
            return _quantile(rule, level, station)
        case Kind.DEFICIT:
            normal = rule.normals.get(station.id)
            if normal is None:
                return Reason.NO_NORMAL
            return (*_own(level), {"normal": normal.value, "document": normal.document})
        case Kind.VALUE | Kind.RISE:
            return (*_own(level), {"document": rule.source, "standing": rule.standing})


def _own(level: Level) -> tuple[float, float]:
    assert level.raised is not None and level.cleared is not None
    return level.raised, level.cleared


def _marked(
    rule: Rule,
    level: Level,
    station: Station,
    thresholds: Sequence[Threshold],
    day: date,
    offsets: Sequence[DatumOffset],
) -> _Found:
    quantity = rule.quantity
    held = [
        each
        for each in thresholds
        if each.kind is level.mark and each.quantity == quantity and each.in_force(day)
    ]
    if not held:
        return Reason.NO_THRESHOLD
    if len(held) > 1:
        return Reason.SEVERAL_THRESHOLDS
    (mark,) = held
    told: Document = {
        "mark": mark.kind,  # both are texts: asking enumerations for their values takes as long as all else
        "value": mark.value,
        "vertical_datum": mark.datum,
        "document": mark.document,
        "standing": mark.standing,
    }
    value = mark.value
    if ELEMENTS[rule.element].height:
        moved = shift(station, mark.datum, offsets)
        if isinstance(moved, Reason):
            return moved
        if moved.via:
            told["offset_m"], told["offsets"] = moved.offset_m, list(moved.via)
        value = moved.height_m(value)
    value += level.offset
    return value, value - level.margin, told


def _quantile(rule: Rule, level: Level, station: Station) -> _Found:
    held = rule.quantiles.get(station.id)
    if held is None:
        return Reason.NO_QUANTILES
    years = _own(level)
    if not all(held.years[0] <= each <= held.years[-1] for each in years):
        return Reason.BEYOND_QUANTILES
    raised, cleared = (_at(held.years, held.values, each) for each in years)
    return raised, cleared, {"years": years[0], "cleared_years": years[1], "document": held.document}


def _at(years: Sequence[float], values: Sequence[float], wanted: float) -> float:
    """The value of a return period, between two on file along its logarithm."""
    for place in range(1, len(years)):
        if wanted <= years[place]:
            low, high = math.log(years[place - 1]), math.log(years[place])
            part = (math.log(wanted) - low) / (high - low)
            return values[place - 1] + part * (values[place] - values[place - 1])
    return values[-1]


def _what(rule: Rule, level: Level) -> Title:
    if level.mark is not None:
        quantity = "水位" if rule.quantity == "stage" else "流量"
        return Title(f"{_MARKS[level.mark]}{quantity}", f"{level.mark.value} {rule.quantity}")
    if rule.kind is Kind.RETURN_PERIOD:
        return Title(f"{level.raised:g} 年一遇", f"{level.raised:g} a")
    return Title(rule.element, rule.element)
