"""The register as columns 登记簿快照: what the engine is built from.

A snapshot holds what was valid and believed at one instant, with what once was, so
that old names still lead to their successors. It comes from the database
(:mod:`address.store`) or straight from the sample (:mod:`address.sample`); rows are
numbered, and the numbers mean nothing outside their snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Components:
    """The tree of components; a parent stands before its children."""

    key: pa.Array
    """string: the immutable identity."""
    parent: npt.NDArray[np.int32]
    """Row of the parent; -1 for the province."""
    element: npt.NDArray[np.uint8]
    """Values of :class:`address.model.Element`."""
    name: pa.Array
    """string: with its suffix: 圣城街道, 圣城街, 3号楼, 595号."""
    number: npt.NDArray[np.int32]
    """Number in the name; -1 for none."""
    sub_number: npt.NDArray[np.int32]
    """附号; -1 for none."""
    code: pa.Array
    """string: statistical code of regions (12 digits, shorter ones for higher units); "" for the rest."""
    current: npt.NDArray[np.bool_]
    """False for what is no longer: 撤销、注销、合并."""
    successor: npt.NDArray[np.int32]
    """Row of what took its place 沿革; -1 for none."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses by their deepest component."""

    key: pa.Array
    """string"""
    component: npt.NDArray[np.int32]
    """Row of the deepest component."""
    region: npt.NDArray[np.int32]
    """Row of the village, else the town, in which it lies; a door of a road has it outside its path."""
    form: npt.NDArray[np.uint8]
    """Index into ``tuple(address.model.Form)``."""
    longitude_deg: npt.NDArray[np.float64]
    latitude_deg: npt.NDArray[np.float64]
    """CGCS2000 (EPSG:4490), of the entrance; NaN where no position is known."""
    accuracy_m: npt.NDArray[np.float32]
    current: npt.NDArray[np.bool_]
    main: npt.NDArray[np.int32] | None = None
    """Row of the main address 主址 of the same object where this one is auxiliary 辅址; -1 for a main one.
    None where nothing is known of it: all are main."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """Other writings that lead to a component 别写."""

    text: pa.Array
    """string"""
    component: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]
    """Index into ``tuple(address.model.AliasKind)``."""


@dataclass(frozen=True, slots=True)
class Crossings:
    """Points where two roads meet 路口."""

    first: npt.NDArray[np.int32]
    second: npt.NDArray[np.int32]
    """Rows of the two roads."""
    longitude_deg: npt.NDArray[np.float64]
    latitude_deg: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the engine knows of the register at one instant."""

    components: Components
    addresses: Addresses
    aliases: Aliases
    crossings: Crossings
    version: str
    """Changes with the content: what was built from another version is stale."""


def levels(parent: npt.NDArray[np.int32]) -> list[npt.NDArray[np.int32]]:
    """Rows of a tree by depth, without those that have no parent."""
    found = []
    depth = np.zeros(len(parent), dtype=np.int16)
    rows = np.flatnonzero(parent >= 0).astype(np.int32)
    above = parent[rows]
    while len(rows):
        depth[rows] += 1
        above = parent[above]
        rows, above = rows[above >= 0], above[above >= 0]
    for level in range(1, int(depth.max(initial=0)) + 1):
        found.append(np.flatnonzero(depth == level).astype(np.int32))
    return found
