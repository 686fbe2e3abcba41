"""How precisely a layer may be shown to everybody 公开精度: by its secrecy, as data. No input or output.

The classes are those of the catalogue: how a layer is shared, whether its release is limited, and
which fields are public. What is added here is data (``assets/publication.toml``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from spatial.catalogue.contract import Contract, Field, FieldType, Secrecy, Sharing, Title


class Precision(StrEnum):
    """What of a feature is shown."""

    EXACT = "exact"
    """原样: its geometry and public fields."""
    COARSE = "coarse"
    """概略: its geometry on a grid, and public fields that are no numbers."""
    COUNTED = "counted"
    """仅统计: how many there are of each class."""


TITLES: Final[Mapping[Precision, Title]] = {
    Precision.EXACT: Title("原样公开", "as it is"),
    Precision.COARSE: Title("概略公开", "generalised"),
    Precision.COUNTED: Title("仅公开统计", "counted only"),
}
_ORDER: Final = tuple(Precision)
_NUMBERS: Final = frozenset({FieldType.NUMBER, FieldType.INTEGER})


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The finest precision of a layer, and what of that is still to be checked 待核."""

    precision: Precision
    to_be_checked: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of publication."""

    least_days: int
    to_be_checked: str
    """What the official procedure leaves open about the period."""
    grid_m: float
    by_sharing: Mapping[Sharing, Precision]
    limited: Precision
    layers: Mapping[str, Ceiling]

    def ceiling(self, contract: Contract, *, limited: bool) -> Ceiling:
        """The finest precision at which a layer may be shown; ``limited``: its release is.

        >>> from planning.layers import contract
        >>> shipped().ceiling(contract("planning-zones"), limited=False).precision.value
        'exact'
        >>> shipped().ceiling(contract("permanent-farmland"), limited=False).precision.value
        'coarse'
        """
        own = self.layers.get(contract.id, Ceiling(Precision.EXACT))
        general = [self.by_sharing[contract.sharing], *([self.limited] if limited else [])]
        return Ceiling(coarser(own.precision, *general), own.to_be_checked)


def coarser(*precisions: Precision) -> Precision:
    """The coarsest of these.

    >>> coarser(Precision.EXACT, Precision.COUNTED, Precision.COARSE).value
    'counted'
    """
    return max(precisions, key=_ORDER.index)


def fields(contract: Contract, precision: Precision) -> tuple[Field, ...]:
    """The fields of a layer that are shown at a precision: never more than the public ones."""
    if precision is Precision.COUNTED:
        return ()
    public = (each for each in contract.fields if each.secrecy is Secrecy.PUBLIC)
    return tuple(each for each in public if precision is Precision.EXACT or each.type not in _NUMBERS)


@cache
def shipped() -> Rules:
    """The rules that ship with the platform."""
    text = (resources.files("planning") / "assets" / "publication.toml").read_text(encoding="utf-8")
    return read(tomllib.loads(text))


def read(declared: Mapping[str, Any]) -> Rules:
    """Rules from their declaration; ValueError or KeyError where something is missing or unknown."""
    by_sharing = {Sharing(name): Precision(value) for name, value in declared["by_sharing"].items()}
    if set(by_sharing) != set(Sharing):
        raise ValueError(f"by_sharing: {', '.join(by_sharing)}")
    return Rules(
        int(declared["least_days"]),
        declared["check"],
        float(declared["grid_m"]),
        by_sharing,
        Precision(declared["limited"]["precision"]),
        {
            each["id"]: Ceiling(Precision(each["precision"]), each.get("check", ""))
            for each in declared["layers"]
        },
    )
