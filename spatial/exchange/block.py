"""What passes from an export to the writer of a format: blocks of features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from spatial.catalogue.contract import Contract, Field
from spatial.datum import Frame, format_instant


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


Maker = Callable[[Path, Contract, Sequence[Field], Frame], Writer]
"""Opens a writer; refuses a layer or a frame that the format cannot hold."""


def plain(value: object) -> object:
    """A value as text formats and JSON carry it: instants and days as text."""
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else value
