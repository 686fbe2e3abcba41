"""Texts that are an address letter by letter 原文直查: by a hash, before anything is parsed; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from address.model import Element
from address.snapshot import Snapshot
from address.wording import full_texts


class Known(NamedTuple):
    """Hash of a text → row of its address; -2 where several addresses are written so."""

    key: NDArray[np.uint64]
    row: NDArray[np.int32]


def known_of(snapshot: Snapshot) -> Known:
    """Every current address under its full text, and under what stands below the county."""
    addresses = snapshot.addresses
    rows = np.flatnonzero(addresses.current).astype(np.int32)
    size = 1 << int(np.ceil(np.log2(max(rows.size, 8) * 3)))
    known = Known(np.zeros(size, np.uint64), np.full(size, -1, np.int32))
    for above in (0, int(Element.COUNTY)):
        texts = full_texts(snapshot.components, above).take(pa.array(addresses.component[rows]))
        _put_all(known, hashes(texts), rows)
    return known


def look_up(known: Known, texts: pa.Array) -> NDArray[np.int32]:
    """The address that each text is, letter by letter; -1 for none or several."""
    found: NDArray[np.int32] = _look_up(known, hashes(texts))
    return found


def hashes(texts: pa.Array) -> NDArray[np.uint64]:
    """A 64-bit hash of each text's bytes; two texts of a million share one once in 40 million registers."""
    texts = texts.cast(pa.large_string()).fill_null("")
    if not len(texts):
        return np.zeros(0, np.uint64)
    _, offsets, data = texts.buffers()
    offset = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    octets = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    hashed: NDArray[np.uint64] = _hash(octets, offset)
    return hashed


@njit(cache=True, nogil=True)
def _hash(octets, offset):  # type: ignore[no-untyped-def]
    out = np.empty(offset.size - 1, np.uint64)
    for row in range(out.size):
        h = np.uint64(0xCBF29CE484222325)
        for at in range(offset[row], offset[row + 1]):
            h = (h ^ np.uint64(octets[at])) * np.uint64(0x100000001B3)
        h ^= h >> np.uint64(32)
        h *= np.uint64(0x9E3779B97F4A7C15)
        out[row] = h ^ (h >> np.uint64(29)) | np.uint64(1)
    return out


@njit(cache=True, nogil=True)
def _put_all(known, keys, rows):  # type: ignore[no-untyped-def]
    mask = np.uint64(known.key.size - 1)
    for k in range(keys.size):
        at = keys[k] & mask
        while known.row[at] != -1 and known.key[at] != keys[k]:
            at = (at + np.uint64(1)) & mask
        if known.row[at] == -1:
            known.key[at], known.row[at] = keys[k], rows[k]
        elif known.row[at] != rows[k]:
            known.row[at] = -2


@njit(cache=True, nogil=True)
def _look_up(known, keys):  # type: ignore[no-untyped-def]
    out = np.full(keys.size, -1, np.int32)
    mask = np.uint64(known.key.size - 1)
    for k in range(keys.size):
        at = keys[k] & mask
        while known.row[at] != -1:
            if known.key[at] == keys[k]:
                out[k] = max(known.row[at], -1)
                break
            at = (at + np.uint64(1)) & mask
    return out
