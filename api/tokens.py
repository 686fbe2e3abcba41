"""Bearer tokens of an OpenID Connect provider: verified here, with the keys that it publishes.

Only asymmetric algorithms are taken, and each only with a key of its own kind,
so neither ``none`` nor a public key used as a shared secret opens anything.
The provider is asked outside the event loop, and rarely; while it is away, the
keys that are known go on to serve.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from api.identity import bad_credential
from spatial.access.model import Origin, Principal, Role
from spatial.errors import Unauthenticated, Unavailable
from spatial.settings import Oidc, is_loopback

LOG = logging.getLogger("onemap.api")
ALGORITHMS: dict[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
LEEWAY_S = 60
FRESH_S = 600.0
REFETCH_S = 30.0
FETCH_TIMEOUT_S = 3.0
DOCUMENT_MAX_BYTES = 1 << 20
TOKEN_MAX_CHARACTERS = 8192
KEPT = 10_000
NAME_MAX = 200
TWO_FACTORS = frozenset((Role.SECURITY_ADMINISTRATOR, Role.AUDITOR))
"""Roles that a token carries only where its holder has signed in with two factors 双因素."""
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key of the provider."""

    kid: str | None
    kind: str
    algorithm: str | None
    """The only one it is meant for, where the provider says so."""
    key: Any

    def takes(self, algorithm: str) -> bool:
        """Whether a signature by that algorithm can be by this key."""
        return algorithm in ALGORITHMS[self.kind] and self.algorithm in (None, algorithm)


class Provider:
    """The provider's public keys, kept; asked for again when they are old or one is missing."""

    def __init__(self, issuer: str, now: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._now = now
        self._keys: tuple[PublicKey, ...] = ()
        self._loaded_at: float | None = None
        self._tried_at: float | None = None
        self._asking = asyncio.Lock()

    async def key(self, kid: str | None, algorithm: str) -> PublicKey | None:
        """The key a token names; ``None`` where the provider has none such."""
        if self._loaded_at is None or self._now() - self._loaded_at > FRESH_S:
            await self._refresh()
        if self._loaded_at is None:
            raise Unavailable(
                "身份认证服务暂不应答,请稍后重试",
                "the identity provider does not answer now; try again later",
            )
        found = self._find(kid, algorithm)
        if found is None:
            await self._refresh()
            found = self._find(kid, algorithm)
        return found

    def _find(self, kid: str | None, algorithm: str) -> PublicKey | None:
        fitting = [key for key in self._keys if key.takes(algorithm) and kid in (None, key.kid)]
        return fitting[0] if len(fitting) == 1 else None

    async def _refresh(self) -> None:
        async with self._asking:
            if self._tried_at is not None and self._now() - self._tried_at < REFETCH_S:
                return
            self._tried_at = self._now()
            try:
                self._keys = await asyncio.to_thread(fetch_keys, self._issuer)
                self._loaded_at = self._now()
            except (OSError, ValueError) as failure:
                LOG.warning("identity provider not reached: %s", type(failure).__name__)


class Tokens:
    """Verifies bearer tokens; what was found is remembered until the token ends."""

    def __init__(
        self, oidc: Oidc, provider: Provider | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._oidc = oidc
        self._provider = provider or Provider(oidc.issuer)
        self._clock = clock
        self._known: dict[bytes, tuple[Principal, float]] = {}

    async def principal(self, token: str) -> Principal:
        """The subject of a token, or ``Unauthenticated``."""
        if len(token) > TOKEN_MAX_CHARACTERS:
            raise bad_credential("token")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is not None and self._clock() < known[1]:
            return known[0]
        claims = await self._claims(token)
        principal = _principal(claims, self._oidc, digest)
        while len(self._known) >= KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = (principal, float(claims["exp"]) + LEEWAY_S)
        return principal

    async def _claims(self, token: str) -> Claims:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            algorithm, kid = header.get("alg"), header.get("kid")
            if not any(algorithm in some for some in ALGORITHMS.values()) or not isinstance(kid, str | None):
                raise bad_credential("token")
            key = await self._provider.key(kid, str(algorithm))
            if key is None:
                raise bad_credential("token")
            claims: Claims = jwt.decode(
                token,
                key.key,
                algorithms=[str(algorithm)],
                issuer=self._oidc.issuer,
                audience=self._oidc.audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            raise bad_credential("token") from None
        return claims


def fetch_keys(issuer: str) -> tuple[PublicKey, ...]:
    """The keys an issuer publishes, by its discovery document; runs in a thread."""
    document = _fetch(f"{issuer}/.well-known/openid-configuration")
    if str(document.get("issuer", "")).rstrip("/") != issuer:
        raise ValueError("the discovery document is of another issuer")
    address = str(document.get("jwks_uri", ""))
    listed = _fetch(address).get("keys")
    if not isinstance(listed, list):
        raise ValueError("no list of keys")
    return tuple(key for each in listed if (key := _public_key(each)) is not None)


def _public_key(document: object) -> PublicKey | None:
    import jwt

    if not isinstance(document, dict) or document.get("use", "sig") != "sig":
        return None
    kind = document.get("kty")
    if kind not in ALGORITHMS:
        return None
    try:
        key = jwt.PyJWK.from_dict({name: value for name, value in document.items() if name != "d"})
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    kid = document.get("kid")
    return PublicKey(str(kid) if kid is not None else None, kind, document.get("alg"), key.key)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """None: where the provider's documents lie is said by configuration, not by answers."""


def _fetch(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ValueError("only https")
    with urllib.request.build_opener(_NoRedirects).open(address, timeout=FETCH_TIMEOUT_S) as answer:
        document = orjson.loads(answer.read(DOCUMENT_MAX_BYTES))
    if not isinstance(document, dict):
        raise ValueError("no JSON object")
    return document


def _principal(claims: Claims, oidc: Oidc, digest: bytes) -> Principal:
    subject = _text(claims.get("sub"))
    if not subject:
        raise bad_credential("sub")
    roles = _roles(_claim(claims, oidc.roles_claim))
    if oidc.mfa and "mfa" not in _texts(claims.get("amr")):
        roles -= TWO_FACTORS
    return Principal(
        subject=subject,
        department=_text(_claim(claims, oidc.department_claim)),
        roles=roles,
        origin=Origin.TOKEN,
        credential=f"jwt_{digest.hex()[:12]}",
    )


def _claim(claims: Claims, path: str) -> object:
    """A claim, by its name or, where it lies deeper, by its path."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _roles(claim: object) -> frozenset[Role]:
    known = {role.value for role in Role}
    return frozenset(Role(name) for name in _texts(claim) if name in known)


def _texts(claim: object) -> list[str]:
    if isinstance(claim, str):
        return claim.split()
    return [each for each in claim if isinstance(each, str)] if isinstance(claim, list) else []


def _text(claim: object) -> str | None:
    """A name that may stand in ledgers: short, printable, not empty."""
    usable = isinstance(claim, str) and claim.strip() and len(claim) <= NAME_MAX and claim.isprintable()
    return str(claim) if usable else None


def no_provider() -> Unauthenticated:
    """The refusal of tokens where no provider is configured."""
    return Unauthenticated(
        "本服务未配置身份认证服务,请使用 API 密钥:Authorization",
        "no identity provider is configured here, use an API key: Authorization",
        value="Authorization",
    )
