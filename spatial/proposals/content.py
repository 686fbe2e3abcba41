"""From the features somebody sends to rows that can wait: read, completed, staged, checked.

The exchange reads and casts them as it does a delivery. A feature that exists
needs to say only what changes: what it does not mention stays as it is believed,
fields among it that its author may not see.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from spatial.catalogue import quality
from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract
from spatial.database import Connection
from spatial.errors import BadProposal, RowsRejected, TooLarge, shorten
from spatial.exchange import fields, geojson
from spatial.exchange.batches import Schema, Writer, read_content
from spatial.exchange.evidence import FrameReading
from spatial.exchange.rows import Rows
from spatial.exchange.sandbox import Job, Limits
from spatial.history import write
from spatial.history.model import FeatureTable
from spatial.history.write import Staging
from spatial.proposals import store
from spatial.proposals.model import Believed, Row

FEATURES_MAX = 10_000
LISTED_AT_MOST = 100
LIMITS = Limits(rows=FEATURES_MAX, vertices=1_000_000, unpacked_bytes=256 << 20)
FILE = "proposal.geojson"


@dataclass(frozen=True, slots=True)
class Target:
    """The layer a proposal is about, and the fields of it that its author may see."""

    contract: Contract
    table: FeatureTable
    visible: Collection[str]


@dataclass(frozen=True, slots=True)
class _Said:
    """One feature as it was sent."""

    line: int
    fid: str | None
    feature: Mapping[str, Any]

    @property
    def retires(self) -> bool:
        return bool(self.feature.get("action") == "retire")

    @property
    def attributes(self) -> dict[str, Any]:
        properties = self.feature.get("properties") or {}
        own = (*fields.FID_NAMES, *fields.OWN_COLUMNS)
        return {name: value for name, value in properties.items() if name not in own}


def rows(conn: Connection, target: Target, body: bytes, valid_from: datetime, city: City) -> tuple[Row, ...]:
    """What a FeatureCollection proposes, feature by feature, checked against the contract.

    Raises UnreadableFile, BadProposal, FieldsDoNotMatch, DuplicateKey, RowsRejected.
    """
    with tempfile.TemporaryDirectory(prefix="onemap-proposal-") as folder:
        work = Path(folder)
        said = _said(target, work, body)
        known = store.believed(conn, target.table, [one.fid for one in said if one.fid], valid_from)
        staging = write.create_staging(conn, target.table)
        _stage(conn, target, staging, [_whole(target, one, known) for one in said if not one.retires], work)
        retired = [_known(one, known, valid_from) for one in said if one.retires]
        write.copy_rows(
            conn, staging, ["line", "fid", "remove"], [(one.line, one.fid, True) for one in retired]
        )
    write.canonicalise(conn, staging)
    write.require_keys(conn, staging)
    check(conn, target, staging, city, valid_from)
    proposed = [
        Row(line, fid, known.get(fid), values)
        for line, (fid, values) in sorted(store.staged(conn, staging).items())
    ]
    write.drop_staging(conn, staging)
    return tuple(row for row in proposed if row.base is None or row.base.values != row.mine)


def check(
    conn: Connection, target: Target, staging: Staging, city: City, valid_from: datetime
) -> quality.Findings:
    """Hold staged rows to the contract, as a load does; RowsRejected where they do not keep it."""
    findings = quality.check(conn, target.contract, staging, city, valid_from)
    if findings.total:
        told: list[dict[str, object]] = [
            {"line": f.line, "fid": f.fid, "rule": f.rule, "zh": f.zh, "en": f.en, "value": f.value}
            for f in findings
        ]
        raise _rejected(target, told, findings.total)
    return findings


def _rejected(target: Target, told: Sequence[dict[str, object]], total: int) -> RowsRejected:
    """Every fault with its line; a rule about a field that the author may not see is not told in detail."""
    shown = [one if _may_know(target, str(one["rule"])) else _veiled(one) for one in told[:LISTED_AT_MOST]]
    first = shown[0]
    return RowsRejected(
        f"{total} 处不合格,提案未受理;第一处在第 {first['line']} 个要素:{first['zh']}",
        f"{total} faults, the proposal was not taken; the first is in feature {first['line']}: {first['en']}",
        value=first["value"],
        details={"rejected": shown},
    )


def _may_know(target: Target, rule: str) -> bool:
    hidden = {field.name for field in target.contract.fields} - set(target.visible)
    return not any(part in hidden for part in rule.replace(",", ":").replace("+", ":").split(":"))


def _veiled(one: dict[str, object]) -> dict[str, object]:
    zh, en = "不符合对内部字段的要求", "does not keep a rule about an internal field"
    return {**one, "rule": "internal", "zh": zh, "en": en, "value": None}


def _said(target: Target, work: Path, body: bytes) -> list[_Said]:
    """The features as sent; each names fields there are, and says what is to happen."""
    path = work / FILE
    path.write_bytes(body)
    found = [
        _Said(line, _identity(target, line, feature), feature)
        for line, feature in enumerate(geojson.features(path, _job(target, path, work)), 1)
    ]
    if not found:
        raise BadProposal("提案中没有要素", "there is no feature in the proposal", value=0)
    if len(found) > FEATURES_MAX:
        raise TooLarge(
            f"一份提案不得多于 {FEATURES_MAX} 个要素:{len(found)}",
            f"a proposal may have {FEATURES_MAX} features: {len(found)}",
            value=len(found),
        )
    for one in found:
        _require_sayable(target, one)
    return found


def _require_sayable(target: Target, one: _Said) -> None:
    """The fields there are, one value each, and an action that is known."""
    unknown = [name for name in one.attributes if name not in target.visible]
    if unknown:
        shown = shorten(unknown[0])
        raise BadProposal(
            f"第 {one.line} 个要素的字段不存在,可用的有 {'、'.join(target.visible)}:{shown}",
            f"feature {one.line} has an unknown field, there are {', '.join(target.visible)}: {shown}",
            value=shown,
        )
    nested = [name for name, value in one.attributes.items() if isinstance(value, dict | list)]
    if nested:
        raise BadProposal(
            f"第 {one.line} 个要素的字段须为单个值,不能是数组或对象:{nested[0]}",
            f"a field of feature {one.line} must be one value, no array and no object: {nested[0]}",
            value=nested[0],
        )
    if one.feature.get("action") not in (None, "retire"):
        shown = shorten(one.feature["action"])
        raise BadProposal(
            f"第 {one.line} 个要素的 action 只能为 retire,或不写:{shown}",
            f"the action of feature {one.line} can be retire, or is left out: {shown}",
            value=shown,
        )


def _identity(target: Target, line: int, feature: Mapping[str, Any]) -> str | None:
    """The identity a feature names: its id, or its key; both must be the same."""
    key = target.contract.key
    if not isinstance(feature.get("id"), str | int | None) or "\0" in str(feature.get("id")):
        shown = shorten(repr(feature["id"]))
        raise BadProposal(
            f"第 {line} 个要素的 id 须为文字或整数:{shown}",
            f"the id of feature {line} must be a text or a whole number: {shown}",
            value=shown,
        )
    named = {
        geojson.text_of(value)
        for value in (feature.get("id"), (feature.get("properties") or {}).get(key) if key else None)
        if value is not None
    }
    if len(named) > 1:
        shown = " ≠ ".join(sorted(shorten(each, 40) for each in named))
        raise BadProposal(
            f"第 {line} 个要素的 id 与主键 {key} 不同:{shown}",
            f"id and key {key} of feature {line} differ: {shown}",
            value=shown,
        )
    return named.pop() if named else None


def _known(one: _Said, known: Mapping[str, Believed], at: datetime) -> _Said:
    if one.fid is None or one.fid not in known:
        shown = shorten(one.fid or "")
        raise BadProposal(
            f"第 {one.line} 个要素要注销,但 {at:%Y-%m-%d} 没有这个要素:{shown}",
            f"feature {one.line} is to be retired, but there is none of that identity then: {shown}",
            value=shown,
        )
    return one


def _whole(target: Target, one: _Said, known: Mapping[str, Believed]) -> _Said:
    """The feature with what it does not mention as it is believed now."""
    base = known.get(one.fid or "")
    # All fields are there, so that what is missing is told by rule and not by the name of a column.
    values: dict[str, object] = dict.fromkeys((field.name for field in target.contract.fields), None)
    values |= base.values if base is not None else {}
    shape = values.pop("geom", None)
    values |= one.attributes
    if target.contract.key and one.fid is not None:
        values[target.contract.key] = one.fid
    geometry = one.feature.get("geometry", shape)
    whole: dict[str, Any] = {"type": "Feature", "geometry": geometry, "properties": values}
    return replace(one, feature=whole if one.fid is None else {**whole, "id": one.fid})


def _stage(conn: Connection, target: Target, staging: Staging, stated: Sequence[_Said], work: Path) -> None:
    """Through the exchange's reader: its casts, its geometries, its reasons."""
    if not stated:
        return
    path = work / FILE
    collection = {"type": "FeatureCollection", "features": [one.feature for one in stated]}
    path.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
    writer = Writer(work, LIMITS.unpacked_bytes)
    told = geojson.read(path, _job(target, path, work), writer)
    plain = {"declared": None, "confined": {}, "schema": asdict(Schema())}
    writer.finish(**{**plain, **told})
    content = read_content(work)
    mapped = fields.match(target.contract, content, {})
    frame = FrameReading("EPSG:4490", False, ()) if target.contract.geometry is not None else None
    made = Rows(target.contract, content, mapped, frame, LIMITS)
    lines = [one.line for one in stated]
    write.copy_rows(conn, staging, made.columns, ((lines[int(str(r[0])) - 1], *r[1:]) for r in made))
    if made.rejected:
        told_rows = [{**one.to_json(), "line": lines[one.line - 1]} for one in made.rejected]
        raise _rejected(target, told_rows, len(told_rows))


def _job(target: Target, path: Path, work: Path) -> Job:
    wants = target.contract.geometry is not None
    return Job(str(path), str(work), encoding="UTF-8", limits=LIMITS, wants_geometry=wants)
