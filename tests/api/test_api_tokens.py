"""Bearer tokens: what a provider signed is believed, everything else is refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from oidc_provider import AUDIENCE, Provider, ec_signer, provider, rsa_signer

from api import tokens
from api.tokens import Tokens
from spatial.access.model import Origin, Principal, Role
from spatial.errors import InvalidInput, Unauthenticated, Unavailable
from spatial.settings import Oidc, Settings


@pytest.fixture(scope="module")
def idp() -> Iterator[Provider]:
    with provider() as running:
        yield running


class Clock:
    """Monotonic seconds as the test says."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def verifier(idp: Provider, clock: Clock | None = None, **changed: Any) -> Tokens:
    oidc = Oidc(idp.issuer, AUDIENCE, **changed)
    return Tokens(oidc, tokens.Provider(idp.issuer, clock or Clock()))


def principal(of: Tokens, token: str) -> Principal:
    return asyncio.run(of.principal(token))


def _part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("signer", [0, 1])
def test_a_signed_token_names_its_subject(idp: Provider, signer: int) -> None:
    found = principal(verifier(idp), idp.token(idp.signers[signer], roles=["editor", "no-such-role"]))
    assert found.subject == "zhang-wei"
    assert found.department == "水利局"
    assert found.roles == {Role.EDITOR}
    assert found.origin is Origin.TOKEN
    assert found.credential is not None and found.credential.startswith("jwt_")


def test_claims_are_found_where_the_provider_puts_them(idp: Provider) -> None:
    of = verifier(idp, department_claim="org.unit", roles_claim="realm_access.roles")
    token = idp.token(org={"unit": "住建局"}, realm_access={"roles": ["steward"]})
    assert principal(of, token).department == "住建局"
    assert principal(of, token).roles == {Role.STEWARD}


def test_administrators_need_two_factors(idp: Provider) -> None:
    roles = ["reader", "security-administrator", "auditor"]
    one, two = idp.token(roles=roles, amr=["pwd"]), idp.token(roles=roles)
    assert principal(verifier(idp), one).roles == {Role.READER}
    assert principal(verifier(idp), two).roles == {Role.READER, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR}
    assert len(principal(verifier(idp, mfa=False), one).roles) == 3


def _forged(idp: Provider) -> Iterator[tuple[str, str]]:
    now = int(time.time())
    rsa_key = idp.signers[0]
    good = idp.token()
    head, body, signature = good.split(".")
    yield "other issuer", idp.token(iss="https://elsewhere.example")
    yield "other audience", idp.token(aud="another")
    yield "no audience", idp.token(aud=None)
    yield "expired", idp.token(exp=now - 61)
    yield "without end", idp.token(exp=None)
    yield "not yet", idp.token(nbf=now + 120)
    yield "no subject", idp.token(sub=None)
    yield "empty subject", idp.token(sub=" ")
    yield "subject with control characters", idp.token(sub="a\nb")
    yield "unknown key", idp.token(kid="third")
    yield "key of another kind", idp.token(kid="second")
    yield "signed by a stranger", idp.token(rsa_signer("first"))
    yield "unsigned", f"{_part({'alg': 'none', 'kid': 'first'})}.{body}."
    yield "unsigned, other case", f"{_part({'alg': 'nOnE', 'kid': 'first'})}.{body}."
    start = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{body}"
    for name, secret in (("pem", rsa_key.pem), ("jwk", json.dumps(rsa_key.jwk).encode())):
        mac = hmac.new(secret, start.encode(), hashlib.sha256).digest()
        yield (
            f"public key as secret, {name}",
            f"{start}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        )
    yield "payload changed", f"{head}.{_part(idp.claims(roles=['steward']))}.{signature}"
    yield "signature cut", f"{head}.{body}.{signature[:-8]}"
    yield (
        "key brought along",
        jwt.encode(
            idp.claims(), ec_signer("x").private, "ES256", headers={"kid": "x", "jwk": ec_signer("x").jwk}
        ),
    )
    yield "algorithm is no text", f"{_part({'alg': ['RS256'], 'kid': 'first'})}.{body}.{signature}"
    yield "kid is no text", f"{_part({'alg': 'RS256', 'kid': {'a': 1}})}.{body}.{signature}"
    yield "nonsense", "a.b.c"
    yield "empty", ""
    yield "long", "a" * 20_000
    yield "not ASCII", "凭证.凭证.凭证"


def test_forged_and_stale_tokens_are_refused(idp: Provider) -> None:
    of = verifier(idp)
    assert principal(of, idp.token()).subject == "zhang-wei"
    tried = 0
    for name, token in _forged(idp):
        with pytest.raises(Unauthenticated) as refused:
            principal(of, token)
        told = f"{refused.value} {refused.value.value}"
        assert len(token) < 8 or token not in told, name
        tried += 1
    assert tried > 20


def test_a_minute_of_wrong_clocks_is_forgiven(idp: Provider) -> None:
    now = int(time.time())
    of = verifier(idp)
    assert principal(of, idp.token(exp=now - 30)).subject == "zhang-wei"
    assert principal(of, idp.token(nbf=now + 30)).subject == "zhang-wei"


def test_what_is_remembered_ends_with_the_token(idp: Provider) -> None:
    now = time.time()
    clock = [now]
    of = Tokens(Oidc(idp.issuer, AUDIENCE), clock=lambda: clock[0])
    token = idp.token(exp=int(now) + 5)
    first = principal(of, token)
    assert principal(of, token) is first
    clock[0] = now + 66
    assert principal(of, token) is not first  # verified anew; PyJWT's own clock still takes it


def test_a_new_key_is_fetched_at_most_every_half_minute() -> None:
    with provider() as idp:
        clock = Clock()
        of = verifier(idp, clock)
        principal(of, idp.token())
        asked = idp.asked
        idp.signers.append(rsa_signer("new"))
        token = idp.token(idp.signers[-1])
        with pytest.raises(Unauthenticated):
            principal(of, token)  # fetched a moment ago: not again
        assert idp.asked == asked
        clock.now += 31
        assert principal(of, token).subject == "zhang-wei"
        for number in range(5):
            with pytest.raises(Unauthenticated):
                principal(of, idp.token(kid=f"guess-{number}"))
        assert idp.asked == asked + 1
        idp.signers.pop(0)  # rotated out
        clock.now += tokens.FRESH_S + 1
        with pytest.raises(Unauthenticated):
            principal(of, idp.token(rsa_signer("first")))


def test_while_the_provider_is_away_known_keys_serve() -> None:
    with provider() as idp:
        clock = Clock()
        of = verifier(idp, clock)
        principal(of, idp.token())
        idp.away = True
        clock.now += 3600
        assert principal(of, idp.token(sub="li-na")).subject == "li-na"
        strange = verifier(idp)
        with pytest.raises(Unavailable):
            principal(strange, idp.token())


def test_a_provider_that_speaks_for_another_is_not_believed() -> None:
    with provider() as idp:
        idp.says_issuer = "https://another.example"
        with pytest.raises(Unavailable):
            principal(verifier(idp), idp.token())


@pytest.mark.parametrize(
    "given",
    [
        {"ONEMAP_OIDC_ISSUER": "http://idp.example", "ONEMAP_OIDC_AUDIENCE": "a"},
        {"ONEMAP_OIDC_ISSUER": "https://idp.example"},
        {"ONEMAP_OIDC_ISSUER": "https://idp.example", "ONEMAP_OIDC_AUDIENCE": "a", "ONEMAP_OIDC_MFA": "no"},
        {"ONEMAP_ACCESS": "open", "ONEMAP_HOST": "0.0.0.0"},
        {"ONEMAP_ACCESS": "closed"},
    ],
)
def test_settings_that_would_open_a_hole_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Settings.read({"HOME": "/home/li", **given})


@pytest.mark.parametrize(
    ("given", "is_open"),
    [
        ({}, True),
        ({"ONEMAP_HOST": "::1"}, True),
        ({"ONEMAP_HOST": "0.0.0.0"}, False),
        ({"ONEMAP_BASE_URL": "https://map.example"}, False),
        ({"ONEMAP_BASE_URL": "https://map.example", "ONEMAP_ACCESS": "open"}, True),
        ({"ONEMAP_ACCESS": "guarded"}, False),
    ],
)
def test_open_is_where_only_this_machine_can_connect(given: dict[str, str], is_open: bool) -> None:
    assert Settings.read({"HOME": "/home/li", **given}).open_here is is_open
