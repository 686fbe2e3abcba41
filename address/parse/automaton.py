"""The lexicon as a hashed automaton 词典自动机: names of the register and words of the grammar in one.

A step is one probe of a hash table keyed by (node, character). A node where words end has
*senses*: one for each kind and element, with the components it may mean, surest first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class Automaton(NamedTuple):
    """Tables of the automaton and of what its words mean; a tuple, for the compiled code."""

    key: NDArray[np.uint64]
    """(node << 21 | character) + 1 by slot; 0 for empty."""
    target: NDArray[np.int32]
    shift: np.int64
    sense_of: NDArray[np.int64]
    """First sense of a node; of the next node, the end."""
    sense: NDArray[np.int64]
    """A row for each sense; columns below. A last row holds the end of the candidates."""
    candidate: NDArray[np.int32]
    """Rows of components."""


KIND, ELEMENT, PRICE, DETAIL, OFFICE, FIRST, TOWN = range(7)
"""Columns of a sense: kind, element, cost in thousandths, direction or length, whether the writing names
the office of a village (村委会), first candidate, and the town in which all candidates lie (-1 for none,
-2 for several)."""


class Entries(NamedTuple):
    """What words mean, a row for each meaning; columns alike in length."""

    word: NDArray[np.int32]
    """Index into the words."""
    kind: NDArray[np.uint8]
    element: NDArray[np.uint8]
    cost: NDArray[np.float32]
    detail: NDArray[np.int32]
    office: NDArray[np.bool_]
    component: NDArray[np.int32]
    """-1 for words of the grammar."""


@njit(cache=True, nogil=True)
def step(key, target, shift, node, char):  # type: ignore[no-untyped-def]
    """The node that follows by a character; -1 for none."""
    wanted = ((np.uint64(node) << np.uint64(21)) | np.uint64(char)) + np.uint64(1)
    mask = np.uint64(key.size - 1)
    slot = (wanted * _MULTIPLIER) >> np.uint64(shift)
    while True:
        found = key[slot]
        if found == wanted:
            return target[slot]
        if found == 0:
            return -1
        slot = (slot + np.uint64(1)) & mask


@njit(cache=True)
def _put(key, target, shift, wanted, node):  # type: ignore[no-untyped-def]
    mask = np.uint64(key.size - 1)
    slot = (wanted * _MULTIPLIER) >> np.uint64(shift)
    while key[slot] != 0:
        slot = (slot + np.uint64(1)) & mask
    key[slot] = wanted
    target[slot] = node


@njit(cache=True)
def _grown(key, target, shift):  # type: ignore[no-untyped-def]
    larger = np.zeros(key.size * 2, np.uint64)
    targets = np.zeros(key.size * 2, np.int32)
    for slot in range(key.size):
        if key[slot] != 0:
            _put(larger, targets, shift - 1, key[slot], np.int64(target[slot]))
    return larger, targets, shift - 1


@njit(cache=True)
def _grow_nodes(chars, offset):  # type: ignore[no-untyped-def]
    """The automaton of all words, and the node where each ends."""
    key = np.zeros(1 << 16, np.uint64)
    target = np.zeros(1 << 16, np.int32)
    shift = np.int64(48)
    last = np.zeros(offset.size - 1, np.int32)
    nodes = np.int64(1)
    for word in range(offset.size - 1):
        node = np.int64(0)
        for i in range(offset[word], offset[word + 1]):
            following = step(key, target, shift, node, chars[i])
            if following < 0:
                if 2 * nodes > key.size:
                    key, target, shift = _grown(key, target, shift)
                following = nodes
                nodes += 1
                wanted = ((np.uint64(node) << np.uint64(21)) | np.uint64(chars[i])) + np.uint64(1)
                _put(key, target, shift, wanted, following)
            node = following
        last[word] = node
    return key, target, shift, last, nodes


def build(
    chars: NDArray[np.uint32],
    offset: NDArray[np.int64],
    entries: Entries,
    town_of: NDArray[np.int32],
) -> Automaton:
    """The automaton of words given as folded characters with offsets."""
    key, target, shift, last, nodes = _grow_nodes(chars, offset)
    node = last[entries.word]
    order = np.lexsort((entries.component, entries.cost, entries.element, entries.kind, node))
    node = node[order]
    kind, element, cost = entries.kind[order], entries.element[order], entries.cost[order]
    component = entries.component[order]
    starts = np.ones(node.size, bool)
    starts[1:] = (node[1:] != node[:-1]) | (kind[1:] != kind[:-1]) | (element[1:] != element[:-1])
    sense = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    # A writing that is the name of one and a short form of another means the first alone.
    keep = (component >= 0) & (cost <= cost[first][sense] + 0.5)
    pair = sense.astype(np.int64) << 32 | component.astype(np.int64) & 0xFFFFFFFF
    _, once = np.unique(pair, return_index=True)
    single = np.zeros(pair.size, bool)
    single[once] = True
    keep &= single
    counts = np.bincount(sense[keep], minlength=first.size)
    candidate_of = np.zeros(first.size + 1, np.int32)
    np.cumsum(counts, out=candidate_of[1:])
    candidate = component[keep].astype(np.int32)
    sense_of = np.searchsorted(node[first], np.arange(nodes + 1)).astype(np.int64)
    table = np.zeros((first.size + 1, 7), np.int64)
    table[:-1, KIND], table[:-1, ELEMENT] = kind[first], element[first]
    table[:-1, PRICE] = np.round(cost[first] * 1000)
    table[:-1, DETAIL], table[:-1, OFFICE] = entries.detail[order][first], entries.office[order][first]
    table[:, FIRST] = candidate_of
    table[:-1, TOWN] = _towns_of_senses(sense[keep], candidate, town_of, first.size)
    return Automaton(key, target, np.int64(shift), sense_of, table, candidate)


def _towns_of_senses(
    sense: NDArray[np.int64], candidate: NDArray[np.int32], town_of: NDArray[np.int32], senses: int
) -> NDArray[np.int32]:
    lowest = np.full(senses, np.iinfo(np.int32).max, np.int32)
    highest = np.full(senses, -1, np.int32)
    np.minimum.at(lowest, sense, town_of[candidate])
    np.maximum.at(highest, sense, town_of[candidate])
    return np.where(highest < 0, -1, np.where(lowest == highest, highest, -2)).astype(np.int32)
