"""Automatic checks before a component or address changes its state 自动检查."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely

from address.rules.findings import Finding
from address.rules.names import Names
from address.rules.numbering import Numbering
from address.rules.street import Door, check


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is to be judged."""

    key: str
    name: str
    norm_key: str
    point_m: shapely.Point | None = None
    """Plane coordinates, as those of its surroundings."""
    door: Door | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What it is judged against."""

    siblings: Sequence[tuple[str, str]] = ()
    """Key and norm_key of live components of the same element under the same parent."""
    names: Names = field(default_factory=lambda: Names(()))
    area_m: shapely.Polygon | shapely.MultiPolygon | None = None
    """Of the parent."""
    road_m: shapely.LineString | shapely.MultiLineString | None = None
    doors: Sequence[Door] = ()
    attached: int = 0
    """Objects that still meet at it."""


def inspect(
    candidate: Candidate, around: Surroundings, numbering: Numbering, road_distance_m: float
) -> tuple[Finding, ...]:
    """All that stands against a candidate, whichever of it a transition heeds."""
    found: list[Finding] = []
    twins = tuple(key for key, norm in around.siblings if norm == candidate.norm_key and key != candidate.key)
    if twins:
        found.append(
            Finding(
                "duplicate-sibling",
                f"同一上级下已有同名构件,请改名:{candidate.name}",
                f"a sibling has this name; choose another: {candidate.name}",
                twins,
            )
        )
    found += around.names.alike(candidate.name, candidate.key)
    point = candidate.point_m
    if point is not None and around.area_m is not None and not around.area_m.covers(point):
        found.append(
            Finding(
                "outside-parent",
                f"位置不在上级范围内,请核对:{candidate.name}",
                f"lies outside its parent; check the position: {candidate.name}",
                (candidate.key,),
            )
        )
    if point is not None and around.road_m is not None:
        away = float(around.road_m.distance(point))
        if away > road_distance_m:
            found.append(
                Finding(
                    "far-from-road",
                    f"距所属道路 {away:.0f} m,请核对:{candidate.name}",
                    f"{away:.0f} m from its road; check the position: {candidate.name}",
                    (candidate.key,),
                )
            )
    if candidate.door is not None:
        doors = (*(each for each in around.doors if each.key != candidate.key), candidate.door)
        found += [
            Finding("number", each.zh, each.en, each.subjects)
            for each in check(doors, numbering)
            if candidate.key in each.subjects
        ]
    if around.attached:
        found.append(
            Finding(
                "objects-attached",
                f"仍有 {around.attached} 个对象关联,请先迁移:{candidate.name}",
                f"{around.attached} objects still meet here; move them first: {candidate.name}",
                (candidate.key,),
            )
        )
    return tuple(found)
