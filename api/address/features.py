"""Places of the register as features in the manner of Pelias."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from address.model import Conflict, Element

if TYPE_CHECKING:
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
_WORD_OF: Final = {int(element): element.name.lower() for element in Element}
_by_rank: Final = itemgetter(0)
_ZONE, _VILLAGE = int(Element.ZONE), int(Element.VILLAGE)
_FRONTS_MOST: Final = 4096


def layer(places: Places, row: int) -> str:
    """The layer of Pelias to which a component belongs."""
    return _LAYER_OF.get(places.element.item(row), "address")


class Front(NamedTuple):
    """What stands before the names of all that lies in one place."""

    name: str
    """Of what lies below the village."""
    label: str
    levels: Document
    """Names and codes by the levels of Pelias, in the order of ranks."""
    behind: Document
    """Those that come after the component's own."""


def properties(places: Places, row: int) -> Document:
    """Names and codes of a component and of what it lies in; those of divisions are written once."""
    if places.element.item(row) > _VILLAGE:
        return _properties(places, row)
    written = places.written.get(row)
    if written is None:
        written = places.written[row] = _properties(places, row)
    return written.copy()


def _properties(places: Places, row: int) -> Document:
    components = places.snapshot.components
    key = components.key[row].as_py()
    own, name, code = places.told(row)
    kind = _LAYER_OF.get(own, "address")
    front = _front(places, row, own)
    document: Document = {
        "id": key,
        "gid": f"onemap:{kind}:{key}",
        "layer": kind,
        "source": "onemap",
        "source_id": key,
        "name": (front.name + name if own > _VILLAGE else front.name) or name,
        "label": front.label if own == _ZONE else front.label + name,
        "country": "中国",
        "country_a": "CHN",
        "element": _WORD_OF[own],
        "current": components.current.item(row),
        **front.levels,
    }
    _say(document, own, name, code)
    document.update(front.behind)
    return document


def _front(places: Places, row: int, own: int) -> Front:
    """What stands before the name of a component; of what lies in one place it is worked out once."""
    parent, region = places.parent.item(row), places.region(row)
    asked = parent, own, region if region != row else -1
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
    levels: Document = {}
    behind: Document = {}
    if region >= 0 and region not in path:  # the village of a door that is numbered along a road
        parts += [places.told(each) for each in places.path(region) if each not in path]
        for rank, name, code in sorted(parts, key=_by_rank):
            _say(levels if rank < own else behind, rank, name, code)
    else:
        for rank, name, code in parts:
            _say(levels, rank, name, code)
    below = "".join(name for rank, name in names if rank > _VILLAGE)
    return Front(below, "".join(name for _, name in names), levels, behind)


def _say(document: Document, rank: int, name: str, code: str) -> None:
    level = _LEVEL_OF.get(rank)
    if level is not None:
        document[level] = name
        if code:
            document[f"{level}_a"] = code


def feature(places: Places, row: int, **more: object) -> Document:
    """One component with its position, null where none is known."""
    return placed(places, row, places.position(row), more)


def placed(places: Places, row: int, at: tuple[float, float] | None, more: Document) -> Document:
    """One component at a position in degrees (CGCS2000), with what is told of it besides."""
    described = properties(places, row)
    described["accuracy"] = "point" if places.address.item(row) >= 0 else "centroid"
    described.update(more)
    return {
        "type": "Feature",
        "geometry": None if at is None else {"type": "Point", "coordinates": at},
        "properties": described,
    }


def collection(query: Document, features: Sequence[Document]) -> Document:
    """Features with what was asked."""
    places = [each["geometry"]["coordinates"] for each in features if each["geometry"]]
    document: Document = {
        "geocoding": {"version": "0.2", "attribution": "一张图 One Map", "query": query},
        "type": "FeatureCollection",
        "features": list(features),
    }
    if places:
        x, y = [each[0] for each in places], [each[1] for each in places]
        document["bbox"] = [min(x), min(y), max(x), max(y)]
    return document


def conflicts(found: Sequence[Conflict]) -> list[Document]:
    """What of a text cannot both hold, as an answer tells it."""
    return [{"code": each.code, "zh": each.message_zh, "en": each.message_en} for each in found]
