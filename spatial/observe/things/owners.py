"""Whose an entity is 归属: who changes it needs the right to edit the layer of its thing."""

from __future__ import annotations

from collections.abc import Callable

from psycopg.sql import SQL

from spatial.database import Connection
from spatial.observe.away import away, refusal
from spatial.observe.things.errors import missing
from spatial.observe.things.model import Entity
from spatial.observe.things.moved import spans

May = Callable[[str | None], None]
"""Raises unless the asker may edit things of this layer; ``None`` where a thing names none."""
ANYWHERE = "*"
"""Asked of :data:`May` for what belongs to no thing yet: vocabulary, places, features."""
_BIG = 2**31
_OF_STREAMS = (
    "select distinct t.layer from observe.{table} e left join observe.datastream d on {join}"
    " left join observe.thing t on t.id = d.thing where e.id = %s"
)
_LAYERS_OF = {
    "Thing": "select layer from observe.thing where id = %s",
    "Location": "select distinct t.layer from observe.location e left join observe.thing_location x"
    " on x.location = e.id left join observe.thing t on t.id = x.thing where e.id = %s",
    "HistoricalLocation": "select t.layer from observe.historical_location h"
    " join observe.thing t on t.id = h.thing"
    " where h.id = %s",
    "Datastream": "select t.layer from observe.datastream d join observe.thing t on t.id = d.thing"
    " where d.id = %s and not d.multi",
    "MultiDatastream": "select t.layer from observe.datastream d join observe.thing t on t.id = d.thing"
    " where d.id = %s and d.multi",
    "Sensor": _OF_STREAMS.format(table="sensor", join="d.sensor = e.id"),
    "ObservedProperty": _OF_STREAMS.format(
        table="observed_property",
        join="d.id in (select p.datastream from observe.datastream_property p"
        " where p.observed_property = e.id)",
    ),
    "FeatureOfInterest": _OF_STREAMS.format(
        table="feature",
        join="d.id in (select x.datastream from observe.datastream_feature x where x.feature = e.id)",
    ),
    "Observation": "select t.layer from observe.observation o"
    " join observe.datastream d on d.id = o.datastream"
    " join observe.thing t on t.id = d.thing where o.id = %s and phenomenon_time >= %s and"
    " phenomenon_time < %s",
}


def may_change(connection: Connection, entity: Entity, number: int, may: May) -> None:
    """Refuse where there is no such entity, or who asks may not edit a thing it belongs to."""
    if number >= _BIG and entity.name in ("Datastream", "MultiDatastream", "FeatureOfInterest"):
        raise missing(f"{entity.set}({number})")
    statement = SQL(_LAYERS_OF[entity.name])
    if entity.name == "Observation":
        found = (connection.execute(statement, (number, *span)) for span in spans(connection, number))
        rows = next(filter(None, (each.fetchall() for each in found)), [])
    else:
        rows = connection.execute(statement, (number,)).fetchall()
    if not rows and entity.name == "Observation":
        within = [start for start, _ in spans(connection, number)]
        lacking = [each for each in away(connection) if any(each.start <= at < each.until for at in within)]
        if lacking:
            raise refusal(lacking)
    if not rows:
        raise missing(f"{entity.set}({number})")
    for (layer,) in rows:
        may(layer)
