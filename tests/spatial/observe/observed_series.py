"""What the tests of the store share: datastreams, and the whole truth about them computed anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from spatial.database import Connection
from spatial.datum.clock import BEIJING

T0 = datetime(2026, 3, 1, tzinfo=BEIJING)
RollUps = dict[tuple[int, datetime, int], tuple[int, float | None, float | None, float | None]]


def datastreams(connection: Connection, count: int, *, properties: str = "{}") -> list[int]:
    """As many datastreams, each of a thing of its own, all of one sensor and one property."""
    (sensor,) = connection.execute(
        "insert into observe.sensor (name, encoding_type, metadata) values ('s', 'text/plain',"
        " '\"x\"') returning id"
    ).fetchone() or (0,)
    (told,) = connection.execute(
        "insert into observe.observed_property (name, definition, properties) values ('p', 'urn:p',"
        " %s) returning id",
        (properties,),
    ).fetchone() or (0,)
    rows = connection.execute(
        "with t as (insert into observe.thing (name) select 't' || n from generate_series(1, %s) n"
        " returning id)"
        " insert into observe.datastream (name, observation_type, unit, thing, sensor)"
        " select 'd', 'm', '{}', t.id, %s from t returning id",
        (count, sensor),
    ).fetchall()
    found = [id for (id,) in rows]
    connection.execute(
        "insert into observe.datastream_property (datastream, observed_property) select d, %s from"
        " unnest(%s::int[]) d",
        (told, found),
    )
    return found


def roll_ups(connection: Connection, span: str) -> RollUps:
    """What the table of hours, days or months says."""
    rows = connection.execute(
        f"select datastream, start, flag, count, minimum, maximum, total from observe.roll_up_{span}"
    ).fetchall()
    return {(d, start.astimezone(BEIJING), flag): tuple(rest) for d, start, flag, *rest in rows}  # type: ignore[misc]


def rolled_up(values: Iterable[tuple[int, datetime, int, float | None]], span: str) -> RollUps:
    """The same from (datastream, time, flag, number), in plain Python."""
    groups: dict[tuple[int, datetime, int], list[float | None]] = defaultdict(list)
    for datastream, time, flag, number in values:
        local = time.astimezone(BEIJING)
        start = local.replace(minute=0, second=0, microsecond=0)
        start = {"hour": start, "day": start.replace(hour=0), "month": start.replace(hour=0, day=1)}[span]
        groups[(datastream, start, flag)].append(number)
    found: RollUps = {}
    for key, held in groups.items():
        numbers = [each for each in held if each is not None]
        found[key] = (
            (len(held), min(numbers), max(numbers), sum(numbers))
            if numbers
            else (len(held), None, None, None)
        )
    return found


def at(minutes: float) -> datetime:
    """So many minutes after the first instant."""
    return T0 + timedelta(minutes=minutes)
