"""Whose a credential is: an API key by what is held in memory, a token by its provider's keys."""

from __future__ import annotations

from datetime import UTC, datetime

from api.catalogue import Catalogue
from api.identity import bad_credential
from api.tokens import Tokens, no_provider
from spatial.access import keys
from spatial.access.model import Principal
from spatial.errors import Unavailable


class Credentials:
    """Finds the holder of what was shown, without asking the database."""

    def __init__(self, catalogue: Catalogue, tokens: Tokens | None) -> None:
        self._catalogue = catalogue
        self._tokens = tokens

    def of_key(self, text: str) -> Principal:
        """The holder of an API key that stands."""
        digest = keys.digest(text)
        if digest is None:
            raise bad_credential("X-API-Key")
        if not self._catalogue.loaded:
            raise Unavailable("密钥尚未读入,请稍后重试", "the keys are not loaded yet; try again later")
        key = self._catalogue.admissions.keys.get(digest)
        if key is None or not (key.lasting or key.holds(datetime.now(UTC))):
            raise bad_credential("X-API-Key")
        self._catalogue.used.add(key.id)
        return key.principal

    async def of_token(self, text: str) -> Principal:
        """The subject of a bearer token."""
        if self._tokens is None:
            raise no_provider()
        return await self._tokens.principal(text)
