"""Hatches 晕线 as patterns of the page: the map's own, drawn as lines."""

from __future__ import annotations

from spatial.catalogue.symbology import Hatch
from tiles.hatches import DOT_PX, INK, LINE_PX, RING_PX, SIZE_PX, strokes
from tiles.print.canvas import circle
from tiles.print.pdf import POINTS_PER_MM, PdfFile, Ref, numbers

PX_MM = 0.2
"""A pixel of the map's pattern on paper: lines lie 2.4 mm apart."""
_COLOR = " ".join(f"{(share + (255 - share) * 0.35) / 255:.3f}" for share in INK)
"""Lighter than the map's ink: there it is half clear."""


class Patterns:
    """The hatches a sheet uses."""

    def __init__(self) -> None:
        self._used: dict[Hatch, str] = {}

    def name(self, hatch: Hatch) -> str:
        """The pattern of a hatch."""
        return self._used.setdefault(hatch, f"P{len(self._used)}")

    def put(self, file: PdfFile) -> list[tuple[str, Ref]]:
        """The patterns that were used."""
        return [(name, file.packed(_entries(), _content(hatch))) for hatch, name in self._used.items()]


def _entries() -> str:
    step = PX_MM * POINTS_PER_MM
    return (
        "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /Resources << >>"
        f" /BBox [0 0 {SIZE_PX} {SIZE_PX}] /XStep {SIZE_PX} /YStep {SIZE_PX}"
        f" /Matrix [{step:.6f} 0 0 {-step:.6f} 0 0]"
    )


def _content(hatch: Hatch) -> bytes:
    lines = [f"{_COLOR} RG {_COLOR} rg {numbers(LINE_PX * 0.8)} w"]
    lines += [f"{numbers(a, b)} m {numbers(c, d)} l S" for a, b, c, d in strokes(hatch)]
    middle = f"1 0 0 1 {numbers(SIZE_PX / 2, SIZE_PX / 2)} cm"
    if hatch is Hatch.DOTS:
        lines.append(f"{middle} {circle(DOT_PX)} f")
    if hatch is Hatch.RINGS:
        lines.append(f"{middle} {circle(RING_PX)} S")
    return "\n".join(lines).encode("ascii")
