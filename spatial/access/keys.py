"""API keys 接口密钥: how one is made, and what of it may be kept.

A key is ``omk_<id>_<secret>``; the secret is 256 random bits, so a plain
SHA-256 of the whole is as strong as the key itself and costs a request a
microsecond.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from spatial.access.model import Origin, Principal, Role

PREFIX = "omk_"
_LONG = len(PREFIX) + 8 + 1 + 43
"""Characters of a key: its id in hexadecimal digits, its secret in base 64."""


@dataclass(frozen=True)
class Key:
    """A key as it is held: everything but its secret."""

    id: str
    sha256: bytes
    subject: str
    department: str | None
    roles: frozenset[Role]
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used: date | None = None
    """Beijing day it was last used on; ``None``: never."""

    @property
    def shown(self) -> str:
        """What of the key may be shown, and names it."""
        return PREFIX + self.id

    @cached_property
    def principal(self) -> Principal:
        """Who asks with it; one and the same for all its requests."""
        return Principal(self.subject, self.department, self.roles, Origin.KEY, self.shown)

    @cached_property
    def lasting(self) -> bool:
        """It stands, and no instant ends it."""
        return self.revoked_at is None and self.expires_at is None

    def holds(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def make() -> tuple[str, str]:
    """A new key: its id, and its whole text, which is shown once and kept nowhere.

    >>> id, text = make()
    >>> text.startswith(f"omk_{id}_"), len(text)
    (True, 56)
    """
    id = secrets.token_hex(4)
    return id, f"{PREFIX}{id}_{secrets.token_urlsafe(32)}"


def digest(text: str) -> bytes | None:
    """SHA-256 of a key's text; ``None`` for what has not the look of one."""
    if len(text) != _LONG or not text.startswith(PREFIX):
        return None
    return hashlib.sha256(text.encode()).digest()
