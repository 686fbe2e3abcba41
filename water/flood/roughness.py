"""Roughness 糙率 by class of land: a table of data with its sources, none of it calibrated here (待核)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from spatial.catalogue.contract import Title
from spatial.errors import shorten
from water.errors import BadScenario


@dataclass(frozen=True, slots=True)
class Cover:
    """A class of land 地类 with Manning's n, s/m^(1/3)."""

    code: int
    id: str
    title: Title
    manning: float
    source: str
    checked: bool
    """Whether somebody calibrated it on these rivers; false: 待核."""


@cache
def table() -> Mapping[str, Cover]:
    """The shipped table by class."""
    text = (resources.files("water.flood") / "roughness.csv").read_text(encoding="utf-8")
    return {
        row["class"]: Cover(
            int(row["code"]), row["class"], Title(row["zh"], row["en"]), float(row["manning"]), row["source"],
            row["checked"] == "true",
        )
        for row in csv.DictReader(text.splitlines())
    }  # fmt: skip


def manning(covers: NDArray[np.uint8], instead: Mapping[str, float]) -> NDArray[np.float64]:
    """Manning's n of every cell; ``instead`` holds the caller's own values of classes."""
    known = table()
    unknown = next((name for name in instead if name not in known), None)
    if unknown is not None:
        names = "、".join(known)
        shown = shorten(unknown, 40)
        raise BadScenario(
            f"没有这个地类,可用的有 {names}:{shown}",
            f"no such class of land, there are {', '.join(known)}: {shown}",
            value=shown,
        )
    values = np.array([instead.get(name, cover.manning) for name, cover in known.items()])
    found: NDArray[np.float64] = values[covers]
    return found
