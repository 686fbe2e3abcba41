"""The mark of a layer's form: another contract, other fields or another way of cutting give another one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

FORM = 3
"""Of the bytes of tiles: another number makes every tag and every mark another one."""


def mark(contract_sha256: bytes, fields: Iterable[str]) -> str:
    """What tells tiles apart that are made of the same versions.

    >>> mark(b"a", ["name"]) == mark(b"a", ["name", "use"])
    False
    """
    return _mark(contract_sha256, tuple(fields))


@lru_cache(maxsize=1024)
def _mark(contract_sha256: bytes, fields: tuple[str, ...]) -> str:
    text = "\x1f".join((str(FORM), contract_sha256.hex(), *fields))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
