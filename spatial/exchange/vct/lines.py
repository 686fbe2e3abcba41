"""The lines of a VCT file, counted, so that every fault names its place 行号."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NoReturn

from spatial.errors import UnreadableFile

_WHOLE = re.compile(rb"\s*[+-]?\d{1,18}\s*")
"""What 64 bits hold; nothing in such a file counts further."""


def whole_of(text: bytes) -> int | None:
    """A whole number as it is written; ``None`` for anything else.

    >>> whole_of(b"-12 "), whole_of(b"1_2"), whole_of(b"9" * 19)
    (-12, None, None)
    """
    return int(text) if _WHOLE.fullmatch(text) else None


class Lines:
    """Walks the bytes of a file line by line; lines come without blanks around them."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.number = 0
        """Number of the line last given out."""
        self.block = "Head"
        """Block that is being read."""
        self._file = file
        self._name = path.name

    def next(self) -> bytes:
        """The next line; raises where the file ends within a block."""
        line = self._file.readline()
        if not line:
            raise UnreadableFile(
                f"VCT 在 {self.block} 段中断(第 {self.number} 行之后),文件可能被截断:{self._name}",
                f"the VCT stops within block {self.block} (after line {self.number}); cut off? {self._name}",
                value=self._name,
                details={"line": self.number, "block": self.block},
            )
        self.number += 1
        return line.strip()

    def peek_end(self) -> bytes | None:
        """The next line that is not blank; None at the end of the file."""
        while line := self._file.readline():
            self.number += 1
            if bare := line.strip():
                return bare
        return None

    def take(self, count: int) -> list[bytes]:
        """That many lines as they stand; fewer where the file ends."""
        found = list(islice(self._file, count))
        self.number += len(found)
        if len(found) < count:
            self.next()
        return found

    def whole(self, line: bytes, what_zh: str, what_en: str) -> int:
        """A line that must be a whole number."""
        found = whole_of(line)
        if found is None:
            self.refuse(f"{what_zh}应为整数", f"{what_en} must be a whole number", line)
        return found

    def refuse(self, zh: str, en: str, found: bytes | str, line: int | None = None) -> NoReturn:
        """Raise for what is wrong in the line last given out, or in ``line``."""
        shown = found.decode("gb18030", "replace") if isinstance(found, bytes) else found
        place = line or self.number
        raise UnreadableFile(
            f"VCT 第 {place} 行({self.block} 段):{zh},实为 {shown.strip()[:60]!r}:{self._name}",
            f"VCT line {place} (block {self.block}): {en}, found {shown.strip()[:60]!r}: {self._name}",
            value=self._name,
            details={"line": place, "block": self.block},
        )
