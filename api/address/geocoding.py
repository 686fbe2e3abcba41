"""Geocoding in the manner of Pelias: search, structured search, autocomplete, reverse, place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from api.address.asked import SIZE_MOST, answer, number_of, text_of, whole_of
from api.address.features import (
    LAYERS,
    Document,
    Feature,
    collection,
    conflicts,
    doubt,
    feature,
    layer,
    placed,
)
from api.address.register import Registers
from api.address.where import WHERE, where_of
from api.door import route
from api.parameters import given, language
from api.problem import BadParameter, NoSuchItem
from api.wire import Reply, Request
from spatial.errors import shorten

if TYPE_CHECKING:
    from address.register import Register
    from address.search import Sought
    from address.suggest import Suggestion

SEARCH: Final = ("text", "size", "layers", *WHERE, "lang")
STRUCTURED: Final = (
    "region", "macrocounty", "county", "localadmin", "locality", "neighbourhood", "address", "venue",
)  # fmt: skip
REVERSE: Final = ("point.lat", "point.lon", "boundary.circle.radius", "size", "layers", "lang")
PLACES_MOST: Final = 20
_ABOVE: Final = 6
"""Of a list of doors, places kept for the street and for the divisions."""
_LOOKED: Final = 4
"""Times as many are looked at as are wanted where layers are left out."""
_LOOKED_AROUND: Final = 400
"""So many are looked at where a boundary or a focus is given."""


class Geocoding:
    """The handlers of ``/v1`` that Pelias has, too."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers

    def routes(self) -> list[Route]:
        """Structured search before search."""
        return [
            route("/v1/search/structured", self.structured),
            route("/v1/search", self.search),
            route("/v1/autocomplete", self.autocomplete),
            route("/v1/reverse", self.reverse),
            route("/v1/place", self.place),
        ]

    async def search(self, request: Request) -> Reply:
        """``/v1/search?text=``: the places that a text names."""
        parameters = given(request.query_string, SEARCH)
        language(request, parameters)
        return await self._searched(request, text_of(parameters, "text"), parameters)

    async def structured(self, request: Request) -> Reply:
        """``/v1/search/structured?locality=&address=…``: the same by its parts."""
        parameters = given(request.query_string, (*STRUCTURED, "size", "layers", *WHERE, "lang"))
        language(request, parameters)
        parts = [text_of(parameters, name) for name in STRUCTURED if name in parameters]
        if not parts:
            raise BadParameter(
                "address",
                f"至少须给出 {'、'.join(STRUCTURED)} 之一",
                f"or one of {', '.join(STRUCTURED)} must be given",
                value="",
            )
        return await self._searched(request, text_of({"text": "".join(parts)}, "text"), parameters)

    async def _searched(self, request: Request, text: str, parameters: Mapping[str, str]) -> Reply:
        size, wanted, where = whole_of(parameters, "size", 10), _layers(parameters), where_of(parameters)
        register = await self._registers.of(request.principal)
        places, kept = register.places, where.keeps(register.places)
        looked = register.search(text, _LOOKED_AROUND if where.said else size * _LOOKED)
        found = [
            each
            for each in where.nearer_first(looked, lambda one: one.confidence, lambda one: one.position)
            if layer(places, each.component) in wanted and kept(each.component, each.position)
        ][:size]
        features = [_sought(register, each) for each in found]
        return answer(request, collection({"text": text, "size": size}, features), len(features))

    async def autocomplete(self, request: Request) -> Reply:
        """``/v1/autocomplete?text=``: what somebody is about to write."""
        parameters = given(request.query_string, SEARCH)
        language(request, parameters)
        text, size, wanted = (
            text_of(parameters, "text"),
            whole_of(parameters, "size", 10),
            _layers(parameters),
        )
        where = where_of(parameters)
        register = await self._registers.of(request.principal)
        places = register.places
        looked = size if len(wanted) == len(LAYERS) else size * _LOOKED
        suggested: Sequence[Suggestion] = register.suggest(text, _LOOKED_AROUND if where.said else looked)
        if where.said:
            kept, at = where.keeps(places), {each: places.position(each.component) for each in suggested}
            near = where.nearer_first(suggested, lambda one: places.name(one.component), at.__getitem__)
            suggested = [each for each in near if kept(each.component, at[each])]
        found = [each for each in suggested if layer(places, each.component) in wanted][:size]
        features = [feature(register.places, each.component, matched_by=each.by) for each in found]
        return answer(request, collection({"text": text, "size": size}, features), len(features))

    async def reverse(self, request: Request) -> Reply:
        """``/v1/reverse?point.lat=&point.lon=``: what stands at a point of CGCS2000."""
        parameters = given(request.query_string, REVERSE)
        language(request, parameters)
        latitude = number_of(parameters, "point.lat", -90, 90)
        longitude = number_of(parameters, "point.lon", -180, 180)
        radius_km = 2.0
        if "boundary.circle.radius" in parameters:
            radius_km = number_of(parameters, "boundary.circle.radius", 0.001, 5)
        size, wanted = whole_of(parameters, "size", 10), _layers(parameters)
        register = await self._registers.of(request.principal)
        doors = max(1, size - _ABOVE) if len(wanted) == len(LAYERS) else SIZE_MOST
        standing = register.reverse.at(longitude, latitude, doors, radius_km * 1000)
        near = [*standing.doors, *([standing.road] if standing.road else [])]
        features = [
            feature(
                register.places,
                each.component,
                distance=round(each.distance_m / 1000, 4),
                distance_m=round(each.distance_m, 1),
                direction=each.direction,
            )
            for each in sorted(near, key=lambda each: each.distance_m)
            if layer(register.places, each.component) in wanted
        ]
        for row in reversed(register.places.path(standing.region)) if standing.region >= 0 else ():
            if layer(register.places, row) in wanted:
                features.append(feature(register.places, row))
        query: Document = {"point.lat": latitude, "point.lon": longitude, "size": size}
        return answer(request, collection(query, features[:size]), min(len(features), size))

    async def place(self, request: Request) -> Reply:
        """``/v1/place?ids=``: places by their gid, key or code."""
        parameters = given(request.query_string, ("ids", "lang"))
        language(request, parameters)
        ids = text_of(parameters, "ids").split(",")
        if len(ids) > PLACES_MOST:
            raise BadParameter("ids", f"最多 {PLACES_MOST} 个", f"has at most {PLACES_MOST}", value=ids[-1])
        register = await self._registers.of(request.principal)
        rows = [register.places.find(each.strip().rpartition(":")[2]) for each in ids]
        if max(rows) < 0:
            raise NoSuchItem(
                f"没有这些地点:{shorten(ids[0])}", f"no such places: {shorten(ids[0])}", value=shorten(ids[0])
            )
        features = [feature(register.places, row) for row in rows if row >= 0]
        return answer(request, collection({"ids": ids}, features), len(features))


def _layers(parameters: Mapping[str, str]) -> frozenset[str]:
    if "layers" not in parameters:
        return frozenset(LAYERS)
    wanted = parameters["layers"].split(",")
    for each in wanted:
        if each not in LAYERS:
            raise BadParameter(
                "layers", f"可用的有 {'、'.join(LAYERS)}", f"knows {', '.join(LAYERS)}", value=each
            )
    return frozenset(wanted)


def _sought(register: Register, sought: Sought) -> Feature:
    more: Document = {
        "confidence": round(sought.confidence, 4),
        "decision": sought.decision.value,
        "doubt": doubt(sought.doubt),
        "match_type": "exact" if sought.exact else "fallback",
        "match_level": int(sought.match_level),
        "point_level": int(sought.point_level),
        "accuracy_m": None if sought.accuracy_m is None else round(sought.accuracy_m, 1),
        "not_found": [part.name for part in sought.missing],
        "conflicts": conflicts(sought.conflicts),
    }
    return placed(register.places, sought.component, sought.position, more)
