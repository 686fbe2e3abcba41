"""Whose a credential is: an API key by what is held in memory, a token by its provider's keys."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b

from api.catalogue import Catalogue
from api.identity import bad_credential
from api.tokens import Tokens, no_provider
from spatial.access import keys
from spatial.access.keys import Key
from spatial.access.model import Principal
from spatial.errors import Unavailable


class Credentials:
    """Finds the holder of what was shown, without asking the database."""

    def __init__(self, catalogue: Catalogue, tokens: Tokens | None) -> None:
        self._catalogue = catalogue
        self._tokens = tokens
        self._standing = catalogue.admissions
        self._known: dict[bytes, Key] = {}
        """Keys of ``_standing`` that were shown, by BLAKE2: OpenSSL's way to SHA-256 is the longer one."""

    def known(self, key: bytes) -> Principal | None:
        """The holder of a key that was shown before, as its header has it; ``None`` to look further."""
        if self._catalogue.admissions is not self._standing:
            return None
        found = self._known.get(blake2b(key).digest())
        if found is None or not found.lasting:
            return None
        self._catalogue.used.add(found.id)
        return found.principal

    def of_key(self, text: str) -> Principal:
        """The holder of an API key that stands."""
        standing = self._catalogue.admissions
        if standing is not self._standing:  # whoever was revoked is not among them
            self._standing, self._known = standing, {}
        mark = blake2b(text.encode()).digest()
        key = self._known.get(mark)
        if key is None:
            key = self._shown(text, mark)
        if not (key.lasting or key.holds(datetime.now(UTC))):
            raise bad_credential("X-API-Key")
        self._catalogue.used.add(key.id)
        return key.principal

    def _shown(self, text: str, mark: bytes) -> Key:
        """The key of that text, shown for the first time; what is no key is not kept."""
        digest = keys.digest(text)
        if digest is None:
            raise bad_credential("X-API-Key")
        if not self._catalogue.loaded:
            raise Unavailable("密钥尚未读入,请稍后重试", "the keys are not loaded yet; try again later")
        key = self._standing.keys.get(digest)
        if key is None:
            raise bad_credential("X-API-Key")
        self._known[mark] = key
        return key

    async def of_token(self, text: str) -> Principal:
        """The subject of a bearer token."""
        if self._tokens is None:
            raise no_provider()
        return await self._tokens.principal(text)
