"""Frames as Chinese formats name them 坐标系名称: a datum in words, a zone width, a zone number."""

from __future__ import annotations

import re

from spatial.datum import Frame
from spatial.datum.frames import FRAMES, Kind

_DATUMS = (
    ("CGCS2000", r"2000国家大地|国家2000|CGCS2000|CHINAGEODETICCOORDINATESYSTEM2000"),
    ("XIAN80", r"西安80|80西安|1980西安|80国家大地|国家80|XIAN1980|XIAN80"),
    ("NEWBEIJING54", r"新北京54|新54|新1954北京|NEWBEIJING"),
    ("BEIJING54", r"北京54|54北京|1954北京|BEIJING1954|BEIJING54"),
    ("WGS84", r"WGS84|WGS1984"),
)


def datum_of(text: str) -> str | None:
    """The datum that words name; None where they name none.

    >>> datum_of("2000国家大地坐标系"), datum_of("80国家大地坐标系"), datum_of("1954年北京坐标系")
    ('CGCS2000', 'XIAN80', 'BEIJING54')
    >>> datum_of("独立坐标系") is None
    True
    """
    plain = re.sub(r"[\s_\-年]", "", text).upper()
    return next((datum for datum, pattern in _DATUMS if re.search(pattern, plain)), None)


def geographic(datum: str) -> Frame | None:
    """The geographic frame of a datum."""
    return next(
        (
            one
            for one in FRAMES.values()
            if one.datum == datum and one.kind is Kind.GEOGRAPHIC and one.id == one.base
        ),
        None,
    )


def plane(datum: str, width_deg: int, central_meridian_deg: float, *, prefixed: bool) -> Frame | None:
    """The Gauss–Krüger frame of a datum, a zone width and a central meridian.

    >>> plane("CGCS2000", 3, 120, prefixed=True).id, plane("CGCS2000", 3, 120, prefixed=False).id
    ('EPSG:4528', 'EPSG:4549')
    """
    return next(
        (
            one
            for one in FRAMES.values()
            if one.datum == datum
            and one.zone_width_deg == width_deg
            and one.central_meridian_deg == central_meridian_deg
            and (one.zone is not None) is prefixed
        ),
        None,
    )


def meridian_of(width_deg: int, zone: int) -> float:
    """Central meridian of a zone.

    >>> meridian_of(3, 40), meridian_of(6, 20)
    (120.0, 117.0)
    """
    return 3.0 * zone if width_deg == 3 else 6.0 * zone - 3.0
