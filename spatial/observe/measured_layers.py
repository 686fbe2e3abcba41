"""What is measured in each layer of Things 各图层的观测要素: parameters with units, and the stations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spatial.history.read import Area, Statement
from spatial.observe.coverage import NUMERIC
from spatial.observe.past import as_of


@dataclass(frozen=True, slots=True)
class Parameter:
    """An observed property of numbers that some datastream of a layer measures 观测要素."""

    key: str
    name: str
    definition: str
    description: str
    unit: Mapping[str, Any] | None
    """As SensorThings has it, ``symbol`` being the UCUM code; ``None`` where its datastreams differ."""
    first: datetime | None = None
    last: datetime | None = None
    """Of its values in the layer."""


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
        " then (array_agg(d.unit order by d.id))[1] end, min(u.first_time), max(u.phenomenon_time)"
        " from observe.thing t join observe.datastream d on d.thing = t.id and not d.multi"
        f" and {NUMERIC} join observe.latest u on u.datastream = d.id"
        " join observe.datastream_property x on x.datastream = d.id"
        " join observe.observed_property p on p.id = x.observed_property"
        " where t.layer is not null group by t.layer, p.id order by 1, 2",
        (),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """Which stations of a layer are listed, a page of them by key."""

    layer: str
    limit: int
    areas: tuple[Area, ...] = ()
    parameters: Sequence[str] = ()
    """Keys of the observed properties that are told of, and stations that measure some; empty: all."""
    start: datetime | None = None
    end: datetime | None = None
    """Stations that have values before the span only, or after it only, are left out."""
    end_included: bool = True
    after: str = ""
    """The key of the last station of the page before."""
    asof: datetime | None = None
    """The instant as known at which they are listed, with the spans of their values."""


_SPAN = ("min(u.first_time)", "max(u.phenomenon_time)", "join observe.latest u on u.datastream = d.id")


def _span_then(asof: datetime) -> tuple[str, str, str]:
    """The first and the last instant of what was believed of a datastream, read from either end."""
    ends = {
        name: " union all ".join(
            f"(select phenomenon_time as t from {table} where datastream = d.id and recorded_at <= {at}{gone}"
            f" order by phenomenon_time {order} limit 1)"
            for at in (f"'{asof.isoformat()}'::timestamptz",)
            for table, gone in (
                ("observe.observation", ""),
                ("observe.superseded", f" and superseded_at > {at}"),
            )
        )
        for name, order in (("first", "asc"), ("last", "desc"))
    }
    joined = (
        f"cross join lateral (select min(t) as first from ({ends['first']}) x) a"
        f" cross join lateral (select max(t) as last from ({ends['last']}) x) b"
    )
    return "min(a.first)", "max(b.last)", joined


def parameters_then(layer: str, asof: datetime) -> Statement:
    """Rows of the members of :class:`Parameter` of one layer, as known at an instant; nothing of when."""
    sql = (
        "select coalesce(p.key, p.id::text), p.name, p.definition, p.description,"
        " case when count(distinct coalesce(d.unit ->> 'symbol', '')) = 1"
        " then (array_agg(d.unit order by d.id))[1] end"
        " from observe.thing t join observe.datastream d on d.thing = t.id and not d.multi"
        f" and {NUMERIC} join observe.datastream_property x on x.datastream = d.id"
        " join observe.observed_property p on p.id = x.observed_property"
        " where t.layer = %s group by p.id, p.key, p.name, p.definition, p.description order by 1"
    )
    return Statement(as_of(sql, asof), (layer,))


def stations(asked: Listed) -> Statement:
    """Rows of the members of :class:`Station`, and how many there are on all pages."""
    first, last, span = _SPAN if asked.asof is None else _span_then(asked.asof)
    where = " or ".join("l.geom && ST_MakeEnvelope(%s, %s, %s, %s, 4490)" for _ in asked.areas) or "true"
    boxes = tuple(number for each in asked.areas for number in (each.west, each.south, each.east, each.north))
    of = list(asked.parameters)
    listed = (
        'select coalesce(t.key, t.id::text) collate "C" as place, t.name, ST_X(l.geom), ST_Y(l.geom),'
        " array_agg(distinct coalesce(p.key, p.id::text)), "
        f" to_json({first}) #>> '{{}}', to_json({last}) #>> '{{}}', count(*) over ()"
        " from observe.thing t join lateral (select l.geom from observe.thing_location tl"
        " join observe.location l on l.id = tl.location where tl.thing = t.id"
        " and GeometryType(l.geom) = 'POINT' order by l.id limit 1) l on true"
        f" join observe.datastream d on d.thing = t.id and not d.multi and {NUMERIC}"
        " join observe.datastream_property x on x.datastream = d.id"
        " join observe.observed_property p on p.id = x.observed_property"
        f" {span} where t.layer = %s and ({where})"
        " and (%s::text[] = '{}' or coalesce(p.key, p.id::text) = any(%s::text[]))"
        " group by t.id, t.key, t.name, l.geom"
        f" having (%s::timestamptz is null or {last} >= %s)"
        f" and (%s::timestamptz is null or {first} {'<=' if asked.end_included else '<'} %s)"
    )
    return Statement(
        as_of(f"select * from ({listed}) s where place > %s order by place limit %s", asked.asof),
        (
            *(asked.layer, *boxes, of, of, asked.start, asked.start, asked.end, asked.end),
            *(asked.after, asked.limit),
        ),
    )


def is_there(layer: str, thing: str, asof: datetime | None = None) -> Statement:
    """Whether a layer has, or was known to have, a Thing of that key, or of that number without one."""
    found = "select from observe.thing t where t.layer = %s and coalesce(t.key, t.id::text) = %s"
    return Statement(as_of(f"select exists ({found})", asof), (layer, thing))
