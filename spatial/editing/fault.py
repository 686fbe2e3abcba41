"""What is wrong with an edit, told in terms of the feature and of nothing its editor may not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from spatial.catalogue.quality import Findings, Violation
from spatial.datum import format_instant
from spatial.editing import shape
from spatial.editing.model import GEOMETRY, Action, Edit, Held, Remembered, RequestKey, Target, Values
from spatial.errors import (
    FeatureExists,
    FeatureRejected,
    NoSuchFeature,
    RequestKeyReused,
    StaleVersion,
    shorten,
)
from spatial.history.conflict import Merged

Document = dict[str, object]
FAULTS_MAX = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one feature."""

    feature: int
    """Its place in what was sent, counted from 1."""
    where: str
    """Path of the member: ``properties.name``, ``geometry``, ``id``."""
    rule: str
    zh: str
    en: str
    value: object = None


def refusal(faults: Sequence[Fault]) -> FeatureRejected:
    """The error that tells all faults, the first one in its message."""
    first = faults[0]
    return FeatureRejected(
        f"要素不合要求,未写入任何内容;{first.where} {first.zh}",
        f"nothing was written; {first.where} {first.en}",
        value=first.value,
        details={"where": first.where, "faults": [asdict(fault) for fault in faults[:FAULTS_MAX]]},
    )


def rejected(target: Target, findings: Findings) -> FeatureRejected:
    """The error for features that break the rules of their layer."""
    return refusal([_fault(target, violation) for violation in findings])


def _fault(target: Target, violation: Violation) -> Fault:
    rule, _, fields = violation.rule.partition(":")
    named = [name for name in fields.split("+") if name]
    if not set(named) <= target.visible:
        return Fault(
            violation.line,
            "properties",
            "not-yours",
            "不符合图层对您看不到的字段的规定,请联系主管部门",
            "breaks a rule about fields you may not see; ask the steward of the layer",
        )
    if named:
        where = f"properties.{named[0]}"
    elif rule.startswith(("geometry", "outside")):
        where = "geometry"
    elif rule == "interval-order":
        where = "properties.valid_to"
    else:
        where = "id"
    return Fault(violation.line, where, rule, violation.zh, violation.en, violation.value)


def missing(target: Target, fid: str) -> NoSuchFeature:
    """The error where there is nothing to be changed."""
    layer, shown = target.contract.id, shorten(fid)
    return NoSuchFeature(
        f"图层 {layer} 在此时刻没有这个要素:{shown}",
        f"layer {layer} has no such item at that instant: {shown}",
        value=shown,
    )


def taken(target: Target, fid: str) -> FeatureExists:
    """The error where something is there that was to be new."""
    layer, shown = target.contract.id, shorten(fid)
    return FeatureExists(
        f"图层 {layer} 已有这个要素,修改请用 PUT 或 PATCH:{shown}",
        f"layer {layer} has this item already, change it with PUT or PATCH: {shown}",
        value=shown,
    )


def key_reused(key: RequestKey, before: Remembered) -> RequestKeyReused:
    """The error where a key names another request; with what that one made."""
    return RequestKeyReused(
        f"这个请求键已用于另一请求(变更集 {before.changeset}),新的请求请另起一键:{key.text}",
        f"this key names another request (changeset {before.changeset}), give this one its own: {key.text}",
        value=key.text,
        details={"changeset": before.changeset, "items": list(before.fids[:FAULTS_MAX])},
    )


def stale(
    target: Target, edit: Edit, base: Held | None, theirs: Held | None, merged: Merged | None
) -> StaleVersion:
    """The error where another version is held than the edit was based on; with all three, and their merge."""
    shown = shorten(edit.fid)
    said = {**(base.values if base and edit.action is Action.UPDATE else {}), **edit.values}
    details: Document = {
        "base": _document(target, edit.fid, base.values, base) if base else None,
        "mine": None if edit.action is Action.REMOVE else _document(target, edit.fid, said, None),
        "theirs": _document(target, edit.fid, theirs.values, theirs) if theirs else None,
        "clashing": None if merged is None else [_where(name) for name in merged.clashing],
    }
    if merged is not None and merged.clean:
        details["merged"] = _document(target, edit.fid, merged.values, None)
    return StaleVersion(
        f"所依据的版本已不是当前版本,未写入;请据 theirs 重做:{shown}",
        f"the version named is not the one that is held; nothing was written, see theirs: {shown}",
        value=shown,
        details=details,
    )


def _where(name: str) -> str:
    return "geometry" if name == GEOMETRY else f"properties.{name}"


def _document(target: Target, fid: str, values: Values, held: Held | None) -> Document:
    """A GeoJSON Feature, longitude and latitude, of what the editor may see."""
    properties: Document = {name: _json(values.get(name)) for name in target.names if name != GEOMETRY}
    if held is not None:
        properties["valid_from"] = format_instant(held.valid_from)
        properties["valid_to"] = format_instant(held.valid_to) if held.valid_to else None
        properties["changeset"] = held.changeset
    geometry = shape.geojson(values.get(GEOMETRY))
    return {"type": "Feature", "id": fid, "geometry": geometry, "properties": properties}


def _json(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else value
