"""Façades 兼容接口: the shapes of AMap's and Tianditu's geocoding, so that a program changes only its host.

Positions are CGCS2000 unless ``frame=gcj02`` asks otherwise, in and out; ``key`` and ``tk``
are taken and not looked at: who asks is known by the platform's own headers.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.routing import Route

from address.model import Element, MatchLevel
from api.address.asked import answer, text_of, whole_of
from api.address.register import Registers
from api.door import route
from api.parameters import given
from api.problem import BadParameter
from api.wire import Reply, Request
from spatial.datum.offset import cgcs2000_from_gcj02, gcj02_from_cgcs2000

if TYPE_CHECKING:
    from address.places import Places
    from address.register import Register
    from address.reverse import Standing

Document = dict[str, Any]
BATCH_MOST: Final = 10
POINTS_MOST: Final = 20
_AMAP: Final = ("key", "output", "sig", "frame")
_LEVELS: Final = {
    MatchLevel.PROVINCE: "省",
    MatchLevel.PREFECTURE: "市",
    MatchLevel.COUNTY: "区县",
    MatchLevel.TOWN: "乡镇",
    MatchLevel.VILLAGE: "村庄",
    MatchLevel.ROAD: "道路",
    MatchLevel.DOOR: "门牌号",
    MatchLevel.BUILDING: "门址",
    MatchLevel.ROOM: "单元号",
}


class Facades:
    """The handlers of ``/v3`` and ``/geocoder``."""

    def __init__(self, registers: Registers) -> None:
        self._registers = registers

    def routes(self) -> list[Route]:
        """AMap's three, Tianditu's one."""
        return [
            route("/v3/geocode/geo", self.geo),
            route("/v3/geocode/regeo", self.regeo),
            route("/v3/assistant/inputtips", self.tips),
            route("/geocoder", self.geocoder),
        ]

    async def geo(self, request: Request) -> Reply:
        """``/v3/geocode/geo?address=``: up to ten addresses with ``batch=true``, between bars."""
        parameters = given(request.query_string, (*_AMAP, "address", "city", "batch"))
        whole = text_of(parameters, "address")
        texts = whole.split("|") if parameters.get("batch") == "true" else [whole]
        if len(texts) > BATCH_MOST:
            raise BadParameter("address", f"最多 {BATCH_MOST} 个", f"has at most {BATCH_MOST}", value=whole)
        shifted = _shifted(parameters)
        register = await self._registers.of(request.principal)
        codes = [each for text in texts if (each := _geocode(register, text, shifted)) is not None]
        return answer(request, {**_ok(len(codes)), "geocodes": codes}, len(codes))

    async def regeo(self, request: Request) -> Reply:
        """``/v3/geocode/regeo?location=lon,lat``: up to twenty with ``batch=true``, between bars."""
        parameters = given(request.query_string, (*_AMAP, "location", "radius", "extensions", "batch"))
        shifted = _shifted(parameters)
        batch, whole = parameters.get("batch") == "true", parameters.get("location", "")
        asked = whole.split("|") if batch else [whole]
        if len(asked) > POINTS_MOST:
            raise BadParameter(
                "location", f"最多 {POINTS_MOST} 个", f"has at most {POINTS_MOST}", value=whole
            )
        points = [_location(each) for each in asked]
        if shifted:
            points = [cgcs2000_from_gcj02(*each) for each in points]
        radius = float(max(whole_of(parameters, "radius", 1000, 3000, least=0), 1))
        register = await self._registers.of(request.principal)
        found = [
            _regeocode(register.places, register.reverse.at(*each, 1, radius), shifted) for each in points
        ]
        told = {"regeocodes": found} if batch else {"regeocode": found[0]}
        return answer(request, {**_ok(len(found)), **told}, len(found))

    async def tips(self, request: Request) -> Reply:
        """``/v3/assistant/inputtips?keywords=``"""
        parameters = given(
            request.query_string, (*_AMAP, "keywords", "city", "citylimit", "datatype", "type", "location")
        )
        text, shifted = text_of(parameters, "keywords"), _shifted(parameters)
        register = await self._registers.of(request.principal)
        places = register.places
        tips = [
            {
                "id": places.snapshot.components.key[each.component].as_py(),
                "name": places.name(each.component),
                "district": _names(
                    places, each.component, Element.PROVINCE, Element.PREFECTURE, Element.COUNTY
                ),
                "adcode": _adcode(places, each.component),
                "location": _written(places.position(each.component), shifted),
                "address": places.text(each.component, Element.COUNTY),
                "typecode": "",
                "city": [],
            }
            for each in register.suggest(text, 10)
        ]
        return answer(request, {**_ok(len(tips)), "tips": tips}, len(tips))

    async def geocoder(self, request: Request) -> Reply:
        """Tianditu's: ``ds={"keyWord":…}``, or ``postStr={'lon':…,'lat':…}&type=geocode``."""
        parameters = given(request.query_string, ("ds", "postStr", "type", "tk", "frame"))
        shifted = _shifted(parameters)
        if ("ds" in parameters) == ("postStr" in parameters):
            raise BadParameter(
                "ds", "与 postStr 须给出其一", "or postStr must be given, one of them", value=""
            )
        name = "ds" if "ds" in parameters else "postStr"
        asked = _object(name, parameters[name])
        if name == "ds":
            text = text_of({"ds": str(asked.get("keyWord", ""))}, "ds")
            register = await self._registers.of(request.principal)
            return answer(request, _tianditu(register, text, shifted), 1)
        longitude, latitude = _location(f"{asked.get('lon')},{asked.get('lat')}", "postStr")
        if shifted:
            longitude, latitude = cgcs2000_from_gcj02(longitude, latitude)
        register = await self._registers.of(request.principal)
        standing = register.reverse.at(longitude, latitude, 1)
        result = _around(register.places, standing) | {"location": {"lon": longitude, "lat": latitude}}
        return answer(request, {"msg": "ok", "status": "0", "result": result}, 1)


def _ok(count: int) -> Document:
    return {"status": "1", "info": "OK", "infocode": "10000", "count": str(count)}


def _geocode(register: Register, text: str, shifted: bool) -> Document | None:
    found = register.search(text)
    if not found:
        return None
    places, row = register.places, found[0].component
    return {
        "formatted_address": places.text(row),
        "country": "中国",
        **_divisions(places, row),
        "street": _street(places, row) or [],
        "number": _names(places, row, Element.DOOR) or [],
        "building": {"name": _names(places, row, Element.BUILDING) or [], "type": []},
        "location": _written(found[0].position, shifted),
        "level": _LEVELS[found[0].match_level],
    }


def _regeocode(places: Places, standing: Standing, shifted: bool) -> Document:
    if not standing.doors:
        return {"formatted_address": [], "addressComponent": {}}
    door = standing.doors[0]
    region = standing.region if standing.region >= 0 else door.component
    code = places.snapshot.components.code[max(places.of(region, Element.TOWN), 0)].as_py()
    return {
        "formatted_address": places.text(door.component),
        "addressComponent": {
            "country": "中国",
            **_divisions(places, region),
            "towncode": code.ljust(12, "0") if code else [],
            "streetNumber": _street_number(places, standing, shifted),
        },
    }


def _street_number(places: Places, standing: Standing, shifted: bool) -> Document:
    """The nearest door of a street as a whole: a village's door has no number in the street beside it."""
    door = standing.street_door
    if door is None:
        return {name: [] for name in ("street", "number", "location", "direction", "distance")}
    return {
        "street": _street(places, door.component),
        "number": places.name(door.component),
        "location": _written(places.position(door.component), shifted),
        "direction": door.direction,
        "distance": f"{door.distance_m:.1f}",
    }


def _street(places: Places, row: int) -> str:
    """The road or lane in the path, a lane with what it leaves: 圣城街5巷; "" for none."""
    lane = places.of(row, Element.LANE)
    road = lane if lane >= 0 else places.of(row, Element.ROAD)
    return places.text(road, Element.TOWN) if road >= 0 else ""


def _divisions(places: Places, row: int) -> Document:
    return {
        "province": _names(places, row, Element.PROVINCE),
        "city": _names(places, row, Element.PREFECTURE),
        "district": _names(places, row, Element.COUNTY),
        "township": _names(places, row, Element.TOWN) or [],
        "neighborhood": {"name": _names(places, row, Element.VILLAGE) or [], "type": []},
        "adcode": _adcode(places, row),
    }


def _tianditu(register: Register, text: str, shifted: bool) -> Document:
    found = register.search(text)
    position = found[0].position if found else None
    if position is None:
        return {"msg": "无结果", "status": "101"}
    longitude, latitude = _moved(position, shifted)
    return {
        "msg": "ok",
        "status": "0",
        "location": {
            "lon": longitude,
            "lat": latitude,
            "level": _LEVELS[found[0].match_level],
            "score": round(100 * found[0].confidence),
            "keyWord": text,
        },
    }


def _around(places: Places, standing: Standing) -> Document:
    if not standing.doors:
        return {"formatted_address": "", "addressComponent": {}}
    door = standing.doors[0]
    region = standing.region if standing.region >= 0 else door.component
    return {
        "formatted_address": places.text(door.component),
        "addressComponent": {
            "nation": "中国",
            "province": _names(places, region, Element.PROVINCE),
            "city": _names(places, region, Element.PREFECTURE),
            "county": _names(places, region, Element.COUNTY),
            "town": _names(places, region, Element.TOWN),
            "address": places.text(door.component, Element.VILLAGE) or places.name(door.component),
            "address_distance": round(door.distance_m),
            "address_position": door.direction,
            "road": places.name(standing.road.component) if standing.road else "",
            "road_distance": round(standing.road.distance_m) if standing.road else None,
        },
    }


def _names(places: Places, row: int, *elements: Element) -> str:
    """Names of those elements in the path; of a street's door also by the village in which it lies."""
    found = []
    for element in elements:
        at = places.of(row, element)
        if at < 0 and places.region(row) >= 0:
            at = places.of(places.region(row), element)
        found.append(places.name(at) if at >= 0 else "")
    return "".join(found)


def _adcode(places: Places, row: int) -> str:
    county = places.of(row, Element.COUNTY)
    return places.snapshot.components.code[county].as_py()[:6] if county >= 0 else ""


def _shifted(parameters: dict[str, str]) -> bool:
    frame = parameters.get("frame", "cgcs2000")
    if frame not in ("cgcs2000", "gcj02"):
        raise BadParameter("frame", "须为 cgcs2000 或 gcj02", "must be cgcs2000 or gcj02", value=frame)
    output = parameters.get("output", "JSON")
    if output.upper() != "JSON":
        raise BadParameter("output", "只支持 JSON", "must be JSON", value=output)
    return frame == "gcj02"


def _moved(position: tuple[float, float], shifted: bool) -> tuple[float, float]:
    if not shifted:
        return position
    moved = gcj02_from_cgcs2000(*position)
    return moved.lon, moved.lat


def _written(position: tuple[float, float] | None, shifted: bool) -> str:
    if position is None:
        return ""
    longitude, latitude = _moved(position, shifted)
    return f"{longitude:.7f},{latitude:.7f}"


def _location(text: str, name: str = "location") -> tuple[float, float]:
    try:
        longitude, latitude = (float(each) for each in text.split(","))
    except ValueError:
        longitude = latitude = float("nan")
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise BadParameter(name, "须为“经度,纬度”", "must be longitude,latitude", value=text)
    return longitude, latitude


def _object(name: str, text: str) -> Document:
    """Between apostrophes, too, as Tianditu's own examples write it."""
    found = None
    for written in (text, text.replace("'", '"')):
        with contextlib.suppress(orjson.JSONDecodeError):
            found = orjson.loads(written)
            break
    if not isinstance(found, dict):
        raise BadParameter(name, "须为 JSON 对象", "must be a JSON object", value=text)
    return found
