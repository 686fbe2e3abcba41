"""Places of a register as people ask for them: written path, position, size, what took its place.

Pure, over a snapshot; built once and shared by whatever answers from it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from address.follow import Followed
from address.keys import Keys
from address.model import Element
from address.snapshot import Components, Snapshot, levels

Rows = np.ndarray[Any, np.dtype[np.int32]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
_ZONE, _VILLAGE = int(Element.ZONE), int(Element.VILLAGE)
_CODE_DIGITS: Final = (12, 9, 6, 4, 2)
"""Of a village, a town, a county, a prefecture, a province."""
_SUCCESSORS_MOST: Final = 32
"""Of successors, one after the other; a longer chain is a ring."""


class Places:
    """The components of a snapshot with what is asked of each."""

    def __init__(self, followed: Snapshot | Followed) -> None:
        held = followed if isinstance(followed, Followed) else Followed.of(followed)
        self.followed = held
        self.snapshot = snapshot = held.snapshot
        components, addresses = snapshot.components, snapshot.addresses
        count = len(components.key)
        self.parent = components.parent
        self.element = components.element
        self.main = np.full(len(addresses.key), -1, np.int32) if addresses.main is None else addresses.main
        shown = np.flatnonzero(addresses.current)
        self.address = np.full(count, -1, dtype=np.int32)
        """Component → row of its own address; -1 for none."""
        self.address[addresses.component[shown[::-1]]] = shown[::-1]
        placed = shown[np.isfinite(addresses.longitude_deg[shown])]
        self.weight = np.bincount(addresses.component[shown], minlength=count).astype(np.float64)
        """Addresses at a component and below it."""
        sums = [
            np.bincount(addresses.component[placed], values[placed], minlength=count)
            for values in (np.ones(len(addresses.key)), addresses.longitude_deg, addresses.latitude_deg)
        ]
        for rows in reversed(levels(components.parent)):
            above = components.parent[rows]
            for values in (self.weight, *sums):
                np.add.at(values, above, values[rows])
        with np.errstate(invalid="ignore"):
            self._longitude_deg = sums[1] / sums[0]
            self._latitude_deg = sums[2] / sums[0]
        self._codes = _codes(components)
        self._told: dict[int, tuple[int, str, str]] = {}
        self.written: dict[int, dict[str, Any]] = {}
        """Descriptions of divisions, for whoever makes them."""
        self._by_parent = np.argsort(components.parent, kind="stable").astype(np.int32)
        self._child_of = np.searchsorted(
            components.parent[self._by_parent], np.arange(count + 1, dtype=np.int32)
        )

    def children(self, row: int) -> Rows:
        """The components directly below one."""
        return self._by_parent[self._child_of[row] : self._child_of[row + 1]]

    def lies_in(self, row: int, within: int) -> bool:
        """Whether a component is another or lies in it, by the tree or by the village of its address."""
        if self._below(row, within):
            return True
        region = self.region(row)
        return region >= 0 and self._below(region, within)

    def all_in(self, rows: Rows, within: Rows) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of some components lie in any of others, as :meth:`lies_in` says it."""
        wanted = np.zeros(len(self.parent) + 1, np.bool_)  # the last stands for none
        wanted[within] = True
        own = self.address[rows]
        regions = np.where(own >= 0, self.snapshot.addresses.region[np.maximum(own, 0)], -1)
        found = wanted[regions]
        above = self.parent[rows]
        while (above >= 0).any():
            found |= wanted[above]
            above = np.where(above >= 0, self.parent[np.maximum(above, 0)], -1)
        return found

    def _below(self, row: int, within: int) -> bool:
        while row >= 0 and row != within:
            row = int(self.parent[row])
        return row == within

    def name(self, row: int) -> str:
        """The name of a component."""
        return str(self.snapshot.components.name[row].as_py())

    def told(self, row: int) -> tuple[int, str, str]:
        """Element, name and code of a component; those of divisions, which recur, are read once."""
        found = self._told.get(row)
        if found is None:
            rank, components = self.element.item(row), self.snapshot.components
            found = rank, self.name(row), str(components.code[row].as_py() or "")
            if rank <= _VILLAGE:
                self._told[row] = found
        return found

    def path(self, row: int) -> tuple[int, ...]:
        """A component and what it lies in, from the province down."""
        found = []
        while row >= 0:
            found.append(row)
            row = self.parent.item(row)
        return tuple(reversed(found))

    def text(self, row: int, below: Element | None = None) -> str:
        """The written path; with ``below``, from the first component of a greater rank."""
        least = -1 if below is None else int(below)
        path = self.path(row)
        ranks = self.element[list(path)].tolist()
        return "".join(
            self.name(each) for each, rank in zip(path, ranks, strict=True) if rank > least and rank != _ZONE
        )

    def of(self, row: int, element: Element) -> int:
        """The component of that element in the path; -1 for none."""
        wanted = int(element)
        while row >= 0 and self.element.item(row) != wanted:
            row = self.parent.item(row)
        return row

    def region(self, row: int) -> int:
        """The village, else the town, in which a component lies; -1 where it is above them."""
        address = int(self.address[row])
        if address >= 0:
            return int(self.snapshot.addresses.region[address])
        village = self.of(row, Element.VILLAGE)
        return village if village >= 0 else self.of(row, Element.TOWN)

    def position(self, row: int) -> tuple[float, float] | None:
        """Longitude and latitude in degrees: of its own entrance, else the middle of what lies in it."""
        address = int(self.address[row])
        addresses = self.snapshot.addresses
        if address >= 0 and np.isfinite(addresses.longitude_deg[address]):
            return float(addresses.longitude_deg[address]), float(addresses.latitude_deg[address])
        if np.isfinite(self._longitude_deg[row]):
            return float(self._longitude_deg[row]), float(self._latitude_deg[row])
        return None

    def successor(self, row: int) -> tuple[int, ...]:
        """What took its place, one after the other; empty for what still is, or has no successor."""
        found: list[int] = []
        following = int(self.snapshot.components.successor[row])
        while following >= 0 and len(found) < _SUCCESSORS_MOST:
            found.append(following)
            following = int(self.snapshot.components.successor[following])
        return tuple(found)

    def find(self, code: str) -> int:
        """The component of a key or code: of itself, of its address, of a division; -1 for none.

        A division's code is found with as many digits as its rank has, and with zeros behind them.
        """
        for keys in (self.followed.components, self.followed.addresses, self._codes):
            row = keys.find(code)
            if row >= 0:
                return int(self.snapshot.addresses.component[row]) if keys is self.followed.addresses else row
        return next((row for each in division_codes(code) if (row := self._codes.find(each)) >= 0), -1)


def division_codes(code: str) -> tuple[str, ...]:
    """What a division's code may stand as, given with or without zeros behind it; itself comes first.

    >>> division_codes("370783"), division_codes("370783003000")
    (('370783', '370783000000', '370783000'), ('370783003000', '370783003'))
    """
    if not (code.isascii() and code.isdigit() and len(code) in _CODE_DIGITS):
        return (code,)
    kept = len(code.rstrip("0"))
    longer = (code.ljust(digits, "0") for digits in _CODE_DIGITS if digits > len(code))
    shorter = (code[:digits] for digits in _CODE_DIGITS if kept <= digits < len(code))
    return (code, *longer, *shorter)


def _codes(components: Components) -> Keys:
    """Of codes of divisions; what is no longer must not hide what took over its code."""
    coded = np.flatnonzero(pc.utf8_length(components.code).to_numpy(zero_copy_only=False) > 0)
    coded = coded[np.argsort(~components.current[coded], kind="stable")].astype(np.int32)
    by_code = Keys.of(components.code.take(pa.array(coded)))
    return replace(by_code, column=components.code, row=coded[by_code.row].astype(np.int32))
