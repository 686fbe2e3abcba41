"""Local inertia 局部惯性 on the device: raw fluxes, limiter, fluxes and depth, each over all active tiles."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np

from water.hydraulics import inertia_kernel, powers
from water.hydraulics.boundaries import Faces, side_fluxes, through
from water.hydraulics.device.edges import DeviceEdges
from water.hydraulics.device.plane import Plane
from water.hydraulics.device.porting import BAND, BLOCK, cuda, ported
from water.hydraulics.edges import EdgeFlows
from water.hydraulics.inertia import LocalInertia
from water.hydraulics.model import G_M_S2, Array, Floats, Grid, Method
from water.hydraulics.tiles import Runs


@cache
def kernels(bits: int) -> SimpleNamespace:
    """The kernels of a precision, compiled when they first run."""
    seed = ported(powers.seed_32 if bits == 32 else powers.seed_64)
    root = ported(powers.inverse_cube_root, seed=seed)
    face_discharge = ported(inertia_kernel.face_discharge, inverse_cube_root=root)
    share = ported(inertia_kernel.limit)
    upwind = ported(inertia_kernel.upwind)
    settle = ported(inertia_kernel.store)

    @cuda.jit(device=True)
    def across(j, i, z, h, f, qx, rx, west, east, gs, dt, theta, dry):  # type: ignore[no-untyped-def]
        if i == 0:
            rx[j, i] = west[j]
        elif i == h.shape[1]:
            rx[j, i] = east[j]
        else:
            face_discharge(
                z[j, i - 1 : i], z[j, i : i + 1], h[j, i - 1 : i], h[j, i : i + 1],
                f[j, i - 1 : i], f[j, i : i + 1],
                qx[j, i - 1 : i], qx[j, i : i + 1], qx[j, i + 1 : i + 2], rx[j, i : i + 1],
                gs, dt, theta, dry,
            )  # fmt: skip

    @cuda.jit(device=True)
    def along(j, i, z, h, f, qy, ry, first, last, gs, dt, theta, dry):  # type: ignore[no-untyped-def]
        if j == 0:
            ry[j, i] = first[i]
        elif j == h.shape[0]:
            ry[j, i] = last[i]
        else:
            face_discharge(
                z[j - 1, i : i + 1], z[j, i : i + 1], h[j - 1, i : i + 1], h[j, i : i + 1],
                f[j - 1, i : i + 1], f[j, i : i + 1],
                qy[j - 1, i : i + 1], qy[j, i : i + 1], qy[j + 1, i : i + 1], ry[j, i : i + 1],
                gs, dt, theta, dry,
            )  # fmt: skip

    @cuda.jit
    def raw_across(  # type: ignore[no-untyped-def]
        tiles, z, h, f, qx, rx, west, east, gs, dt, theta, dry
    ):
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        right = min((k + 1) * BLOCK, h.shape[1])
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            # The face at the far side is also that of the next tile, which may be left alone.
            for i in range(k * BLOCK + cuda.threadIdx.x, right + 1, cuda.blockDim.x):
                across(j, i, z, h, f, qx, rx, west, east, gs, dt, theta, dry)

    @cuda.jit
    def raw_along(  # type: ignore[no-untyped-def]
        tiles, z, h, f, qy, ry, first, last, gs, dt, theta, dry
    ):
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        bottom = min((b + 1) * BAND, h.shape[0])
        for j in range(b * BAND + cuda.threadIdx.y, bottom + 1, cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                along(j, i, z, h, f, qy, ry, first, last, gs, dt, theta, dry)

    @cuda.jit
    def place(rows, columns, q, out):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < rows.size:
            out[rows[n], columns[n]] = q[n]

    @cuda.jit
    def limit(tiles, h, carry, rx, ry, beta, s):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                share(
                    h[j, i : i + 1], carry[j, i : i + 1], rx[j, i : i + 1], rx[j, i + 1 : i + 2],
                    ry[j, i : i + 1], ry[j + 1, i : i + 1], beta[j + 1, i + 1 : i + 2], s,
                )  # fmt: skip

    @cuda.jit
    def flow(tiles, h, rx, ry, beta, qx, qy):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        bottom, right = min((b + 1) * BAND, h.shape[0]), min((k + 1) * BLOCK, h.shape[1])
        for j in range(b * BAND + cuda.threadIdx.y, bottom, cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, right, cuda.blockDim.x):
                for m in range(i, i + 2 if i + 1 == right else i + 1):
                    upwind(
                        rx[j, m : m + 1], beta[j + 1, m : m + 1], beta[j + 1, m + 1 : m + 2], qx[j, m : m + 1]
                    )
                for m in range(j, j + 2 if j + 1 == bottom else j + 1):
                    upwind(
                        ry[m, i : i + 1], beta[m, i + 1 : i + 2], beta[m + 1, i + 1 : i + 2], qy[m, i : i + 1]
                    )

    @cuda.jit
    def store(tiles, h, carry, qx, qy, s):  # type: ignore[no-untyped-def]
        b, k = tiles[cuda.blockIdx.x, 0], tiles[cuda.blockIdx.x, 1]
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                settle(
                    h[j, i : i + 1], carry[j, i : i + 1], qx[j, i : i + 1], qx[j, i + 1 : i + 2],
                    qy[j, i : i + 1], qy[j + 1, i : i + 1], s,
                )  # fmt: skip

    @cuda.jit
    def sides(x, y, out_x, out_y):  # type: ignore[no-untyped-def]
        """What stands at the four sides of two arrays."""
        n = cuda.grid(1)
        if n < x.shape[0]:
            out_x[0, n] = x[n, 0]
            out_x[1, n] = x[n, x.shape[1] - 1]
        if n < y.shape[1]:
            out_y[0, n] = y[0, n]
            out_y[1, n] = y[y.shape[0] - 1, n]

    return SimpleNamespace(
        raw_across=raw_across,
        raw_along=raw_along,
        place=place,
        limit=limit,
        flow=flow,
        store=store,
        sides=sides,
    )


class DeviceInertia(LocalInertia):
    """The scheme over a plane of the device; the arrays of the host that it is given are not looked at."""

    def __init__(self, grid: Grid, bed_m: Floats, manning: Floats, method: Method) -> None:
        super().__init__(grid, bed_m, manning, method)
        self._kernels = kernels(method.bits)
        self._z, self._f = cuda.to_device(self.z), cuda.to_device(self.f)
        self._rx = cuda.to_device(np.zeros(self.across_shape, self.kind))
        self._ry = cuda.to_device(np.zeros(self.along_shape, self.kind))
        self._beta = cuda.to_device(np.ones((grid.rows + 2, grid.columns + 2), self.kind))
        self._shut = [cuda.to_device(each) for each in self._sides]
        self._near = [cuda.device_array((2, n), self.kind) for n in (grid.rows, grid.columns)]
        self._edges = DeviceEdges()

    def begin(self, plane: Plane) -> None:
        """Compute on this plane from now on."""
        self.plane = plane

    def step_s(self, h: Array, across: Array, along: Array, runs: Runs) -> float:
        """The longest stable step, s."""
        depth = max(self.plane.most(self.plane.kernels.deepest, self.plane.h), self.method.film_m)
        return self.courant * self.grid.cell_m / float(np.sqrt(G_M_S2 * depth))

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
        plane, run, kind, dx = self.plane, self._kernels, self.kind, self.grid.cell_m
        sides = self._shut if not faces.open else self._through_sides(faces, dt_s)
        s, gs, dt = kind(dt_s / dx), kind(G_M_S2 * dt_s / dx), kind(dt_s)
        rest = (gs, dt, kind(self.method.theta), kind(self.method.film_m))
        ground = (self._z, plane.h, self._f)
        plane.each(run.raw_across, *ground, plane.across, self._rx, *sides[:2], *rest)
        plane.each(run.raw_along, *ground, plane.along, self._ry, *sides[2:], *rest)
        for (rows, columns, q), raw in zip(self._edges.at(edges), (self._rx, self._ry), strict=True):
            plane.line(len(rows), run.place, rows, columns, q, raw)
        plane.each(run.limit, plane.h, plane.carry, self._rx, self._ry, self._beta, s)
        plane.each(run.flow, plane.h, self._rx, self._ry, self._beta, plane.across, plane.along)
        plane.each(run.store, plane.h, plane.carry, plane.across, plane.along, s)
        if not faces.open:
            return 0.0, 0.0
        (west, east), (first, last) = self._at_sides(plane.across, plane.along)
        entering, leaving = through(np.stack([west, east], 1), np.stack([first, last]))
        return entering * dx * dt_s, leaving * dx * dt_s

    def _at_sides(self, x: Array, y: Array) -> tuple[Array, Array]:
        across, along = self._near
        self.plane.line(max(self.grid.rows, self.grid.columns), self._kernels.sides, x, y, across, along)
        return across.copy_to_host(), along.copy_to_host()

    def _through_sides(self, faces: Faces, dt_s: float) -> list[Array]:
        """The raw fluxes at the four sides: few, so that the host makes them."""
        depth = self._at_sides(self.plane.h, self.plane.h)
        flow = self._at_sides(self.plane.across, self.plane.along)
        beds = ((self.z[:, 0], self.z[:, -1]), (self.z[0], self.z[-1]))
        roughness = ((self.f[:, 0], self.f[:, -1]), (self.f[0], self.f[-1]))
        for side in range(4):
            axis, end = divmod(side, 2)
            side_fluxes(
                faces.kinds[side], faces.values[side], beds[axis][end], depth[axis][end],
                roughness[axis][end], flow[axis][end], 1.0 if end else -1.0, self._sides[side],
                self.grid.cell_m, dt_s,
                self.method.film_m,
            )  # fmt: skip
        return [cuda.to_device(each) for each in self._sides]
