"""The journal of a copy 保存日志: its events as they happen, each line chained to the one before.

Events are facts about the life of a copy, so they cannot all wait for the next version of an object.
The next version of an object takes those of the object along, in its PREMIS document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Final

from water.archive import disk
from water.archive.model import Fault, Finding
from water.archive.premis import Event, EventType, Outcome

FILE: Final = "events.jsonl"
_START: Final = "0" * 64


def write(copy: Path, events: Iterable[Event]) -> None:
    """Add events; all or none."""
    previous = _last_hash(copy)
    lines = []
    for each in events:
        data = _line(each, previous)
        previous = sha256(data).hexdigest()
        lines.append(data + b"\n")
    if lines:
        disk.append(copy / FILE, b"".join(lines))


def read(copy: Path) -> Iterator[Event]:
    """Every event that can be read, in order."""
    for _, each in _lines(copy):
        if each is not None:
            yield each[0]


def faults(copy: Path) -> Iterator[Finding]:
    """Lines that are none, or do not follow the one before them."""
    previous = _START
    for number, (data, each) in enumerate(_lines(copy), 1):
        if each is None or each[1] != previous:
            yield Finding(Fault.LOG_ALTERED, None, f"{FILE}:{number}")
        previous = sha256(data).hexdigest()


def _line(one: Event, previous: str) -> bytes:
    told = asdict(one) | {"previous": previous}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _lines(copy: Path) -> Iterator[tuple[bytes, tuple[Event, str] | None]]:
    path = copy / FILE
    if not path.exists():
        return
    with path.open("rb") as file:
        for raw in file:
            data = raw.removesuffix(b"\n")
            yield data, (_read(data) if raw.endswith(b"\n") else None)


def _read(data: bytes) -> tuple[Event, str] | None:
    try:
        told = json.loads(data)
        previous = told.pop("previous")
        one = Event(**told | {"type": EventType(told["type"]), "outcome": Outcome(told["outcome"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return (one, previous) if _line(one, previous) == data else None


def _last_hash(copy: Path) -> str:
    """Of the last line, without reading the journal."""
    path = copy / FILE
    if not path.exists() or not path.stat().st_size:
        return _START
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 65_536))
        return sha256(file.read().rstrip(b"\n").rpartition(b"\n")[2]).hexdigest()
