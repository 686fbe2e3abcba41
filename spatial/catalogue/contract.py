"""A layer is a contract 图层契约: one declaration from which everything else comes.

The table, the grants, the JSON Schema, the queryables, the OGC collection, the
catalogue record, the import checks and the legend are all derived from it.
Contracts are TOML files (``spatial/assets/layers/*.toml`` for what the platform
ships; a city adds its own the same way).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """Types of attribute values."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"


class Sharing(StrEnum):
    """共享类型 of the national rules for sharing government data."""

    OPEN = "unconditional"  # 无条件共享
    CONDITIONAL = "conditional"  # 有条件共享
    CLOSED = "none"  # 不予共享


class Secrecy(StrEnum):
    """Who may see a field."""

    PUBLIC = "public"
    INTERNAL = "internal"


class HeightType(StrEnum):
    """Kind of the heights in a layer; mixed kinds look plausible and go unnoticed."""

    NONE = "none"
    NORMAL_1985 = "normal_1985"
    ELLIPSOIDAL = "ellipsoidal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Title:
    """Chinese first, English second."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a layer."""

    name: str
    type: FieldType
    title: Title
    unit: str | None = None
    """UCUM code of the unit, for numbers."""
    required: bool = False
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    codes: tuple[tuple[str, Title], ...] = ()
    """Code list: stored code and its label; empty where any value may stand."""
    pattern: str | None = None
    """Regular expression a text must match as a whole."""
    secrecy: Secrecy = Secrecy.PUBLIC
    indexed: bool = False
    """Searches by this field are answered from an index 建索引; it costs a little at each write."""
    aliases: tuple[str, ...] = ()
    """Names under which deliveries bring this field (``MC``, ``名称`` …)."""


@dataclass(frozen=True, slots=True)
class Legend:
    """How the layer is drawn where nothing else is said."""

    kind: str
    """``fill``, ``line`` or ``circle``; ``none`` for a layer without geometry."""
    color: str
    """#rrggbb"""
    outline: str | None = None
    width_px: float = 1.0
    radius_px: float = 4.0
    opacity: float = 1.0
    label: str | None = None
    """Field whose text labels the feature."""
    min_zoom: float = 0.0
    by: str | None = None
    """Field with a code list that decides the colour."""
    colors: tuple[tuple[str, str], ...] = ()
    """(code, #rrggbb) where ``by`` is set."""
    table: str | None = None
    """Table of symbols 符号表 for the codes of ``by``; a colour of ``colors`` goes before the table's."""
    height: str | None = None
    """Field, a number of metres, to which areas rise where the map is tilted 2.5 维."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Rules every delivery must keep; each is checked as one set-based statement."""

    within_city: bool = True
    """Every geometry intersects the city's extent."""
    valid_geometry: bool = True
    unique: tuple[tuple[str, ...], ...] = ()
    """Field combinations that no two features valid at one instant may share."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One layer of the platform."""

    id: str
    """Lower case with hyphens: ``land-use-survey``."""
    title: Title
    description: Title
    steward: str
    """The one department that owns the layer (数据谁主管谁负责)."""
    source_standard: str
    """Standard, edition and clause, or where the data comes from."""
    geometry: str | None
    """``Point``, ``MultiPoint``, ``LineString``, ``MultiLineString``, ``Polygon``, ``MultiPolygon``;
    ``None`` for a plain table."""
    key: str
    """The field that carries the feature's identity; ``""`` means the platform assigns a UUIDv7."""
    valid_time: Title
    """What the valid time of this layer means."""
    fields: tuple[Field, ...]
    legend: Legend
    height_type: HeightType = HeightType.NONE
    precision_deg: float = 1e-9
    sharing: Sharing = Sharing.CONDITIONAL
    licence: str = ""
    quality: Quality = field(default_factory=Quality)
    synthetic: bool = False
    """合成数据: generated, stamped wherever it shows."""
    order: int = 100
    """Drawing and listing order; lower lies deeper."""

    def field(self, name: str) -> Field:
        """The field of that name; KeyError where there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
