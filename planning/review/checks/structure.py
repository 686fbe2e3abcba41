"""Group 3: fields and geometry as the layer's contract has them 结构."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from planning.review.columns import distinct
from planning.review.model import Finding, LayerState, Outcome, outcome, skipped
from planning.review.subject import Said, Subject
from spatial.catalogue.contract import Field, FieldType
from spatial.exchange.fields import plain

_HOLDS = {
    FieldType.TEXT: ("text",),
    FieldType.INTEGER: ("integer",),
    FieldType.NUMBER: ("number", "integer"),
    FieldType.BOOLEAN: ("boolean", "integer", "text"),
    FieldType.DATE: ("date", "instant"),
    FieldType.INSTANT: ("instant", "date"),
}
"""Kinds of a file's fields that hold a type without loss."""
_OWN = frozenset({"fid", "objectid", "shapelength", "shapearea", "geom", "id", "validfrom", "validto"})
"""Fields that formats add by themselves."""


def structure(subject: Subject) -> Iterator[Outcome]:
    """Definitions first, then the lengths of texts and the kind of geometry."""
    for state in subject.delivery.layers.values():
        yield from _fields(state)
        for name, field in _texts(state):
            yield from _lengths(subject, state, name, field)
        yield from _geometry(subject, state)


def _fields(state: LayerState) -> Iterator[Outcome]:
    """Missing, unknown, of another type, out of order."""
    checks = ("field-missing", "field-unknown", "field-type", "field-order")
    if not state.declared.fields:
        for check in checks:
            yield skipped(
                check,
                state.id,
                "取自平台图层,结构由图层契约保证",
                "read from the platform, whose contract it has",
            )
        return
    by_name = matched(state.contract.fields, [each.name for each in state.declared.fields])
    provided = [each for each in state.contract.fields if _of_the_standard(each)]
    count = len(provided)
    missing = [each for each in provided if each.name not in by_name]
    yield outcome("field-missing", state.id, count, (_missing(state, each) for each in missing))
    used = set(by_name.values())
    extra = [
        each.name
        for place, each in enumerate(state.declared.fields)
        if place not in used and plain(each.name) not in _OWN
    ]
    yield outcome(
        "field-unknown", state.id, len(state.declared.fields), (_extra(state, each) for each in extra)
    )
    wrong = [
        (field, state.declared.fields[by_name[field.name]].kind)
        for field in provided
        if field.name in by_name
        and state.declared.fields[by_name[field.name]].kind not in (*_HOLDS[field.type], "mixed")
    ]
    yield outcome("field-type", state.id, count, (_type(state, field, kind) for field, kind in wrong))
    places = [by_name[each.name] for each in provided if each.name in by_name]
    order = (
        []
        if places == sorted(places)
        else [
            Finding(
                "field-order",
                state.id,
                (),
                f"字段顺序与规定不同:{'、'.join(each.name for each in state.declared.fields)[:200]}",
                "fields in another order than provided: "
                + ", ".join(each.name for each in state.declared.fields)[:200],
            )
        ]
    )
    yield outcome("field-order", state.id, count, order)


def matched(fields: tuple[Field, ...], names: list[str]) -> dict[str, int]:
    """Which column stands for which field: by name, title or alias; names cut to ten bytes count.

    >>> from planning.layers import contract
    >>> found = matched(contract("land-use-survey").fields, ["BSM", "地类编码", "TBMJ"])
    >>> found["bsm"], found["dlbm"], found["tbmj"]
    (0, 1, 2)
    """
    by_plain: dict[str, int] = {}
    for place, name in enumerate(names):
        by_plain.setdefault(plain(name), place)
    found: dict[str, int] = {}
    for field in fields:
        wanted = [plain(each) for each in (field.name, *field.aliases, field.title.zh)]
        for one in (*wanted, *(each[:10] for each in wanted if len(each) > 10)):
            if one in by_plain and by_plain[one] not in found.values():
                found[field.name] = by_plain[one]
                break
    return found


def _of_the_standard(field: Field) -> bool:
    """Fields that the platform adds for itself need not be delivered."""
    return field.name not in ("plan_version", "data_nature", "edition", "class1")


def _missing(state: LayerState, field: Field) -> Finding:
    name = field.aliases[0] if field.aliases else field.name
    zh, en = f"缺少字段:{name}({field.title.zh})", f"field missing: {name} ({field.title.en})"
    return Finding("field-missing", state.id, (), zh, en)


def _extra(state: LayerState, name: str) -> Finding:
    return Finding(
        "field-unknown", state.id, (), f"规定之外的字段:{name}", f"a field that is not provided for: {name}"
    )


def _type(state: LayerState, field: Field, kind: str) -> Finding:
    return Finding(
        "field-type",
        state.id,
        (),
        f"字段 {field.name} 应为 {field.type.value},实为:{kind}",
        f"field {field.name} should be {field.type.value}, it is: {kind}",
    )


def _texts(state: LayerState) -> Iterator[tuple[str, Field]]:
    for field in state.contract.fields:
        if field.type is FieldType.TEXT and field.max_length is not None and field.name in state.columns:
            yield field.name, field


def _lengths(subject: Subject, state: LayerState, name: str, field: Field) -> Iterator[Outcome]:
    assert field.max_length is not None
    codes, values = distinct(state.text(name))
    long = np.array([len(str(each)) > field.max_length for each in values], np.bool_)
    rows = np.append(long, False)[codes]
    if name == state.contract.key:
        rows = np.zeros(len(state), np.bool_)  # the length of the key is a check of its own
    column = state.text(name)
    yield subject.of_rows(
        "text-too-long",
        state,
        rows,
        lambda row: Said(
            f"{name} 长度 {len(str(column[row]))},上限 {field.max_length}:{str(column[row])[:60]}",
            f"{name} has {len(str(column[row]))} characters, {field.max_length} are allowed:"
            f" {str(column[row])[:60]}",
            float(len(str(column[row]))),
        ),
    )


def _geometry(subject: Subject, state: LayerState) -> Iterator[Outcome]:
    wanted = (state.contract.geometry or "").removeprefix("Multi")
    if state.shapes_4490 is None:
        lacking = (
            []
            if not wanted
            else [
                Finding(
                    "geometry-type",
                    state.id,
                    (),
                    f"应为{wanted}图层,成果中没有几何:{state.declared.name}",
                    f"a layer of {wanted} is wanted, there is no geometry: {state.declared.name}",
                )
            ]
        )
        yield outcome("geometry-type", state.id, 1, lacking)
        return
    kinds = shapely.get_type_id(state.shapes_4490)
    allowed = {"Point": (0, 4), "LineString": (1, 5), "Polygon": (3, 6)}.get(wanted, ())
    other = ~np.isin(kinds, allowed) & (kinds >= 0)
    shapes = state.shapes_4490
    yield subject.of_rows(
        "geometry-type",
        state,
        other,
        lambda row: Said(
            f"几何应为 {wanted},实为:{shapes[row].geom_type}",
            f"the geometry should be {wanted}, it is: {shapes[row].geom_type}",
        ),
    )
