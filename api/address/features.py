"""Places of the register as features in the manner of Pelias."""

from __future__ import annotations

from collections.abc import Sequence
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


def layer(places: Places, row: int) -> str:
    """The layer of Pelias to which a component belongs."""
    return LAYER_OF.get(Element(int(places.element[row])), "address")


def properties(places: Places, row: int) -> Document:
    """Names and codes of a component and of what it lies in."""
    components = places.snapshot.components
    key = components.key[row].as_py()
    kind = layer(places, row)
    document: Document = {
        "id": key,
        "gid": f"onemap:{kind}:{key}",
        "layer": kind,
        "source": "onemap",
        "source_id": key,
        "name": places.text(row, Element.VILLAGE) or places.name(row),
        "label": places.text(row),
        "country": "中国",
        "country_a": "CHN",
        "element": Element(int(places.element[row])).name.lower(),
        "current": bool(components.current[row]),
    }
    above = set(places.path(row))
    region = places.region(row)
    if region >= 0:
        above |= set(places.path(region))
    for each in sorted(above, key=lambda each: (int(places.element[each]), each)):
        name = _NAMED.get(Element(int(places.element[each])))
        if name is not None:
            document[name] = places.name(each)
        code = components.code[each].as_py()
        if name is not None and code:
            document[f"{name}_a"] = code
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
