"""The whole sample register from a size and a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from address.sample import estates, landmarks, regions, streets, villages
from address.sample.ground import Ground, ground
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
    roads = streets.plant(tree, base, divisions, budget["street"], one)
    budget["estate"] += budget["street"] - tree.addressed  # a city has only so many streets
    housing = estates.plant(tree, base, divisions, roads, budget["estate"], two)
    peopled = villages.plant(tree, base, divisions, budget["village"], three)
    left = max(size - tree.addressed, budget["landmark"])
    landmarks.plant(tree, base, divisions, roads, housing, peopled, left, four)
    snapshot = Snapshot(
        components=tree.components(seed),
        addresses=tree.addresses(seed),
        aliases=tree.aliases(),
        crossings=streets.crossings(base, roads.rows),
        version=f"sample-{EDITION}-{size}-{seed}",
    )
    return Drawn(snapshot, base, divisions, roads)
