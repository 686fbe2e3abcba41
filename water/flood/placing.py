"""Places of a scenario on the plane 定位: points, chainages of rivers, the nearest bank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadScenario, BreachOutsideDyke, Name
from water.flood import plane
from water.flood.embankments import Bank
from water.flood.extent import Raster
from water.flood.scenario import Place
from water.hydraulics.edges import Edge
from water.hydraulics.works import Cell
from water.network.centreline import Centreline
from water.network.chainage import parse

Floats = NDArray[np.float64]
Line = Callable[[str], Centreline]
"""The centre line of a route; UnknownRoute."""
NEAR_CELLS: Final = 2.0
NEAR_M: Final = 50.0
BANK_WITHIN_M: Final = 800.0
SPREAD_CELLS: Final = 3.0
SAME_BED_M: Final = 0.5


class Places:
    """Where the places of a scenario lie in a raster."""

    def __init__(self, raster: Raster, line: Line) -> None:
        self.raster, self._line = raster, line

    def point_m(self, place: Place) -> Floats:
        """East and north."""
        if place.point is not None:
            degrees = np.array([place.point])
        else:
            degrees = self._on_route(place, np.array([place.offset_m]))
        found: Floats = plane.to_plane(degrees, self.raster.zone)[0]
        return found

    def cell(self, name: Name, place: Place) -> Cell:
        """The cell of a place; ``BadScenario`` off the area."""
        east, north = self.point_m(place)
        flat = int(self.raster.cells(np.array([east]), np.array([north]))[0])
        if flat < 0:
            raise BadScenario(
                f"{name.zh}不在推演范围内:{place.told}",
                f"{name.en} lies outside the area of the run: {place.told}",
                value=place.told,
            )
        return divmod(flat, self.raster.columns)

    def inlets(
        self, name: Name, place: Place, heights_m: Floats, bed: NDArray[np.bool_], source: str | None
    ) -> list[Cell]:
        """The cells that inflow is shared among: the lowest about a place, of the river's bed there.

        ``BadScenario`` where no bed is near and nothing says where the water comes from.
        """
        row, column = self.cell(name, place)
        rows, columns = np.ogrid[0 : self.raster.rows, 0 : self.raster.columns]
        near = (rows - row) ** 2 + (columns - column) ** 2 <= SPREAD_CELLS**2
        if source is None:
            near = near & bed
            if not near.any():
                raise BadScenario(
                    f"{name.zh}处没有河道,水从何来?请改到河道上,或以 source 说明来源:{place.told}",
                    f"{name.en} lies on no river's bed: where does its water come from? Move it to a river,"
                    f" or say so in source: {place.told}",
                    value=place.told,
                )
        lowest = heights_m[near].min()
        chosen = np.argwhere(near & (heights_m <= lowest + SAME_BED_M))
        return [(int(each[0]), int(each[1])) for each in chosen]

    def edge(self, name: Name, place: Place, banks: Sequence[Bank]) -> tuple[Bank, Edge]:
        """The edge of the bank at a place; ``BreachOutsideDyke`` where there is none."""
        if not banks:
            raise _off(name, place, None)
        spots = [bank.places_m(self.raster) for bank in banks]
        owner = np.repeat(np.arange(len(banks)), [len(each) for each in spots])
        number = np.concatenate([np.arange(len(each)) for each in spots])
        every = np.concatenate(spots)
        if place.point is None and place.bank is not None:
            near = 0.75 * self.raster.cell_m
            offsets = np.arange(0.0, BANK_WITHIN_M, 0.5 * self.raster.cell_m)
            degrees = self._on_route(place, -offsets if place.bank == "left" else offsets)
            searched = plane.to_plane(degrees, self.raster.zone)
        else:
            near = max(NEAR_CELLS * self.raster.cell_m, NEAR_M)
            searched = self.point_m(place)[None, :]
        away = np.inf
        for spot in searched:
            distances = np.hypot(*(every - spot).T)
            closest = int(np.argmin(distances))
            away = min(away, float(distances[closest]))
            if distances[closest] <= near:
                bank = banks[owner[closest]]
                return bank, bank.dyke.edges[number[closest]]
        raise _off(name, place, away)

    def _on_route(self, place: Place, offsets_m: Floats) -> Floats:
        assert place.route is not None and place.chainage is not None
        line = self._line(place.route)
        return line.places(np.full(len(offsets_m), parse(place.chainage)), offsets_m)


def _off(name: Name, place: Place, away_m: float | None) -> BreachOutsideDyke:
    zh = "范围内没有堤防" if away_m is None else f"最近的堤防距此 {away_m:.0f} 米"
    en = "the area has no dyke" if away_m is None else f"the nearest dyke is {away_m:.0f} m away"
    if away_m is not None and place.route is not None and place.bank is None:
        zh, en = f"{zh},按桩号时请以 bank 说明岸别", f"{en}; with a chainage, name the bank"
    return BreachOutsideDyke(
        f"{name.zh}须在堤防上,{zh}:{place.told}",
        f"{name.en} must lie on a dyke, {en}: {place.told}",
        value=place.told,
    )
