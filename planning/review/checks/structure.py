"""Group 3: fields and geometry as the layer's contract has them 结构."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from planning.layers import PLATFORM
from planning.review.columns import distinct
from planning.review.model import DeclaredField, Finding, LayerState, Outcome, outcome, skipped
from planning.review.subject import Said, Subject
from spatial.catalogue.contract import Field, FieldType, Title
from spatial.errors import shorten
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
    for state in subject.delivery.as_delivered:
        yield from _fields(state)
        for name, field in _texts(state):
            yield from _lengths(subject, state, name, field)
        yield from _geometry(subject, state)


@dataclass(frozen=True, slots=True)
class _Provided:
    """A field that the structure provides for."""

    name: str
    names: tuple[str, ...]
    title: Title
    kinds: tuple[str, ...]
    """Kinds of a file's fields that hold it without loss; empty where that is not known."""
    width: int | None


def _provided(state: LayerState) -> list[_Provided]:
    """The fields of the delivery's own structure; of the layer where it is of no known one."""
    if state.profile is None:
        return [
            _Provided(
                field.aliases[0] if field.aliases else field.name,
                (field.name, *field.aliases, field.title.zh),
                field.title,
                _HOLDS[field.type],
                None,
            )
            for field in state.contract.fields
            if _of_the_standard(field)
        ]
    titles = {field.name: field.title for field in state.contract.fields}
    return [
        _Provided(
            field.name,
            field.names,
            titles.get(field.field or "", Title((*field.aliases, field.name)[0], field.name)),
            _HOLDS[FieldType(field.kind)] if field.kind else (),
            field.length,
        )
        for field in state.profile.fields
    ]


def _fields(state: LayerState) -> Iterator[Outcome]:
    """Missing, unknown, of another type or width, out of order."""
    checks = ("field-missing", "field-unknown", "field-type", "field-width", "field-order")
    if not state.declared.fields:
        for check in checks:
            yield skipped(
                check,
                state.id,
                "取自平台图层,结构由图层契约保证",
                "read from the platform, whose contract it has",
            )
        return
    provided = _provided(state)
    told = state.declared.fields
    by_name = columns_of([each.names for each in provided], [each.name for each in told])
    missing = [each for place, each in enumerate(provided) if place not in by_name]
    yield outcome("field-missing", state.id, len(provided), (_missing(state, each) for each in missing))
    own = matched(state.contract.fields, [each.name for each in told])
    used = {*by_name.values(), *own.values()}
    extra = [
        each.name for place, each in enumerate(told) if place not in used and plain(each.name) not in _OWN
    ]
    yield outcome("field-unknown", state.id, len(told), (_extra(state, each) for each in extra))
    there = [(provided[place], told[index]) for place, index in by_name.items()]
    wrong = [(each, one.kind) for each, one in there if each.kinds and one.kind not in (*each.kinds, "mixed")]
    yield outcome("field-type", state.id, len(there), (_type(state, *each) for each in wrong))
    yield _widths(state, there)
    places = list(by_name.values())
    names = [each.name for each in told]
    order = (
        []
        if places == sorted(places)
        else [
            Finding(
                "field-order",
                state.id,
                (),
                f"字段顺序与规定不同:{shorten('、'.join(names), 200)}",
                f"fields in another order than provided: {shorten(', '.join(names), 200)}",
            )
        ]
    )
    yield outcome("field-order", state.id, len(provided), order)


def _widths(state: LayerState, there: list[tuple[_Provided, DeclaredField]]) -> Outcome:
    """Widths of texts as the delivery defines them; of a dbf, which counts bytes, only what is too narrow."""
    check = "field-width"
    known = [(each, one) for each, one in there if each.width is not None and one.width is not None]
    if not known:
        return skipped(check, state.id, "没有可比的字段长度", "no widths that could be compared")
    exact = state.declared.format != "shapefile"
    wrong = [
        (each, one.width or 0)
        for each, one in known
        if (one.width or 0) < (each.width or 0) or (exact and one.width != each.width)
    ]
    return outcome(
        check,
        state.id,
        len(known),
        (
            Finding(
                check,
                state.id,
                (),
                f"字段 {each.name} 长度应为 {each.width},实为:{width}",
                f"field {each.name} should be {each.width} wide, it is: {width}",
                float(width),
            )
            for each, width in wrong
        ),
    )


def columns_of(wanted: Sequence[Sequence[str]], names: Sequence[str]) -> dict[int, int]:
    """Place of a field by its names → column; names cut to ten bytes count.

    >>> columns_of([["DLBM", "地类编码"], ["TBMJ"]], ["TBMJ", "地类编码"])
    {0: 1, 1: 0}
    """
    by_plain: dict[str, int] = {}
    for place, name in enumerate(names):
        by_plain.setdefault(plain(name), place)
    found: dict[int, int] = {}
    for at, each in enumerate(wanted):
        keys = [plain(one) for one in each]
        for key in (*keys, *(one[:10] for one in keys if len(one) > 10)):
            if key in by_plain and by_plain[key] not in found.values():
                found[at] = by_plain[key]
                break
    return found


def matched(fields: tuple[Field, ...], names: list[str]) -> dict[str, int]:
    """Which column stands for which field: by name, title or alias; names cut to ten bytes count.

    >>> from planning.layers import contract
    >>> found = matched(contract("land-use-survey").fields, ["BSM", "地类编码", "TBMJ"])
    >>> found["bsm"], found["dlbm"], found["tbmj"]
    (0, 1, 2)
    """
    wanted = [(field.name, *field.aliases, field.title.zh) for field in fields]
    return {fields[at].name: column for at, column in columns_of(wanted, names).items()}


def _of_the_standard(field: Field) -> bool:
    """Fields that the platform adds for itself need not be delivered."""
    return field.name not in PLATFORM


def _missing(state: LayerState, field: _Provided) -> Finding:
    zh, en = f"缺少字段:{field.name}({field.title.zh})", f"field missing: {field.name} ({field.title.en})"
    return Finding("field-missing", state.id, (), zh, en)


def _extra(state: LayerState, name: str) -> Finding:
    return Finding(
        "field-unknown", state.id, (), f"规定之外的字段:{name}", f"a field that is not provided for: {name}"
    )


def _type(state: LayerState, field: _Provided, kind: str) -> Finding:
    wanted = field.kinds[0]
    return Finding(
        "field-type",
        state.id,
        (),
        f"字段 {field.name} 应为 {wanted},实为:{kind}",
        f"field {field.name} should be {wanted}, it is: {kind}",
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
            f"{name} 长度 {len(str(column[row]))},上限 {field.max_length}:{shorten(column[row], 60)}",
            f"{name} has {len(str(column[row]))} characters, {field.max_length} are allowed:"
            f" {shorten(column[row], 60)}",
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
