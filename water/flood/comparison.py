"""What two runs of one ground differ in 两次推演之差: extents, depths, arrivals."""

from __future__ import annotations

from typing import Any

import numpy as np

from water.flood.extent import WET_M, Extent, Single


def depth_difference(before: Extent, after: Extent) -> Single:
    """How much deeper the later run stood, m; NaN where both stayed dry."""
    either = (before.depth_m > 0) | (after.depth_m > 0)
    return np.where(either, after.depth_m - before.depth_m, np.float32(np.nan)).astype(np.float32)


def told(before: Extent, after: Extent) -> dict[str, Any]:
    """In figures: what was spared, what was reached anew, how much shallower, how much later."""
    first, second = before.depth_m >= WET_M, after.depth_m >= WET_M
    both, cell_m2 = first & second, before.raster.cell_m**2
    deeper = after.depth_m[both].astype(np.float64) - before.depth_m[both]
    later = after.arrival_s[both].astype(np.float64) - before.arrival_s[both]
    return {
        "before_plane_m2": float(first.sum()) * cell_m2,
        "after_plane_m2": float(second.sum()) * cell_m2,
        "spared_plane_m2": float((first & ~second).sum()) * cell_m2,
        "reached_anew_plane_m2": float((second & ~first).sum()) * cell_m2,
        "both_plane_m2": float(both.sum()) * cell_m2,
        "deeper_mean_m": float(deeper.mean()) if both.any() else 0.0,
        "deeper_most_m": max(0.0, float(deeper.max())) if both.any() else 0.0,
        "shallower_most_m": max(0.0, float(-deeper.min())) if both.any() else 0.0,
        "later_median_s": float(np.median(later)) if both.any() else 0.0,
    }
