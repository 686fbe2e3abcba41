"""Volumes between two surface models 两期表面模型挖填方, by chainage along a river."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from spatial.datum import Frame, Registry, frame, legal_areas_m2, move
from spatial.errors import Refused
from spatial.exchange import sandbox
from tiles.raster import fence
from tiles.raster.model import Content, Source
from tiles.raster.prepare import settled
from water.flights.strips import Strip

GEOGRAPHIC: Final = frame("EPSG:4490")
CELLS_MAX: Final = 400_000_000
"""Of the whole comparison: twenty square kilometres at two tenths of a metre."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two surfaces of one kind of heights, the newer and the older."""

    newer: Source
    older: Source

    def __post_init__(self) -> None:
        for each in (self.newer, self.older):
            if each.content is not Content.HEIGHTS:
                raise Refused(
                    f"不是表面模型(单波段高程),不能求挖填:{each.name}",
                    f"is no surface model of one band of heights: {each.name}",
                    value=each.name,
                )
        if self.newer.height_type != self.older.height_type:
            kinds = f"{self.newer.height_type}、{self.older.height_type}"
            raise Refused(
                f"两期高程类型不同,不能相减:{kinds}",
                f"heights of two kinds have no difference: {kinds}",
                value=kinds,
            )

    @property
    def cell_m(self) -> float:
        """The cell that both bear: the coarser of the two."""
        return max(self.newer.resolution_m, self.older.resolution_m)


@dataclass(frozen=True, slots=True)
class Volume:
    """One strip; areas and volumes on the ellipsoid."""

    from_m: float
    to_m: float
    area_m2: float
    known_m2: float
    """Where both surfaces have a height."""
    risen_m2: float
    fallen_m2: float
    fill_m3: float
    cut_m3: float
    """Positive."""
    spread_m3: float | None
    """One standard deviation of fill minus cut, as if all errors of the strip were one: the worst case."""

    @property
    def net_m3(self) -> float:
        """Fill minus cut 净变化."""
        return self.fill_m3 - self.cut_m3


def volumes(
    pair: Pair,
    strips: Sequence[Strip],
    plane: Frame,
    registry: Registry,
    *,
    least_m: float,
    sigma_m: float | None,
    cell_m: float | None = None,
) -> list[Volume]:
    """Fill and cut of each strip.

    ``plane`` is the city's zone: cells lie in it, and each strip's cells count by its own area on the
    ellipsoid. Changes up to ``least_m`` are none; ``sigma_m`` is the standard deviation of a difference of
    heights. Raises ``NotFound`` where a file is gone or has changed, ``FrameUndecided``, ``UnreadableFile``,
    ``Refused`` where the comparison would be too large.
    """
    cell = cell_m or pair.cell_m
    shapes = [_in(plane, strip.shape) for strip in strips]
    plane_m2 = shapely.area(shapes)
    if plane_m2.sum() / cell**2 > CELLS_MAX:
        most_km2 = CELLS_MAX * cell**2 / 1e6
        raise Refused(
            f"范围过大:格网 {cell:g} m 时至多 {most_km2:.3g} km²,请缩短河段、收窄两岸或加大格网",
            f"too large: at cells of {cell:g} m at most {most_km2:.3g} km²; take a shorter stretch, narrower"
            " banks or larger cells",
            value=round(float(plane_m2.sum() / 1e6), 3),
        )
    given = [strip.shape for strip in strips]
    whole_m2 = np.nan_to_num(legal_areas_m2(np.array(given), plane, given_in=GEOGRAPHIC))
    factor = np.divide(whole_m2, plane_m2, out=np.ones_like(plane_m2), where=plane_m2 > 0)
    told = _told(pair, shapes, plane, registry, cell, least_m)
    cells_m2 = cell**2 * factor
    return [
        Volume(
            from_m=strip.from_m,
            to_m=strip.to_m,
            area_m2=float(area),
            known_m2=one["known"] * float(each),
            risen_m2=one["rose"] * float(each),
            fallen_m2=one["fell"] * float(each),
            fill_m3=one["risen_m"] * float(each),
            cut_m3=one["fallen_m"] * float(each),
            spread_m3=None if sigma_m is None else sigma_m * (one["rose"] + one["fell"]) * float(each),
        )
        for strip, area, each, one in zip(strips, whole_m2, cells_m2, told, strict=True)
    ]


def _in(plane: Frame, shape: Any) -> Any:
    def moved(points: Any) -> Any:
        found = move(points[:, 0], points[:, 1], GEOGRAPHIC, plane)
        return np.column_stack((found.x, found.y))

    return shapely.transform(shape, moved)


def _told(
    pair: Pair, shapes: Sequence[Any], plane: Frame, registry: Registry, cell_m: float, least_m: float
) -> list[dict[str, Any]]:
    files: dict[str, dict[str, Any]] = {}
    sources: dict[str, Path] = {}
    for role, source in (("newer", pair.newer), ("older", pair.older)):
        path, epsg = settled(source, registry)
        name = source.name if source.name not in sources else f"{source.name} ({source.asset_id[:8]})"
        sources[name] = path
        files[role] = {
            "source": name,
            "epsg": epsg,
            "nodata": source.nodata,
            "resolution_m": source.resolution_m,
        }
    job = {
        "files": files,
        "plane": plane.epsg,
        "cell_m": cell_m,
        "least_m": least_m,
        "strips": [shapely.to_wkb(shape, hex=True) for shape in shapes],
    }
    with sandbox.work_folder() as work:
        told = fence.told_by("water.flights.compare", work, job, sources)
    found: list[dict[str, Any]] = told["strips"]
    return found
