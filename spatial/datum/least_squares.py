"""Least squares of fits: design rows, solution, covariance, leave-one-out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.errors import BadControlPoints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Solution:
    """What least squares give; never printed, its numbers are secrets."""

    parameters: Floats
    covariance: Floats
    residuals: Floats
    left_out: Floats
    degrees_of_freedom: int
    sigma0_m: float


def solve(design: Floats, wanted: Floats, name: str) -> Solution:
    """QR solution with scaled columns; leave-one-out from the blocks of the hat matrix.

    ``design`` has one row a coordinate, ``wanted`` one row a point. Raises
    BadControlPoints where the points, or all but one of them, decide nothing.
    """
    dimensions = wanted.shape[1]
    observed = wanted.reshape(-1)
    scale = np.linalg.norm(design, axis=0)
    q, r = np.linalg.qr(design / scale)
    if np.linalg.cond(r) > 1e12:
        raise BadControlPoints(
            f"控制点近于一线,不能定参:{name}",
            f"the control points lie nearly on one line: {name}",
            value=name,
        )
    inverse = np.linalg.inv(r)
    parameters = inverse @ (q.T @ observed) / scale
    errors = observed - design @ parameters
    degrees = design.shape[0] - design.shape[1]
    variance = float(errors @ errors) / degrees
    blocks = q.reshape(-1, dimensions, design.shape[1])
    hats = blocks @ blocks.transpose(0, 2, 1)
    rest = np.eye(dimensions) - hats
    if np.linalg.cond(rest).max() > 1e12:
        raise BadControlPoints(
            f"去掉一个控制点后其余不能定参:{name}",
            f"without one of the points the others decide nothing: {name}",
            value=name,
        )
    by_point = errors.reshape(-1, dimensions)
    return Solution(
        parameters=parameters,
        covariance=variance * (inverse @ inverse.T) / np.outer(scale, scale),
        residuals=by_point,
        left_out=np.linalg.solve(rest, by_point[:, :, None])[:, :, 0],
        degrees_of_freedom=degrees,
        sigma0_m=float(np.sqrt(variance)),
    )


def plane_design(xy: Floats) -> Floats:
    """Two rows a point: shift east, shift north, k·cos, k·sin."""
    one, zero = np.ones(len(xy)), np.zeros(len(xy))
    x, y = xy.T
    return np.stack([np.column_stack((one, zero, x, -y)), np.column_stack((zero, one, y, x))], 1).reshape(
        -1, 4
    )


def spatial_design(xyz: Floats) -> Floats:
    """Three rows a point: three shifts, scale difference, three small rotations (position vector)."""
    one, zero = np.ones(len(xyz)), np.zeros(len(xyz))
    x, y, z = xyz.T
    return np.stack(
        [
            np.column_stack((one, zero, zero, x, zero, z, -y)),
            np.column_stack((zero, one, zero, y, -z, zero, x)),
            np.column_stack((zero, zero, one, z, y, -x, zero)),
        ],
        1,
    ).reshape(-1, 7)
