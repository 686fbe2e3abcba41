"""Discharges declared on edges of cells 格边流量, ordered as a sweep over the rows meets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from water.hydraulics.model import Grid

EdgeFlows = tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.floating],
    NDArray[np.int64], NDArray[np.int64], NDArray[np.floating],
]  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """The edge before a cell 格边: between it and (row, column - 1) on axis x, (row - 1, column) on y."""

    axis: Literal["x", "y"]
    row: int
    column: int


def edge_flows(grid: Grid, edges: Sequence[Edge], kind: type[np.floating]) -> EdgeFlows:
    """Room for a discharge per width on each edge; ``edges`` come sorted, no edge twice."""
    across = [edge for edge in edges if edge.axis == "x"]
    along = [edge for edge in edges if edge.axis == "y"]
    return (
        *_rows(across, grid.rows, kind),
        *_rows(along, grid.rows + 1, kind),
    )


def _rows(
    edges: Sequence[Edge], rows: int, kind: type[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.floating]]:
    pointer = np.searchsorted([edge.row for edge in edges], np.arange(rows + 1)).astype(np.int64)
    return pointer, np.array([edge.column for edge in edges], np.int64), np.zeros(len(edges), kind)
