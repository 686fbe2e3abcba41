"""The lexicon of one snapshot 地名词典: its names in every writing, with the words of the grammar."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from address.model import Element
from address.parse.automaton import Automaton, Entries, build
from address.parse.text import folded_words
from address.parse.variants import OFFICES, standard, writings
from address.parse.words import Kind, lexicon
from address.snapshot import Snapshot

LONGEST_ALIAS = 24
NAMED = (*(element for element in Element if element <= Element.ESTATE), Element.OBJECT)
"""Elements that have names; the others have numbers, and the grammar reads those."""


class Tree(NamedTuple):
    """The components' tree; a tuple, for the compiled code."""

    parent: NDArray[np.int32]
    element: NDArray[np.uint8]
    successor: NDArray[np.int32]
    current: NDArray[np.bool_]
    town: NDArray[np.int32]
    """The town in which a component lies, itself for a town; -1 above and across towns."""
    office: NDArray[np.int32]
    """The office of a village as a component (XX村村委会); -1 for none."""


class Gazetteer(NamedTuple):
    """What the decoder knows of a snapshot."""

    automaton: Automaton
    tree: Tree
    crossing: NDArray[np.int64]
    """Sorted pairs of roads that meet: smaller row << 32 | larger row."""


def gazetteer(snapshot: Snapshot) -> Gazetteer:
    """Builds the lexicon of a snapshot."""
    components = snapshot.components
    tree = Tree(
        components.parent.astype(np.int32),
        components.element.astype(np.uint8),
        components.successor.astype(np.int32),
        components.current.astype(np.bool_),
        _towns(components.parent.astype(np.int32), components.element.astype(np.uint8), int(Element.TOWN)),
        np.full(components.parent.size, -1, np.int32),
    )
    meanings = _Meanings()
    _add_names(snapshot, tree, meanings)
    _add_aliases(snapshot, meanings)
    for word in lexicon():
        meanings.add(word.text, word.kind, word.element, word.cost, word.detail, False, -1)
    chars, offset = folded_words(list(meanings.words))
    first = np.minimum(snapshot.crossings.first, snapshot.crossings.second).astype(np.int64)
    second = np.maximum(snapshot.crossings.first, snapshot.crossings.second).astype(np.int64)
    return Gazetteer(build(chars, offset, meanings.entries(), tree.town), tree, np.sort(first << 32 | second))


class _Meanings:
    """Words and what they mean, gathered."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.rows: list[tuple[int, int, int, float, int, bool, int]] = []

    def add(
        self, text: str, kind: Kind, element: int, cost: float, detail: int, office: bool, component: int
    ) -> None:
        word = self.words.setdefault(text, len(self.words))
        self.rows.append((word, kind, element, cost, detail, office, component))

    def entries(self) -> Entries:
        columns = list(zip(*self.rows, strict=True))
        types = (np.int32, np.uint8, np.uint8, np.float32, np.int32, np.bool_, np.int32)
        return Entries(*(np.array(column, kind) for column, kind in zip(columns, types, strict=True)))


def _add_names(snapshot: Snapshot, tree: Tree, meanings: _Meanings) -> None:
    """Every named component under every writing of its name; each name is spelled out once."""
    components = snapshot.components
    named = np.flatnonzero(np.isin(components.element, [int(element) for element in NAMED]))
    rows_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    names = components.name.take(named.astype(np.int64)).to_pylist()
    villages: dict[int, str] = {}
    for row, element, name in zip(named.tolist(), components.element[named].tolist(), names, strict=True):
        if element == Element.VILLAGE:
            villages[row] = standard(Element.VILLAGE, name)
        above = villages.get(int(tree.parent[row]), "")
        if element == Element.OBJECT and above and name.startswith(above):
            if name.removeprefix(above) in OFFICES or name.endswith(OFFICES):
                tree.office[tree.parent[row]] = row
            else:
                meanings.add(name, Kind.NAME, element, 0.0, len(above), False, row)
        elif not name[:1].isdigit():
            rows_of[element, name].append(row)
    for (element, name), rows in rows_of.items():
        seen: set[str] = set()
        for writing, cost in writings(Element(element), name):
            if len(writing) < 2 or writing in seen:
                continue
            seen.add(writing)
            office = element == Element.VILLAGE and writing.endswith(OFFICES)
            for row in rows:
                meanings.add(writing, Kind.NAME, element, cost, 0, office, row)


def _add_aliases(snapshot: Snapshot, meanings: _Meanings) -> None:
    elements = snapshot.components.element
    named = {int(element) for element in NAMED}
    names = snapshot.components.name
    for text, row in zip(snapshot.aliases.text.to_pylist(), snapshot.aliases.component.tolist(), strict=True):
        if not 2 <= len(text) <= LONGEST_ALIAS or int(elements[row]) not in named:
            continue
        # What the writings of the name hold already has its cost there.
        if text not in dict(writings(Element(int(elements[row])), names[row].as_py())):
            meanings.add(text, Kind.NAME, int(elements[row]), 0.3, 0, False, row)


@njit(cache=True)
def _towns(parent, element, town):  # type: ignore[no-untyped-def]
    """The town in which each component lies; parents stand before their children."""
    towns = np.full(parent.size, -1, np.int32)
    for row in range(parent.size):
        if element[row] == town:
            towns[row] = row
        elif parent[row] >= 0:
            towns[row] = towns[parent[row]]
    return towns
