"""Packs 包: many small files as one ZIP without compression (ISO/IEC 21320-1), the same for the same files.

A file of its own costs an entry in every later inventory and up to a block of the disk. Nothing is
compressed: a damaged byte damages one file, and the content can be read with the naked eye.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from water.errors import ArchiveDamaged, UnknownArchiveObject

MEDIA_TYPE: Final = "application/zip"
WITHOUT: Final = ".without"
"""Member of a pack that lists, a line each, what earlier packs hold and the state no longer shows."""
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)


def write(target: Path, members: Mapping[str, Path | bytes]) -> Path:
    """Pack files under their names, in order of name; the pack."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as packing:
        for name, source in sorted(members.items()):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr = 0o444 << 16
            entry.create_system = 3
            packing.writestr(entry, source if isinstance(source, bytes) else source.read_bytes())
    return target


def members(path: Path) -> dict[str, int]:
    """Name → length."""
    with _opened(path) as pack:
        return {each.filename: each.file_size for each in pack.infolist()}


def read(path: Path, name: str) -> bytes:
    """One file of a pack."""
    with _opened(path) as pack:
        try:
            return pack.read(name)
        except KeyError:
            raise UnknownArchiveObject(
                f"包中没有该文件:{name}", f"the pack has no such file: {name}", value=name
            ) from None
        except zipfile.BadZipFile as failure:
            raise _damaged(path) from failure


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as failure:
        raise _damaged(path) from failure


def _damaged(path: Path) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"包读不出,请用 archive verify 核对:{path.name}",
        f"the pack cannot be read, run archive verify: {path.name}",
        value=path.name,
    )
