"""The frame a WKT text describes, by its parameters and never by its name alone.

Names in ``.prj`` files are free text and are changed by hand. What decides is the
datum, the ellipsoid, and the projection with its central meridian and false
easting; a text that fits no known frame is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from spatial.datum.frames import FRAMES, Area, Frame, Kind, local_frame
from spatial.datum.projection import projection_of
from spatial.errors import InvalidInput, OneMapError, UnknownFrame

if TYPE_CHECKING:
    from pyproj import CRS

_DATUMS: tuple[tuple[str, str, float, float], ...] = (
    # datum, pattern in the names (letters and digits only), semi-major axis, 1/f
    ("CGCS2000", "china2000|cgcs2000|chinageodeticcoordinatesystem2000", 6378137.0, 298.257222101),
    ("XIAN80", "xian1980|xian80", 6378140.0, 298.257),
    ("NEWBEIJING54", "newbeijing", 6378245.0, 298.3),
    ("BEIJING54", "beijing1954|beijing54", 6378245.0, 298.3),
    ("WGS84", "wgs1984|wgs84|worldgeodeticsystem1984", 6378137.0, 298.257223563),
)
_GEOGRAPHIC: Mapping[str, str] = MappingProxyType(
    {
        "CGCS2000": "EPSG:4490",
        "XIAN80": "EPSG:4610",
        "NEWBEIJING54": "EPSG:4555",
        "BEIJING54": "EPSG:4214",
        "WGS84": "EPSG:4326",
    }
)
_TM = {
    "Latitude of natural origin": 0.0,
    "Scale factor at natural origin": 1.0,
    "False northing": 0.0,
}
_WEB_MERCATOR = ("popular visualisation pseudo mercator", "mercator_auxiliary_sphere")


def frame_of_wkt(wkt: str) -> Frame:
    """The known frame that a WKT (1, 2 or ESRI) describes; UnknownFrame where none does.

    A Gauss–Krüger frame without prefix and CM 117 is the same plane in 3° and 6°
    zones: unless the name says 3-degree, the wider 6° frame is returned.

    >>> frame_of_wkt('''PROJCS["CGCS2000_3_Degree_GK_Zone_40",
    ...   GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",
    ...     DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],
    ...     PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],
    ...   PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",40500000.0],
    ...   PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",120.0],
    ...   PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],
    ...   UNIT["Meter",1.0]]''').id
    'EPSG:4528'
    """
    crs = _horizontal(_parse(wkt))
    datum = _datum(crs)
    if crs.is_geographic:
        if any(abs(axis.unit_conversion_factor - 0.017453292519943295) > 1e-12 for axis in crs.axis_info[:2]):
            _unknown(crs, "角度单位不是度", "its angles are not in degrees")
        return FRAMES[_GEOGRAPHIC[datum]]
    if crs.is_geocentric or not crs.is_projected or crs.coordinate_operation is None:
        _unknown(crs, "不是平面或地理坐标系", "neither a plane nor a geographic frame")
    if any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        _unknown(crs, "长度单位不是米", "its lengths are not in metres")
    if crs.coordinate_operation.method_name.lower() in _WEB_MERCATOR and datum == "WGS84":
        return FRAMES["EPSG:3857"]
    return _gauss_kruger(crs, crs.coordinate_operation, datum)


_OWN_ID = re.compile(r"(?!EPSG:|OGC:|ESRI:|IAU)[A-Z][A-Z0-9]{1,20}:[A-Z0-9_-]{1,20}")
_ROUND_TRIP_DEG = 1e-8


def local_frame_of_wkt(
    wkt: str, id: str, area: Area | None = None, *, title_zh: str | None = None, title_en: str | None = None
) -> Frame:
    """A city's own plane 独立坐标系 from its WKT, under an authority of its own (``SGLOCAL:1``).

    ``area`` is its area of use in degrees, else the BBOX of the text; titles
    are the text's name where none are given. The plane is walked there and back
    in its area before it is believed. No error repeats the text: the central
    meridian and the projection height are secrets. Raises UnknownFrame, InvalidInput.
    """
    own = local_id(id)
    crs = _horizontal(_parse(wkt))
    base = _GEOGRAPHIC[_datum(crs)]
    if not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        _unknown(crs, "独立坐标系须为以米为单位的平面", "a local frame is a plane in metres")
    used = crs.area_of_use
    if area is None and used is not None:
        area = Area(used.west, used.south, used.east, used.north)
    made = local_frame(own, title_zh or crs.name, title_en or crs.name, base, wkt, checked_area(area, own))
    _check_walk(made)
    return made


def local_id(text: str) -> str:
    """The id of a local frame in capitals; InvalidInput for one that is another authority's.

    >>> local_id("sglocal:1")
    'SGLOCAL:1'
    """
    own = text.strip().upper()
    if _OWN_ID.fullmatch(own) is None:
        raise InvalidInput(
            f"独立坐标系用自己的机构名编号,如 SGLOCAL:1:{text}",
            f"a local frame has an id of an authority of its own, such as SGLOCAL:1: {text}",
            value=text,
        )
    return own


def checked_area(area: Area | None, id: str) -> Area:
    """An area of use that is one; InvalidInput otherwise."""
    if area is None:
        raise InvalidInput(
            f"请用 --area 西 南 东 北(度)给出适用范围:{id}",
            f"say the area of use in degrees by --area west south east north: {id}",
            value=id,
        )
    if not (-180 <= area.west_deg < area.east_deg <= 180 and -90 <= area.south_deg < area.north_deg <= 90):
        raise InvalidInput(
            f"适用范围须为 西 < 东、南 < 北 的度数:{area}",
            f"an area of use is given in degrees, west < east and south < north: {area}",
            value=str(area),
        )
    return area


def _check_walk(made: Frame) -> None:
    """The projection is exact, and what it does to the area's corners it undoes."""
    area, exact = made.area, False
    lon = np.array([area.west_deg, area.west_deg, area.east_deg, area.east_deg])
    lat = np.array([area.south_deg, area.north_deg, area.south_deg, area.north_deg])
    try:
        operation = projection_of(made)
        if operation is not None:
            there = operation.forward(lon, lat, None)
            back = operation.backward(*there, None)
            gap = np.hypot(back[0] - lon, back[1] - lat).max()
            exact = bool(np.isfinite(there).all() and gap < _ROUND_TRIP_DEG)
    except OneMapError:
        exact = False  # its message may name positions of the secret plane
    if not exact:
        raise UnknownFrame(
            f"该定义在其适用范围内不能精确往返,请核对 WKT 与范围:{made.id}",
            f"the definition does not lead there and back within its area of use; check both: {made.id}",
            value=made.id,
        )


def _parse(wkt: str) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    failed = False
    try:
        crs = CRS.from_wkt(wkt)
    except (CRSError, UnicodeEncodeError):
        failed = True  # the message repeats the text, which may define a secret local frame
    if failed:
        raise UnknownFrame(
            "坐标系定义(WKT/.prj)无法解析,请指明坐标系:WKT",
            "the WKT (.prj) cannot be parsed; name the frame instead: WKT",
            value="WKT",
        )
    return crs


def _horizontal(crs: CRS) -> CRS:
    if crs.is_bound and crs.source_crs is not None:
        return _horizontal(crs.source_crs)
    if crs.is_compound:
        return _horizontal(crs.sub_crs_list[0])
    return crs


def _datum(crs: CRS) -> str:
    geodetic = crs.geodetic_crs
    ellipsoid = crs.ellipsoid
    if geodetic is None or ellipsoid is None:
        _unknown(crs, "没有大地基准", "it has no datum")
    datum = geodetic.datum.name if geodetic.datum else ""
    unnamed = datum == "" or re.match(r"(?i)unknown|not.specified", datum) is not None
    plain = re.sub(r"[^a-z0-9]", "", (geodetic.name if unnamed else datum).lower())
    known = next((each for each in _DATUMS if re.search(each[1], plain)), None)
    if known is None:
        _unknown(crs, "大地基准不在已知之列", "its datum is not among the known ones")
    name, _, semi_major_m, inverse_flattening = known
    if (
        abs(ellipsoid.semi_major_metre - semi_major_m) > 1e-3
        or abs(ellipsoid.inverse_flattening - inverse_flattening) > 1e-6
    ):
        _unknown(crs, "基准名称与椭球参数矛盾", "its datum's name and its ellipsoid disagree")
    if crs.prime_meridian is not None and crs.prime_meridian.longitude != 0.0:
        _unknown(crs, "起始子午线不是格林尼治", "its prime meridian is not Greenwich")
    return name


def _gauss_kruger(crs: CRS, operation: Any, datum: str) -> Frame:
    values: dict[str, Any] = {each.name: each.value for each in operation.params}
    plain = all(abs(values.get(name, wanted) - wanted) < 1e-9 for name, wanted in _TM.items())
    if operation.method_name != "Transverse Mercator" or not plain:
        _unknown(
            crs,
            "不是标准高斯-克吕格投影,独立坐标系须先登记",
            "no standard Gauss-Kruger; register a local frame",
        )
    meridian, easting = (values.get(name) for name in ("Longitude of natural origin", "False easting"))
    if meridian is None or easting is None:
        _unknown(crs, "缺少中央经线或东偏", "it lacks its central meridian or its false easting")
    found = [
        each
        for each in FRAMES.values()
        if each.kind is Kind.PROJECTED
        and each.datum == datum
        and each.central_meridian_deg is not None
        and each.false_easting_m is not None
        and abs(each.central_meridian_deg - meridian) < 1e-9
        and abs(each.false_easting_m - easting) < 1e-6
    ]
    if not found:
        _unknown(
            crs, "中央经线或东偏不属于标准分带,独立坐标系须先登记", "no standard zone; register a local frame"
        )
    three = re.search(r"(?i)3[\s_-]*deg", crs.name) is not None
    return min(found, key=lambda each: (each.zone_width_deg == 3) != three)


def _unknown(crs: CRS, zh: str, en: str) -> NoReturn:
    raise UnknownFrame(
        f"坐标系定义(WKT/.prj)不能对应到已知坐标系:{zh}:{crs.name}",
        f"the WKT (.prj) matches no known frame: {en}: {crs.name}",
        value=crs.name,
    )
