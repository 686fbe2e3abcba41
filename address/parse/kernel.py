"""One pass from code points to items 编译主循环: fold, look up, build the lattice, decode, read."""

# ruff: noqa: SIM110 - compiled: loops cost less than generators

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from address.parse.compiled import digest, inner
from address.parse.decode import MOST_READINGS, decode, finals, trace
from address.parse.edges import EDGE_COLUMNS, MOST_EDGES
from address.parse.fold import TABLE_SIZE, CharClass, Folding, fold_text
from address.parse.lattice import MOST_HITS, find_edges, find_hits
from address.parse.reading import MOST_CANDIDATES, MOST_ITEMS, read_items
from address.parse.tokens import MOST_TOKENS, TOKEN_COLUMNS, collect, relate, settle

MOST_CHARS = 512
"""Folded characters of a text that are read; no address is as long."""
LEAST_SPACED_OUT = 6
"""Characters from which a text with a space behind each is one written letter by letter."""
_LETTER = np.int64(CharClass.LETTER)
ROOM_OF_READING = 2 * MOST_ITEMS * MOST_CANDIDATES
"""Candidates that one reading can choose at most, before they are narrowed."""


class Tables(NamedTuple):
    """Tables of characters; a tuple, for the compiled code."""

    single: NDArray[np.uint32]
    first: NDArray[np.int32]
    length: NDArray[np.uint8]
    several: NDArray[np.uint32]
    kind: NDArray[np.uint8]
    value: NDArray[np.int16]


class Desk(NamedTuple):
    """Where one text is worked on; reused for the next."""

    chars: NDArray[np.uint32]
    origin: NDArray[np.int32]
    parted: NDArray[np.bool_]
    kind: NDArray[np.int64]
    value: NDArray[np.int64]
    hit: NDArray[np.int64]
    hit_of: NDArray[np.int64]
    inner: NDArray[np.int64]
    bound: NDArray[np.int64]
    edge: NDArray[np.int64]
    cost: NDArray[np.float64]
    score: NDArray[np.float64]
    back: NDArray[np.int64]
    ways: NDArray[np.int64]
    starts: NDArray[np.int64]
    order: NDArray[np.int64]
    ending: NDArray[np.int64]
    live: NDArray[np.int64]
    live_score: NDArray[np.float64]
    final: NDArray[np.int64]
    path: NDArray[np.int64]
    token: NDArray[np.int64]


def tables_of(folding: Folding) -> Tables:
    """The tables of characters as the compiled code takes them."""
    return Tables(folding.single, folding.first, folding.count, folding.several, folding.kind, folding.value)


def new_desk(best: int) -> Desk:
    """Working space for readings of which the ``best`` cheapest are wanted."""
    whole = np.int64
    return Desk(
        chars=np.empty(MOST_CHARS, np.uint32),
        origin=np.empty(MOST_CHARS, np.int32),
        parted=np.empty(MOST_CHARS + 1, np.bool_),
        kind=np.empty(MOST_CHARS + 1, whole),
        value=np.empty(MOST_CHARS + 1, whole),
        hit=np.empty((MOST_HITS, 2), whole),
        hit_of=np.empty(MOST_CHARS + 2, whole),
        inner=np.empty(MOST_CHARS + 2, whole),
        bound=np.empty(MOST_CHARS + 2, whole),
        edge=np.empty((MOST_EDGES, EDGE_COLUMNS), whole),
        cost=np.empty(MOST_EDGES, np.float64),
        score=np.empty((MOST_EDGES, best), np.float64),
        back=np.empty((MOST_EDGES, best), whole),
        ways=np.empty((MOST_EDGES, best), whole),
        starts=np.empty(MOST_CHARS + 2, whole),
        order=np.empty(MOST_EDGES, whole),
        ending=np.empty(MOST_CHARS + MOST_EDGES + 2, whole),
        live=np.empty((MOST_EDGES * best, 2), whole),
        live_score=np.empty(MOST_EDGES * best, np.float64),
        final=np.empty(MOST_READINGS, whole),
        path=np.empty(MOST_CHARS + 1, whole),
        token=np.empty((MOST_TOKENS, TOKEN_COLUMNS), whole),
    )


@inner
def _is_spaced_out(kind, parted, n):  # type: ignore[no-untyped-def]
    """Whether a space stands between all characters, so that none parts anything: 寿 光 市 … 3 1 号 楼."""
    if n < LEAST_SPACED_OUT:
        return False
    for i in range(1, n):
        if not parted[i] and kind[i] <= _LETTER and kind[i - 1] <= _LETTER:
            return False
    return True


@inner
def _lay_out(raw, tables, lexicon, tree, desk, best):  # type: ignore[no-untyped-def]
    """Decodes one text on the desk: its folded length, and how many readings there are."""
    n = fold_text(
        raw, tables.single, tables.first, tables.length, tables.several, tables.kind,
        desk.chars, desk.origin, desk.parted,
    )  # fmt: skip
    for i in range(n):
        char = desk.chars[i]
        if char < TABLE_SIZE:
            desk.kind[i], desk.value[i] = tables.kind[char], tables.value[char]
        else:
            desk.kind[i], desk.value[i] = 1 if char < 0x40000 else 0, -1
    if _is_spaced_out(desk.kind, desk.parted, n):
        desk.parted[:n] = False
    desk.parted[n] = True
    find_hits(desk.chars, desk.kind, n, lexicon, desk.hit, desk.hit_of)
    count = find_edges(
        desk.chars, desk.kind, desk.value, desk.parted, n, lexicon, desk.hit, desk.hit_of, desk.inner,
        desk.bound, desk.edge, desk.cost,
    )  # fmt: skip
    decode(
        desk.edge, desk.cost, count, n, desk.parted, lexicon, tree, best,
        desk.score, desk.back, desk.ways, desk.starts, desk.order, desk.ending, desk.live,
        desk.live_score,
    )  # fmt: skip
    return n, finals(n, best, desk.score, desk.ending, desk.final)


@inner
def _read(reading, lexicon, tree, crossing, desk, item, first, chosen, count):  # type: ignore[no-untyped-def]
    length = trace(desk.edge, desk.final[reading], desk.back, desk.path)
    m = collect(desk.edge, desk.path, length, desk.kind, desk.parted, desk.token)
    relate(desk.token, m)
    settle(desk.token, m, desk.chars, desk.kind, desk.parted)
    return read_items(
        desk.token, m, desk.origin, desk.chars, desk.kind, lexicon, tree, crossing, item, first, chosen, count
    )


def _compiled(sources: int) -> Any:
    """The door of the compiled code, tied to its sources."""

    @njit(cache=True, nogil=True)
    def read_rows(  # type: ignore[no-untyped-def]
        codes, offset, begin, tables, lexicon, tree, crossing, desk, best, item, item_of, chosen, folded,
        folded_of, score,
    ):  # fmt: skip
        """The ``best`` readings of each text from row ``begin`` on, as many texts as there is room for.

        Answers the row after them. The items of reading k of the i-th text read begin at
        ``item_of[i * best + k]``; a reading that does not exist has none, and an infinite score.
        """
        _ = sources
        end, count, written = np.int64(0), np.int64(0), np.int64(0)
        row = np.int64(begin)
        while row + 1 < offset.size and row - begin < folded_of.size - 1:
            full = end + best * MOST_ITEMS > item.shape[0] or count + best * ROOM_OF_READING > chosen.size
            if full or written + MOST_CHARS > folded.size:
                break
            folded_of[row - begin] = written
            raw = codes[offset[row] : offset[row + 1]]
            n, readings = _lay_out(raw, tables, lexicon, tree, desk, best)
            for k in range(best):
                at = (row - begin) * best + k
                item_of[at], score[at] = end, np.inf
                if k < readings:
                    last = desk.final[k]
                    score[at] = desk.score[last // MOST_READINGS, last % MOST_READINGS]
                    end, count = _read(k, lexicon, tree, crossing, desk, item, end, chosen, count)
            for i in range(n):
                folded[written + i] = desk.chars[i]
            written += n
            row += 1
        item_of[(row - begin) * best], folded_of[row - begin] = end, written
        return row

    return read_rows


read_rows = _compiled(digest())
