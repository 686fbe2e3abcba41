"""Inputs by reference 引用输入: what an address holds is the value of an input, as if it had come with it.

It is fetched once, when the work is handed in: what a process needs and whether
its inputs fit is judged by the bytes themselves, which are kept by their digest
like any inputs, so that a job that is tried again is the same run. Requests go
where :mod:`spatial.jobs.outward` lets them go.
"""

from __future__ import annotations

import base64
import http.client
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from spatial.errors import shorten
from spatial.jobs import outward
from spatial.jobs.errors import ReferenceFailed, ReferenceRefused
from spatial.jobs.inputs import bad, pointer
from spatial.jobs.process import Process, Schema

MOST = 16
"""References of one request."""
MOST_BYTES = 8 << 20
"""Of all inputs of one request together."""
WITHIN_S = 10.0
"""From the connection to the last byte, however slowly they drip."""
_PIECE_BYTES = 1 << 16
_MEMBERS = ("href", "type", "rel", "title", "hreflang")
"""Those of a link. Beside them ``format`` with its ``mediaType``, as clients of earlier drafts have it."""
_NAME_MAX = 120
_VERSION_MAX = 200
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A link that stands for the value of an input."""

    pointer: str
    """Its place in the execute request."""
    href: str
    media_type: str | None = None
    """Of what is wanted; another is refused."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address holds."""

    content: bytes
    media_type: str | None
    """As the answer named it, without parameters, in lower case."""
    version: str | None = None
    """As the answer named it: its ``ETag``, else its ``Last-Modified``."""


def is_reference(value: object) -> bool:
    """Whether an input is given as a link; an object that has an ``href`` itself comes as ``value``."""
    return isinstance(value, dict) and "href" in value


def read(place: str, link: Mapping[str, Any]) -> Reference:
    """The link as it is written; BadExecution where it is none."""
    said = dict(link)
    form = said.pop("format", {})
    if not isinstance(form, dict) or not isinstance(form.get("mediaType", ""), str):
        raise bad(f"{place}/format", "须为含 mediaType 的对象", "must be an object with mediaType", form)
    for name, value in said.items():
        if name not in _MEMBERS:
            known = "、".join(_MEMBERS)
            raise bad(f"{place}/{name[:40]}", f"不认得,可用的有 {known}", "is unknown", name)
        if not isinstance(value, str) or not value:
            raise bad(f"{place}/{name}", "须为文本", "must be a text", value)
    named = said.get("type") or form.get("mediaType")
    if named and not _MEDIA_TYPE.fullmatch(bare(named)):
        raise bad(f"{place}/type", "须为媒体类型,如 application/json", "must be a media type", named)
    return Reference(place, said["href"], bare(named) if named else None)


def read_all(process: Process, inputs: Mapping[str, Any]) -> dict[str, Reference]:
    """Those of a request's inputs that are links, each of an input that there is; BadExecution."""
    links = {name: value for name, value in inputs.items() if is_reference(value)}
    if len(links) > MOST:
        raise bad("/inputs", f"引用至多 {MOST} 个", f"may have {MOST} references", len(links))
    found = {name: read(pointer([name]), link) for name, link in links.items()}
    for name, one in found.items():
        if name not in process.inputs:  # nothing is fetched for it
            known = ", ".join(process.inputs)
            raise bad(one.pointer, f"不存在,可用的有 {known}", f"is unknown, there are {known}", name)
    return found


def bare(media_type: str) -> str:
    """A media type without its parameters.

    >>> bare("Text/CSV; charset=gbk")
    'text/csv'
    """
    return media_type.partition(";")[0].strip().lower()


def fetch(reference: Reference, hosts: tuple[str, ...], most_bytes: int = MOST_BYTES) -> Fetched:
    """GET it; ReferenceRefused where that is not allowed, ReferenceFailed where nothing usable comes."""

    def refuse(zh: str, en: str, value: str) -> ReferenceRefused:
        return refused(reference, zh, en, value)

    if not hosts:
        raise refuse(
            "不会读取:ONEMAP_CALLBACK_HOSTS 未许可任何主机,请直接给出内容",
            "is not fetched: no host is allowed by ONEMAP_CALLBACK_HOSTS; give the content itself",
            shorten(reference.href),
        )
    where = outward.target(reference.href, hosts, refuse)
    headers = {"Host": where.named, "Accept": reference.media_type or "*/*", "Accept-Encoding": "identity"}
    headers["Connection"] = "close"
    try:
        address = outward.resolve(where, hosts, refuse)
        with outward.connected(where, address, WITHIN_S) as connection:
            connection.request("GET", where.path, headers=headers)
            answer = connection.getresponse()
            fetched = _whole(reference, answer, most_bytes)
            if connection.hung_up:
                raise TimeoutError
    except (OSError, http.client.HTTPException) as failure:
        raise failed(reference, "未能取得", "could not be fetched", type(failure).__name__) from failure
    return fetched


def _whole(reference: Reference, answer: http.client.HTTPResponse, most_bytes: int) -> Fetched:
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("", "identity"):
        raise failed(reference, "被压缩", "came compressed", coding)
    if answer.status != http.client.OK:
        raise not_given(reference, answer.status)
    parts: list[bytes] = []
    size = 0
    while piece := answer.read(_PIECE_BYTES):
        size += len(piece)
        require_size(reference, size, most_bytes)
        parts.append(piece)
    if answer.length:  # of a body whose length was told, the rest is missing
        raise http.client.IncompleteRead(b"", answer.length)
    told = answer.headers
    version = told.get("etag") or told.get("last-modified")
    return judged(reference, told.get("content-type"), b"".join(parts), version)


def judged(reference: Reference, named: str | None, content: bytes, version: str | None) -> Fetched:
    """What came, where it is of the kind that was wanted."""
    media_type = bare(named) if named else None
    if reference.media_type and media_type and media_type != reference.media_type:
        raise failed(
            reference, f"类型不是 {reference.media_type}", f"is no {reference.media_type}", media_type
        )
    shown = None if version is None else "".join(mark for mark in version if mark.isprintable())
    return Fetched(content, media_type or reference.media_type, shown[:_VERSION_MAX] if shown else None)


def not_given(reference: Reference, status: int) -> ReferenceFailed:
    """The error for an answer that is not 200; a redirect is none."""
    return failed(reference, "没有给出,状态", "gives no content, status", str(status))


def require_size(reference: Reference, size: int, most_bytes: int) -> None:
    """ReferenceFailed where an answer has more bytes than are taken."""
    if size > most_bytes:
        raise failed(
            reference,
            f"内容过大,一次请求的引用合计不超过 {MOST_BYTES} 字节",
            f"is too large, the references of one request may have {MOST_BYTES} bytes together",
            str(size),
        )


def value(reference: Reference, fetched: Fetched, schema: Schema) -> Any:
    """The value that the bytes are for an input of that schema.

    An input that takes a file is given one, named as the address ends; one of
    base64 is given the bytes in base64. Otherwise JSON is the value that it
    writes, and text is a text.
    """
    if _takes_file(schema):
        return {"name": _file_name(reference.href), "content": base64.b64encode(fetched.content).decode()}
    texts = [one for one in _alternatives(schema) if _is(one, "string")]
    if any(one.get("contentEncoding") == "base64" for one in texts):
        return base64.b64encode(fetched.content).decode()
    kind = fetched.media_type or ("text/plain" if texts else "application/json")
    if kind == "application/json" or kind.endswith("+json"):
        return _json(reference, fetched.content)
    if texts:
        return _text(reference, fetched.content)
    raise failed(reference, "类型须为 JSON", "must be JSON", kind)


def _json(reference: Reference, content: bytes) -> Any:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as failure:
        raise failed(reference, "不是 JSON", "is no JSON", shorten(failure)) from None
    if b"\\u0000" in content:
        raise failed(reference, "含有 NUL 字符", "contains NUL", "\\u0000")
    return found


def _text(reference: Reference, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise failed(reference, "不是 UTF-8 文本", "is no text in UTF-8", failure.reason) from None
    if "\0" in text:
        raise failed(reference, "含有 NUL 字符", "contains NUL", "\\u0000")
    return text


def _alternatives(schema: Schema) -> Iterator[Schema]:
    yield schema
    for name in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(name, ()):
            yield from _alternatives(one)


def _is(schema: Schema, kind: str) -> bool:
    named = schema.get("type")
    return named == kind or (isinstance(named, list) and kind in named)


def _takes_file(schema: Schema) -> bool:
    return any({"name", "content"} <= set(one.get("required", ())) for one in _alternatives(schema))


def _file_name(href: str) -> str:
    last = unquote(urlsplit(href).path).rpartition("/")[2]
    plain = "".join(mark for mark in last if mark.isprintable() and mark != "\\").lstrip(".")
    return plain[-_NAME_MAX:].lstrip(".") or "input"


def refused(reference: Reference, zh: str, en: str, shown: str) -> ReferenceRefused:
    """The error for an address that is not asked."""
    return ReferenceRefused(
        f"引用的网址{zh}:{reference.pointer} {shown}",
        f"the address of an input {en}: {reference.pointer} {shown}",
        value=shown,
        details={"pointer": reference.pointer},
    )


def failed(reference: Reference, zh: str, en: str, shown: str) -> ReferenceFailed:
    """The error for an address that does not give what was wanted."""
    return ReferenceFailed(
        f"引用的内容{zh}:{reference.pointer} {shown}",
        f"what an input refers to {en}: {reference.pointer} {shown}",
        value=shown,
        details={"pointer": reference.pointer},
    )
