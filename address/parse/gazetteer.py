"""The lexicon of one snapshot 地名词典: its names in every writing, with the words of the grammar."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from address.model import NAMED, Element
from address.parse.automaton import Automaton, Entries, build
from address.parse.outside import outside
from address.parse.text import folded_words
from address.parse.variants import OFFICES, romanised, standard, writings
from address.parse.words import Kind, lexicon
from address.snapshot import Snapshot

LONGEST_ALIAS = 24
PARENT, ELEMENT, SUCCESSOR, CURRENT, TOWN, OFFICE = range(6)
"""Columns of the tree: parent, element, successor, whether it still is, the town in which it lies (itself
for a town; -1 above and across towns), and the office of a village as a component (-1 for none)."""


class Gazetteer(NamedTuple):
    """What the decoder knows of a snapshot."""

    automaton: Automaton
    tree: NDArray[np.int32]
    """A row for each component of the snapshot; columns above."""
    crossing: NDArray[np.int64]
    """Sorted pairs of roads that meet: smaller row << 32 | larger row."""


def gazetteer(snapshot: Snapshot) -> Gazetteer:
    """Builds the lexicon of a snapshot."""
    tree = _tree(snapshot)
    meanings = _Meanings()
    _add_names(snapshot, tree, meanings)
    _add_aliases(snapshot, meanings)
    for text, element, cost in outside(frozenset(meanings.words)):
        meanings.add(text, Kind.NAME, element, cost, 0, False, -1)
    for word in lexicon():
        meanings.add(word.text, word.kind, word.element, word.cost, word.detail, False, -1)
    chars, offset = folded_words(list(meanings.words))
    first = np.minimum(snapshot.crossings.first, snapshot.crossings.second).astype(np.int64)
    second = np.maximum(snapshot.crossings.first, snapshot.crossings.second).astype(np.int64)
    return Gazetteer(
        build(chars, offset, meanings.entries(), tree[:, TOWN]), tree, np.sort(first << 32 | second)
    )


def regrown(lexicon_: Gazetteer, snapshot: Snapshot) -> Gazetteer:
    """The same names over a later tree: rows keep their number, and nothing that has a name is changed."""
    tree = _tree(snapshot)
    tree[: len(lexicon_.tree), OFFICE] = lexicon_.tree[:, OFFICE]
    return lexicon_._replace(tree=tree)


def _tree(snapshot: Snapshot) -> NDArray[np.int32]:
    components = snapshot.components
    tree = np.full((components.parent.size, 6), -1, np.int32)
    tree[:, PARENT], tree[:, ELEMENT] = components.parent, components.element
    tree[:, SUCCESSOR], tree[:, CURRENT] = components.successor, components.current
    _find_towns(tree, int(Element.TOWN))
    return tree


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


def _add_names(snapshot: Snapshot, tree: NDArray[np.int32], meanings: _Meanings) -> None:
    """Every named component under every writing of its name; each name is spelled out once."""
    components = snapshot.components
    named = np.flatnonzero(np.isin(components.element, [int(element) for element in NAMED]))
    rows_of: dict[tuple[int, str], list[int]] = defaultdict(list)
    names = components.name.take(named.astype(np.int64)).to_pylist()
    listed = list(zip(named.tolist(), components.element[named].tolist(), names, strict=True))
    villages = {
        row: standard(Element.VILLAGE, name) for row, element, name in listed if element == Element.VILLAGE
    }
    for row, element, name in listed:
        above = villages.get(int(tree[row, PARENT]), "")
        if element == Element.OBJECT and above and name.startswith(above):
            if name.removeprefix(above) in OFFICES or name.endswith(OFFICES):
                tree[tree[row, PARENT], OFFICE] = row
            else:
                meanings.add(name, Kind.NAME, element, 0.0, len(above), False, row)
        elif element == Element.OBJECT or not name[:1].isdigit():
            rows_of[element, name].append(row)
    for (element, name), rows in rows_of.items():
        seen: set[str] = set()
        spelled = () if element == Element.OBJECT else romanised(Element(element), name)
        for writing, cost in (*writings(Element(element), name), *spelled):
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
    above = np.flatnonzero(elements <= Element.COUNTY).tolist()
    upper = {text for row in above for text, _ in writings(Element(int(elements[row])), names[row].as_py())}
    for text, row in zip(snapshot.aliases.text.to_pylist(), snapshot.aliases.component.tolist(), strict=True):
        if not 2 <= len(text) <= LONGEST_ALIAS or int(elements[row]) not in named:
            continue
        # What the writings of the name hold has its cost there; a unit above in front is read on its own.
        name = names[row].as_py()
        in_front = text.removesuffix(name) if text != name else ""
        if in_front not in upper and text not in dict(writings(Element(int(elements[row])), name)):
            meanings.add(text, Kind.NAME, int(elements[row]), 0.3, 0, False, row)


@njit(cache=True)
def _find_towns(tree, town):  # type: ignore[no-untyped-def]
    """Fills in the town in which each component lies."""
    for row in range(tree.shape[0]):
        at = row
        while at >= 0 and tree[at, ELEMENT] != town:
            at = tree[at, PARENT]
        tree[row, TOWN] = at
