"""What became of a delivery 入库报告, every rejected row with reason and place; what an export wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from spatial.datum import format_instant
from spatial.exchange.evidence import EncodingReading, Evidence, FrameReading
from spatial.history.model import Change, Difference


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that breaks one rule."""

    line: int
    fid: str | None
    rule: str
    zh: str
    en: str
    value: str | None = None
    lon_deg: float | None = None
    lat_deg: float | None = None

    def to_json(self) -> dict[str, object]:
        """JSON-ready; ``place`` is lon, lat in CGCS2000."""
        place = None if self.lon_deg is None else [self.lon_deg, self.lat_deg]
        return {
            "line": self.line,
            "fid": self.fid,
            "rule": self.rule,
            "zh": self.zh,
            "en": self.en,
            "value": self.value,
            "place": place,
        }


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The outcome of a load."""

    layer: str
    file: str
    sha256: str
    format: str
    source_layer: str
    rows: int
    outcome: str
    """``loaded``, ``unchanged``, ``dry-run`` or ``rejected``."""
    encoding: EncodingReading
    frame: FrameReading | None
    path: tuple[str, ...]
    """Operations that brought the coordinates into CGCS2000."""
    accuracy_m: float | None
    fields: tuple[tuple[str, str], ...]
    """(column of the file, field of the layer)."""
    unmapped: tuple[str, ...]
    missing: tuple[str, ...]
    confined: dict[str, bool]
    profile: dict[str, object] | None = None
    """The structure that the file follows, where the layer has profiles 图层结构档案."""
    edition: str | None = None
    """Edition of its classes, where it is one for all rows."""
    notes: tuple[Evidence, ...] = ()
    difference: Difference | None = None
    changes: tuple[Change, ...] = ()
    """The first changes, for a dry run."""
    changeset: int | None = None
    rejected: tuple[Rejection, ...] = ()
    rejected_total: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        counts = self.difference
        return {
            "layer": self.layer,
            "file": self.file,
            "sha256": self.sha256,
            "format": self.format,
            "source_layer": self.source_layer,
            "rows": self.rows,
            "outcome": self.outcome,
            "changeset": self.changeset,
            "encoding": self.encoding.to_json(),
            "frame": self.frame.to_json() if self.frame else None,
            "path": list(self.path),
            "accuracy_m": self.accuracy_m,
            "fields": [{"column": column, "field": name} for column, name in self.fields],
            "unmapped": list(self.unmapped),
            "missing": list(self.missing),
            "confined": dict(self.confined),
            "profile": self.profile,
            "edition": self.edition,
            "notes": [one.to_json() for one in self.notes],
            "difference": None
            if counts is None
            else {
                "inserted": counts.inserted,
                "updated": counts.updated,
                "retired": counts.retired,
                "unchanged": counts.unchanged,
            },
            "changes": [_change(one) for one in self.changes],
            "rejected": [one.to_json() for one in self.rejected],
            "rejected_total": self.rejected_total,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }


def _change(change: Change) -> dict[str, object]:
    return {
        "fid": change.fid,
        "kind": change.kind.value,
        "line": change.line,
        "fields": [
            {"name": one.name, "old": _plain(one.old), "new": _plain(one.new)} for one in change.fields
        ],
    }


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | float | bool | dict | list) else str(value)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written."""

    layer: str
    file: str
    format: str
    frame: str | None
    features: int
    size_bytes: int
    sha256: str
    at: datetime | None
    asof: datetime | None
    changeset: int
    """The newest one that was believed then: the state that was written; 0 before there was one."""
    path: tuple[str, ...]
    """Operations that brought the coordinates from CGCS2000 into the frame."""
    accuracy_m: float | None
    synthetic: bool

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "layer": self.layer,
            "file": self.file,
            "format": self.format,
            "frame": self.frame,
            "features": self.features,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "at": format_instant(self.at) if self.at else None,
            "asof": format_instant(self.asof) if self.asof else None,
            "changeset": self.changeset,
            "path": list(self.path),
            "accuracy_m": self.accuracy_m,
            "synthetic": self.synthetic,
        }
