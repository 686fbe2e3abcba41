"""Measured values as entities 观测值: an observation as a reading, and new versions of one that is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.observe import ahead, series
from spatial.observe.model import Reading, period_of
from spatial.observe.things.reading_document import Draft, bad
from spatial.observe.things.text import missing


def reading_of(
    made: Draft, stream: int, multi: bool, *, source: int | None, now: datetime | None = None
) -> Reading:
    """An observation as a reading; without a time it is of now."""
    values = made.values
    result = values.get("result")
    if multi and result is not None and not isinstance(result, list):
        raise bad(
            "MultiDatastream 的 result 须为数组", "the result of a MultiDatastream must be an array", result
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
        raise series.BadReading(found.zh, found.en, value=result)
    return reading


def key_of(connection: Connection, number: int) -> tuple[int, datetime]:
    """The datastream and the time of a value."""
    row = connection.execute(
        "select datastream, phenomenon_time from observe.observation"
        " where id = %s and phenomenon_time >= %s and phenomenon_time < %s",
        (number, *period_of(number)),
    ).fetchone()
    if row is None:
        raise missing(f"Observations({number})")
    return row[0], row[1]


def correct(connection: Connection, made: Draft, number: int) -> None:
    """A new version of a value: what was believed is kept. Another time is another value."""
    stream, time = key_of(connection, number)
    row = connection.execute(
        "select o.result_number, o.result_json, o.phenomenon_end, o.result_time, o.flag, o.feature,"
        " o.details, d.multi"
        " from observe.observation o join observe.datastream d on d.id = o.datastream"
        " where o.datastream = %s and o.phenomenon_time = %s",
        (stream, time),
    ).fetchone()
    assert row is not None  # it was found just now
    number_, json, end, result_time, flag, feature, details, multi = row
    held: dict[str, Any] = {
        "result": json if number_ is None else number_,
        "phenomenonTime": (time, end),
        "resultTime": result_time,
        **(details or {}),
    }
    unchanged = "result" not in made.values
    values = {**held, **({"qualityFlag": flag} if unchanged else {}), **made.values}
    reading = reading_of(Draft(made.entity, values), stream, multi, source=None)
    told = made.links.get("FeatureOfInterest")
    if told and isinstance(told[0], int):
        feature = told[0]
    reading = replace(reading, feature=feature)
    if reading.phenomenon_time != time:
        ahead.check(connection, stream, reading.phenomenon_time, datetime.now(BEIJING))
        connection.execute("select observe.remove(%s, %s)", ([stream], [time]))
    series.record(connection, [reading])
