"""The nouns of the history store 双时态要素库: columns, tables, changesets, deliveries.

Frozen data, no input or output. The physical layout that these names describe
is in ``store.py`` and ``schema.sql``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SRID = 4490
"""Everything is stored in CGCS2000 geographic, x = longitude, y = latitude."""

GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")

RESERVED_COLUMNS = frozenset(
    {
        "fid",
        "valid_from",
        "valid_to",
        "recorded_from",
        "recorded_to",
        "opened_by",
        "closed_by",
        "next_from",
        "geom",
        "content_sha256",
        "feature",
        "changeset",
        "line",
        "remove",
        "expected_changeset",
    }
)
"""Names the store needs for itself; no attribute column may have one of them."""


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
    indexes: tuple[tuple[str, ...], ...] = ()
    """Attributes by whose values believed rows are found without reading the layer."""
    key: str = ""
    """The attribute, a text, whose value is the identity itself; empty where there is none such."""
    searched: tuple[str, ...] = ()
    """Texts whose pairs of characters believed rows are found by; public ones, for what somebody may not
    see must not tell by its speed."""

    @property
    def name(self) -> str:
        """The SQL name: hyphens become underscores."""
        return self.layer.replace("-", "_")

    @property
    def believed(self) -> str:
        """The SQL name of the part that holds what is believed now."""
        return f"{self.name}_believed"


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


class ChangeKind(StrEnum):
    """What happens, or happened, to a feature."""

    INSERT = "insert"
    UPDATE = "update"
    RETIRE = "retire"
    """A feature ends being true from an instant on; its past stays."""
    DELETE = "delete"
    """In a difference of two states: the feature is in the older one only."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; values as JSON has them, geometry as a GeoJSON object under ``geom``."""

    name: str
    old: object
    new: object


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one feature, with the fields that differ."""

    fid: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    valid_from: datetime | None = None
    """From when the change holds in the city."""
    valid_to: datetime | None = None
    """Until when; ``None`` for from then on."""
    line: int | None = None
    """Line of the delivery that says so; ``None`` where a row is missing from it."""


def changed_fields(old: dict[str, object] | None, new: dict[str, object] | None) -> tuple[FieldChange, ...]:
    """The fields that differ; all that have a value where one side is missing."""
    before, after = old or {}, new or {}
    names = list(dict.fromkeys((*after, *before)))
    return tuple(
        FieldChange(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a feature: what was believed to be true, and when, on both axes of time."""

    fid: str
    valid_from: datetime
    valid_to: datetime | None
    recorded_from: datetime
    recorded_to: datetime | None
    """``None`` while it is believed."""
    opened_by: int
    closed_by: int | None
    feature: str = field(repr=False)
    """The finished GeoJSON Feature."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One place where the history is not what was written."""

    changeset: int | None
    """``None`` where rows name no changeset of the ledger."""
    layer: str
    zh: str
    en: str
    fids: tuple[str, ...] = ()
    """Features whose rows fail; at most a hundred are named."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict over the ledger and the rows under it."""

    changesets: int
    versions: int
    broken: tuple[Broken, ...]

    @property
    def ok(self) -> bool:
        """Everything is as it was written."""
        return not self.broken
