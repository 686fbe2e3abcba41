"""What the archive does to a disk 落盘: every file is new, synced and closed to writing; trees are swapped.

Whatever is done here is done beside the storage root and put into place by one rename, so that
at every instant, and after any power cut, an object is what it was or what it becomes.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BLOCK: Final = 4 << 20
"""Large reads: the hash in C runs without the interpreter meanwhile."""
FILE_MODE, FOLDER_MODE = 0o444, 0o755
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_NOT_OFFERED = (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.EOPNOTSUPP)


@dataclass(frozen=True, slots=True)
class Digests:
    """Both digests of a file and its length."""

    sha512: str
    sha256: str
    bytes: int


def write_new(path: Path, data: bytes) -> None:
    """A file that was not there before, synced and read-only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _write(handle, data)
        os.fchmod(handle, FILE_MODE)
        os.fsync(handle)
    finally:
        os.close(handle)


def copy_new(source: Path, target: Path) -> Digests:
    """Copy a file to a new one; the digests are of the bytes that were written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    first, second, size = hashlib.sha512(), hashlib.sha256(), 0
    buffer = memoryview(bytearray(BLOCK))
    with source.open("rb", buffering=0) as reading:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            while count := reading.readinto(buffer):
                part = buffer[:count]
                first.update(part)
                second.update(part)
                _write(handle, part)
                size += count
            os.fchmod(handle, FILE_MODE)
            os.fsync(handle)
        finally:
            os.close(handle)
    return Digests(first.hexdigest(), second.hexdigest(), size)


def digests(data: bytes) -> Digests:
    """Both digests of what is in memory."""
    return Digests(hashlib.sha512(data).hexdigest(), hashlib.sha256(data).hexdigest(), len(data))


def sha512_of(path: Path | str, buffer: bytearray, spent: Callable[[int], None] | None = None) -> str:
    """SHA-512 of a file; ``spent`` hears of every block, to bound the rate.

    A link is no file of the archive: OSError.
    """
    found = hashlib.sha512()
    view = memoryview(buffer)
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        while count := os.readv(handle, (view,)):
            found.update(view[:count])
            if spent is not None:
                spent(count)
    finally:
        os.close(handle)
    return found.hexdigest()


def append(path: Path, data: bytes) -> None:
    """Add to a file and sync it; where that fails, the file is as long as before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        before = os.fstat(handle).st_size
        try:
            _write(handle, data)
            os.fsync(handle)
        except BaseException:
            os.ftruncate(handle, before)
            raise
    finally:
        os.close(handle)


def cut_torn(path: Path) -> bool:
    """Take off a last line that a power cut left without its end; says whether there was one."""
    if not path.exists():
        return False
    with path.open("r+b") as file:
        data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole == len(data):
            return False
        file.truncate(whole)
        os.fsync(file.fileno())
    return True


def _write(handle: int, data: bytes | memoryview) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def link_tree(source: Path, target: Path) -> None:
    """The same files under another folder, by hard links; copied where the file system has none."""
    for folder, _, names in os.walk(source):
        made = target / Path(folder).relative_to(source)
        made.mkdir(parents=True, exist_ok=True)
        for name in names:
            try:
                os.link(Path(folder) / name, made / name)
            except OSError as failure:
                if failure.errno not in (*_NOT_OFFERED, errno.EPERM, errno.EMLINK):
                    raise
                copy_new(Path(folder) / name, made / name)


def sync_tree(place: Path) -> None:
    """Sync the folders of a tree; its files are synced when they are written."""
    for folder, _, _ in os.walk(place):
        sync_folder(Path(folder))


def sync_folder(place: Path) -> None:
    """Sync one folder: renames and new names in it survive a power cut."""
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put(source: Path, target: Path) -> None:
    """Give a tree its place, where nothing stands yet, by one rename.

    Folders above it that are missing come with it: no empty one is ever seen in a storage root.
    """
    top, parts = target, []
    while not top.parent.exists():
        parts.append(top.name)
        top = top.parent
    if parts:
        parts.append(top.name)
        chain = source.with_name(f"{source.name}.chain")
        inner = chain.joinpath(*reversed(parts))
        inner.parent.mkdir(parents=True)
        _rename(source, inner)
        sync_tree(chain)
        source = chain / top.name
    _rename(source, top)
    sync_folder(top.parent)


def _rename(source: Path, target: Path) -> None:
    source.rename(target)


def exchange(one: Path, other: Path) -> None:
    """Two trees trade places at one instant (``renameat2``); by two renames where that is not offered."""
    if not _exchanged(one, other):
        aside = one.with_name(f"{one.name}.aside")
        _rename(other, aside)
        try:
            _rename(one, other)
            _rename(aside, one)
        except OSError:
            if not one.exists():
                other.rename(one)
            aside.rename(other)
            raise
    sync_folder(one.parent)
    sync_folder(other.parent)


def _exchanged(one: Path, other: Path) -> bool:
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_OFFERED:
        return False
    raise OSError(number, os.strerror(number), str(other))


def remove(place: Path) -> None:
    """Take away a tree that stands beside the archive: staging, never what was entered."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
