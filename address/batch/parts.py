"""What is done of a list 断点: its blocks in a folder, so that a run which was cut off goes on there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from address.match import Decision
from spatial.files import replacing

BUCKETS: Final = {Decision.AUTOMATIC: "自动", Decision.REVIEW: "待审", Decision.REJECT: "失败"}
_TOTALS: Final = b"onemap.totals"


@dataclass(slots=True)
class Totals:
    """What became of a list, or of a block of it."""

    rows: int = 0
    empty: int = 0
    """Rows without any text; they fail."""
    cut: int = 0
    """Rows whose text was longer than is read."""
    buckets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS.values(), 0))
    expected_wrong: float = 0.0
    """Of the automatic ones, by their calibrated confidence."""
    unexplained: int = 0
    """Rows to review beyond those that are looked at one by one."""

    def add(self, other: Totals) -> None:
        """Those of another block besides."""
        self.rows += other.rows
        self.empty += other.empty
        self.cut += other.cut
        for bucket, number in other.buckets.items():
            self.buckets[bucket] += number
        self.expected_wrong += other.expected_wrong
        self.unexplained += other.unexplained

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return asdict(self) | {"expected_wrong": round(self.expected_wrong, 2)}


class Parts:
    """A folder of finished blocks, good for one list, one register and one way of matching."""

    def __init__(self, folder: Path, state: Mapping[str, object]) -> None:
        """Take up what is there where its state is this one; else begin anew."""
        self._folder = folder
        told = json.dumps(state, ensure_ascii=False, sort_keys=True)
        said = folder / "state.json"
        if not said.is_file() or said.read_text(encoding="utf-8") != told:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            with replacing(said) as beside:
                beside.write_text(told, encoding="utf-8")

    def kept(self, number: int) -> tuple[pa.Table, Totals] | None:
        """A finished block."""
        path = self._path(number)
        if not path.is_file():
            return None
        table = pq.read_table(path)
        told = Totals(**json.loads((table.schema.metadata or {})[_TOTALS]))
        return table.replace_schema_metadata(None), told

    def keep(self, number: int, table: pa.Table, totals: Totals) -> None:
        """Keep a block, whole or not at all."""
        told = table.replace_schema_metadata({_TOTALS: json.dumps(asdict(totals)).encode()})
        with replacing(self._path(number)) as beside:
            pq.write_table(told, beside, compression="zstd")

    def remove(self) -> None:
        """The list is done."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.parquet"
