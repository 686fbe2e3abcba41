"""Whether the loops of the ladder are compiled already; looked up without reading a compiler."""

from __future__ import annotations

import os
from pathlib import Path

from spatial.files import is_newer

KERNEL = Path(__file__).with_name("kernel.py")


def is_ready() -> bool:
    """Whether what was compiled is newer than its source."""
    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    kept = Path(elsewhere) if elsewhere else KERNEL.parent / "__pycache__"
    return is_newer(kept.rglob("kernel.trace-*.nbi"), [KERNEL])
