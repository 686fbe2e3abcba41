"""The evacuation itself 转移安置: last ways out, units, and who goes where. Without a database."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.analysis import mode as modes
from spatial.analysis.mode import Mode
from spatial.network import Network, Seeds, seeds_of
from water.errors import NoShelters
from water.evacuation.assign import Assignment, assign
from water.evacuation.hazard import closing_s
from water.evacuation.model import FATES, Addresses, Asked, Evacuation, Fate, Shares, Shelter, Unit
from water.evacuation.ways_out import Goals, Passable, towards
from water.flood.extent import Extent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def evacuation(
    extent: Extent,
    roads: Passable,
    how: Mode,
    addresses: Addresses,
    shelters: Sequence[Shelter],
    asked: Asked,
) -> Evacuation:
    """Who leaves by when and goes where; NoShelters where none stays dry and says its capacity.

    Everybody leaves at the same time, ``ready_s``. Of a unit all set out from one gathering place
    集合点, the address nearest to the middle of those that can leave.
    """
    usable = tuple(one for one in shelters if one.usable)
    if not usable:
        wet = sum(one.depth_m > 0 for one in shelters)
        raise NoShelters(
            f"没有可用的避难场所:共 {len(shelters)} 处,其中进水 {wet} 处,其余不在用或未填容量",
            f"no shelter can be used: of {len(shelters)}, {wet} are under water, the others are not in"
            " service or name no capacity",
            value=len(shelters),
        )
    places = np.empty(len(usable), dtype=object)
    places[:] = [one.shape_m for one in usable]
    network = roads.network
    goals = towards(roads, modes.seeds(network, places, how), len(usable))
    seeds = _put(network, addresses.points_m, how)
    leave_by = np.minimum(
        goals.leave_by(seeds, len(addresses)),
        _closing_at(extent, addresses, closing_s(extent, asked.passage)),
    )
    leaves = leave_by >= asked.ready_s
    on_road = np.zeros(len(addresses), bool)
    on_road[seeds.place] = True
    units, unit = _units(addresses, seeds, leaves, asked.unit)
    journeys = _journeys(goals, seeds, addresses, units, unit, asked.ready_s)
    people = np.bincount(unit[unit >= 0], addresses.people[unit >= 0], len(units)).astype(np.int64)
    capacities = np.array([one.capacity for one in usable], np.int64)
    assignment = assign(journeys, people, capacities)
    shares = _shared(addresses, leave_by, unit, journeys, assignment)
    housed = np.bincount(shares.address, shares.people, len(addresses))
    fates = np.full(len(addresses), FATES.index(Fate.LEAVES))
    fates[~leaves] = FATES.index(Fate.CUT_OFF)
    fates[~on_road] = FATES.index(Fate.OFF_ROAD)
    fates[leaves & (housed < addresses.people)] = FATES.index(Fate.NO_ROOM)
    return Evacuation(addresses, seeds, leave_by, fates, usable, units, unit, journeys, assignment, shares)


def _put(network: Network, points_m: Floats, how: Mode) -> Seeds:
    """Addresses on the roads. Those at one spot, as the rooms of a building, are looked up once."""
    spots, of = np.unique(points_m[:, 0] + 1j * points_m[:, 1], return_inverse=True)
    shapes = shapely.points(spots.real, spots.imag)
    found = seeds_of(network, shapes, access_m=how.access_m, speed_m_s=modes.ON_FOOT_M_S, step_m=modes.STEP_M)
    row = np.full(len(spots), -1)
    row[found.place] = np.arange(len(found.place))
    mine = row[of.reshape(-1)]
    place = np.flatnonzero(mine >= 0)
    at = mine[place]
    return Seeds(found.edge[at], found.along_m[at], found.seconds[at], place, np.flatnonzero(mine < 0))


def _closing_at(extent: Extent, addresses: Addresses, closing: Floats) -> Floats:
    """When water bars each address itself."""
    cell = extent.raster.cells(addresses.points_m[:, 0], addresses.points_m[:, 1])
    return np.where(cell < 0, np.inf, closing[cell])


def _units(
    addresses: Addresses, seeds: Seeds, leaves: NDArray[np.bool_], kind: Unit
) -> tuple[tuple[tuple[str, int], ...], Ints]:
    """The units in order of village and edge, and the unit of each address that can leave."""
    edge = np.full(len(addresses), -1)
    if kind is Unit.STREET:
        edge[seeds.place] = seeds.edge
    villages, village = numbered(addresses.regions)
    # One number for a village and an edge, which sort together.
    span = int(edge.max(initial=0)) + 2
    keys, of = np.unique(village[leaves] * span + edge[leaves] + 1, return_inverse=True)
    unit = np.full(len(addresses), -1)
    unit[leaves] = of.reshape(-1)
    return tuple((villages[key // span], key % span - 1) for key in keys.tolist()), unit


def numbered(names: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """The names in their order, and the place of each among them."""
    known = sorted(set(names))
    place = {name: number for number, name in enumerate(known)}
    return tuple(known), np.array([place[name] for name in names], np.int64)


def _journeys(
    goals: Goals,
    seeds: Seeds,
    addresses: Addresses,
    units: Sequence[tuple[str, int]],
    unit: Ints,
    ready_s: float,
) -> Floats:
    """From the gathering place of each unit to each shelter."""
    count = len(units)
    mine = unit[seeds.place]
    rows = np.flatnonzero(mine >= 0)
    of, points = mine[rows], addresses.points_m[seeds.place[rows]]
    totals = np.stack([np.bincount(of, points[:, axis], count) for axis in (0, 1)], axis=1)
    middles = totals / np.maximum(np.bincount(of, minlength=count), 1)[:, None]
    away = np.hypot(*(points - middles[of]).T)
    order = np.lexsort((seeds.place[rows], away, of))
    first = order[np.unique(of[order], return_index=True)[1]]
    at = rows[first]
    gathering = Seeds(seeds.edge[at], seeds.along_m[at], seeds.seconds[at], of[first], np.zeros(0, np.int64))
    return goals.journeys(gathering, count, ready_s)


def _shared(
    addresses: Addresses, leave_by: Floats, unit: Ints, journeys: Floats, assignment: Assignment
) -> Shares:
    """Of each address, how many go to which shelter: who must leave first goes to the nearest.

    People of a unit stand in one line, the room of its shelters in another; where the two are cut,
    a share begins.
    """
    nothing = np.zeros(0, np.int64)
    parts: list[tuple[Ints, Ints, Ints]] = [(nothing, nothing, nothing)]
    order = np.lexsort((np.arange(len(addresses)), leave_by, unit))
    order = order[unit[order] >= 0]
    bounds = np.searchsorted(unit[order], np.arange(len(journeys) + 1))
    for number in range(len(journeys)):
        rows = order[bounds[number] : bounds[number + 1]]
        into = np.flatnonzero(assignment.people[number])
        into = into[np.argsort(journeys[number, into], kind="stable")]
        people, room = np.cumsum(addresses.people[rows]), np.cumsum(assignment.people[number, into])
        if not len(into):
            continue
        cuts = np.unique(np.concatenate(([0], people, room)))
        cuts = cuts[cuts <= min(people[-1], room[-1])]
        begins = cuts[:-1]
        parts.append(
            (
                rows[np.searchsorted(people, begins, "right")],
                into[np.searchsorted(room, begins, "right")],
                np.diff(cuts),
            )
        )
    address, shelter, count = (np.concatenate(each) for each in zip(*parts, strict=True))
    sort = np.argsort(address, kind="stable")
    return Shares(address[sort], shelter[sort], count[sort])
