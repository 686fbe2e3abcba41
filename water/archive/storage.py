"""A copy of the archive on one medium 副本, and how a version enters it: whole, once, or not at all.

Beside the storage root ``ocfl`` lie the log, the standalone verifier, what is being staged, what
waits to be entered and what a repair took out. A version is staged beside the object with all that
the object held (hard links), synced, and trades places with it by one rename; then it is entered
in the log. Killed in between, the next use of the copy enters it or clears it away.
"""

from __future__ import annotations

import errno
import json
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Final

from spatial.errors import DiskFull, shorten
from spatial.files import replacing
from spatial.lock import exclusive
from water.archive import disk, inventory, layout, log
from water.archive.inventory import Inventory, Version
from water.archive.model import VERSIONS_MAX, Leaf, ObjectId
from water.errors import ArchiveAway, BadArchiveRequest, UnknownArchiveObject, WriteOnce

ROOT: Final = "ocfl"
STAGING: Final = "staging"
QUARANTINE: Final = "quarantine"
VERIFIER: Final = "verify.py"
README: Final = "README.txt"
_ABOUT: Final = "copy.json"
_INTENT: Final = "intent.json"
_LONGEST_NAME: Final = 200
_LONGEST_PATH: Final = 1000


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of the archive."""

    place: Path
    name: str
    city: str

    @property
    def root(self) -> Path:
        """The OCFL storage root."""
        return self.place / ROOT

    def folder(self, object_id: str) -> Path:
        """Where an object lies."""
        return self.root / layout.place(object_id)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a version adds to an object and takes from its state; nothing entered is ever deleted."""

    created: str
    message: str
    name: str
    address: str
    files: Mapping[str, Path | bytes]
    """Logical path → where the content is."""
    without: frozenset[str] = field(default=frozenset())
    """Logical paths that the state no longer shows; earlier versions go on holding them."""


def create(place: Path, name: str, city: str) -> Copy:
    """Make an empty copy; WriteOnce where something stands there already."""
    place = place.absolute()
    if place.exists() and any(place.iterdir()):
        raise WriteOnce(
            f"该处已有内容,不能新建档案副本:{place}",
            f"something stands there already, no copy of the archive can be made: {place}",
            value=str(place),
        )
    with room(place):
        for path, content in own_files().items():
            disk.write_new(place / path, content)
        for path in (log.LEAVES, log.ROOTS):
            disk.append(place / path, b"")
        about = json.dumps({"name": name, "city": city}, ensure_ascii=False).encode() + b"\n"
        disk.sync_tree(place)
        disk.write_new(place / _ABOUT, about)  # last: without it, it is no copy
        disk.sync_folder(place)
    return Copy(place, name, city)


def opened(place: Path) -> Copy:
    """The copy at that place; ArchiveAway where there is none, as when its medium is not mounted."""
    try:
        about = json.loads((place / _ABOUT).read_bytes())
        return Copy(place.absolute(), str(about["name"]), str(about["city"]))
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise ArchiveAway(
            f"此处没有档案副本,请确认介质已挂载:{place}",
            f"there is no copy of the archive here; is its medium mounted? {place}",
            value=str(place),
        ) from failure


def own_files() -> dict[str, bytes]:
    """What stands in every copy beside the objects, byte for byte: for whoever knows nothing of it."""
    about = (resources.files("water") / "archive" / "about.txt").read_bytes()
    root = {f"{ROOT}/{path}": content for path, content in layout.ROOT_FILES.items()}
    return root | {VERIFIER: verifier(), README: about}


def verifier() -> bytes:
    """The standalone program that ships in every copy; it runs where this platform is forgotten."""
    return (resources.files("water") / "archive" / "standalone.py").read_bytes()


def put_back_own_files(copy: Copy) -> tuple[str, ...]:
    """The root's own files and the verifier, where they are not what they must be; which were put back."""
    done = []
    for path, content in own_files().items():
        place = copy.place / path
        if not place.is_file() or place.is_symlink() or place.read_bytes() != content:
            with replacing(place) as fresh:
                disk.write_new(fresh, content)
            done.append(path)
    return tuple(done)


def read_inventory(copy: Copy, object_id: str) -> Inventory | None:
    """The newest inventory of an object; None where there is no such object."""
    path = copy.folder(object_id) / inventory.FILE
    return inventory.read(path.read_bytes(), str(path)) if path.exists() else None


def require_inventory(copy: Copy, object_id: str) -> Inventory:
    """The same; UnknownArchiveObject where there is none."""
    found = read_inventory(copy, object_id)
    if found is None:
        raise UnknownArchiveObject(
            f"档案中没有该案卷,请用 archive list 查看:{object_id}",
            f"the archive has no such object, archive list shows them: {object_id}",
            value=object_id,
        )
    return found


def enter(copy: Copy, object_id: ObjectId, new: NewVersion) -> tuple[Leaf, int]:
    """Enter a version; its log entry and the entry's position.

    DiskFull leaves the object as it was; WriteOnce where it has all the versions it may have.
    """
    for logical in new.files:
        require_logical(logical)
    with held(copy), room(copy.place):
        current = read_inventory(copy, str(object_id))
        if current is not None and current.head >= VERSIONS_MAX:
            raise WriteOnce(
                f"案卷已满 {VERSIONS_MAX} 个版本,请写入续卷 {object_id.continued()}:{object_id}",
                f"the object has its {VERSIONS_MAX} versions; go on in {object_id.continued()}: {object_id}",
                value=str(object_id),
            )
        staging = copy.place / STAGING / uuid.uuid4().hex
        staging.mkdir(parents=True)
        try:
            return _staged(copy, staging, str(object_id), current, new)
        finally:
            disk.remove(staging)


def _staged(
    copy: Copy, staging: Path, object_id: str, current: Inventory | None, new: NewVersion
) -> tuple[Leaf, int]:
    tree = staging / "object"
    if current is None:
        disk.write_new(tree / inventory.DECLARATION[0], inventory.DECLARATION[1])
    else:
        disk.link_tree(copy.folder(object_id), tree)
        (tree / inventory.FILE).unlink()
        (tree / inventory.SIDECAR).unlink()
    after = _with_content(tree, object_id, current, new)
    data = after.to_bytes()
    for folder in (tree / f"v{after.head}", tree):
        disk.write_new(folder / inventory.FILE, data)
        disk.write_new(folder / inventory.SIDECAR, inventory.sidecar(data))
    leaf = Leaf(object_id, after.head, disk.digests(data).sha512, new.created)
    disk.write_new(staging / _INTENT, log.line(leaf) + b"\n")
    disk.sync_tree(staging)
    target = copy.folder(object_id)
    try:
        if current is None:
            disk.put(tree, target)
        else:
            disk.exchange(tree, target)
        log.append(copy.place, [leaf])
    except OSError:
        _undo(copy, tree, target, leaf)
        raise
    return leaf, log.length(copy.place) - 1


def _undo(copy: Copy, tree: Path, target: Path, leaf: Leaf) -> None:
    """It was not entered: the object is again what it was, or is not there."""
    if not _stands(target, leaf):
        return
    if tree.exists():
        disk.exchange(tree, target)
    else:
        target.rename(tree)
        prune(target.parent, copy.root)


def _stands(target: Path, leaf: Leaf) -> bool:
    path = target / inventory.FILE
    return path.exists() and disk.digests(path.read_bytes()).sha512 == leaf.sha512


def _with_content(tree: Path, object_id: str, current: Inventory | None, new: NewVersion) -> Inventory:
    """Write what is new, and only that; the inventory of the version."""
    number = current.head + 1 if current else 1
    manifest = dict(current.manifest) if current else {}
    second = dict(current.sha256) if current else {}
    kept = current.state(current.head) if current else {}
    state = {path: digest for path, digest in kept.items() if path not in new.without}
    for logical, source in sorted(new.files.items()):
        path = f"v{number}/content/{logical}"
        if isinstance(source, bytes):
            found = disk.digests(source)
            if found.sha512 not in manifest:
                disk.write_new(tree / path, source)
        else:
            found = disk.copy_new(source, tree / path)
            if found.sha512 in manifest:
                _take_back(tree / path, tree)
        if found.sha512 not in manifest:
            manifest[found.sha512], second[path] = path, found.sha256
        state[logical] = found.sha512
    version = Version(new.created, new.message, new.name, new.address, state)
    return Inventory(object_id, (*(current.versions if current else ()), version), manifest, second)


def _take_back(path: Path, tree: Path) -> None:
    """The content is there already: the file just written, and folders left empty by that, go again."""
    path.unlink()
    prune(path.parent, tree)


def prune(folder: Path, top: Path) -> None:
    """Folders that were left empty go, up to ``top``."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


@contextmanager
def held(copy: Copy) -> Iterator[None]:
    """Hold the copy alone; what a killed holder left is entered or cleared away first."""
    if not (copy.place / _ABOUT).exists():
        opened(copy.place)  # says that it is away
    with exclusive(copy.place / "lock"):
        recover(copy)
        yield


def recover(copy: Copy) -> None:
    """Finish what was in place, clear away what was not. The caller holds the copy."""
    for path in (log.LEAVES, log.ROOTS, "events.jsonl"):
        disk.cut_torn(copy.place / path)
    place = copy.place / STAGING
    for staging in sorted(place.iterdir()) if place.exists() else ():
        intent = staging / _INTENT
        entry = intent.read_bytes() if intent.exists() else b""
        if entry.endswith(b"\n"):  # else it was killed while writing it: nothing was moved yet
            _finish(copy, staging, entry.removesuffix(b"\n"))
        disk.remove(staging)


def _finish(copy: Copy, staging: Path, entry: bytes) -> None:
    leaf = log.read_line(entry)
    target = copy.folder(leaf.object)
    aside = staging / "object.aside"
    if aside.exists() and not target.exists():  # between the renames of a file system without exchange
        aside.rename(target)
    if _stands(target, leaf) and log.last(copy.place) != entry:
        log.append(copy.place, [leaf])


@contextmanager
def room(place: Path) -> Iterator[None]:
    """A full disk in the platform's own words."""
    try:
        yield
    except OSError as failure:
        if failure.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(
            f"档案介质已满,原有内容未动,请更换介质或腾出空间后重试:{place}",
            f"the archive's medium is full; what it held is as it was; make room and try again: {place}",
            value=str(place),
        ) from failure


def require_logical(path: str) -> None:
    """A path within an object that every file system of the next hundred years can take."""
    parts = path.split("/")
    wrong = (
        len(path.encode()) > _LONGEST_PATH
        or unicodedata.normalize("NFC", path) != path
        or any(part in ("", ".", "..") or len(part.encode()) > _LONGEST_NAME for part in parts)
        or any(not mark.isprintable() or mark in '\\<>:"|?*' for mark in path)
    )
    if wrong:
        raise BadArchiveRequest(
            '案卷内路径有误(不得含 .. \\ < > : " | ? * 或控制字符,每级至多 200 字节):' + repr(path[:80]),
            'no path within an object (none of .. \\ < > : " | ? * or control characters, at most 200 bytes'
            f" a part): {path[:80]!r}",
            value=shorten(path),
        )
