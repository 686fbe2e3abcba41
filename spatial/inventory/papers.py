"""Files of assets' documents 资产文档原件: the bytes of what is on the register, by their digest."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from spatial.database import Connection
from spatial.errors import shorten
from spatial.exchange import originals
from spatial.inventory import store
from spatial.inventory.errors import UnknownDocument

MARKS: Final[Mapping[str, bytes]] = {
    "application/pdf": b"%PDF-",
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
}
TEXT: Final = "text/plain; charset=utf-8"
OTHER: Final = "application/octet-stream"
"""Kept all the same; it is handed over to be saved, not to be opened."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was handed in."""

    name: str
    media_type: str
    content: bytes


def media_type(content: bytes) -> str:
    """What a file is by its bytes, whatever its name says.

    >>> media_type(b"%PDF-1.4"), media_type("批准文件".encode()), media_type(b"\\xff\\xfe\\x00")
    ('application/pdf', 'text/plain; charset=utf-8', 'application/octet-stream')
    """
    for kind, mark in MARKS.items():
        if content.startswith(mark):
            return kind
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return OTHER
    return OTHER if b"\0" in content else TEXT


def layers(connection: Connection, sha256: str) -> list[str]:
    """The layers of the assets on whose register a file of this digest stands."""
    return store.document_layers(connection, sha256)


def content(connection: Connection, sha256: str) -> Document:
    """The file of this digest; UnknownDocument where none is kept, or it is a delivery of a layer."""
    if store.delivered(connection, sha256):
        raise unknown(sha256)
    with tempfile.TemporaryDirectory(prefix="onemap-document-") as folder:
        target = Path(folder) / "content"
        found = originals.fetch(connection, bytes.fromhex(sha256), target)
        held = target.read_bytes()
    return Document(found.name, media_type(held), held)


def unknown(sha256: str) -> UnknownDocument:
    """The refusal of a digest that no document has that one may see."""
    shown = shorten(sha256, 64)
    return UnknownDocument(
        f"登记册上没有这个摘要的资产文档:{shown}",
        f"no document of an asset has this digest: {shown}",
        value=shown,
    )
