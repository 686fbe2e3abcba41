"""Evacuations without a database: what is compiled ahead is all that they use; streets and shares add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from spatial.analysis.mode import named
from spatial.network import Lines, build
from water.errors import NoShelters
from water.evacuation import assign_kernel, way_kernel
from water.evacuation.evacuating import evacuation
from water.evacuation.exposure import at_points
from water.evacuation.hazard import closing_s, declared, passage
from water.evacuation.model import FATES, Addresses, Asked, Evacuation, Fate, Shelter, Unit
from water.evacuation.ready import HERE, LAST, ready
from water.evacuation.ways_out import passable
from water.flood.extent import Extent, Raster

KERNELS = (
    *(way_kernel.limits_s, way_kernel.latest, way_kernel.journeys, way_kernel.earliest),
    *(assign_kernel.assigned, assign_kernel.displaced),
)


def evacuated(
    unit: Unit,
    capacities: tuple[int, ...],
    wet_m: float = 800.0,
    comes_s: float = 1800.0,
    ready_s: float = 600.0,
) -> Evacuation:
    """Forty addresses of three people along two streets of a village, water from the west."""
    lines = np.empty(2, dtype=object)
    lines[:] = [
        shapely.LineString([(0, 0), (1000, 0), (1500, 0)]),
        shapely.LineString([(1000, 0), (1000, 800)]),
    ]
    network = build(Lines(lines, np.full(2, 30 / 3.6), np.zeros(2, np.int64)))
    raster = Raster(4549, 0.0, 1000.0, 10.0, 120, 160)
    east = np.broadcast_to(np.arange(160, dtype=np.float32) * 10 + 5, (120, 160))
    wet = east < wet_m
    depth, speed = (np.where(wet, each, 0).astype(np.float32) for each in (0.6, 0.3))
    arrival = np.where(wet, comes_s + (east if comes_s else 0.0), np.inf).astype(np.float32)
    extent = Extent(raster, depth, arrival, speed)
    points = np.stack((np.linspace(20, 780, 40), np.full(40, 8.0)), axis=1)
    exposed = at_points(extent, points, declared().classes)
    names = tuple(f"A{number:02d}" for number in range(40))
    addresses = Addresses(names, names, ("V",) * 40, points, points, np.full(40, 3), exposed)
    places = ((1450.0, 10.0), (1000.0, 700.0))
    shelters = [
        Shelter(f"S{number}", None, capacity, 0.0, True, shapely.Point(*place))
        for number, (capacity, place) in enumerate(zip(capacities, places, strict=False))
    ]
    asked = Asked(passage("drive"), unit, ready_s)
    roads = passable(network, extent, closing_s(extent, asked.passage))
    return evacuation(extent, roads, named("drive"), addresses, shelters, asked)


def test_nothing_is_compiled_that_was_not_compiled_ahead() -> None:
    ready()
    known = [list(each.signatures) for each in KERNELS]
    evacuated(Unit.STREET, (70, 30))
    assert [list(each.signatures) for each in KERNELS] == known
    name = f"assign_kernel.{assign_kernel.assigned.py_func.__qualname__}-1.py311.nbi"
    assert Path(name).match(LAST) and (HERE / "assign_kernel.py").exists()


def test_everybody_is_in_one_share_or_left_with_the_reason() -> None:
    made = evacuated(Unit.VILLAGE, (70, 30))
    assert made.assignment.people.tolist() == [[70, 30]] and made.assignment.left.tolist() == [20]
    shares, people = made.shares, made.addresses.people
    assert np.bincount(shares.shelter, shares.people).tolist() == [70, 30]
    assert (made.housed <= people).all() and (np.diff(shares.address) >= 0).all()
    left = people - made.housed
    assert (made.fates[left > 0] == FATES.index(Fate.NO_ROOM)).all()
    # Who must leave first has a place; those without one are the last to be cut off.
    assert made.leave_by_s[left == 0].max() <= made.leave_by_s[left > 0].min()
    assert made.assignment.gap == 0


def test_who_stands_in_water_from_the_beginning_does_not_leave() -> None:
    """At no notice at all, too: the instant at which water comes is that at which they would set out."""
    made = evacuated(Unit.VILLAGE, (200, 200), wet_m=400.0, comes_s=0.0, ready_s=0.0)
    wet = made.addresses.points_m[:, 0] < 400.0
    assert wet.any() and not wet.all()
    assert (made.fates[wet] == FATES.index(Fate.CUT_OFF)).all() and np.isneginf(made.leave_by_s[wet]).all()
    assert (made.fates[~wet] == FATES.index(Fate.LEAVES)).all() and made.housed[wet].sum() == 0


def test_a_shelter_without_room_takes_nobody() -> None:
    made = evacuated(Unit.VILLAGE, (0, 30))
    assert made.assignment.people.tolist() == [[0, 30]] and made.assignment.left.tolist() == [90]
    assert (made.fates == FATES.index(Fate.NO_ROOM)).sum() == 30


def test_no_shelter_is_said() -> None:
    with pytest.raises(NoShelters):
        evacuated(Unit.VILLAGE, ())
