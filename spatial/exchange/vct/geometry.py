"""Geometries of a block's objects 对象几何, all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from spatial.exchange import rings
from spatial.exchange.vct import areas
from spatial.exchange.vct.objects import Objects


def points(block: Objects) -> Any:
    """One position is a Point, several are a MultiPoint."""
    owner = np.repeat(np.arange(len(block.ids)), block.lengths)
    points = shapely.points(block.coords)
    return _collected(points, owner, np.array(block.lengths), shapely.multipoints)


def lines(block: Objects) -> Any:
    """One segment is a LineString, several are a MultiLineString."""
    local = np.repeat(np.arange(len(block.lengths)), block.lengths)
    parts = shapely.linestrings(block.coords, indices=local)
    pieces = np.array(block.pieces, dtype=np.int64)
    return _collected(parts, np.repeat(np.arange(len(pieces)), pieces), pieces, shapely.multilinestrings)


def _collected(parts: Any, owner: Any, counts: Any, several: Any) -> Any:
    shapes = np.full(len(counts), None, dtype=object)
    single = counts[owner] == 1
    shapes[owner[single]] = parts[single]
    rows, local = np.unique(owner[~single], return_inverse=True)
    if len(rows):
        shapes[rows] = several(parts[~single], indices=local)
    return shapes


def polygons(block: Objects, edges: Objects | None) -> tuple[Any, dict[int, tuple[str, str]]]:
    """Areas of line numbers or of positions, and why some could not be built."""
    shapes = np.full(len(block.ids), None, dtype=object)
    problems: dict[int, tuple[str, str]] = {}
    rows = list(block.references)
    if rows:
        labels = [block.ids[row] for row in rows]
        built, wrong = areas.build([block.references[row] for row in rows], edges or _no_lines(), labels)
        shapes[rows] = built
        problems |= {rows[one]: reason for one, reason in wrong.items()}
    start = piece = 0
    for row, pieces in enumerate(block.pieces):
        found = []
        for length in block.lengths[piece : piece + pieces]:
            found.append(block.coords[start : start + length])
            start += length
        piece += pieces
        if not found:
            continue
        if any(len(ring) < 4 or (ring[0] != ring[-1]).any() for ring in found):
            problems[row] = (
                f"面 {block.ids[row]} 的环未闭合",
                f"a ring of area {block.ids[row]} does not close",
            )
        else:
            shapes[row] = rings.assemble(found)
    return shapes, problems


def _no_lines() -> Objects:
    return Objects(coords=np.empty((0, 2)))
