"""Groups 分组: what rules tell apart of the ground of sites, joined and measured. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson
import shapely

from planning.compliance import overlay
from planning.compliance.ground import Layer
from planning.compliance.overlay import Area, Flags, Geometries
from planning.rules import Rule
from planning.rules.rule import Relation, Tolerance
from spatial.datum.plane import Plane

_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True)
class Group:
    """One group of one rule at one site, measured."""

    fields: Mapping[str, Any]
    pieces: Sequence[int]
    """Places among the features of the layer that share ground with the site."""
    outside: bool
    """The part of the site that lies in no feature of the layer."""
    area: Area
    geojson: orjson.Fragment | None
    """What counts, in degrees; None of a rule without a layer, and where nothing counts."""


Grouped = Mapping[tuple[int, int], list[Group]]
"""Groups by rule and site."""


@dataclass(slots=True)
class _Wanted:
    """What has to be joined and measured; what two rules want alike is made once."""

    pieces: list[Geometries] = field(default_factory=list)
    tolerances: list[tuple[float, float]] = field(default_factory=list)
    _places: dict[tuple[str, Tolerance, bytes], int] = field(default_factory=dict)

    def of(self, layer: Layer, rows: overlay.Ints, tolerance: Tolerance) -> int:
        """Where the union of some pieces of a layer will stand."""
        key = (layer.role.layer, tolerance, rows.tobytes())
        place = self._places.setdefault(key, len(self.pieces))
        if place == len(self.pieces):
            self.add(layer.pieces[rows], tolerance)
        return place

    def add(self, pieces: Geometries, tolerance: Tolerance) -> int:
        """Where the union of these will stand."""
        self.pieces.append(pieces)
        self.tolerances.append((tolerance.min_area_m2, tolerance.min_width_m))
        return len(self.pieces) - 1


@dataclass(frozen=True, slots=True)
class _Own:
    """A group before it is measured."""

    rule: int
    site: int
    fields: Mapping[str, Any]
    pieces: Sequence[int]
    union: int


def grouped(
    sites: Geometries,
    rules: Sequence[Rule],
    asked: Flags,
    layers: Mapping[str, Layer],
    layer_of: Sequence[Layer | None],
    plane: Plane,
) -> Grouped:
    """Every group of every rule at every site. ``asked`` is by rule and site, ``layer_of`` by rule."""
    wanted, own = _Wanted(), []
    whole: list[tuple[int, int, int]] = []
    for number, rule in enumerate(rules):
        layer = layer_of[number]
        if rule.role is None:
            whole += [
                (number, site, wanted.add(sites[site : site + 1], rule.tolerance))
                for site in np.flatnonzero(asked[number]).tolist()
            ]
        elif layer is not None:
            own += _told_apart(number, rule, layer, asked[number], wanted)
    unions = _unions(wanted.pieces)
    left = _outside(sites, rules, asked, layer_of, own, unions)
    tolerances = [*wanted.tolerances]
    for number, _, _ in left:
        tolerance = rules[number].tolerance
        tolerances.append((tolerance.min_area_m2, tolerance.min_width_m))
    shapes = np.concatenate([unions, np.array([shape for _, _, shape in left], dtype=object)])
    areas = overlay.measured(shapes, tolerances, plane)
    drawn = _geojson(areas, {union for _, _, union in whole}, plane)
    found: dict[tuple[int, int], list[Group]] = {}
    for one in own:
        group = Group(one.fields, one.pieces, False, areas[one.union], drawn.get(one.union))
        found.setdefault((one.rule, one.site), []).append(group)
    for place, (number, site, _) in enumerate(left, len(unions)):
        fields = dict.fromkeys(rules[number].by)
        found.setdefault((number, site), []).append(Group(fields, [], True, areas[place], drawn.get(place)))
    for number, site, union in whole:
        found[number, site] = [Group({}, [], False, areas[union], None)]
    return found


def _told_apart(number: int, rule: Rule, layer: Layer, asked: Flags, wanted: _Wanted) -> list[_Own]:
    """The groups of a rule: features alike in the fields that tell groups apart."""
    counts = layer.used & asked[layer.site]
    if layer.stale:
        counts &= ~np.isin(layer.site, list(layer.stale))
    if rule.where:
        bit = 1 << layer.ground.filters.index(rule.where)
        counts &= (layer.ground.mask[layer.feature] & bit) != 0
    rows = np.flatnonzero(counts)
    if not len(rows):
        return []
    values, value = layer.told_apart(rule.by)
    key = layer.site[rows] * len(values) + value[layer.feature[rows]]
    rows = rows[np.argsort(key, kind="stable")]
    key = np.sort(key)
    starts = np.flatnonzero(np.diff(key, prepend=key[0] - 1)).tolist()
    own = []
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        site, which = divmod(int(key[start]), len(values))
        some = rows[start:end]
        fields = dict(zip(rule.by, values[which], strict=True))
        places = (some - layer.first[site]).tolist()
        own.append(_Own(number, site, fields, places, wanted.of(layer, some, rule.tolerance)))
    return own


def _unions(pieces: Sequence[Geometries]) -> Geometries:
    if not pieces:
        return np.zeros(0, dtype=object)
    owner = np.repeat(np.arange(len(pieces)), [len(each) for each in pieces])
    return overlay.joined(np.concatenate(pieces), owner)


def _outside(
    sites: Geometries,
    rules: Sequence[Rule],
    asked: Flags,
    layer_of: Sequence[Layer | None],
    own: Sequence[_Own],
    unions: Geometries,
) -> list[tuple[int, int, Any]]:
    """Rule, site, and what of the site lies in no feature of the layer, where anything is left."""
    held: dict[tuple[int, int], list[int]] = {}
    for number, rule in enumerate(rules):
        layer = layer_of[number]
        if rule.relation is Relation.OVERLAPS_OR_OUTSIDE and layer is not None:
            for site in np.flatnonzero(asked[number]).tolist():
                if site not in layer.stale:
                    held[number, site] = []
    for one in own:
        if (one.rule, one.site) in held:
            held[one.rule, one.site].append(one.union)
    if not held:
        return []
    at = np.array([site for _, site in held])
    left = sites[at]
    some = [place for place, each in enumerate(held.values()) if each]
    if some:
        all_of = _unions([unions[each] for each in held.values() if each])
        left[some] = overlay.outside(left[some], all_of)
    empty = shapely.is_empty(left)
    return [(*key, shape) for key, shape, none in zip(held, left, empty, strict=True) if not none]


def _geojson(areas: Sequence[Area], never: set[int], plane: Plane) -> dict[int, orjson.Fragment]:
    """What counts as GeoJSON in degrees, to 1e-9°, by its place."""
    places = [n for n, area in enumerate(areas) if area.counted_m2 > 0 and n not in never]
    if not places:
        return {}
    degrees = plane.unprojected(np.array([areas[n].counted for n in places], dtype=object))
    rounded = shapely.transform(degrees, lambda coords: np.round(coords, _DECIMALS))
    texts = shapely.to_geojson(rounded)
    return {n: orjson.Fragment(text.encode()) for n, text in zip(places, texts, strict=True)}
