"""What ``river-locate`` and ``river-rebase`` do; imported when they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spatial.database import Connection
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from water.errors import UnknownRoute
from water.network import kept, linked, store
from water.network.centreline import Centreline
from water.network.chainage import parse, written
from water.network.drawing import draw
from water.network.linked import Moment
from water.network.rebase import Event, Rebased, rebase
from water.network.rivers import Rivers, centreline_of
from water.processes.asking import moment


def locate(context: Context, inputs: Inputs) -> Outputs:
    """Places of chainages, or chainages of places."""
    if ("chainages" in inputs) == ("positions" in inputs):
        raise bad(
            "/inputs", "须给出 chainages 或 positions 之一", "needs chainages or positions, one of them", ""
        )
    when = moment(context, inputs)
    with context.session() as connection:
        rivers = kept.rivers(connection, when.at, when.asof)
        line = _line(connection, rivers, when, inputs["route"], inputs.get("version"))
    told: dict[str, Any] = {
        "route_id": line.route,
        "route_version": line.version,
        "from_chainage": written(line.from_m),
        "to_chainage": written(line.to_m),
        "length_m": round(line.length_m, 4),
    }
    if "chainages" in inputs:
        told["places"] = _places(line, inputs["chainages"])
    else:
        told["chainages"] = _chainages(line, inputs["positions"])
    return {"result": Document({**told, **linked.state(rivers, when)})}


def rebase_events(context: Context, inputs: Inputs) -> Outputs:
    """Events by the chainage of another version of their route."""
    if ("to_version" in inputs) == ("line" in inputs):
        raise bad("/inputs", "须给出 to_version 或 line 之一", "needs to_version or line, one of them", "")
    when, route = moment(context, inputs), inputs["route"]
    with context.session() as connection:
        rivers = kept.rivers(connection, when.at, when.asof)
        old = _line(connection, rivers, when, route, inputs["from_version"])
        if "line" in inputs:
            from_m = inputs.get("from_m", old.from_m)
            new = draw(route, old.version + 1, vertices(inputs["line"]["coordinates"]), from_m=from_m)
        else:
            new = _line(connection, rivers, when, route, inputs["to_version"])
    events = [
        Event(one["id"], *_at(one, f"/inputs/events/{number}")) for number, one in enumerate(inputs["events"])
    ]
    told = rebase(old, new, events)
    result = {
        "route_id": route,
        "from_version": old.version,
        "to_version": new.version,
        "stored": "line" not in inputs,
        "moved": sum(one.moved for one in told),
        "lost": sum(one.after is None for one in told),
        "events": [rebased(one) for one in told],
        **linked.state(rivers, when),
    }
    return {"result": Document(result)}


def _line(
    connection: Connection, rivers: Rivers, when: Moment, route: str, version: int | None
) -> Centreline:
    """The centre line of the instant, or of the version that is asked for."""
    if version is None or (route in rivers.routes and rivers.routes[route].version == version):
        return rivers.line(route)
    found = store.route_version(connection, route, version, when.asof)
    if found is None:
        rivers.line(route)  # an unknown route is said to be one
        raise UnknownRoute(
            f"此河道没有这一版本:{route} 第 {version} 版",
            f"the route has no such version: {route} version {version}",
            value=f"{route} {version}",
        )
    return centreline_of(*found)


def vertices(coordinates: Sequence[Any]) -> Any:
    """Longitude and latitude of each position of a GeoJSON line."""
    try:
        return np.array([position[:2] for position in coordinates], dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError) as failure:
        raise bad("/inputs/line/coordinates", "不是坐标", "holds what is no position", str(failure)) from None


def _places(line: Centreline, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    wanted = [_at(one, f"/inputs/chainages/{number}") for number, one in enumerate(given)]
    places = line.places([chainage for chainage, _ in wanted], [offset for _, offset in wanted])
    return [
        {
            "chainage": written(chainage),
            "chainage_m": chainage,
            "offset_m": offset,
            "bank": bank(offset),
            "coordinates": [round(lon, 10), round(lat, 10)],
        }
        for (chainage, offset), (lon, lat) in zip(wanted, places.tolist(), strict=True)
    ]


def _chainages(line: Centreline, positions: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    for number, (lon, lat) in enumerate(positions):
        if not (-180 <= lon <= 180 and -90 < lat < 90):
            where = f"/inputs/positions/{number}"
            raise bad(where, "须为 [经度, 纬度]", "must be [longitude, latitude]", [lon, lat])
    found = line.locate(positions)
    told: list[dict[str, Any]] = []
    for chainage, offset, at_end in zip(
        found.chainage_m.tolist(), found.offset_m.tolist(), found.at_end.tolist(), strict=True
    ):
        if np.isnan(chainage):
            end, m = ("end", line.to_m) if at_end else ("beginning", line.from_m)
            told.append(
                {"chainage": None, "beyond": end, "beyond_m": round(offset, 4), "end_chainage": written(m)}
            )
        else:
            told.append(
                {
                    "chainage": written(chainage),
                    "chainage_m": round(chainage, 4),
                    "offset_m": round(offset, 4) + 0.0,
                    "bank": bank(offset),
                }
            )
    return told


def bank(offset_m: float) -> str:
    """The side that an offset lies on: 左岸 left, 右岸 right, or the centre line within a millimetre."""
    if abs(offset_m) < 0.001:
        return "centre"
    return "right" if offset_m > 0 else "left"


def _at(one: Mapping[str, Any], pointer: str) -> tuple[float, float]:
    if ("chainage" in one) == ("chainage_m" in one):
        raise bad(
            pointer,
            "须给出 chainage 或 chainage_m 之一",
            "needs chainage or chainage_m, one of them",
            dict(one),
        )
    chainage = parse(one["chainage"]) if "chainage" in one else float(one["chainage_m"])
    return chainage, float(one.get("offset_m", 0.0))


def rebased(one: Rebased) -> dict[str, Any]:
    """An event before and after as JSON."""
    told: dict[str, Any] = {
        "id": one.before.id,
        "from": {"chainage": written(one.before.chainage_m), "chainage_m": one.before.chainage_m,
                 "offset_m": one.before.offset_m},
        "moved": one.moved,
    }  # fmt: skip
    if one.after is None:
        return {**told, "to": None, "reason": one.reason}
    return {
        **told,
        "to": {"chainage": written(one.after.chainage_m), "chainage_m": one.after.chainage_m,
               "offset_m": one.after.offset_m},
        "shift_m": one.shift_m,
        "ground_m": round(one.ground_m or 0.0, 6),
    }  # fmt: skip
