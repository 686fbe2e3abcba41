"""Linked river data 河网链接数据: what is met going along the rivers, as GeoJSON.

One address for all that lies along the rivers, in the manner of NLDI: ``{source}/{id}`` is
where to begin, ``{mode}`` the way to go, ``{target}`` what is wanted of it. A source or a target
is any layer with places; some have names of their own (:data:`NAMED`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import orjson
import shapely

from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import TooLarge, shorten
from spatial.history.model import FeatureTable
from spatial.history.read import Output
from water import layers
from water.errors import BadChainage, OffRiver, UnknownPlace
from water.network import store
from water.network.chainage import parse, written
from water.network.model import Spot
from water.network.navigate import Start, Way, at_node, at_reach, at_spot
from water.network.rivers import Rivers

Document = dict[str, Any]
NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "reaches": (layers.REACHES,),
    "nodes": (layers.NODES,),
    "works": ("river-works",),
    "stations": ("river-stations", "environment-stations"),
    "cameras": ("cameras", "river-cameras"),
    "villages": ("villages",),
    "addresses": ("addresses",),
}
"""Names of sources and targets, and the layers they stand for: the first that there is."""
BEGIN_WITHIN_M: Final = 5_000.0
"""A feature farther from every river than that begins no way."""
FEATURES_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """A layer as the asker may read it."""

    layer: str
    table: FeatureTable
    output: Output


@dataclass(frozen=True, slots=True)
class Moment:
    """The instants of valid and recorded time that are asked about."""

    at: datetime
    asof: datetime


def resolved(name: str, known: Iterable[str]) -> str:
    """The layer that a name stands for, of those that are known; the name itself where it is none."""
    there = set(known)
    return next((layer for layer in NAMED.get(name, ()) if layer in there), NAMED.get(name, (name,))[0])


def begin(
    connection: Connection, rivers: Rivers, moment: Moment, source: Source, id: str, chainage: str | None
) -> Start:
    """Where a way begins: a reach, a node, a chainage of a route, or the place nearest to a feature.

    UnknownPlace where there is no such thing then, OffRiver where it lies far from every river.
    """
    network = rivers.network
    require_route(source, chainage)
    match source.layer:
        case layers.REACHES if id in network.reach_numbers:
            return at_reach(network, network.reach_numbers[id])
        case layers.NODES if id in network.node_numbers:
            return at_node(network, network.node_numbers[id])
        case layers.ROUTES:
            line = rivers.line(id)
            return at_spot(rivers.spot(id, line.from_m if chainage is None else parse(chainage)))
        case layers.REACHES | layers.NODES:
            raise unknown(source.layer, id)
    _, spot, _, _ = placed(connection, rivers, moment, source, id)
    return at_spot(spot)


def require_route(source: Source, chainage: str | None) -> None:
    """A chainage says where on a route one is; beside anything else it says nothing."""
    if chainage is not None and source.layer != layers.ROUTES:
        raise BadChainage(
            f"桩号只与 {layers.ROUTES} 同用,请去掉或改用该图层:{source.layer}",
            f"a chainage goes with {layers.ROUTES} alone, leave it out or begin there: {source.layer}",
            value=source.layer,
        )


def placed(
    connection: Connection, rivers: Rivers, moment: Moment, source: Source, id: str
) -> tuple[Document, Spot, float, str | None]:
    """A feature with the nearest place of the rivers, how far off it is, and on which bank."""
    found_feature = feature(connection, moment, source, id)
    shape = shapely.from_geojson(orjson.dumps(found_feature)) if found_feature["geometry"] else None
    found = None if shape is None else rivers.joined(np.array([shape], dtype=object), BEGIN_WITHIN_M)
    if found is None or not len(found.shape):
        raise OffRiver(
            f"距任何河道都超过 {BEGIN_WITHIN_M / 1000:g} km,不能由此导航:{source.layer}/{id}",
            f"farther than {BEGIN_WITHIN_M / 1000:g} km from every river, no way begins here:"
            f" {source.layer}/{id}",
            value=f"{source.layer}/{id}",
        )
    spot = Spot(int(found.reach[0]), float(found.along_m[0]))
    return found_feature, spot, float(found.away_m[0]), _bank(float(found.away_m[0]), bool(found.left[0]))


def feature(connection: Connection, moment: Moment, source: Source, id: str) -> Document:
    """A feature of a layer as it held then; UnknownPlace where there was none."""
    text = store.feature(connection, source.table, source.output, moment.at, moment.asof, id)
    if text is None:
        raise unknown(source.layer, id)
    found: Document = orjson.loads(text)
    return found


def address(rivers: Rivers, spot: Spot) -> Document:
    """The address of a place on the rivers."""
    reach = rivers.network.reaches[spot.reach]
    chainage = rivers.chainage_m(spot.reach, spot.along_m)
    return {
        "reach_id": reach.id,
        "name": reach.name,
        "route_id": reach.route,
        "route_version": reach.route_version,
        "chainage": written(chainage),
        "chainage_m": round(chainage, 3),
    }


def met_reaches(rivers: Rivers, way: Way) -> list[Document]:
    """The stretches of a way, cut where it is, nearest first."""
    _refuse_many(len(way.reach))
    found = []
    for row in np.argsort(way.near_m, kind="stable").tolist():
        number = int(way.reach[row])
        low, high = float(way.low_m[row]), float(way.high_m[row])
        reach = rivers.network.reaches[number]
        near, far = float(way.near_m[row]), float(way.near_m[row]) + high - low
        upper, lower = rivers.chainage_m(number, low), rivers.chainage_m(number, high)
        found.append(
            {
                "type": "Feature",
                "id": reach.id,
                "geometry": {
                    "type": "LineString",
                    "coordinates": np.round(rivers.part(number, low, high), 9).tolist(),
                },
                "properties": {
                    "name": reach.name,
                    "route_id": reach.route,
                    "route_version": reach.route_version,
                    "from_chainage": written(upper),
                    "to_chainage": written(lower),
                    "from_chainage_m": round(upper, 3),
                    "to_chainage_m": round(lower, 3),
                    "kind": reach.kind,
                    "flow": reach.flow.value,
                    "main": reach.main,
                    "stream_order": reach.order,
                    "length_km": _km(high - low),
                    "near_km": _km(near),
                    "far_km": _km(far),
                    "whole": high - low >= float(rivers.network.length_m[number]) - 1e-6,
                    "data_nature": reach.nature,
                },
            }
        )
    return found


def met_nodes(rivers: Rivers, way: Way) -> list[Document]:
    """The nodes that a way comes to, nearest first."""
    network = rivers.network
    far: dict[int, float] = {}
    for row, number in enumerate(way.reach.tolist()):
        low, high, near = float(way.low_m[row]), float(way.high_m[row]), float(way.near_m[row])
        gone = near + high - low
        ends = [(int(network.tail[number]), low <= 1e-6, gone if way.mode.upstream else near)]
        whole = high >= float(network.length_m[number]) - 1e-6
        ends.append((int(network.head[number]), whole, near if way.mode.upstream else gone))
        for node, touched, distance in ends:
            if touched:
                far[node] = min(far.get(node, np.inf), distance)
    _refuse_many(len(far))
    return [
        {
            "type": "Feature",
            "id": network.nodes[node].id,
            "geometry": {
                "type": "Point",
                "coordinates": [network.nodes[node].lon_deg, network.nodes[node].lat_deg],
            },
            "properties": {
                "name": network.nodes[node].name,
                "kind": network.nodes[node].kind,
                "river": network.nodes[node].river,
                "state": "open" if network.nodes[node].open else "closed",
                "data_nature": network.nodes[node].nature,
            },
            "river": {
                "route_id": network.nodes[node].route,
                "chainage": None if (m := network.nodes[node].chainage_m) is None else written(m),
                "chainage_m": m,
                "distance_km": _km(distance),
                "away_m": 0.0,
            },
        }
        for node, distance in sorted(far.items(), key=lambda each: (each[1], each[0]))
    ]


def met_features(
    connection: Connection, rivers: Rivers, way: Way, moment: Moment, target: Source, within_m: float
) -> list[Document]:
    """The features of a layer whose nearest place of all rivers lies on a way, nearest first along it."""
    if not len(way.reach):
        return []
    outline = rivers.around(list(_spans(way)), within_m)
    texts = store.features(
        connection, target.table, target.output, moment.at, moment.asof, outline, FEATURES_MOST
    )
    _refuse_many(len(texts))
    shapes = shapely.from_geojson(np.array(texts, dtype=object))
    there = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes))
    joined = rivers.joined(shapes[there], within_m)
    distances = way.distances_m(joined.reach, joined.along_m)
    found: list[tuple[float, str, Document]] = []
    for row in np.flatnonzero(~np.isnan(distances)).tolist():
        spot, shape = Spot(int(joined.reach[row]), float(joined.along_m[row])), int(joined.shape[row])
        distance = float(distances[row])
        away = float(joined.away_m[row])
        one: Document = orjson.loads(texts[there[shape]])
        one["river"] = {
            **address(rivers, spot),
            "distance_km": _km(distance),
            "away_m": round(away, 3),
            "bank": _bank(away, bool(joined.left[row])),
        }
        found.append((distance, str(one["id"]), one))
    return [one for _, _, one in sorted(found, key=lambda each: each[:2])]


def closed(rivers: Rivers, way: Way) -> list[Document]:
    """What a way ends at because it is shut: gates, and reaches that let nothing through."""
    network, found = rivers.network, dict[str, Document]()
    for row, number in enumerate(way.reach.tolist()):
        whole = way.low_m[row] <= 1e-6 if way.mode.upstream else (
            way.high_m[row] >= network.length_m[number] - 1e-6
        )  # fmt: skip
        if not whole:
            continue
        node = int((network.tail if way.mode.upstream else network.head)[number])
        if not network.passable[node]:
            found[network.nodes[node].id] = {"node": network.nodes[node].id, "name": network.nodes[node].name}
            continue
        onward = network.entering(node) if way.mode.upstream else network.leaving(node)
        for other in onward:
            if not network.open[other]:
                reach = network.reaches[other]
                found[reach.id] = {"reach": reach.id, "name": reach.name}
    return [found[key] for key in sorted(found)]


def state(rivers: Rivers, moment: Moment) -> Document:
    """What an answer rests on."""
    return {
        "datetime": format_instant(moment.at),
        "asof": format_instant(moment.asof),
        "layers": [{"layer": head.layer, "changeset": head.changeset} for head in rivers.known],
    }


def _spans(way: Way) -> Iterable[tuple[int, float, float]]:
    return zip(way.reach.tolist(), way.low_m.tolist(), way.high_m.tolist(), strict=True)


def _bank(away_m: float, left: bool) -> str | None:
    if away_m <= 0.0:
        return None
    return "left" if left else "right"


def _km(metres: float) -> float:
    return round(metres / 1000.0, 6)


def unknown(layer: str, id: str) -> UnknownPlace:
    """That there is no such thing of a layer at the instant asked about."""
    shown = shorten(f"{layer}/{id}", 120)
    return UnknownPlace(
        f"此时没有这个对象:{shown}", f"there is no such thing at that time: {shown}", value=shown
    )


def _refuse_many(count: int) -> None:
    if count > FEATURES_MOST:
        raise TooLarge(
            f"结果超过 {FEATURES_MOST} 个,请以 distance、within 缩小范围",
            f"more than {FEATURES_MOST} features, narrow it by distance or within",
            value=FEATURES_MOST,
        )
