"""Conversion between vertical datums 高程基准换算: by offsets on record, where they hold; never by guess.

An offset says what is added to a height in one datum for the height in another, from which document
that is, how sure it is and where it holds. Frozen and assumed datums (冻结基面、假定基面) mean something
at one station alone, and so does an offset from or to them. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import shapely

from water.errors import DatumNotConvertible
from water.works.datum import VerticalDatum

LOCAL: Final = frozenset({VerticalDatum.ASSUMED, VerticalDatum.WUSONG_FROZEN})
"""Of one station or work: the same word at another means another height."""
MEANINGLESS: Final = frozenset({VerticalDatum.NONE, VerticalDatum.NOT_STATED})
AGREE_M: Final = 0.005
"""Two ways from one datum to another that differ by more contradict each other."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a height was measured."""

    lon_deg: float
    lat_deg: float
    station: str | None = None
    """By its code, where it is one."""


@dataclass(frozen=True, slots=True)
class DatumOffset:
    """A known difference between two datums: target = source + offset."""

    id: str
    source: VerticalDatum
    target: VerticalDatum
    offset_m: float
    uncertainty_m: float
    document: str
    standing: str
    area: shapely.Geometry
    """Where it holds, CGCS2000."""
    station: str | None = None

    def holds(self, place: Place) -> bool:
        """Whether it may be used there."""
        if self.station is not None and self.station != place.station:
            return False
        return bool(shapely.intersects_xy(self.area, place.lon_deg, place.lat_deg))

    def turned(self) -> DatumOffset:
        """The way back."""
        return replace(self, source=self.target, target=self.source, offset_m=-self.offset_m)


@dataclass(frozen=True, slots=True)
class Shifted:
    """What leads from one datum to another at a place, and what that rests on."""

    offset_m: float
    uncertainty_m: float
    via: tuple[str, ...] = ()
    """Numbers of the offsets; empty where the datums are one."""

    def height_m(self, height_m: float) -> float:
        """A height in the other datum."""
        return height_m + self.offset_m


def refused_record(offset: DatumOffset) -> tuple[str, str] | None:
    """Why an offset is none, in both languages; None where it may be entered."""
    if not offset.document.strip():
        return "没有来源的换算差不予登记", "an offset without a source is not taken"
    if offset.source is offset.target or not MEANINGLESS.isdisjoint((offset.source, offset.target)):
        return "须为两个不同的、已知的基面", "it leads between two datums that are known and not one"
    if not LOCAL.isdisjoint((offset.source, offset.target)) and offset.station is None:
        return "冻结、假定基面的换算差须注明测站", "an offset of a frozen or assumed datum names its station"
    if not math.isfinite(offset.offset_m) or not 0 <= offset.uncertainty_m < math.inf:
        return "差值与不确定度须为有限数", "offset and uncertainty are finite numbers"
    if shapely.is_empty(offset.area) or not shapely.is_valid(offset.area):
        return "适用范围须为有效的面", "where it holds is a valid area"
    return None


def between(
    source: VerticalDatum, target: VerticalDatum, place: Place, offsets: Sequence[DatumOffset]
) -> Shifted:
    """The shift from one datum to another at a place, over one datum between them at most.

    DatumNotConvertible where none is on record there, or where two contradict each other.
    """
    if source is target and source not in MEANINGLESS and (source not in LOCAL or place.station):
        return Shifted(0.0, 0.0)
    found = [] if source is target else [*_ways(source, target, [o for o in offsets if o.holds(place)])]
    where = place.station or f"{place.lon_deg:g}, {place.lat_deg:g}"
    told = f"{source.value} → {target.value} ({where})"
    if not found:
        raise DatumNotConvertible(
            f"此处没有登记过两基面的差值,不作猜测,请先登记(datum-offset-record):{told}",
            f"no offset between these datums is on record there; enter it (datum-offset-record): {told}",
            value=told,
        )
    if max(each.offset_m for each in found) - min(each.offset_m for each in found) > AGREE_M:
        names = "、".join(sorted({one for each in found for one in each.via}))
        raise DatumNotConvertible(
            f"登记的差值互相矛盾,请先核对 {names}:{told}",
            f"offsets on record contradict each other, settle {names} first: {told}",
            value=told,
        )
    return min(found, key=lambda each: (each.uncertainty_m, each.via))


def difference(
    upper: tuple[VerticalDatum, Place], lower: tuple[VerticalDatum, Place], offsets: Sequence[DatumOffset]
) -> Shifted:
    """What is added to (upper stage - lower stage) so that it is a fall, each in its station's datum.

    Two stations of one common datum need nothing; else both go to the national datum of 1985.
    """
    (one, here), (other, there) = upper, lower
    if one is other and one not in (LOCAL | MEANINGLESS):
        return Shifted(0.0, 0.0)
    first = between(one, VerticalDatum.CGVD1985, here, offsets)
    second = between(other, VerticalDatum.CGVD1985, there, offsets)
    return Shifted(
        first.offset_m - second.offset_m,
        math.hypot(first.uncertainty_m, second.uncertainty_m),
        tuple(dict.fromkeys((*first.via, *second.via))),
    )


def _ways(source: VerticalDatum, target: VerticalDatum, offsets: Sequence[DatumOffset]) -> Iterator[Shifted]:
    both = [*offsets, *(each.turned() for each in offsets)]
    direct = [each for each in both if (each.source, each.target) == (source, target)]
    yield from (Shifted(each.offset_m, each.uncertainty_m, (each.id,)) for each in direct)
    if direct:
        return
    for one in both:
        for two in both:
            if one.source is source and one.target is two.source and two.target is target:
                yield Shifted(
                    one.offset_m + two.offset_m,
                    math.hypot(one.uncertainty_m, two.uncertainty_m),
                    (one.id, two.id),
                )
