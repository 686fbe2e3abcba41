"""Writing entities 写入实体: deep insert, change, replacement and removal, inside the caller's transaction.

``May`` (:mod:`spatial.observe.things.owners`) is asked before anything is written. What was
there before a change stands in ``observe.entity_past``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
import shapely
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import Conflict, NotFound
from spatial.observe import ahead, series
from spatial.observe.things.model import ENTITIES, Entity, Kind
from spatial.observe.things.owners import ANYWHERE, May, may_change
from spatial.observe.things.reading_document import COMPLEX, BadEntity, Draft, bad, shape_of
from spatial.observe.things.relinking import FITTING, KEPT, fitting, relinked, unmoved
from spatial.observe.things.values import correct, key_of, known_feature, placed, reading_of


class KeyTaken(Conflict):
    """Another entity has this ``properties.key`` 键已被占用."""

    code = "key-taken"


def create(
    connection: Connection,
    made: Draft,
    may: May,
    context: Mapping[str, int] | None = None,
    source: int | None = None,
) -> int:
    """Write a new entity with all that is made along; its number.

    ``context`` are links that the path says: POST to ``Things(1)/Datastreams``.
    """
    links = {name: list(each) for name, each in made.links.items()}
    for name, number in (context or {}).items():
        links[name] = [number]
    made = replace(made, links=links)
    try:
        return _CREATE[made.entity.name](connection, made, may, source)
    except psycopg.errors.UniqueViolation as failure:
        raise KeyTaken(
            f"properties.key 已被占用,请换一个:{made.values.get('properties')}"[:200],
            f"properties.key belongs to another entity, choose another: {made.values.get('properties')}"[
                :200
            ],
            value="properties.key",
        ) from failure


def update(connection: Connection, made: Draft, number: int, may: May) -> None:
    """Change what the draft says of an entity, and nothing else."""
    entity = made.entity
    may_change(connection, entity, number, may)
    if entity.name == "Observation":
        correct(connection, made, number)
        return
    if "properties" in made.values and entity.name == "Thing":
        may((made.values["properties"] or {}).get("layer"))
    columns = _columns(made)
    for name, told in made.links.items():
        if name not in KEPT.get(entity.name, ()):
            unmoved(connection, entity, number, name, told)
        elif name != "Locations":
            linked = [_number(connection, each, may, ENTITIES[entity.links[name].target]) for each in told]
            if name == "Thing":
                may_change(connection, ENTITIES["Thing"], linked[0], may)
            columns |= relinked(connection, number, name, linked)
    if columns:
        names = SQL(", ").join(SQL("{} = %s").format(Identifier(name)) for name in columns)
        connection.execute(
            SQL("update {} set {}, recorded_at = clock_timestamp() where id = %s").format(
                _table(entity), names
            ),
            (*columns.values(), number),
        )
    if entity.name == "Location" and "location" in made.values:
        _moved(connection, number)
    if entity.name == "MultiDatastream" and FITTING & {*made.values, *made.links}:
        fitting(connection, number)
    if entity.name == "Thing" and "Locations" in made.links:
        places = [_number(connection, each, may, ENTITIES["Location"]) for each in made.links["Locations"]]
        _place(connection, number, places)


def delete(connection: Connection, entity: Entity, number: int, may: May) -> None:
    """Remove an entity, and what cannot be without it; values and former states are kept."""
    may_change(connection, entity, number, may)
    if entity.name == "Observation":
        stream, time = key_of(connection, number)
        connection.execute("select observe.remove(%s, %s)", ([stream], [time]))
        return
    if entity.name == "FeatureOfInterest":
        _remove_observations_of(connection, number)
    streams = _STREAMS_OF.get(entity.name)
    if streams is not None:
        found = [id for (id,) in connection.execute(SQL(streams), (number,)).fetchall()]
        for each in found:
            may_change(connection, ENTITIES["Datastream"], each, may)
        connection.execute("select observe.close_datastreams(%s::int[])", (found,))
    if entity.name == "Location":
        connection.execute(_NOWHERE_ELSE, (number,))
    connection.execute(SQL("delete from {} where id = %s").format(_table(entity)), (number,))


def _columns(made: Draft) -> dict[str, Any]:
    """What goes into the entity's own row."""
    found: dict[str, Any] = {}
    for name, value in made.values.items():
        held = made.entity.properties[name]
        assert held.column is not None  # what is computed never comes into a draft
        match held.kind:
            case Kind.JSON:
                found[held.column] = None if value is None else Jsonb(value)
            case Kind.GEOMETRY:
                found[held.column] = Jsonb(value)
                shape = shape_of(value)
                found["geom"] = (
                    None
                    if shape is None
                    else shapely.to_wkb(
                        shapely.set_srid(shapely.force_2d(shape), 4490), hex=True, include_srid=True
                    )
                )
            case _:
                found[held.column] = "" if value is None and held.blank else value
    if made.entity.name == "MultiDatastream" and found.get("observation_type", "") is None:
        found["observation_type"] = COMPLEX
    return found


def _insert(connection: Connection, entity: Entity, columns: Mapping[str, Any]) -> int:
    statement = SQL("insert into {} ({}) values ({}) returning id").format(
        _table(entity),
        SQL(", ").join(map(Identifier, columns)),
        SQL(", ").join(SQL("%s") for _ in columns),
    )
    row = connection.execute(statement, tuple(columns.values())).fetchone()
    assert row is not None  # an insert that returns gives one
    return int(row[0])


def _table(entity: Entity) -> Identifier:
    return Identifier(*entity.table.split("."))


def _one(connection: Connection, made: Draft, name: str, may: May) -> int | None:
    """The number of a linked entity, made now where it is told inside; it must be there."""
    told = made.links.get(name)
    return None if not told else _number(connection, told[0], may, ENTITIES[made.entity.links[name].target])


def _number(connection: Connection, told: int | Draft, may: May, entity: Entity | None = None) -> int:
    if isinstance(told, Draft):
        return create(connection, told, may)
    if entity is not None:
        number_known = connection.execute(
            SQL("select from {} where id = %s").format(_table(entity)), (told,)
        ).fetchone()
        if number_known is None:
            raise bad(f"{entity.name} 不存在", f"there is no such {entity.name}", told)
    return told


def _needed(connection: Connection, made: Draft, name: str, may: May) -> int:
    number = _one(connection, made, name, may)
    if number is None:
        raise bad(f"{made.entity.name} 须指明 {name}", f"{made.entity.name} must name its {name}", name)
    return number


def _thing(connection: Connection, made: Draft, may: May, source: int | None) -> int:
    may((made.values.get("properties") or {}).get("layer"))
    number = _insert(connection, made.entity, _columns(made))
    places = [
        _number(connection, each, may, ENTITIES["Location"]) for each in made.links.get("Locations", ())
    ]
    if places:
        _place(connection, number, places)
    _children(connection, made, number, ("Datastreams", "MultiDatastreams"), "Thing", may)
    return number


def _place(connection: Connection, thing: int, places: Sequence[int], time: datetime | None = None) -> None:
    """A thing is there from now on: a new HistoricalLocation, and features made of its place are made
    anew."""
    connection.execute("delete from observe.thing_location where thing = %s", (thing,))
    connection.execute(
        "insert into observe.thing_location (thing, location) select %s, p from unnest(%s::bigint[]) p"
        " on conflict do nothing",
        (thing, list(places)),
    )
    row = connection.execute(
        "insert into observe.historical_location (thing, time) values (%s, %s) returning id",
        (thing, time or datetime.now(BEIJING)),
    ).fetchone()
    assert row is not None  # an insert that returns gives one
    connection.execute(
        "insert into observe.historical_place (historical_location, location)"
        " select %s, p from unnest(%s::bigint[]) p on conflict do nothing",
        (row[0], list(places)),
    )
    connection.execute(
        "update observe.latest set default_feature = null"
        " where datastream in (select id from observe.datastream where thing = %s)",
        (thing,),
    )


def _moved(connection: Connection, location: int) -> None:
    """Values observed so far keep the feature they were observed of; the next get one of the new place."""
    connection.execute(
        "with old as (update observe.feature set of_location = null where of_location = %s returning id)"
        " update observe.latest set default_feature = null where default_feature in (select id from old)",
        (location,),
    )


def _children(
    connection: Connection, made: Draft, number: int, names: Sequence[str], back: str, may: May
) -> None:
    for name in names:
        for each in made.links.get(name, ()):
            if isinstance(each, int):
                raise bad(f"{name} 须在此新建", f"{name} are made here, not referred to", each)
            create(connection, each, may, {back: number})


def _location(connection: Connection, made: Draft, may: May, source: int | None) -> int:
    may(ANYWHERE)
    number = _insert(connection, made.entity, _columns(made))
    for each in made.links.get("Things", ()):
        if isinstance(each, Draft) and "Locations" not in each.links:
            create(connection, each, may, {"Locations": number})  # its values are of this place already
            continue
        thing = _number(connection, each, may, ENTITIES["Thing"])
        may_change(connection, ENTITIES["Thing"], thing, may)
        _place(connection, thing, [number])
    return number


def _historical_location(connection: Connection, made: Draft, may: May, source: int | None) -> int:
    thing = _needed(connection, made, "Thing", may)
    may_change(connection, ENTITIES["Thing"], thing, may)
    number = _insert(connection, made.entity, {**_columns(made), "thing": thing})
    places = [
        _number(connection, each, may, ENTITIES["Location"]) for each in made.links.get("Locations", ())
    ]
    connection.execute(
        "insert into observe.historical_place (historical_location, location) select %s, p from"
        " unnest(%s::bigint[]) p",
        (number, places),
    )
    # 18-088, 8.2.3: a time later than all others says where the thing is now.
    connection.execute(
        "with newest as (select from observe.historical_location where thing = %(thing)s and time >"
        " %(time)s),"
        " gone as (delete from observe.thing_location where thing = %(thing)s and not exists (select"
        " from newest)"
        "   and not location = any(%(places)s::bigint[]))"
        " insert into observe.thing_location (thing, location) select %(thing)s, p from"
        " unnest(%(places)s::bigint[]) p"
        " where not exists (select from newest) on conflict do nothing",
        {"thing": thing, "time": made.values["time"], "places": places},
    )
    return number


def _vocabulary(connection: Connection, made: Draft, may: May, source: int | None) -> int:
    may(ANYWHERE)
    number = _insert(connection, made.entity, _columns(made))
    _children(connection, made, number, ("Datastreams", "MultiDatastreams"), made.entity.name, may)
    return number


def _stream(connection: Connection, made: Draft, may: May, source: int | None) -> int:
    multi = made.entity.name == "MultiDatastream"
    thing = _needed(connection, made, "Thing", may)
    may_change(connection, ENTITIES["Thing"], thing, may)
    sensor = _needed(connection, made, "Sensor", may)
    name = "ObservedProperties" if multi else "ObservedProperty"
    told = made.links.get(name, ())
    observed = [_number(connection, each, may, ENTITIES["ObservedProperty"]) for each in told]
    if not observed:
        raise bad(f"{made.entity.name} 须指明 {name}", f"{made.entity.name} must name its {name}", name)
    columns = {**_columns(made), "multi": multi, "thing": thing, "sensor": sensor}
    number = _insert(connection, made.entity, columns)
    connection.execute(
        "insert into observe.datastream_property (datastream, position, observed_property)"
        " select %s, n - 1, p from unnest(%s::bigint[]) with ordinality u(p, n)",
        (number, observed),
    )
    if multi:
        fitting(connection, number)
    for each in made.links.get("Observations", ()):
        if isinstance(each, int):
            raise bad("Observations 须在此新建", "Observations are made here, not referred to", each)
        create(connection, each, may, {made.entity.name: number})
    return number


def _feature(connection: Connection, made: Draft, may: May, source: int | None) -> int:
    may(ANYWHERE)
    number = _insert(connection, made.entity, _columns(made))
    _children(connection, made, number, ("Observations",), "FeatureOfInterest", may)
    return number


def _observation(connection: Connection, made: Draft, may: May, source: int | None) -> int:
    stream, width = datastream_of(connection, made, may)
    reading = reading_of(made, stream, width, source=source)
    ahead.check(connection, stream, reading.phenomenon_time, datetime.now(BEIJING))
    told = made.links.get("FeatureOfInterest")
    if told:
        feature = told[0]
        number = (
            _insert(connection, feature.entity, _columns(feature))
            if isinstance(feature, Draft)
            else known_feature(connection, feature)
        )
        reading = replace(reading, feature=number)
    else:
        placed(connection, stream)
    recorded = series.record(connection, [reading])
    if recorded.number is not None:
        return recorded.number
    row = connection.execute(
        "select id from observe.observation where datastream = %s and phenomenon_time = %s",
        (stream, reading.phenomenon_time),
    ).fetchone()
    assert row is not None  # it was written just now, or was there
    return int(row[0])


class NoSuchStream(BadEntity):
    """An observation of a datastream that is not there 无此数据流."""


def datastream_of(connection: Connection, made: Draft, may: May) -> tuple[int, int | None]:
    """The datastream of an observation, and how many properties it observes where it is a MultiDatastream."""
    names = [name for name in ("Datastream", "MultiDatastream") if name in made.links]
    if len(names) != 1:
        raise bad(
            "观测值须指明一个 Datastream 或 MultiDatastream",
            "an Observation names one Datastream or MultiDatastream",
            len(names),
        )
    entity, told = ENTITIES[names[0]], made.links[names[0]]
    if told and isinstance(told[0], int):
        number = told[0]
        try:
            may_change(connection, entity, number, may)  # which finds out whether it is there, too
        except NotFound:
            told_by = f"{entity.name} 不存在:{number}", f"there is no such {entity.name}: {number}"
            raise NoSuchStream(*told_by, value=str(number)) from None
    else:
        number = _needed(connection, made, names[0], may)
        may_change(connection, entity, number, may)
    if names[0] == "Datastream":
        return number, None
    (width,) = connection.execute(
        "select count(*) from observe.datastream_property where datastream = %s", (number,)
    ).fetchone() or (0,)
    return number, width


def _remove_observations_of(connection: Connection, feature: int) -> None:
    rows = connection.execute(
        "select o.datastream, o.phenomenon_time from observe.datastream_feature x join observe.observation o"
        " on o.datastream = x.datastream and o.feature = x.feature where x.feature = %s",
        (feature,),
    ).fetchall()
    if rows:
        connection.execute(
            "select observe.remove(%s::int[], %s::timestamptz[])",
            ([d for d, _ in rows], [t for _, t in rows]),
        )


_CREATE: Mapping[str, Callable[[Connection, Draft, May, int | None], int]] = {
    "Thing": _thing,
    "Location": _location,
    "HistoricalLocation": _historical_location,
    "Sensor": _vocabulary,
    "ObservedProperty": _vocabulary,
    "Datastream": _stream,
    "MultiDatastream": _stream,
    "FeatureOfInterest": _feature,
    "Observation": _observation,
}
_STREAMS_OF = {
    "Thing": "select id from observe.datastream where thing = %s",
    "Sensor": "select id from observe.datastream where sensor = %s",
    "ObservedProperty": "select distinct datastream from observe.datastream_property"
    " where observed_property = %s",
    "Datastream": "select id from observe.datastream where id = %s",
    "MultiDatastream": "select id from observe.datastream where id = %s",
}
_NOWHERE_ELSE = (
    "delete from observe.historical_location h where exists (select from observe.historical_place p"
    " where p.historical_location = h.id and p.location = %s) and (select count(*) from"
    " observe.historical_place p where p.historical_location = h.id) = 1"
)
"""18-088, 10.4: what tells that a thing was at a place goes with the place."""
