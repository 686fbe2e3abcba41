"""Places of the register as features in the manner of Pelias."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

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


def layer(places: Places, row: int) -> str:
    """The layer of Pelias to which a component belongs."""
    return _LAYER_OF.get(places.element.item(row), "address")


def properties(places: Places, row: int) -> Document:
    """Names and codes of a component and of what it lies in; those of divisions are written once."""
    if places.element.item(row) > _VILLAGE:
        return _properties(places, row)
    if row not in places.written:
        places.written[row] = _properties(places, row)
    return places.written[row].copy()


def _properties(places: Places, row: int) -> Document:
    components = places.snapshot.components
    key = components.key[row].as_py()
    path = places.path(row)
    parts = [places.told(each) for each in path]
    own = parts[-1][0]
    kind = _LAYER_OF.get(own, "address")
    written = [(rank, name) for rank, name, _ in parts if rank != _ZONE]
    document: Document = {
        "id": key,
        "gid": f"onemap:{kind}:{key}",
        "layer": kind,
        "source": "onemap",
        "source_id": key,
        "name": "".join(name for rank, name in written if rank > _VILLAGE) or parts[-1][1],
        "label": "".join(name for _, name in written),
        "country": "中国",
        "country_a": "CHN",
        "element": _WORD_OF[own],
        "current": bool(components.current[row]),
    }
    region = places.region(row)
    if region >= 0 and region not in path:
        parts += [places.told(each) for each in places.path(region) if each not in path]
        parts.sort(key=_by_rank)
    for rank, name, code in parts:
        level = _LEVEL_OF.get(rank)
        if level is None:
            continue
        document[level] = name
        if code:
            document[f"{level}_a"] = code
    return document


def feature(places: Places, row: int, **more: object) -> Document:
    """One component with its position, null where none is known."""
    position = places.position(row)
    own = int(places.address[row]) >= 0
    return {
        "type": "Feature",
        "geometry": None if position is None else {"type": "Point", "coordinates": list(position)},
        "properties": {**properties(places, row), "accuracy": "point" if own else "centroid", **more},
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
