"""Deepest, first and fastest, cell by cell 逐格归约; compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def reduce(h, across, along, on_faces, t_s, wet_m, depth_m, arrival_s, speed_m_s):  # type: ignore[no-untyped-def]
    """Take an instant in; ``on_faces`` where the discharges are those of faces, else of cells."""
    for row in range(h.shape[0]):
        wet, most = h[row], depth_m[row]
        for column in range(wet.size):
            depth = wet[column]
            if depth > most[column]:
                most[column] = depth
            if depth >= wet_m:
                _arrived(row, column, depth, across, along, on_faces, t_s, arrival_s, speed_m_s)


@njit(cache=True, nogil=True, error_model="numpy", inline="never")
def _arrived(row, column, depth, across, along, on_faces, t_s, arrival_s, speed_m_s):  # type: ignore[no-untyped-def]
    if t_s < arrival_s[row, column]:
        arrival_s[row, column] = t_s
    if on_faces:
        x = 0.5 * (across[row, column] + across[row, column + 1])
        y = 0.5 * (along[row, column] + along[row + 1, column])
    else:
        x, y = across[row, column], along[row, column]
    speed = np.float32(np.sqrt(x * x + y * y) / depth)
    if speed > speed_m_s[row, column]:
        speed_m_s[row, column] = speed
