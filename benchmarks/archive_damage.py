"""Faults that an archive may meet, each a way to damage a copy and to take the damage out again."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256, sha512
from pathlib import Path

from water.archive import inventory, log, storage
from water.archive.log import LogState
from water.archive.model import DailyRoot, Head, ObjectId
from water.archive.storage import Copy, NewVersion

WHEN = "2026-11-27T08:00:00+08:00"
OBJECTS, VERSIONS = 3, 2


@dataclass
class Ground:
    """A copy to damage, as it was, and what was published of it."""

    copy: Copy
    chance: random.Random
    files: dict[str, bytes] = field(default_factory=dict)
    """Every file of the copy, by its path."""
    objects: dict[str, str] = field(default_factory=dict)
    """Object → its folder within the copy."""
    head: Head = field(default_factory=lambda: Head(0, ""))
    days: tuple[DailyRoot, ...] = ()
    entered: dict[str, dict[int, str]] = field(default_factory=dict)
    _below: dict[str, list[str]] = field(default_factory=dict)

    @staticmethod
    def make(place: Path, seed: int) -> Ground:
        """A few small objects of a few versions."""
        copy = storage.create(place, "a", "370783")
        for n in range(OBJECTS):
            of = ObjectId("370783", f"river-works/W-{n}", 2025)
            for v in range(VERSIONS):
                files: dict[str, Path | bytes] = {
                    "levels.csv": b"time,level_m\n" + b"2026-01-0%d,%d.5\n" % (v + 1, n) * 4,
                    f"plans/p{v}.txt": b"plan %d of work %d\n" % (v, n),
                    "note.txt": b"one note for all of work %d\n" % n,
                }
                storage.enter(copy, of, NewVersion(WHEN, "登记", "张伟", "urn:onemap:x", files))
            log.publish(copy.place, f"2026-11-{20 + n}")
        ground = Ground(copy, random.Random(seed))
        (copy.place / "lock").unlink()
        shutil.rmtree(copy.place / "staging")
        for path in copy.place.rglob("*"):
            if path.is_file():
                path.chmod(0o644)
                ground.files[str(path.relative_to(copy.place))] = path.read_bytes()
        state = LogState.read(copy.place)
        ground.head, ground.days = state.head, log.daily_roots(copy.place)[0]
        ground.entered = {name: dict(found) for name, found in state.versions.items()}
        ground.objects = {name: str(copy.folder(name).relative_to(copy.place)) for name in ground.entered}
        return ground

    def path(self, name: str) -> Path:
        """Where a file of the copy lies."""
        return self.copy.place / name

    def of(self, folder: str) -> list[str]:
        """The files of an object."""
        if folder not in self._below:
            self._below[folder] = [name for name in self.files if name.startswith(f"{folder}/")]
        return self._below[folder]

    def put_back(self, folder: str) -> None:
        """A folder as it was."""
        shutil.rmtree(self.path(folder), ignore_errors=True)
        for name in self.of(folder):
            path = self.path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.files[name])


Undo = Callable[[], object]
Injected = tuple[list[str], Undo]
"""Objects that are touched (none: the copy itself), and how to take the fault out."""


def _rewrite(ground: Ground, name: str, data: bytes) -> Undo:
    ground.path(name).write_bytes(data)
    return lambda: ground.path(name).write_bytes(ground.files[name])


def _one(ground: Ground) -> tuple[str, str]:
    name = ground.chance.choice(list(ground.objects))
    return name, ground.chance.choice(ground.of(ground.objects[name]))


def _flipped(ground: Ground, data: bytes) -> bytes:
    at = ground.chance.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def bit_flip(ground: Ground) -> Injected:
    """One bit of one file of an object: content, inventory, sidecar or declaration."""
    name, path = _one(ground)
    return [name], _rewrite(ground, path, _flipped(ground, ground.files[path]))


def truncation(ground: Ground) -> Injected:
    """A file ends early."""
    name, path = _one(ground)
    data = ground.files[path]
    return [name], _rewrite(ground, path, data[: ground.chance.randrange(len(data))])


def addition(ground: Ground) -> Injected:
    """A file goes on."""
    name, path = _one(ground)
    return [name], _rewrite(
        ground, path, ground.files[path] + ground.chance.randbytes(ground.chance.randint(1, 9))
    )


def swap(ground: Ground) -> Injected:
    """Two files of an object trade content."""
    name, one = _one(ground)
    others = [each for each in ground.of(ground.objects[name]) if ground.files[each] != ground.files[one]]
    other = ground.chance.choice(others)
    first, second = _rewrite(ground, one, ground.files[other]), _rewrite(ground, other, ground.files[one])
    return [name], lambda: (first(), second())


def rename(ground: Ground) -> Injected:
    """A file goes by another name, or lies in another folder."""
    name, path = _one(ground)
    folder = ground.path(ground.objects[name])
    new = ground.path(path).with_name(f"{ground.chance.randrange(10**6)}")
    if ground.chance.random() < 0.5:
        new = folder / f"v{ground.chance.randint(1, VERSIONS)}" / "content" / new.name
    ground.path(path).rename(new)
    return [name], lambda: new.rename(ground.path(path))


def rename_folder(ground: Ground) -> Injected:
    """A version, or its content, goes by another name."""
    name = ground.chance.choice(list(ground.objects))
    version = ground.path(ground.objects[name]) / f"v{ground.chance.randint(1, VERSIONS)}"
    old = ground.chance.choice([version, version / "content"])
    new = old.with_name(f"{old.name}{ground.chance.choice('x9.')}")
    old.rename(new)
    return [name], lambda: new.rename(old)


def deletion(ground: Ground) -> Injected:
    """A file is gone."""
    name, path = _one(ground)
    ground.path(path).unlink()
    return [name], lambda: ground.path(path).write_bytes(ground.files[path])


def stranger(ground: Ground) -> Injected:
    """A file or folder that was never entered."""
    name, path = _one(ground)
    new = ground.path(path).with_name(f"x{ground.chance.randrange(10**6)}")
    if ground.chance.random() < 0.3:
        new.mkdir()
        return [name], new.rmdir
    new.write_bytes(ground.chance.randbytes(5))
    return [name], new.unlink


def link(ground: Ground) -> Injected:
    """A link to the same content elsewhere stands for a file."""
    name, path = _one(ground)
    place, aside = ground.path(path), ground.copy.place.parent / "aside"
    aside.write_bytes(ground.files[path])
    place.unlink()
    place.symlink_to(aside)

    def undo() -> None:
        place.unlink()
        place.write_bytes(ground.files[path])

    return [name], undo


def file_rolled_back(ground: Ground) -> Injected:
    """A file has the content of its earlier version."""
    name = ground.chance.choice(list(ground.objects))
    older, newer = sorted(ground.chance.sample(range(1, VERSIONS + 1), 2))
    folder = ground.objects[name]
    data = ground.files[f"{folder}/v{older}/content/levels.csv"]
    return [name], _rewrite(ground, f"{folder}/v{newer}/content/levels.csv", data)


def rolled_back(ground: Ground) -> Injected:
    """An object is what it was at an earlier version: valid OCFL, which only the log can tell."""
    name = ground.chance.choice(list(ground.objects))
    _roll_back(ground, name, ground.chance.randint(1, VERSIONS - 1))
    return [name], lambda: ground.put_back(ground.objects[name])


def _roll_back(ground: Ground, name: str, version: int) -> None:
    folder = ground.path(ground.objects[name])
    for later in range(version + 1, VERSIONS + 1):
        shutil.rmtree(folder / f"v{later}")
    for file in (inventory.FILE, inventory.SIDECAR):
        (folder / file).write_bytes((folder / f"v{version}" / file).read_bytes())


def forged(ground: Ground) -> Injected:
    """Content is rewritten and every digest of the object with it: valid OCFL again."""
    name = ground.chance.choice(list(ground.objects))
    folder = ground.path(ground.objects[name])
    old = ground.files[f"{ground.objects[name]}/v1/content/note.txt"]
    new = _flipped(ground, old)
    (folder / "v1/content/note.txt").write_bytes(new)
    for place in (*(f"v{n}/" for n in range(1, VERSIONS + 1)), ""):
        path = folder / f"{place}{inventory.FILE}"
        data = path.read_bytes().replace(sha512(old).hexdigest().encode(), sha512(new).hexdigest().encode())
        found = inventory.read(data, name)
        second = dict(found.sha256) | {"v1/content/note.txt": sha256(new).hexdigest()}
        data = inventory.Inventory(found.id, found.versions, found.manifest, second).to_bytes()
        path.write_bytes(data)
        (folder / f"{place}{inventory.SIDECAR}").write_bytes(inventory.sidecar(data))
    return [name], lambda: ground.put_back(ground.objects[name])


def objects_swapped(ground: Ground) -> Injected:
    """Two objects stand in each other's place."""
    names = ground.chance.sample(list(ground.objects), 2)
    one, other = (ground.path(ground.objects[name]) for name in names)

    def trade() -> None:
        aside = ground.copy.place.parent / "trading"
        one.rename(aside)
        other.rename(one)
        aside.rename(other)

    trade()
    return names, trade


def log_altered(ground: Ground) -> Injected:
    """The log or its daily roots: flipped, cut, a line lost, doubled or moved."""
    path = ground.chance.choice([log.LEAVES, log.LEAVES, log.ROOTS])
    data = ground.files[path]
    lines = data.splitlines(keepends=True)
    at = ground.chance.randrange(len(lines))
    changed = {
        0: lambda: _flipped(ground, data),
        1: lambda: data[: ground.chance.randrange(len(data))],
        2: lambda: b"".join(lines[:at] + lines[at + 1 :]),
        3: lambda: b"".join([*lines[:at], lines[at], *lines[at:]]),
        4: lambda: b"".join([*lines[at:], *lines[:at]]) if at else b"".join(reversed(lines)),
    }[ground.chance.randrange(5)]()
    return [], _rewrite(ground, path, changed)


def all_rolled_back(ground: Ground) -> Injected:
    """Newest object and log go back together: the copy is valid in itself, what was published is not."""
    name = list(ground.objects)[-1]
    version = ground.chance.randint(1, VERSIONS - 1)
    _roll_back(ground, name, version)
    lines = ground.files[log.LEAVES].splitlines(keepends=True)
    undo = _rewrite(ground, log.LEAVES, b"".join(lines[: len(lines) - (VERSIONS - version)]))
    days = ground.files[log.ROOTS].splitlines(keepends=True)
    again = _rewrite(ground, log.ROOTS, b"".join(days[:-1]))

    def back() -> None:
        undo()
        again()
        ground.put_back(ground.objects[name])

    return [], back


def surroundings(ground: Ground) -> Injected:
    """The root's own files, the verifier, strangers in the root, an object in a wrong place."""
    own = [
        name
        for name in ground.files
        if name.startswith(("ocfl/0=", "ocfl/ocfl", "ocfl/ext", "verify.py", "README.txt"))
    ]
    kind = ground.chance.randrange(3)
    if kind == 0:
        path = ground.chance.choice(own)
        return [], _rewrite(ground, path, _flipped(ground, ground.files[path]))
    if kind == 1:
        new = (
            ground.path(ground.chance.choice(["ocfl", "log", ".", "ocfl/extensions"]))
            / f"x{ground.chance.random()}"
        )
        new.write_bytes(b"x")
        return [], new.unlink
    place = ground.path(ground.objects[ground.chance.choice(list(ground.objects))])
    moved = place.with_name(f"{place.name}-2")
    place.rename(moved)
    return [], lambda: moved.rename(place)


KINDS: dict[Callable[[Ground], Injected], int] = {
    bit_flip: 30,
    truncation: 12,
    addition: 5,
    swap: 10,
    rename: 8,
    rename_folder: 3,
    deletion: 4,
    stranger: 4,
    link: 2,
    file_rolled_back: 5,
    rolled_back: 3,
    forged: 1,
    objects_swapped: 2,
    log_altered: 8,
    all_rolled_back: 1,
    surroundings: 2,
}
"""Kinds of faults, and how many of a hundred."""
