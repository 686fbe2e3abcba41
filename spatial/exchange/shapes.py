"""Geometries on their way in: surveyed as they stand, then moved into CGCS2000."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatial.datum import STANDARD, Frame, Registry, frame, move
from spatial.errors import FileTooLarge, InvalidInput, OneMapError, Refused
from spatial.exchange.batches import Batch
from spatial.exchange.residuals import Floats, Survey
from spatial.history.model import SRID

STORED = frame("EPSG:4490")
_EXTREMES = 200
_SAMPLE = 20_000
_SLOW_ROWS = 20_000
_TYPES = {"Point": 0, "LineString": 1, "Polygon": 3, "MultiPoint": 4, "MultiLineString": 5, "MultiPolygon": 6}

Reasons = dict[int, tuple[str, str, str]]
"""Row of a batch → rule, Chinese and English reason."""


@dataclass(slots=True)
class Seen:
    """What was seen of a file's coordinates before its frame was known."""

    survey: Survey | None
    """None where no row has a usable coordinate."""
    has_z: bool
    has_m: bool


def survey(batches: Iterable[Batch], vertices: int) -> Seen:
    """Look at every coordinate of a file once, keeping only extremes and a sample."""
    sample_x, sample_y, extremes = [], [], np.empty((0, 2))
    left, has_z, has_m = _SAMPLE, False, False
    for batch in batches:
        shapes, _ = parse(batch, vertices)
        has_z |= bool(shapely.has_z(shapes).any())
        has_m |= bool(shapely.has_m(shapes).any())
        positions, owner = shapely.get_coordinates(shapes, return_index=True)
        finite = np.isfinite(positions).all(axis=1)
        positions, owner = positions[finite], owner[finite]
        if not len(positions):
            continue
        extremes = _most_extreme(np.vstack((extremes, positions)))
        first = np.unique(owner, return_index=True)[1][:left]
        left -= len(first)
        sample_x.append(positions[first, 0])
        sample_y.append(positions[first, 1])
    if not len(extremes):
        return Seen(None, has_z, has_m)
    low, high = extremes.min(axis=0), extremes.max(axis=0)
    bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    found = Survey(bounds, np.concatenate(sample_x), np.concatenate(sample_y), extremes[:, 0], extremes[:, 1])
    return Seen(found, has_z, has_m)


def _most_extreme(positions: Floats) -> Floats:
    if len(positions) <= 4 * _EXTREMES:
        return positions
    chosen: list[npt.NDArray[np.intp]] = []
    for axis in (0, 1):
        order = np.argpartition(positions[:, axis], (_EXTREMES, len(positions) - _EXTREMES))
        chosen += [order[:_EXTREMES], order[-_EXTREMES:]]
    return positions[np.unique(np.concatenate(chosen))]


def parse(batch: Batch, vertices: int) -> tuple[Any, Reasons]:
    """The geometries of a batch, and the rows whose bytes are none."""
    wkb = np.array(batch.wkb or [None] * len(batch.lines), dtype=object)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    wrong: Reasons = {row: ("unreadable", zh, en) for row, (zh, en) in batch.problems.items()}
    given = np.fromiter((one is not None for one in wkb), np.bool_, len(wkb))
    for row in np.flatnonzero(shapely.is_missing(shapes) & given).tolist():
        wrong[row] = ("geometry-unreadable", "几何数据损坏", "the geometry is damaged")
    most = int(shapely.get_num_coordinates(shapes).max(initial=0))
    if most > vertices:
        raise FileTooLarge(
            f"单个几何顶点过多({most} > {vertices}),请拆分",
            f"one geometry has too many vertices ({most} > {vertices}); split it: {most}",
            value=most,
        )
    return shapes, wrong


@dataclass(slots=True)
class Arrived:
    """Geometries of a batch in CGCS2000, as EWKB, and the rows that could not be moved."""

    ewkb: list[bytes | None]
    wrong: Reasons
    places: list[tuple[float, float] | None]
    path: tuple[str, ...]
    accuracy_m: float | None


def bring(
    batch: Batch, source: Frame, swapped: bool, vertices: int, registry: Registry = STANDARD
) -> Arrived:
    """Move the geometries of a batch into CGCS2000; x = longitude, y = latitude."""
    shapes, wrong = parse(batch, vertices)
    shapes = shapely.force_2d(shapes)
    positions, owner = shapely.get_coordinates(shapes, return_index=True)
    for row in np.unique(owner[~np.isfinite(positions).all(axis=1)]).tolist():
        wrong[row] = ("geometry-coordinate", "坐标含 NaN 或无穷", "a coordinate is NaN or infinite")
        shapes[row] = None
    positions = shapely.get_coordinates(shapes)
    if swapped:
        positions = positions[:, ::-1]
    path: tuple[str, ...] = ()
    accuracy_m = None
    if len(positions):
        try:
            moved = move(positions[:, 0], positions[:, 1], source, STORED, registry=registry)
            path, accuracy_m = moved.path, moved.accuracy_m
            shapes = shapely.set_coordinates(shapes, np.column_stack((moved.x, moved.y)))
        except (InvalidInput, Refused):
            shapes = _one_by_one(shapes, source, swapped, wrong, registry)
    ewkb = list(shapely.to_wkb(shapely.set_srid(shapes, SRID), include_srid=True))
    return Arrived(ewkb, wrong, _places(shapes), path, accuracy_m)


def _one_by_one(shapes: Any, source: Frame, swapped: bool, wrong: Reasons, registry: Registry) -> Any:
    """Only where a batch as a whole cannot be moved: find the rows that are at fault."""
    if len(shapes) > _SLOW_ROWS:
        raise ValueError(len(shapes))
    for row, shape in enumerate(shapes):
        if shape is None:
            continue
        positions = shapely.get_coordinates(shape)
        x, y = (positions[:, 1], positions[:, 0]) if swapped else (positions[:, 0], positions[:, 1])
        try:
            moved = move(x, y, source, STORED, registry=registry)
        except (InvalidInput, Refused) as refused:
            assert isinstance(refused, OneMapError)
            wrong[row] = (refused.code, refused.zh, refused.en)
            shapes[row] = None
        else:
            shapes[row] = shapely.set_coordinates(shape, np.column_stack((moved.x, moved.y)))
    return shapes


def sound(ewkb: Sequence[bytes | None]) -> Any:
    """Geometries of bytes, without those that are not valid: they have no area."""
    found = shapely.from_wkb(np.array(list(ewkb), dtype=object))
    found[~shapely.is_valid(found)] = None
    return found


def _places(shapes: Any) -> list[tuple[float, float] | None]:
    box = shapely.bounds(shapes)
    middle = np.column_stack(((box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2)).round(7)
    return [(float(lon), float(lat)) if lon == lon and lat == lat else None for lon, lat in middle.tolist()]


def positions_of(wkb: Sequence[bytes]) -> list[tuple[Floats, Floats]]:
    """x and y of every vertex of each geometry."""
    shapes = shapely.from_wkb(np.array(list(wkb), dtype=object))
    found = []
    for shape in shapes:
        positions = shapely.get_coordinates(shape)
        found.append((positions[:, 0], positions[:, 1]))
    return found
