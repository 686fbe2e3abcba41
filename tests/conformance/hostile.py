"""Hostile requests, generated from a seed over everything that the definition names.

Each is one the platform must answer below 500 and soon: bad boxes, filters,
geometries, headers, JSON, deep nesting, huge numbers, unknown fields.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

NUMBERS = (
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1e400",
    "9" * 400,
    "0x10",
    "1_0",
    "１２",
    "1e-400",
    "--1",
    "+",
    "1,",
)
TEXTS = (
    "",
    " ",
    "'",
    '"',
    "';select pg_sleep(9)--",
    "') or 1=1 --",
    "%00",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "寿光" * 200,
    "\u202e\u0000",
    "\r\nX-Injected: 1",
    "a" * 4000,
    "[" * 500,
    "(" * 3000,
    "not " * 800 + "true",
    "null",
    "true",
    "-0",
)
BOXES = (
    "nan,nan,nan,nan",
    "inf,0,1,1",
    "1,2,3",
    "1,2,3,4,5",
    "1,2,3,4,5,6,7",
    "118,37,117,36",
    "1e308,1e308,1e309,1e309",
    "181,91,182,92",
    ",,,",
    "118.7;36.8;118.8;36.9",
    "POLYGON((0 0))",
)
FILTERS = (
    "S_INTERSECTS(geometry,POLYGON((0 0,1 1)))",
    "S_INTERSECTS(geometry,POINT(nan nan))",
    "S_INTERSECTS(geometry,POINT(1e400 0))",
    "S_INTERSECTS(geometry,POLYGON((" + ",".join(f"{n} {n}" for n in range(500)) + ")))",
    "S_NOTHING(geometry)",
    "owner='x'",
    "no_such_field=1",
    "code=1",
    "1=1; drop table spatial.changeset",
    "pg_sleep(9)=1",
    "code LIKE '" + "%" * 300 + "'",
    "code IN (" + ",".join(["'a'"] * 1500) + ")",
    "(" * 2000 + "code='a'" + ")" * 2000,
    " AND ".join(["code='a'"] * 600),
    "T_AFTER(valid_from,TIMESTAMP('9999-99-99T00:00:00Z'))",
    "T_DURING(valid_from,INTERVAL('..','..'))",
    "code = 'it''s' AND",
    "1e999 > 0",
    "1/0 = 1",
    "CASEI(code) = CASEI('A') OR NOT",
    '{"op":"=","args":[{"property":"code"},"a"]}',
    '{"op":"and","args":[]}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[]}]}',
    '{"op":' * 300,
    "{}",
    "[]",
    "\u3000",
)
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"0",
    b'"x"',
    b"\xff\xfe",
    '{"名":"值"}'.encode("gb18030"),
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"type":"Feature"}',
    b'{"type":"Feature","geometry":null,"properties":null}',
    b'{"type":"Feature","geometry":{"type":"Point","coordinates":[1e400,0]},"properties":{}}',
    b'{"type":"Feature","geometry":{"type":"Point","coordinates":["a","b"]},"properties":{}}',
    b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1]]]},"properties":{}}',
    b'{"type":"Feature","geometry":{"type":"Nothing"},"properties":{"a":"\\u0000"}}',
    b'{"type":"Feature","geometry":{"type":"Point","coordinates":[118.8,36.9]},"properties":{"x":"\\ud800"}}',
    b'{"type":"FeatureCollection","features":[{}]}',
    b'{"type":"Feature","id":1,"id":2,"properties":{"no_such_field":' + b"9" * 5000 + b"}}",
    b'{"inputs":{}}',
    b'{"inputs":[],"subscriber":{"successUri":"http://127.0.0.1:1/"}}',
    b'{"inputs":{"x":NaN}}',
    b"<xml/>",
    b"a=b&c=d",
)
HEADERS = (
    ("If-Match", '"x'),
    ("If-Match", "*" * 2000),
    ("If-None-Match", '"' + "y" * 3000),
    ("Accept", "*/*;q=nan, " * 100),
    ("Accept", "application/x-nothing"),
    ("Accept-Language", ";;;q=,"),
    ("Accept-Encoding", "br;q=x, gzip;q=1e9"),
    ("Content-Crs", "<http://x>"),
    ("Content-Type", "application/json; charset=utf-99"),
    ("Content-Type", "x"),
    ("Prefer", "respond-async, wait=1e99, handling=x"),
    ("Range", "bytes=-1--2"),
    ("X-Request-Id", "x" * 500),
    ("traceparent", "00-zz"),
    ("Last-Event-ID", "\x7f"),
    ("Onemap-Reason", "%zz%"),
)


@dataclass(frozen=True)
class Hostile:
    """One request."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    named: str | None = field(default=None, compare=False)
    """The parameter that is wrong, where exactly one is."""


def generate(definition: dict[str, Any], count: int, seed: int) -> Iterator[Hostile]:
    """``count`` requests over all operations of a definition."""
    dice = random.Random(seed)
    operations = [
        (method.upper(), path, operation)
        for path, item in definition["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete") and "stream" not in path
    ]
    components = definition["components"]["parameters"]
    layers = [path.split("/")[2] for path in definition["paths"] if path.count("/") == 3 and "{" not in path]
    for _ in range(count):
        method, path, operation = dice.choice(operations)
        parameters = [
            components[one["$ref"].rsplit("/", 1)[-1]] if "$ref" in one else one
            for one in operation.get("parameters", [])
        ]
        yield _request(dice, method, path, parameters, layers or ["roads"])


def _request(
    dice: random.Random, method: str, path: str, parameters: list[dict[str, Any]], layers: list[str]
) -> Hostile:
    for one in parameters:
        if one["in"] == "path":
            good = dice.choice(layers) if one["name"] == "id" else "1"
            value = good if dice.random() < 0.7 else quote(_value(dice, one["name"]), safe="")
            path = path.replace(f"{{{one['name']}}}", value[:2000] or "x")
    queries = [one["name"] for one in parameters if one["in"] == "query"]
    chosen = dice.sample(queries, min(len(queries), dice.choice((0, 1, 1, 1, 2, 3))))
    if dice.random() < 0.1:
        chosen.append(dice.choice(("undeclared", "select", "__proto__", "owner", "f[]")))
    pairs = [(name, _value(dice, name)) for name in chosen]
    if dice.random() < 0.05 and pairs:
        pairs.append(pairs[0])
    query = "&".join(f"{quote(name)}={_encoded(dice, value)}" for name, value in pairs)[:6000]
    headers = tuple(dict(dice.sample(HEADERS, dice.choice((0, 0, 1, 2)))).items())
    body = b""
    if method != "GET":
        body = dice.choice(BODIES)
        if not any(name.lower() == "content-type" for name, _ in headers):
            kind = dice.choice(("application/json", "application/geo+json", "application/merge-patch+json"))
            headers = (*headers, ("Content-Type", kind))
    return Hostile(method, path + (f"?{query}" if query else ""), headers, body)


def _value(dice: random.Random, name: str) -> str:
    if "bbox" in name and dice.random() < 0.7:
        return dice.choice(BOXES)
    if name == "filter" and dice.random() < 0.8:
        return dice.choice(FILTERS)
    return dice.choice((*TEXTS, *NUMBERS, json.dumps(dice.random() * 10 ** dice.randint(-300, 300))))


def _encoded(dice: random.Random, value: str) -> str:
    """Mostly as it must be, sometimes as bytes that are no UTF-8."""
    if dice.random() < 0.05:
        return "%ff%fe" + quote(value[:50], safe="")
    return quote(value.encode("utf-8", "surrogatepass"), safe="")
