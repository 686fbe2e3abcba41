"""Which frame a file is in 坐标系判定, from declared WKT, sizes, the city and trusted positions.

The order of the evidence: what the file declares; the size of its numbers
(zone prefix, swapped axes); the share inside the city, which tells the zone and
never the datum; the distance to positions already trusted under each reading,
which tells GCJ-02 and BD-09 and confirms a datum. What this does not decide is
refused, with the candidates and the option that decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spatial.catalogue.city import City
from spatial.datum import STANDARD, Frame, Registry, frame
from spatial.datum.frames import FRAMES, Kind
from spatial.errors import FrameUndecided, UnknownFrame
from spatial.exchange import contradiction
from spatial.exchange.evidence import Evidence, FrameReading
from spatial.exchange.residuals import (
    OUTLINE_M,
    TRUSTED_AT_LEAST,
    TRUSTED_M,
    Candidate,
    Floats,
    Survey,
    Trusted,
    axes,
    clearly_best,
    moved_to_city,
    outline_residual_m,
    residual_m,
    told,
)

_CITY_MARGIN_DEG = 0.03
_INSIDE = 0.9
_LON_LAT = ("EPSG:4490", "GCJ02", "BD09")


def decide(
    survey: Survey,
    city: City,
    *,
    name: str,
    declared: str | None = None,
    option: str | None = None,
    trusted: Sequence[Trusted] = (),
    trust_said: bool = False,
    registry: Registry = STANDARD,
) -> FrameReading:
    """The frame of a file, with the evidence; raises FrameUndecided where it does not suffice.

    A frame that is said (by the file or the option) is held against trusted positions:
    what lies 100 m off them raises FrameContradicted unless ``trust_said``,
    smaller contradictions become evidence.

    ``registry`` knows the city's own frames and transformations.
    """
    seen: list[Evidence] = []
    known = _declared(declared, seen)
    said = registry.frame(option) if option is not None else known
    candidates = _candidates(survey, city, said, registry)
    if option is not None:
        seen.append(Evidence("option", f"由 --source-crs 指明 {option}", f"said by --source-crs: {option}"))
        best = _given(registry.frame(option), candidates, seen)
    elif known is not None:
        _contradicted(known, survey, city, trusted, seen, name, offsets=not trust_said)
        best = _given(known, candidates, seen)
    else:
        best = None
    if best is not None:
        possible = [one for one in _candidates(survey, city, None) if one.inside >= _INSIDE]
        held = contradiction.hold(best, possible, survey, city, trusted, registry)
        seen += held.evidence
        seen += contradiction.weigh(held.contradictions, name=name, seen=seen, trust=trust_said)
        return _reading(best, seen)
    inside = [one for one in candidates if one.inside >= _INSIDE]
    seen += [_share(one) for one in (inside or candidates)]
    # A layer may reach far beyond the city, as a river's course does: what is trusted in it still decides.
    decided = _by_trusted(inside or candidates, survey, city, trusted, seen)
    if decided is None and not inside:
        raise _undecided(name, candidates, seen, "没有一种读法落在城市范围内", "no reading lies in the city")
    if decided is None:
        raise _undecided(
            name,
            inside,
            seen,
            "可信位置不足三处,或与每种读法都不相符",
            "fewer than three trusted positions, or none of the readings meets them",
        )
    return _reading(decided, seen)


def assume(survey: Survey, city: City, *, name: str, registry: Registry = STANDARD) -> FrameReading:
    """The likeliest frame in CGCS2000 of a file that says nothing, by its numbers and the city alone.

    For what a person looks at over the map before it counts for anything: older
    datums and GCJ-02 are not excluded by it. Raises FrameUndecided where no
    reading lies in the city.
    """
    candidates = _candidates(survey, city, None, registry)
    usable = [one for one in candidates if one.inside >= _INSIDE and one.frame.kind is not Kind.OFFSET]
    if not usable:
        seen = [_share(one) for one in candidates]
        raise _undecided(name, candidates, seen, "没有一种读法落在城市范围内", "no reading lies in the city")
    best = usable[0]
    told = Evidence(
        "assumed",
        f"文件未写明坐标系,按数值假定为 {best.frame.id}",
        f"the file says no frame; {best.frame.id} is assumed by its numbers",
    )
    return _reading(best, [told, _share(best)])


def _declared(declared: str | None, seen: list[Evidence]) -> Frame | None:
    if declared is None:
        return None
    try:
        known = frame(declared)
    except UnknownFrame:
        seen.append(
            Evidence("declared", f"声明了未登记的坐标系 {declared}", f"declares {declared}, not registered")
        )
        return None
    seen.append(Evidence("declared", f"文件声明 {known.id}", f"the file declares {known.id}"))
    return known


def _candidates(
    survey: Survey, city: City, wanted: Frame | None, registry: Registry = STANDARD
) -> list[Candidate]:
    """Readings that the sizes of the numbers allow, best first."""
    found = []
    for swapped in (False, True):
        x, y = axes(survey.sample_x, survey.sample_y, swapped)
        frames = [wanted] if wanted else _possible(x, y, city)
        found += [Candidate(one, swapped, _inside(x, y, one, city, registry)) for one in frames]
    return sorted(found, key=lambda one: (-one.inside, one.swapped))


def _possible(x: Floats, y: Floats, city: City) -> list[Frame]:
    """Frames of the datum CGCS2000 (and the two offset systems) that such numbers may be in."""
    if not len(x):
        return []
    east, north = float(np.median(x)), float(np.median(y))
    if abs(east) <= 180 and abs(north) <= 90:
        return [frame(name) for name in _LON_LAT]
    if not 1.8e6 <= north <= 6.1e6:
        return []
    plane = [one for one in FRAMES.values() if one.kind is Kind.PROJECTED and one.datum == "CGCS2000"]
    if 13e6 <= east <= 46e6:
        return [one for one in plane if one.zone == int(east // 1e6)]
    if 1e5 <= east <= 9e5:
        near = [one for one in plane if one.zone is None and one.central_meridian_deg is not None]
        wide = [one for one in near if abs((one.central_meridian_deg or 0) - city.central_meridian_deg) <= 3]
        # Zones of 3 and 6 degrees around one meridian are one projection; the wider one reaches further.
        widest = sorted(wide, key=lambda one: one.zone_width_deg or 0)
        return list({one.central_meridian_deg: one for one in widest}.values())
    return []


def _inside(x: Floats, y: Floats, source: Frame, city: City, registry: Registry) -> float:
    lon, lat = moved_to_city(x, y, source, registry)
    box = city.extent_4490
    margin = _CITY_MARGIN_DEG
    inside = (
        (lon >= box.west - margin)
        & (lon <= box.east + margin)
        & (lat >= box.south - margin)
        & (lat <= box.north + margin)
    )
    return float(inside.mean()) if len(inside) else 0.0


def _given(known: Frame, candidates: list[Candidate], seen: list[Evidence]) -> Candidate:
    """A frame that is said: only the order of the axes is left to the numbers."""
    best = candidates[0] if candidates and candidates[0].inside > 0 else Candidate(known, False, 0.0)
    seen.append(_share(best))
    return best


def _reading(best: Candidate, seen: list[Evidence]) -> FrameReading:
    if best.swapped:
        seen.append(
            Evidence("axes", "坐标次序为先北(纬)后东(经),已对调", "the first number is the northing; swapped")
        )
    return FrameReading(best.frame.id, best.swapped, tuple(seen))


def _share(one: Candidate) -> Evidence:
    order = "(北,东)" if one.swapped else ""
    return Evidence(
        "extent",
        f"按 {one.frame.id}{order} 读,{one.inside:.0%} 落在城市范围内",
        f"read as {one.frame.id}{' (north, east)' if one.swapped else ''}, {one.inside:.0%} lies in the city",
        {"inside": round(one.inside, 4)},
    )


def _contradicted(
    known: Frame,
    survey: Survey,
    city: City,
    trusted: Sequence[Trusted],
    seen: list[Evidence],
    name: str,
    *,
    offsets: bool,
) -> None:
    """Refuse a declaration that the numbers deny, or (``offsets``) that hides GCJ-02 or BD-09."""
    others = _candidates(survey, city, None)
    own = max((one.inside for one in _candidates(survey, city, known)), default=0.0)
    better = [one for one in others if one.inside >= _INSIDE and one.frame.id != known.id]
    if own == 0.0 and better:
        seen += [_share(one) for one in better]
        raise _undecided(
            name, better, seen, f"声明的 {known.id} 与数值不符", f"numbers contradict {known.id}"
        )
    if not offsets or known.kind not in (Kind.GEOGRAPHIC, Kind.OFFSET):
        return
    hidden = [one for one in others if one.frame.id in ("GCJ02", "BD09") and one.inside >= _INSIDE]
    plain = [one for one in others if one.frame.id == "EPSG:4490" and one.inside >= _INSIDE]
    found = _by_trusted([*plain, *hidden], survey, city, trusted, seen)
    if found is not None and found.frame.id in ("GCJ02", "BD09") and known.id != found.frame.id:
        raise _undecided(
            name,
            [found],
            seen,
            f"声明 {known.id},实为 {found.frame.id}",
            f"{known.id} is declared, the positions say {found.frame.id}",
        )


def _by_trusted(
    readings: Sequence[Candidate],
    survey: Survey,
    city: City,
    trusted: Sequence[Trusted],
    seen: list[Evidence],
) -> Candidate | None:
    """The reading whose positions meet trusted ones, where one does so far better than all others."""
    for group in trusted:
        residuals = {one: residual_m(group, one) for one in readings}
        seen += [told(group.kind, one, metres, len(group.file_x)) for one, metres in residuals.items()]
        limit = TRUSTED_M
        if len(group.file_x) >= TRUSTED_AT_LEAST and (best := clearly_best(residuals, limit)) is not None:
            return best
    residuals = {one: outline_residual_m(survey, one, city) for one in readings}
    best = clearly_best(residuals, OUTLINE_M)
    if best is None:
        return None
    seen += [told("outline", one, metres, 4) for one, metres in residuals.items()]
    # An outline within 100 m cannot tell 2000 from 80 or 54, which differ by tens of metres.
    return best if best.frame.kind is Kind.OFFSET else None


def _undecided(
    name: str, candidates: Sequence[Candidate], seen: Sequence[Evidence], zh: str, en: str
) -> FrameUndecided:
    choices = list(dict.fromkeys(_choices(candidates)))
    choices_zh = "、".join(choices) or "EPSG:4490、EPSG:4528、GCJ02 …"
    choices_en = ", ".join(choices) or "EPSG:4490, EPSG:4528, GCJ02 …"
    return FrameUndecided(
        f"坐标系无法判定({zh});请用 --source-crs 指明,候选:{choices_zh}:{name}",
        f"the frame cannot be decided ({en}); say it with --source-crs, candidates {choices_en}: {name}",
        value=name,
        details={
            "option": "--source-crs",
            "candidates": choices,
            "evidence": [one.to_json() for one in seen],
        },
    )


def _choices(candidates: Sequence[Candidate]) -> list[str]:
    """The candidates, and beside each its twins in the older datums, which only a person can tell apart."""
    found = []
    for one in candidates:
        found.append(one.frame.id)
        if one.frame.datum == "CGCS2000":
            found += [
                other.id
                for other in FRAMES.values()
                if other.datum in ("XIAN80", "BEIJING54")
                and other.kind is one.frame.kind
                and other.central_meridian_deg == one.frame.central_meridian_deg
                and other.zone == one.frame.zone
                and other.zone_width_deg == one.frame.zone_width_deg
            ]
    return found
