"""Godunov of second order on the device: cells, ghosts, faces, limiter, update, each over all tiles."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from water.hydraulics import godunov_boundary, godunov_kernel, inertia_kernel, powers
from water.hydraulics.boundaries import Faces
from water.hydraulics.device import plane as planes
from water.hydraulics.device.edges import DeviceEdges
from water.hydraulics.device.plane import Plane
from water.hydraulics.device.porting import cuda, ported
from water.hydraulics.edges import EdgeFlows
from water.hydraulics.godunov import Godunov
from water.hydraulics.godunov_kernel import AFTER, BEFORE, LEVEL, MASS, SIDEWAYS, H, U, V
from water.hydraulics.model import G_M_S2, Array, Floats, Grid, Method
from water.hydraulics.sources_kernel import faster
from water.hydraulics.tiles import BAND, BLOCK, Runs


@cache
def kernels(bits: int) -> SimpleNamespace:
    """The kernels of a precision, compiled when they first run.

    ``P`` holds depth, level and velocity of the cells with one more on every side, ``X`` and ``Y`` mass,
    momentum before, behind and sideways of the faces along either axis.
    """
    shared = planes.kernels(bits)
    kind, greatest = shared.kind, shared.greatest
    real = np.float32 if bits == 32 else np.float64
    HALF, TWO, ZERO = real(0.5), real(2.0), real(0.0)
    seed = ported(powers.seed_32 if bits == 32 else powers.seed_64)
    root = ported(powers.inverse_cube_root, seed=seed)
    slope = ported(godunov_kernel.slope)
    primitives = ported(godunov_kernel.primitives)
    ghost_cell = ported(godunov_kernel.ghost_cell)
    face_fluxes = ported(godunov_kernel.face_fluxes, slope=slope)
    over_structure = ported(godunov_kernel.over_structure)
    new_depth = ported(godunov_kernel.new_depth)
    new_momentum = ported(godunov_kernel.new_momentum)
    rub = ported(godunov_kernel.rub, inverse_cube_root=root)
    average = ported(godunov_kernel.average)
    share = ported(inertia_kernel.limit)
    upwind = ported(inertia_kernel.upwind)
    speed = ported(faster)
    boundary_face = ported(
        godunov_boundary.boundary_face,
        limited_trend=ported(godunov_boundary.limited_trend),
        outer_state=ported(godunov_boundary.outer_state),
    )

    @cuda.jit
    def fastest(tiles, h, p, q, g, dry, most):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        mine = cuda.local.array(1, kind)
        mine[0] = 0
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                speed(h[j, i : i + 1], p[j, i : i + 1], q[j, i : i + 1], mine, g, dry)
        greatest(mine[0], most)

    @cuda.jit
    def load(tiles, z, h, p, q, P, dry):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        bottom, right = min((b + 1) * BAND + 2, h.shape[0]), min((k + 1) * BLOCK + 2, h.shape[1])
        for j in range(max(b * BAND - 2, 0) + cuda.threadIdx.y, bottom, cuda.blockDim.y):
            for i in range(max(k * BLOCK - 2, 0) + cuda.threadIdx.x, right, cuda.blockDim.x):
                primitives(
                    z[j, i : i + 1], h[j, i : i + 1], p[j, i : i + 1], q[j, i : i + 1],
                    P[H, j + 1, i + 1 : i + 2], P[LEVEL, j + 1, i + 1 : i + 2],
                    P[U, j + 1, i + 1 : i + 2], P[V, j + 1, i + 1 : i + 2], dry,
                )  # fmt: skip

    @cuda.jit
    def ghosts_across(P, dry):  # type: ignore[no-untyped-def]
        j = cuda.grid(1) + 1
        columns = P.shape[2] - 2
        one = min(columns, 2)
        if j < P.shape[1] - 1:
            ghost_cell(P[:, j, 1], P[:, j, one], P[:, j, 0], dry)
            ghost_cell(P[:, j, columns], P[:, j, columns + 1 - one], P[:, j, columns + 1], dry)

    @cuda.jit
    def ghosts_along(P, dry):  # type: ignore[no-untyped-def]
        i = cuda.grid(1)
        rows = P.shape[1] - 2
        one = min(rows, 2)
        if i < P.shape[2]:
            ghost_cell(P[:, 1, i], P[:, one, i], P[:, 0, i], dry)
            ghost_cell(P[:, rows, i], P[:, rows + 1 - one, i], P[:, rows + 1, i], dry)

    @cuda.jit(device=True)
    def across(j, i, P, f, X, west, east, west_value, east_value, g, dry):  # type: ignore[no-untyped-def]
        columns = f.shape[1]
        r = j + 1
        if i == 0:
            boundary_face(
                west[j], west_value[j], P[:, r, 0], P[:, r, 1], P[:, r, min(columns, 2)], f[j, 0], -1.0,
                H, U, V, dry, X[:, j, 0],
            )  # fmt: skip
        elif i == columns:
            boundary_face(
                east[j], east_value[j], P[:, r, columns + 1], P[:, r, columns],
                P[:, r, max(columns - 1, 1)], f[j, columns - 1], 1.0, H, U, V, dry, X[:, j, columns],
            )  # fmt: skip
        else:
            face_fluxes(
                P[H, r, i - 1 : i], P[H, r, i : i + 1], P[H, r, i + 1 : i + 2], P[H, r, i + 2 : i + 3],
                P[LEVEL, r, i - 1 : i], P[LEVEL, r, i : i + 1],
                P[LEVEL, r, i + 1 : i + 2], P[LEVEL, r, i + 2 : i + 3],
                P[U, r, i - 1 : i], P[U, r, i : i + 1], P[U, r, i + 1 : i + 2], P[U, r, i + 2 : i + 3],
                P[V, r, i - 1 : i], P[V, r, i : i + 1], P[V, r, i + 1 : i + 2], P[V, r, i + 2 : i + 3],
                X[MASS, j, i : i + 1], X[BEFORE, j, i : i + 1],
                X[AFTER, j, i : i + 1], X[SIDEWAYS, j, i : i + 1], g, dry,
            )  # fmt: skip

    @cuda.jit(device=True)
    def along(j, i, P, f, Y, first, last, first_value, last_value, g, dry):  # type: ignore[no-untyped-def]
        rows = f.shape[0]
        c, d = i + 1, i + 2
        if j == 0:
            boundary_face(
                first[i], first_value[i], P[:, 0, c], P[:, 1, c], P[:, min(rows, 2), c], f[0, i], -1.0,
                H, V, U, dry, Y[:, 0, i],
            )  # fmt: skip
        elif j == rows:
            boundary_face(
                last[i], last_value[i], P[:, rows + 1, c], P[:, rows, c], P[:, max(rows - 1, 1), c],
                f[rows - 1, i], 1.0, H, V, U, dry, Y[:, rows, i],
            )  # fmt: skip
        else:
            face_fluxes(
                P[H, j - 1, c:d], P[H, j, c:d], P[H, j + 1, c:d], P[H, j + 2, c:d],
                P[LEVEL, j - 1, c:d], P[LEVEL, j, c:d], P[LEVEL, j + 1, c:d], P[LEVEL, j + 2, c:d],
                P[V, j - 1, c:d], P[V, j, c:d], P[V, j + 1, c:d], P[V, j + 2, c:d],
                P[U, j - 1, c:d], P[U, j, c:d], P[U, j + 1, c:d], P[U, j + 2, c:d],
                Y[MASS, j, i : i + 1], Y[BEFORE, j, i : i + 1],
                Y[AFTER, j, i : i + 1], Y[SIDEWAYS, j, i : i + 1], g, dry,
            )  # fmt: skip

    @cuda.jit
    def faces_across(  # type: ignore[no-untyped-def]
        tiles, P, f, X, west, east, west_value, east_value, g, dry
    ):
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        right = min((k + 1) * BLOCK, f.shape[1])
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, f.shape[0]), cuda.blockDim.y):
            # The face at the far side is also that of the next tile, which may be left alone.
            for i in range(k * BLOCK + cuda.threadIdx.x, right + 1, cuda.blockDim.x):
                across(j, i, P, f, X, west, east, west_value, east_value, g, dry)

    @cuda.jit
    def faces_along(  # type: ignore[no-untyped-def]
        tiles, P, f, Y, first, last, first_value, last_value, g, dry
    ):
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        bottom = min((b + 1) * BAND, f.shape[0])
        for j in range(b * BAND + cuda.threadIdx.y, bottom + 1, cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, f.shape[1]), cuda.blockDim.x):
                along(j, i, P, f, Y, first, last, first_value, last_value, g, dry)

    @cuda.jit
    def works_across(rows, columns, flows, P, X, g):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < rows.size:
            j, i = rows[n], columns[n]
            level = P[LEVEL, j + 1]
            before = slope(level[i - 1], level[i], level[i + 1], HALF, TWO, ZERO)
            after = slope(level[i], level[i + 1], level[i + 2], HALF, TWO, ZERO)
            over_structure(flows[n], P[:, j + 1, i], P[:, j + 1, i + 1], before, after, U, g, X[:, j, i])

    @cuda.jit
    def works_along(rows, columns, flows, P, Y, g):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < rows.size:
            j, i = rows[n], columns[n]
            level = P[LEVEL, :, i + 1]
            before = slope(level[j - 1], level[j], level[j + 1], HALF, TWO, ZERO)
            after = slope(level[j], level[j + 1], level[j + 2], HALF, TWO, ZERO)
            over_structure(flows[n], P[:, j, i + 1], P[:, j + 1, i + 1], before, after, V, g, Y[:, j, i])

    @cuda.jit
    def limit(tiles, h, X, Y, none, beta, s):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                share(
                    h[j, i : i + 1], none, X[MASS, j, i : i + 1], X[MASS, j, i + 1 : i + 2],
                    Y[MASS, j, i : i + 1], Y[MASS, j + 1, i : i + 1], beta[j + 1, i + 1 : i + 2], s,
                )  # fmt: skip

    @cuda.jit
    def update(  # type: ignore[no-untyped-def]
        tiles, f, h, p, q, hold, pold, qold, hout, pout, qout, carry, X, Y, beta, west, east, first, last,
        s, dt, dry, second,
    ):  # fmt: skip
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        rows, columns = h.shape
        lx, ly = cuda.local.array(2, kind), cuda.local.array(2, kind)
        tp, tq = cuda.local.array(1, kind), cuda.local.array(1, kind)
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, rows), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, columns), cuda.blockDim.x):
                c, d = slice(i, i + 1), slice(i + 1, i + 2)
                here = beta[j + 1, i + 1 : i + 2]
                upwind(X[MASS, j, c], beta[j + 1, i : i + 1], here, lx[0:1])
                upwind(X[MASS, j, d], here, beta[j + 1, i + 2 : i + 3], lx[1:2])
                upwind(Y[MASS, j, c], beta[j, i + 1 : i + 2], here, ly[0:1])
                upwind(Y[MASS, j + 1, c], here, beta[j + 2, i + 1 : i + 2], ly[1:2])
                new_momentum(
                    p[j, c], X[AFTER, j, c], X[BEFORE, j, d], ly[0:1], ly[1:2], Y[SIDEWAYS, j, c],
                    Y[SIDEWAYS, j + 1, c], tp, s,
                )  # fmt: skip
                new_momentum(
                    q[j, c], Y[AFTER, j, c], Y[BEFORE, j + 1, c], lx[0:1], lx[1:2], X[SIDEWAYS, j, c],
                    X[SIDEWAYS, j, d], tq, s,
                )  # fmt: skip
                new_depth(
                    h[j, c],
                    hold[j, c],
                    carry[j, c],
                    lx[0:1],
                    lx[1:2],
                    ly[0:1],
                    ly[1:2],
                    hout[j, c],
                    s,
                    second,
                )
                rub(hout[j, c], f[j, c], tp, tq, dt, dry)
                if second:
                    average(hout[j, c], pold[j, c], tp, pout[j, c], dry)
                    average(hout[j, c], qold[j, c], tq, qout[j, c], dry)
                else:
                    pout[j, i] = tp[0]
                    qout[j, i] = tq[0]
                if i == 0:
                    west[j] = lx[0]
                if i == columns - 1:
                    east[j] = lx[1]
                if j == 0:
                    first[i] = ly[0]
                if j == rows - 1:
                    last[i] = ly[1]

    return SimpleNamespace(
        fastest=fastest, load=load, ghosts_across=ghosts_across, ghosts_along=ghosts_along,
        faces_across=faces_across, faces_along=faces_along, works_across=works_across,
        works_along=works_along, limit=limit, update=update,
    )  # fmt: skip


class DeviceGodunov(Godunov):
    """The scheme over a plane of the device; the arrays of the host that it is given are not looked at."""

    def __init__(self, grid: Grid, bed_m: Floats, manning: Floats, method: Method) -> None:
        super().__init__(grid, bed_m, manning, method)
        rows, columns, kind = grid.rows, grid.columns, self.kind
        self._kernels = kernels(method.bits)
        self._z, self._f = cuda.to_device(self.z), cuda.to_device(self.f)
        self._cells = cuda.to_device(np.zeros((4, rows + 2, columns + 2), kind))
        self._x = cuda.to_device(np.zeros((4, rows, columns + 1), kind))
        self._y = cuda.to_device(np.zeros((4, rows + 1, columns), kind))
        self._beta = cuda.to_device(np.ones((rows + 2, columns + 2), kind))
        self._none = cuda.to_device(np.zeros(1, kind))
        self._sides = [cuda.to_device(np.zeros(n, kind)) for n in (rows, rows, columns, columns)]
        self._edges = DeviceEdges()

    def begin(self, plane: Plane) -> None:
        """Compute on this plane from now on; the middle of the first step is its beginning."""
        self.plane = plane
        self._half = [cuda.to_device(each.copy_to_host()) for each in (plane.h, plane.across, plane.along)]

    def start(self, h: Array, across: Array, along: Array) -> None:
        """Nothing of the host is kept between steps."""

    def fell_dry(self, tiles: NDArray[np.int64], h: Array, across: Array, along: Array) -> None:
        """No flow is left behind, and the middle of a step is its beginning."""
        plane = self.plane
        plane.still(tiles)
        for half, now in zip(self._half, (plane.h, plane.across, plane.along), strict=True):
            plane.of(tiles, plane.kernels.copy, now, half)

    def step_s(self, h: Array, across: Array, along: Array, runs: Runs) -> float:
        """The longest stable step, s."""
        kind, plane = self.kind, self.plane
        speed = plane.most(
            self._kernels.fastest, plane.h, plane.across, plane.along, kind(G_M_S2), kind(self.method.dry_m)
        )
        return self.courant * self.grid.cell_m / max(speed, 1e-6)

    def step(
        self,
        h: Array,
        carry: Array,
        across: Array,
        along: Array,
        faces: Faces,
        edges: EdgeFlows,
        runs: Runs,
        dt_s: float,
    ) -> tuple[float, float]:
        """One step on the device; returns what entered and left through the sides, m³."""
        now = [self.plane.h, self.plane.across, self.plane.along]
        kinds, values = (
            [cuda.to_device(each) for each in several] for several in (faces.kinds, faces.values)
        )
        works = self._edges.at(edges)
        through = np.zeros(2)
        for second in (False, True):
            self._stage(
                self._half if second else now, now, now if second else self._half, kinds, values, works,
                dt_s, second,
            )  # fmt: skip
            if faces.open:
                for side, sign in zip(self._sides, (1.0, -1.0, 1.0, -1.0), strict=True):
                    inward = sign * side.copy_to_host().astype(np.float64)
                    through += inward[inward > 0].sum(), -inward[inward < 0].sum()
        entering, leaving = 0.5 * self.grid.cell_m * dt_s * through
        return float(entering), float(leaving)

    def _stage(
        self, now: Any, old: Any, out: Any, kinds: Any, values: Any, works: Any, dt_s: float, second: bool
    ) -> None:
        """One Euler stage; the second is averaged with the beginning of the step."""
        plane, run, kind = self.plane, self._kernels, self.kind
        s, dt = kind(dt_s / self.grid.cell_m), kind(dt_s)
        g, dry = kind(G_M_S2), kind(self.method.dry_m)
        plane.each(run.load, self._z, *now, self._cells, dry)
        plane.line(self.grid.rows, run.ghosts_across, self._cells, dry)
        plane.line(self.grid.columns + 2, run.ghosts_along, self._cells, dry)
        plane.each(run.faces_across, self._cells, self._f, self._x, *kinds[:2], *values[:2], g, dry)
        plane.each(run.faces_along, self._cells, self._f, self._y, *kinds[2:], *values[2:], g, dry)
        across, along = works
        plane.line(len(across[0]), run.works_across, *across, self._cells, self._x, g)
        plane.line(len(along[0]), run.works_along, *along, self._cells, self._y, g)
        plane.each(run.limit, now[0], self._x, self._y, self._none, self._beta, s)
        plane.each(
            run.update, self._f, *now, *old, *out, plane.carry, self._x, self._y, self._beta, *self._sides,
            s, dt, dry, second,
        )  # fmt: skip
