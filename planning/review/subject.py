"""What a review has before it 质检对象: the delivery, what it is held against, and shapes made ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import shapely

from planning.review.catalogue import Catalogue, shipped
from planning.review.model import LISTED, Delivery, Finding, Floats, Ints, LayerState, Outcome, Truths
from planning.review.parcels import Parcels
from spatial.catalogue.city import City

Indicators = Mapping[str, Decimal]
"""Values by the code of the indicator, in the unit of its definition."""


class Said(NamedTuple):
    """What is told of one defect."""

    zh: str
    en: str
    measured: float | None = None
    shape_4490: Any = None


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A line of a WHC table 变化表: which feature of which layer was changed, and how."""

    layer: str
    key: str
    """BSM after the change; before it where the feature was taken out."""
    kind: str
    """WHLX: 1 调入 moved in, 2 属性变更 changed, 3 调出 moved out."""
    number: str = ""
    """WHBH 维护编号."""


@dataclass(frozen=True, slots=True)
class Against:
    """What a delivery is held against; what is missing is not checked, and that is told."""

    declared: Indicators | None = None
    """The table of indicators 指标表 as declared; what the delivery itself has goes before it."""
    tasks: Indicators | None = None
    """The least that was handed down 下达任务."""
    upper: Delivery | None = None
    """The control lines of the upper plan 上级规划."""
    before: Delivery | None = None
    """State A of the yearly maintenance; the delivery is B."""
    records: Sequence[ChangeRecord] | None = None
    permitted: Mapping[str, frozenset[str]] | None = None
    """Zone code → first-level classes that it admits 分区准入; the table that ships where none is given."""
    units_4490: Mapping[str, Any] | None = None
    """Division code (6, 9 or 12 digits and more) → its area: control areas 控制面积."""


class Subject:
    """A delivery under review. Shapes of a layer are made ready once, when the first check asks."""

    def __init__(
        self,
        delivery: Delivery,
        city: City,
        against: Against | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.delivery = delivery
        self.city = city
        self.against = against or Against()
        self.catalogue = catalogue or shipped()
        self._parcels: dict[str, Parcels] = {}

    @property
    def epsg(self) -> int:
        """The city's zone, in which areas were drawn."""
        return self.city.epsg_without_prefix

    @property
    def placed(self) -> Iterable[LayerState]:
        """The layers with geometry inside the city: the others have nowhere to be judged."""
        return [each for each in self.delivery.layers.values() if self.stands(each)]

    def stands(self, state: LayerState) -> bool:
        """Whether a layer has geometry, and most of it lies about the city; what does not is left out."""
        if state.shapes_4490 is None:
            return False
        return not len(state) or bool(self.astray(state).mean() < 0.5)

    def astray(self, state: LayerState) -> Truths:
        """Features whose box does not lie within 0.5° of the city."""
        if state.shapes_4490 is None:
            return np.zeros(len(state), np.bool_)
        city, margin = self.city.extent_4490, 0.5
        west, south, east, north = shapely.bounds(state.shapes_4490).T
        empty = np.isnan(west) & np.isnan(south) & np.isnan(east) & np.isnan(north)
        inside = (west > city.west - margin) & (east < city.east + margin)
        inside &= (south > city.south - margin) & (north < city.north + margin)
        found: Truths = ~(inside | empty)
        return found

    def parcels(self, layer: str) -> Parcels:
        """The polygons of a layer that stands."""
        if layer not in self._parcels:
            state = self.delivery.layers[layer]
            assert state.shapes_4490 is not None, layer
            shapes = state.shapes_4490.copy()
            shapes[self.astray(state)] = None
            self._parcels[layer] = Parcels(shapes, self.epsg)
        return self._parcels[layer]

    def release(self, layer: str) -> None:
        """Let go of what was made ready of a layer."""
        self._parcels.pop(layer, None)

    def of_rows(
        self,
        check: str,
        state: LayerState,
        rows: Ints | Truths,
        tell: Callable[[int], Said],
        *,
        examined: int | None = None,
        ignored: int = 0,
    ) -> Outcome:
        """An outcome from features; only those that are listed are put into words."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        listed = places[:LISTED].tolist()
        findings = tuple(self.finding(check, state, (row,), tell(row)) for row in listed)
        count = len(state) if examined is None else examined
        return Outcome(check, state.id, count, len(places), findings, ignored)

    def finding(self, check: str, state: LayerState, rows: tuple[int, ...], said: Said) -> Finding:
        """One finding; where nothing shows its place, a point of the first feature does."""
        shape = said.shape_4490
        if shape is None and rows and state.shapes_4490 is not None:
            shape = _spot(state.shapes_4490[rows[0]])
        keys = tuple(name_of(state, row) for row in rows)
        measured = said.measured
        if measured is not None and not np.isfinite(measured):
            measured = None
        return Finding(check, state.id, keys, said.zh, said.en, measured, shape)

    def tolerance(self, check: str) -> float:
        """The tolerance of a check in its unit."""
        return self.catalogue.tolerance(check)


def name_of(state: LayerState, row: int) -> str:
    """What a feature is called: its BSM, else its place in the delivery.

    A feature without a code is still to be found.
    """
    key = state.keys[row]
    return str(key) if key not in (None, "") else f"#{row + 1}"


def _spot(shape: Any) -> Any:
    """A point of a shape, be it valid or not; None where it has none."""
    if shape is None or shapely.is_empty(shape):
        return None
    coords = shapely.get_coordinates(shape)
    finite = coords[np.isfinite(coords).all(axis=1)]
    if len(finite) < len(coords):
        return shapely.Point(finite[0]) if len(finite) else None
    spot = shapely.point_on_surface(shape)
    return shapely.Point(coords[0]) if spot is None or shapely.is_empty(spot) else spot


def rounded(values: Floats) -> Floats:
    """Numbers for comparing at a tolerance: what binary fractions add is below a millionth.

    >>> bool(rounded(np.array([0.1 + 0.2 - 0.3]))[0] == 0)
    True
    """
    return np.asarray(np.round(values, 6))
