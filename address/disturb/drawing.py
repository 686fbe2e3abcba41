"""What the disturbances share in drawing 抽取: one of several, the piece that carries an address."""

from __future__ import annotations

import numpy as np

from address.disturb.writing import Writing
from address.model import Element

E = Element


def pick(generator: np.random.Generator, *choices: str) -> str:
    """One of the choices."""
    return choices[int(generator.integers(len(choices)))]


def anchor(writing: Writing) -> int:
    """The piece under the town that carries the address: road, estate, else village, else thing."""
    for elements in ((E.ESTATE, E.ROAD, E.LANE), (E.VILLAGE,), (E.OBJECT,)):
        at = writing.find(*elements)
        if at >= 0:
            return at
    return -1
