"""The register as hash tables 索引表: children by what they are called; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from address.model import Element
from address.parse import Parser, reading
from address.parse.compiled import inner
from address.snapshot import Snapshot

E = Element


class Tables(NamedTuple):
    """Columns by row of the component, and the table of children; a tuple, for the compiled code."""

    parent: NDArray[np.int32]
    element: NDArray[np.uint8]
    successor: NDArray[np.int32]
    current: NDArray[np.bool_]
    name: NDArray[np.int32]
    """Number of the name: equal for equal names."""
    address: NDArray[np.int32]
    """Row of the address that ends here; -1 for none."""
    region: NDArray[np.int32]
    """Where the address lies; -1 where no address ends here."""
    child_of: NDArray[np.int32]
    """First child of each in ``child``; at last the end."""
    child: NDArray[np.int32]
    slot_key: NDArray[np.uint64]
    slot_row: NDArray[np.int32]
    """Open addressing: the child under a key of parent and identity."""


def tables(snapshot: Snapshot, parser: Parser) -> Tables:
    """Builds the tables; numbers in names are read as the parser reads them in texts."""
    components, addresses = snapshot.components, snapshot.addresses
    count = len(components.key)
    encoded = components.name.dictionary_encode()
    names = encoded.indices.to_numpy().astype(np.int32)
    kind, number, sub, letter = identities(encoded.dictionary.to_pylist(), parser)
    parent = components.parent.astype(np.int32)
    element = components.element.astype(np.uint8)
    address = np.full(count, -1, np.int32)
    region = np.full(count, -1, np.int32)
    rows = np.flatnonzero(addresses.current)
    address[addresses.component[rows]] = rows
    region[addresses.component[rows]] = addresses.region[rows]
    order = np.argsort(parent, kind="stable").astype(np.int32)
    child_of = np.searchsorted(parent[order], np.arange(count + 1)).astype(np.int32)
    size = 1 << int(np.ceil(np.log2(max(count, 8) * 1.6)))
    slot_key, slot_row = np.zeros(size, np.uint64), np.full(size, -1, np.int32)
    _fill(
        slot_key, slot_row, parent, element, components.current, names,
        kind[names], number[names], sub[names], letter[names],
    )  # fmt: skip
    return Tables(
        parent, element, components.successor.astype(np.int32), components.current.astype(np.bool_), names,
        address, region, child_of, order, slot_key, slot_row,
    )  # fmt: skip


def identities(names: list[str], parser: Parser) -> tuple[NDArray[np.int32], ...]:
    """What each name is as a number: kind of thing, number, 附号, letter; kind 0 for a name that is none."""
    columns = parser.parse_many(["号" if not name[:1].isalnum() else name for name in names])
    kind, number, sub, letter = (np.full(len(names), fill, np.int32) for fill in (0, -1, -1, 0))
    floor = np.full(len(names), -1, np.int32)
    row_of = np.repeat(np.arange(len(names)), np.diff(columns.item_of))
    named = (columns.sort == reading.PART) & (columns.owner < 0)
    for at in np.flatnonzero(named & (columns.what >= E.GROUP) & (columns.what != E.OBJECT)).tolist():
        row = row_of[at]
        if columns.marks[at] & reading.INFERRED or (columns.number[at] < 0 and columns.letter[at] == 0):
            continue
        if columns.what[at] == E.FLOOR:
            floor[row] = columns.number[at]
            continue
        kind[row], number[row] = columns.what[at], columns.number[at]
        sub[row], letter[row] = columns.sub_number[at], columns.letter[at]
    sided = (kind == E.ROOM) & (number < 0) & (floor >= 0)
    number[sided] = floor[sided]
    return kind, number, sub, letter


BY_NAME = 96
"""The kind of a child that has a name for a number: no element, lest 100号 find the hundredth name."""


@inner
def key_of(parent, kind, number, sub, letter):  # type: ignore[no-untyped-def]
    """A 64-bit key of a child: its parent and what it is."""
    h = np.uint64(parent + 1) * np.uint64(0x9E3779B97F4A7C15)
    h ^= np.uint64(kind) + (np.uint64(number + 1) << np.uint64(8)) + (np.uint64(sub + 1) << np.uint64(40))
    h ^= h >> np.uint64(31)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= np.uint64(letter) * np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(29)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(32)) | np.uint64(1)


@inner
def find(t, parent, kind, number, sub, letter):  # type: ignore[no-untyped-def]
    """The child of a component that is so numbered; -1 for none."""
    key = key_of(parent, kind, number, sub, letter)
    mask = np.uint64(t.slot_key.size - 1)
    at = key & mask
    while t.slot_row[at] >= 0:
        if t.slot_key[at] == key and t.parent[t.slot_row[at]] == parent:
            return t.slot_row[at]
        at = (at + np.uint64(1)) & mask
    return np.int32(-1)


@inner
def put(slot_key, slot_row, key, row, parent):  # type: ignore[no-untyped-def]
    """Puts a child under a key, unless a sibling has it."""
    mask = np.uint64(slot_key.size - 1)
    at = key & mask
    while slot_row[at] >= 0:
        if slot_key[at] == key and parent[slot_row[at]] == parent[row]:
            return
        at = (at + np.uint64(1)) & mask
    slot_key[at], slot_row[at] = key, row


@inner
def child_key(way, parent, what, name, kind, number, sub, letter):  # type: ignore[no-untyped-def]
    """The key under which a child is found: by its number (way 0), by its name (1); 0 for none."""
    if way == 1:
        return key_of(parent, BY_NAME, name, -1, 0) if what >= 30 and kind == 0 else np.uint64(0)
    if what == 34 or what == 41 or (what >= 50 and what < 95):
        return key_of(parent, what, number, sub, letter) if kind > 0 else np.uint64(0)
    if what == 95 and kind > 0 and number >= 0:
        # 25号大棚 is a thing, and numbered as a building is.
        return key_of(parent, kind, number, sub, letter)
    return np.uint64(0)


@njit(cache=True, nogil=True)
def _fill(slot_key, slot_row, parent, element, current, name, kind, number, sub, letter):  # type: ignore[no-untyped-def]
    for row in range(parent.size):
        if not current[row]:
            continue
        for way in range(2):
            key = child_key(
                way, parent[row], element[row], name[row], kind[row], number[row], sub[row], letter[row]
            )
            if key != 0:
                put(slot_key, slot_row, key, row, parent)
