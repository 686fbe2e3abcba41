"""Functions of the schemes compiled for the device as they stand 移植: no physics is written twice.

On the processor a function runs along a row; on the device each thread hands it slices of one cell. What it
calls is replaced by the same, compiled for the device.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, Final

import numba
import numpy as np
from numba import cuda as of_numba

from water.hydraulics import tiles

cuda: Any = of_numba
"""What kernels name is known where they are compiled."""
_LOG = logging.getLogger(__name__)
SIMULATED: Final = bool(vars(numba.config)["ENABLE_CUDASIM"])
"""Whether numba plays the device in Python, as tests have it where there is none."""
TOGETHER: Final = 4
"""So many tiles along and across are computed by a block of threads, so that few of them stand at an edge."""
BAND: Final = TOGETHER * tiles.BAND
BLOCK: Final = TOGETHER * tiles.BLOCK
THREADS: Final = (4, 1) if SIMULATED else (64, 4)
"""Across and along, of such a block; a power of two together."""
LINE: Final = 8 if SIMULATED else 128
"""Threads of a block that computes along a line of cells."""


@cache
def available() -> bool:
    """Whether a device is there and computes: a driver without what compiles for it does not."""

    @cuda.jit
    def twice(values):  # type: ignore[no-untyped-def]
        n = cuda.grid(1)
        if n < values.size:
            values[n] = 2 * values[n]

    try:
        if not cuda.is_available():
            return False
        held = cuda.to_device(np.arange(4.0))
        twice[1, 4](held)
        return bool(held.copy_to_host().tolist() == [0.0, 2.0, 4.0, 6.0])
    except Exception as cause:
        _LOG.warning("no runs on the graphics processor, it does not compute: %s", cause)
        return False


def ported(function: Callable[..., Any], **called: Any) -> Any:
    """A function for the device; ``called`` are those of its names that mean another function there."""
    source: Any = getattr(function, "py_func", function)
    # Python's own root makes 64 bits of 32, which a device does not.
    roots = {"sqrt": np.sqrt} if SIMULATED else {}
    names = {**source.__globals__, **roots, **called}
    same = FunctionType(source.__code__, names, source.__name__, source.__defaults__)
    return cuda.jit(device=True)(same)
