"""Originals in the archive 原件归档: the files that layers rest on, bit for bit, and back by their digest.

A delivery or a photograph is rarely in a format of preservation; its meaning is in the layer. So its
bytes are kept as they came, in base64 within JSON that any reader can open, under their SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from spatial.database import Connection
from spatial.exchange import store as exchange
from water.archive import companion_store, deposit, reading, storage
from water.archive.deposit import Edit
from water.archive.log import LogState
from water.archive.model import Agent, ObjectId, Receipt
from water.archive.storage import Copy
from water.errors import ArchiveDamaged, RestoreRefused

WORK: Final = "originals"
CHUNK_BYTES: Final = 1 << 20
BATCH: Final = 200
"""So many originals enter as one version."""


def archive(
    connection: Connection, copy: Copy, wanted: Sequence[str], agent: Agent, now: datetime, folder: Path
) -> tuple[Receipt, ...]:
    """Enter those originals that the archive does not hold yet."""
    held = _held(copy)
    missing = [digest for digest in dict.fromkeys(wanted) if digest not in held]
    receipts = []
    for begin in range(0, len(missing), BATCH):
        files: dict[str, Path | bytes] = {}
        for digest in missing[begin : begin + BATCH]:
            path = folder / f"original-{digest}.json"
            told, content = companion_store.original(connection, digest)
            document = {"sha256": digest, **told, "content_base64": base64.b64encode(content).decode()}
            path.write_bytes(json.dumps(document, ensure_ascii=False).encode())
            files[f"{digest}.json"] = path
        edit = Edit(WORK, "原件 originals", f"{len(files)} 件原件 originals", agent, now, files)
        receipts.append(deposit.deposit(copy, edit))
        for path in folder.glob("original-*.json"):
            path.unlink()
    return tuple(receipts)


def restore(connection: Connection, copy: Copy, wanted: Sequence[str]) -> int:
    """Put back those that the database does not have; how many.

    RestoreRefused where the archive has not got one; ArchiveDamaged where its bytes are others.
    """
    held, count = _held(copy), 0
    for digest in wanted:
        if companion_store.has_original(connection, digest):
            continue
        if digest not in held:
            raise RestoreRefused(
                f"档案中没有此原件:{digest}", f"the archive has no such original: {digest}", value=digest
            )
        document = json.loads(reading.newest(copy, held[digest], f"{digest}.json"))
        content = base64.b64decode(document["content_base64"], validate=True)
        if hashlib.sha256(content).hexdigest() != digest or len(content) != document["size_bytes"]:
            raise ArchiveDamaged(
                f"原件与摘要不符:{digest}", f"the original is not of its digest: {digest}", value=digest
            )
        source = exchange.Source(
            bytes.fromhex(digest), document["name"], document["size_bytes"], document["packed"]
        )
        exchange.keep_source(connection, source, _chunks(content))
        companion_store.kept_at(connection, digest, document["kept_at"])
        count += 1
    return count


def objects(copy: Copy) -> list[str]:
    """The objects that hold originals."""
    return [each for each in LogState.read(copy.place).versions if ObjectId.parse(each).work == WORK]


def _held(copy: Copy) -> dict[str, str]:
    """Digest → the object that holds it."""
    found: dict[str, str] = {}
    for object_id in objects(copy):
        if storage.read_inventory(copy, object_id) is not None:
            for entry in reading.entries(copy, object_id):
                digest = entry.path.removesuffix(".json")
                if len(digest) == 64:
                    found[digest] = object_id
    return found


def _chunks(content: bytes) -> Iterator[bytes]:
    for begin in range(0, len(content), CHUNK_BYTES):
        yield content[begin : begin + CHUNK_BYTES]
