"""The nouns of an evacuation 避险转移: what is asked, who is there, and what comes of it. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.network import Seeds
from water.evacuation.assign import Assignment
from water.evacuation.exposure import Exposed
from water.evacuation.hazard import Passage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def flood_input(inputs: Mapping[str, Any]) -> str:
    """The input that tells of the flood."""
    return "run" if "run" in inputs else "extent"


class Unit(StrEnum):
    """Who is sent to a shelter together 转移单元."""

    VILLAGE = "village"
    STREET = "street"
    """The addresses of a village on one stretch of road."""


class Fate(StrEnum):
    """What becomes of an address 转移结论."""

    LEAVES = "leaves"
    """能在时限内撤离"""
    CUT_OFF = "cut-off"
    """出路已断: no way is left when its people are ready."""
    OFF_ROAD = "off-road"
    """距道路过远: too far from any road that the mode passes."""
    NO_ROOM = "no-room"
    """容量不足: every shelter that some of its people can reach is full."""


FATES: Final = tuple(Fate)


@dataclass(frozen=True, slots=True)
class Asked:
    """How an evacuation is reckoned."""

    passage: Passage
    unit: Unit
    ready_s: float
    """When people leave, since the beginning of the flood: the order given and everything packed."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses that water reaches."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    regions: tuple[str, ...]
    """The village each lies in."""
    points_deg: Floats = field(repr=False)
    points_m: Floats = field(repr=False)
    people: Ints = field(repr=False)
    exposed: Exposed = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Shelter:
    """A place to go to 避难场所."""

    id: str
    name: str | None
    capacity: int | None
    """People; None where nobody says."""
    depth_m: float
    """Deepest water at it; none goes where it is wet."""
    in_service: bool
    """在用; also where its layer does not say."""
    shape_m: Any = field(repr=False)
    """In the plane of the flood."""

    @property
    def usable(self) -> bool:
        """Whether somebody can be sent there."""
        return self.in_service and self.depth_m <= 0 and self.capacity is not None


@dataclass(frozen=True, slots=True)
class Shares:
    """Who of an address goes where, in order of address and of how near the shelter is."""

    address: Ints
    shelter: Ints
    """Its column in the assignment."""
    people: Ints


@dataclass(frozen=True, slots=True)
class Evacuation:
    """The evacuation of the addresses that a flood reaches."""

    addresses: Addresses
    seeds: Seeds = field(repr=False)
    leave_by_s: Floats = field(repr=False)
    """The latest safe departure of each address; infinite where a way stays open, −inf where none is."""
    fates: Ints = field(repr=False)
    """Of each address, its place among ``FATES``."""
    shelters: tuple[Shelter, ...]
    """That people can be sent to, in the columns of the assignment."""
    units: tuple[tuple[str, int], ...]
    """Village and, for streets, the edge (else −1), in the rows of the assignment."""
    unit: Ints = field(repr=False)
    """The unit of each address; −1 of those that cannot leave."""
    journeys_s: Floats = field(repr=False)
    """Units × shelters, of who leaves at the time asked."""
    assignment: Assignment = field(repr=False)
    shares: Shares = field(repr=False)

    @property
    def housed(self) -> Ints:
        """People of each address that go to a shelter."""
        shares = self.shares
        return np.bincount(shares.address, shares.people, len(self.addresses)).astype(np.int64)
