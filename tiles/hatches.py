"""Hatches 晕线 as pictures: tiles of a pattern that repeats, for the map (PNG) and for legends (SVG)."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import hypot

from spatial.catalogue.symbology import Hatch

SIZE_PX = 12
"""Side of the tile that repeats."""
INK = (34, 50, 58)
STRENGTH = 0.55
LINE_PX = 1.1
DOT_PX, RING_PX = 1.7, 3.4
"""Radii of what stands in the middle of a tile of dots or rings."""
SAMPLES = 4
"""Per pixel and direction: edges are smooth without a drawing library."""
PREFIX = "hatch-"
"""Before a hatch's name, in the names of the map's pictures."""


def _line(distance: float) -> bool:
    """On a line that repeats every tile, at this distance across it."""
    return min(distance % SIZE_PX, -distance % SIZE_PX) <= LINE_PX / 2


def _diagonal(along: float) -> bool:
    return min(along % SIZE_PX, -along % SIZE_PX) <= LINE_PX * 0.7072


def _radius(x: float, y: float) -> float:
    return hypot(x - SIZE_PX / 2, y - SIZE_PX / 2)


_INKED: Mapping[Hatch, Callable[[float, float], bool]] = {
    Hatch.SLASH: lambda x, y: _diagonal(x + y),
    Hatch.BACKSLASH: lambda x, y: _diagonal(x - y),
    Hatch.HORIZONTAL: lambda x, y: _line(y - SIZE_PX / 2),
    Hatch.VERTICAL: lambda x, y: _line(x - SIZE_PX / 2),
    Hatch.CROSS: lambda x, y: _line(x - SIZE_PX / 2) or _line(y - SIZE_PX / 2),
    Hatch.LATTICE: lambda x, y: _diagonal(x + y) or _diagonal(x - y),
    Hatch.DOTS: lambda x, y: _radius(x, y) <= DOT_PX,
    Hatch.RINGS: lambda x, y: abs(_radius(x, y) - RING_PX) <= LINE_PX / 2,
}
"""Whether there is ink at a place of the tile, x to the right and y down."""

HATCHES = tuple(_INKED)
"""Those that are drawn, in the order of the sprite."""

_SVG: Mapping[Hatch, str] = {
    Hatch.SLASH: '<path d="M-1 1l2-2M0 12l12-12M11 13l2-2"/>',
    Hatch.BACKSLASH: '<path d="M-1 11l2 2M0 0l12 12M11-1l2 2"/>',
    Hatch.HORIZONTAL: '<path d="M0 6h12"/>',
    Hatch.VERTICAL: '<path d="M6 0v12"/>',
    Hatch.CROSS: '<path d="M0 6h12M6 0v12"/>',
    Hatch.LATTICE: '<path d="M-1 1l2-2M0 12l12-12M11 13l2-2M-1 11l2 2M0 0l12 12M11-1l2 2"/>',
    Hatch.DOTS: '<path d="M6 6h0" stroke-width="3.4" stroke-linecap="round"/>',
    Hatch.RINGS: '<circle cx="6" cy="6" r="3.4"/>',
}


def strokes(hatch: Hatch) -> tuple[tuple[float, float, float, float], ...]:
    """The straight lines of a hatch's tile, x and y of both ends, y down; none of dots and rings.

    >>> strokes(Hatch.HORIZONTAL)
    ((0.0, 6.0, 12.0, 6.0),)
    """
    found = []
    for x, y, step, more in re.findall(r"M(-?\d+) ?(-?\d+)([lhv])([-\d ]+)", _SVG[hatch]):
        if hatch is Hatch.DOTS:
            break
        numbers = [float(each) for each in re.findall(r"-?\d+", more)]
        dx = 0.0 if step == "v" else numbers[0]
        dy = 0.0 if step == "h" else numbers[-1]
        found.append((float(x), float(y), float(x) + dx, float(y) + dy))
    return tuple(found)


def svg_pattern(hatch: Hatch) -> str:
    """The ``pattern`` element of an SVG, under the name of the map's picture."""
    color = "#{:02x}{:02x}{:02x}".format(*INK)
    return (
        f'<pattern id="{PREFIX}{hatch}" width="{SIZE_PX}" height="{SIZE_PX}" patternUnits="userSpaceOnUse">'
        f'<g fill="none" stroke="{color}" stroke-opacity="{STRENGTH}" stroke-width="{LINE_PX}">'
        f"{_SVG[hatch]}</g></pattern>"
    )


def sprite_index(ratio: int) -> dict[str, dict[str, int]]:
    """Where each hatch lies in the sprite, as MapLibre reads it."""
    side = SIZE_PX * ratio
    return {
        f"{PREFIX}{hatch}": {
            "x": place * side,
            "y": 0,
            "width": side,
            "height": side,
            "pixelRatio": ratio,
        }
        for place, hatch in enumerate(HATCHES)
    }


@lru_cache(maxsize=4)
def sprite(ratio: int) -> bytes:
    """All hatches side by side, ``ratio`` pixels of the picture for one of the screen: a PNG with alpha."""
    side = SIZE_PX * ratio
    rows = []
    for y in range(side):
        row = bytearray(b"\0")  # the filter of the row: none
        for hatch in HATCHES:
            for x in range(side):
                row += bytes((*INK, round(255 * STRENGTH * _coverage(hatch, x, y, ratio))))
        rows.append(bytes(row))
    return _png(side * len(HATCHES), side, b"".join(rows))


@lru_cache(maxsize=len(HATCHES))
def inked(hatch: Hatch) -> tuple[tuple[float, ...], ...]:
    """How strongly each pixel of the tile that repeats is inked, 0 to 1, by row from the top."""
    return tuple(tuple(STRENGTH * _coverage(hatch, x, y, 1) for x in range(SIZE_PX)) for y in range(SIZE_PX))


def _coverage(hatch: Hatch, x: int, y: int, ratio: int) -> float:
    steps = [(step + 0.5) / SAMPLES for step in range(SAMPLES)]
    inked = _INKED[hatch]
    hits = sum(inked((x + dx) / ratio, (y + dy) / ratio) for dx in steps for dy in steps)
    return hits / SAMPLES**2


def _png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(
        ">IIBBBBB", width, height, 8, 6, 0, 0, 0
    )  # eight bits each of red, green, blue, alpha
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )
