"""Several raw outputs in one answer: ``multipart/related`` (RFC 2387)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from api.executions import Part


def related(parts: Sequence[Part]) -> tuple[str, bytes]:
    """The media type with its boundary, and the body."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.content)
    boundary = f"onemap-{digest.hexdigest()[:32]}"
    pieces = []
    for part in parts:
        head = f"--{boundary}\r\nContent-Type: {part.media_type}\r\nContent-ID: <{part.name}>\r\n"
        pieces.append(head.encode() + b"\r\n" + part.content + b"\r\n")
    return f'multipart/related; boundary="{boundary}"', b"".join(pieces) + f"--{boundary}--\r\n".encode()
