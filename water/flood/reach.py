"""How a reach is routed 河段演算方法: what is asked for, without what computes it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

PARTS_MOST: Final = 500


class Method(StrEnum):
    """How a reach is computed."""

    MUSKINGUM = "muskingum"
    CHANNEL = "muskingum-cunge"
    TRAVEL = "travel"
