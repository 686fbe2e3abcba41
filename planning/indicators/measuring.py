"""Measuring 计量: the value of a measure over a region, as of two instants, whole or among some features.

What a feature contributes depends on it and on those it touches alone, so the value among the
features that a change touches, before and after, is all of what the change did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import numpy as np

from planning.indicators import overlay, store
from planning.indicators.formula import Measure, NoData, Source
from planning.indicators.overlay import Floats, Plane, Shapes
from planning.indicators.states import LayerState, Loaded, Region
from planning.indicators.store import Rows
from spatial.analysis import mode
from spatial.analysis.mode import Mode
from spatial.database import Connection
from spatial.network import Network

COVERAGES: Final = frozenset({"land-use-survey"})
"""Layers that are coverages by contract 全域无缝不重叠: their features are not compared with each other.
That they are is for quality control to say."""
Fields = Mapping[str, Collection[str]]
"""The attributes that may be asked of each layer; a layer that is not named has none."""


class Reading:
    """Layers at one valid instant, as believed at one recorded instant, in one region."""

    def __init__(
        self,
        connection: Connection,
        at: datetime,
        asof: datetime,
        region: Region,
        plane: Plane,
        *,
        fields: Fields | None = None,
        states: Mapping[str, LayerState] | None = None,
        plan_version: str | None = None,
    ) -> None:
        self.connection = connection
        self.at = at
        self.asof = asof
        self.region = region
        self.plane = plane
        self.plan_version = plan_version
        """Of layers that tell the version of their plan, that version alone."""
        self._fields = fields
        self._states: dict[str, LayerState | None] = dict(states or {})
        self._empty: dict[str, bool] = {}
        self._values: dict[Measure, Decimal | NoData] = {}
        self._networks: dict[tuple[Source, str], Network] = {}

    def sees(self, layer: str) -> bool:
        """Whether the layer may be read; who asks may not see those that only some indicators want."""
        return self._fields is None or layer in self._fields

    def state(self, layer: str) -> LayerState | None:
        """The state of a layer that is read; asked once."""
        if layer not in self._states:
            self._states[layer] = store.state(self.connection, layer, self.asof)
        return self._states[layer]

    def value(self, measure: Measure, empty: Collection[str] = ()) -> Decimal | NoData:
        """The value of a measure, or why there is none; ``empty`` layers may hold nothing."""
        lacking = self.lacking(measure, empty)
        if lacking is not None:
            return lacking
        if measure not in self._values:
            self._values[measure] = self._measured(measure, None)
        return self._values[measure]

    def among(self, measure: Measure, fids: Sequence[str]) -> Decimal | NoData:
        """What these features of the first source contribute."""
        return self._measured(measure, fids)

    def lacking(self, measure: Measure, empty: Collection[str] = ()) -> NoData | None:
        """Why the measure can have no value here; ``None`` where it has one."""
        for source in measure.sources:
            layer = source.layer
            if measure.kind == "reached" and not self.sees(layer):
                return NoData(
                    f"图层 {layer} 未启用或无权读取", f"layer {layer} is not there, or not yours to read"
                )
            state = self.state(layer)
            if state is None:
                return NoData(f"图层 {layer} 尚无数据", f"layer {layer} holds no data yet")
            if layer in empty:
                continue
            if layer not in self._empty:
                self._empty[layer] = not store.any_row(self.connection, state, self.at, self.plan_version)
            if self._empty[layer]:
                return NoData(
                    f"图层 {layer} 在该时点没有要素", f"layer {layer} holds nothing at that instant"
                )
        return None

    def _measured(self, measure: Measure, among: Sequence[str] | None) -> Decimal | NoData:
        first = measure.sources[0]
        match measure.kind:
            case "count":
                number = store.count(self.connection, self.rows(first, among), self.region.outline_4490)
                return Decimal(number)
            case "sum":
                return self._sum(first, among)
            case "length":
                return overlay.total(self._lengths(measure, among))
            case "area":
                return self._area(first, among)
            case "covered":
                return self._area(first, among) if first.layer in COVERAGES else self._covered(first, among)
            case "overlap":
                return self._overlap(measure, among)
            case "reached":
                return self._reached(measure, among)
            case _:
                whole = Measure("covered", (first,))
                total = self._measured(whole, among)
                assert isinstance(total, Decimal)
                return total - self._overlap(measure, among)

    def rows(self, source: Source, among: Sequence[str] | None = None) -> Rows:
        """The rows of a source here, wherever they lie."""
        state = self.state(source.layer)
        assert state is not None
        fields = None if self._fields is None else tuple(self._fields.get(source.layer, ()))
        return store.rows(state, source, self.at, fields=fields, among=among, plan_version=self.plan_version)

    def _split(self, rows: Rows) -> tuple[Rows, Loaded | None]:
        """The rows that are inside as a whole, and those at the region's edge."""
        sure, near = self.region.sure_4490, self.region.near_4490
        if sure is None or near is None:
            return rows, None
        edge = store.load(self.connection, store.surely(rows, sure, near, inside=False))
        return store.surely(rows, sure, near, inside=True), edge

    def _placed(self, shapes_4490: Shapes) -> Shapes:
        return overlay.sound(self.plane.placed(shapes_4490))

    def _area(self, source: Source, among: Sequence[str] | None) -> Decimal:
        inner, edge = self._split(self.rows(source, among))
        found = store.area_m2(self.connection, inner, self.plane)
        if edge is None or not len(edge.fids):
            return found
        cut = overlay.clipped(self._placed(edge.shapes_4490), self.region.shape)
        return found + overlay.total(self.plane.areas_m2(cut))

    def _sum(self, source: Source, among: Sequence[str] | None) -> Decimal | NoData:
        inner, edge = self._split(self.rows(source, among))
        found, missing = store.sum_of(self.connection, inner)
        if edge is not None and len(edge.fids):
            shapes = self._placed(edge.shapes_4490)
            whole = self.plane.areas_m2(shapes)
            part = self.plane.areas_m2(overlay.clipped(shapes, self.region.shape))
            share = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
            counted = (share > 0) & np.isnan(edge.values)
            missing += int(counted.sum())
            found += overlay.total(np.nan_to_num(edge.values) * share)
        if missing:
            return NoData(
                f"图层 {source.layer} 有 {missing} 个要素缺少 {source.field}",
                f"{missing} features of {source.layer} have no {source.field}",
            )
        return found

    def _near(self, source: Source, among: Sequence[str] | None = None) -> Rows:
        """The rows of a source in and about the region."""
        rows = self.rows(source, among)
        return rows if self.region.near_4490 is None else store.within(rows, self.region.near_4490)

    def _covered(self, source: Source, among: Sequence[str] | None) -> Decimal:
        _, shapes = self._parted(source, self._near(source, among), among)
        return overlay.total(self.plane.areas_m2(overlay.clipped(shapes, self.region.shape)))

    def _parted(self, source: Source, chosen: Rows, among: Sequence[str] | None) -> tuple[Loaded, Shapes]:
        """Rows in the plane, none covering what an earlier one does; of ``among`` those alone."""
        if source.layer in COVERAGES:
            loaded = store.load(self.connection, chosen)
            return loaded, self._placed(loaded.shapes_4490)
        # Which one is earlier must not depend on who asks: all that they meet take part.
        about = self._near(source) if among is None else self._about(source, chosen)
        loaded = store.load(self.connection, about)
        shapes = overlay.apart(self._placed(loaded.shapes_4490))
        if among is None:
            return loaded, shapes
        kept = np.isin(loaded.fids, np.array(among, dtype=object))
        return Loaded(loaded.fids[kept], loaded.shapes_4490[kept], loaded.values[kept]), shapes[kept]

    def _about(self, source: Source, of: Rows) -> Rows:
        """Of a source what lies about a few rows."""
        return store.about(self._near(source), store.boxes(self.connection, of))

    def _cover(self, sources: Sequence[Source], of: Rows | None) -> Shapes:
        """The shapes of sources; about some rows where only these are asked for."""
        rows = [self._near(source) if of is None else self._about(source, of) for source in sources]
        loaded = [store.load(self.connection, each).shapes_4490 for each in rows]
        return self._placed(np.concatenate(loaded))

    def _overlap(self, measure: Measure, among: Sequence[str] | None) -> Decimal:
        first, *others = measure.sources
        few = None if among is None else self._near(first, among)
        chosen = few or store.meeting(self._near(first), [self._near(source) for source in others])
        _, shapes = self._parted(first, chosen, among)
        met = overlay.inside(overlay.clipped(shapes, self.region.shape), self._cover(others, few))
        return overlay.total(self.plane.areas_m2(met))

    def _reached(self, measure: Measure, among: Sequence[str] | None) -> Decimal | NoData:
        """What of the first source lies within minutes of the second; both beyond the region count."""
        first, facilities, streets = measure.sources
        assert measure.within is not None
        how = mode.named(measure.within.mode)
        key = (streets, how.id)
        if key not in self._networks:
            self._networks[key] = mode.network(self._by_class(streets, how), how)
        found = self._networks[key]
        places = self._placed(store.load(self.connection, self.rows(facilities)).shapes_4490)
        begin = mode.seeds(found, places, how)
        if not len(begin.edge):
            return NoData(
                f"没有离路网({streets.layer}){how.access_m:g} m 以内的设施:{facilities}",
                f"no facility lies within {how.access_m:g} m of the network ({streets.layer}): {facilities}",
            )
        ground = mode.reached(found, begin, float(measure.within.minutes), how)
        _, shapes = self._parted(first, self._near(first, among), among)
        met = overlay.inside(overlay.clipped(shapes, self.region.shape), ground)
        return overlay.total(self.plane.areas_m2(met))

    def _by_class(self, streets: Source, how: Mode) -> dict[str, Shapes]:
        """The lines of a network by the classes that a mode knows."""
        found: dict[str, Shapes] = {}
        for name in how.speeds_km_h:
            own = f"{how.by} = '{name}'"
            where = own if streets.where is None else f"({streets.where}) AND {own}"
            rows = self.rows(Source(streets.layer, where))
            found[name] = self.plane.placed(store.load(self.connection, rows).shapes_4490)
        return found

    def _lengths(self, measure: Measure, among: Sequence[str] | None) -> Floats:
        first, *others = measure.sources
        chosen = self._near(first, among)
        loaded = store.load(self.connection, chosen)
        if self.region.shape is None and not others:
            return overlay.lengths_m(loaded.shapes_4490)
        lines = overlay.clipped(self._placed(loaded.shapes_4490), self.region.shape)
        if others:
            lines = overlay.inside(lines, self._cover(others, None if among is None else chosen))
        return overlay.lengths_m(self.plane.degrees(lines))
