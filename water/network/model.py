"""Nouns of the river network 河网: reaches, nodes, and the ways along them. Frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """Ways to go from a place, as NLDI names them."""

    UPSTREAM_MAIN = "UM"
    """上溯干流: up the main stem."""
    UPSTREAM_TRIBUTARIES = "UT"
    """上溯全部: up everything that flows here."""
    DOWNSTREAM_MAIN = "DM"
    """下行主汊: down the main arm."""
    DOWNSTREAM_DIVERSIONS = "DD"
    """下行全部: down every arm."""
    POINT_TO_POINT = "PP"
    """两点之间: down from one place to another."""

    @property
    def upstream(self) -> bool:
        """Against the flow."""
        return self.value.startswith("U")


class Flow(StrEnum):
    """Which way water goes along a reach as it is drawn 水流方向."""

    FORWARD = "forward"
    REVERSE = "reverse"
    TIDAL = "tidal"
    """Both ways with the tide; the way to the sea counts as down."""


@dataclass(frozen=True, slots=True)
class Reach:
    """One edge of the network 河段."""

    id: str
    name: str
    route: str
    route_version: int
    from_m: float
    """Chainage at the upper end as drawn."""
    to_m: float
    from_node: str
    to_node: str
    length_m: float
    main: bool = True
    """The main arm where the river splits."""
    order: int | None = None
    kind: str = "river"
    flow: Flow = Flow.FORWARD
    open: bool = True
    nature: str | None = None
    """数据性质: generated reaches say so."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where reaches meet, begin or end 节点."""

    id: str
    name: str
    kind: str
    lon_deg: float
    lat_deg: float
    river: str | None = None
    route: str | None = None
    chainage_m: float | None = None
    open: bool = True
    """A closed gate lets nothing through."""
    nature: str | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the network: a reach, and how far it lies from its upper end as water flows."""

    reach: int
    along_m: float
