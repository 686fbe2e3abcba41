"""From a contract to the checks of a delivery 质检规则, compiled to SQL.

A check is a predicate over one staged row (alias ``s``) that is true where the
row breaks the rule. ``quality`` counts all of them in a single scan and lists
the rows of those that are broken. Values stand in the SQL as quoted literals,
for the predicates are compiled once per contract and run without parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from spatial.catalogue.city import Extent
from spatial.catalogue.contract import Contract, Field, FieldType
from spatial.history.model import SRID

LONGEST_KEY = 200
"""Characters; a key stands in addresses and links."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule over one row."""

    name: str
    field: str | None
    broken: Composed
    """Predicate over ``s``, true where the row breaks the rule."""
    value: Composable
    """Expression over ``s`` that shows what offended."""
    zh: str
    en: str
    element: str = "logical consistency / domain"
    """Element of ISO 19157 the rule measures."""
    removals_too: bool = False
    """Whether rows that only retire a feature are held to it."""

    @property
    def rule(self) -> str:
        """The rule's id: ``required:name``, ``geometry-invalid``."""
        return f"{self.name}:{self.field}" if self.field else self.name


def row_checks(contract: Contract, extent_4490: Extent) -> tuple[Check, ...]:
    """All checks that look at one row alone."""
    return (
        *_key_checks(),
        *(check for field in contract.fields for check in field_rules(field)),
        *(geometry_checks(contract, extent_4490) if contract.geometry else ()),
    )


def _key_checks() -> Iterator[Check]:
    fid = SQL("s.fid")
    yield Check(
        "key-missing",
        None,
        SQL("(s.fid is null or s.fid = '')").format(),
        fid,
        "没有主键值,请补上",
        "has no key value, give one",
        removals_too=True,
    )
    yield Check(
        "key-format",
        None,
        SQL("(length(s.fid) > {} or s.fid ~ '^\\s|\\s$|[[:cntrl:]]')").format(Literal(LONGEST_KEY)),
        fid,
        f"主键首尾不能有空格,不能含控制字符,至多 {LONGEST_KEY} 个字符",
        f"a key has no space at its ends, no control characters, at most {LONGEST_KEY} characters",
        removals_too=True,
    )
    yield Check(
        "interval-order",
        None,
        SQL("s.valid_from >= s.valid_to").format(),
        SQL("concat(s.valid_from, ' / ', s.valid_to)"),
        "有效时间的起点须早于终点",
        "the valid time must start before it ends",
        "temporal quality / temporal validity",
        removals_too=True,
    )


def field_rules(field: Field) -> Iterator[Check]:
    """The checks of one attribute; they hold for staged rows and for versions alike."""
    # Empty text is no value: the store writes null for it.
    given = SQL("nullif(s.{}, '')") if field.type is FieldType.TEXT else SQL("s.{}")
    column = given.format(Identifier(field.name))
    title_zh, title_en = f"字段 {field.name}({field.title.zh})", f"field {field.name}"
    if field.required:
        yield Check(
            "required",
            field.name,
            SQL("{} is null").format(column),
            SQL("null::text"),
            f"{title_zh} 必填而为空",
            f"{title_en} is required but empty",
            "completeness / omission",
        )
    if field.max_length is not None:
        yield Check(
            "max-length",
            field.name,
            # Bytes first: they need no counting, and no text has more characters than bytes.
            SQL("octet_length({0}) > {1} and length({0}) > {1}").format(column, Literal(field.max_length)),
            column,
            f"{title_zh} 超过 {field.max_length} 个字符",
            f"{title_en} is longer than {field.max_length} characters",
            "logical consistency / format",
        )
    if field.pattern is not None:
        # Collation C: digits and letters are those of ASCII, as in JSON Schema.
        yield Check(
            "pattern",
            field.name,
            SQL('{} !~ {} collate "C"').format(column, Literal(f"^(?:{field.pattern})$")),
            column,
            f"{title_zh} 不符合格式 {field.pattern}",
            f"{title_en} does not match {field.pattern}",
            "logical consistency / format",
        )
    if field.codes:
        codes: list[object] = [
            int(code) if field.type is FieldType.INTEGER else code for code, _ in field.codes
        ]
        shown = ", ".join(str(code) for code in codes[:12]) + (" …" if len(codes) > 12 else "")
        yield Check(
            "code",
            field.name,
            SQL("{} not in ({})").format(column, SQL(", ").join(map(Literal, codes))),
            column,
            f"{title_zh} 不在代码表中({shown})",
            f"{title_en} is not in the code list ({shown})",
            "thematic accuracy / classification",
        )
    yield from _range_rules(field, column, title_zh, title_en)


def _range_rules(field: Field, column: Composed, title_zh: str, title_en: str) -> Iterator[Check]:
    unit = f" {field.unit}" if field.unit and field.unit != "1" else ""
    if field.type is FieldType.NUMBER:
        yield Check(
            "finite",
            field.name,
            SQL("{} in ('NaN', 'Infinity', '-Infinity')").format(column),
            column,
            f"{title_zh} 不是有限的数",
            f"{title_en} is no finite number",
        )
    if field.type in (FieldType.DATE, FieldType.INSTANT):
        yield Check(
            "finite",
            field.name,
            SQL("not isfinite({})").format(column),
            column,
            f"{title_zh} 不是有限的时间",
            f"{title_en} is no finite time",
        )
    if field.minimum is not None:
        yield Check(
            "minimum",
            field.name,
            SQL("{} < {}").format(column, Literal(field.minimum)),
            column,
            f"{title_zh} 小于 {field.minimum:g}{unit}",
            f"{title_en} is less than {field.minimum:g}{unit}",
        )
    if field.maximum is not None:
        yield Check(
            "maximum",
            field.name,
            SQL("{} > {}").format(column, Literal(field.maximum)),
            column,
            f"{title_zh} 大于 {field.maximum:g}{unit}",
            f"{title_en} is greater than {field.maximum:g}{unit}",
        )


def geometry_checks(contract: Contract, extent_4490: Extent) -> Iterator[Check]:
    """The checks of a geometry, cheap ones first; broken geometries fall into one rule, not all."""
    kind = contract.geometry or ""
    yield Check(
        "geometry-missing",
        None,
        SQL("(s.geom is null or ST_IsEmpty(s.geom))").format(),
        SQL("ST_AsText(s.geom)"),
        "没有几何或几何为空",
        "has no geometry or an empty one",
        "completeness / omission",
    )
    yield Check(
        "geometry-type",
        None,
        SQL("not ({})").format(_fits(kind)),
        SQL("GeometryType(s.geom)"),
        f"几何类型须为 {kind}",
        f"the geometry must be a {kind}",
        "logical consistency / format",
    )
    yield Check(
        "geometry-frame",
        None,
        SQL("ST_SRID(s.geom) not in (0, {})").format(Literal(SRID)),
        SQL("ST_SRID(s.geom)"),
        f"坐标系须为 EPSG:{SRID}",
        f"the frame must be EPSG:{SRID}",
        "logical consistency / format",
    )
    yield Check(
        "geometry-coordinate",
        None,
        _misplaced(kind),
        SQL("left(ST_AsText(s.geom), 80)"),
        "坐标不是有限的经纬度(NaN、无穷或越界)",
        "a coordinate is no finite longitude and latitude (NaN, infinite or out of range)",
    )
    if contract.quality.valid_geometry and kind not in ("Point", "MultiPoint"):
        yield Check(
            "geometry-invalid",
            None,
            SQL("({} and {} and not ST_IsValid(s.geom))").format(_fits(kind), _finite(kind)),
            SQL("(ST_IsValidDetail(s.geom)).reason"),
            "几何不合法(自相交等),请在制图软件中修复",
            "the geometry is not valid, mend it where it was drawn",
            "logical consistency / topological",
        )
    if contract.quality.within_city:
        yield Check(
            "outside-city",
            None,
            _outside(kind, extent_4490),
            SQL("left(ST_AsText(s.geom, 6), 80)"),
            "在城市范围之外,请检查坐标系与坐标次序",
            "lies outside the city, check the frame and the order of axes",
            "positional accuracy / gross error",
        )


_WORLD = SQL("ST_MakeEnvelope(-180, -90, 180, 90, {})").format(Literal(SRID))


def _misplaced(kind: str) -> Composed:
    """True where a coordinate is no position on the globe. NaN lies in no box."""
    if kind == "Point":
        return SQL("(not (s.geom && {}) and not ST_IsEmpty(s.geom))").format(_WORLD)
    return SQL("(not ST_IsEmpty(s.geom) and not (s.geom @ {} and {}))").format(_WORLD, _finite(kind))


def _fits(kind: str) -> Composable:
    """True for the layer's type; a single part and a collection of one part count as alike.

    The store brings both to one form, whether before or after the check.
    """
    if kind.startswith("Multi"):
        return SQL("ST_GeometryType(s.geom) in ({}, {})").format(
            Literal(f"ST_{kind}"), Literal(f"ST_{kind.removeprefix('Multi')}")
        )
    return SQL(
        "(ST_GeometryType(s.geom) = {} or (ST_GeometryType(s.geom) = {} and ST_NumGeometries(s.geom) = 1))"
    ).format(Literal(f"ST_{kind}"), Literal(f"ST_Multi{kind}"))


def _finite(kind: str) -> Composable:
    """True where every coordinate is a number: a sum over all of them is neither NaN nor infinite.

    A box does not tell, for it may pass over NaN.
    """
    if kind == "Point":
        return SQL("(ST_XMax(s.geom) < 'Infinity' and ST_YMax(s.geom) < 'Infinity')")
    if kind == "MultiPoint":
        return SQL("(ST_X(ST_Centroid(s.geom)) < 'Infinity' and ST_Y(ST_Centroid(s.geom)) < 'Infinity')")
    if kind.endswith("LineString"):
        return SQL("(ST_Length(s.geom) < 'Infinity')")
    return SQL("(ST_Perimeter(s.geom) < 'Infinity')")


def _outside(kind: str, extent: Extent) -> Composed:
    """True where a geometry does not touch the city's box; the exact test only for those across its edge."""
    box = SQL("ST_MakeEnvelope({}, {}, {}, {}, {})").format(
        *map(Literal, (extent.west, extent.south, extent.east, extent.north, SRID))
    )
    sound = SQL("{} and not ST_IsEmpty(s.geom) and {}").format(_fits(kind), _finite(kind))
    if kind == "Point":
        return SQL("(not (s.geom && {}) and {})").format(box, sound)
    return SQL(
        "(not (s.geom @ {0}) and {1} and (not (s.geom && {0})"
        " or (ST_IsValid(s.geom) and not ST_Intersects(ST_SetSRID(s.geom, {2}), {0}))))"
    ).format(box, sound, Literal(SRID))
