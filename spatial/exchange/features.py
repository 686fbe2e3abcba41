"""Features of formats that are read one by one 逐要素读取, made into batches. Runs in the reader's process.

A reader yields ``Found`` features. What it calls them is free: where the columns
are not known beforehand, the features are walked twice, the first time for
their names, so that never more than one batch of them is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from spatial.errors import FileTooLarge
from spatial.exchange.batches import Batch, Writer
from spatial.exchange.sandbox import Limits

_BATCH = 10_000


@dataclass(slots=True)
class Found:
    """One feature as a file has it."""

    line: int
    """Line of the file, or number of the feature in it, from 1."""
    attributes: Mapping[str, str | None]
    shape: Any = None
    """A geometry, its WKB, or None."""
    problem: tuple[str, str] | None = field(default=None)
    """Why the feature cannot be taken as it stands: Chinese and English reason."""


def names_of(features: Iterator[Found], limits: Limits) -> list[str]:
    """The names of all attributes, in the order in which they first occur; bounds rows and columns."""
    names: dict[str, None] = {}
    for count, one in enumerate(features, 1):
        names.update(dict.fromkeys(one.attributes))
        if count > limits.rows or len(names) > limits.columns:
            raise FileTooLarge("要素或属性过多", "too many features or attributes", value=count)
    return list(names)


def write(make: Callable[[], Iterator[Found]], writer: Writer, limits: Limits) -> list[str]:
    """Write features whose attributes are found on the way; returns the columns."""
    names = names_of(make(), limits)
    write_known(make(), names, writer, limits)
    return names


def write_known(features: Iterator[Found], names: Sequence[str], writer: Writer, limits: Limits) -> None:
    """Write features whose columns are known."""
    block: list[Found] = []
    for one in features:
        block.append(one)
        if len(block) == _BATCH:
            writer.write(_batch(block, names))
            block = []
        if writer.rows + len(block) > limits.rows:
            raise FileTooLarge("要素数超出限制", "too many features", value=limits.rows)
    if block or writer.batches == 0:
        writer.write(_batch(block, names))


def _batch(block: list[Found], names: Sequence[str]) -> Batch:
    columns = [[one.attributes.get(name) for one in block] for name in names]
    lossy = [np.zeros(len(block), dtype=np.bool_) for _ in names]
    wkb = [one.shape if isinstance(one.shape, bytes) else None for one in block]
    made = [(row, one.shape) for row, one in enumerate(block) if one.shape is not None and wkb[row] is None]
    if made:
        shapes = np.empty(len(made), dtype=object)
        shapes[:] = [shape for _, shape in made]
        for (row, _), known in zip(made, shapely.to_wkb(shapes).tolist(), strict=True):
            wkb[row] = known
    problems = {row: one.problem for row, one in enumerate(block) if one.problem is not None}
    lines = np.fromiter((one.line for one in block), np.int64, len(block))
    return Batch(lines, columns, lossy, wkb, problems)
