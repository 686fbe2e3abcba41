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


def _name(text: str) -> str:
    """What may be told of a definition: its name. Its numbers may be a city's secret."""
    if text.startswith("+") or "+proj" in text:
        return "PROJ"
    named = re.match(r'\s*(\w{1,40})\s*[\[(]\s*"([^"]*)"', text)
    if named is not None:
        return f'{named[1]}["{named[2][:_LONGEST_NAME]}"]'
    return text.partition("[")[0][:_LONGEST_NAME]
