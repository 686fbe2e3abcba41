"""The nouns of the history store 双时态要素库: columns, tables, changesets, deliveries.

Frozen data, no input or output. The physical layout that these names describe
is in ``schema.sql`` and ``store.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SRID = 4490
"""Everything is stored in CGCS2000 geographic, x = longitude, y = latitude."""


@dataclass(frozen=True, slots=True)
class Column:
    """A typed attribute column of a version table."""

    name: str
    sql_type: str
    """One of ``text``, ``bigint``, ``double precision``, ``numeric``, ``boolean``,
    ``date``, ``timestamptz``, ``jsonb``."""
    public: bool = True
    """Public columns go into the stored feature text; the others only into the table."""


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Where the versions of one layer live, derived from its contract."""

    layer: str
    """Layer id: lower case with hyphens."""
    columns: tuple[Column, ...]
    geometry: str | None
    """``Point``, ``MultiLineString``, ``MultiPolygon`` …; ``None`` for a table without geometry."""
    precision_deg: float = 1e-9
    """Coordinates are snapped to this before anything is compared or hashed (1e-9° ≈ 0.1 mm)."""

    @property
    def name(self) -> str:
        """The SQL name: hyphens become underscores."""
        return self.layer.replace("-", "_")


class Delivery(StrEnum):
    """What the rows of a delivery mean for the features it does not name."""

    FULL = "full"
    """The whole layer: believed features that are missing are retired."""
    PARTIAL = "partial"
    """Some features: the others stay as they are."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Who changes what, why, and from which day on."""

    author: str
    department: str
    reason: str
    valid_from: datetime
    """From when the delivered state is true in the city; carries a time zone."""
    delivery: Delivery = Delivery.PARTIAL
    source_sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What applying staged rows would change, counted, before anything is written."""

    inserted: int
    updated: int
    retired: int
    unchanged: int

    @property
    def empty(self) -> bool:
        """Nothing would be written."""
        return not (self.inserted or self.updated or self.retired)


@dataclass(frozen=True, slots=True)
class Changeset:
    """One entry of the ledger 变更集, chained by hash to the one before it in its layer."""

    id: int
    layer: str
    author: str
    department: str
    reason: str
    recorded_at: datetime
    source_sha256: bytes | None
    opened: int
    """Versions this changeset brought into belief."""
    closed: int
    """Versions this changeset ended belief in."""
    content_hash: bytes = field(repr=False)
    previous_hash: bytes | None = field(repr=False)
    chain_hash: bytes = field(repr=False)
