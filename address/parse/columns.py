"""Many readings as columns 批量解析结果."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ParsedColumns:
    """What many texts say: a row for each part, qualifier and note, in the order of the texts.

    Of one text the parts come first, by rank, then each qualifier with the parts to which it
    relates, then notes. Meanings of ``what``, ``marks`` are in :mod:`address.parse.reading`.
    """

    item_of: NDArray[np.int64]
    """First item of each text; at last the end."""
    sort: NDArray[np.uint8]
    """0 part, 1 qualifier, 2 note."""
    what: NDArray[np.uint8]
    """Of parts :class:`address.model.Element`, of qualifiers :class:`address.parse.words.Kind`."""
    start: NDArray[np.int32]
    """Where it stands in its text as it came; -1 where it is implied."""
    end: NDArray[np.int32]
    first: NDArray[np.int32]
    """Where it stands in its folded text; -1 where it is implied."""
    last: NDArray[np.int32]
    number: NDArray[np.int32]
    """-1 for none; metres of a distance."""
    sub_number: NDArray[np.int32]
    """-1 for none; the last number of a range."""
    letter: NDArray[np.int32]
    """Code point of the letter of a number (C座), 0 for none; direction code of qualifiers and of 西户."""
    marks: NDArray[np.int32]
    owner: NDArray[np.int32]
    """For a part that belongs to a qualifier: which item of its text that is; else -1."""
    candidate_of: NDArray[np.int64]
    """First candidate of each item; at last the end."""
    candidate: NDArray[np.int32]
    """Rows of the snapshot's components."""
    folded_of: NDArray[np.int64]
    """First folded character of each text; at last the end."""
    folded: NDArray[np.uint32]
    """Code points of the folded texts."""
    score: NDArray[np.float64]
    """Cost of the reading, less is surer; 0 for a text that says nothing."""

    def __len__(self) -> int:
        return self.item_of.size - 1
