"""What is measured in each layer of Things 各图层的观测要素: parameters with units, and the stations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spatial.history.read import Area, Statement
from spatial.observe.coverage import NUMERIC


@dataclass(frozen=True, slots=True)
class Parameter:
    """An observed property of numbers that some datastream of a layer measures 观测要素."""

    key: str
    name: str
    definition: str
    description: str
    unit: Mapping[str, Any] | None
    """As SensorThings has it, ``symbol`` being the UCUM code; ``None`` where its datastreams differ."""


@dataclass(frozen=True, slots=True)
class Station:
    """A Thing where it is now, and what it measures."""

    thing: str
    name: str
    lon_deg: float
    lat_deg: float
    parameters: tuple[str, ...]
    first: str | None
    last: str | None


def parameters() -> Statement:
    """Rows of (layer, then the members of :class:`Parameter`), by layer and key."""
    return Statement(
        "select t.layer, coalesce(p.key, p.id::text), p.name, p.definition, p.description,"
        " case when count(distinct coalesce(d.unit ->> 'symbol', '')) = 1"
        " then (array_agg(d.unit order by d.id))[1] end"
        " from observe.thing t join observe.datastream d on d.thing = t.id and not d.multi"
        f" and {NUMERIC} join observe.datastream_property x on x.datastream = d.id"
        " join observe.observed_property p on p.id = x.observed_property"
        " where t.layer is not null group by t.layer, p.id order by 1, 2",
        (),
    )


def stations(layer: str, areas: tuple[Area, ...], limit: int) -> Statement:
    """Rows of the members of :class:`Station`, and how many there are in all."""
    where = " or ".join("l.geom && ST_MakeEnvelope(%s, %s, %s, %s, 4490)" for _ in areas) or "true"
    boxes = tuple(number for each in areas for number in (each.west, each.south, each.east, each.north))
    return Statement(
        "select coalesce(t.key, t.id::text), t.name, ST_X(l.geom), ST_Y(l.geom),"
        " array_agg(distinct coalesce(p.key, p.id::text)), to_json(min(u.first_time)) #>> '{}',"
        " to_json(max(u.phenomenon_time)) #>> '{}', count(*) over ()"
        " from observe.thing t join lateral (select l.geom from observe.thing_location tl"
        " join observe.location l on l.id = tl.location where tl.thing = t.id"
        " and GeometryType(l.geom) = 'POINT' order by l.id limit 1) l on true"
        " join observe.datastream d on d.thing = t.id and not d.multi"
        f" and {NUMERIC} join observe.datastream_property x on x.datastream = d.id"
        " join observe.observed_property p on p.id = x.observed_property"
        " join observe.latest u on u.datastream = d.id"
        f" where t.layer = %s and ({where}) group by t.id, l.geom order by 1 limit %s",
        (layer, *boxes, limit),
    )


def is_there(layer: str, thing: str) -> Statement:
    """Whether a layer has a Thing of that key, or of that number where it has no key."""
    return Statement(
        "select exists (select from observe.thing t where t.layer = %s and coalesce(t.key, t.id::text) = %s)",
        (layer, thing),
    )
