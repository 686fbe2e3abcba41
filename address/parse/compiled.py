"""How the inner loops are compiled 编译方式."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

_OPTIONS: dict[str, Any] = {
    "nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
}  # fmt: skip

inner: Any = njit(**_OPTIONS)
"""For functions that compiled code alone calls: without a door for Python, and cached with their caller."""


def digest(*more: Path) -> int:
    """Changes with any source of the parser, and with those in further folders.

    What is cached for a function knows of its own file alone; a function that holds this number
    in its closure is compiled anew when a function that it calls has changed in another file.
    """
    here = Path(__file__).parent
    sources = [
        here.parent / "model.py",
        *(each for part in (here, *more) for each in sorted(part.glob("*.py"))),
    ]
    return zlib.crc32(b"".join(source.read_bytes() for source in sources))


def machine(*values: int) -> tuple[Any, ...]:
    """Constants of a machine type: a literal that is passed on would be compiled anew for each value."""
    return tuple(np.int64(value) for value in values)
