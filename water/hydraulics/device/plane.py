"""The plane of a run in the memory of the device 显存中的网格, and the few cells that works touch."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import float32, float64
from numpy.typing import NDArray

from water.hydraulics import sources_kernel, tiles
from water.hydraulics.device.porting import BAND, BLOCK, LINE, THREADS, TOGETHER, cuda, ported
from water.hydraulics.model import Array, Floats, Grid

COUNT = THREADS[0] * THREADS[1]


@cache
def kernels(bits: int) -> SimpleNamespace:
    """What every scheme needs, in a precision."""
    kind = float32 if bits == 32 else float64
    mark = ported(tiles.mark)
    deeper = ported(sources_kernel.deeper)
    gain = ported(sources_kernel.gain)
    take = ported(sources_kernel.take)
    absorb = ported(sources_kernel.absorb, take=take)

    @cuda.jit(device=True)
    def place():  # type: ignore[no-untyped-def]
        """Number of this thread in its block."""
        return cuda.threadIdx.y * cuda.blockDim.x + cuda.threadIdx.x

    @cuda.jit
    def pull(rows, columns, h, carry, out):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < rows.size:
            out[0, n] = h[rows[n], columns[n]]
            out[1, n] = carry[rows[n], columns[n]]

    @cuda.jit
    def push(rows, columns, given, h, carry):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < rows.size:
            h[rows[n], columns[n]] = given[0, n]
            carry[rows[n], columns[n]] = given[1, n]

    @cuda.jit
    def wet(active, h, least, marks):  # type: ignore[no-untyped-def]
        b, k = active[cuda.blockIdx.x, 0], active[cuda.blockIdx.x, 1]
        rows, columns = h.shape
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, rows), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, columns), cuda.blockDim.x):
                if h[j, i] > least:
                    mark(marks, j, i, rows, columns)

    @cuda.jit
    def quiet(dry, q):  # type: ignore[no-untyped-def]
        top, left = dry[cuda.blockIdx.x, 0] * tiles.BAND, dry[cuda.blockIdx.x, 1] * tiles.BLOCK
        bottom, right = min(top + tiles.BAND, q.shape[0]), min(left + tiles.BLOCK, q.shape[1])
        for j in range(top + cuda.threadIdx.y, bottom, cuda.blockDim.y):
            for i in range(left + cuda.threadIdx.x, right, cuda.blockDim.x):
                q[j, i] = 0

    @cuda.jit
    def deepest(active, h, most):  # type: ignore[no-untyped-def]
        b, k = active[cuda.blockIdx.x, 0], active[cuda.blockIdx.x, 1]
        mine = cuda.local.array(1, kind)
        mine[0] = 0
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                deeper(h[j, i : i + 1], mine)
        greatest(mine[0], most)

    @cuda.jit(device=True)
    def greatest(mine, most):  # type: ignore[no-untyped-def]
        """The greatest of a block, at its place."""
        shared = cuda.shared.array(COUNT, kind)
        n, half = place(), COUNT // 2
        shared[n] = mine
        cuda.syncthreads()
        while half > 0:
            if n < half and shared[n + half] > shared[n]:
                shared[n] = shared[n + half]
            cuda.syncthreads()
            half //= 2
        if n == 0:
            most[cuda.blockIdx.x] = shared[0]

    @cuda.jit(device=True)
    def whole(mine, sums):  # type: ignore[no-untyped-def]
        """The sum of a block, at its place."""
        shared = cuda.shared.array(COUNT, float64)
        n, half = place(), COUNT // 2
        shared[n] = mine
        cuda.syncthreads()
        while half > 0:
            if n < half:
                shared[n] += shared[n + half]
            cuda.syncthreads()
            half //= 2
        if n == 0:
            sums[cuda.blockIdx.x] = shared[0]

    @cuda.jit
    def pour(h, carry, pattern, depth):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < h.size:
            j, i = n // h.shape[1], n % h.shape[1]
            gain(h[j, i : i + 1], carry[j, i : i + 1], pattern[j, i : i + 1], depth)

    @cuda.jit
    def lose(active, h, carry, capacity, dt, sums):  # type: ignore[no-untyped-def]
        b, k = active[cuda.blockIdx.x, 0], active[cuda.blockIdx.x, 1]
        taken = 0.0
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                taken += take(h, carry, j, i, min(capacity[j, i] * dt, h[j, i]))
        whole(taken, sums)

    @cuda.jit
    def soak(active, h, carry, soaked, conductivity, store, dt, sums):  # type: ignore[no-untyped-def]
        b, k = active[cuda.blockIdx.x, 0], active[cuda.blockIdx.x, 1]
        taken = 0.0
        for j in range(b * BAND + cuda.threadIdx.y, min((b + 1) * BAND, h.shape[0]), cuda.blockDim.y):
            for i in range(k * BLOCK + cuda.threadIdx.x, min((k + 1) * BLOCK, h.shape[1]), cuda.blockDim.x):
                taken += absorb(h, carry, soaked, conductivity, store, j, i, dt)
        whole(taken, sums)

    return SimpleNamespace(
        kind=kind, greatest=greatest, pull=pull, push=push, wet=wet, quiet=quiet, deepest=deepest,
        pour=pour, lose=lose, soak=soak,
    )  # fmt: skip


class Plane:
    """Depth, carry and flows of a run on the device."""

    def __init__(self, grid: Grid, bits: int, cells: NDArray[np.int64]) -> None:
        """``cells`` (row, column): those that are read or changed on the host between two steps."""
        self.grid, self.kernels = grid, kernels(bits)
        self.kind = np.float32 if bits == 32 else np.float64
        self.cells = np.unique(cells, axis=0)
        self._rows, self._columns = (cuda.to_device(np.ascontiguousarray(each)) for each in self.cells.T)
        self._few = cuda.device_array((2, len(self.cells)), self.kind)

    def load(self, h: Array, carry: Array, across: Array, along: Array, soaked: Floats | None) -> None:
        """Take the arrays of the host."""
        self.h, self.carry = cuda.to_device(h), cuda.to_device(carry)
        self.across, self.along = cuda.to_device(across), cuda.to_device(along)
        self.soaked = None if soaked is None else cuda.to_device(soaked)

    def unload(self, h: Array, carry: Array, across: Array, along: Array, soaked: Floats | None) -> None:
        """Give them back."""
        self.h.copy_to_host(h)
        self.carry.copy_to_host(carry)
        self.across.copy_to_host(across)
        self.along.copy_to_host(along)
        if self.soaked is not None:
            self.soaked.copy_to_host(soaked)

    def use(self, active: NDArray[np.bool_]) -> None:
        """Compute these tiles from now on, with those that go together with them."""
        whole = -np.array(active.shape) % TOGETHER
        padded = np.pad(active, [(0, more) for more in whole])
        bands, blocks = np.array(padded.shape) // TOGETHER
        together = padded.reshape(bands, TOGETHER, blocks, TOGETHER).any((1, 3))
        self.active = cuda.to_device(np.ascontiguousarray(np.argwhere(together)))
        self._sums = cuda.device_array(len(self.active), np.float64)
        self._most = cuda.device_array(len(self.active), self.kind)

    def each(self, kernel: Any, *given: Any) -> None:
        """Run a kernel over the active tiles, a block each."""
        if len(self.active):
            kernel[len(self.active), THREADS](self.active, *given)

    def still(self, dry: NDArray[np.int64]) -> None:
        """Leave no flow behind in some tiles (band, block)."""
        if len(dry):
            given = cuda.to_device(np.ascontiguousarray(dry))
            for each in (self.across, self.along):
                self.kernels.quiet[len(dry), THREADS](given, each)

    def line(self, count: int, kernel: Any, *given: Any) -> None:
        """Run a kernel along so many cells."""
        if count:
            kernel[-(-count // LINE), LINE](*given)

    def sum(self, kernel: Any, *given: Any) -> float:
        """What a kernel sums over the active tiles."""
        self.each(kernel, *given, self._sums)
        return float(self._sums.copy_to_host().sum())

    def most(self, kernel: Any, *given: Any) -> float:
        """The greatest that a kernel finds in the active tiles; 0 at least."""
        self.each(kernel, *given, self._most)
        return float(self._most.copy_to_host().max(initial=0))

    def marks(self, shape: tuple[int, ...], least_m: float) -> NDArray[np.uint8]:
        """Where the active tiles hold water, as :mod:`water.hydraulics.tiles` marks them."""
        marks = cuda.to_device(np.zeros((tiles.MARKS, *shape), np.uint8))
        self.each(self.kernels.wet, self.h, least_m, marks)
        found: NDArray[np.uint8] = marks.copy_to_host()
        return found

    def pull(self, h: Array, carry: Array) -> None:
        """Bring the few cells to the arrays of the host."""
        if len(self.cells):
            kernel = self.kernels.pull
            self.line(len(self.cells), kernel, self._rows, self._columns, self.h, self.carry, self._few)
            h[tuple(self.cells.T)], carry[tuple(self.cells.T)] = self._few.copy_to_host()

    def push(self, h: Array, carry: Array) -> None:
        """And back to the device."""
        if len(self.cells):
            given = np.stack([h[tuple(self.cells.T)], carry[tuple(self.cells.T)]])
            self._few.copy_to_device(np.ascontiguousarray(given, self.kind))
            kernel = self.kernels.push
            self.line(len(self.cells), kernel, self._rows, self._columns, self._few, self.h, self.carry)
