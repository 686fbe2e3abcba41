"""Where places are looked for 检索范围: within a boundary, and the nearer first, as Pelias has it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.address.asked import number_of, text_of
from api.problem import BadParameter
from spatial.datum.ellipsoid import geod
from spatial.errors import shorten

if TYPE_CHECKING:
    from address.places import Places

Point = tuple[float, float]
_CIRCLE: Final = ("boundary.circle.lat", "boundary.circle.lon", "boundary.circle.radius")
_RECTANGLE: Final = (
    "boundary.rect.min_lat", "boundary.rect.max_lat", "boundary.rect.min_lon", "boundary.rect.max_lon",
)  # fmt: skip
_FOCUS: Final = ("focus.point.lat", "focus.point.lon")
WHERE: Final = (*_FOCUS, *_CIRCLE, *_RECTANGLE, "boundary.gid")
"""Names of the parameters."""
RADIUS_MOST_KM: Final = 500


@dataclass(frozen=True, slots=True)
class Where:
    """What was said of the place; nothing of it restricts nothing."""

    focus: Point | None = None
    """Longitude and latitude in degrees (CGCS2000)."""
    circle: tuple[Point, float] | None = None
    """Its middle, and its radius in metres."""
    rectangle: tuple[float, float, float, float] | None = None
    """West, south, east, north in degrees."""
    within: str | None = None
    """Key or code of what it must lie in."""

    @property
    def said(self) -> bool:
        """Whether more has to be looked at than is answered."""
        return self != Where()

    def keeps(self, places: Places) -> Callable[[int, Point | None], bool]:
        """Whether a component with that position lies there; what has no position lies in no shape.

        Raises BadParameter where ``boundary.gid`` names nothing in the register.
        """
        within = -1 if self.within is None else places.find(self.within)
        if self.within is not None and within < 0:
            raise BadParameter(
                "boundary.gid", "登记簿中没有", "is not in the register", value=shorten(self.within)
            )

        def kept(row: int, position: Point | None) -> bool:
            if within >= 0 and not places.lies_in(row, within):
                return False
            if self.circle is None and self.rectangle is None:
                return True
            if position is None:
                return False
            if self.circle is not None and metres_between(position, self.circle[0]) > self.circle[1]:
                return False
            if self.rectangle is None:
                return True
            west, south, east, north = self.rectangle
            return west <= position[0] <= east and south <= position[1] <= north

        return kept

    def nearer_first(
        self, found: Iterable[Any], rank: Callable[[Any], Any], at: Callable[[Any], Any]
    ) -> list[Any]:
        """What is of one rank by its distance from the focus; ranks stay in the order in which they come."""
        listed = list(found)
        if self.focus is None:
            return listed
        place = {each: number for number, each in enumerate(dict.fromkeys(map(rank, listed)))}

        def away(each: Any) -> float:
            position = at(each)
            assert self.focus is not None
            return math.inf if position is None else metres_between(position, self.focus)

        return sorted(listed, key=lambda each: (place[rank(each)], away(each)))


def where_of(parameters: Mapping[str, str]) -> Where:
    """Read from the parameters; of a circle, a rectangle or a focus all must be given, or none."""
    focus = circle = rectangle = None
    if _given(parameters, _FOCUS):
        focus = _point(parameters, "focus.point.lon", "focus.point.lat")
    if _given(parameters, _CIRCLE):
        radius_km = number_of(parameters, _CIRCLE[2], 0.001, RADIUS_MOST_KM)
        circle = _point(parameters, _CIRCLE[1], _CIRCLE[0]), radius_km * 1000
    if _given(parameters, _RECTANGLE):
        south, north = (number_of(parameters, name, -90, 90) for name in _RECTANGLE[:2])
        west, east = (number_of(parameters, name, -180, 180) for name in _RECTANGLE[2:])
        for name, least, most in (("max_lat", south, north), ("max_lon", west, east)):
            if least > most:
                raise BadParameter(
                    f"boundary.rect.{name}", "小于最小值", "is less than the least one", value=str(most)
                )
        rectangle = west, south, east, north
    within = None
    if "boundary.gid" in parameters:
        within = text_of(parameters, "boundary.gid").rpartition(":")[2]
    return Where(focus, circle, rectangle, within)


def metres_between(one: Point, other: Point) -> float:
    """Distance in metres along the ellipsoid of CGCS2000."""
    return float(geod().inv(*one, *other)[2])


def _given(parameters: Mapping[str, str], names: Iterable[str]) -> bool:
    present = [name in parameters for name in names]
    if any(present) and not all(present):
        missing = next(name for name, here in zip(names, present, strict=True) if not here)
        raise BadParameter(missing, "须一并给出", "must be given with the others", value="")
    return all(present)


def _point(parameters: Mapping[str, str], longitude: str, latitude: str) -> Point:
    return number_of(parameters, longitude, -180, 180), number_of(parameters, latitude, -90, 90)
