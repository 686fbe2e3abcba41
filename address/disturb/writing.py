"""An address in pieces 分段写法: what a clerk would write, before anything disturbs it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from address.model import Element
from address.snapshot import Snapshot

E = Element
NAMED = (E.TOWN, E.VILLAGE, E.ROAD, E.LANE, E.ESTATE, E.OBJECT)


@dataclass(frozen=True, slots=True)
class Piece:
    """One element as it is written."""

    element: Element
    text: str
    number: int = -1
    sub_number: int = -1
    row: int = -1
    """The component that it stands for; -1 for what was added."""


@dataclass(frozen=True, slots=True)
class Writing:
    """An address on its way to a query."""

    pieces: tuple[Piece, ...]
    before: str = ""
    after: str = ""
    """What stands around the address: labels, persons, notes."""

    def find(self, *elements: Element) -> int:
        """The first piece of one of the elements; -1 where there is none."""
        return next((at for at, piece in enumerate(self.pieces) if piece.element in elements), -1)

    def without(self, *elements: Element) -> Writing:
        """The same with no piece of these elements."""
        return replace(self, pieces=tuple(piece for piece in self.pieces if piece.element not in elements))

    def put(self, at: int, text: str) -> Writing:
        """The same with one piece written another way."""
        pieces = list(self.pieces)
        pieces[at] = replace(pieces[at], text=text)
        return replace(self, pieces=tuple(pieces))

    def spelled(self) -> str:
        """As one text."""
        return self.before + "".join(piece.text for piece in self.pieces) + self.after


class Register:
    """What the disturbances ask of a register: names by row, how many bear a name, siblings."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.names: list[str] = snapshot.components.name.to_pylist()
        components = snapshot.components
        named = np.isin(components.element, [int(element) for element in NAMED])
        self.bearers: Counter[str] = Counter(_core(self.names[row]) for row in np.flatnonzero(named).tolist())
        self.taken = set(self.bearers)
        self.children: dict[int, list[int]] = {}
        parents = components.parent.tolist()
        for row, parent in enumerate(parents):
            self.children.setdefault(parent, []).append(row)
        self.parents: list[int] = parents
        self.elements: list[int] = components.element.tolist()
        self.address_of = {
            component: row for row, component in enumerate(snapshot.addresses.component.tolist())
        }
        self.aliases: dict[int, list[str]] = {}
        for text, row in zip(
            snapshot.aliases.text.to_pylist(), snapshot.aliases.component.tolist(), strict=True
        ):
            self.aliases.setdefault(row, []).append(text)
        self.former: dict[int, list[str]] = {}
        for row in np.flatnonzero(~components.current).tolist():
            if components.successor[row] >= 0:
                self.former.setdefault(int(components.successor[row]), []).append(self.names[row])

        self._one_off: dict[str, list[str]] = {}
        self._meets: dict[int, list[int]] = {}
        crossings = snapshot.crossings
        for one, other in zip(crossings.first.tolist(), crossings.second.tolist(), strict=True):
            self._meets.setdefault(one, []).append(other)
            self._meets.setdefault(other, []).append(one)

    def meets(self, road: int) -> list[int]:
        """The roads that cross a road."""
        return self._meets.get(road, [])

    def one_off(self) -> dict[str, list[str]]:
        """Names under each of their writings with one character blotted out."""
        if not self._one_off:
            for name in {self.names[row] for row, element in enumerate(self.elements) if element in NAMED}:
                for at in range(len(name)):
                    self._one_off.setdefault(name[:at] + "*" + name[at + 1 :], []).append(name)
        return self._one_off

    def is_single(self, name: str) -> bool:
        """Whether one component alone bears the name, whatever its suffix."""
        return self.bearers[_core(name)] == 1

    def key(self, address: int) -> str:
        """The identity of an address."""
        return str(self.snapshot.addresses.key[address])

    def path(self, component: int) -> list[int]:
        """The components of a path, from the province down."""
        rows = []
        while component >= 0:
            rows.append(component)
            component = self.parents[component]
        return rows[::-1]

    def written(self, address: int) -> Writing:
        """The standard writing: full path, with the town for a road of the whole county."""
        addresses, components = self.snapshot.addresses, self.snapshot.components
        rows = self.path(int(addresses.component[address]))
        if not any(self.elements[row] == E.TOWN for row in rows):
            above = [row for row in self.path(int(addresses.region[address])) if self.elements[row] == E.TOWN]
            county = next((at for at, row in enumerate(rows) if self.elements[row] == E.COUNTY), -1)
            rows[county + 1 : county + 1] = above
        return Writing(
            tuple(
                Piece(
                    Element(self.elements[row]), self.names[row],
                    int(components.number[row]), int(components.sub_number[row]), row,
                )
                for row in rows
            )
        )  # fmt: skip


def _core(name: str) -> str:
    for end in ("街道", "小区", "社区", "花园", "村", "镇", "大街", "街", "路"):
        if name.endswith(end) and len(name) > len(end) + 1:
            return name.removesuffix(end)
    return name
