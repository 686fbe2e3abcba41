"""Towns of a register 镇街: by what is said, and of everything that lies in one."""

from __future__ import annotations

from typing import Any

import numpy as np

from address.model import Element
from address.snapshot import Snapshot
from spatial.errors import NotFound


def town_of_each(snapshot: Snapshot) -> np.ndarray[Any, np.dtype[np.int32]]:
    """The town of each component, by its row; -1 for what lies above or across."""
    tree = snapshot.components
    town = np.full(len(tree.parent), -1, np.int32)
    for row, (parent, element) in enumerate(zip(tree.parent.tolist(), tree.element.tolist(), strict=True)):
        town[row] = row if element == Element.TOWN else town[parent] if parent >= 0 else -1
    return town


def town_named(snapshot: Snapshot, said: str) -> int:
    """Row of a town by its name, code or key; NotFound where there is none."""
    tree = snapshot.components
    for row in np.flatnonzero((tree.element == Element.TOWN) & tree.current).tolist():
        if said in (tree.name[row].as_py(), tree.code[row].as_py(), tree.key[row].as_py()):
            return int(row)
    raise NotFound(
        f"登记簿没有这个镇街,请核对名称或代码:{said}",
        f"the register has no such town; check its name or code: {said}",
        value=said,
    )
