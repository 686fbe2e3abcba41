"""Parameters that the address doors have in common."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from api.problem import BadParameter
from api.wire import ROWS, Header, Reply, Request, tag_of

TEXT_MOST: Final = 400
SIZE_MOST: Final = 40
_CONTROL: Final = re.compile("[\x00-\x1f\ud800-\udfff]")


def text_of(parameters: Mapping[str, str], name: str) -> str:
    """A text that must be there, without control characters, of at most 400 characters."""
    text = parameters.get(name, "").strip()
    if not text:
        raise BadParameter(name, "须给出", "must be given", value=text)
    if len(text) > TEXT_MOST:
        raise BadParameter(name, f"最多 {TEXT_MOST} 个字", f"has at most {TEXT_MOST} characters", value=text)
    if _CONTROL.search(text):
        raise BadParameter(name, "含控制字符", "holds control characters", value=repr(text))
    return text


def whole_of(
    parameters: Mapping[str, str], name: str, default: int, most: int = SIZE_MOST, least: int = 1
) -> int:
    """A whole number within bounds."""
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 7 and least <= int(text) <= most):
        raise BadParameter(
            name, f"须为 {least} 至 {most} 的整数", f"is a whole number from {least} to {most}", value=text
        )
    return int(text)


def number_of(parameters: Mapping[str, str], name: str, least: float, most: float) -> float:
    """A number within bounds that must be there."""
    text = parameters.get(name, "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise BadParameter(
            name, f"须为 {least:g} 至 {most:g} 的数", f"is a number from {least:g} to {most:g}", value=text
        )
    return value


def answer(
    request: Request, document: Any, rows: int = 0, media: bytes = b"application/json; charset=utf-8"
) -> Reply:
    """A document as a reply that is asked for again before it is used again."""
    request.scope[ROWS] = rows
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    headers: list[Header] = [(b"content-type", media), (b"cache-control", b"no-cache")]
    return Reply(200, headers, body, etag=tag_of(body))
