"""The log of the archive 存证日志: one line a version, a Merkle tree over the lines, a root a day.

``leaves.jsonl`` holds the entries, one line each: the line without its end is the leaf of RFC 6962.
``roots.jsonl`` holds the daily roots. Both only grow. They lie beside the storage root, which may
hold OCFL objects alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

from spatial.errors import shorten
from water.archive import disk, merkle
from water.archive.model import DailyRoot, Fault, Finding, Head, Leaf
from water.errors import ArchiveDamaged, UnknownArchiveObject

LEAVES: Final = "log/leaves.jsonl"
ROOTS: Final = "log/roots.jsonl"


def line(leaf: Leaf) -> bytes:
    """A leaf as it is hashed and stored."""
    document = {"object": leaf.object, "version": leaf.version, "sha512": leaf.sha512, "time": leaf.time}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read_line(data: bytes) -> Leaf:
    """The leaf of a line; ArchiveDamaged where it is not exactly one."""
    try:
        document = json.loads(data)
        leaf = Leaf(**document)
        if line(leaf) != data or not isinstance(leaf.version, int):
            raise ValueError("not as this archive writes it")
    except (ValueError, TypeError) as failure:
        shown = shorten(data.decode(errors="replace"))
        raise ArchiveDamaged(
            f"存证日志的一行被改动,请从另一副本修复:{shown}",
            f"a line of the log was altered ({failure}); repair it from another copy: {shown}",
            value=shown,
        ) from failure
    return leaf


@dataclass(frozen=True)
class Proof:
    """That an entry stands in the log of some size: checked with the root of that size alone."""

    leaf: Leaf
    index: int
    head: Head
    path: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The proof for others: the entry as it is hashed, its position, and the path to the root."""
        return {
            "entry": line(self.leaf).decode(),
            "index": self.index,
            "size": self.head.size,
            "root": self.head.root,
            "path": list(self.path),
        }

    def holds(self) -> bool:
        """Whether the path leads from the entry to the root."""
        return merkle.included(
            merkle.leaf_hash(line(self.leaf)),
            self.index,
            self.head.size,
            [bytes.fromhex(step) for step in self.path],
            bytes.fromhex(self.head.root),
        )


@dataclass(frozen=True)
class LogState:
    """The log at one instant, read whole."""

    lines: tuple[bytes, ...]
    torn: bytes = b""
    """What stands after the last end of a line."""

    @staticmethod
    def read(copy: Path) -> LogState:
        """The log of a copy; an empty one where there is none yet."""
        path = copy / LEAVES
        data = path.read_bytes() if path.exists() else b""
        *whole, torn = data.split(b"\n")
        return LogState(tuple(whole), torn)

    @cached_property
    def hashes(self) -> list[bytes]:
        """The leaf hashes."""
        return [merkle.leaf_hash(each) for each in self.lines]

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The entries; ArchiveDamaged at the first that is none."""
        return tuple(read_line(each) for each in self.lines)

    @cached_property
    def versions(self) -> dict[str, dict[int, str]]:
        """Object → version → SHA-512 of its inventory."""
        found: dict[str, dict[int, str]] = {}
        for leaf in self.leaves:
            found.setdefault(leaf.object, {})[leaf.version] = leaf.sha512
        return found

    @cached_property
    def head(self) -> Head:
        """Size and root now."""
        return Head(len(self.lines), merkle.root(self.hashes).hex())

    def heads(self, sizes: Iterable[int]) -> dict[int, Head]:
        """The roots at several sizes, in one pass; sizes that were never reached are left out."""
        wanted, tree = set(sizes), merkle.Frontier()
        found = {0: Head(0, tree.root().hex())} if 0 in wanted else {}
        for each in self.hashes:
            tree.add(each)
            if tree.size in wanted:
                found[tree.size] = Head(tree.size, tree.root().hex())
        return found

    def proof(self, object_id: str, version: int, size: int | None = None) -> Proof:
        """The proof that a version was entered, against the root of ``size`` leaves or of all."""
        size = len(self.lines) if size is None else size
        for index, leaf in enumerate(self.leaves[:size]):
            if (leaf.object, leaf.version) == (object_id, version):
                path = merkle.inclusion_proof(index, self.hashes[:size])
                head = self.heads([size])[size]
                return Proof(leaf, index, head, tuple(step.hex() for step in path))
        raise UnknownArchiveObject(
            f"存证日志中没有该版本:{object_id} v{version}",
            f"the log has no such version: {object_id} v{version}",
            value=f"{object_id} v{version}",
        )

    def faults(self, trusted: Sequence[Head]) -> Iterator[Finding]:
        """Where the log itself is not what it was: entries that are none, roots that do not come out."""
        if self.torn:
            yield Finding(Fault.LOG_ALTERED, None, LEAVES, "last line without its end")
        newest: dict[str, int] = {}
        for number, each in enumerate(self.lines, 1):
            try:
                leaf = read_line(each)
            except ArchiveDamaged:
                yield Finding(Fault.LOG_ALTERED, None, f"{LEAVES}:{number}", "no entry")
                continue
            if leaf.version != newest.get(leaf.object, 0) + 1:
                yield Finding(Fault.LOG_ALTERED, None, f"{LEAVES}:{number}", "version out of order")
            newest[leaf.object] = leaf.version
        found = self.heads(head.size for head in trusted)
        for head in trusted:
            if head.size > len(self.lines):
                yield Finding(Fault.LOG_BEHIND, None, LEAVES, f"{len(self.lines)} < {head.size}")
            elif found[head.size] != head:
                yield Finding(Fault.LOG_ALTERED, None, LEAVES, f"root of {head.size} leaves")


def daily_roots(copy: Path) -> tuple[tuple[DailyRoot, ...], tuple[Finding, ...]]:
    """The roots that were published, and the lines that are none."""
    path = copy / ROOTS
    if not path.exists():
        return (), ()
    *whole, torn = path.read_bytes().split(b"\n")
    found: list[DailyRoot] = []
    faults = [Finding(Fault.LOG_ALTERED, None, ROOTS, "last line without its end")] if torn else []
    for number, each in enumerate(whole, 1):
        try:
            document = json.loads(each)
            one = DailyRoot(document["day"], Head(document["size"], document["root"]))
            if _root_line(one) != each:
                raise ValueError("not as this archive writes it")
            found.append(one)
        except (ValueError, KeyError, TypeError):
            faults.append(Finding(Fault.LOG_ALTERED, None, f"{ROOTS}:{number}", "no root"))
    for before, after in pairwise(found):
        if after.day <= before.day or after.head.size < before.head.size:
            faults.append(Finding(Fault.LOG_ALTERED, None, ROOTS, f"{after.day} out of order"))
    return tuple(found), tuple(faults)


def _root_line(one: DailyRoot) -> bytes:
    document = {"day": one.day, "size": one.head.size, "root": one.head.root}
    return json.dumps(document, separators=(",", ":")).encode()


def publish(copy: Path, day: str) -> DailyRoot:
    """The root of a day, kept once: asked again on the same day, it is the one that was given."""
    roots, faults = daily_roots(copy)
    if faults:
        raise ArchiveDamaged(faults[0].zh, faults[0].en, value=faults[0].path)
    if roots and roots[-1].day >= day:
        return roots[-1]
    one = DailyRoot(day, LogState.read(copy).head)
    disk.append(copy / ROOTS, _root_line(one) + b"\n")
    return one


def add_roots(copy: Path, roots: Sequence[DailyRoot]) -> None:
    """Take over roots that another copy published."""
    if roots:
        disk.append(copy / ROOTS, b"".join(_root_line(one) + b"\n" for one in roots))


def append(copy: Path, leaves: Sequence[Leaf]) -> None:
    """Enter versions; all or none."""
    disk.append(copy / LEAVES, b"".join(line(leaf) + b"\n" for leaf in leaves))


def last(copy: Path) -> bytes:
    """The last line, without reading the log."""
    path = copy / LEAVES
    if not path.exists():
        return b""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4096))
        return file.read().rstrip(b"\n").rpartition(b"\n")[2]


def length(copy: Path) -> int:
    """How many entries there are."""
    path = copy / LEAVES
    return path.read_bytes().count(b"\n") if path.exists() else 0
