"""Other links of entities that are there 实体关联的更改: what a change may say of them (18-088, 10.3).

A change binds. Links of which the other end holds the number are changed there: said again they are taken,
said otherwise they are refused rather than left as they were. A client in wide use sends along in a PUT what
it once made inside an entity; that is left aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg.sql import SQL

from spatial.database import Connection
from spatial.observe.things.model import ENTITIES, Entity
from spatial.observe.things.reading_document import Draft, bad

KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "Thing": ("Locations",),
    "HistoricalLocation": ("Thing",),
    "Datastream": ("Thing", "Sensor", "ObservedProperty"),
    "MultiDatastream": ("Thing", "Sensor", "ObservedProperties"),
}
"""Links that an entity itself holds, by its type."""
FITTING: Final = frozenset(("unitOfMeasurements", "multiObservationDataTypes", "ObservedProperties"))
"""What of a MultiDatastream goes together."""


def relinked(connection: Connection, number: int, name: str, linked: Sequence[int]) -> dict[str, Any]:
    """Bind what :data:`KEPT` names, but places: the column it takes in the entity's own row, if any."""
    if name in ("Thing", "Sensor"):
        return {name.lower(): linked[0]}
    connection.execute("delete from observe.datastream_property where datastream = %s", (number,))
    connection.execute(
        "insert into observe.datastream_property (datastream, position, observed_property)"
        " select %s, n - 1, p from unnest(%s::bigint[]) with ordinality u(p, n)",
        (number, list(linked)),
    )
    return {}


def fitting(connection: Connection, number: int) -> None:
    """18-088, 8.2.6: units, types and properties of a MultiDatastream go together by place."""
    row = connection.execute(
        "select case jsonb_typeof(unit) when 'array' then jsonb_array_length(unit) end,"
        " case jsonb_typeof(data_types) when 'array' then jsonb_array_length(data_types) end,"
        " (select count(*) from observe.datastream_property p where p.datastream = d.id)"
        " from observe.datastream d where d.id = %s",
        (number,),
    ).fetchone()
    assert row is not None  # it was written just now
    units, types, properties = row
    if not units == types == properties:
        raise bad(
            "单位、类型与观测属性的个数须相同",
            "there must be as many units and types as observed properties",
            properties,
        )


def unmoved(
    connection: Connection, entity: Entity, number: int, name: str, told: Sequence[int | Draft]
) -> None:
    """Refuse other links than there are, of which the other end holds the number."""
    numbers = list({each for each in told if isinstance(each, int)})
    link = entity.links[name]
    target = ENTITIES[link.target]
    row = connection.execute(
        SQL(
            f"select count(*) from {entity.table} a, {target.table} b where a.id = %s and b.id = any(%s)"
            f" and ({link.join.format(a='a', b='b')}) and {(target.only or 'true').format(a='b')}"
        ),
        (number, numbers),
    ).fetchone()
    assert row is not None  # an aggregate gives one
    if row[0] < len(numbers):
        raise bad(
            f"{name} 不能在 {entity.name} 上更改,请修改或新建对方实体",
            f"{name} of {entity.name} are changed at their other end, or made by POST",
            name,
        )
