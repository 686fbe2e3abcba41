"""What stands before the doors, without a server: headers that stand twice, tags held, the way to a door."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from starlette.routing import Match, Route

from api.app import create_app
from api.dispatch import Dispatch
from api.guard import BODY_MAX_BYTES, Guard
from api.holders import Credentials
from api.identity import Identity
from api.load import Load
from api.touched import TOUCHED
from api.wire import PRINCIPAL, Header, held
from spatial.access import keys
from spatial.access.keys import Key
from spatial.access.model import ANONYMOUS, LOCAL, Origin, Principal, Role
from spatial.access.store import Admissions
from spatial.errors import Unauthenticated, Unavailable
from spatial.settings import Settings

KEY = Principal("k1", "水利局", frozenset(), Origin.KEY, "k1")


class Holders:
    """One key stands, one token; the key was shown before."""

    def known(self, key: bytes) -> Principal | None:
        return KEY if key == b"omk_one" else None

    def of_key(self, text: str) -> Principal:
        assert text == "omk_one"
        return KEY

    async def of_token(self, text: str) -> Principal:
        assert text == "token"
        return KEY


class Journal:
    """Writes nothing down."""

    async def note(self, *_: object) -> None:
        return None


def through(layer: Any, headers: list[Header], method: str = "GET") -> int:
    """The status with which a layer lets a request pass (200), or refuses it."""
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def asked() -> None:
        await layer(scope, receive, send)

    scope = {
        "type": "http",
        "method": method,
        "path": "/conformance",
        "query_string": b"",
        "client": ("127.0.0.1", 5000),
        "scheme": "http",
        "headers": headers,
    }
    asyncio.run(asked())
    return int(told[0]["status"])


def identity(seen: list[Principal]) -> Identity:
    """Open to this machine, with who came through."""

    async def app(scope: Any, _: Any, send: Any) -> None:
        seen.append(scope[PRINCIPAL])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return Identity(app, Holders(), Journal(), open_here=True)


@pytest.mark.parametrize(
    "shown",
    [
        [(b"x-api-key", b"omk_other"), (b"x-api-key", b"omk_one")],
        [(b"x-api-key", b"omk_one"), (b"x-api-key", b"omk_one")],
        [(b"authorization", b"Basic eA=="), (b"authorization", b"Bearer token")],
        [(b"authorization", b"Bearer token"), (b"x-api-key", b"omk_one")],
        [(b"x-api-key", b"omk_one"), (b"host", b"127.0.0.1"), (b"authorization", b"")],
        [(b"authorization", b"Basic eA==")],
        [(b"authorization", b"")],
    ],
)
def test_credentials_shown_twice_or_unknown_are_refused(shown: list[Header]) -> None:
    seen: list[Principal] = []
    assert (through(identity(seen), shown), seen) == (401, [])


@pytest.mark.parametrize(
    ("headers", "who"),
    [
        ([(b"x-api-key", b" omk_one ")], KEY),
        ([(b"accept", b"a"), (b"accept", b"b"), (b"x-api-key", b"omk_one")], KEY),
        ([(b"authorization", b"bearer  omk_one")], KEY),
        ([(b"authorization", b"Bearer token")], KEY),
        ([(b"host", b"localhost:80")], LOCAL),
        ([(b"host", b"city.example"), (b"host", b"localhost")], LOCAL),
        ([(b"host", b"localhost"), (b"host", b"city.example")], ANONYMOUS),
        ([(b"host", b"localhost"), (b"origin", b"http://city.example")], ANONYMOUS),
        ([(b"host", b"localhost"), (b"via", b"1.1 proxy")], ANONYMOUS),
        ([(b"host", b"localhost"), (b"x-forwarded-for", b"10.0.0.1")], ANONYMOUS),
    ],
)
def test_who_asks(headers: list[Header], who: Principal) -> None:
    seen: list[Principal] = []
    assert (through(identity(seen), headers), seen) == (200, [who])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([(b"content-length", str(BODY_MAX_BYTES + 1).encode()), (b"content-length", b"1")], 413),
        ([(b"content-length", b"1"), (b"content-length", b"x")], 413),
        ([(b"content-encoding", b"gzip"), (b"content-encoding", b"identity")], 415),
        ([(b"x-a", b"a" * 4000)] * 5, 431),
        ([(b"content-length", b"0")], 200),
    ],
)
def test_of_headers_that_stand_twice_each_counts(headers: list[Header], status: int) -> None:
    async def app(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    guard = Guard(app, load=Load(), away=lambda: False)
    assert through(guard, headers, "POST") == status


def test_a_tag_is_held_in_any_coding_and_list() -> None:
    assert held(None, "a") is None
    assert held(b'"a"', "a") == ""
    assert held(b'W/"a"', "a") == ""
    assert held(b' "b" , W/"a-gz"', "a") == "-gz"
    assert held(b'"a-br","a-gz"', "a") == "-br"
    assert held(b"*", "a") == ""
    assert held(b'"aa", a, "A"', "a") is None


def test_a_door_is_found_as_the_framework_finds_it() -> None:
    app = create_app(Settings.read({"HOME": "/home/li"}), "dbname=none")
    dispatch = Dispatch(app)
    routes = [route for route in app.router.routes if isinstance(route, Route)]
    asked = 0
    for route in routes:
        for word in ("a", "文 b", "a/versions"):
            path, raw = (
                re.sub(r"\{[^}]+\}", each, route.path).encode() for each in (word, quote(word, safe=""))
            )
            scope: dict[str, Any] = {"type": "http", "method": "GET", "query_string": b"", "headers": []}
            scope |= {"path": path.decode(), "raw_path": raw, "root_path": ""}
            ways = (each.matches(scope) for each in routes)
            found = next((child for match, child in ways if match is Match.FULL), None)
            way: Any = dispatch(scope, None, None)  # type: ignore[arg-type]
            way.close()
            if "endpoint" in scope:  # else it is left to the framework
                asked += 1
                assert found is not None, path
                assert scope["endpoint"] is found["endpoint"], path
                assert scope["path_params"] == found["path_params"], path
    assert asked > len(routes)


class Standing:
    """A catalogue as the holders of keys see it."""

    loaded = True

    def __init__(self, *held: Key) -> None:
        self.admissions = Admissions({one.sha256: one for one in held})
        self.used: set[str] = set()


def made(**more: Any) -> tuple[Key, str]:
    """A key and its text."""
    id, text = keys.make()
    digest = keys.digest(text)
    assert digest is not None
    now = datetime.now(UTC)
    return Key(id, digest, "甲", "水利局", frozenset({Role.READER}), now, "test", **more), text


def test_a_key_is_known_again_only_as_long_as_it_stands() -> None:
    """Each time it is the state of now that decides, however often the key was shown before."""
    key, text = made()
    ending, other = made(expires_at=datetime.now(UTC) + timedelta(hours=1))
    catalogue = Standing(key, ending)
    holders = Credentials(catalogue, None)  # type: ignore[arg-type]
    shown, spaced = text.encode(), b" " + text.encode()
    assert holders.known(shown) is None, "it was not shown yet"
    assert holders.of_key(text) is key.principal is holders.known(shown)
    assert catalogue.used == {key.id}
    for unlike in (spaced, shown[:-1], shown + b"x", b"", b"\xff\xfe"):
        assert holders.known(unlike) is None
    assert holders.of_key(other) is ending.principal
    assert holders.known(other.encode()) is None, "the clock decides about a key that ends some day"
    catalogue.admissions = Admissions({ending.sha256: ending})  # the key was revoked
    assert holders.known(shown) is None
    with pytest.raises(Unauthenticated):
        holders.of_key(text)
    assert holders.known(shown) is None
    catalogue.admissions = Admissions({key.sha256: replace(key)})
    again = holders.of_key(text)
    assert again == key.principal and holders.known(shown) is again


def test_what_is_refused_or_restricted_is_written_down_before_it_leaves() -> None:
    """The start of an answer waits for the audit, and is not sent where that cannot be written."""
    order: list[str] = []

    class Writing:
        broken = False

        async def note(self, touched: Any, method: str, path: str, status: int) -> None:
            if self.broken:
                raise Unavailable("断", "gone")
            order.append(f"noted {status} {sorted(touched.restricted)}")

    class Told:
        restricted: frozenset[str] = frozenset()
        status = 200

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            touched = TOUCHED.get()
            assert touched is not None
            touched.restricted = self.restricted
            await send({"type": "http.response.start", "status": self.status, "headers": []})
            await send({"type": "http.response.body", "body": b"secret"})

    async def answered(layer: Identity) -> None:
        async def send(message: Any) -> None:
            order.append(f"{message['type'][14:]} {message.get('status', message.get('body'))}")

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/collections/points/items",
            "query_string": b"",
            "headers": [(b"x-api-key", b"omk_one")],
        }
        await layer(scope, None, send)  # type: ignore[arg-type]

    app, journal = Told(), Writing()
    layer = Identity(app, Holders(), journal, open_here=False)
    asyncio.run(answered(layer))
    assert order == ["start 200", "body b'secret'"]
    for restricted, status in ((frozenset({"points"}), 200), (frozenset(), 403)):
        order.clear()
        app.restricted, app.status = restricted, status
        asyncio.run(answered(layer))
        assert order == [f"noted {status} {sorted(restricted)}", f"start {status}", "body b'secret'"]
    order.clear()
    journal.broken, app.restricted, app.status = True, frozenset({"points"}), 200
    asyncio.run(answered(layer))
    assert order[0] == "start 503"
    assert not any("secret" in one for one in order)
