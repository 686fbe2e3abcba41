"""A layer is a contract 图层契约: one declaration from which everything else comes.

The table, the grants, the JSON Schema, the queryables, the OGC collection, the
catalogue record, the import checks and the legend are all derived from it.
Contracts are TOML files (``spatial/assets/layers/*.toml`` for what the platform
ships; a city adds its own the same way).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

STAMP: Final = "合成数据"
"""What stands wherever generated data show."""


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
    shown: bool = True
    """Drawn on a map where nobody chose layers 默认显示."""
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


class Step(StrEnum):
    """What a level of far tiles does with the features of a layer 综合方法."""

    SINGLE = "single"
    """逐个: each by itself; those below a pixel, and of too many the smaller ones, are left out."""
    DISSOLVE = "dissolve"
    """合并同类: small areas of one class lie together, the ground they cover stays covered."""
    CLUSTER = "cluster"
    """聚合点: the points of a cell of the ground as one, with their number."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of a ladder of generalisation 综合分级: how tiles coarser than a zoom are made."""

    below: int
    """Zooms coarser than this, counted in the nation's and the world's set (14: all far ones);
    in the city's own set, whose tiles are sixteen times as small at a zoom, four less."""
    step: Step = Step.SINGLE
    by: str | None = None
    """Field of classes for ``dissolve`` and ``cluster``; the legend's where not said."""
    minimum_px: float | None = None
    """最小像素, in pixels of 256 to a tile: what ``single`` leaves out below this size (1 where not said),
    the grid on which ``dissolve`` tells what lies where (0.5)."""
    single_px: float = 4.0
    """From this size on ``dissolve`` keeps a feature by itself, with its identity."""
    cell_px: int = 32
    """Side of the cells of ``cluster``."""
    fields: tuple[str, ...] | None = None
    """Attributes that single features keep; all where not said."""


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
    search_index: bool = False
    """``q`` is answered from an index of pairs of characters 字对索引, whatever the size of the layer."""
    order: int = 100
    """Drawing and listing order; lower lies deeper."""
    ladder: tuple[Rung, ...] = ()
    """How far tiles are generalised, from near to far; by geometry and legend where nothing is said
    (:mod:`spatial.catalogue.ladder`)."""

    def field(self, name: str) -> Field:
        """The field of that name; KeyError where there is none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)


def stamped(synthetic: bool) -> dict[str, str]:
    """What a document says that rests on generated data 合成数据; nothing of others.

    >>> stamped(True), stamped(False)
    ({'onemap:synthetic': '合成数据'}, {})
    """
    return {"onemap:synthetic": STAMP} if synthetic else {}
