"""Indicators worked out of a delivery's own layers 指标复算: the formulas of :mod:`planning.indicators`.

The same definitions, the same legal areas and the same decimal arithmetic as over the
history, so that a delivery that is loaded afterwards has the values it was reviewed with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import shapely

from planning.indicators import formula, overlay
from planning.indicators.definition import Definition, shipped
from planning.indicators.formula import Measure, NoData, Source
from planning.indicators.measuring import COVERAGES
from planning.indicators.overlay import Plane
from planning.review.columns import distinct
from planning.review.model import Delivery, LayerState, Objects, Truths
from planning.rules.conditions import holds, names


@dataclass(frozen=True, slots=True)
class Recomputed:
    """An indicator as the layers give it."""

    definition: Definition
    value: Decimal | NoData


def recomputed(delivery: Delivery, codes: Iterable[str], epsg: int) -> Mapping[str, Recomputed]:
    """The indicators of these codes that the platform defines, over the layers of a delivery."""
    layers = _Layers(delivery, Plane.of(epsg))
    known = shipped()
    found: dict[str, Recomputed] = {}
    for code in dict.fromkeys(codes):
        if code in known:
            definition = known[code]

            def measured(measure: Measure, definition: Definition = definition) -> Decimal | NoData:
                return layers.value(measure, definition.empty)

            found[code] = Recomputed(definition, formula.evaluate(definition.tree, measured, {}))
    return found


class _Layers:
    """Measures over the layers of a delivery; each is worked out once."""

    def __init__(self, delivery: Delivery, plane: Plane) -> None:
        self._delivery = delivery
        self._plane = plane
        self._placed: dict[str, Objects] = {}
        self._values: dict[Measure, Decimal | NoData] = {}

    def value(self, measure: Measure, empty: Iterable[str]) -> Decimal | NoData:
        """The value of a measure, or why there is none."""
        for source in measure.sources:
            state = self._delivery.layers.get(source.layer)
            if state is None or (not len(state) and source.layer not in empty):
                return NoData(f"成果中没有图层 {source.layer}", f"the delivery has no layer {source.layer}")
        if measure not in self._values:
            self._values[measure] = self._measured(measure)
        return self._values[measure]

    def _measured(self, measure: Measure) -> Decimal | NoData:
        first, *others = measure.sources
        state = self._delivery.layers[first.layer]
        if measure.kind == "count":
            return Decimal(int(_chosen(state, first.where).sum()))
        if measure.kind == "sum":
            return _summed(state, first)
        if state.shapes_4490 is None:
            return NoData(f"图层 {first.layer} 没有图形", f"layer {first.layer} has no shapes")
        shapes = self._shapes(first)
        match measure.kind:
            case "area":
                return self._total(shapes)
            case "covered":
                return self._covered(first, shapes)
            case "overlap":
                return self._total(overlay.inside(self._parted(first, shapes), self._cover(others)))
            case "outside":
                met = self._total(overlay.inside(self._parted(first, shapes), self._cover(others)))
                return self._covered(first, shapes) - met
            case "length":
                lines = overlay.inside(shapes, self._cover(others)) if others else shapes
                return overlay.total(overlay.lengths_m(self._plane.degrees(lines)))
            case _:
                return NoData("此项须由网络计算", "this needs the network of the platform")

    def _shapes(self, source: Source) -> Objects:
        state = self._delivery.layers[source.layer]
        if source.layer not in self._placed:
            assert state.shapes_4490 is not None, source.layer
            known = np.where(shapely.is_missing(state.shapes_4490), shapely.Polygon(), state.shapes_4490)
            self._placed[source.layer] = overlay.sound(self._plane.placed(known))
        return self._placed[source.layer][_chosen(state, source.where)]

    def _cover(self, sources: Iterable[Source]) -> Objects:
        return np.concatenate([self._shapes(source) for source in sources])

    def _parted(self, source: Source, shapes: Objects) -> Objects:
        return shapes if source.layer in COVERAGES else overlay.apart(shapes)

    def _covered(self, source: Source, shapes: Objects) -> Decimal:
        return self._total(self._parted(source, shapes))

    def _total(self, shapes: Objects) -> Decimal:
        return overlay.total(self._plane.areas_m2(shapes))


def _summed(state: LayerState, source: Source) -> Decimal | NoData:
    rows = _chosen(state, source.where)
    values = state.number(source.field or "")[rows]
    missing = int(np.isnan(values).sum())
    if missing:
        return NoData(
            f"图层 {source.layer} 有 {missing} 个要素缺少 {source.field}",
            f"{missing} features of {source.layer} have no {source.field}",
        )
    return overlay.total(values)


def _chosen(state: LayerState, where: str | None) -> Truths:
    """The rows that a filter chooses; decided once for each combination of the values it asks for."""
    if where is None:
        return np.ones(len(state), np.bool_)
    asked = sorted(names(where))
    coded = [distinct(state.text(name)) for name in asked]
    rows = np.column_stack([codes for codes, _ in coded]) if coded else np.zeros((len(state), 0), np.int64)
    kinds, kind = np.unique(rows, axis=0, return_inverse=True)
    told = [
        holds(
            where,
            {
                n: None if at < 0 else values[at]
                for n, at, (_, values) in zip(asked, each, coded, strict=True)
            },
        )
        for each in kinds.tolist()
    ]
    found: Truths = np.array([one is True for one in told], np.bool_)[kind.reshape(-1)]
    return found
