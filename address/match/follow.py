"""An index that follows its register 索引随改随新: what does not depend on a change is kept."""

from __future__ import annotations

import copy

import numpy as np
from numba import njit
from numpy.typing import NDArray

from address.follow import Touched
from address.keys import hashes
from address.match.index import Index
from address.match.known import WRITTEN_ABOVE, Known, put_all
from address.match.near import names_of
from address.match.point import Points
from address.match.tables import tables
from address.parse import Parser
from address.snapshot import Snapshot
from address.wording import texts_of


def followed(index: Index, snapshot: Snapshot, touched: Touched) -> Index:
    """The index over a later state of its snapshot; the one before goes on answering."""
    later = copy.copy(index)
    later.snapshot = snapshot
    later.parser = _parser(index.parser, snapshot, touched)
    later.tables = tables(snapshot, later.parser)
    if touched.names:
        later.names = names_of(snapshot, later.tables)
    later.known = _known(index, snapshot, touched)
    later.points = Points(snapshot, later.tables)
    return later


def _parser(parser: Parser, snapshot: Snapshot, touched: Touched) -> Parser:
    if touched.names or touched.crossings:
        return Parser(snapshot)
    return parser.over(snapshot)


def _known(index: Index, snapshot: Snapshot, touched: Touched) -> Known:
    """Texts of what has changed, and of all that lies below it, taken out and put in anew."""
    known = Known(index.known.key.copy(), index.known.row.copy())
    for old, change in ((True, _take_all), (False, put_all)):
        of = index.snapshot if old else snapshot
        count = len(of.addresses.key)
        moved = touched.below[of.addresses.component]
        moved[touched.addresses[touched.addresses < count]] = True
        rows: NDArray[np.int32] = np.flatnonzero(moved & of.addresses.current).astype(np.int32)
        for above in WRITTEN_ABOVE:
            change(known, hashes(texts_of(of.components, of.addresses.component[rows], above)), rows)
    return known


@njit(cache=True, nogil=True)
def _take_all(known, keys, rows):  # type: ignore[no-untyped-def]
    """Leaves a mark that is no key and no row where the row stood: others may lie behind it."""
    mask = np.uint64(known.key.size - 1)
    for k in range(keys.size):
        at = keys[k] & mask
        while known.row[at] != -1:
            if known.key[at] == keys[k]:
                if known.row[at] == rows[k]:
                    known.key[at], known.row[at] = np.uint64(0), np.int32(-3)
                break
            at = (at + np.uint64(1)) & mask
