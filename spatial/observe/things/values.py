"""Measured values as entities 观测值: an observation as a reading, and new versions of one that is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from spatial.database import Connection
from spatial.datum.clock import BEIJING, format_instant
from spatial.errors import Conflict, shorten
from spatial.observe import ahead, series
from spatial.observe.model import Reading
from spatial.observe.things import moved
from spatial.observe.things.errors import missing
from spatial.observe.things.reading_document import BadEntity, Draft, bad
from spatial.observe.together import PLACED


class TimeTaken(Conflict):
    """A value is moved to a time that has one 该时刻已有观测值."""

    code = "time-taken"


def reading_of(
    made: Draft, stream: int, width: int | None, *, source: int | None, now: datetime | None = None
) -> Reading:
    """An observation as a reading; without a time it is of now.

    ``width`` is how many properties a MultiDatastream observes; ``None`` of a Datastream.
    """
    values = made.values
    result = values.get("result")
    if width is not None and result is not None and not (isinstance(result, list) and len(result) == width):
        raise bad(
            f"MultiDatastream 的 result 须为 {width} 项的数组",
            f"the result of a MultiDatastream must be an array, here of {width}",
            result,
        )
    start, end = values.get("phenomenonTime") or (now or datetime.now(BEIJING), None)
    details = {
        name: values[name]
        for name in ("resultQuality", "validTime", "parameters")
        if values.get(name) is not None
    }
    reading = Reading(
        stream,
        start,
        result,
        phenomenon_end=end,
        result_time=values.get("resultTime"),
        source=source,
        flag=values.get("qualityFlag"),
        details=details or None,
        said_again=True,
    )
    found = series.fault(reading)
    if found is not None:
        raise series.BadReading(found.zh, found.en, value=found.value)
    return reading


def key_of(connection: Connection, number: int) -> tuple[int, datetime]:
    """The datastream and the time of a value."""
    for span in moved.spans(connection, number):
        row = connection.execute(
            "select datastream, phenomenon_time from observe.observation"
            " where id = %s and phenomenon_time >= %s and phenomenon_time < %s",
            (number, *span),
        ).fetchone()
        if row is not None:
            return row[0], row[1]
    raise missing(f"Observations({number})")


def correct(connection: Connection, made: Draft, number: int) -> None:
    """A new version of a value, of the same number: what was believed is kept."""
    stream, time = key_of(connection, number)
    row = connection.execute(
        "select o.result_number, o.result_json, o.phenomenon_end, o.result_time, o.feature,"
        " o.details, case when o.flag in (3, 4) then g.flag else o.flag end, case when d.multi then"
        " (select count(*) from observe.datastream_property p where p.datastream = d.id) end"
        " from observe.observation o join observe.datastream d on d.id = o.datastream"
        " left join observe.given_flag g using (datastream, phenomenon_time)"
        " where o.datastream = %s and o.phenomenon_time = %s",
        (stream, time),
    ).fetchone()
    assert row is not None  # it was found just now
    number_, json, end, result_time, feature, details, said, width = row
    held: dict[str, Any] = {
        "result": json if number_ is None else number_,
        "phenomenonTime": (time, end),
        "resultTime": result_time,
        **(details or {}),
    }
    unchanged = "result" not in made.values
    values = {**held, **({"qualityFlag": said} if unchanged else {}), **made.values}
    reading = reading_of(Draft(made.entity, values), stream, width, source=None)
    reading = replace(reading, feature=_relinked(connection, made, stream, width) or feature)
    other_time = reading.phenomenon_time != time
    if other_time:
        _free(connection, stream, reading.phenomenon_time)
    # What is said no more would be kept from the version before.
    bare = (result_time and reading.result_time is None) or (details and reading.details is None)
    if not other_time and not bare:
        series.record(connection, [reading])
        return
    connection.execute("select observe.remove(%s, %s)", ([stream], [time]))
    series.record(connection, [reading])
    _renumbered(connection, stream, reading.phenomenon_time, number)


def _relinked(connection: Connection, made: Draft, stream: int, width: int | None) -> int | None:
    """The feature that a change says; a value stays with its datastream."""
    feature = None
    for name, (told,) in made.links.items():
        if not isinstance(told, int):
            continue  # what was once made along
        if name == "FeatureOfInterest":
            feature = known_feature(connection, told)
        elif (name == "Datastream") != (width is None) or told != stream:
            raise bad("观测值不能改属另一数据流", "an observation stays with its datastream", told)
    return feature


class NoFeature(BadEntity):
    """A value of which neither a feature nor a place is said 观测值没有观测对象."""

    code = "no-feature"


def nowhere(connection: Connection, streams: Sequence[int]) -> dict[int, NoFeature]:
    """The datastreams of things without a place, with the refusal of a value that says no feature (18-088,
    10.2: an Observation has a FeatureOfInterest, which is made of where its Thing is).
    """
    rows = connection.execute(
        "select d.id, t.id, t.name from observe.datastream d join observe.latest u on u.datastream = d.id"
        f" join observe.thing t on t.id = d.thing where d.id = any(%s) and not {PLACED}",
        (list(streams),),
    ).fetchall()
    return {stream: _no_feature(stream, thing, name) for stream, thing, name in rows}


def placed(connection: Connection, stream: int) -> None:
    """Refuse a value that says no feature, of a thing without a place (:class:`NoFeature`)."""
    for refusal in nowhere(connection, [stream]).values():
        raise refusal


def _no_feature(stream: int, thing: int, name: str) -> NoFeature:
    """Of a value of a datastream whose thing is nowhere."""
    shown = shorten(f"Datastreams({stream}), Things({thing}) {name}")
    return NoFeature(
        "观测值没有 FeatureOfInterest,其 Thing 也没有 Location,无从得知观测对象;请写明 FeatureOfInterest,"
        f"或先为 Thing 登记 Location:{shown}",
        "the Observation names no FeatureOfInterest, and its Thing has no Location to make one of;"
        f" name a FeatureOfInterest, or give the Thing a Location first: {shown}",
        value=shown,
    )


def known_feature(connection: Connection, told: int) -> int:
    """The number of a feature that is there."""
    if connection.execute("select from observe.feature where id = %s", (told,)).fetchone() is None:
        raise bad("FeatureOfInterest 不存在", "there is no such FeatureOfInterest", told)
    return told


def _free(connection: Connection, stream: int, time: datetime) -> None:
    """Refuse a time that has not come, or that another value of the datastream has."""
    ahead.check(connection, stream, time, datetime.now(BEIJING))
    there = connection.execute(
        "select from observe.observation where datastream = %s and phenomenon_time = %s", (stream, time)
    ).fetchone()
    if there is not None:
        raise TimeTaken(
            f"该数据流在此时刻已有观测值,请改正那一个:{format_instant(time)}",
            f"the datastream has a value of this time, correct that one: {format_instant(time)}",
            value=format_instant(time),
        )


def _renumbered(connection: Connection, stream: int, time: datetime, number: int) -> None:
    """Give a value that was taken out and put in again its number back."""
    for table in ("observation", "latest"):
        connection.execute(
            f"update observe.{table} set id = %s where datastream = %s and phenomenon_time = %s",
            (number, stream, time),
        )
    moved.note(connection, number, time)
