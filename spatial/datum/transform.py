"""Moving positions between frames 坐标转换, with the path walked and its accuracy.

Refused: what no registered operation covers, positions outside the area of use
of any frame on the way, and numbers that are no position in their frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from spatial.datum import offset
from spatial.datum.checks import check, check_inside
from spatial.datum.epoch import plate_operations
from spatial.datum.frames import FRAMES, Frame, Kind
from spatial.datum.operation import Operation, Step, combined_accuracy_m
from spatial.datum.registry import Registry
from spatial.errors import BadCoordinate, NoOperation

Floats = NDArray[np.float64]
N = TypeVar("N", float, Floats)

NULL_ACCURACY_M = 1.0
"""CGCS2000 against WGS 84 today: 0.7 m of plate motion since 2000 and the ensemble's own spread."""


@dataclass(frozen=True, slots=True)
class Moved(Generic[N]):
    """Positions after a change of frame, with what is known about the move."""

    x: N
    """Longitude or east."""
    y: N
    """Latitude or north."""
    frame: Frame
    path: tuple[str, ...]
    """The operations walked, named; empty where source and target are one frame."""
    accuracy_m: float
    """One sigma of the operations alone; the data's own error comes on top."""


def move(
    x: N,
    y: N,
    source: Frame,
    target: Frame,
    *,
    epoch: float | None = None,
    registry: Registry | None = None,
) -> Moved[N]:
    """Move a position or arrays of them; x is longitude or east in every frame.

    ``epoch`` is the decimal year of observation, needed to and from ITRF.
    Raises BadCoordinate, OutsideArea, NoOperation.

    >>> from spatial.datum.frames import frame
    >>> p = move(118.7909, 36.8560, frame("EPSG:4490"), frame("EPSG:4549"))
    >>> f"{p.y:.4f} {p.x:.4f} ±{p.accuracy_m} m"
    '4081212.8726 392171.1071 ±0.0001 m'
    >>> move(39392171.1071, 4081212.8726, frame("EPSG:4528"), frame("EPSG:4490"))
    Traceback (most recent call last):
    spatial.errors.BadCoordinate: ...
    """
    steps = (registry or STANDARD).route(source, target)
    xs, ys = _flat(x, y)
    check(xs, ys, source)
    if source.id == source.base:
        check_inside(xs, ys, source)
    for step in steps:
        _check_epoch(step, epoch)
        xs, ys = step.apply(xs, ys, epoch)
        reached = FRAMES.get(step.target)
        if reached is not None and reached.kind in (Kind.GEOGRAPHIC, Kind.OFFSET):
            check_inside(xs, ys, reached)
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    return Moved(
        _shaped(xs, shape),
        _shaped(ys, shape),
        target,
        tuple(step.label for step in steps),
        combined_accuracy_m(steps),
    )


def _flat(x: float | Floats, y: float | Floats) -> tuple[Floats, Floats]:
    try:
        xs, ys = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    except (TypeError, ValueError) as failure:
        raise BadCoordinate(
            f"坐标不是数,或 x 与 y 个数不同:{failure}",
            f"coordinates are not numbers, or x and y differ in count: {failure}",
            value=str(failure),
        ) from failure
    return np.array(xs).reshape(-1), np.array(ys).reshape(-1)


def _shaped(values: Floats, shape: tuple[int, ...]) -> Any:
    return float(values[0]) if shape == () else values.reshape(shape)


def _check_epoch(step: Step, epoch: float | None) -> None:
    if step.operation.needs_epoch and epoch is None:
        raise NoOperation(
            f"到 ITRF 的转换须给出观测历元(十进制年,如 2026.9):{step.label}",
            f"moving to or from ITRF needs the epoch of observation (decimal year, such as 2026.9): "
            f"{step.label}",
            value=step.label,
        )


def _null(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
    return x, y


def _gcj02(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
    return offset.gcj02_from_cgcs2000(x, y)


def _gcj02_back(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
    return offset.cgcs2000_from_gcj02(x, y)


def _bd09(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
    return offset.bd09_from_gcj02(x, y)


def _bd09_back(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
    return offset.gcj02_from_bd09(x, y)


STANDARD = Registry(
    (
        Operation("null-cgcs2000-wgs84", "EPSG:4490", "EPSG:4326", NULL_ACCURACY_M, _null, _null),
        Operation("gcj02", "EPSG:4490", "GCJ02", offset.VENDOR_ACCURACY_M, _gcj02, _gcj02_back),
        Operation("bd09", "GCJ02", "BD09", 0.0, _bd09, _bd09_back),
        *plate_operations(),
    )
)
"""The operations that need no registration by the city."""
