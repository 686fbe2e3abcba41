"""From GeoJSON to edits: every member judged, every fault named. Documents in, edits out."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spatial.datum import Frame
from spatial.editing import shape
from spatial.editing.fault import FAULTS_MAX, Fault, refusal
from spatial.editing.model import GEOMETRY, Action, Condition, Edit, Target
from spatial.editing.values import BadValue, instant, typed
from spatial.errors import shorten
from spatial.exchange.identity import new_identities

_ELSEWHERE = {
    "crs": ("请用请求头 Content-Crs 说明坐标系", "is not read; name the frame in the header Content-Crs"),
    "coordRefSys": (
        "请用请求头 Content-Crs 说明坐标系",
        "is not read; name the frame in the header Content-Crs",
    ),
    "place": ("不读取,几何请放在 geometry", "is not read; put the geometry into geometry"),
    "time": ("不读取,时间请用 properties.valid_from 说明", "is not read; say it as properties.valid_from"),
}
"""Members that would change the meaning of the rest: refused rather than overlooked."""
_OWN = ("valid_from", "valid_to", "changeset")
_EXAMPLE = "2026-01-01T08:00:00+08:00"
_PLATFORM = ("由平台赋予,请去掉", "is given by the platform; leave it out")
_ADDRESS = ("与地址中的标识不一致", "differs from the identity in the address")


@dataclass(frozen=True, slots=True)
class Way:
    """How a request's coordinates are to be read."""

    frame: Frame
    swapped: bool
    """Latitude or northing first."""
    tolerance_deg: float = 0.0


@dataclass(slots=True)
class Reader:
    """Reads the features of one request; ``done`` refuses them all where one is at fault."""

    target: Target
    way: Way
    faults: list[Fault] = field(default_factory=list)
    starts: set[datetime | None] = field(default_factory=set)

    def created(self, documents: Sequence[Any]) -> list[Edit]:
        """New features, each with the identity it brings, or one the platform gives it."""
        identities, keyed = new_identities(), bool(self.target.contract.key)
        edits: dict[str, Edit] = {}
        for number, document in enumerate(documents, 1):
            values, valid_to = self._feature(number, document)
            given = document.get("id") if isinstance(document, dict) else None
            if not keyed and given is not None:
                self._fault(number, "id", "identity", *_PLATFORM, given)
            self._unowned(number, document)
            fid = self._key(number, given, values) if keyed else next(identities)
            if fid in edits:
                self._fault(number, "id", "duplicate-key", "重复出现", "stands twice", fid)
            edits[fid] = Edit(Action.CREATE, fid, values, valid_to=valid_to)
        return list(edits.values())

    def replaced(self, fid: str, document: Any, condition: Condition, *, merge: bool) -> Edit:
        """All of a feature said anew."""
        values, valid_to = self._feature(1, document)
        if self.target.contract.key:
            values.setdefault(self.target.contract.key, fid)
        self._agree(document, values, fid)
        return Edit(Action.REPLACE, fid, values, condition, valid_to, merge, self.way.tolerance_deg)

    def updated(self, fid: str, patch: Any, condition: Condition, *, merge: bool) -> Edit:
        """A JSON Merge Patch (RFC 7396) of a feature; the values of properties are scalars, so it is flat."""
        values: dict[str, object] = {}
        if not isinstance(patch, dict):
            self._fault(1, "(body)", "type", "须为 JSON 对象", "must be an object", patch)
        else:
            self._members(1, patch, patch.get("type", "Feature"))
            if "geometry" in patch:
                values |= self._geometry(1, _whole(patch["geometry"], self.target.contract.geometry))
            if "properties" in patch and patch["properties"] is None:  # all of them removed
                values |= dict.fromkeys(self._fields)
            values |= self._properties(1, patch.get("properties"))
            self._agree(patch, values, fid)
        return Edit(Action.UPDATE, fid, values, condition, None, merge, self.way.tolerance_deg)

    def done(self) -> datetime | None:
        """Since when all that was read is true, None for now; FeatureRejected where anything is at fault."""
        if len(self.starts) > 1:
            self._fault(
                1,
                "properties.valid_from",
                "one-time",
                "一次提交只能有一个生效时间,请分次提交",
                "must be the same in all features of one request; send them apart",
            )
        if self.faults:
            raise refusal(self.faults)
        return next(iter(self.starts), None)

    @property
    def _fields(self) -> list[str]:
        return [name for name in self.target.names if name != GEOMETRY]

    def _feature(self, number: int, document: Any) -> tuple[dict[str, object], datetime | None]:
        """Values and, of a new feature, its end."""
        if not isinstance(document, dict):
            self._fault(
                number, "(body)", "type", "须为 GeoJSON Feature", "must be a GeoJSON Feature", document
            )
            return {}, None
        self._members(number, document, document.get("type"))
        properties = document.get("properties")
        values = self._properties(number, properties) | self._geometry(number, document.get("geometry"))
        return values, self._instant(number, properties, "valid_to")

    def _members(self, number: int, document: Mapping[str, Any], kind: Any) -> None:
        if kind != "Feature":
            self._fault(number, "type", "type", "须为 Feature", "must be Feature", kind or "(空 none)")
        for name, told in _ELSEWHERE.items():
            if document.get(name) is not None:
                self._fault(number, name, "member", *told, document[name])

    def _geometry(self, number: int, geometry: Any) -> dict[str, object]:
        if geometry is None:
            return {GEOMETRY: None} if self.target.contract.geometry else {}
        if self.target.contract.geometry is None:
            self._fault(number, "geometry", "geometry", "在此图层须为 null", "must be null in this layer")
            return {}
        try:
            return {GEOMETRY: shape.ewkb(geometry, self.way.frame, self.way.swapped)}
        except shape.Unusable as wrong:
            self._fault(number, "geometry", "geometry-unreadable", wrong.zh, wrong.en, wrong.value)
            return {}

    def _properties(self, number: int, properties: Any) -> dict[str, object]:
        if properties is None:  # RFC 7946, 3.2
            properties = {}
        if not isinstance(properties, dict):
            self._fault(number, "properties", "type", "须为 JSON 对象", "must be an object", properties)
            return {}
        self.starts.add(self._instant(number, properties, "valid_from"))
        values: dict[str, object] = {}
        for name, value in properties.items():
            where = f"properties.{shorten(name, 60)}"
            if name in _OWN:
                continue
            if name not in self.target.visible:
                known = ", ".join(self._fields)
                self._fault(
                    number, where, "unknown", f"不是字段,字段有 {known}", f"is no field of {known}", name
                )
                continue
            try:
                values[name] = typed(self.target.contract.field(name), value)
            except BadValue as wrong:
                self._fault(number, where, "type", wrong.zh, wrong.en, value)
        return values

    def _instant(self, number: int, properties: Any, name: str) -> datetime | None:
        value = properties.get(name) if isinstance(properties, dict) else None
        found = instant(value)
        if value is not None and found is None:
            told = (f"须为时刻,如 {_EXAMPLE}", f"must be an instant such as {_EXAMPLE}")
            self._fault(number, f"properties.{name}", "type", *told, value)
        return found

    def _unowned(self, number: int, document: Any) -> None:
        """A feature that is new has no changeset yet."""
        properties = document.get("properties") if isinstance(document, dict) else None
        if isinstance(properties, dict) and properties.get("changeset") is not None:
            where = "properties.changeset"
            self._fault(number, where, "read-only", *_PLATFORM, properties["changeset"])

    def _key(self, number: int, given: Any, values: dict[str, object]) -> str:
        """The key of a new feature; ``id`` may stand in for the property, or must agree with it."""
        key = self.target.contract.key
        named = None if given is None else identity(given)
        value = values.setdefault(key, named)
        where = f"properties.{key}"
        if value is None and not any((each.feature, each.where) == (number, where) for each in self.faults):
            self._fault(number, where, "key-missing", "没有主键值,请补上", "is the key; give a value")
        elif named is not None and named != value:
            self._fault(
                number, "id", "identity", f"与主键 {key} 不一致", f"differs from the key {key}", given
            )
        self._sound(number, str(value))
        return str(value)

    def _agree(self, document: Any, values: Mapping[str, object], fid: str) -> None:
        """The identity in the address, in ``id`` and in the key property are one."""
        given = document.get("id") if isinstance(document, dict) else None
        if given is not None and identity(given) != fid:
            self._fault(1, "id", "identity", *_ADDRESS, given)
        key = self.target.contract.key
        if key and values.get(key, fid) != fid:
            self._fault(1, f"properties.{key}", "identity", *_ADDRESS, values[key] or "(空 empty)")
        self._sound(1, fid)

    def _sound(self, number: int, fid: str) -> None:
        if "\0" in fid:
            self._fault(number, "id", "key-format", "含 NUL 字符", "holds NUL", fid)

    def _fault(self, number: int, where: str, rule: str, zh: str, en: str, value: Any = None) -> None:
        if value is not None:
            value = shorten(value)
            zh, en = f"{zh}:{value}", f"{en}: {value}"
        self.faults.append(Fault(number, where, rule, zh, en, value))
        if len(self.faults) == FAULTS_MAX:  # a megabyte may hold a hundred thousand of them
            raise refusal(self.faults)


def identity(given: Any) -> str:
    """An ``id``: a text or a number (RFC 7946, 3.2); anything else in a form that no feature has."""
    text = given if isinstance(given, str) else str(given) if type(given) is int else f"\0{given!r}"[:80]
    return unicodedata.normalize("NFC", text)


def _whole(geometry: Any, kind: str | None) -> Any:
    """A patch of a geometry may leave its type out."""
    return {"type": kind, **geometry} if isinstance(geometry, dict) else geometry
