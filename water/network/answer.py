"""One question of navigation and its answer 导航问答, the same for routes and processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from spatial.database import Connection
from water import layers
from water.network import kept, linked
from water.network.linked import Document, Moment, Source
from water.network.model import Mode
from water.network.navigate import Start, navigate
from water.network.rivers import Rivers

WITHIN_M: Final = 500.0
WITHIN_MOST_M: Final = 5_000.0
DISTANCE_MOST_KM: Final = 10_000.0

Look = Callable[[str], Source]
"""A layer as the asker may read it, by its id or by a name of :data:`water.network.linked.NAMED`."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: where to begin, which way to go, what is wanted."""

    source: str
    id: str
    mode: Mode
    target: str
    distance_km: float | None = None
    stop: str | None = None
    """``{source}/{id}``, or the id of a reach or node; of a route ``river-routes/{id}/K12+345.6``."""
    chainage: str | None = None
    """Of a route: where on it."""
    within_m: float = WITHIN_M
    """How far from the river what is wanted may lie."""


def answer(connection: Connection, question: Question, moment: Moment, look: Look) -> Document:
    """A GeoJSON FeatureCollection, nearest first. Distances are in kilometres, along the rivers."""
    rivers = kept.rivers(connection, moment.at, moment.asof)
    start = linked.begin(connection, rivers, moment, look(question.source), question.id, question.chainage)
    stop = None if question.stop is None else _stop(connection, rivers, moment, question.stop, look)
    limit_m = np.inf if question.distance_km is None else question.distance_km * 1000.0
    way = navigate(rivers.network, start, question.mode, limit_m, stop)
    target = look(question.target)
    match target.layer:
        case layers.REACHES:
            features = linked.met_reaches(rivers, way)
        case layers.NODES:
            features = linked.met_nodes(rivers, way)
        case _:
            features = linked.met_features(connection, rivers, way, moment, target, question.within_m)
    return {
        "type": "FeatureCollection",
        "features": features,
        "numberReturned": len(features),
        "source": question.source,
        "id": question.id,
        "mode": question.mode.value,
        "target": target.layer,
        "distance_unit": "km",
        "distance_limit_km": question.distance_km,
        "within_m": question.within_m,
        "length_km": round(way.length_m / 1000.0, 6),
        "closed": linked.closed(rivers, way),
        **linked.state(rivers, moment),
    }


def _stop(connection: Connection, rivers: Rivers, moment: Moment, text: str, look: Look) -> Start:
    source, slash, id = text.partition("/")
    chainage: str | None = None
    if not slash:
        source, id = (layers.NODES if text in rivers.network.node_numbers else layers.REACHES), text
    found = look(source)
    if found.layer == layers.ROUTES and "/" in id:
        id, _, chainage = id.rpartition("/")
    return linked.begin(connection, rivers, moment, found, id, chainage)


def where(
    connection: Connection, source: Source, id: str, chainage: str | None, moment: Moment
) -> dict[str, Any]:
    """A feature of a layer with its address on the rivers; of a route the place at a chainage."""
    rivers = kept.rivers(connection, moment.at, moment.asof)
    if source.layer in (layers.REACHES, layers.ROUTES):
        start = linked.begin(connection, rivers, moment, source, id, chainage)
        feature = linked.feature(connection, moment, source, id)
        spot = start.down[0]
        if source.layer == layers.ROUTES:
            feature["geometry"] = {"type": "Point", "coordinates": list(rivers.place(spot))}
        return {**feature, "river": linked.address(rivers, spot), **linked.state(rivers, moment)}
    linked.require_route(source, chainage)
    feature, spot, away, bank = linked.placed(connection, rivers, moment, source, id)
    told = {**linked.address(rivers, spot), "away_m": round(away, 3), "bank": bank}
    return {**feature, "river": told, **linked.state(rivers, moment)}
