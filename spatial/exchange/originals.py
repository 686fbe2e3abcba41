"""The original of every delivery, kept by its digest 原件留存.

One file is kept as it came. A shapefile (several files) and a FileGDB (a
folder) become one deterministic zip, so that the same content has the same
digest wherever it lay.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spatial.database import Connection
from spatial.errors import FileTooLarge, IntegrityBroken, NotFound, UnreadableFile, UnsafeFile
from spatial.exchange import archive, store
from spatial.exchange.sandbox import Limits

CHUNK_BYTES = 1 << 20
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".xml")


@dataclass(frozen=True, slots=True)
class Original:
    """A delivery, copied into a work folder so that it cannot change while it is read."""

    name: str
    sha256: bytes
    size_bytes: int
    packed: bool
    path: Path
    """The bytes whose digest it is."""
    dataset: Path
    """What a reader opens."""

    def chunks(self) -> Iterator[bytes]:
        """The bytes, piece by piece."""
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def stage(given: str | Path, work: Path, limits: Limits) -> Original:
    """Copy a delivery into a work folder and take its digest.

    Raises UnsafeFile for names that make GDAL leave the file system, links and
    special files, UnreadableFile where there is nothing, FileTooLarge.
    """
    path = plain_path(given)
    inside = work / "in"
    inside.mkdir()
    if path.is_dir():
        files = [(f"{path.name}/{one.relative_to(path)}", one) for one in archive.regular_files(path)]
    elif path.suffix.lower() == ".shp":
        files = [(one.name, one) for one in _companions(path)]
    else:
        files = [(path.name, path)]
    size = sum(one.stat().st_size for _, one in files)
    if size > limits.file_bytes:
        raise FileTooLarge(
            f"文件过大({size >> 20} MiB > {limits.file_bytes >> 20} MiB),请拆分:{path.name}",
            f"the file is too large ({size >> 20} > {limits.file_bytes >> 20} MiB), split it: {path.name}",
            value=path.name,
        )
    staged = [(name, _copy(one, inside / name)) for name, one in files]
    packed = path.is_dir() or path.suffix.lower() == ".shp"
    content = work / "original.zip" if packed else staged[0][1]
    if packed:
        archive.pack(staged, content)
    # The reader may rename or patch what lies in its folder: the original stays apart.
    kept = work / "original"
    if packed:
        content.rename(kept)
    else:
        shutil.copyfile(content, kept)
    sha256 = digest(kept)
    name = f"{path.name}.zip" if packed else path.name
    return Original(name, sha256, kept.stat().st_size, packed, kept, inside / path.name)


def keep(connection: Connection, original: Original) -> bool:
    """Keep an original in the caller's transaction; False where it is kept already."""
    known = store.Source(original.sha256, original.name, original.size_bytes, original.packed)
    return store.keep_source(connection, known, original.chunks())


def fetch(connection: Connection, sha256: bytes, target: Path) -> store.Source:
    """Write a kept original to ``target``; raises NotFound, and IntegrityBroken where bytes changed."""
    found = store.source(connection, sha256)
    if found is None:
        raise NotFound(
            f"没有这个摘要的原件:{sha256.hex()}",
            f"no original of that digest: {sha256.hex()}",
            value=sha256.hex(),
        )
    partial = target.with_name(f".{target.name}.part")
    with partial.open("wb") as sink, connection.transaction():
        for chunk in store.chunks(connection, sha256):
            sink.write(chunk)
    if digest(partial) != sha256:
        partial.unlink()
        raise IntegrityBroken(
            f"原件内容与摘要不符:{sha256.hex()}",
            f"the kept original does not match its digest: {sha256.hex()}",
            value=sha256.hex(),
        )
    partial.rename(target)
    return found


def plain_path(given: str | Path) -> Path:
    """A path of this machine; UnsafeFile for what leaves the file system, UnreadableFile where nothing is."""
    text = str(given)
    if (
        text.startswith("/vsi")
        or "://" in text
        or text.upper().startswith(("PG:", "MYSQL:", "GPKG:", "VRT:"))
    ):
        raise UnsafeFile(
            f"只接受本机文件,不接受网络或 /vsi 引用:{text}",
            f"only files of this machine are taken, no /vsi and no addresses: {text}",
            value=text,
        )
    path = Path(text)
    if path.is_symlink():
        path = path.resolve()
    if not path.exists() or not (path.is_file() or path.is_dir()):
        raise UnreadableFile(f"没有这个文件:{text}", f"there is no such file: {text}", value=text)
    return path


def _companions(path: Path) -> list[Path]:
    same = [one for one in path.parent.iterdir() if one.name.lower().startswith(f"{path.stem.lower()}.")]
    parts = [one for one in same if one.is_file() and one.suffix.lower() in _SHAPEFILE]
    if any(one.is_symlink() for one in parts):
        raise UnsafeFile(f"组成文件中有链接:{path.name}", f"a part is a link: {path.name}", value=path.name)
    return parts


def _copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return target


def digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
