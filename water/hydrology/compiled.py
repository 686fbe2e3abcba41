"""Whether the loops of the models are compiled already; looked up without reading a compiler."""

from __future__ import annotations

from pathlib import Path

from spatial.files import is_newer

HERE = Path(__file__).parent


def mark(here: Path = HERE) -> Path:
    """The file whose time says when all was compiled last; it lies beside what was compiled."""
    return here / "__pycache__" / "hydrology.ready"


def is_ready(here: Path = HERE) -> bool:
    """Whether all was compiled after every source was last changed."""
    made = mark(here)
    return is_newer([made] if made.exists() else [], here.glob("*.py"))
