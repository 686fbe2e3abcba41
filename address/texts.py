"""A column of texts, read one by one 文本列: an answer reads some twenty, and most of what that takes in the
column itself is its own objects."""

from __future__ import annotations

from typing import Any, Literal

import pyarrow as pa


class Texts:
    """The texts of a column by row; missing ones are empty."""

    __slots__ = ("_column", "_octets", "_starts")

    def __init__(self, column: pa.Array) -> None:
        if column.null_count:
            column = column.fill_null("")
        _, starts, octets = column.buffers()
        width: Literal["i", "q"] = "i" if pa.types.is_string(column.type) else "q"
        self._column = column
        self._starts = memoryview(starts).cast(width)[column.offset : column.offset + len(column) + 1]
        self._octets = memoryview(b"" if octets is None else octets)

    def __getitem__(self, row: int) -> str:
        """The text of a row."""
        starts = self._starts
        return str(self._octets[starts[row] : starts[row + 1]], "utf-8")

    def __reduce__(self) -> tuple[type[Texts], tuple[Any]]:
        """As the column that it reads, which keeps its place in memory."""
        return Texts, (self._column,)
