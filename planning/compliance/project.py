"""Reading a project 项目读入: a GeoJSON feature with a site and what is intended there, all checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import shapely
from shapely.errors import GEOSException

from planning.errors import BadProject
from planning.land_use import name_of
from planning.model import ACTIVITIES, ATTRIBUTES, STAGES, Project
from spatial.datum import Registry, frame
from spatial.datum.checks import check
from spatial.datum.frames import Frame
from spatial.datum.transform import move
from spatial.errors import TooLarge, shorten

VERTICES_MAX: Final = 200_000
"""A site of more vertices is no boundary but a raster or an error."""
DECIMALS: Final = 9
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {"text": (str,), "number": (int, float), "boolean": (bool,)}
_CGCS2000: Final = frame("EPSG:4490")
_TEXT_MAX: Final = 200


def read(
    feature: Mapping[str, Any], where: str = "", given_in: Frame = _CGCS2000, registry: Registry | None = None
) -> Project:
    """The project of a feature; ``where`` says which one it is, in messages.

    Raises BadProject, TooLarge, and what a move of coordinates raises.
    """
    told = feature.get("properties") or {}
    if not isinstance(told, dict):
        raise _bad(f"{where}/properties", "须为对象", "must be an object", type(told).__name__)
    return Project(_site(feature.get("geometry"), where, given_in, registry), _facts(told, where))


def _facts(told: Mapping[str, Any], where: str) -> dict[str, Any]:
    known = {each.name: each for each in ATTRIBUTES}
    facts: dict[str, Any] = {}
    for name, value in told.items():
        if name not in known:
            names = ", ".join(known)
            raise _bad(
                f"{where}/properties/{name[:40]}",
                f"不认得,可用的有 {names}",
                f"is unknown, there are {names}",
                shorten(name, 40),
            )
        if value is None or value == "":
            continue
        kinds = _KINDS[known[name].kind]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise _bad(
                f"{where}/properties/{name}",
                f"须为 {known[name].kind}",
                f"must be a {known[name].kind}",
                value,
            )
        if isinstance(value, str) and len(value) > _TEXT_MAX:
            raise _bad(
                f"{where}/properties/{name}",
                f"超过 {_TEXT_MAX} 个字符",
                f"is longer than {_TEXT_MAX}",
                shorten(value, 40),
            )
        if isinstance(value, float) and not np.isfinite(value):
            raise _bad(f"{where}/properties/{name}", "须为有限的数", "must be a finite number", value)
        if isinstance(value, (int, float)) and value < 0:
            raise _bad(f"{where}/properties/{name}", "不得为负", "must not be negative", value)
        facts[name] = value
    for name, choices in (("stage", STAGES), ("activity", ACTIVITIES)):
        if name in facts and facts[name] not in choices:
            names = ", ".join(choices)
            raise _bad(
                f"{where}/properties/{name}", f"须为 {names} 之一", f"must be one of {names}", facts[name]
            )
    if "use_code" in facts:
        name_of(facts["use_code"])
    return facts


def _site(geometry: object, where: str, given_in: Frame, registry: Registry | None) -> bytes:
    pointer = f"{where}/geometry"
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        kind = geometry.get("type") if isinstance(geometry, dict) else type(geometry).__name__
        raise _bad(pointer, "须为 Polygon 或 MultiPolygon", "must be a Polygon or MultiPolygon", kind)
    count = _positions(geometry.get("coordinates"))
    if count > VERTICES_MAX:
        raise TooLarge(
            f"项目范围的顶点过多(上限 {VERTICES_MAX}),请核对或化简后再提交:{count}",
            f"the site has too many vertices (at most {VERTICES_MAX}), check it or simplify it: {count}",
            value=count,
        )
    try:
        shape = shapely.force_2d(shapely.geometry.shape(geometry))
    except (GEOSException, ValueError, TypeError, AttributeError, IndexError) as failure:
        raise _bad(
            pointer, "坐标写法有误", "has coordinates that cannot be read", shorten(failure)
        ) from failure
    if shapely.is_empty(shape):
        raise _bad(pointer, "为空", "is empty", geometry["type"])
    return _canonical(shape, pointer, given_in, registry)


def _positions(given: object) -> int:
    """How many positions are nested there, without building anything of them."""
    if not isinstance(given, (list, tuple)) or not given:
        return 0
    if not isinstance(given[0], (list, tuple)):
        return 1
    if isinstance(given[0], (list, tuple)) and given[0] and not isinstance(given[0][0], (list, tuple)):
        return len(given)
    return sum(_positions(each) for each in given)


def _canonical(shape: Any, pointer: str, given_in: Frame, registry: Registry | None) -> bytes:
    def there(coords: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if given_in.id != _CGCS2000.id:
            moved = move(coords[:, 0], coords[:, 1], given_in, _CGCS2000, registry=registry)
            coords = np.column_stack((moved.x, moved.y))
        check(coords[:, 0], coords[:, 1], _CGCS2000)
        return np.round(coords, DECIMALS)

    if not shapely.is_valid(shape):
        why = shapely.is_valid_reason(shape)
        raise _bad(
            pointer,
            "图形无效(自相交、重叠或未闭合),请改正后再提交",
            "is not valid, mend it",
            shorten(why, 120),
        )
    placed = shapely.transform(shape, there)
    if not shapely.is_valid(placed):
        raise _bad(
            pointer,
            "取整到 1e-9° 后图形无效",
            "is not valid when rounded to 1e-9°",
            shorten(shapely.is_valid_reason(placed), 120),
        )
    parts = shapely.get_parts(shapely.normalize(placed))
    multi = shapely.orient_polygons(shapely.multipolygons(parts))
    if shapely.area(multi) == 0:
        raise _bad(pointer, "没有面积", "has no area", "0")
    wkb: bytes = shapely.to_wkb(multi, byte_order=1)
    return wkb


def _bad(pointer: str, zh: str, en: str, value: object) -> BadProject:
    return BadProject(
        f"项目资料有误,{pointer} {zh}:{value}",
        f"the project cannot be judged, {pointer} {en}: {value}",
        value=value,
        details={"pointer": pointer},
    )
