"""What a request to edit says apart from its feature: why, since when, on which terms, in which form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar
from unicodedata import category
from urllib.parse import unquote

from api.parameters import instant
from api.problem import BadParameter, UnsupportedMedia
from api.wire import Header, Request
from spatial.access.model import Origin, Principal
from spatial.editing import document
from spatial.editing.model import RequestKey, Wish
from spatial.errors import InvalidInput, shorten

T = TypeVar("T")
PARAMETERS = ("valid-from", "reason", "crs", "lang")
GEOJSON = ("application/geo+json", "application/json")
MERGE_PATCH = ("application/merge-patch+json",)
ACCEPTS_FEATURES: tuple[Header, ...] = ((b"accept-post", ", ".join(GEOJSON).encode()),)
ACCEPTS_PATCHES: tuple[Header, ...] = ((b"accept-patch", MERGE_PATCH[0].encode()),)
REASON_MAX = 500
REQUEST_KEY_MAX = 255
PARSE_IN_THREAD_FROM_BYTES = 32_768


@dataclass(frozen=True, slots=True)
class Preferences:
    """What ``Prefer`` asks for (RFC 7240)."""

    representation: bool
    merge: bool


def wish(request: Request, parameters: Mapping[str, str]) -> Wish:
    """Who edits, why, and since when it is true."""
    author, department = who(request.principal)
    reason = parameters.get("reason")
    if reason is None:
        reason = _header_text(request.headers.get(b"onemap-reason"))
    elif b"onemap-reason" in request.headers:
        raise BadParameter(
            "reason",
            "与请求头 Onemap-Reason 只用其一",
            "is said twice, also in the header Onemap-Reason; say it once",
            value=reason,
        )
    reason = reason.strip() or "在线编辑 online edit"
    if len(reason) > REASON_MAX or any(category(mark) in ("Cc", "Zl", "Zp") for mark in reason):
        raise BadParameter(
            "reason",
            f"须为不超过 {REASON_MAX} 字的一行文字",
            f"must be one line of {REASON_MAX} characters",
            value=reason,
        )
    return Wish(author, department, reason, instant("valid-from", parameters.get("valid-from")))


def _header_text(raw: bytes | None) -> str:
    """A header that may hold Chinese: UTF-8, percent-encoded UTF-8, or ``UTF-8''…`` of RFC 8187."""
    try:
        text = (raw or b"").decode()
        charset, _, rest = text.partition("'")
        if charset.lower() == "utf-8":
            text = rest.partition("'")[2]
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BadParameter(
            "Onemap-Reason",
            "须为 UTF-8 或其百分号编码",
            "must be UTF-8 or its percent-encoding",
            value=repr(raw),
        ) from None


def who(principal: Principal) -> tuple[str, str]:
    """Author and department for the ledger, from who asks and never from what is sent."""
    if principal.origin is Origin.LOCAL:
        return "本机操作员 local", principal.department or "本机 this machine"
    return principal.subject, principal.department or "(无部门 none)"


def preferences(header: str) -> Preferences:
    """``Prefer: return=representation``, ``Prefer: merge``."""
    tokens = {part.partition(";")[0].strip().lower().replace('"', "") for part in header.split(",")}
    return Preferences("return=representation" in tokens, "merge" in tokens)


def request_key(request: Request, sent: bytes) -> RequestKey | None:
    """``Idempotency-Key``, bare or in quotes, with the digest of all that decides what is written."""
    header = request.headers.get(b"idempotency-key")
    if header is None:
        return None
    text = header.decode("latin-1").strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not 0 < len(text) <= REQUEST_KEY_MAX or not all("!" <= mark <= "~" for mark in text):
        raise BadParameter(
            "Idempotency-Key",
            f"须为 1 至 {REQUEST_KEY_MAX} 个可见 ASCII 字符,如一个 UUID",
            f"must be 1 to {REQUEST_KEY_MAX} visible ASCII characters, such as a UUID",
            value=text,
        )
    said = (request.headers.get(name, b"") for name in (b"content-crs", b"onemap-reason"))
    parts = (request.query_string, *said, sent)
    return RequestKey(text, sha256(b"".join(sha256(part).digest() for part in parts)).digest())


async def body(request: Request, kinds: tuple[str, ...]) -> tuple[Any, bytes]:
    """The JSON of the body, and its bytes.

    Its type must be said (Part 4: 400) and be one that is taken (415).
    """
    said = request.header(b"content-type")
    kind, _, parameters = said.partition(";")
    if not kind.strip():
        raise InvalidInput(
            f"缺少 Content-Type,须为 {kinds[0]}",
            f"Content-Type is missing, it must be {kinds[0]}",
            details={"where": "Content-Type"},
        )
    coding = request.header(b"content-encoding").strip().lower()
    charset = parameters.partition("charset=")[2].strip().strip('"').lower()
    plain = coding in ("", "identity") and charset in ("", "utf-8", "utf8")
    if kind.strip().lower() not in kinds or not plain:
        shown = shorten(f"{said} {coding}".strip())
        raise UnsupportedMedia(
            f"请求体须为 UTF-8、不压缩的 {' 或 '.join(kinds)}:{shown}",
            f"the body must be {' or '.join(kinds)} in UTF-8, not compressed: {shown}",
            value=shown,
            details={"where": "Content-Type"},
        )
    sent = await request.body()
    return await aside(lambda: document.read(sent), sent), sent


async def aside(work: Callable[[], T], sent: bytes) -> T:
    """Large bodies are looked at beside the event loop."""
    return await asyncio.to_thread(work) if len(sent) >= PARSE_IN_THREAD_FROM_BYTES else work()
