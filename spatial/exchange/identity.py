"""Identities that the platform assigns: UUID version 7 (RFC 9562), ordered by time."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PROVISIONAL = "provisional/"
"""Mark of an identity that gives way to that of an equal believed feature."""


def new_identities() -> Iterator[str]:
    """Endless UUIDv7 texts of this moment, in ascending order.

    >>> first, second = (text for text, _ in zip(new_identities(), range(2)))
    >>> first < second, uuid.UUID(first).version
    (True, 7)
    """
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(2), "big") & 0xFFF
    counter = int.from_bytes(os.urandom(8), "big") >> 3  # of 62 bits; the top one is left for counting
    high = (milliseconds << 16) | (7 << 12) | random
    while True:
        yield str(uuid.UUID(int=(high << 64) | (0b10 << 62) | counter))
        counter += 1


def assigned(text: str) -> str | None:
    """A given identity in its one form; None for what is no UUID.

    >>> assigned("019A0000-0000-7000-8000-000000000001"), assigned("17")
    ('019a0000-0000-7000-8000-000000000001', None)
    """
    lower = text.strip().lower()
    return lower if _UUID.fullmatch(lower) else None
