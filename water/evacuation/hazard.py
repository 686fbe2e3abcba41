"""How dangerous water is 洪水危险性: classes by depth, speed and their product, and what stops whom.

Declared as data (``water/assets/evacuation.toml``), 待核. Depth and speed of a cell are the deepest
water and the fastest flow of its whole flood, which need not come together: their product is the
most it can have been.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from spatial.analysis.errors import UnknownMode
from spatial.catalogue.contract import Title
from water.flood.extent import WET_M, Extent

DRY: Final = -1
"""The class of a place that no water reaches."""
_LIMITS: Final = ("depth_m", "speed_m_s", "depth_speed_m2_s")


@dataclass(frozen=True, slots=True)
class HazardClass:
    """A class of danger 危险等级; a limit that is infinite binds nothing."""

    code: str
    title: Title
    color: str
    depth_m: float
    speed_m_s: float
    depth_speed_m2_s: float


@dataclass(frozen=True, slots=True)
class Passage:
    """How people move through a flood 转移方式, and the water that stops them."""

    id: str
    title: Title
    network: str
    """The mode whose roads and speeds are taken (``spatial/assets/network.toml``)."""
    depth_m: float
    depth_speed_m2_s: float


@dataclass(frozen=True, slots=True)
class Declared:
    """What an evacuation is reckoned with, as it ships."""

    source: str
    verified: bool
    classes: tuple[HazardClass, ...]
    """From the mildest on."""
    passages: Mapping[str, Passage]
    assets: Mapping[str, str]
    """Layers that are looked at where nobody names any, and the number of each that is added up."""
    sha256: str
    """Digest of the declaration: a result names by which limits it was made."""


@cache
def declared() -> Declared:
    """The declaration that ships.

    >>> [each.code for each in declared().classes], declared().passages["drive"].depth_m
    (['H1', 'H2', 'H3', 'H4', 'H5', 'H6'], 0.3)
    """
    text = (resources.files("water") / "assets" / "evacuation.toml").read_bytes()
    told = tomllib.loads(text.decode())
    return Declared(
        told["source"],
        told["verified"],
        tuple(
            HazardClass(
                each["code"],
                Title(each["zh"], each["en"]),
                each["color"],
                *(float(each.get(name, np.inf)) for name in _LIMITS),
            )
            for each in told["hazard"]
        ),
        {name: _passage(name, each) for name, each in told["passage"].items()},
        told["assets"],
        hashlib.sha256(text).hexdigest(),
    )


def passage(name: str) -> Passage:
    """How people move, by its name; UnknownMode names those there are."""
    known = declared().passages
    if name not in known:
        names = ", ".join(known)
        raise UnknownMode(
            f"没有这种转移方式,可用 {names}:{name}", f"no such mode, there are {names}: {name}", value=name
        )
    return known[name]


def classified(
    depth_m: NDArray[np.float32], speed_m_s: NDArray[np.float32], classes: tuple[HazardClass, ...]
) -> NDArray[np.int64]:
    """The place among ``classes`` of each depth and speed; ``DRY`` where water never stood ``WET_M`` deep.

    >>> depth_m, speed_m_s = np.float32([0.0, 0.2, 0.2, 1.0]), np.float32([0, 1, 2.5, 0.1])
    >>> classified(depth_m, speed_m_s, declared().classes).tolist()
    [-1, 0, 4, 2]
    """
    found = np.full(len(depth_m), DRY, np.int64)
    product = depth_m * speed_m_s
    for place in range(len(classes) - 1, -1, -1):
        one = classes[place]
        keeps = (depth_m <= one.depth_m) & (speed_m_s <= one.speed_m_s) & (product <= one.depth_speed_m2_s)
        found[keeps & (depth_m >= WET_M)] = place
    return found


def closing_s(extent: Extent, how: Passage) -> NDArray[np.float64]:
    """When each cell can be passed no longer, row by row; infinite where water never exceeds a limit.

    An extent knows when water first came, not when it was how deep: a cell whose deepest water
    exceeds a limit counts as closed from the first water on. That is never too late. Where water stood
    from the beginning nobody ever passes: −∞.
    """
    depth, product = extent.depth_m, extent.depth_m * extent.speed_m_s
    beyond = (depth > how.depth_m) | (product > how.depth_speed_m2_s)
    since = np.where(extent.arrival_s > 0, extent.arrival_s, np.float32(-np.inf))
    return np.where(beyond, since, np.float32(np.inf)).ravel().astype(np.float64)


def _passage(name: str, told: Mapping[str, Any]) -> Passage:
    title = Title(told["zh"], told["en"])
    return Passage(name, title, told["network"], float(told["depth_m"]), float(told["depth_speed_m2_s"]))
