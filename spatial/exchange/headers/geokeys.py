"""GeoTIFF keys 地理标签: the frame, as GeoTIFF and LAS files both write it (OGC 19-008)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_MODEL, _RASTER, _CITATION = 1024, 1025, 1026
_GEOGRAPHIC, _PROJECTED, _PLANE_CITATION, _VERTICAL = 2048, 3072, 3073, 4096
_ASCII = 34737
_USER_DEFINED = 32767
_HEIGHTS = {5737: "normal_1985"}
"""EPSG codes of vertical frames whose kind of height is known."""


def parse(directory: Sequence[int], text: bytes) -> Mapping[int, int | str]:
    """Keys and their values; numbers of the double array are not needed here."""
    found: dict[int, int | str] = {}
    for at in range(4, len(directory) - 3, 4):
        key, where, count, value = directory[at : at + 4]
        if where == 0:
            found[key] = value
        elif where == _ASCII:
            found[key] = text[value : value + count].decode("latin-1").rstrip("|\0 ")
    return found


def frame_text(keys: Mapping[int, int | str]) -> str | None:
    """``EPSG:n``, the words of a frame without a code, or None where nothing is said."""
    for key in (_PROJECTED, _GEOGRAPHIC):
        code = keys.get(key)
        if code == _USER_DEFINED:
            return str(keys.get(_PLANE_CITATION) or keys.get(_CITATION) or "user-defined")
        if isinstance(code, int) and code:
            return f"EPSG:{code}"
    return None


def height_type(keys: Mapping[int, int | str]) -> str:
    """Kind of the heights; ``unknown`` unless a code says it."""
    code = keys.get(_VERTICAL)
    return _HEIGHTS.get(code, "unknown") if isinstance(code, int) else "unknown"


def pixel_is_point(keys: Mapping[int, int | str]) -> bool:
    """The tie point is the middle of a pixel and not its corner."""
    return keys.get(_RASTER) == 2
