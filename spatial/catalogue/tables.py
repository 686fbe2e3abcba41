"""From a contract to the table that holds its versions, and how that table may change.

A contract may grow while the layer is in service: new optional fields, wider
code lists and ranges, other titles, another legend. What would change the
meaning of versions already written (a type, a geometry, the key, a removed or
no longer public field) is refused as long as there are any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spatial.catalogue.contract import Contract, Field, FieldType, Secrecy
from spatial.catalogue.rules import fits_index
from spatial.history.model import Column, FeatureTable

SQL_TYPES = {
    FieldType.TEXT: "text",
    FieldType.INTEGER: "bigint",
    FieldType.NUMBER: "double precision",
    FieldType.BOOLEAN: "boolean",
    FieldType.DATE: "date",
    FieldType.INSTANT: "timestamptz",
}


def column(field: Field) -> Column:
    """The column that holds a field."""
    return Column(field.name, SQL_TYPES[field.type], public=field.secrecy is Secrecy.PUBLIC)


def feature_table(contract: Contract) -> FeatureTable:
    """Where the versions of a layer live; columns in the order of the contract."""
    return FeatureTable(
        layer=contract.id,
        columns=tuple(column(field) for field in contract.fields),
        geometry=contract.geometry,
        precision_deg=contract.precision_deg,
        indexes=tuple(dict.fromkeys(_indexes(contract))),
        key=_key(contract),
        searched=_searched(contract) if contract.search_index else (),
    )


def _key(contract: Contract) -> str:
    texts = [field.name for field in contract.fields if field.type is FieldType.TEXT]
    return contract.key if contract.key in texts else ""


def _searched(contract: Contract) -> tuple[str, ...]:
    return tuple(
        field.name
        for field in contract.fields
        if field.type is FieldType.TEXT and field.secrecy is Secrecy.PUBLIC
    )


def _indexes(contract: Contract) -> Iterator[tuple[str, ...]]:
    """What is searched, and what must be unique: else each edit would read the layer to see that it is."""
    for field in contract.fields:
        if field.indexed:
            yield (field.name,)
    for combination in contract.quality.unique:
        if fits_index([contract.field(name) for name in combination]):
            yield combination


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A change of a contract that versions already written forbid."""

    where: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Evolution:
    """What it takes to go from one contract of a layer to the next."""

    added: tuple[Column, ...]
    """Columns to add; they are empty in the versions already written."""
    tightened: tuple[str, ...]
    """Fields whose rules became stricter: allowed when what is held keeps them already."""
    obstacles: tuple[Obstacle, ...]
    """Changes that only an empty layer can take."""


def evolution(old: Contract, new: Contract) -> Evolution:
    """Compare two contracts of one layer."""
    before = {field.name: field for field in old.fields}
    kept = [(before[field.name], field) for field in new.fields if field.name in before]
    return Evolution(
        added=tuple(column(field) for field in new.fields if field.name not in before),
        tightened=tuple(now.name for was, now in kept if _stricter(was, now)),
        obstacles=tuple(_obstacles(old, new, kept)),
    )


def _obstacles(old: Contract, new: Contract, kept: list[tuple[Field, Field]]) -> Iterator[Obstacle]:
    for where, was, now in (
        ("geometry", old.geometry, new.geometry),
        ("key", old.key, new.key),
        ("precision_deg", old.precision_deg, new.precision_deg),
        ("height_type", old.height_type, new.height_type),
    ):
        if was != now:
            yield Obstacle(where, f"由 {was} 改为 {now}", f"{was} became {now}")
    for was_field, now_field in kept:
        where = f"fields.{now_field.name}"
        if was_field.type is not now_field.type:
            yield Obstacle(
                f"{where}.type",
                f"由 {was_field.type} 改为 {now_field.type}",
                f"{was_field.type} became {now_field.type}",
            )
        if was_field.unit != now_field.unit:
            yield Obstacle(
                f"{where}.unit",
                f"由 {was_field.unit} 改为 {now_field.unit}",
                f"{was_field.unit} became {now_field.unit}",
            )
        if was_field.secrecy is not now_field.secrecy:
            yield Obstacle(
                f"{where}.secrecy",
                f"由 {was_field.secrecy} 改为 {now_field.secrecy},已写成的要素文本不会随之改变",
                f"{was_field.secrecy} became {now_field.secrecy}; feature texts already written stay",
            )
    yield from _field_obstacles(old, new)


def _field_obstacles(old: Contract, new: Contract) -> Iterator[Obstacle]:
    names_before = [field.name for field in old.fields]
    names_now = [field.name for field in new.fields]
    for name in names_before:
        if name not in names_now:
            yield Obstacle(f"fields.{name}", "被删去", "was removed")
    held = [name for name in names_now if name in names_before]
    if held != [name for name in names_before if name in names_now] or names_now[: len(held)] != held:
        yield Obstacle(
            "fields",
            "次序改变;新字段请放在最后",
            "the order changed; put new fields last",
        )
    for field in new.fields:
        if field.name not in names_before and field.required:
            yield Obstacle(
                f"fields.{field.name}.required",
                "新字段不能必填,已有版本没有此值",
                "a new field cannot be required, versions already written lack it",
            )


def _stricter(was: Field, now: Field) -> bool:
    """Whether a value that kept the old rules may break the new ones."""
    codes_before, codes_now = {code for code, _ in was.codes}, {code for code, _ in now.codes}
    return (
        (now.required and not was.required)
        or (now.max_length is not None and (was.max_length is None or now.max_length < was.max_length))
        or (now.minimum is not None and (was.minimum is None or now.minimum > was.minimum))
        or (now.maximum is not None and (was.maximum is None or now.maximum < was.maximum))
        or (now.pattern is not None and now.pattern != was.pattern)
        or (bool(codes_now) and (not codes_before or not codes_before <= codes_now))
    )
