"""Files that are replaced whole 整体替换, and whether what is made of others is newer than they are."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spatial.errors import InvalidInput


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A place beside ``target`` to write to; it takes the target's name only when all is written."""
    if target.is_dir():
        raise InvalidInput(f"目标是目录:{target}", f"the target is a folder: {target}", value=str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid.uuid4().hex[:8]}.{target.name}")
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def is_newer(made: Iterable[Path], sources: Iterable[Path]) -> bool:
    """Whether anything was made, and its newest part after every source was last changed."""
    times = [each.stat().st_mtime for each in made]
    return bool(times) and max(times) > max(each.stat().st_mtime for each in sources)
