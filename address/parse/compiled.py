"""How the inner loops are compiled 编译方式: called by compiled code alone, so without a door for Python."""

from __future__ import annotations

from typing import Any

from numba import njit

inner: Any = njit(cache=True, nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
