"""Reference frames 坐标系: the nouns every position is tied to.

Inside the platform x is always longitude or east and y latitude or north; the
order a standard prescribes is applied once, at the HTTP edge
(``to_edge_order``). Codes, central meridians and zone prefixes are those of the
EPSG dataset v11; the tests compare each entry with PROJ's copy of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from spatial.errors import UnknownFrame

T = TypeVar("T")


class Kind(StrEnum):
    """What the numbers of a frame are."""

    GEOGRAPHIC = "geographic"  # 地理坐标, degrees
    PROJECTED = "projected"  # 平面坐标, metres
    GEOCENTRIC = "geocentric"  # 空间直角坐标, metres
    OFFSET = "offset"  # 加密偏移坐标, degrees; a source tag, never a storage system


class EdgeOrder(StrEnum):
    """Order of the two horizontal numbers in exchange, as the frame's definition has it."""

    XY = "xy"  # lon, lat or east, north
    YX = "yx"  # lat, lon or north, east


@dataclass(frozen=True, slots=True)
class Area:
    """Area of use 适用范围, in degrees of the frame's own geographic base."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float

    def __str__(self) -> str:
        return f"{self.west_deg:g}–{self.east_deg:g}°E, {self.south_deg:g}–{self.north_deg:g}°N"


@dataclass(frozen=True, slots=True)
class Frame:
    """A reference frame, and how its numbers look."""

    id: str
    """``EPSG:4549``, ``CRS84``, ``GCJ02``, ``SGLOCAL:1``."""
    title_zh: str
    title_en: str
    kind: Kind
    datum: str
    """Frames of one datum differ by projection only."""
    base: str
    """Id of the geographic frame under this one; its own id where it is that frame."""
    edge_order: EdgeOrder
    area: Area
    epsg: int | None = None
    central_meridian_deg: float | None = None
    zone: int | None = None
    """Zone number 带号 that stands before the easting; ``None`` where there is no prefix."""
    zone_width_deg: int | None = None
    wkt: str | None = field(default=None, repr=False, compare=False)
    """WKT2 of a local frame 独立坐标系. Its central meridian and projection height are
    the city's secret, so it is never printed."""

    @property
    def uri(self) -> str:
        """OGC URI of the frame; a URN of our own where no public one exists.

        >>> frame("4549").uri
        'http://www.opengis.net/def/crs/EPSG/0/4549'
        """
        if self.id == "CRS84":
            return "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        if self.epsg is not None:
            return f"http://www.opengis.net/def/crs/EPSG/0/{self.epsg}"
        return f"urn:onemap:crs:{self.id}"

    @property
    def false_easting_m(self) -> float | None:
        """Easting of the central meridian of a Gauss–Krüger frame, prefix included."""
        if self.central_meridian_deg is None:
            return None
        return 500_000.0 + (self.zone or 0) * 1_000_000.0


def to_edge_order(frame: Frame, x: T, y: T) -> tuple[T, T]:
    """The two numbers as the frame's definition orders them, for output at the HTTP edge.

    >>> to_edge_order(frame("EPSG:4490"), 118.79, 36.86)
    (36.86, 118.79)
    >>> to_edge_order(frame("CRS84"), 118.79, 36.86)
    (118.79, 36.86)
    """
    return (y, x) if frame.edge_order is EdgeOrder.YX else (x, y)


def from_edge_order(frame: Frame, first: T, second: T) -> tuple[T, T]:
    """x, y from two numbers given in the order of the frame's definition."""
    return to_edge_order(frame, first, second)


def local_frame(id: str, title_zh: str, title_en: str, base: str, wkt: str | None, area: Area) -> Frame:
    """A city's own plane 独立坐标系 under an authority of its own (``SGLOCAL:1``).

    ``base`` is the geographic frame it projects, ``area`` its area of use in that
    frame's degrees. Without ``wkt`` (a secret) only a fit can lead to it.
    """
    if base not in FRAMES or FRAMES[base].base != base:
        raise ValueError(f"the base of a local frame is a known geographic frame: {base}")
    return Frame(
        id=id,
        title_zh=title_zh,
        title_en=title_en,
        kind=Kind.PROJECTED,
        datum=FRAMES[base].datum,
        base=base,
        edge_order=EdgeOrder.YX,
        area=area,
        wkt=wkt,
    )


# The table of known frames.

_CHINA_CGCS2000 = Area(73.62, 16.70, 134.77, 53.56)
_CHINA_ONSHORE = Area(73.62, 18.11, 134.77, 53.56)
_CHINA_BEIJING54 = Area(73.62, 16.70, 134.77, 53.56)
_WORLD = Area(-180.0, -90.0, 180.0, 90.0)
_WEB_MERCATOR = Area(-180.0, -85.06, 180.0, 85.06)
OFFSET_AREA = Area(72.004, 0.8293, 137.8347, 55.8271)
"""The box in which circulating implementations shift positions."""


@dataclass(frozen=True, slots=True)
class _Series:
    """The Gauss–Krüger codes of one datum: runs of (first zone or CM, first code, count)."""

    datum: str
    zh: str
    en: str
    geographic: int
    area: Area
    zones3: tuple[tuple[int, int, int], ...]
    meridians3: tuple[tuple[int, int, int], ...]
    zones6: int
    meridians6: int


_SERIES = (
    _Series(
        "CGCS2000", "2000国家大地坐标系", "CGCS2000", 4490, _CHINA_CGCS2000,
        ((25, 4513, 21),), ((25, 4534, 21),), 4491, 4502,
    ),
    _Series(
        "XIAN80", "1980西安坐标系", "Xian 1980", 4610, _CHINA_ONSHORE,
        ((25, 2349, 21),), ((25, 2370, 21),), 2327, 2338,
    ),
    _Series(
        "BEIJING54", "1954北京坐标系", "Beijing 1954", 4214, _CHINA_BEIJING54,
        ((25, 2401, 21),), ((25, 2422, 21),), 21413, 21453,
    ),
    _Series(
        "NEWBEIJING54", "新1954北京坐标系", "New Beijing", 4555, _CHINA_ONSHORE,
        ((25, 4652, 5), (30, 4766, 16)), ((25, 4782, 19), (44, 4812, 1), (45, 4822, 1)), 4568, 4579,
    ),
)  # fmt: skip


def _gauss_kruger(series: _Series, epsg: int, zone: int, width: int, prefixed: bool) -> Frame:
    meridian = 3.0 * zone if width == 3 else 6.0 * zone - 3.0
    band = Area(
        max(meridian - width / 2, series.area.west_deg),
        series.area.south_deg,
        min(meridian + width / 2, series.area.east_deg),
        series.area.north_deg,
    )
    where_zh = f"第{zone}带(坐标带带号)" if prefixed else f"中央经线{meridian:g}°(坐标不带带号)"
    where_en = f"zone {zone}" if prefixed else f"CM {meridian:g}E"
    return Frame(
        id=f"EPSG:{epsg}",
        title_zh=f"{series.zh} 高斯-克吕格{width}度带 {where_zh}",
        title_en=f"{series.en} / {'3-degree ' if width == 3 else ''}Gauss-Kruger {where_en}",
        kind=Kind.PROJECTED,
        datum=series.datum,
        base=f"EPSG:{series.geographic}",
        edge_order=EdgeOrder.YX,
        area=band,
        epsg=epsg,
        central_meridian_deg=meridian,
        zone=zone if prefixed else None,
        zone_width_deg=width,
    )


def _geographic(epsg: int, datum: str, zh: str, en: str, area: Area, base: int | None = None) -> Frame:
    return Frame(
        id=f"EPSG:{epsg}",
        title_zh=zh,
        title_en=en,
        kind=Kind.GEOGRAPHIC,
        datum=datum,
        base=f"EPSG:{base or epsg}",
        edge_order=EdgeOrder.YX,
        area=area,
        epsg=epsg,
    )


def _series_frames(series: _Series) -> Iterator[Frame]:
    zh = f"{series.zh}(地理坐标)"
    yield _geographic(series.geographic, series.datum, zh, series.en, series.area)
    for runs, prefixed in ((series.zones3, True), (series.meridians3, False)):
        for first, code, count in runs:
            for step in range(count):
                yield _gauss_kruger(series, code + step, first + step, 3, prefixed)
    for code, prefixed in ((series.zones6, True), (series.meridians6, False)):
        for step in range(11):
            yield _gauss_kruger(series, code + step, 13 + step, 6, prefixed)


def _geocentric(epsg: int, datum: str, zh: str, en: str, area: Area, base: int) -> Frame:
    return Frame(
        id=f"EPSG:{epsg}",
        title_zh=zh,
        title_en=en,
        kind=Kind.GEOCENTRIC,
        datum=datum,
        base=f"EPSG:{base}",
        edge_order=EdgeOrder.XY,
        area=area,
        epsg=epsg,
    )


def _world_frames() -> Iterator[Frame]:
    yield _geographic(4480, "CGCS2000", "2000国家大地坐标系(三维)", "CGCS2000 3D", _CHINA_CGCS2000, 4490)
    yield _geocentric(4479, "CGCS2000", "2000国家大地坐标系(空间直角)", "CGCS2000 XYZ", _CHINA_CGCS2000, 4490)
    yield _geographic(4326, "WGS84", "WGS 84", "WGS 84", _WORLD)
    yield Frame(
        "CRS84", "WGS 84(经度在前)", "WGS 84 longitude-latitude",
        Kind.GEOGRAPHIC, "WGS84", "EPSG:4326", EdgeOrder.XY, _WORLD,
    )  # fmt: skip
    yield Frame(
        "EPSG:3857", "WGS 84 伪墨卡托(网络地图)", "WGS 84 / Pseudo-Mercator",
        Kind.PROJECTED, "WGS84", "EPSG:4326", EdgeOrder.XY, _WEB_MERCATOR, 3857,
    )  # fmt: skip
    for datum, geographic, spatial, geocentric in (
        ("ITRF97", 8996, 7908, 4918),
        ("ITRF2008", 8999, 7911, 5332),
        ("ITRF2014", 9000, 7912, 7789),
        ("ITRF2020", 9990, 9989, 9988),
    ):
        zh = f"国际地球参考框架 {datum}"
        yield _geographic(geographic, datum, zh, datum, _WORLD)
        yield _geographic(spatial, datum, f"{zh}(三维)", f"{datum} 3D", _WORLD, geographic)
        yield _geocentric(geocentric, datum, f"{zh}(空间直角)", f"{datum} XYZ", _WORLD, geographic)
    yield Frame(
        "GCJ02", "火星坐标 GCJ-02(高德、腾讯)", "GCJ-02 (AutoNavi, Tencent)",
        Kind.OFFSET, "GCJ02", "GCJ02", EdgeOrder.XY, OFFSET_AREA,
    )  # fmt: skip
    yield Frame(
        "BD09", "百度坐标 BD-09", "BD-09 (Baidu)",
        Kind.OFFSET, "BD09", "BD09", EdgeOrder.XY, OFFSET_AREA,
    )  # fmt: skip


def _table(frames: Iterable[Frame]) -> Mapping[str, Frame]:
    return MappingProxyType({each.id: each for each in frames})


FRAMES: Mapping[str, Frame] = _table(
    [*_world_frames(), *(each for series in _SERIES for each in _series_frames(series))]
)
"""Every frame known without registration, by id."""

_EPSG_FORMS = re.compile(
    r"""^(?:
        (?:EPSG:)? (\d{4,6})
      | https?://www\.opengis\.net/def/crs/EPSG/[\d.]+/(\d{4,6}) /?
      | urn:ogc:def:crs:EPSG:[\d.]*:(\d{4,6})
      | \[EPSG:(\d{4,6})\]
    )$""",
    re.VERBOSE | re.IGNORECASE,
)
_NAMED = MappingProxyType(
    {
        "CRS84": "CRS84",
        "OGC:CRS84": "CRS84",
        "HTTP://WWW.OPENGIS.NET/DEF/CRS/OGC/1.3/CRS84": "CRS84",
        "HTTPS://WWW.OPENGIS.NET/DEF/CRS/OGC/1.3/CRS84": "CRS84",
        "HTTP://WWW.OPENGIS.NET/DEF/CRS/OGC/0/CRS84": "CRS84",
        "URN:OGC:DEF:CRS:OGC:1.3:CRS84": "CRS84",
        "URN:OGC:DEF:CRS:OGC::CRS84": "CRS84",
        "GCJ02": "GCJ02",
        "GCJ-02": "GCJ02",
        "BD09": "BD09",
        "BD-09": "BD09",
        "BD09LL": "BD09",
        "CGCS2000": "EPSG:4490",
        "WGS84": "EPSG:4326",
    }
)


@lru_cache(maxsize=512)
def _known(text: str) -> Frame | None:
    upper = text.upper()
    if upper in _NAMED:
        return FRAMES[_NAMED[upper]]
    match = _EPSG_FORMS.match(text)
    if match is None:
        return None
    return FRAMES.get(f"EPSG:{next(group for group in match.groups() if group)}")


def frame(text: str | int, *, local: Mapping[str, Frame] = MappingProxyType({})) -> Frame:
    """The frame a text names: code, URI, URN, ``CRS84``, ``GCJ02``, ``BD09`` or a local id.

    ``local`` holds the city's own frames by id (``Registry.frame`` passes them).

    >>> frame("EPSG:4549").central_meridian_deg
    120.0
    >>> frame("http://www.opengis.net/def/crs/EPSG/0/4528").zone
    40
    >>> frame("GCJ-02").kind.value
    'offset'
    """
    stripped = str(text).strip()
    found = _known(stripped) or local.get(stripped) or local.get(stripped.upper())
    if found is None:
        own = "".join(f"、{each}" for each in sorted(local))
        raise UnknownFrame(
            f"未知坐标系;已知 {_KNOWN_ZH}{own};独立坐标系须先登记:{stripped}",
            f"unknown frame; known are {_KNOWN_EN}{own.replace('、', ', ')}; register a local frame first: "
            f"{stripped}",
            value=stripped,
        )
    return found


_KNOWN_ZH = (
    "EPSG:4490,CGCS2000、西安80、北京54、新北京54 的高斯-克吕格各带(如 EPSG:4549、EPSG:4528),"
    "EPSG:4326、EPSG:3857、CRS84、ITRF97/2008/2014/2020、GCJ02、BD09"
)
_KNOWN_EN = (
    "EPSG:4490, the Gauss-Kruger zones of CGCS2000, Xian 1980, Beijing 1954 and New Beijing (such as "
    "EPSG:4549, EPSG:4528), EPSG:4326, EPSG:3857, CRS84, ITRF97/2008/2014/2020, GCJ02, BD09"
)
