"""Segments of the access log: read from where one stopped, folded into sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from spatial.usage.model import Sums, Use

PATTERN = "access-*.jsonl"
CHUNK_BYTES = 4 << 20
_MINUTE = len("2026-01-01T08:00")


def segments(folder: Path) -> list[Path]:
    """The segments there are, by name."""
    return sorted(folder.glob(PATTERN))


def chunks(path: Path, offset: int, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """What was written after ``offset``, in pieces of whole lines; a line still being written is left."""
    with path.open("rb") as file:
        file.seek(offset)
        rest = b""
        while piece := file.read(chunk_bytes):
            whole, end, rest = (rest + piece).rpartition(b"\n")
            if end:
                yield whole + end


def folded(lines: Iterable[bytes], into: dict[Use, Sums] | None = None) -> dict[Use, Sums]:
    """The sums of some lines. A line that a failing machine left unreadable counts for nothing."""
    sums: dict[Use, Sums] = {} if into is None else into
    for line in lines:
        try:
            entry = orjson.loads(line)
            rows, size, duration_us = int(entry["rows"]), int(entry["bytes"]), int(entry["us"])
            use = Use(
                entry["time"][:_MINUTE],
                entry["department"],
                entry["credential"],
                entry["collection"],
                f"{entry['method']} {entry['route']}",
                entry["status"] // 100,
            )
        except (ValueError, KeyError, TypeError):
            continue
        found = sums.get(use)
        if found is None:
            found = sums[use] = Sums()
        found.calls += 1
        found.rows += rows
        found.bytes += size
        found.duration_us += duration_us
    return sums
