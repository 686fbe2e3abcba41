"""Places of the register as features in the manner of Pelias."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from address.model import Conflict, Element

if TYPE_CHECKING:
    from address.match.doubt import Doubt
    from address.places import Places

Document = dict[str, Any]
LAYER_OF: Final = {
    Element.PROVINCE: "region",
    Element.PREFECTURE: "macrocounty",
    Element.COUNTY: "county",
    Element.TOWN: "localadmin",
    Element.ZONE: "venue",
    Element.VILLAGE: "locality",
    Element.HAMLET: "neighbourhood",
    Element.GROUP: "neighbourhood",
    Element.ROAD: "street",
    Element.LANE: "street",
    Element.ESTATE: "venue",
    Element.OBJECT: "venue",
}
LAYERS: Final = (
    "region", "macrocounty", "county", "localadmin", "locality", "neighbourhood", "street", "venue",
    "address",
)  # fmt: skip
_NAMED: Final = {
    Element.PROVINCE: "region",
    Element.PREFECTURE: "macrocounty",
    Element.COUNTY: "county",
    Element.TOWN: "localadmin",
    Element.VILLAGE: "locality",
    Element.HAMLET: "neighbourhood",
    Element.ROAD: "street",
    Element.DOOR: "housenumber",
    Element.BUILDING: "building",
    Element.UNIT: "unit",
    Element.ROOM: "room",
}


_LAYER_OF: Final = {int(element): name for element, name in LAYER_OF.items()}
_LEVEL_OF: Final = {int(element): name for element, name in _NAMED.items()}
_WORD_OF: Final = {int(element): element.name.lower().encode() for element in Element}
_by_rank: Final = itemgetter(0)
_ZONE, _VILLAGE = int(Element.ZONE), int(Element.VILLAGE)
_FRONTS_MOST: Final = 4096
_HEAD: Final = (
    '"id":"%b","gid":"onemap:%b:%b","layer":"%b","source":"onemap","source_id":"%b","name":"%b","label":"%b",'
    '"country":"中国","country_a":"CHN","element":"%b","current":%b'
).encode()


class Feature(NamedTuple):
    """One component as a feature of GeoJSON."""

    json: bytes
    at: tuple[float, float] | None
    """Degrees (CGCS2000); None where no position is known."""


class Front(NamedTuple):
    """What stands before the names of all that lies in one place; as JSON writes it, without its marks."""

    name: bytes
    """Of what lies below the village."""
    label: bytes
    levels: bytes
    """Names and codes by the levels of Pelias, in the order of ranks."""
    behind: bytes
    """Those that come after the component's own."""


def layer(places: Places, row: int) -> str:
    """The layer of Pelias to which a component belongs."""
    return _LAYER_OF.get(places.element.item(row), "address")


def properties(places: Places, row: int) -> bytes:
    """Names and codes of a component and of what it lies in: members of a JSON object, without its braces.

    Written at once, with what stands before the name put together already: an answer has ten of them.
    """
    rank, name, code = places.told(row)
    key, kind = _escaped(places.keys[row]), _LAYER_OF.get(rank, "address").encode()
    front, own = _front(places, row, rank), _escaped(name)
    head = _HEAD % (
        key, kind, key, kind, key,
        (front.name + own if rank > _VILLAGE else front.name) or own,
        front.label if rank == _ZONE else front.label + own,
        _WORD_OF[rank],
        b"true" if places.snapshot.components.current.item(row) else b"false",
    )  # fmt: skip
    return head + front.levels + _said(rank, own, code) + front.behind


def _front(places: Places, row: int, rank: int) -> Front:
    """What stands before the name of a component; of what lies in one place it is worked out once."""
    parent, region = places.parent.item(row), places.region(row)
    asked = parent, rank, region if region != row else -1
    front: Front | None = places.fronts.get(asked)
    if front is None:
        if len(places.fronts) >= _FRONTS_MOST:
            places.fronts.clear()
        front = places.fronts[asked] = _front_of(places, *asked)
    return front


def _front_of(places: Places, parent: int, own: int, region: int) -> Front:
    path = places.path(parent)
    parts = [places.told(each) for each in path]
    names = [(rank, name) for rank, name, _ in parts if rank != _ZONE]
    below = "".join(name for rank, name in names if rank > _VILLAGE)
    aside = region >= 0 and region not in path  # the village of a door that is numbered along a road
    if aside:
        parts += [places.told(each) for each in places.path(region) if each not in path]
        parts.sort(key=_by_rank)
    levels: dict[int, bytes] = {}
    behind: dict[int, bytes] = {}
    for rank, name, code in parts:
        if rank != own:
            (behind if aside and rank > own else levels)[rank] = _said(rank, _escaped(name), code)
    return Front(
        _escaped(below),
        _escaped("".join(name for _, name in names)),
        b"".join(levels.values()),
        b"".join(behind.values()),
    )


def _said(rank: int, name: bytes, code: str) -> bytes:
    level = _LEVEL_OF.get(rank)
    if level is None:
        return b""
    said = b',"%b":"%b"' % (level.encode(), name)
    return said + b',"%b_a":"%b"' % (level.encode(), _escaped(code)) if code else said


def _escaped(text: str) -> bytes:
    """A text as it stands in JSON, between its marks."""
    return orjson.dumps(text)[1:-1]


def feature(places: Places, row: int, **more: object) -> Feature:
    """One component with its position; divisions of which nothing more is told are written once."""
    if more or places.element.item(row) > _VILLAGE:
        return placed(places, row, places.position(row), more)
    written: Feature | None = places.written.get(row)
    if written is None:
        written = places.written[row] = placed(places, row, places.position(row), more)
    return written


def placed(places: Places, row: int, at: tuple[float, float] | None, more: Document) -> Feature:
    """One component at a position in degrees (CGCS2000), with what is told of it besides."""
    point = b"null" if at is None else b'{"type":"Point","coordinates":%b}' % orjson.dumps(at)
    accuracy = b"point" if places.address.item(row) >= 0 else b"centroid"
    besides = b"," + orjson.dumps(more)[1:-1] if more else b""
    return Feature(
        b'{"type":"Feature","geometry":%b,"properties":{%b,"accuracy":"%b"%b}}'
        % (point, properties(places, row), accuracy, besides),
        at,
    )


def collection(query: Document, features: Sequence[Feature]) -> bytes:
    """Features with what was asked."""
    said = {"version": "0.2", "attribution": "一张图 One Map", "query": query}
    places = [each.at for each in features if each.at is not None]
    bounds = b""
    if places:
        x, y = [each[0] for each in places], [each[1] for each in places]
        bounds = b',"bbox":' + orjson.dumps((min(x), min(y), max(x), max(y)))
    return b'{"geocoding":%b,"type":"FeatureCollection","features":[%b]%b}' % (
        orjson.dumps(said), b",".join([each.json for each in features]), bounds,
    )  # fmt: skip


def conflicts(found: Sequence[Conflict]) -> list[Document]:
    """What of a text cannot both hold, as an answer tells it."""
    return [{"code": each.code, "zh": each.message_zh, "en": each.message_en} for each in found]


def doubt(found: Doubt) -> Document | None:
    """Why an answer is not to be taken unseen; null where nothing stands against it."""
    if not found:
        return None
    from address.match.doubt import SAID

    return SAID[found]._asdict()
