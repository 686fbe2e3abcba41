"""Godunov of second order on the device: cells, ghosts, faces, limiter, update, each over all tiles."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from water.hydraulics import (
    godunov_boundary,
    godunov_cells,
    godunov_faces,
    godunov_kernel,
    inertia_kernel,
    powers,
)
from water.hydraulics.boundaries import Faces
from water.hydraulics.device import plane as planes
from water.hydraulics.device.edges import DeviceEdges
from water.hydraulics.device.plane import Plane
from water.hydraulics.device.porting import BAND, BLOCK, cuda, ported
from water.hydraulics.edges import EdgeFlows
from water.hydraulics.godunov import Godunov
from water.hydraulics.godunov_cells import (
    ACROSS,
    ALONG,
    AWAY_ACROSS,
    AWAY_ALONG,
    KEPT,
    LEVEL,
    MIDDLE,
    H,
    U,
    V,
)
from water.hydraulics.godunov_faces import AFTER, BEFORE, MASS, SIDEWAYS
from water.hydraulics.model import G_M_S2, Array, Floats, Grid, Method
from water.hydraulics.sources_kernel import faster
from water.hydraulics.tiles import Runs


@cache
def kernels(bits: int) -> SimpleNamespace:
    """The kernels of a precision, compiled when they first run.

    ``P`` holds depth, level and velocity of the cells with one more on every side, ``M`` the cells half a
    step on, ``X`` and ``Y`` mass, momentum before, behind and sideways of the faces along either axis.
    """
    shared = planes.kernels(bits)
    kind, greatest = shared.kind, shared.greatest
    real = np.float32 if bits == 32 else np.float64
    HALF = real(0.5)
    seed = ported(powers.seed_32 if bits == 32 else powers.seed_64)
    root = ported(powers.inverse_cube_root, seed=seed)
    primitives = ported(godunov_cells.primitives)
    ghost_cell = ported(godunov_cells.ghost_cell)
    slopes = ported(godunov_cells.slopes, slope=ported(godunov_cells.slope))
    half_step = ported(godunov_cells.half_step, inverse_cube_root=root)
    face_fluxes = ported(godunov_faces.face_fluxes)
    over_structure = ported(godunov_faces.over_structure)
    new_momentum = ported(godunov_kernel.new_momentum)
    rub = ported(godunov_kernel.rub, inverse_cube_root=root)
    share = ported(inertia_kernel.limit)
    upwind = ported(inertia_kernel.upwind)
    store = ported(inertia_kernel.store)
    speed = ported(faster)
    boundary_face = ported(
        godunov_boundary.boundary_face,
        outer_state=ported(godunov_boundary.outer_state, at_wall=ported(godunov_boundary.at_wall)),
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

    @cuda.jit
    def move(tiles, P, f, M, s, g, dt, dry):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        bottom, right = min((b + 1) * BAND + 1, f.shape[0]), min((k + 1) * BLOCK + 1, f.shape[1])
        for j in range(max(b * BAND - 1, 0) + cuda.threadIdx.y, bottom, cuda.blockDim.y):
            for i in range(max(k * BLOCK - 1, 0) + cuda.threadIdx.x, right, cuda.blockDim.x):
                r, n = j + 1, j + 2
                c, m, e = slice(i, i + 1), slice(i + 1, i + 2), slice(i + 2, i + 3)
                slopes(
                    P[H, r, c], P[H, r, m], P[H, r, e], P[LEVEL, r, c], P[LEVEL, r, m], P[LEVEL, r, e],
                    P[U, r, c], P[U, r, m], P[U, r, e], P[V, r, c], P[V, r, m], P[V, r, e],
                    M[ACROSS + H, j, c], M[ACROSS + LEVEL, j, c], M[ACROSS + U, j, c], M[ACROSS + V, j, c],
                    M[AWAY_ACROSS, j, c], dry,
                )  # fmt: skip
                slopes(
                    P[H, j, m], P[H, r, m], P[H, n, m], P[LEVEL, j, m], P[LEVEL, r, m], P[LEVEL, n, m],
                    P[U, j, m], P[U, r, m], P[U, n, m], P[V, j, m], P[V, r, m], P[V, n, m],
                    M[ALONG + H, j, c], M[ALONG + LEVEL, j, c], M[ALONG + U, j, c], M[ALONG + V, j, c],
                    M[AWAY_ALONG, j, c], dry,
                )  # fmt: skip
                half_step(
                    P[H, r, m], P[LEVEL, r, m], P[U, r, m], P[V, r, m],
                    M[ACROSS + H, j, c], M[ACROSS + LEVEL, j, c], M[ACROSS + U, j, c], M[ACROSS + V, j, c],
                    M[ALONG + H, j, c], M[ALONG + LEVEL, j, c], M[ALONG + U, j, c], M[ALONG + V, j, c],
                    M[AWAY_ACROSS, j, c], M[AWAY_ALONG, j, c], f[j, c],
                    M[MIDDLE + H, j, c], M[MIDDLE + LEVEL, j, c], M[MIDDLE + U, j, c], M[MIDDLE + V, j, c],
                    HALF * s, g, dt, dry,
                )  # fmt: skip

    @cuda.jit(device=True)
    def across(j, i, M, f, X, west, east, west_value, east_value, g, dry):  # type: ignore[no-untyped-def]
        columns = f.shape[1]
        b, c = slice(i - 1, i), slice(i, i + 1)
        if i == 0:
            boundary_face(west[j], west_value[j], M[:, j, 0], ACROSS, f[j, 0], -1.0, U, V, dry, X[:, j, 0])
        elif i == columns:
            boundary_face(
                east[j], east_value[j], M[:, j, columns - 1], ACROSS, f[j, columns - 1], 1.0, U, V, dry,
                X[:, j, columns],
            )  # fmt: skip
        else:
            face_fluxes(
                M[MIDDLE + H, j, b], M[MIDDLE + LEVEL, j, b], M[MIDDLE + U, j, b], M[MIDDLE + V, j, b],
                M[ACROSS + H, j, b], M[ACROSS + LEVEL, j, b], M[ACROSS + U, j, b], M[ACROSS + V, j, b],
                M[MIDDLE + H, j, c], M[MIDDLE + LEVEL, j, c], M[MIDDLE + U, j, c], M[MIDDLE + V, j, c],
                M[ACROSS + H, j, c], M[ACROSS + LEVEL, j, c], M[ACROSS + U, j, c], M[ACROSS + V, j, c],
                X[MASS, j, c], X[BEFORE, j, c], X[AFTER, j, c], X[SIDEWAYS, j, c], g,
            )  # fmt: skip

    @cuda.jit(device=True)
    def along(j, i, M, f, Y, first, last, first_value, last_value, g, dry):  # type: ignore[no-untyped-def]
        rows = f.shape[0]
        c = slice(i, i + 1)
        if j == 0:
            boundary_face(first[i], first_value[i], M[:, 0, i], ALONG, f[0, i], -1.0, V, U, dry, Y[:, 0, i])
        elif j == rows:
            boundary_face(
                last[i], last_value[i], M[:, rows - 1, i], ALONG, f[rows - 1, i], 1.0, V, U, dry,
                Y[:, rows, i],
            )  # fmt: skip
        else:
            b = j - 1
            face_fluxes(
                M[MIDDLE + H, b, c], M[MIDDLE + LEVEL, b, c], M[MIDDLE + V, b, c], M[MIDDLE + U, b, c],
                M[ALONG + H, b, c], M[ALONG + LEVEL, b, c], M[ALONG + V, b, c], M[ALONG + U, b, c],
                M[MIDDLE + H, j, c], M[MIDDLE + LEVEL, j, c], M[MIDDLE + V, j, c], M[MIDDLE + U, j, c],
                M[ALONG + H, j, c], M[ALONG + LEVEL, j, c], M[ALONG + V, j, c], M[ALONG + U, j, c],
                Y[MASS, j, c], Y[BEFORE, j, c], Y[AFTER, j, c], Y[SIDEWAYS, j, c], g,
            )  # fmt: skip

    @cuda.jit
    def faces_across(  # type: ignore[no-untyped-def]
        tiles, M, f, X, west, east, west_value, east_value, g, dry
    ):
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        right = min((k + 1) * BLOCK, f.shape[1])
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, f.shape[0]), cuda.blockDim.y):
            # The face at the far side is also that of the next tile, which may be left alone.
            for i in range(k * BLOCK + cuda.threadIdx.x, right + 1, cuda.blockDim.x):
                across(j, i, M, f, X, west, east, west_value, east_value, g, dry)

    @cuda.jit
    def faces_along(  # type: ignore[no-untyped-def]
        tiles, M, f, Y, first, last, first_value, last_value, g, dry
    ):
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        bottom = min((b + 1) * BAND, f.shape[0])
        for j in range(b * BAND + cuda.threadIdx.y, bottom + 1, cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, f.shape[1]), cuda.blockDim.x):
                along(j, i, M, f, Y, first, last, first_value, last_value, g, dry)

    @cuda.jit
    def works_across(rows, columns, flows, M, X, g):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < rows.size:
            j, i = rows[n], columns[n]
            tilt = M[ACROSS + LEVEL, j]
            over_structure(flows[n], M[:, j, i - 1], M[:, j, i], tilt[i - 1], tilt[i], U, g, X[:, j, i])

    @cuda.jit
    def works_along(rows, columns, flows, M, Y, g):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < rows.size:
            j, i = rows[n], columns[n]
            tilt = M[ALONG + LEVEL, :, i]
            over_structure(flows[n], M[:, j - 1, i], M[:, j, i], tilt[j - 1], tilt[j], V, g, Y[:, j, i])

    @cuda.jit
    def limit(tiles, h, carry, X, Y, beta, s):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                share(
                    h[j, i : i + 1], carry[j, i : i + 1], X[MASS, j, i : i + 1], X[MASS, j, i + 1 : i + 2],
                    Y[MASS, j, i : i + 1], Y[MASS, j + 1, i : i + 1], beta[j + 1, i + 1 : i + 2], s,
                )  # fmt: skip

    @cuda.jit
    def update(  # type: ignore[no-untyped-def]
        tiles, f, h, p, q, carry, X, Y, beta, west, east, first, last, s, dt, dry
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
                store(h[j, c], carry[j, c], lx[0:1], lx[1:2], ly[0:1], ly[1:2], s)
                rub(h[j, c], f[j, c], tp, tq, p[j, c], q[j, c], dt, dry)
                if i == 0:
                    west[j] = lx[0]
                if i == columns - 1:
                    east[j] = lx[1]
                if j == 0:
                    first[i] = ly[0]
                if j == rows - 1:
                    last[i] = ly[1]

    return SimpleNamespace(
        fastest=fastest, load=load, ghosts_across=ghosts_across, ghosts_along=ghosts_along, move=move,
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
        self._moved = cuda.to_device(np.zeros((KEPT, rows, columns), kind))
        self._x = cuda.to_device(np.zeros((4, rows, columns + 1), kind))
        self._y = cuda.to_device(np.zeros((4, rows + 1, columns), kind))
        self._beta = cuda.to_device(np.ones((rows + 2, columns + 2), kind))
        self._sides = [cuda.to_device(np.zeros(n, kind)) for n in (rows, rows, columns, columns)]
        self._edges = DeviceEdges()

    def begin(self, plane: Plane) -> None:
        """Compute on this plane from now on."""
        self.plane = plane

    def step_s(self, h: Array, across: Array, along: Array, runs: Runs) -> float:
        """The longest stable step, s."""
        kind, plane = self.kind, self.plane
        speed = plane.most(
            self._kernels.fastest, plane.h, plane.across, plane.along, kind(G_M_S2), kind(self.method.film_m)
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
        plane, run, kind = self.plane, self._kernels, self.kind
        kinds, values = (
            [cuda.to_device(each) for each in several] for several in (faces.kinds, faces.values)
        )
        across_works, along_works = self._edges.at(edges)
        now = (plane.h, plane.across, plane.along)
        s, dt = kind(dt_s / self.grid.cell_m), kind(dt_s)
        g, dry = kind(G_M_S2), kind(self.method.film_m)
        plane.each(run.load, self._z, *now, self._cells, dry)
        plane.line(self.grid.rows, run.ghosts_across, self._cells, dry)
        plane.line(self.grid.columns + 2, run.ghosts_along, self._cells, dry)
        plane.each(run.move, self._cells, self._f, self._moved, s, g, dt, dry)
        plane.each(run.faces_across, self._moved, self._f, self._x, *kinds[:2], *values[:2], g, dry)
        plane.each(run.faces_along, self._moved, self._f, self._y, *kinds[2:], *values[2:], g, dry)
        plane.line(len(across_works[0]), run.works_across, *across_works, self._moved, self._x, g)
        plane.line(len(along_works[0]), run.works_along, *along_works, self._moved, self._y, g)
        plane.each(run.limit, plane.h, plane.carry, self._x, self._y, self._beta, s)
        plane.each(
            run.update, self._f, *now, plane.carry, self._x, self._y, self._beta, *self._sides, s, dt, dry
        )
        through = np.zeros(2)
        if faces.open:
            for side, sign in zip(self._sides, (1.0, -1.0, 1.0, -1.0), strict=True):
                inward = sign * side.copy_to_host().astype(np.float64)
                through += inward[inward > 0].sum(), -inward[inward < 0].sum()
        entering, leaving = self.grid.cell_m * dt_s * through
        return float(entering), float(leaving)
