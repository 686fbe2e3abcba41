"""What a file itself says of its frame. Runs in the reader's process, as WKT is foreign text too."""

from __future__ import annotations

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
    """
    if text is None or not text.strip():
        return None
    short = text.strip()[:_LONGEST_WKT]
    for reader in (frame, frame_of_wkt):
        try:
            return str(reader(short).id)
        except UnknownFrame:
            continue
    return f"unknown: {short[:_LONGEST_NAME]}"
