"""Documents and photographs of a river 文档与照片: the bytes kept by digest, their place on the register."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from spatial.database import Connection
from spatial.editing.restate_store import restate
from spatial.errors import shorten
from spatial.exchange import originals
from spatial.exchange.sandbox import Limits
from spatial.history.model import Changeset, Intent
from water import layer_store
from water.errors import DefectRefused, PaperRefused, UnknownPaper
from water.works import along_store
from water.works.layers import DEFECTS, DOCUMENTS, INSPECTIONS
from water.works.stretch import stretch_of

_LIMITS: Final = Limits(file_bytes=64 << 20)
KINDS: Final[Mapping[str, tuple[bytes, int]]] = {
    "image/jpeg": (b"\xff\xd8\xff", 0),
    "image/png": (b"\x89PNG\r\n\x1a\n", 0),
    "image/tiff": (b"II*\x00", 0),
    "application/pdf": (b"%PDF-", 0),
    "video/mp4": (b"ftyp", 4),
}
"""What is taken, told by its first bytes and where they stand."""
_HEAD_BYTES: Final = 16
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/tiff"})


def media_type(head: bytes, name: str) -> str:
    """What a file is by its first bytes; PaperRefused where it is nothing that is kept.

    >>> media_type(b"%PDF-1.7 ...", "a.pdf")
    'application/pdf'
    """
    for kind, (mark, at) in KINDS.items():
        if head[at : at + len(mark)] == mark:
            return kind
    raise PaperRefused(
        f"只接受 {'、'.join(KINDS)},文件内容不是其中之一:{name}",
        f"what is kept is {', '.join(KINDS)}; the content of this file is none of them: {name}",
        value=name,
    )


def enter(
    connection: Connection, told: Mapping[str, Any], path: Path, work: Path, intent: Intent
) -> tuple[str, Changeset | None]:
    """Keep a file and enter it on the register, in the caller's transaction; its digest in hexadecimal.

    PaperRefused where it is no such file, or its number is taken; DefectRefused where the defect or
    inspection that it belongs to is not there.
    """
    with path.open("rb") as file:
        kind = media_type(file.read(_HEAD_BYTES), path.name)
    if told["kind"] == "photo" and kind not in PICTURES:
        raise PaperRefused(
            f"照片须为图像文件,此文件是 {kind}:{path.name}",
            f"a photograph is a picture, this file is {kind}: {path.name}",
            value=path.name,
        )
    key = str(told["document_id"])
    if layer_store.exists(connection, DOCUMENTS, key):
        raise PaperRefused(
            f"文档编号已被占用,请换一个:{key}", f"the number is taken, take another: {key}", value=key
        )
    for layer, name in ((DEFECTS, "defect"), (INSPECTIONS, "record")):
        belongs = told.get(name)
        if belongs and not layer_store.exists(connection, layer, str(belongs)):
            raise DefectRefused(
                f"所属的记录不存在,请先登记:{belongs}",
                f"what it belongs to is not there, enter that first: {belongs}",
                value=str(belongs),
            )
    original = originals.stage(path, work, _LIMITS)
    originals.keep(connection, original)
    sha256 = original.sha256.hex()
    row = {**told, **stretch_of(told).row(), "media_type": kind, "sha256": sha256}
    return sha256, restate(connection, DOCUMENTS, intent, created=[{"fid": key, **row}])


def content(connection: Connection, sha256: str) -> tuple[str, str, bytes]:
    """Title, media type and bytes of a document; UnknownPaper, and IntegrityBroken where bytes changed."""
    found = along_store.paper(connection, sha256)
    if found is None:
        shown = shorten(sha256, 64)
        raise UnknownPaper(
            f"登记册上没有这个摘要的文档:{shown}",
            f"no document of that digest is on the register: {shown}",
            value=shown,
        )
    with tempfile.TemporaryDirectory(prefix="onemap-paper-") as folder:
        target = Path(folder) / "content"
        originals.fetch(connection, bytes.fromhex(sha256), target)
        return (*found, target.read_bytes())
