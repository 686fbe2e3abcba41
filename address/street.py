"""A street with its doors as they stand on a day 街巷与门牌, measured on the city's plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from address import street_store
from address.model import LIVE, State
from address.plane import on_plane, projected
from address.rules.numbering import Number, Numbering, Stations, main_line, oriented, stations
from address.rules.street import Door, letter_of
from spatial.database import Connection


@dataclass(frozen=True, slots=True)
class Street:
    """Whatever has doors: a street, a village, an estate."""

    key: str
    name: str
    doors: tuple[dict[str, Any], ...]
    """``fid``, ``name``, ``number``, ``sub_number``, ``status``; ``x``, ``y`` of the entrance in degrees."""
    placed: tuple[int, ...]
    """Places in ``doors`` of those with an entrance, in the order of ``where``."""
    line_m: shapely.Geometry | None
    """On the plane; None where no line is drawn."""
    where: Stations | None
    """Along the line in the direction of the numbers; None where no line is drawn or no door is placed."""

    def number(self, place: int) -> Number:
        """What a door bears."""
        return Number(self.doors[place]["number"], self.doors[place]["sub_number"])

    def stand(
        self, numbers: Sequence[Number] | None = None, names: Sequence[str] | None = None
    ) -> list[Door]:
        """The doors along the line; as they were called with these numbers and names."""
        if self.where is None:
            return []
        if numbers is None or names is None:
            numbers = [self.number(place) for place in range(len(self.doors))]
            names = [each["name"] for each in self.doors]
        return [
            Door(
                self.doors[place]["fid"],
                numbers[place].number,
                numbers[place].sub_number,
                along,
                left,
                letter_of(names[place]),
            )
            for place, along, left in zip(
                self.placed, self.where.chainage_m.tolist(), self.where.left.tolist(), strict=True
            )
            if numbers[place].number is not None
        ]


def read(
    connection: Connection,
    day: datetime,
    key: str,
    name: str,
    rule: Numbering,
    epsg: int,
    states: Sequence[State] = LIVE,
) -> Street:
    """The street of that key as it stands on the day, with its doors in those states."""
    doors = tuple(street_store.doors(connection, day, key, states))
    placed = tuple(place for place, each in enumerate(doors) if each["x"] is not None)
    line = street_store.line(connection, day, key)
    line_m = None if line is None else on_plane(line, epsg)
    if line_m is None or not placed:
        return Street(key, name, doors, (), line_m, None)
    lon_lat = np.array([(doors[place]["x"], doors[place]["y"]) for place in placed])
    way = oriented(main_line(line_m), rule)
    return Street(key, name, doors, placed, line_m, stations(way, projected(lon_lat, epsg)))
