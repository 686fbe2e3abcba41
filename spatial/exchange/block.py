"""What passes from an export to the writer of a format: blocks of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Block:
    """Some features, column by column."""

    fids: Sequence[str]
    valid_from: Sequence[datetime]
    valid_to: Sequence[datetime | None]
    values: Sequence[Sequence[Any]]
    """One sequence for each field, in contract order."""
    shapes: Any
    """Array of geometries in the frame asked for; None for a layer without."""


class Writer(Protocol):
    """Writes blocks of one layer into one file or folder."""

    def write(self, block: Block) -> None:
        """Append a block."""

    def close(self) -> None:
        """Finish the file."""
