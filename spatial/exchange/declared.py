"""What a file itself says of its frame, matched to EPSG by parameters. Runs in the reader's process."""

from __future__ import annotations

from typing import Any

_LONGEST_WKT = 20_000
_CERTAIN = 70
_BY_PARAMETERS = 25


def resolve(text: str | None) -> str | None:
    """``EPSG:n`` or ``CRS84`` for a declaration (WKT, code, URN), ``unknown: <name>`` for another one.

    A WKT of ArcGIS names no code; it is matched by datum and projection
    parameters, and must not match two codes.

    >>> resolve("EPSG:4528"), resolve("urn:ogc:def:crs:OGC:1.3:CRS84"), resolve(None)
    ('EPSG:4528', 'CRS84', None)
    >>> resolve("urn:ogc:def:crs:EPSG::4490")
    'EPSG:4490'
    """
    if text is None or not text.strip():
        return None
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    short = text.strip()[:_LONGEST_WKT]
    if "CRS84" in short and len(short) < 80:
        return "CRS84"
    try:
        declared = CRS.from_user_input(short)
    except CRSError:
        return f"unknown: {short[:80]}"
    code = declared.to_epsg(_CERTAIN) or _by_parameters(declared)
    return f"EPSG:{code}" if code else f"unknown: {declared.name}"


def _by_parameters(declared: Any) -> int | None:
    """The one EPSG system with the same datum, projection parameters and units."""
    from pyproj import CRS

    found = declared.list_authority("EPSG", _BY_PARAMETERS)
    same = []
    for one in found:
        known = CRS.from_epsg(int(one.code))
        if _parameters(known) == _parameters(declared):
            same.append(int(one.code))
    return same[0] if len(same) == 1 else None


def _parameters(crs: Any) -> tuple[Any, ...]:
    operation = crs.coordinate_operation
    values = () if operation is None else tuple(round(p.value, 9) for p in operation.params)
    body = crs.ellipsoid
    shape = (round(body.semi_major_metre, 3), round(body.inverse_flattening, 6)) if body else ()
    return (sorted(values), shape)
