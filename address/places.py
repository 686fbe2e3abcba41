"""Places of a register as people ask for them: written path, position, size, what took its place.

Pure, over a snapshot; built once and shared by whatever answers from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from address.follow import Followed
from address.keys import Keys
from address.model import Element
from address.snapshot import Components, Snapshot, levels
from address.texts import Texts

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
        self.parent: Rows = _column(components.parent, np.int32)
        self.element: np.ndarray[Any, np.dtype[np.uint8]] = _column(components.element, np.uint8)
        self._number: Rows = _column(components.number, np.int32)
        self._current: np.ndarray[Any, np.dtype[np.bool_]] = _column(components.current, np.bool_)
        self._region: Rows = _column(addresses.region, np.int32)
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
        self._names, self._coded = Texts(components.name), Texts(components.code)
        self.keys = Texts(components.key)
        self._codes = _codes(components)
        self._told: dict[int, tuple[int, str, str]] = {}
        self.written: dict[int, Any] = {}
        """Descriptions of divisions, for whoever makes them."""
        self.fronts: dict[tuple[int, int, int], Any] = {}
        """What stands before the names of what lies in one place, likewise."""
        self._by_parent = np.argsort(components.parent, kind="stable").astype(np.int32)
        self._child_of = np.searchsorted(
            components.parent[self._by_parent], np.arange(count + 1, dtype=np.int32)
        )

    def children(self, row: int) -> Rows:
        """The components directly below one."""
        return self._by_parent[self._child_of[row] : self._child_of[row + 1]]

    def children_like(self, rows: Sequence[int], rank: int, number: int | None) -> Rows:
        """The current components of a rank directly below some, of that number where one is given."""
        starts = self._child_of.item
        found: Rows = np.empty(sum([starts(row + 1) - starts(row) for row in rows]), np.int32)
        count = _children_like(
            self._by_parent, self._child_of, self.element, self._number, self._current,
            np.array(rows, np.int32), rank, number or 0, number is not None, found,
        )  # fmt: skip
        return found[:count]

    def lies_in(self, row: int, within: int) -> bool:
        """Whether a component is another or lies in it, by the tree or by the village of its address."""
        if self._below(row, within):
            return True
        region = self.region(row)
        return region >= 0 and self._below(region, within)

    def all_in(self, rows: Rows, within: Rows) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of some components lie below any of others in the tree, or have one for their region."""
        found: np.ndarray[Any, np.dtype[np.bool_]] = np.zeros(rows.size, np.bool_)
        _all_in(self.parent, self.address, self._region, rows, np.sort(within), found)
        return found

    def _below(self, row: int, within: int) -> bool:
        while row >= 0 and row != within:
            row = self.parent.item(row)
        return row == within

    def name(self, row: int) -> str:
        """The name of a component."""
        return self._names[row]

    def told(self, row: int) -> tuple[int, str, str]:
        """Element, name and code of a component; those of divisions, which recur, are read once."""
        found = self._told.get(row)
        if found is None:
            rank = self.element.item(row)
            found = rank, self._names[row], self._coded[row]
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
        address = self.address.item(row)
        if address >= 0:
            return self._region.item(address)
        village = self.of(row, Element.VILLAGE)
        return village if village >= 0 else self.of(row, Element.TOWN)

    def position(self, row: int) -> tuple[float, float] | None:
        """Longitude and latitude in degrees: of its own entrance, else the middle of what lies in it."""
        address, addresses = self.address.item(row), self.snapshot.addresses
        if address >= 0:
            x = addresses.longitude_deg.item(address)
            if math.isfinite(x):
                return x, addresses.latitude_deg.item(address)
        x = self._longitude_deg.item(row)
        return (x, self._latitude_deg.item(row)) if math.isfinite(x) else None

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


def _column(values: Any, kind: Any) -> Any:
    """A column as compiled code takes it: what was read from a database may not be written to, which is
    another type to it."""
    return np.require(values, kind, ("C", "W"))


# Told their types, both are compiled where they are imported, not where somebody asks. They write into
# arrays of whoever calls: an array that compiled code returns costs more than what is done here.
@njit("i8(i4[::1], i8[::1], u1[::1], i4[::1], b1[::1], i4[::1], i8, i8, b1, i4[::1])", cache=True, nogil=True)
def _children_like(
    by_parent: Any, child_of: Any, element: Any, number: Any, current: Any,
    rows: Any, rank: Any, wanted: Any, numbered: Any, found: Any,
) -> Any:  # fmt: skip
    count = 0
    for row in rows:
        for at in range(child_of[row], child_of[row + 1]):
            child = by_parent[at]
            if element[child] == rank and current[child] and not (numbered and number[child] != wanted):
                found[count] = child
                count += 1
    return count


@njit(inline="always")
def _holds(sorted_rows: Any, row: Any) -> Any:
    at = np.searchsorted(sorted_rows, row)
    return at < sorted_rows.size and sorted_rows[at] == row


@njit("void(i4[::1], i4[::1], i4[::1], i4[::1], i4[::1], b1[::1])", cache=True, nogil=True)
def _all_in(parent: Any, address: Any, region: Any, rows: Any, within: Any, found: Any) -> None:
    for at in range(rows.size):
        above, own = parent[rows[at]], address[rows[at]]
        if own >= 0 and _holds(within, region[own]):
            found[at] = True
            continue
        while above >= 0 and not found[at]:
            found[at] = _holds(within, above)
            above = parent[above]


def _codes(components: Components) -> Keys:
    """Of codes of divisions; what is no longer must not hide what took over its code."""
    coded = np.flatnonzero(pc.utf8_length(components.code).to_numpy(zero_copy_only=False) > 0)
    coded = coded[np.argsort(~components.current[coded], kind="stable")].astype(np.int32)
    by_code = Keys.of(components.code.take(pa.array(coded)))
    return replace(by_code, column=components.code, row=coded[by_code.row].astype(np.int32))
