"""The sample register while it grows: blocks of components and of their addresses, parents first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from address.identity import keys
from address.model import AliasKind, Element, Form
from address.sample.ground import Rows
from address.snapshot import Addresses, Aliases, Components
from spatial.sample.plane import Floats, to_degrees

NONE: Final = -1
FORMS: Final = tuple(Form)
ALIAS_KINDS: Final = tuple(AliasKind)


class Tree:
    """Components and addresses in blocks; rows count on from block to block."""

    def __init__(self) -> None:
        self.count = 0
        self._components: list[tuple[pa.Array, Rows, NDArray[np.uint8], Rows, Rows, pa.Array]] = []
        self._former: dict[int, int] = {}
        self._auxiliary: dict[int, int] = {}
        self._addresses: list[tuple[Rows, Rows, NDArray[np.uint8], Floats, NDArray[np.float32]]] = []
        self._aliases: list[tuple[str, int, int]] = []
        self.addressed = 0

    def add(
        self,
        element: Element,
        parent: ArrayLike,
        name: pa.Array | Sequence[str],
        number: ArrayLike | None = None,
        sub_number: ArrayLike | None = None,
        code: Sequence[str] | None = None,
    ) -> Rows:
        """Add components of one element; returns their rows."""
        names = name if isinstance(name, pa.Array) else pa.array(name, pa.string())
        count = len(names)
        rows = np.arange(self.count, self.count + count, dtype=np.int32)
        self._components.append(
            (
                names,
                _filled(parent, count),
                np.full(count, int(element), dtype=np.uint8),
                _filled(number, count),
                _filled(sub_number, count),
                pa.array([""] * count if code is None else code, pa.string()),
            )
        )
        self.count += count
        return rows

    def retire(self, row: int, successor: int) -> None:
        """Say that a component is no longer, and what took its place."""
        self._former[row] = successor

    def address(
        self,
        component: Rows,
        region: ArrayLike,
        form: Form,
        points_m: Floats,
        accuracy_m: float,
    ) -> Rows:
        """Give components their addresses; ``region`` is a row of components."""
        count = len(component)
        self._addresses.append(
            (
                component,
                _filled(region, count),
                np.full(count, FORMS.index(form), dtype=np.uint8),
                points_m,
                np.full(count, accuracy_m, dtype=np.float32),
            )
        )
        self.addressed += count
        return np.arange(self.addressed - count, self.addressed, dtype=np.int32)

    def auxiliary(self, component: int, main: int) -> None:
        """Say that the address of a component is auxiliary 辅址 to another address of the same object."""
        self._auxiliary[component] = main

    def alias(self, text: str, row: int, kind: AliasKind) -> None:
        """Add another writing of a component."""
        self._aliases.append((text, int(row), ALIAS_KINDS.index(kind)))

    def components(self, source: str, common: str, shared: int) -> Components:
        """All components; the first ``shared`` have the same identity in registers of every size."""
        name, parent, element, number, sub_number, code = zip(*self._components, strict=True)
        current = np.ones(self.count, dtype=np.bool_)
        successor = np.full(self.count, NONE, dtype=np.int32)
        for row, after in self._former.items():
            current[row], successor[row] = False, after
        return Components(
            key=pa.concat_arrays(
                [
                    keys(common, "component", shared),
                    keys(source, "component", self.count).slice(shared),
                ]
            ),
            parent=np.concatenate(parent),
            element=np.concatenate(element),
            name=pa.concat_arrays(name),
            number=np.concatenate(number),
            sub_number=np.concatenate(sub_number),
            code=pa.concat_arrays(code),
            current=current,
            successor=successor,
        )

    def addresses(self, source: str) -> Addresses:
        """All addresses; positions rounded as the platform stores them."""
        component, region, form, points, accuracy = zip(*self._addresses, strict=True)
        main = np.full(self.addressed, NONE, dtype=np.int32)
        for row, of in self._auxiliary.items():
            main[np.concatenate(component) == row] = of
        positions = to_degrees(np.concatenate(points))
        return Addresses(
            key=keys(source, "address", self.addressed),
            component=np.concatenate(component),
            region=np.concatenate(region),
            form=np.concatenate(form),
            longitude_deg=positions[:, 0].copy(),
            latitude_deg=positions[:, 1].copy(),
            accuracy_m=np.concatenate(accuracy),
            current=np.ones(self.addressed, dtype=np.bool_),
            main=main,
        )

    def aliases(self) -> Aliases:
        """All aliases, each once."""
        seen = list(dict.fromkeys(self._aliases))
        return Aliases(
            text=pa.array([text for text, _, _ in seen], pa.string()),
            component=np.array([row for _, row, _ in seen], dtype=np.int32),
            kind=np.array([kind for _, _, kind in seen], dtype=np.uint8),
        )


def numbered(numbers: ArrayLike, suffix: str, prefix: str = "") -> pa.Array:
    """Names of numbers: 3 and 号楼 → 3号楼."""
    texts = pc.cast(pa.array(np.asarray(numbers)), pa.string())
    return pc.binary_join_element_wise(prefix, texts, suffix, "")


def _filled(values: ArrayLike | None, count: int) -> Rows:
    filled: Rows = np.broadcast_to(np.asarray(NONE if values is None else values, np.int32), (count,)).copy()
    return filled
