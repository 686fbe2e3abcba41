"""Many requests in one (18-088, clause 11): in their order, groups all or nothing.

A later request names what an earlier one made by its id: ``$1`` in an address, ``"@iot.id": "$1"`` in a body.
The form is JSON here; :mod:`api.sensorthings.multipart` brings the other form to this one and back.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote

import orjson

from api import problem
from api.sensorthings.asking import ROOT
from api.sensorthings.writing import Outcome, of_values, timed, write
from spatial.database import Connection
from spatial.observe.things.errors import AnswerTooLarge
from spatial.observe.things.owners import May
from spatial.observe.things.reading_document import bad
from spatial.observe.things.reading_sql import ANSWER_MAX_BYTES

REQUESTS_MAX = 1000
DEPTH_MAX = 100
"""Of the JSON of one request."""
_REFERENCE = re.compile(r"\$([^/?]+)")
METHODS = ("get", "post", "patch", "put", "delete")
Made = dict[str, Outcome]
Reading = Callable[[str, bytes], Awaitable[tuple[int, bytes, bytes]]]
"""Status, body and media type."""
Working = Callable[[Callable[[Connection], list[Outcome]]], Awaitable[list[Outcome]]]


async def run(
    document: Any, url: str, read: Reading, work: Working, may: May, received_at: datetime
) -> list[dict[str, Any]]:
    """The answers, in order; an observation that tells no time is of the moment it came."""
    requests = document.get("requests") if isinstance(document, dict) else None
    if not isinstance(requests, list) or len(requests) > REQUESTS_MAX:
        raise bad(
            f"requests 须为至多 {REQUESTS_MAX} 项的数组",
            f"requests must be an array of at most {REQUESTS_MAX}",
            "requests",
        )
    for each in requests:
        if not isinstance(each, dict) or str(each.get("method", "")).lower() not in METHODS:
            raise bad("每个请求须有 method", "each request needs a method", each)
        if not isinstance(each.get("url"), str):
            raise bad("每个请求须有 url", "each request needs a url", each)
    answers: list[dict[str, Any]] = []
    made: Made = {}
    room = _Room()
    for members in _groups(requests):
        if members[0]["method"].lower() == "get":
            answers.append(await _read(members[0], read, made, room))
        else:
            answers += await _written(members, url, work, may, made, received_at)
    return answers


class _Room:
    """What the reads of a batch may tell together: as much as one read alone."""

    def __init__(self) -> None:
        self._left = ANSWER_MAX_BYTES

    def need(self, size: int) -> None:
        """Take so many bytes; what comes after one that found no room is not read any more."""
        self._left = self._left - size if size <= self._left else 0
        if self._left <= 0:
            raise AnswerTooLarge(ANSWER_MAX_BYTES)


def _groups(requests: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Requests that are done together; each of the others by itself."""
    alone = iter(range(len(requests)))
    groups = [
        (key, list(members))
        for key, members in groupby(requests, lambda each: each.get("atomicityGroup") or next(alone))
    ]
    seen: list[object] = []
    for key, members in groups:
        if isinstance(key, int) and len(members) == 1:
            continue
        if not isinstance(key, str) or key in seen:
            raise bad(
                "atomicityGroup 须为文本,同组的请求须相邻",
                "an atomicityGroup is a text, and the requests of one stand together",
                key,
            )
        if any(each["method"].lower() == "get" for each in members):
            raise bad("atomicityGroup 中只能有写请求", "an atomicityGroup holds writes only", key)
        seen.append(key)
    return [members for _, members in groups]


async def _read(each: dict[str, Any], read: Reading, made: Made, room: _Room) -> dict[str, Any]:
    path, _, query = _path(each["url"], made).partition("?")
    try:
        room.need(0)
        status, body, media = await read(path, quote(query, safe="%$=&(),;/'@:+").encode())
        room.need(len(body))
        told = None if not body else orjson.Fragment(body) if b"json" in media else body.decode()
        return {"id": each.get("id"), "status": status, "body": told}
    except Exception as failure:  # one request's failure is its own answer
        return _failed(each, failure)


async def _written(
    members: list[dict[str, Any]], url: str, work: Working, may: May, made: Made, received_at: datetime
) -> list[dict[str, Any]]:
    at = 0

    def together(connection: Connection) -> list[Outcome]:
        nonlocal at
        outcomes: list[Outcome] = []
        inside = dict(made)
        for at, each in enumerate(members):  # noqa: B007
            document = _named(each.get("body"), inside)
            path = _path(each["url"], inside)
            if each["method"].lower() == "post" and of_values(path):
                document = timed(document, received_at)
            outcome = write(each["method"].upper(), path, document, may)(connection)
            inside[str(each.get("id"))] = outcome
            outcomes.append(outcome)
        return outcomes

    try:
        outcomes = await work(together)
    except Exception as failure:  # one group's failure is its own answer
        wrong = _failed(members[at], failure)
        return [wrong if each is members[at] else {"id": each.get("id"), "status": 424} for each in members]
    made |= {str(each.get("id")): outcome for each, outcome in zip(members, outcomes, strict=True)}
    return [
        {"id": each.get("id"), "status": one.status}
        | ({"location": f"{url}/{one.path}"} if one.status == 201 else {})
        for each, one in zip(members, outcomes, strict=True)
    ]


def _failed(each: dict[str, Any], failure: Exception) -> dict[str, Any]:
    reply = problem.problem(problem.from_exception(failure))
    return {"id": each.get("id"), "status": reply.status, "body": orjson.loads(reply.body)}


def path_of(url: str) -> str:
    """Below the root of the service, with references as they stand."""
    return _path(url, {})


def _path(url: str, made: Made) -> str:
    """Below the root of the service; ``$1`` is what request 1 made."""
    path = url.partition(ROOT)[2] if ROOT in url else url
    path = path.lstrip("/")
    named = _REFERENCE.match(path)
    if named and named[1] in made:
        return made[named[1]].path + path[named.end() :]
    return path


def _named(document: Any, made: Made, depth: int = 0) -> Any:
    """References to what earlier requests made, by number."""
    if depth > DEPTH_MAX:
        raise bad("嵌套过深", "the body is nested too deeply", DEPTH_MAX)
    if isinstance(document, list):
        return [_named(each, made, depth + 1) for each in document]
    if not isinstance(document, dict):
        return document
    return {
        name: made[value[1:]].number
        if name == "@iot.id" and isinstance(value, str) and value[:1] == "$" and value[1:] in made
        else _named(value, made, depth + 1)
        for name, value in document.items()
    }
