"""The quality of a register 质量检查: numbers along streets, names that sound or look alike, places.

Works on a snapshot with its shapes on the city's plane; nothing here touches the database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from address.model import Element
from address.rules.charter import Charter
from address.rules.findings import Finding
from address.rules.names import COMPARED, Names
from address.rules.numbering import main_line, oriented, stations
from address.rules.street import Door, check, letter_of
from address.snapshot import Snapshot
from address.towns import town_of_each

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding with where it is."""

    town: str
    check: str
    name: str
    keys: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Shapes:
    """What lies where, in metres on the city's plane; by row of the snapshot's components."""

    roads: Mapping[int, shapely.Geometry]
    areas: Mapping[int, shapely.Geometry]
    addresses_m: Floats
    """Shape (addresses, 2); NaN where no position is known."""


class Audit:
    """Looks through a register, or one town of it."""

    def __init__(self, snapshot: Snapshot, shapes: Shapes, charter: Charter, town: int | None = None) -> None:
        self._snapshot = snapshot
        self._shapes = shapes
        self._charter = charter
        self._tree = snapshot.components
        self._names = snapshot.components.name.to_pylist()
        self._keys = snapshot.components.key.to_pylist()
        self._town = town_of_each(snapshot)
        self._wanted = self._tree.current & (True if town is None else self._town == town)
        self._at: dict[int, int] = {
            row: place
            for place, row in enumerate(snapshot.addresses.component.tolist())
            if snapshot.addresses.current[place]
        }

    def run(self) -> Iterator[Violation]:
        """All that is found, street by street, then names, then places."""
        yield from self._streets()
        yield from self._alike()
        yield from self._places()

    def _streets(self) -> Iterator[Violation]:
        doors: defaultdict[int, list[int]] = defaultdict(list)
        numbered = (self._tree.element == Element.DOOR) & self._tree.current & (self._tree.number >= 0)
        for row in np.flatnonzero(numbered).tolist():
            doors[int(self._tree.parent[row])].append(row)
        for road, rows in doors.items():
            line = self._shapes.roads.get(road)
            if line is None or not self._wanted[road]:
                continue
            placed = [row for row in rows if np.isfinite(self._point(row)).all()]
            if placed:
                yield from self._street(road, line, placed)

    def _street(self, road: int, line: shapely.Geometry, rows: list[int]) -> Iterator[Violation]:
        way = oriented(main_line(line), self._charter.numbering)
        where = stations(way, np.array([self._point(row) for row in rows]))
        tree = self._tree
        doors = [
            Door(
                self._keys[row],
                int(tree.number[row]),
                None if tree.sub_number[row] < 0 else int(tree.sub_number[row]),
                float(along),
                bool(left),
                letter_of(self._names[row]),
            )
            for row, along, left in zip(rows, where.chainage_m, where.left, strict=True)
        ]
        for finding in check(doors, self._charter.numbering):
            yield self._told(road, finding)
        for row, away_m in zip(rows, where.distance_m.tolist(), strict=True):
            if away_m > self._charter.road_distance_m:
                zh = f"距所属道路 {away_m:.0f} m,请核对:{self._names[road]}{self._names[row]}"
                en = f"{away_m:.0f} m from its road; check the position: {self._names[row]}"
                yield self._told(road, Finding("far-from-road", zh, en, (self._keys[row],)))

    def _alike(self) -> Iterator[Violation]:
        rows = np.flatnonzero(
            np.isin(self._tree.element, [int(each) for each in COMPARED]) & self._tree.current
        )
        names = Names([(self._keys[row], self._names[row]) for row in rows.tolist()])
        for row in rows.tolist():
            if self._wanted[row]:
                for finding in names.alike(self._names[row], self._keys[row]):
                    yield self._told(row, finding)

    def _places(self) -> Iterator[Violation]:
        addresses = self._snapshot.addresses
        known = np.isfinite(self._shapes.addresses_m).all(axis=1)
        wanted = addresses.current & self._wanted[addresses.component]
        for place in np.flatnonzero(wanted & ~known).tolist():
            row = int(addresses.component[place])
            zh, en = "没有位置,请补测", "has no position; survey it"
            yield self._told(row, _finding("no-position", zh, en, self._names[row], self._keys[row]))
        for region, area in self._shapes.areas.items():
            inside = np.flatnonzero(wanted & known & (addresses.region == region))
            if len(inside):
                shapely.prepare(area)
                points = shapely.points(self._shapes.addresses_m[inside])
                for place in inside[~shapely.intersects(area, points)].tolist():
                    row = int(addresses.component[place])
                    zh = f"位置不在{self._names[region]}范围内,请核对"
                    en = f"lies outside {self._names[region]}; check the position"
                    yield self._told(
                        row, _finding("outside-parent", zh, en, self._names[row], self._keys[row])
                    )

    def _point(self, row: int) -> Floats:
        place = self._at.get(row)
        return np.full(2, np.nan) if place is None else self._shapes.addresses_m[place]

    def _told(self, row: int, finding: Finding) -> Violation:
        town = int(self._town[row])
        name = self._names[town] if town >= 0 else "跨镇街"
        return Violation(
            name,
            finding.code,
            self._names[row],
            finding.subjects or (self._keys[row],),
            finding.zh,
            finding.en,
        )


def counted(violations: list[Violation]) -> dict[str, dict[str, int]]:
    """How many of each check in each town."""
    number: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in violations:
        number[each.town][each.check] += 1
    return {town: dict(found) for town, found in sorted(number.items())}


def _finding(code: str, zh: str, en: str, name: str, key: str) -> Finding:
    return Finding(code, f"{zh}:{name}", f"{en}: {name}", (key,))
