"""What a file itself says of its frame. Runs in the reader's process, as WKT is foreign text too."""

from __future__ import annotations

import re

from spatial.datum import frame
from spatial.datum.wkt import frame_of_wkt
from spatial.errors import UnknownFrame

_LONGEST_WKT = 20_000
_LONGEST_NAME = 80


def resolve(text: str | None) -> str | None:
    """Id of the frame a declaration (WKT, code, URN) means, ``unknown: …`` for one of no known frame.

    >>> resolve("EPSG:4528"), resolve("urn:ogc:def:crs:OGC:1.3:CRS84"), resolve(" "), resolve(None)
    ('EPSG:4528', 'CRS84', None, None)
    >>> resolve("LOCAL_CS[\\"Engineering\\"]")
    'unknown: LOCAL_CS["Engineering"]'
    >>> resolve('PROJCS["City",PARAMETER["Central_Meridian",118.5]]'), resolve("+proj=tmerc +lon_0=118.5")
    ('unknown: PROJCS["City"]', 'unknown: PROJ')
    """
    if text is None or not text.strip():
        return None
    short = text.strip()[:_LONGEST_WKT]
    for reader in (frame, frame_of_wkt):
        try:
            return str(reader(short).id)
        except UnknownFrame:
            continue
    return f"unknown: {_name(short)}"


def vertical(text: str | None) -> str | None:
    """The vertical datum that a declaration names beside its frame: ``EPSG:5737`` for 1985 国家高程基准.

    None where it names none, or where its text cannot be read.

    >>> vertical("EPSG:4490+5737"), vertical("EPSG:4490"), vertical("nonsense")
    ('EPSG:5737', None, None)
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if text is None or not text.strip() or len(text) > _LONGEST_WKT:
        return None
    try:
        parts = CRS.from_user_input(text.strip()).sub_crs_list
    except CRSError:
        return None
    found = next((part for part in parts if part.is_vertical), None)
    if found is None:
        return None
    if re.search(r"(?i)yellow.?sea.?1985|1985.?国家高程", found.name):
        return "EPSG:5737"
    code = found.to_authority()
    return f"{code[0]}:{code[1]}" if code else found.name[:_LONGEST_NAME]


def _name(text: str) -> str:
    """What may be told of a definition: its name. Its numbers may be a city's secret."""
    if text.startswith("+") or "+proj" in text:
        return "PROJ"
    named = re.match(r'\s*(\w{1,40})\s*[\[(]\s*"([^"]*)"', text)
    if named is not None:
        return f'{named[1]}["{named[2][:_LONGEST_NAME]}"]'
    return text.partition("[")[0][:_LONGEST_NAME]
