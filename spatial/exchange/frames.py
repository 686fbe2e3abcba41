"""Which frame a file is in 坐标系判定, from declared WKT, sizes, the city and trusted positions.

The order of the evidence: what the file declares; the size of its numbers
(zone prefix, swapped axes); the share inside the city, which tells the zone and
never the datum; the distance to positions already trusted under each reading,
which tells GCJ-02 and BD-09 and confirms a datum. What this does not decide is
refused, with the candidates and the option that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatial.catalogue.city import City
from spatial.datum import STANDARD, Frame, Registry, frame, move
from spatial.datum.frames import FRAMES, Kind
from spatial.errors import FrameUndecided, InvalidInput, Refused, UnknownFrame
from spatial.exchange.evidence import Evidence, FrameReading

Floats = npt.NDArray[np.float64]

_M_PER_DEG = 111_320.0
_CITY_MARGIN_DEG = 0.03
_INSIDE = 0.9
_OUTLINE_M = 150.0
"""A city's extent is rounded to 0.001°, so an outline may miss it by about 100 m."""
_TRUSTED_M = 5.0
_TRUSTED_AT_LEAST = 3
_CLEARLY = 5.0
_LON_LAT = ("EPSG:4490", "GCJ02", "BD09")


@dataclass(frozen=True, slots=True)
class Survey:
    """What the coordinates of a file look like, as they stand in it."""

    bounds: tuple[float, float, float, float]
    sample_x: Floats
    """One position of each of many features."""
    sample_y: Floats
    extreme_x: Floats
    """The positions nearest to the four sides."""
    extreme_y: Floats


@dataclass(frozen=True, slots=True)
class Trusted:
    """Positions of a file (first box corner, second box corner) beside those they must have."""

    kind: str
    """``believed`` or ``control-points``."""
    file_x: tuple[Floats, ...]
    """All positions of each matched feature."""
    file_y: tuple[Floats, ...]
    lon_deg: tuple[Floats, ...]
    lat_deg: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    frame: Frame
    swapped: bool
    inside: float


def decide(
    survey: Survey,
    city: City,
    *,
    name: str,
    declared: str | None = None,
    option: str | None = None,
    trusted: Sequence[Trusted] = (),
    registry: Registry = STANDARD,
) -> FrameReading:
    """The frame of a file, with the evidence; raises FrameUndecided where it does not suffice.

    ``registry`` knows the city's own frames and transformations.
    """
    seen: list[Evidence] = []
    known = _declared(declared, seen)
    said = registry.frame(option) if option is not None else known
    candidates = _candidates(survey, city, said, registry)
    if option is not None:
        seen.append(Evidence("option", f"由 --source-crs 指明 {option}", f"said by --source-crs: {option}"))
        return _given(registry.frame(option), candidates, survey, city, seen)
    if known is not None:
        _contradicted(known, survey, city, trusted, seen, name)
        return _given(known, candidates, survey, city, seen)
    inside = [one for one in candidates if one.inside >= _INSIDE]
    seen += [_share(one) for one in (inside or candidates)]
    if not inside:
        raise _undecided(name, candidates, seen, "没有一种读法落在城市范围内", "no reading lies in the city")
    decided = _by_trusted(inside, survey, city, trusted, seen)
    if decided is None:
        raise _undecided(
            name, inside, seen, "没有可比对的可信位置", "there is no trusted position to compare with"
        )
    return _reading(decided, seen)


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
) -> list[_Candidate]:
    """Readings that the sizes of the numbers allow, best first."""
    found = []
    for swapped in (False, True):
        x, y = _axes(survey.sample_x, survey.sample_y, swapped)
        frames = [wanted] if wanted else _possible(x, y, city)
        found += [_Candidate(one, swapped, _inside(x, y, one, city, registry)) for one in frames]
    return sorted(found, key=lambda one: (-one.inside, one.swapped))


def _axes(x: Floats, y: Floats, swapped: bool) -> tuple[Floats, Floats]:
    return (y, x) if swapped else (x, y)


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
    lon, lat = _moved(x, y, source, registry)
    box = city.extent_4490
    margin = _CITY_MARGIN_DEG
    inside = (
        (lon >= box.west - margin)
        & (lon <= box.east + margin)
        & (lat >= box.south - margin)
        & (lat <= box.north + margin)
    )
    return float(inside.mean()) if len(inside) else 0.0


def _moved(x: Floats, y: Floats, source: Frame, registry: Registry = STANDARD) -> tuple[Floats, Floats]:
    """Positions in CGCS2000; NaN where the reading is impossible. Datums unknown here count as CGCS2000."""
    if source.datum not in ("CGCS2000", "WGS84", "GCJ02", "BD09"):
        source = _twin(source) or source
    try:
        moved = move(x, y, source, frame("EPSG:4490"), registry=registry)
    except (InvalidInput, Refused):
        return _each(x, y, source, registry)
    return moved.x, moved.y


def _each(x: Floats, y: Floats, source: Frame, registry: Registry) -> tuple[Floats, Floats]:
    lon, lat = np.full(len(x), np.nan), np.full(len(x), np.nan)
    for index in range(min(len(x), 200)):
        try:
            one = move(
                x[index : index + 1], y[index : index + 1], source, frame("EPSG:4490"), registry=registry
            )
        except (InvalidInput, Refused):
            continue
        lon[index], lat[index] = one.x[0], one.y[0]
    return lon, lat


def _twin(source: Frame) -> Frame | None:
    """The frame of CGCS2000 with the same projection: near enough to tell a zone, never a datum."""
    if source.kind is Kind.GEOGRAPHIC:
        return frame("EPSG:4490")
    for one in FRAMES.values():
        same = one.central_meridian_deg == source.central_meridian_deg and one.zone == source.zone
        if one.datum == "CGCS2000" and one.kind is source.kind and same:
            return one
    return None


def _given(
    known: Frame, candidates: list[_Candidate], survey: Survey, city: City, seen: list[Evidence]
) -> FrameReading:
    """A frame that is said: only the order of the axes is left to the numbers."""
    best = candidates[0] if candidates and candidates[0].inside > 0 else _Candidate(known, False, 0.0)
    seen.append(_share(best))
    return _reading(best, seen)


def _reading(best: _Candidate, seen: list[Evidence]) -> FrameReading:
    if best.swapped:
        seen.append(
            Evidence("axes", "坐标次序为先北(纬)后东(经),已对调", "the first number is the northing; swapped")
        )
    return FrameReading(best.frame.id, best.swapped, tuple(seen))


def _share(one: _Candidate) -> Evidence:
    order = "(北,东)" if one.swapped else ""
    return Evidence(
        "extent",
        f"按 {one.frame.id}{order} 读,{one.inside:.0%} 落在城市范围内",
        f"read as {one.frame.id}{' (north, east)' if one.swapped else ''}, {one.inside:.0%} lies in the city",
        {"inside": round(one.inside, 4)},
    )


def _contradicted(
    known: Frame, survey: Survey, city: City, trusted: Sequence[Trusted], seen: list[Evidence], name: str
) -> None:
    """Refuse a declaration that the numbers or trusted positions speak against."""
    others = _candidates(survey, city, None)
    own = max((one.inside for one in _candidates(survey, city, known)), default=0.0)
    better = [one for one in others if one.inside >= _INSIDE and one.frame.id != known.id]
    if own == 0.0 and better:
        seen += [_share(one) for one in better]
        raise _undecided(
            name, better, seen, f"声明的 {known.id} 与数值不符", f"numbers contradict {known.id}"
        )
    if known.kind not in (Kind.GEOGRAPHIC, Kind.OFFSET):
        return
    offsets = [one for one in others if one.frame.id in ("GCJ02", "BD09") and one.inside >= _INSIDE]
    plain = [one for one in others if one.frame.id == "EPSG:4490" and one.inside >= _INSIDE]
    found = _by_trusted([*plain, *offsets], survey, city, trusted, seen)
    if found is not None and found.frame.id in ("GCJ02", "BD09") and known.id != found.frame.id:
        raise _undecided(
            name,
            [found],
            seen,
            f"声明 {known.id},实为 {found.frame.id}",
            f"declared {known.id}, in truth not",
        )


def _by_trusted(
    readings: Sequence[_Candidate],
    survey: Survey,
    city: City,
    trusted: Sequence[Trusted],
    seen: list[Evidence],
) -> _Candidate | None:
    """The reading whose positions meet trusted ones, where one does so far better than all others."""
    for group in trusted:
        residuals = {one: _residual(group, one) for one in readings}
        seen += [_told(group.kind, one, metres, len(group.file_x)) for one, metres in residuals.items()]
        limit = _TRUSTED_M
        if len(group.file_x) >= _TRUSTED_AT_LEAST and (best := _clear(residuals, limit)) is not None:
            return best
    residuals = {one: _outline_residual(survey, one, city) for one in readings}
    best = _clear(residuals, _OUTLINE_M)
    if best is None:
        return None
    seen += [_told("outline", one, metres, 4) for one, metres in residuals.items()]
    # An outline within 100 m cannot tell 2000 from 80 or 54, which differ by tens of metres.
    return best if best.frame.kind is Kind.OFFSET else None


def _clear(residuals: dict[_Candidate, float], limit_m: float) -> _Candidate | None:
    ranked = sorted(residuals.items(), key=lambda pair: pair[1])
    if not ranked or not ranked[0][1] <= limit_m:
        return None
    if len(ranked) > 1 and ranked[1][1] < max(_CLEARLY * ranked[0][1], 2 * limit_m):
        return None
    return ranked[0][0]


def _residual(group: Trusted, reading: _Candidate) -> float:
    """Median distance in metres between boxes of the features read so and their trusted boxes."""
    distances = []
    for file_x, file_y, lon, lat in zip(
        group.file_x, group.file_y, group.lon_deg, group.lat_deg, strict=True
    ):
        x, y = _axes(file_x, file_y, reading.swapped)
        read_lon, read_lat = _moved(x, y, reading.frame)
        if group.kind == "control-points":
            distances.append(float(np.min(_metres(read_lon - lon[0], read_lat - lat[0], lat[0]))))
            continue
        corners = [
            _metres(pick(read_lon) - pick(lon), pick(read_lat) - pick(lat), float(lat[0]))
            for pick in (np.min, np.max)
        ]
        distances.append(float(np.mean(corners)))
    return float(np.median(distances)) if distances else float("inf")


def _outline_residual(survey: Survey, reading: _Candidate, city: City) -> float:
    """The worst of the four distances between the extremes of the file and those of the city."""
    x, y = _axes(survey.extreme_x, survey.extreme_y, reading.swapped)
    lon, lat = _moved(x, y, reading.frame)
    if not np.isfinite(lon).any():
        return float("inf")
    box = city.extent_4490
    middle = (box.south + box.north) / 2
    east_west = np.array([np.nanmin(lon) - box.west, np.nanmax(lon) - box.east])
    north_south = np.array([np.nanmin(lat) - box.south, np.nanmax(lat) - box.north])
    return float(max(np.max(_metres(east_west, 0.0, middle)), np.max(_metres(0.0, north_south, middle))))


def _metres(dlon: object, dlat: object, lat: float) -> Floats:
    across = np.asarray(dlon, np.float64) * _M_PER_DEG * np.cos(np.radians(lat))
    result: Floats = np.hypot(across, np.asarray(dlat, np.float64) * _M_PER_DEG)
    return result


def _told(kind: str, one: _Candidate, metres: float, count: int) -> Evidence:
    what = {
        "believed": ("与库中同键要素", "from the believed features of the same keys"),
        "control-points": ("与控制点", "from control points"),
        "outline": ("四至与城市范围", "at the four extremes from the city's extent"),
    }[kind]
    shown = "—" if not np.isfinite(metres) else f"{metres:.1f}"
    return Evidence(
        kind,
        f"按 {one.frame.id} 读,{what[0]}相差 {shown} m({count} 处)",
        f"read as {one.frame.id}, it is {shown} m away {what[1]} ({count})",
        {"residual_m": round(metres, 3) if np.isfinite(metres) else -1.0, "count": count},
    )


def _undecided(
    name: str, candidates: Sequence[_Candidate], seen: Sequence[Evidence], zh: str, en: str
) -> FrameUndecided:
    choices = list(dict.fromkeys(_choices(candidates)))
    shown = "、".join(choices) or "EPSG:4490、EPSG:4528、GCJ02 …"
    return FrameUndecided(
        f"坐标系无法判定({zh});请用 --source-crs 指明,候选:{shown}:{name}",
        f"the frame cannot be decided ({en}); say it with --source-crs, candidates {shown}: {name}",
        value=name,
        details={
            "option": "--source-crs",
            "candidates": choices,
            "evidence": [one.to_json() for one in seen],
        },
    )


def _choices(candidates: Sequence[_Candidate]) -> list[str]:
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
