"""Reading the archive 调阅: its objects, their versions, their files, each checked as it is read."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path
from typing import Final

from spatial.errors import shorten
from water.archive import disk, formats, pack, storage
from water.archive.log import LogState
from water.archive.model import Leaf, ObjectId
from water.archive.storage import Copy
from water.errors import ArchiveDamaged, UnknownArchiveObject

_TYPES: Final = {suffix: one.media_type for one in formats.KEPT for suffix in one.suffixes} | {
    ".zip": pack.MEDIA_TYPE,
    ".xml": "application/xml",
    ".json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a version."""

    path: str
    bytes: int
    media_type: str
    sha512: str
    """Of the file, or of the pack it lies in."""
    packed_in: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An object and its newest version."""

    object: str
    versions: int
    last: Leaf


@dataclass(frozen=True, slots=True)
class Held:
    """A file where it lies in a copy, to be read through once."""

    path: str
    place: Path
    sha512: str

    def blocks(self) -> Iterator[bytes]:
        """Its bytes, hashed as they pass; ArchiveDamaged at the end where they are not what was entered."""
        digest = sha512()
        with self.place.open("rb") as file:
            while block := file.read(disk.BLOCK):
                digest.update(block)
                yield block
        if digest.hexdigest() != self.sha512:
            raise _altered(self.path)


def media_type(path: str) -> str:
    """By the name: contents were told apart when they came."""
    return (
        _TYPES.get(Path(path).suffix.lower()) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    )


def objects(state: LogState) -> Iterator[Listed]:
    """Every object that the log knows, by identifier."""
    last = {leaf.object: leaf for leaf in state.leaves}
    for object_id in sorted(last):
        yield Listed(object_id, len(state.versions[object_id]), last[object_id])


def sizes(copy: Copy, object_id: str, shown: Mapping[str, str]) -> dict[str, int]:
    """Length of every file of a state."""
    if not shown:
        return {}
    manifest, folder = storage.require_inventory(copy, object_id).manifest, copy.folder(object_id)
    return {path: _length(folder / manifest[digest], path) for path, digest in shown.items()}


def entries(copy: Copy, object_id: str, version: int | None = None) -> Iterator[Entry]:
    """The files of a version, of the newest where none is named; those in packs by their own names."""
    found = storage.require_inventory(copy, object_id)
    number = found.head if version is None else version
    state = _state(copy, object_id, number)
    folder, shown = copy.folder(object_id), set(state)
    for path, digest in sorted(state.items()):
        place = folder / found.manifest[digest]
        yield Entry(path, _length(place, path), media_type(path), digest)
    for packed in _packs(state):
        place = folder / found.manifest[state[packed]]
        members = pack.members(place)
        for name, size in members.items():
            if name not in shown and name != pack.WITHOUT:
                shown.add(name)
                yield Entry(name, size, media_type(name), state[packed], packed)
        shown |= _hidden(place, members)


def inventory(copy: Copy, object_id: str, version: int) -> bytes:
    """The inventory of a version as it stands in the copy, unchecked: whoever has its digest judges it."""
    storage.require_inventory(copy, object_id)
    place = copy.folder(object_id) / f"v{version}" / "inventory.json"
    if not place.is_file():
        raise UnknownArchiveObject(
            f"案卷没有该版本:{object_id} v{version}",
            f"the object has no such version: {object_id} v{version}",
            value=f"{object_id} v{version}",
        )
    return place.read_bytes()


def of_work(copy: Copy, work: str) -> list[str]:
    """The objects of a work, by epoch and part."""
    found = [ObjectId.parse(each) for each in LogState.read(copy.place).versions]
    return [str(each) for each in sorted(found) if each.work == work]


def content(copy: Copy, object_id: str, version: int, path: str) -> bytes:
    """A file of a version; ArchiveDamaged where it is not what was entered."""
    found = storage.require_inventory(copy, object_id)
    state, folder = _state(copy, object_id, version), copy.folder(object_id)
    if path in state:
        return _checked(folder / found.manifest[state[path]], state[path], path)
    for packed in _packs(state):
        place = folder / found.manifest[state[packed]]
        members = pack.members(place)
        if path in members:
            _checked(place, state[packed], packed)
            return pack.read(place, path)
        if path in _hidden(place, members):
            break
    shown = shorten(path)
    raise UnknownArchiveObject(
        f"该版本中没有此文件:{object_id} v{version} {shown}",
        f"the version has no such file: {object_id} v{version} {shown}",
        value=shown,
    )


def newest(copy: Copy, object_id: str, path: str) -> bytes:
    """A file of the newest version."""
    return content(copy, object_id, storage.require_inventory(copy, object_id).head, path)


def held(copy: Copy, object_id: str, path: str) -> Held | None:
    """A file of the newest version where it lies, however large; None where there is none of that name."""
    found = storage.require_inventory(copy, object_id)
    digest = found.state(found.head).get(path)
    return None if digest is None else Held(path, copy.folder(object_id) / found.manifest[digest], digest)


def _length(place: Path, path: str) -> int:
    """Length of a file; ArchiveDamaged where it is not there."""
    try:
        return place.stat().st_size
    except OSError:
        raise _altered(path) from None


def _packs(state: Mapping[str, str]) -> list[str]:
    """Newest first: what was packed later holds."""
    return sorted((path for path in state if path.startswith("packs/")), reverse=True)


def _hidden(place: Path, members: Mapping[str, int]) -> set[str]:
    """What a pack says earlier ones no longer show."""
    if pack.WITHOUT not in members:
        return set()
    return set(pack.read(place, pack.WITHOUT).decode().splitlines())


def _state(copy: Copy, object_id: str, version: int) -> Mapping[str, str]:
    try:
        return storage.require_inventory(copy, object_id).state(version)
    except KeyError:
        raise UnknownArchiveObject(
            f"案卷没有该版本:{object_id} v{version}",
            f"the object has no such version: {object_id} v{version}",
            value=f"{object_id} v{version}",
        ) from None


def _checked(place: Path, digest: str, path: str) -> bytes:
    data = place.read_bytes() if place.exists() else b""
    if sha512(data).hexdigest() != digest:
        raise _altered(path)
    return data


def _altered(path: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"文件与登记不符,请从另一副本修复:{path}",
        f"the file is not what was entered; repair it from another copy: {path}",
        value=path,
    )
