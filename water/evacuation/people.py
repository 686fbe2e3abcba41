"""How many people are at an address 人数: from what is linked to it, else from what is assumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from water.errors import BadCapacity, PeopleUnknown
from water.evacuation.layers import LINKS

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is assumed where nothing is linked; None where nothing is to be assumed."""

    per_household: float | None = None
    per_address: float | None = None

    def __post_init__(self) -> None:
        for value in (self.per_household, self.per_address):
            if value is not None and value < 0:
                raise BadCapacity(
                    f"人数不能为负:{value:g}",
                    f"a number of people must not be negative: {value:g}",
                    value=value,
                )


def counted(
    ids: Sequence[str], tallies: Iterable[tuple[str, str, str, int]] | None, assumed: Assumed
) -> tuple[Ints, str]:
    """People at each address, and on what that rests.

    ``tallies``: address, kind and role of what is linked, with how many; None where the asker may not
    see it. Of an address those living there 居住 count; where there are none, those registered 户籍;
    then households, then the address itself by what is assumed, rounded up. PeopleUnknown where no
    address would have anybody and nothing is assumed.

    >>> counted(["a", "b"], [("a", "person", "living", 3), ("b", "household", "registered", 2)],
    ...         Assumed(per_household=2.6))
    (array([3, 6]), 'links')
    """
    if tallies is None:
        if assumed.per_address is None:
            raise PeopleUnknown(
                f"您不能读取 {LINKS},请给出 persons_per_address(每个地址的人数)",
                f"you may not read {LINKS}; give persons_per_address, what to assume of an address",
                value=LINKS,
                details={"pointer": "/inputs/persons_per_address"},
            )
        return np.full(len(ids), ceil(assumed.per_address), np.int64), "assumed"
    row = {id: number for number, id in enumerate(ids)}
    living, registered, households = (np.zeros(len(ids), np.int64) for _ in range(3))
    for address, kind, role, count in tallies:
        if kind == "person" and role == "living":
            living[row[address]] += count
        elif kind == "person" and role == "registered":
            registered[row[address]] += count
        elif kind == "household":
            households[row[address]] += count
    people = np.where(living > 0, living, registered)
    if assumed.per_household is not None:
        people = np.where(people > 0, people, np.ceil(households * assumed.per_household)).astype(np.int64)
    if assumed.per_address is not None:
        people = np.where(people > 0, people, ceil(assumed.per_address))
    if len(ids) and not people.any():
        raise PeopleUnknown(
            f"{LINKS} 未关联任何人,请给出 persons_per_household 或 persons_per_address",
            f"nobody is linked in {LINKS}; give persons_per_household or persons_per_address",
            value=len(ids),
            details={"pointer": "/inputs/persons_per_address"},
        )
    return people, "links"
