"""The plain arrays that a reader hands over: text, masks and WKB, no objects.

``meta.json`` describes the content, ``batch-00000.npz`` … carry it. Attribute
values travel as UTF-8 text with offsets, whatever their type was in the file;
numbers were written so that reading them back gives the same number. A *lossy*
value is one that its file format can no longer hold exactly (a long code kept
as a floating-point number); it must never be taken for the value meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatial.errors import FileTooLarge
from spatial.exchange.evidence import EncodingReading, Evidence

Values = list[str | None]


@dataclass(slots=True)
class Batch:
    """Some rows of a file, column by column."""

    lines: npt.NDArray[np.int64]
    """Line of a table, or number of the feature in the file, from 1."""
    columns: list[Values]
    lossy: list[npt.NDArray[np.bool_]]
    wkb: list[bytes | None] | None
    """None where the file has no geometry."""
    problems: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Rows (by index) whose coordinates cannot be read: Chinese and English reason."""


@dataclass(frozen=True, slots=True)
class Domain:
    """The codes that a geodatabase allows in a field, and what they mean 编码值域."""

    name: str
    codes: tuple[tuple[str, str], ...]
    """Code and its name."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a file's own definitions say beside names and kinds; None is unknown."""

    widths: tuple[int | None, ...] = ()
    """Of texts, by column: characters, or bytes where the format cuts bytes."""
    aliases: tuple[str | None, ...] = ()
    """Names that a geodatabase shows for its fields 字段别名, by column."""
    domains: tuple[Domain | None, ...] = ()
    """Coded value domains, by column."""
    resolution: float | None = None
    """Step of the grid that coordinates lie on, in the unit of the frame."""
    tolerance: float | None = None
    """Below which two places are one, in the unit of the frame."""
    vertical: str | None = None
    """Vertical datum: ``EPSG:5737``, else its name."""

    def width(self, column: int) -> int | None:
        """The width of a column."""
        return self.widths[column] if column < len(self.widths) else None

    def domain(self, column: int) -> Domain | None:
        """The domain of a column."""
        return self.domains[column] if column < len(self.domains) else None


@dataclass(frozen=True, slots=True)
class Content:
    """What a reader found in a file."""

    format: str
    layer: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    """``text``, ``integer``, ``number``, ``boolean``, ``date``, ``instant`` or ``mixed``."""
    count: int
    declared: str | None
    """``EPSG:n``, ``CRS84`` or ``unknown: …`` as the file itself says; None where it says nothing."""
    encoding: EncodingReading
    name_bytes_limit: int | None
    """Where the format cuts field names (Shapefile: 10 bytes)."""
    notes: tuple[Evidence, ...]
    coordinates: tuple[str, str] | None
    """Columns of a table that became its geometry."""
    confined: dict[str, bool]
    batches: int
    folder: Path
    schema: Schema

    def read(self) -> Iterator[Batch]:
        """The rows, batch by batch."""
        for number in range(self.batches):
            yield _read_batch(self.folder / f"batch-{number:05d}.npz", len(self.columns))

    def values(self, *wanted: int) -> Iterator[tuple[Values, ...]]:
        """Some columns alone, batch by batch: the others are not unpacked."""
        for number in range(self.batches):
            with np.load(self.folder / f"batch-{number:05d}.npz", allow_pickle=False) as arrays:
                yield tuple(_column(arrays, index) for index in wanted)


class Writer:
    """Writes batches into the work folder, up to a total size."""

    def __init__(self, work: Path, limit_bytes: int) -> None:
        self.folder = work / "out"
        self.folder.mkdir()
        self.batches = 0
        self.rows = 0
        self._left = limit_bytes

    def write(self, batch: Batch) -> None:
        """Append a batch."""
        arrays: dict[str, Any] = {"lines": batch.lines}
        for index, values in enumerate(batch.columns):
            arrays |= _packed(f"c{index}", [None if v is None else v.encode("utf-8") for v in values])
            arrays[f"c{index}_lossy"] = batch.lossy[index]
        if batch.wkb is not None:
            arrays |= _packed("wkb", batch.wkb)
        arrays["problem_rows"] = np.array(list(batch.problems), dtype=np.int64)
        told = [json.dumps(reason).encode() for reason in batch.problems.values()]
        arrays |= _packed("problem_text", told)
        path = self.folder / f"batch-{self.batches:05d}.npz"
        np.savez(path, **arrays)
        self._left -= path.stat().st_size
        if self._left < 0:
            raise FileTooLarge("文件内容超出限制", "the content of the file is over the limit")
        self.batches += 1
        self.rows += len(batch.lines)

    def finish(self, **meta: Any) -> None:
        """Write the description; only now is the result complete."""
        meta |= {"batches": self.batches, "count": self.rows}
        (self.folder / "meta.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")


def read_content(work: Path) -> Content:
    """What a reader left in ``work``."""
    folder = work / "out"
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    encoding = EncodingReading(meta["encoding"]["encoding"], _evidence(meta["encoding"]["evidence"]))
    coordinates = meta["coordinates"]
    return Content(
        format=meta["format"],
        layer=meta["layer"],
        columns=tuple(meta["columns"]),
        kinds=tuple(meta["kinds"]),
        count=meta["count"],
        declared=meta["declared"],
        encoding=encoding,
        name_bytes_limit=meta["name_bytes_limit"],
        notes=_evidence(meta["notes"]),
        coordinates=(coordinates[0], coordinates[1]) if coordinates else None,
        confined=meta["confined"],
        batches=meta["batches"],
        folder=folder,
        schema=_schema(meta["schema"]),
    )


def _schema(told: dict[str, Any]) -> Schema:
    domains = [each and Domain(each["name"], tuple(map(tuple, each["codes"]))) for each in told["domains"]]
    more = {"widths": tuple(told["widths"]), "aliases": tuple(told["aliases"]), "domains": tuple(domains)}
    return Schema(**(told | more))


def _evidence(items: list[dict[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(one["kind"], one["zh"], one["en"], one["numbers"]) for one in items)


def _packed(name: str, values: Sequence[bytes | None]) -> dict[str, Any]:
    lengths = np.fromiter((0 if v is None else len(v) for v in values), np.int64, len(values))
    offsets = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    joined = b"".join(v for v in values if v is not None)
    null = np.fromiter((v is None for v in values), np.bool_, len(values))
    return {
        name: np.frombuffer(joined, dtype=np.uint8),
        f"{name}_offsets": offsets,
        f"{name}_null": null,
    }


def _unpacked(arrays: Any, name: str) -> list[bytes | None]:
    data: bytes = arrays[name].tobytes()
    offsets = arrays[f"{name}_offsets"].tolist()
    null = arrays[f"{name}_null"].tolist()
    return [
        None if gone else data[start:end]
        for start, end, gone in zip(offsets, offsets[1:], null, strict=False)
    ]


def _column(arrays: Any, index: int) -> Values:
    return [None if one is None else one.decode("utf-8") for one in _unpacked(arrays, f"c{index}")]


def _read_batch(path: Path, columns: int) -> Batch:
    with np.load(path, allow_pickle=False) as arrays:
        values = [_column(arrays, index) for index in range(columns)]
        problems = {}
        for row, told in zip(arrays["problem_rows"], _unpacked(arrays, "problem_text"), strict=True):
            zh, en = json.loads(told or b"")
            problems[int(row)] = (zh, en)
        return Batch(
            lines=arrays["lines"],
            columns=values,
            lossy=[arrays[f"c{index}_lossy"] for index in range(columns)],
            wkb=_unpacked(arrays, "wkb") if "wkb" in arrays else None,
            problems=problems,
        )
