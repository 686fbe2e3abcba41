"""How the inner loops are compiled 编译方式."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

inner: Any = njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""For functions that compiled code alone calls: without a door for Python."""


def machine(*values: int) -> tuple[Any, ...]:
    """Constants of a machine type: a literal that is passed on would be compiled anew for each value."""
    return tuple(np.int64(value) for value in values)
