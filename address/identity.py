"""Identities of the register in bulk: meaningless, immutable, in the shape of UUIDv7 标识."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import pyarrow as pa

BIRTH_MS: Final = 1_767_196_800_000
"""2026-01-01 in Beijing, in ms of Unix time: the time within keys that come from a source."""


def keys(source: str, kind: str, count: int) -> pa.Array:
    """Identities in the shape of UUIDv7, in order of their making: the same from the same source.

    >>> keys("sample 1", "component", 2)[0].as_py()[:15]
    '019b7523-3400-7'
    """
    digest = hashlib.sha256(f"onemap register {kind} {source}".encode()).digest()
    generator = np.random.Generator(np.random.PCG64(int.from_bytes(digest[:8], "big")))
    raw = generator.integers(0, 256, (count, 16), dtype=np.uint8)
    instant = (BIRTH_MS + np.arange(count, dtype=np.uint64) // 1000).astype(">u8")
    raw[:, :6] = instant.view(np.uint8).reshape(count, 8)[:, 2:]
    serial = (np.arange(count) % 1000 * 4).astype(np.uint16)  # keeps the order within one millisecond
    raw[:, 6] = 0x70 | (serial >> 8).astype(np.uint8)
    raw[:, 7] = (serial & 0xFF).astype(np.uint8)
    raw[:, 8] = 0x80 | (raw[:, 8] & 0x3F)
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = np.full((count, 36), ord("-"), dtype=np.uint8)
    places = [place for place in range(36) if place not in (8, 13, 18, 23)]
    text[:, places[0::2]] = digits[raw >> 4]
    text[:, places[1::2]] = digits[raw & 15]
    offsets = np.arange(0, 36 * (count + 1), 36, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), count, [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(text.tobytes())]
    )
