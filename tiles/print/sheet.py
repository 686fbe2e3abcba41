"""The layout of a sheet 图面布局: where the frame, the map and the parts around it lie, in millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from tiles.print.model import SIDES_MM, Box, Orientation, Paper

EDGE_MM = {Paper.A4: 10.0, Paper.A3: 10.0, Paper.A2: 10.0, Paper.A1: 20.0, Paper.A0: 20.0}
"""Between the edge of the paper and the frame 图框 without a margin for binding (GB/T 14689)."""
TYPE = {Paper.A4: 0.85, Paper.A3: 1.0, Paper.A2: 1.15, Paper.A1: 1.4, Paper.A0: 1.7}
"""How much larger type is than on A3: larger sheets are read from farther away."""
TITLE_MM, COLUMN_MM, BAND_MM, NEAT_MM = 17.0, 70.0, 80.0, 6.5
"""Height of the title; width of the column, or height of the band, beside the map; room for coordinates."""
GAP_MM = 3.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """The parts of one sheet."""

    width: float
    height: float
    type: float
    """Factor of all sizes of type."""
    frame: Box
    """外图廓: the thick frame."""
    title: Box
    map: Box
    """内图廓: the neat line, which is the edge of the map."""
    scale: Box
    """North arrow, scale and scale bar."""
    legend: Box
    notes: Box
    block: Box
    """图签, in the lower right corner."""


@lru_cache(maxsize=16)
def sheet(paper: Paper, orientation: Orientation) -> Sheet:
    """The layout of a size of paper.

    >>> sheet(Paper.A3, Orientation.ACROSS).map.width
    317.0
    """
    short, long = SIDES_MM[paper]
    across = orientation is Orientation.ACROSS
    width, height = (long, short) if across else (short, long)
    edge, factor = EDGE_MM[paper], TYPE[paper]
    frame = Box(edge, edge, width - 2 * edge, height - 2 * edge)
    title = Box(frame.left, frame.top - TITLE_MM * factor, frame.width, TITLE_MM * factor)
    parts = _column(frame, title, factor) if across else _band(frame, title, factor)
    return Sheet(float(width), float(height), factor, frame, title, *parts)


def _column(frame: Box, title: Box, factor: float) -> tuple[Box, Box, Box, Box, Box]:
    """Beside the map: scale on top, legend, notes, and the title block at the foot."""
    wide, neat = COLUMN_MM * factor, NEAT_MM * factor
    left = frame.right - wide
    inner = _map(Box(frame.left, frame.bottom, frame.width - wide, title.bottom - frame.bottom), neat)
    gap = GAP_MM * factor
    block = Box(left, frame.bottom, wide, 62 * factor)
    notes = Box(left + gap, block.top + gap, wide - 2 * gap, 56 * factor)
    scale = Box(left + gap, title.bottom - 27 * factor, wide - 2 * gap, 27 * factor)
    legend = Box(left + gap, notes.top + gap, wide - 2 * gap, scale.bottom - notes.top - 2 * gap)
    return inner, scale, legend, notes, block


def _band(frame: Box, title: Box, factor: float) -> tuple[Box, Box, Box, Box, Box]:
    """Below the map: legend at the left, scale and notes in the middle, the title block at the right."""
    high, neat, gap = BAND_MM * factor, NEAT_MM * factor, GAP_MM * factor
    foot = frame.bottom + high
    inner = _map(Box(frame.left, foot, frame.width, title.bottom - foot), neat)
    wide = min(70 * factor, frame.width * 0.35)
    block = Box(frame.right - wide, frame.bottom, wide, high)
    middle = min(76 * factor, frame.width * 0.33)
    left = block.left - middle
    scale = Box(left + gap, foot - 27 * factor, middle - 2 * gap, 27 * factor)
    notes = Box(left + gap, frame.bottom + gap, middle - 2 * gap, scale.bottom - frame.bottom - gap)
    legend = Box(frame.left + gap, frame.bottom + gap, left - frame.left - 2 * gap, high - 2 * gap)
    return inner, scale, legend, notes, block


def _map(box: Box, neat: float) -> Box:
    """The neat line inside a part of the sheet, in whole millimetres."""
    width, height = float(int(box.width - 2 * neat)), float(int(box.height - 2 * neat))
    return Box(box.left + (box.width - width) / 2, box.bottom + (box.height - height) / 2, width, height)
