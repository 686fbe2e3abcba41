"""What the declarations of processes share: schemas of instants, layers and GeoJSON; what is signed."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import shapely

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.database import connect
from spatial.datum import STANDARD, Registry, parse_instant
from spatial.datum.store import load_registry
from spatial.history.model import Intent
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Described, Inputs, Rests, Schema

POSITIONS_MAX = 10_000
FEATURES_MAX = 10_000
LAYER: Schema = {"type": "string", "minLength": 1, "maxLength": 60}
INSTANT: Schema = {"type": "string", "minLength": 4, "maxLength": 40}
FRAME: Schema = {"type": "string", "minLength": 1, "maxLength": 60, "examples": ["EPSG:4490", "GCJ02"]}
BOX: Schema = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
POSITION: Schema = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
OBJECT: Schema = {"type": "object"}
GEOJSON: Schema = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"type": "string"},
        "features": {"type": "array", "maxItems": FEATURES_MAX, "items": {"type": "object"}},
    },
}


def described(zh: str, en: str, schema: Schema, *, required: bool = True) -> Described:
    """An input or output by its two titles."""
    return Described(Title(zh, en), schema, required)


_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
SIGNED = {
    "day": described("生效日", "from when it is true", INSTANT),
    "document": described("批准文号", "number of the document", _TEXT),
    "reason": described("原因", "why", _TEXT),
    "remark": described("备注", "remark", _TEXT, required=False),
    "preview": described("只预览影响", "only reckon the impact", {"type": "boolean"}, required=False),
    "author": described("经办人(仅本机)", "author, on this machine only", _TEXT, required=False),
    "department": described("部门(仅本机)", "department, on this machine only", _TEXT, required=False),
}
"""What a changeset is signed with: day, document, reason and who; asked of by :func:`intent_of`."""


def reads(*names: str, **otherwise: str) -> Callable[[Inputs], Mapping[str, Right]]:
    """The right to read each layer that stands in one of these inputs, or is meant where it does not."""

    def needs(inputs: Inputs) -> Mapping[str, Right]:
        given = {**otherwise, **{name: inputs[name] for name in (*names, *otherwise) if name in inputs}}
        return dict.fromkeys(given.values(), Right.READ)

    return needs


def tells(
    output: str, otherwise: Mapping[str, str] = MappingProxyType({}), **members: tuple[str, ...]
) -> Rests:
    """The states that a JSON output itself tells: for an input that names a layer, the members
    with the changesets after which it was read; 0 for a layer before its first, and no member of one
    that was not read. ``otherwise``: the layer that is meant where an input does not stand.
    """

    def rests_on(inputs: Inputs, outputs: Outputs) -> Iterable[Source]:
        told = outputs[output]
        assert isinstance(told, Document) and isinstance(told.value, dict)
        for name, states in members.items():
            layer = inputs.get(name, otherwise.get(name))
            found = (told.value.get(each) for each in states)
            yield from (Source(layer, changeset) for changeset in found if layer and changeset)

    return rests_on


def registry_for(context: Context) -> Registry:
    """The city's own operations for those who belong to it; a transformation served to anybody
    would give its secret parameters away.
    """
    if not context.owner.known:
        return STANDARD
    with connect(context.dsn) as connection:
        return load_registry(connection)


def who(context: Context, inputs: Inputs) -> tuple[str, str]:
    """Author and department: somebody with an identity is the author; the operator of this machine
    says for whom they act.
    """
    owner = context.owner
    for name in ("author", "department"):
        if owner.local and name not in inputs:
            raise bad(f"/inputs/{name}", "缺少", "is missing", name)
        if not owner.local and name in inputs:
            raise bad(
                f"/inputs/{name}", "由登录身份决定,请去掉", "is known from who you are; leave it out", name
            )
    if owner.local:
        return inputs["author"], inputs["department"]
    return owner.subject, owner.department or ""


def delivered(given: Mapping[str, Any], folder: Path) -> Path:
    """A file that came within the request, by its ``name`` and its ``content`` in base64, in a folder."""
    if given["name"].startswith("."):
        raise bad("/inputs/file/name", "不能以点开头", "must not begin with a dot", given["name"])
    path: Path = folder / given["name"]
    try:
        path.write_bytes(base64.b64decode(given["content"], validate=True))
    except (binascii.Error, ValueError) as failure:
        raise bad("/inputs/file/content", "不是 base64", "is no base64", str(failure)) from None
    return path


def geometries(document: Mapping[str, Any], pointer: str) -> list[shapely.Geometry]:
    """The geometries of a GeoJSON text: of itself, or of its features."""
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features", [])
        return [_geometry(one, f"{pointer}/features/{number}") for number, one in enumerate(features)]
    return [_geometry(document, pointer)]


def with_geometries(document: Mapping[str, Any], shapes: list[shapely.Geometry]) -> dict[str, Any]:
    """The same GeoJSON text with other geometries."""
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = [
            with_geometries(one, [shape]) for one, shape in zip(document["features"], shapes, strict=True)
        ]
        return {**document, "features": features}
    geometry = None if shapes[0] is None else json.loads(shapely.to_geojson(shapes[0]))
    return {**document, "geometry": geometry} if kind == "Feature" else geometry or {}


def _geometry(document: Mapping[str, Any], pointer: str) -> shapely.Geometry | None:
    if document.get("type") == "Feature":
        return (
            None
            if document.get("geometry") is None
            else _geometry(document["geometry"], f"{pointer}/geometry")
        )
    try:
        shape = shapely.from_geojson(json.dumps(document))
    except (shapely.errors.GEOSException, TypeError, ValueError) as failure:
        raise bad(pointer, "不是 GeoJSON 几何", "is no GeoJSON geometry", str(failure)) from None
    if shapely.has_z(shape):
        raise bad(
            pointer, "含高程;高程不在此转换,请去掉第三个数", "has heights; leave the third number out", "Z"
        )
    return shape


def intent_of(context: Context, inputs: Inputs) -> Intent:
    """What the inputs ``SIGNED`` say."""
    author, department = who(context, inputs)
    return Intent(author, department, inputs["reason"], parse_instant(inputs["day"]))
