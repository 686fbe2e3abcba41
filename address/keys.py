"""Rows by key 标识索引: sorted hashes of the keys, with what was added since beside them; compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Keys:
    """The row of each key of a column; a later state shares the sorted part with the one before."""

    column: pa.Array
    hashed: NDArray[np.uint64]
    """In order."""
    row: NDArray[np.int32]
    later: Mapping[str, int]
    """Keys that the sorted part lacks; -1 for a key that is no longer one."""

    @classmethod
    def of(cls, column: pa.Array) -> Keys:
        """Over a column without repetitions, or of whose repeated keys the first row counts."""
        hashed = hashes(column)
        order = np.argsort(hashed, kind="stable").astype(np.int32)
        return cls(column, hashed[order], order, {})

    def find(self, key: str) -> int:
        """The row of a key; -1 for none."""
        if key in self.later:
            return self.later[key]
        wanted = hash_of(key)[0]
        for at in range(int(np.searchsorted(self.hashed, wanted)), len(self.hashed)):
            if self.hashed[at] != wanted:
                break
            if self.column[int(self.row[at])].as_py() == key:
                return int(self.row[at])
        return -1

    def rows(self, wanted: pa.Array) -> NDArray[np.int32]:
        """The row of each; -1 for none."""
        rows = np.full(len(wanted), -1, np.int32)
        if len(wanted) and len(self.hashed):
            hashed = hashes(wanted)
            at = np.minimum(np.searchsorted(self.hashed, hashed), len(self.hashed) - 1)
            same = np.flatnonzero(self.hashed[at] == hashed)
            rows[same] = self.row[at[same]]
            told = self.column.take(pa.array(rows[same])).to_pylist()
            for each, key, found in zip(
                same.tolist(), wanted.take(pa.array(same)).to_pylist(), told, strict=True
            ):
                if key != found:
                    rows[each] = self.find(key)
        if self.later:
            for each, key in enumerate(wanted.to_pylist()):
                rows[each] = self.later.get(key, rows[each])
        return rows

    def with_later(self, column: pa.Array, later: Mapping[str, int]) -> Keys:
        """Over a longer column of the same beginning."""
        return replace(self, column=column, later={**self.later, **later})


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


def hash_of(text: str) -> NDArray[np.uint64]:
    """That of one text, which a column of one would make ten times as dear."""
    octets = np.frombuffer(text.encode("utf-8", "surrogatepass") or b"\0", np.uint8)
    hashed: NDArray[np.uint64] = _hash(octets, np.array([0, octets.size if text else 0], np.int64))
    return hashed


@njit(nogil=True)
def hash_between(octets: Any, first: Any, last: Any) -> Any:
    """The hash of some bytes, for compiled code."""
    h = np.uint64(0xCBF29CE484222325)
    for at in range(first, last):
        h = (h ^ np.uint64(octets[at])) * np.uint64(0x100000001B3)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0x9E3779B97F4A7C15)
    return h ^ (h >> np.uint64(29)) | np.uint64(1)


@njit(cache=True, nogil=True)
def _hash(octets: Any, offset: Any) -> Any:
    out = np.empty(offset.size - 1, np.uint64)
    for row in range(out.size):
        out[row] = hash_between(octets, offset[row], offset[row + 1])
    return out
