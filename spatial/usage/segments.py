"""Segments of the access log: read from where one stopped, folded into sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import orjson

from spatial.usage.model import Sums, Use

PATTERN = "access-*.jsonl"
CHUNK_BYTES = 4 << 20
_MINUTE = len("2026-01-01T08:00")
_ZONE = "+08:00"
_NAMES = ("department", "credential", "collection", "method", "route")
_AMOUNTS = ("rows", "bytes", "us")
_MOST = 1 << 48
"""More is no amount of one request, and sums of it would leave the numbers that the ledger holds."""


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
            use, amounts = _use(entry), [_amount(entry[name]) for name in _AMOUNTS]
        except (ValueError, KeyError, TypeError):
            continue
        found = sums.get(use)
        if found is None:
            found = sums[use] = Sums()
        found.calls += 1
        found.rows += amounts[0]
        found.bytes += amounts[1]
        found.duration_us += amounts[2]
    return sums


def _use(entry: dict[str, object]) -> Use:
    """What a line is summed by; ValueError where it says anything that the log never does."""
    time, status = str(entry["time"]), entry["status"]
    if not time.endswith(_ZONE) or type(status) is not int or not 100 <= status <= 599:
        raise ValueError("another time or status than the log writes")
    minute = _minute(time[:_MINUTE])
    names = [entry[name] for name in _NAMES]
    if not all(isinstance(name, str) and "\0" not in name for name in names):
        raise ValueError("a name that is none")
    department, credential, collection, method, route = map(str, names)
    return Use(minute, department, credential, collection, f"{method} {route}", status // 100)


@lru_cache(maxsize=4096)
def _minute(text: str) -> str:
    """The minute as it is written, where there is such a one."""
    datetime.fromisoformat(f"{text}:00{_ZONE}").timestamp()
    return text


def _amount(found: object) -> int:
    if type(found) is not int or not 0 <= found <= _MOST:
        raise ValueError("no amount")
    return found
