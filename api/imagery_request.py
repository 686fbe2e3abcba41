"""What is asked of map tiles, checked one by one 影像瓦片的参数."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from api.parameters import instant, moment
from api.problem import BadParameter
from spatial.history.read import Area, Span
from tiles.ground import lon_lat
from tiles.matrix import MatrixSet, Tile
from tiles.raster.model import Range, Style

MEDIA = {"png": b"image/png", "webp": b"image/webp"}
TILE = ("style", "range", "asset", "flight", "datetime", "asof", "v")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tile is to show."""

    style: Style
    span: Range | None
    assets: tuple[str, ...]
    flight: str | None
    taken: datetime | Span | None
    asof: datetime | None
    version: str | None


def asked(parameters: Mapping[str, str]) -> Asked:
    """The parameters of a tile and of a set of tiles."""
    style = parameters.get("style", Style.PICTURE.value)
    if style not in [each.value for each in Style]:
        offered = ", ".join(Style)
        raise BadParameter("style", f"须为 {offered} 之一", f"must be one of {offered}", value=style)
    assets = tuple(filter(None, parameters.get("asset", "").split(",")))
    for each in assets:
        if len(each) != 64 or not all(mark in "0123456789abcdef" for mark in each):
            raise BadParameter(
                "asset",
                "须为影像目录中的 asset_id(SHA-256)",
                "must be an asset_id of the catalogue",
                value=each,
            )
    if style == Style.DIFFERENCE and len(assets) != 2:
        raise BadParameter(
            "asset",
            "求差须给出两个 asset_id:新,旧",
            "must name two asset_ids for a difference: the newer, the older",
            value=parameters.get("asset", ""),
        )
    return Asked(
        style=Style(style),
        span=_range(parameters.get("range")),
        assets=assets,
        flight=parameters.get("flight"),
        taken=moment("datetime", parameters.get("datetime")),
        asof=instant("asof", parameters.get("asof")),
        version=parameters.get("v"),
    )


def picture_form(parameters: Mapping[str, str]) -> str:
    """``f``, the format of a picture."""
    wanted = parameters.get("f", "png")
    if wanted not in MEDIA:
        raise BadParameter("f", "须为 png 或 webp", "must be png or webp", value=wanted)
    return wanted


@lru_cache(maxsize=len(MEDIA))
def nothing(kind: str) -> bytes:
    """A picture in which nothing lies."""
    from tiles.raster import view  # half a second and 50 MB, for whoever looks at pictures

    return view.encoded(view.CLEAR, kind)


def form(parameters: Mapping[str, str], style: Style) -> str:
    """The format of a tile."""
    wanted = picture_form(parameters)
    if style is Style.TERRAIN_RGB and wanted != "png":
        raise BadParameter(
            "f",
            "编码的高程只能为 png,其余格式有损",
            "must be png for encoded heights; other formats lose",
            value=wanted,
        )
    return wanted


def _range(text: str | None) -> Range | None:
    if text is None:
        return None
    parts = text.split(",")
    try:
        low, high = (float(part) for part in parts)
        if not -20_000 <= low < high <= 20_000:
            raise ValueError(text)
    except ValueError:
        raise BadParameter(
            "range",
            "须为 低,高 两个数(米),低小于高",
            "must be two numbers low,high in metres, the low one less",
            value=text,
        ) from None
    return Range(low, high)


def area(matrix_set: MatrixSet, tile: Tile) -> Area:
    """What a tile covers, in CGCS2000 degrees."""
    box = lon_lat(matrix_set, matrix_set.bounds(tile))
    return Area(box.left, box.bottom, box.right, box.top)
