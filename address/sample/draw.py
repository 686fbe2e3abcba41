"""The whole sample register from a size and a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import shapely

from address.bundle import Areas, Bundle, Roads
from address.sample import estates, landmarks, regions, streets, villages
from address.sample.ground import Ground, ground
from address.sample.links import links
from address.sample.regions import Regions
from address.sample.streets import Streets
from address.sample.tree import Tree
from address.snapshot import Snapshot
from spatial.errors import InvalidInput

EDITION: Final = 1
"""Raised where the same size and seed give another register."""
LEAST: Final = 1_500
MOST: Final = 5_000_000
SHARES: Final = {"street": 0.06, "estate": 0.66, "village": 0.20, "landmark": 0.08}
"""Of the addresses, by form."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The snapshot, and what it was drawn on."""

    snapshot: Snapshot
    ground: Ground
    regions: Regions
    streets: Streets

    def bundle(self) -> Bundle:
        """As a register to be stored, with the outlines of divisions and the lines of roads."""
        base, rows = self.ground, self.regions
        outlines = np.concatenate([[base.city_deg], base.town_areas_deg, base.village_areas_deg])
        return Bundle(
            self.snapshot,
            Areas(
                np.concatenate([[rows.county], rows.towns, rows.villages]).astype(np.int32),
                pa.array(shapely.to_wkb(outlines).tolist(), pa.binary()),
            ),
            Roads(
                self.streets.rows,
                pa.array([shapely.to_wkb(road.line_deg) for road in base.roads], pa.binary()),
                pa.array([road.map_name for road in base.roads], pa.string()),
                np.array([road.width_m for road in base.roads]),
                np.array([road.east_west for road in base.roads]),
            ),
            links(self.snapshot),
            synthetic=True,
        )


def generate(size: int, seed: int) -> Snapshot:
    """A register of about ``size`` addresses; the same from the same seed, to the last digit.

    The first call of a process makes the ground of the sample city, some 15 s. Raises
    InvalidInput where the size is not between 1,500 and 5 million.
    """
    return draw(size, seed).snapshot


def draw(size: int, seed: int) -> Drawn:
    """As :func:`generate`, with the ground."""
    if not LEAST <= size <= MOST:
        raise InvalidInput(
            f"样例登记簿的地址数须在 {LEAST} 与 {MOST} 之间:{size}",
            f"a sample register has between {LEAST} and {MOST} addresses: {size}",
            value=size,
        )
    base = ground()
    one, two, three, four = (
        np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(4)
    )
    tree = Tree()
    budget = {form: round(size * share) for form, share in SHARES.items()}
    divisions = regions.plant(tree, base)
    shared = tree.count
    roads = streets.plant(tree, base, divisions, budget["street"], one)
    budget["estate"] += budget["street"] - tree.addressed  # a city has only so many streets
    housing = estates.plant(tree, base, divisions, roads, budget["estate"], two)
    peopled = villages.plant(tree, base, divisions, budget["village"], three)
    left = max(size - tree.addressed, budget["landmark"])
    landmarks.plant(tree, base, divisions, roads, housing, peopled, left, four)
    source = f"sample-{EDITION}-{size}-{seed}"
    snapshot = Snapshot(
        components=tree.components(source, f"sample-{EDITION}-{seed}", shared),
        addresses=tree.addresses(source),
        aliases=tree.aliases(),
        crossings=streets.crossings(base, roads.rows),
        version=source,
    )
    return Drawn(snapshot, base, divisions, roads)
