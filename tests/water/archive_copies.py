"""Copies of an archive to write to and to damage, and what an outside validator says of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from ocfl.storage_root import StorageRoot
from ocfl.validator import Validator

from water.archive import disk, log, storage
from water.archive.log import LogState
from water.archive.model import Head, Leaf, ObjectId
from water.archive.storage import Copy, NewVersion

GATE = ObjectId("370783", "river-works/寒桥闸", 2025)
WHEN = "2026-11-27T08:00:00+08:00"


def version(**files: bytes) -> NewVersion:
    """A version with these files; ``__`` in a name stands for a slash and ``_x`` for its suffix."""
    named = {
        name.replace("__", "/").replace("_csv", ".csv").replace("_txt", ".txt"): data
        for name, data in files.items()
    }
    return NewVersion(WHEN, "登记", "张伟", "urn:onemap:department:水利局", named)


def enter(copy: Copy, *versions: NewVersion, of: ObjectId = GATE) -> list[Leaf]:
    """Enter versions one after the other."""
    return [storage.enter(copy, of, each)[0] for each in versions]


def small(place: Path, objects: int = 1, versions: int = 3) -> Copy:
    """A copy with some objects of some versions, and a published root."""
    copy = storage.create(place, place.name, "370783")
    for number in range(objects):
        of = ObjectId("370783", f"river-works/W-{number}", 2025)
        for n in range(versions):
            enter(
                copy,
                version(
                    levels_csv=b"time,level_m\n" + b"2026-01-01,%d.%d\n" % (number, n) * 20,
                    note_txt=f"第 {n} 版,工程 {number}\n".encode(),
                    plans__kept_txt=b"the same in every version\n",
                ),
                of=of,
            )
    log.publish(copy.place, "2026-11-27")
    return copy


def head(copy: Copy) -> Head:
    """What would be published of it now."""
    return LogState.read(copy.place).head


def ocfl_sound(folder: Path) -> bool:
    """What ocfl-py says of one object."""
    return bool(Validator(log_warnings=False).validate_object(str(folder)))


def ocfl_root_sound(copy: Copy) -> bool:
    """What ocfl-py says of a storage root and all its objects."""
    return bool(StorageRoot(root=str(copy.root)).validate(log_errors=False))


def twin(copy: Copy, place: Path) -> Copy:
    """The same copy elsewhere, byte for byte."""
    shutil.copytree(copy.place, place)
    return Copy(place, copy.name, copy.city)


@contextmanager
def failing(at: int, fail: Callable[[], None], *, swaps: bool = True) -> Iterator[list[str]]:
    """Every step that touches the disk is counted; before step ``at`` (from 1) ``fail`` is called."""
    steps: list[str] = []

    def counted(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def step(*given: object, **named: object) -> object:
            steps.append(name)
            if len(steps) == at:
                fail()
            return real(*given, **named)

        return step

    names = ("_write", "sync_folder", "_exchanged", "_rename", "put", "link_tree")
    real = {name: getattr(disk, name) for name in names}
    if not swaps:  # a file system that cannot exchange two folders
        real["_exchanged"] = lambda one, other: False
    with mock.patch.multiple(disk, **{name: counted(name, step) for name, step in real.items()}):
        yield steps
