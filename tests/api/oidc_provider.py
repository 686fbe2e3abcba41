"""An OpenID Connect provider for tests: discovery and keys over loopback HTTP, tokens made by hand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUDIENCE = "onemap"


@dataclass
class Signer:
    """A private key and what the provider publishes of it."""

    kid: str
    algorithm: str
    private: Any

    @property
    def jwk(self) -> dict[str, Any]:
        kind = jwt.algorithms.RSAAlgorithm if self.algorithm[0] in "RP" else jwt.algorithms.ECAlgorithm
        document = json.loads(kind.to_jwk(self.private.public_key()))
        return {**document, "kid": self.kid, "use": "sig", "alg": self.algorithm}

    @property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def rsa_signer(kid: str) -> Signer:
    return Signer(kid, "RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048))


def ec_signer(kid: str) -> Signer:
    return Signer(kid, "ES256", ec.generate_private_key(ec.SECP256R1()))


@dataclass
class Provider:
    """What is published now, and how often the keys were asked for."""

    issuer: str = ""
    signers: list[Signer] = field(default_factory=list)
    asked: int = 0
    away: bool = False
    says_issuer: str | None = None

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "zhang-wei",
            "iat": now,
            "exp": now + 600,
            "department": "水利局",
            "roles": ["reader"],
            "amr": ["pwd", "mfa"],
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, signer: Signer | None = None, *, kid: str | None = None, **changed: Any) -> str:
        by = signer or self.signers[0]
        headers = {"kid": kid or by.kid}
        return jwt.encode(self.claims(**changed), by.private, algorithm=by.algorithm, headers=headers)


@contextmanager
def provider() -> Iterator[Provider]:
    """A running provider with an RSA and an EC key."""
    made = Provider(signers=[rsa_signer("first"), ec_signer("second")])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if made.away:
                self.send_error(503)
                return
            if self.path.endswith("/openid-configuration"):
                document: dict[str, Any] = {
                    "issuer": made.says_issuer or made.issuer,
                    "jwks_uri": f"{made.issuer}/keys",
                }
            else:
                made.asked += 1
                document = {"keys": [signer.jwk for signer in made.signers]}
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.issuer = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
