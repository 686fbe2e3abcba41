"""JSON texts of clients, read strictly: one reading only, or none (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
from typing import Any

import orjson

from spatial.errors import UnreadableDocument, shorten


class _Repeated(ValueError):
    """An object has a name twice: which value is meant nobody can tell."""


def read(body: bytes) -> Any:
    """The value of a JSON text.

    Refused are NaN and infinite numbers, texts that are not UTF-8, lone surrogates,
    names that stand twice in one object, nesting beyond any geometry.

    >>> read(b'{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    >>> read(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    spatial.errors.UnreadableDocument: ...
    """
    try:
        value = orjson.loads(body)
        # Only this reader tells the names of an object one by one.
        json.loads(body, object_pairs_hook=_once)
    except _Repeated as repeated:
        name = shorten(repeated)
        raise UnreadableDocument(
            f"请求体中同名成员出现两次,请保留一个:{name}",
            f"a name stands twice in one object of the body, keep one: {name}",
            value=name,
        ) from repeated
    except (ValueError, RecursionError) as broken:
        reason = shorten(broken, 120)
        raise UnreadableDocument(
            f"请求体不是合格的 JSON(UTF-8):{reason}",
            f"the body is no sound JSON in UTF-8: {reason}",
            value=reason,
        ) from broken
    return value


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Repeated(next(name for name in names if names.count(name) > 1))
