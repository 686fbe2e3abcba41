"""Texts that are an address letter by letter 原文直查: by a hash, before anything is parsed; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from address.keys import hash_between, hashes
from address.model import AliasKind, Element
from address.snapshot import Snapshot
from address.wording import full_texts, texts_of

WRITTEN_ABOVE = 0, int(Element.COUNTY)
"""Below which rank a text begins."""
_OWN_WRITING, _FORMER = (tuple(AliasKind).index(each) for each in (AliasKind.DEPARTMENT, AliasKind.FORMER))


class Known(NamedTuple):
    """Hash of a text → row of its address; -2 where several addresses are written so."""

    key: NDArray[np.uint64]
    row: NDArray[np.int32]


def known_of(snapshot: Snapshot) -> Known:
    """Every current address under its full text, and under what stands below the county."""
    addresses = snapshot.addresses
    rows = np.flatnonzero(addresses.current).astype(np.int32)
    known = _room_for(rows.size)
    for above in WRITTEN_ABOVE:
        texts = full_texts(snapshot.components, above).take(pa.array(addresses.component[rows]))
        put_all(known, hashes(texts), rows)
    return known


def learned_of(snapshot: Snapshot, address: NDArray[np.int32]) -> Known:
    """Texts that people have said the meaning of: departments' own writings, and former door numbers.

    ``address``: row of the current address of each component, -1 for none.
    """
    aliases, components = snapshot.aliases, snapshot.components
    row = np.where(aliases.component >= 0, address[aliases.component], -1)
    own = np.flatnonzero((aliases.kind == _OWN_WRITING) & (row >= 0))
    door = components.element[aliases.component] == Element.DOOR
    former = np.flatnonzero((aliases.kind == _FORMER) & (row >= 0) & door)
    known = _room_for(own.size + 5 * former.size)
    put_all(known, hashes(aliases.text.take(pa.array(own))), row[own].astype(np.int32))
    for texts in _written_in_full(snapshot, former):
        put_all(known, hashes(texts), row[former].astype(np.int32))
    return known


def _written_in_full(snapshot: Snapshot, former: NDArray[np.int64]) -> list[pa.Array]:
    """Street and number, and with what stands in front of the street; ``former``: rows of aliases."""
    if not former.size:
        return []
    components = snapshot.components
    street = components.parent[snapshot.aliases.component[former]]
    text = snapshot.aliases.text.take(pa.array(former)).to_pylist()
    name = components.name.take(pa.array(street)).to_pylist()
    county = street.copy()
    while (higher := (components.element[county] > Element.COUNTY) & (components.parent[county] >= 0)).any():
        county = np.where(higher, components.parent[county], county)
    city = components.name.take(pa.array(county)).to_pylist()
    told = [text, [a + b for a, b in zip(city, text, strict=True)]]
    for above in (*WRITTEN_ABOVE, int(Element.PREFECTURE)):
        front = texts_of(components, street, above).to_pylist()
        told.append([a + b.removeprefix(c) for a, b, c in zip(front, text, name, strict=True)])
    return [pa.array(each, pa.string()) for each in told]


def _room_for(count: int) -> Known:
    size = 1 << int(np.ceil(np.log2(max(count, 8) * 3)))
    return Known(np.zeros(size, np.uint64), np.full(size, -1, np.int32))


def look_up(known: Known, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
    """The address that each text of those hashes is, letter by letter; -1 for none or several."""
    found: NDArray[np.int32] = _look_up(known, keys)
    return found


def row_of(text: str, known: Known, learned: Known) -> int:
    """The address that one text is, letter by letter, by the one, else the other; -1 for none or several."""
    octets = np.frombuffer(text.encode("utf-8", "surrogatepass") or b"\0", np.uint8)
    return int(_row_of(octets, octets.size if text else 0, known, learned))


@njit(cache=True, nogil=True)
def _row_of(octets, size, known, learned):  # type: ignore[no-untyped-def]
    key = hash_between(octets, 0, size)
    row = _under(known, key)
    return row if row >= 0 else _under(learned, key)


@njit(cache=True, nogil=True)
def put_all(known, keys, rows):  # type: ignore[no-untyped-def]
    """Puts rows under their keys; a key that another row has already leads to neither."""
    mask = np.uint64(known.key.size - 1)
    for k in range(keys.size):
        at = keys[k] & mask
        while known.row[at] != -1 and known.key[at] != keys[k]:
            at = (at + np.uint64(1)) & mask
        if known.row[at] == -1:
            known.key[at], known.row[at] = keys[k], rows[k]
        elif known.row[at] != rows[k]:
            known.row[at] = -2


@njit(nogil=True)
def _under(known, key):  # type: ignore[no-untyped-def]
    mask = np.uint64(known.key.size - 1)
    at = key & mask
    while known.row[at] != -1:
        if known.key[at] == key:
            return max(known.row[at], np.int32(-1))
        at = (at + np.uint64(1)) & mask
    return np.int32(-1)


@njit(cache=True, nogil=True)
def _look_up(known, keys):  # type: ignore[no-untyped-def]
    out = np.empty(keys.size, np.int32)
    for k in range(keys.size):
        out[k] = _under(known, keys[k])
    return out
