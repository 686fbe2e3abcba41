"""How streets are passed by a mode 出行方式, and the ground that is reached by it within minutes.

The parameters are data (``spatial/assets/network.toml``), 待核. Distances are in the plane of the
city's zone, whose scale is off by less than 0.05 %.
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
import orjson

from spatial.analysis.errors import UnknownMode
from spatial.catalogue.contract import Title
from spatial.network.graph import Lines, Network, Shapes, build
from spatial.network.reach import Seeds, reach, seeds_of

STEP_M: Final = 50.0
"""An area is entered at places this far apart along its edge."""
ON_FOOT_M_S: Final = 4 / 3.6
"""From a facility to the street."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How somebody moves 出行方式."""

    id: str
    title: Title
    by: str
    speeds_km_h: Mapping[str, float]
    apart: frozenset[str]
    access_m: float
    width_m: float

    @property
    def sha256(self) -> str:
        """Digest of all that it says: a value names by which speeds it was made."""
        said = [self.id, self.by, dict(self.speeds_km_h), sorted(self.apart), self.access_m, self.width_m]
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


@cache
def modes() -> Mapping[str, Mode]:
    """The modes as they ship.

    >>> modes()["walk"].speeds_km_h["street"], modes()["drive"].apart
    (4.0, frozenset({'expressway'}))
    """
    text = (resources.files("spatial") / "assets" / "network.toml").read_text(encoding="utf-8")
    return {name: _mode(name, entry) for name, entry in tomllib.loads(text).items()}


def named(name: str) -> Mode:
    """A mode by its name; UnknownMode names those there are."""
    found = modes().get(name)
    if found is None:
        known = ", ".join(modes())
        raise UnknownMode(
            f"没有这种出行方式,可用 {known}:{name}", f"no such mode, there are {known}: {name}", value=name
        )
    return found


def network(by_class: Mapping[str, Shapes], how: Mode) -> Network:
    """The streets of each class as a network, in the order of the mode's classes."""
    shapes: list[Any] = []
    speeds: list[float] = []
    level: list[int] = []
    for number, (name, km_h) in enumerate(how.speeds_km_h.items(), 1):
        found = by_class.get(name)
        for each in () if found is None else found:
            shapes.append(each)
            speeds.append(km_h / 3.6)
            level.append(number if name in how.apart else 0)
    lines = np.empty(len(shapes), dtype=object)
    lines[:] = shapes
    return build(Lines(lines, np.array(speeds), np.array(level, np.int64)))


def seeds(streets: Network, facilities: Shapes, how: Mode) -> Seeds:
    """Facilities put on the streets."""
    return seeds_of(streets, facilities, access_m=how.access_m, speed_m_s=ON_FOOT_M_S, step_m=STEP_M)


def reached(streets: Network, begin: Seeds, minutes: float, how: Mode) -> Shapes:
    """The ground that is reached within minutes: a shape for each stretch of street."""
    return reach(streets, begin, minutes * 60).area(how.width_m)


def _mode(name: str, entry: Mapping[str, Any]) -> Mode:
    return Mode(
        name,
        Title(entry["zh"], entry["en"]),
        entry["by"],
        {each: float(speed) for each, speed in entry["speeds"].items()},
        frozenset(entry["apart"]),
        float(entry["access_m"]),
        float(entry["width_m"]),
    )
