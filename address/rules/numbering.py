"""Numbers along a street and in a yard 门牌编号: where a door stands, and the number it should have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import shapely

Floats = np.ndarray[Any, np.dtype[np.float64]]
_STEP_M: Final = 0.01
_CORNERS: Final = {
    "north-east": (1, 1), "north-west": (-1, 1), "south-east": (1, -1), "south-west": (-1, -1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbering:
    """How a city numbers doors 编号规则.

    Beijing numbers from the east and the north with odd numbers on the right (north of a street
    that runs west, west of one that runs south); others from the east and the south with odd ones
    on the left.
    """

    east_west_from: Literal["east", "west"] = "east"
    north_south_from: Literal["south", "north"] = "south"
    odd_side: Literal["left", "right"] = "left"
    frontage_m: float = 4.0
    """Frontage to one number; 0: numbers follow one another without regard to distance."""
    skipped: frozenset[int] = frozenset()
    """Numbers that are never given."""
    inserts: Literal["attached", "dash"] = "attached"
    tolerance_m: float = 12.0
    """How far a door may stand from where its number says."""
    yard_corner: str = "north-east"
    yard_row_m: float = 20.0

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("east_west_from", self.east_west_from, ("east", "west")),
            ("north_south_from", self.north_south_from, ("south", "north")),
            ("odd_side", self.odd_side, ("left", "right")),
            ("inserts", self.inserts, ("attached", "dash")),
            ("yard_corner", self.yard_corner, tuple(_CORNERS)),
        ):
            if value not in allowed:
                raise ValueError(f"{name}: {value}")
        if not 0 <= self.frontage_m < 1000 or self.tolerance_m < 0 or self.yard_row_m <= 0:
            raise ValueError(f"numbering: {self.frontage_m}, {self.tolerance_m}, {self.yard_row_m}")

    def odd(self, left: bool) -> bool:
        """Whether doors of that side bear odd numbers."""
        return left == (self.odd_side == "left")

    def written(self, number: int, sub_number: int | None = None) -> str:
        """A number in words: 12号附1号 or 12-1号."""
        if sub_number is None:
            return f"{number}号"
        return f"{number}号附{sub_number}号" if self.inserts == "attached" else f"{number}-{sub_number}号"


@dataclass(frozen=True, slots=True)
class Stations:
    """Where entrances stand along a street 桩号."""

    chainage_m: Floats
    """From the end where numbers begin."""
    left: np.ndarray[Any, np.dtype[np.bool_]]
    """Seen in the direction of the numbers."""
    distance_m: Floats
    """From the line."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number proposed for an entrance."""

    number: int
    sub_number: int | None = None


def main_line(shape: shapely.Geometry) -> Floats:
    """The line of a street; of one in pieces the longest."""
    merged = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
    parts = shapely.get_parts(merged)
    found: Floats = shapely.get_coordinates(parts[int(np.argmax(shapely.length(parts)))])
    return found


def oriented(line_m: Floats, rule: Numbering) -> Floats:
    """The line of a street in the direction of its numbers; plane coordinates, x east, y north."""
    east, north = line_m[-1] - line_m[0]
    if abs(east) >= abs(north):
        turned = (east > 0) == (rule.east_west_from == "east")
    else:
        turned = (north > 0) == (rule.north_south_from == "north")
    return line_m[::-1] if turned else line_m


def stations(line_m: Floats, points_m: Floats) -> Stations:
    """Entrances projected on an oriented line.

    At a bend the side is told by the bisector of the two directions.
    """
    line = shapely.linestrings(line_m)
    along = shapely.line_locate_point(line, shapely.points(points_m))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    ahead = np.minimum(along + _STEP_M, line.length)
    behind = np.maximum(along - _STEP_M, 0.0)
    onward = shapely.get_coordinates(shapely.line_interpolate_point(line, ahead))
    onward = onward - shapely.get_coordinates(shapely.line_interpolate_point(line, behind))
    aside = points_m - foot
    left = onward[:, 0] * aside[:, 1] - onward[:, 1] * aside[:, 0] >= 0
    return Stations(along, left, np.hypot(aside[:, 0], aside[:, 1]))


def propose(
    where: Stations, rule: Numbering, taken: Collection[tuple[int, int | None]] = ()
) -> tuple[Number, ...]:
    """A number to each entrance, in the order given; those ``taken`` stay whose they are.

    With a frontage the place decides; entrances of one place share its number with inserts,
    the nearest to the beginning having it plain. Without one, numbers follow each other.
    """
    used = set(taken)
    found: list[Number | None] = [None] * len(where.chainage_m)
    last = {True: 0, False: 0}
    for place in np.argsort(where.chainage_m, kind="stable").tolist():
        odd = rule.odd(bool(where.left[place]))
        if rule.frontage_m > 0:
            number = 2 * int(where.chainage_m[place] // rule.frontage_m) + (1 if odd else 2)
            while number in rule.skipped and number > 2:
                number -= 2
        else:
            number = last[odd] + 2 if last[odd] else (1 if odd else 2)
            while (number, None) in used or number in rule.skipped:
                number += 2
            last[odd] = number
        while number in rule.skipped:  # the first of a side
            number += 2
        chosen = Number(number, _insert(number, used))
        used.add((chosen.number, chosen.sub_number))
        found[place] = chosen
    return tuple(each for each in found if each is not None)


def _insert(number: int, used: set[tuple[int, int | None]]) -> int | None:
    """The first insert that is free; None where the plain number is."""
    if (number, None) not in used:
        return None
    sub_number = 1
    while (number, sub_number) in used:
        sub_number += 1
    return sub_number


def serpentine(points_m: Floats, rule: Numbering) -> tuple[int, ...]:
    """Order of buildings in a yard as an S from its corner 弓形编号: 1 for the first.

    A row begins at the building farthest to the corner's side that is in none yet.
    """
    east, north = _CORNERS[rule.yard_corner]
    down = -north * points_m[:, 1]
    across = -east * points_m[:, 0]
    rows: list[list[int]] = []
    top = 0.0
    for place in np.argsort(down, kind="stable").tolist():
        if not rows or down[place] - top > rule.yard_row_m:
            rows.append([])
            top = float(down[place])
        rows[-1].append(place)
    numbers = [0] * len(points_m)
    given = 0
    for index, row in enumerate(rows):
        row.sort(key=lambda place: float(across[place]), reverse=index % 2 == 1)
        for place in row:
            given += 1
            numbers[place] = given
    return tuple(numbers)
