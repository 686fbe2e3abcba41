"""Whether the loops of the ladder are compiled already; looked up without reading a compiler."""

from __future__ import annotations

from pathlib import Path

from spatial.files import is_newer

KERNEL = Path(__file__).with_name("kernel.py")


def is_ready() -> bool:
    """Whether what was compiled is newer than its source."""
    return is_newer((KERNEL.parent / "__pycache__").glob("kernel.trace-*.nbi"), [KERNEL])
