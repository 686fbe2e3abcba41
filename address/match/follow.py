"""An index that follows its register 索引随改随新: what does not depend on a change is kept."""

from __future__ import annotations

import copy

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from address.follow import Touched
from address.keys import hashes
from address.match.index import Index
from address.match.known import WRITTEN_ABOVE, Known, learned_of, put_all
from address.match.near import names_of
from address.match.point import Points
from address.match.tables import Tables, child_key, identities, put, tables
from address.parse import Parser
from address.snapshot import Snapshot
from address.wording import texts_of

ROOM = 1.25
"""Places of the table of children for each component, below which it is made anew, larger."""


def followed(index: Index, snapshot: Snapshot, touched: Touched) -> Index:
    """The index over a later state of its snapshot; the one before goes on answering."""
    later = copy.copy(index)
    later.snapshot = snapshot
    later.parser = _parser(index.parser, snapshot, touched)
    later.tables = _tables(index, snapshot, touched, later.parser)
    if touched.names:
        later.names = names_of(snapshot, later.tables)
    later.known = _known(index, snapshot, touched)
    later.learned = learned_of(snapshot, later.tables.address)
    later.points = Points(snapshot, later.tables)
    return later


def _parser(parser: Parser, snapshot: Snapshot, touched: Touched) -> Parser:
    if touched.names or touched.crossings:
        return Parser(snapshot)
    return parser.over(snapshot)


def _tables(index: Index, snapshot: Snapshot, touched: Touched, parser: Parser) -> Tables:
    """Columns anew; of the table of children the entries of what has changed."""
    old, components, addresses = index.tables, snapshot.components, snapshot.addresses
    rows, count, known = touched.components, len(components.key), len(index.tables.parent)
    if ROOM * count > old.slot_key.size:
        return tables(snapshot, parser)
    address, region = np.full(count, -1, np.int32), np.full(count, -1, np.int32)
    shown = np.flatnonzero(addresses.current).astype(np.int32)
    address[addresses.component[shown]] = shown
    region[addresses.component[shown]] = addresses.region[shown]
    if not len(rows):
        return old._replace(address=address, region=region)
    earlier = rows[rows < known]
    before, after = index.snapshot.components.name, components.name
    name = np.concatenate([old.name, np.full(count - known, -1, np.int32)])
    told = after.take(pa.array(rows))
    name[rows] = _numbers_of(told, before, old.name)
    slot_key, slot_row = old.slot_key.copy(), old.slot_row.copy()
    _take_children(
        slot_key, slot_row, earlier, old.parent, old.element, old.current, old.name,
        *identities(before.take(pa.array(earlier)).to_pylist(), parser),
    )  # fmt: skip
    element, current = components.element.astype(np.uint8), components.current.astype(np.bool_)
    _put_children(
        slot_key, slot_row, rows, components.parent, element, current, name,
        *identities(told.to_pylist(), parser),
    )  # fmt: skip
    child = np.argsort(components.parent, kind="stable").astype(np.int32)
    child_of = np.searchsorted(components.parent[child], np.arange(count + 1, dtype=np.int32))
    return Tables(
        components.parent, element, components.successor, current, name, address, region,
        child_of.astype(np.int32), child, slot_key, slot_row,
    )  # fmt: skip


def _numbers_of(names: pa.Array, known: pa.Array, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The number that equal names have already; the next ones for the others."""
    distinct = names.unique()
    place = pc.fill_null(pc.index_in(distinct, value_set=known), -1).to_numpy(zero_copy_only=False)
    found = np.where(place >= 0, numbers[place], -1).astype(np.int32)
    found[found < 0] = int(numbers.max()) + 1 + np.arange((found < 0).sum(), dtype=np.int32)
    at: NDArray[np.int32] = pc.index_in(names, value_set=distinct).to_numpy(zero_copy_only=False)
    return found[at]


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


@njit(cache=True, nogil=True)
def _take_children(slot_key, slot_row, rows, parent, element, current, name, kind, number, sub, letter):  # type: ignore[no-untyped-def]
    """Leaves a key that is none: others may lie behind it."""
    mask = np.uint64(slot_key.size - 1)
    for k in range(rows.size):
        row = rows[k]
        for way in range(2):
            key = child_key(way, parent[row], element[row], name[row], kind[k], number[k], sub[k], letter[k])
            if key == 0 or not current[row]:
                continue
            at = key & mask
            while slot_row[at] >= 0:
                if slot_key[at] == key and slot_row[at] == row:
                    slot_key[at] = np.uint64(0)
                    break
                at = (at + np.uint64(1)) & mask


@njit(cache=True, nogil=True)
def _put_children(slot_key, slot_row, rows, parent, element, current, name, kind, number, sub, letter):  # type: ignore[no-untyped-def]
    for k in range(rows.size):
        row = rows[k]
        for way in range(2):
            key = child_key(way, parent[row], element[row], name[row], kind[k], number[k], sub[k], letter[k])
            if key != 0 and current[row]:
                put(slot_key, slot_row, key, row, parent)
