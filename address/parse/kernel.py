"""One pass from code points to items 编译主循环: fold, look up, build the lattice, decode, read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from address.parse.decode import MOST_READINGS, WAY_COLUMNS, decode, finals, trace
from address.parse.fold import TABLE_SIZE, Folding, fold_text
from address.parse.lattice import EDGE_COLUMNS, MOST_EDGES, MOST_HITS, find_edges, find_hits
from address.parse.reading import MOST_CANDIDATES, MOST_ITEMS, read_items
from address.parse.tokens import MOST_TOKENS, TOKEN_COLUMNS, collect, relate, settle

MOST_CHARS = 512
"""Folded characters of a text that are read; no address is as long."""
ROOM_OF_READING = 2 * MOST_ITEMS * MOST_CANDIDATES
"""Candidates that one reading can choose at most, before they are narrowed."""


class Tables(NamedTuple):
    """Tables of characters; a tuple, for the compiled code."""

    single: NDArray[np.uint32]
    first: NDArray[np.int32]
    count: NDArray[np.uint8]
    several: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    value: NDArray[np.int16]


class Desk(NamedTuple):
    """Where one text is worked on; reused for the next."""

    chars: NDArray[np.uint32]
    origin: NDArray[np.int32]
    parted: NDArray[np.bool_]
    kind: NDArray[np.int32]
    value: NDArray[np.int32]
    hit: NDArray[np.int32]
    hit_of: NDArray[np.int32]
    inner: NDArray[np.int32]
    edge: NDArray[np.int32]
    cost: NDArray[np.float64]
    score: NDArray[np.float64]
    back: NDArray[np.int32]
    ways: NDArray[np.int32]
    order: NDArray[np.int32]
    ending: NDArray[np.int32]
    final: NDArray[np.int32]
    path: NDArray[np.int32]
    token: NDArray[np.int32]


def tables_of(folding: Folding) -> Tables:
    """The tables of characters as the compiled code takes them."""
    return Tables(folding.single, folding.first, folding.count, folding.several, folding.kind, folding.value)


def new_desk(best: int) -> Desk:
    """Working space for readings of which the ``best`` cheapest are wanted."""
    whole = np.int32
    return Desk(
        chars=np.empty(MOST_CHARS, np.uint32),
        origin=np.empty(MOST_CHARS, whole),
        parted=np.empty(MOST_CHARS + 1, np.bool_),
        kind=np.empty(MOST_CHARS + 1, whole),
        value=np.empty(MOST_CHARS + 1, whole),
        hit=np.empty((MOST_HITS, 2), whole),
        hit_of=np.empty(MOST_CHARS + 2, whole),
        inner=np.empty(MOST_CHARS + 2, whole),
        edge=np.empty((MOST_EDGES, EDGE_COLUMNS), whole),
        cost=np.empty(MOST_EDGES, np.float64),
        score=np.empty((MOST_EDGES, best), np.float64),
        back=np.empty((MOST_EDGES, best), whole),
        ways=np.empty((MOST_EDGES, best, WAY_COLUMNS), whole),
        order=np.empty(MOST_EDGES, whole),
        ending=np.empty(MOST_CHARS + MOST_EDGES + 2, whole),
        final=np.empty(MOST_READINGS, whole),
        path=np.empty(MOST_CHARS + 1, whole),
        token=np.empty((MOST_TOKENS, TOKEN_COLUMNS), whole),
    )


@njit(cache=True, nogil=True)
def _lay_out(raw, tables, lexicon, tree, desk, best):  # type: ignore[no-untyped-def]
    """Decodes one text on the desk: its folded length, and how many readings there are."""
    n = fold_text(
        raw, tables.single, tables.first, tables.count, tables.several, tables.kind,
        desk.chars, desk.origin, desk.parted,
    )  # fmt: skip
    for i in range(n):
        char = desk.chars[i]
        if char < TABLE_SIZE:
            desk.kind[i], desk.value[i] = tables.kind[char], tables.value[char]
        else:
            desk.kind[i], desk.value[i] = 1 if char < 0x40000 else 0, -1
    desk.parted[n] = True
    find_hits(desk.chars, desk.kind, n, lexicon, desk.hit, desk.hit_of)
    count = find_edges(
        desk.chars, desk.kind, desk.value, desk.parted, n, lexicon, desk.hit, desk.hit_of, desk.inner,
        desk.edge, desk.cost,
    )  # fmt: skip
    decode(
        desk.edge, desk.cost, count, n, desk.parted, lexicon, tree.town, tree.successor, best,
        desk.score, desk.back, desk.ways, desk.order, desk.ending,
    )  # fmt: skip
    return n, finals(n, best, desk.score, desk.ending, desk.final)


@njit(cache=True, nogil=True)
def _read(reading, lexicon, tree, crossing, desk, item, first, chosen, count):  # type: ignore[no-untyped-def]
    length = trace(desk.edge, desk.final[reading], desk.back, desk.path)
    m = collect(desk.edge, desk.path, length, desk.kind, desk.parted, desk.token)
    relate(desk.token, m)
    settle(desk.token, m, desk.kind, desk.parted)
    return read_items(desk.token, m, desk.origin, lexicon, tree, crossing, item, first, chosen, count)


@njit(cache=True, nogil=True)
def read_one(raw, tables, lexicon, tree, crossing, desk, best, item, item_of, chosen, score):  # type: ignore[no-untyped-def]
    """The ``best`` cheapest readings of one text; its folded length, and how many readings."""
    n, readings = _lay_out(raw, tables, lexicon, tree, desk, best)
    end = count = 0
    for reading in range(readings):
        item_of[reading] = end
        at = desk.final[reading]
        score[reading] = desk.score[at // MOST_READINGS, at % MOST_READINGS]
        end, count = _read(reading, lexicon, tree, crossing, desk, item, end, chosen, count)
    item_of[readings] = end
    return n, readings


@njit(cache=True, nogil=True)
def read_rows(  # type: ignore[no-untyped-def]
    codes, offset, begin, tables, lexicon, tree, crossing, desk, item, item_of, chosen, folded, folded_of, score
):
    """Best readings of the texts from row ``begin`` on, as many as there is room for; the row after them."""
    end = count = written = 0
    row = begin
    while row + 1 < offset.size and row - begin + 1 < item_of.size:
        full = end + MOST_ITEMS > item.shape[0] or count + ROOM_OF_READING > chosen.size
        if full or written + MOST_CHARS > folded.size:
            break
        item_of[row - begin], folded_of[row - begin] = end, written
        raw = codes[offset[row] : offset[row + 1]]
        n, readings = _lay_out(raw, tables, lexicon, tree, desk, 1)
        score[row - begin] = 0.0
        if readings > 0:
            score[row - begin] = desk.score[desk.final[0] // MOST_READINGS, 0]
            end, count = _read(0, lexicon, tree, crossing, desk, item, end, chosen, count)
        folded[written : written + n] = desk.chars[:n]
        written += n
        row += 1
    item_of[row - begin], folded_of[row - begin] = end, written
    return row
