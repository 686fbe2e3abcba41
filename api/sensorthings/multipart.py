"""Batches in parts (18-088, clause 11; RFC 2046): ``multipart/mixed`` of ``application/http``, with sets.

A change set is a ``multipart/mixed`` of its own, of writes that are done together or not at all. What is read
here becomes the form that :mod:`api.sensorthings.batch` runs; its answers become parts in the same order, a
change set's as one ``multipart/mixed`` where it was done, as the one answer that is to blame where not.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final
from urllib.parse import unquote

import orjson

from spatial.errors import shorten
from spatial.observe.things.reading_document import bad

Document = dict[str, Any]
MIXED: Final = "multipart/mixed"
_PART: Final = "application/http"
_BECAUSE_OF_ANOTHER: Final = 424
_WRITES: Final = ("post", "patch", "put", "delete")


def is_that(content_type: str) -> bool:
    """Whether a body comes in parts."""
    return content_type.strip().lower().startswith("multipart/")


def read(content_type: str, body: bytes) -> Document:
    """The requests of a body in parts, in their order."""
    whole = _parsed(content_type.encode("latin-1"), body)
    requests: list[Document] = []
    for number, part in enumerate(_parts(whole)):
        if part.get_content_type() != MIXED:
            requests.append(_request(part, len(requests)))
            continue
        for member in _parts(part):
            if member.get_content_type() == MIXED:
                raise bad("变更集中不能再有变更集", "a change set cannot hold another", "multipart/mixed")
            one = _request(member, len(requests))
            if one["method"] not in _WRITES:
                raise bad("变更集中只能有写请求", "a change set holds writes only", one["method"])
            requests.append({**one, "atomicityGroup": f"set {number}"})
    return {"requests": requests}


def write(requests: Sequence[Document], answers: Sequence[Document]) -> tuple[bytes, bytes]:
    """Media type and body of the answers."""
    parts: list[bytes] = []
    pairs = zip(requests, answers, strict=True)
    places = iter(range(len(requests)))
    for _, group in groupby(pairs, lambda pair: pair[0].get("atomicityGroup") or next(places)):
        members = list(group)
        inside = "atomicityGroup" in members[0][0]
        failed = [answer for _, answer in members if answer["status"] >= 400]
        if inside and failed:
            parts.append(_answer(next(each for each in failed if each["status"] != _BECAUSE_OF_ANOTHER)))
        elif inside:
            media, body = _mixed([_answer(answer, request["content_id"]) for request, answer in members])
            parts.append(b"Content-Type: " + media + b"\r\n\r\n" + body)
        else:
            parts.append(_answer(members[0][1], members[0][0]["content_id"]))
    return _mixed(parts)


def _parsed(content_type: bytes, body: bytes) -> Message:
    try:
        whole: Message = BytesParser(policy=HTTP).parsebytes(
            b"Content-Type: " + content_type + b"\r\n\r\n" + body
        )
    except RecursionError:
        raise bad("分段嵌套过深", "the parts are nested too deeply", MIXED) from None
    if whole.get_content_type() != MIXED or not whole.get_boundary():
        raise bad("须为带 boundary 的 multipart/mixed", "must be multipart/mixed with a boundary", MIXED)
    return whole


def _parts(whole: Message) -> Iterator[Message]:
    payload = whole.get_payload()
    if whole.defects or not isinstance(payload, list):
        told = type(whole.defects[0]).__name__ if whole.defects else "no parts"
        raise bad("批量请求的分段有误", "the parts of the batch are not well formed", told)
    for each in payload:
        assert isinstance(each, Message)  # of a multipart there is nothing else
        yield each


def _request(part: Message, number: int) -> Document:
    """The request that a part holds; one without a Content-ID is known by what nobody can name."""
    if part.get_content_type() != _PART:
        raise bad("每段须为 application/http", "each part must be application/http", part.get_content_type())
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # of what is no multipart
    head, _, body = content.lstrip().replace(b"\r\n", b"\n").partition(b"\n\n")
    words = head.partition(b"\n")[0].decode("utf-8", "replace").split(" ")
    if len(words) not in (2, 3) or (len(words) == 3 and not words[2].startswith("HTTP/")):
        raise bad("须为 HTTP 请求行", "a request line is expected", shorten(" ".join(words)))
    method, address = words[0].lower(), words[1]
    path, mark, query = address.partition("?")
    identity = part.get("Content-ID")
    return {
        "id": identity.strip("<> ") if identity else f"\0{number}",
        "content_id": identity,
        "method": method,
        "url": unquote(path) + mark + query,
        "body": _json(body) if method != "get" and body.strip() else None,
    }


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as failure:
        raise bad("段中的请求体不是 JSON", "the body of a part is not JSON", str(failure)) from None


def _answer(answer: Mapping[str, Any], content_id: str | None = None) -> bytes:
    """A part with an HTTP answer."""
    status, told = answer["status"], answer.get("body")
    body = b"" if told is None else told.encode() if isinstance(told, str) else orjson.dumps(told)
    kind = "application/problem+json" if status >= 400 else "application/json"
    head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    if answer.get("location"):
        head.append(f"Location: {answer['location']}")
    if body:
        head += [f"Content-Type: {'text/plain; charset=utf-8' if isinstance(told, str) else kind}"]
    head.append(f"Content-Length: {len(body)}")
    outer = [f"Content-Type: {_PART}", "Content-Transfer-Encoding: binary"]
    if content_id:
        outer.append(f"Content-ID: {content_id}")
    return ("\r\n".join(outer) + "\r\n\r\n" + "\r\n".join(head) + "\r\n\r\n").encode() + body


def _mixed(parts: Sequence[bytes]) -> tuple[bytes, bytes]:
    boundary = f"batch_{secrets.token_hex(16)}".encode()
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return b"multipart/mixed; boundary=" + boundary, body + b"--" + boundary + b"--\r\n"
