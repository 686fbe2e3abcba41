"""One range of a file's bytes 分段下载, as ``Range`` asks for it."""

from __future__ import annotations

import re

from api.problem import RangeNotSatisfiable
from api.wire import Request
from spatial.errors import shorten

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def asked(request: Request, size: int, digest: str) -> tuple[int, int] | None:
    """First and last byte of the one range that is asked for; the whole file otherwise (RFC 9110, 14.2)."""
    text = request.header(b"range").strip()
    if not text or request.method != "GET":
        return None
    condition = request.header(b"if-range").strip()
    if condition and condition != f'"{digest}"':
        return None
    match = _RANGE.fullmatch(text)
    if match is None or match.group(1) == match.group(2) == "":
        return None  # several ranges, another unit: a server may answer with the whole
    if match.group(1):
        first = int(match.group(1))
        last = min(int(match.group(2) or size - 1), size - 1)
    else:
        first, last = max(0, size - int(match.group(2))), size - 1
    if first >= size or first > last:
        shown = shorten(text, 60)
        raise RangeNotSatisfiable(
            f"文件只有 {size} 字节:{shown}",
            f"the file has {size} bytes: {shown}",
            value=shown,
        )
    return first, last
