"""Groups 4 and 5: values as the contract allows them 值域, and feature codes 唯一性."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib import resources
from typing import Any

import numpy as np

from planning.review.columns import distinct, empty
from planning.review.model import LayerState, Objects, Outcome, Truths, outcome
from planning.review.subject import Said, Subject
from spatial.catalogue.contract import Field, FieldType


def values(subject: Subject) -> Iterator[Outcome]:
    """Group 4, layer by layer and field by field."""
    for state in subject.delivery.layers.values():
        for field in state.contract.fields:
            if field.name in state.columns:
                yield from _field(subject, state, field)
        for code, name in subject.catalogue.names_of_codes.items():
            if code in state.columns and name in state.columns:
                yield _pairs(subject, state, code, name)
        if "edition" in state.columns and "ydyhfldm" in state.columns:
            yield _edition(subject, state)


def _field(subject: Subject, state: LayerState, field: Field) -> Iterator[Outcome]:
    column = state.columns[field.name]
    label = f"{field.name}({field.title.zh})"
    if (field.required or field.name in _must(state)) and field.name != state.contract.key:
        yield subject.of_rows(
            "value-missing",
            state,
            empty(column),
            lambda _: Said(f"必填项为空:{label}", f"a required value is missing: {field.name}"),
        )
    codes, found = distinct(column)

    def rows_where(wrong: Callable[[Any], bool]) -> Truths:
        return np.append(np.array([wrong(each) for each in found], np.bool_), False)[codes]

    def said(zh: str, en: str) -> Callable[[int], Said]:
        return lambda row: Said(f"{zh}:{label}={column[row]}", f"{en}: {field.name}={column[row]}")

    if field.codes:
        known = {code for code, _ in field.codes}
        yield subject.of_rows(
            "code-unknown",
            state,
            rows_where(lambda each: str(each).strip() != "" and str(each) not in known),
            said("代码不在值域内", "the code is not in the list"),
        )
    if field.pattern is not None:
        form = re.compile(field.pattern)
        yield subject.of_rows(
            "value-pattern",
            state,
            rows_where(lambda each: form.fullmatch(str(each)) is None),
            said("格式不符", "of another form"),
        )
    if field.type in (FieldType.NUMBER, FieldType.INTEGER):
        yield subject.of_rows(
            "value-not-of-type",
            state,
            rows_where(lambda each: not _numeric(each)),
            said("不是数值", "is no number"),
        )
        if field.minimum is not None or field.maximum is not None:
            numbers = state.number(field.name)
            low = -np.inf if field.minimum is None else field.minimum
            high = np.inf if field.maximum is None else field.maximum
            yield subject.of_rows(
                "value-out-of-range",
                state,
                (numbers < low) | (numbers > high),
                said(f"超出范围 {low:g} 至 {high:g}", f"outside of {low:g} to {high:g}"),
            )
    elif field.type in (FieldType.DATE, FieldType.INSTANT):
        yield subject.of_rows(
            "value-not-of-type",
            state,
            rows_where(lambda each: isinstance(each, str)),
            said("不是日期", "is no date"),
        )


def _must(state: LayerState) -> frozenset[str]:
    """Fields that the delivery's structure wants filled 约束 M."""
    fields = () if state.profile is None else state.profile.fields
    return frozenset(each.field for each in fields if each.duty == "M" and each.field is not None)


def _numeric(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _pairs(subject: Subject, state: LayerState, code: str, name: str) -> Outcome:
    """A code and the name beside it must be one line of the list."""
    field = state.contract.field(code)
    titles = {each: title.zh for each, title in field.codes} or _survey_names()
    codes, found = distinct(state.columns[code])
    wanted = np.array([*(titles.get(str(each)) for each in found), None], dtype=object)[codes]
    stands = state.columns[name]
    both = ~empty(stands) & np.array([each is not None for each in wanted.tolist()], np.bool_)
    rows = both & np.asarray(wanted != stands, np.bool_)
    return subject.of_rows(
        "code-name-differs",
        state,
        rows,
        lambda row: Said(
            f"{code} {state.columns[code][row]} 的名称应为 {wanted[row]},实为:{stands[row]}",
            f"the name of {code} {state.columns[code][row]} is {wanted[row]}, it stands: {stands[row]}",
        ),
        examined=int(both.sum()),
    )


@cache
def _survey_names() -> dict[str, str]:
    text = (resources.files("planning") / "assets" / "land_use_survey_to_2023.csv").read_text("utf-8-sig")
    return {line["dlbm"]: line["dlmc"] for line in csv.DictReader(text.splitlines())}


def _edition(subject: Subject, state: LayerState) -> Outcome:
    """One edition for the whole layer, the current one; where none is said the codes are ambiguous."""
    column: Objects = state.columns["edition"]
    codes, found = distinct(column)
    other = np.append(np.array([str(each) != "2023" for each in found], np.bool_), True)[codes]
    return subject.of_rows(
        "code-edition",
        state,
        other,
        lambda row: Said(
            f"用地用海分类应为 2023 版并逐条注明,实为:{column[row]}",
            f"the classes should be those of 2023, and say so; it stands: {column[row]}",
        ),
    )


def uniqueness(subject: Subject) -> Iterator[Outcome]:
    """Group 5: every feature has a code of its own, of the right length."""
    import pandas as pd

    where: dict[str, str] = {}
    shared: list[tuple[LayerState, int, str]] = []
    for state in subject.delivery.layers.values():
        keys = state.keys
        blank = empty(keys)
        twice = np.asarray(pd.Series(keys).duplicated(keep=False)) & ~blank
        counts = pd.Series(keys[twice]).value_counts().to_dict()
        yield subject.of_rows(
            "key-repeated",
            state,
            twice,
            partial(_repeated, keys, counts),
        )
        if state.contract.key == "bsm":
            yield _lengths(subject, state, blank)
            for row, key in enumerate(keys.tolist()):
                if not blank[row] and where.setdefault(key, state.id) != state.id:
                    shared.append((state, row, where[key]))
    yield outcome(
        "key-in-two-layers",
        "",
        len(where),
        (
            subject.finding(
                "key-in-two-layers",
                state,
                (row,),
                Said(
                    f"标识码在 {other} 中已有:{state.keys[row]}",
                    f"the feature code stands in {other} already: {state.keys[row]}",
                ),
            )
            for state, row, other in shared
        ),
    )


def _repeated(keys: Objects, counts: Mapping[Any, int], row: int) -> Said:
    key = keys[row]
    zh, en = f"标识码重复 {counts[key]} 次:{key}", f"the feature code stands {counts[key]} times: {key}"
    return Said(zh, en, float(counts[key]))


def _lengths(subject: Subject, state: LayerState, blank: Truths) -> Outcome:
    wanted = int(subject.tolerance("key-length"))
    lengths = np.array([0 if each is None else len(str(each)) for each in state.keys.tolist()])
    return subject.of_rows(
        "key-length",
        state,
        (lengths != wanted) | blank,
        lambda row: Said(
            f"标识码应为 {wanted} 位,实为 {lengths[row]} 位:{state.keys[row]}",
            f"the feature code should have {wanted} characters, it has {lengths[row]}: {state.keys[row]}",
            float(lengths[row]),
        ),
    )
