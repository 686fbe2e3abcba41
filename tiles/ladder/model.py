"""The nouns of the ladder that are kept; nothing compiled is read with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """A tile as the level above needs it; what the fields say is as in :class:`tiles.ladder.plot.Plot`."""

    names: Sequence[str | None]
    counts: Sequence[int]
    fids: Sequence[str]
    kinds: Sequence[int]
    sizes_px: Sequence[float]
    """In pixels of the level above."""
    inside: Sequence[bool]
    cells: bytes
    """Packed."""
