"""Urban extent 城区范围 after TD/T 1064-2021: from the survey's city parcels to the villages that count.

初始范围: the parcels of CZCSXM 201 and 201A, whole, none dropped. 实体地域: these and the built
parcels that are connected with them by steps no longer than the buffer. 城区范围: the smallest
statistical units 最小统计单元 (villages) of which the 实体地域 has at least a share.

待核: the buffer, the share, which parcels may be added, and whether a step is measured as here,
from edge to edge, are not checked against the standard. They are parameters, and the run says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from planning.indicators import overlay
from planning.indicators.definition import groups
from planning.indicators.overlay import Bools, Floats, Plane, Shapes
from planning.indicators.states import Loaded
from planning.models.model import Model, ModelInput, Output, Parameter, Result
from spatial.catalogue.contract import Title


@dataclass(frozen=True, slots=True)
class Extent:
    """What the model finds, over the arrays it was given."""

    physical: Bools
    """Of the parcels: 实体地域."""
    shares: Floats
    """Of each unit the share that is 实体地域."""
    kept: Bools
    """Of the units: 城区范围."""


def extent(
    parcels: Shapes,
    initial: Bools,
    units: Shapes,
    plane: Plane,
    *,
    buffer_m: float,
    share_min: float,
) -> Extent:
    """Parcels that may belong, those that do from the start, and the units; all in the plane."""
    physical = connected(parcels, initial, buffer_m)
    shares = shares_of(parcels[physical], units, plane)
    return Extent(physical, shares, shares >= share_min)


def connected(shapes: Shapes, seeds: Bools, reach_m: float) -> Bools:
    """What can be come to from a seed by steps no longer than the reach, the seeds among it.

    >>> row = shapely.points([0, 90, 180, 500], [0, 0, 0, 0])
    >>> connected(row, np.array([True, False, False, False]), 100.0).tolist()
    [True, True, True, False]
    """
    found = seeds.copy()
    tree = shapely.STRtree(shapes)
    edge = np.flatnonzero(seeds)
    while len(edge):
        _, met = tree.query(shapes[edge], predicate="dwithin", distance=reach_m)
        edge = np.unique(met[~found[met]])
        found[edge] = True
    return found


def shares_of(parts: Shapes, units: Shapes, plane: Plane) -> Floats:
    """Of each unit the share of its legal area that lies under the parts, which do not overlap."""
    whole = plane.areas_m2(units)
    covered = plane.areas_m2(overlay.inside(units, parts))
    return np.divide(covered, whole, out=np.zeros_like(whole), where=whole > 0)


CITY: Final = "czcsxm IN ('201','201A')"


def _run(given: Mapping[str, Loaded], plane: Plane, parameters: Mapping[str, float]) -> Result:
    parcels, units = given["parcels"], given["units"]
    initial = np.isin(parcels.fids, given["initial"].fids)
    placed = overlay.sound(plane.placed(parcels.shapes_4490))
    villages = overlay.sound(plane.placed(units.shapes_4490))
    found = extent(
        placed,
        initial,
        villages,
        plane,
        buffer_m=parameters["buffer_m"],
        share_min=parameters["share_min"],
    )
    areas = plane.areas_m2(placed)
    kept = plane.areas_m2(villages[found.kept])
    return {
        "initial_area_m2": str(overlay.total(areas[initial])),
        "physical_area_m2": str(overlay.total(areas[found.physical])),
        "extent_area_m2": str(overlay.total(kept)),
        "physical_parcels": [str(each) for each in parcels.fids[found.physical]],
        "units": [
            {"code": str(code), "share": round(float(share), 6), "kept": bool(counts)}
            for code, share, counts in zip(units.fids, found.shares, found.kept, strict=True)
            if share > 0
        ],
    }


URBAN_EXTENT: Final = Model(
    id="urban-extent",
    version="1",
    title=Title("城区范围确定", "Urban extent"),
    description=Title(
        "由国土调查城市图斑(201、201A)出发,按缓冲距离迭代纳入相连的建设用地,得城区实体地域;"
        "实体地域占比达到阈值的村(居)为城区范围。缓冲距离、占比阈值与纳入地类待核。",
        "Grows the city's parcels of the survey by built parcels within a buffer, step by step; villages"
        " with enough of that are the urban extent. Buffer, share and classes are unverified.",
    ),
    standard="TD/T 1064-2021(参数待核)",
    inputs={
        "initial": ModelInput("land-use-survey", Title("初始范围", "initial parcels"), CITY),
        "parcels": ModelInput(
            "land-use-survey",
            Title("可纳入图斑", "parcels that may belong"),
            f"({CITY}) OR ({groups()['built']})",
        ),
        "units": ModelInput("villages", Title("最小统计单元", "smallest statistical units")),
    },
    parameters={
        "buffer_m": Parameter(Title("缓冲距离", "buffer"), "m", 100.0, 0.0, 1000.0, verified=False),
        "share_min": Parameter(Title("占比阈值", "least share"), "1", 0.5, 0.0, 1.0, verified=False),
    },
    outputs={
        "initial_area_m2": Output(Title("初始范围面积", "area of the initial parcels"), "m²"),
        "physical_area_m2": Output(Title("城区实体地域面积", "area of the physical extent"), "m²"),
        "extent_area_m2": Output(Title("城区范围面积", "area of the urban extent"), "m²"),
        "physical_parcels": Output(Title("实体地域图斑", "parcels of the physical extent"), ""),
        "units": Output(Title("各单元占比", "share of each unit"), "1"),
    },
    run=_run,
)
