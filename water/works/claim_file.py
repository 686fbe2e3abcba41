"""Claims out of a file 主张导入: CSV or XLSX with a column a field, by name or Chinese title.

Read behind the fences of the exchange. Whole or not at all: every row that cannot be meant is named with
its line and the reason, and nothing is taken while one is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from spatial.errors import FieldsDoNotMatch, OneMapError, RowsRejected, UnreadableFile
from spatial.exchange import originals, sandbox
from spatial.exchange.batches import Content, read_content
from spatial.exchange.fields import column_named, plain
from spatial.exchange.originals import Original
from spatial.exchange.sandbox import Job, Limits
from water.errors import ClaimRefused
from water.works.claim import Claim
from water.works.layers import CLAIMS, contract
from water.works.rules import claim_of

LISTED: Final = 1000
"""Faults that are told one by one; all are counted."""
NEEDED: Final = ("subject_kind", "subject", "subject_name", "property", "document")
_DERIVED: Final = frozenset({"claim_id", "quantity"})
"""What the platform works out itself; such columns of its own exports are passed over."""
_LIMITS: Final = Limits(cpu_s=30, wall_s=60.0, file_bytes=32 << 20, rows=200_000)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken."""

    line: int
    zh: str
    en: str
    value: object

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return {"line": self.line, "zh": self.zh, "en": self.en, "value": self.value}


@dataclass(frozen=True, slots=True)
class Handed:
    """What a file gave."""

    claims: tuple[Claim, ...]
    sha256: bytes


def read(path: Path, keep: Callable[[Original], object] | None = None) -> Handed:
    """The claims of a file; RowsRejected with every fault, FieldsDoNotMatch for its header.

    ``keep`` is called with the original once its rows are found to be sound.
    """
    if path.suffix.lower() not in (".csv", ".txt", ".xlsx"):
        raise UnreadableFile(
            f"主张以 CSV 或 XLSX 导入:{path.name}",
            f"claims come as CSV or XLSX: {path.name}",
            value=path.name,
        )
    with sandbox.work_folder() as work:
        original = originals.stage(path, work, _LIMITS)
        sandbox.run(Job(str(original.dataset), str(work), limits=_LIMITS, wants_geometry=False))
        claims = _claims(read_content(work), path.name)
        if keep is not None:
            keep(original)
        return Handed(claims, original.sha256)


def shipped(keep: Callable[[Original], object] | None = None) -> Handed:
    """The sourced facts on 弥河 and 丹河 that come with the platform, each with its source."""
    with resources.as_file(resources.files("water") / "assets" / "river-claims.csv") as path:
        return read(path, keep)


def _claims(content: Content, name: str) -> tuple[Claim, ...]:
    columns = _columns(content, name)
    claims: list[Claim] = []
    faults: list[Fault] = []
    for line, cells in _rows(content):
        told = {field: cells[at] for field, at in columns.items()}
        try:
            claims.append(claim_of(told))
        except ClaimRefused as failure:
            faults.append(Fault(line, failure.zh, failure.en, failure.value))
    if faults:
        raise _rejected(faults, name)
    return tuple(claims)


def _columns(content: Content, name: str) -> dict[str, int]:
    taken: dict[str, int] = {}
    for field in contract(CLAIMS).fields:
        found = column_named(
            (field.name, field.title.zh, field.title.en, *field.aliases), content, taken.values()
        )
        if found is not None:
            taken[field.name] = found
    missing = [each for each in NEEDED if each not in taken]
    unknown = [each for at, each in enumerate(content.columns) if at not in taken.values() and plain(each)]
    if missing or unknown:
        titles = "、".join(f"{each}({contract(CLAIMS).field(each).title.zh})" for each in missing)
        raise FieldsDoNotMatch(
            f"缺少列 {titles or '无'},不认识的列 {'、'.join(unknown) or '无'}:{name}",
            f"columns missing: {', '.join(missing) or 'none'}, unknown: {unknown or 'none'}: {name}",
            value=missing or unknown,
            details={"missing": missing, "unknown": unknown},
        )
    return {field: at for field, at in taken.items() if field not in _DERIVED}


def _rows(content: Content) -> Iterator[tuple[int, list[str | None]]]:
    for batch in content.read():
        yield from (
            (int(line), [column[row] for column in batch.columns]) for row, line in enumerate(batch.lines)
        )


def _rejected(faults: list[Fault], name: str) -> OneMapError:
    first = faults[0]
    return RowsRejected(
        f"{len(faults)} 行不合格,未登记任何主张;第一处在第 {first.line} 行:{first.zh}",
        f"{len(faults)} rows cannot be taken, nothing was; the first is line {first.line}: {first.en}",
        value=first.value,
        details={"report": {"file": name, "faults": [each.to_json() for each in faults[:LISTED]]}},
    )
