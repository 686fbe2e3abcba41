"""A small flood to ask for: a stretch of the sample 弥河 with a breach in its right dyke, cells of 40 m."""

from __future__ import annotations

from typing import Any

import numpy as np

from water.flood import plane, sample

ZONE = 4549
ROUTE = "SYN-ROUTE-MI"
LATITUDE = 36.90


def spot(upstream: int = 0, right_m: float = 0.0) -> list[float]:
    """Longitude and latitude of a vertex of the river's line, or of ground to the right of it."""
    line = sample.line_m("MI", ZONE)
    degrees = plane.to_degrees(line, ZONE)
    at = int(np.argmin(np.abs(degrees[:, 1] - LATITUDE))) - upstream
    way = line[at + 1] - line[at - 1]
    right = np.array([way[1], -way[0]]) / np.hypot(*way)
    found = plane.to_degrees(line[at] + right_m * right, ZONE)[0]
    return [float(found[0]), float(found[1])]


def area() -> list[float]:
    """West, south, east, north: some 4 by 4 km."""
    lon, lat = spot()
    return [lon - 0.02, lat - 0.018, lon + 0.025, lat + 0.014]


def breach(**more: Any) -> dict[str, Any]:
    return {"id": "B1", "at": {"point": spot(right_m=260.0)}, "width_m": 120, "grows_s": 300} | more


def inflow(discharge: Any = 4000) -> dict[str, Any]:
    return {"id": "Q1", "at": {"point": spot(upstream=12)}, "discharge_m3_s": discharge}


def scenario(**more: Any) -> dict[str, Any]:
    """Inputs of ``flood-scenario``; a member that is None is left out."""
    given: dict[str, Any] = {
        "title": "弥河右岸溃口(试验)", "area": area(), "cell_m": 40, "duration_s": 1800,
        "begins_at": "2026-08-20T12:00:00+08:00", "report_s": 600, "inflows": [inflow()],
        "breaches": [breach()], "points": [{"id": "P1", "at": {"point": spot(right_m=420.0)}}],
        "river_depth_m": 4.0,
    }  # fmt: skip
    return {name: value for name, value in (given | more).items() if value is not None}
