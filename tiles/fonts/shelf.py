"""The shelf 字库: a folder with the slices that were made, and the list of them.

A file is named by the digest of its content and never changes. The list is
replaced whole, so that a reader never sees half of it; an interrupted maker
goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spatial.lock import exclusive
from tiles.fonts.slices import Group, Slice, characters, ranges

if TYPE_CHECKING:  # whoever only reads the shelf need not load what cuts fonts
    from tiles.fonts.outlines import Outlines

LIST = "list.json"
LISTED_EVERY = 16
"""Slices made until they are listed."""
KEPT_S = 7 * 86_400.0
"""For pages that were opened before a file was replaced."""


@dataclass(frozen=True, slots=True)
class Face:
    """One file on the shelf."""

    group: Group
    file: str
    ranges: tuple[str, ...]
    """The characters it draws, as CSS writes them: ``U+4E00-4E7F``."""
    key: str
    """What it was made of."""

    @property
    def part(self) -> Slice:
        """The slice it was made of."""
        return Slice(self.group, characters(self.ranges))


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder, whether it is there already or not."""

    folder: Path

    @property
    def changed_ns(self) -> int:
        """Tells one list from the next; 0 where nothing was made yet."""
        try:
            return (self.folder / LIST).stat().st_mtime_ns
        except OSError:
            return 0

    def faces(self) -> tuple[Face, ...]:
        """What was made, in the order in which a character looks for its file; nothing at first."""
        try:
            listed = json.loads((self.folder / LIST).read_text(encoding="ascii"))
        except FileNotFoundError:
            return ()
        return tuple(
            Face(Group(each["group"]), each["file"], tuple(each["ranges"]), each["key"]) for each in listed
        )

    def fill(self, outlines: Outlines, wanted: Iterable[Slice], groups: Iterable[Group]) -> Iterator[int]:
        """Make what is missing of these slices, which are all that these groups shall hold.

        Yields after each slice how many of them are there. One maker at a time; whoever stops
        asking stops it, and what was made by then is found again.
        """
        parts, replaced = tuple(wanted), frozenset(groups)
        self.folder.mkdir(parents=True, exist_ok=True)
        with exclusive(self.folder / "lock"):
            before = [face for face in self.faces() if (self.folder / face.file).is_file()]
            held = {face.key: face for face in before}
            others = [face for face in before if face.group not in replaced]
            faces: list[Face] = []
            made = 0
            for part in parts:
                key = outlines.key(part)
                if key not in held:
                    held[key] = self._make(outlines, part, key)
                    made += 1
                    if made % LISTED_EVERY == 0:
                        outlines.let_go()
                        self._list([*before, *(face for face in held.values() if face not in before)])
                faces.append(held[key])
                yield len(faces)
            self._list([*others, *faces])
            self._clear()

    def _make(self, outlines: Outlines, part: Slice, key: str) -> Face:
        content = outlines.cut(part)
        file = f"{hashlib.sha256(content).hexdigest()[:20]}.woff2"
        _write(self.folder / file, content)
        return Face(part.group, file, ranges(part.characters), key)

    def _list(self, faces: Iterable[Face]) -> None:
        order = list(Group)
        listed = [
            {"group": face.group, "file": face.file, "ranges": face.ranges, "key": face.key}
            for face in sorted(faces, key=lambda face: order.index(face.group))
        ]
        content = json.dumps(listed, separators=(",", ":")).encode()
        path = self.folder / LIST
        if not path.is_file() or path.read_bytes() != content:
            _write(path, content)

    def _clear(self) -> None:
        listed = {face.file for face in self.faces()}
        for path in self.folder.glob("*.woff2"):
            if path.name not in listed and time.time() - path.stat().st_mtime > KEPT_S:
                path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
