"""Compiles every kernel of the device to PTX, without a device; prints the name of each.

A program of its own: it says that there is a device of compute capability 8.0.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numba.cuda.dispatcher
from numba import cuda, float32, float64, int8, int64, uint8

from water.hydraulics.device import godunov, inertia, plane

CAPABILITY = (8, 0)
numba.cuda.dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=CAPABILITY)


def signatures(real: Any) -> dict[str, dict[str, tuple[Any, ...]]]:
    """What the kernels of each module are given, in a precision."""
    tiles, line, marks = int64[:, ::1], int64[::1], uint8[:, :, ::1]
    cells, row, faces = real[:, ::1], real[::1], real[:, :, ::1]
    sums, wide, kinds = float64[::1], float64[:, ::1], int8[::1]
    return {
        "plane": {
            "pull": (line, line, cells, cells, cells),
            "push": (line, line, cells, cells, cells),
            "wet": (tiles, cells, float64, marks),
            "quiet": (tiles, cells),
            "deepest": (tiles, cells, row),
            "pour": (cells, cells, cells, real),
            "lose": (tiles, cells, cells, cells, real, sums),
            "soak": (tiles, cells, cells, wide, wide, wide, float64, sums),
        },
        "inertia": {
            "raw_across": (tiles, *[cells] * 5, row, row, *[real] * 4),
            "raw_along": (tiles, *[cells] * 5, row, row, *[real] * 4),
            "place": (line, line, row, cells),
            "limit": (tiles, *[cells] * 5, real),
            "flow": (tiles, *[cells] * 6),
            "store": (tiles, *[cells] * 4, real),
            "sides": (cells, cells, cells, cells),
        },
        "godunov": {
            "fastest": (tiles, cells, cells, cells, real, real, row),
            "load": (tiles, *[cells] * 4, faces, real),
            "ghosts_across": (faces, real),
            "ghosts_along": (faces, real),
            "move": (tiles, faces, cells, faces, *[real] * 4),
            "faces_across": (tiles, faces, cells, faces, kinds, kinds, sums, sums, real, real),
            "faces_along": (tiles, faces, cells, faces, kinds, kinds, sums, sums, real, real),
            "works_across": (line, line, row, faces, faces, real),
            "works_along": (line, line, row, faces, faces, real),
            "limit": (tiles, cells, cells, faces, faces, cells, real),
            "update": (tiles, *[cells] * 5, faces, faces, cells, *[row] * 4, real, real, real),
        },
    }


def main() -> None:
    for bits, real in ((32, float32), (64, float64)):
        made = {each.__name__.rpartition(".")[2]: each.kernels(bits) for each in (plane, inertia, godunov)}
        for module, several in signatures(real).items():
            for name, signature in several.items():
                kernel = getattr(made[module], name)
                cuda.compile_ptx(kernel.py_func, signature, cc=CAPABILITY)
                print(f"{module}.{name}.{bits}")


if __name__ == "__main__":
    main()
