"""Words on pictures 图片上的文字: Debian's fonts as how strongly each pixel is inked."""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import Any

import numpy as np
import shapely
from fontTools.pens.basePen import BasePen
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine

from tiles.fonts.outlines import ASCENT, DESCENT, UNITS, Outlines

SAMPLES = 4
_CURVE = np.linspace(0.2, 1.0, 5)[:, None]


@lru_cache(maxsize=512)
def lettered(text: str, size_px: int) -> NDArray[np.float64]:
    """Shape (rows, columns), 0 to 1; an empty box for each character where the fonts are missing."""
    at, shapes = 0, []
    for character in text:
        drawn = glyph(character)
        if not drawn.is_empty:
            shapes.append(shapely.affinity.translate(drawn, at))
        at += _outlines().width(ord(character))
    step = UNITS / (size_px * SAMPLES)
    rows, columns = (-(-length // round(step * SAMPLES)) * SAMPLES for length in (ASCENT - DESCENT, at))
    held = rasterize(shapes, (rows, columns), transform=Affine(step, 0, 0, 0, -step, ASCENT), dtype="uint8")
    blocks = held.reshape(rows // SAMPLES, SAMPLES, columns // SAMPLES, SAMPLES)
    share: NDArray[np.float64] = blocks.mean((1, 3))
    return share


@lru_cache(maxsize=4096)
def glyph(character: str) -> shapely.Geometry:
    """The outline of a character on its baseline, in thousandths of its size; empty for a space."""
    pen = _Rings()
    _outlines().trace(ord(character), pen)
    rings = [shapely.Polygon(ring) for ring in pen.rings if len(ring) > 2]
    return reduce(shapely.symmetric_difference, rings) if rings else shapely.Polygon()


def width_em(text: str) -> float:
    """How far a text reaches, in its own size."""
    return sum(_outlines().width(ord(character)) for character in text) / UNITS


@lru_cache(maxsize=1)
def _outlines() -> Outlines:
    return Outlines()


class _Rings(BasePen):  # type: ignore[misc]
    """Collects the outlines of a glyph as closed rings, curves in five steps."""

    def __init__(self) -> None:
        super().__init__(None)
        self.rings: list[list[tuple[float, float]]] = []

    def _moveTo(self, point: Any) -> None:  # noqa: N802
        self.rings.append([point])

    def _lineTo(self, point: Any) -> None:  # noqa: N802
        self.rings[-1].append(point)

    def _curveToOne(self, first: Any, second: Any, end: Any) -> None:  # noqa: N802
        start = np.array(self.rings[-1][-1], float)
        one, two, three = (np.array(each, float) for each in (first, second, end))
        t, s = _CURVE, 1 - _CURVE
        points = s**3 * start + 3 * s**2 * t * one + 3 * s * t**2 * two + t**3 * three
        self.rings[-1] += [(float(x), float(y)) for x, y in points]
