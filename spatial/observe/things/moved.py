"""Where the number of a value leads 观测值编号所指: to its month, or to where the value was moved since.

A number names the month in which its value was recorded first, so that one partition is looked at. It stays
where a correction moves the value to another month; such times are noted, and asked for only where the month
of a number has nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from spatial.database import Connection
from spatial.history.read import Statement
from spatial.observe.model import period_of
from spatial.observe.things.model import IDENTITY
from spatial.observe.things.query import Address, Binary, Literal, Node, Options, Path, children

_LEAST: Final = 1 << 40
"""Numbers of values from 1801 on are at least this, and those of other entities are less."""


def times(numbers: Sequence[int]) -> Statement:
    """Times outside their months that values of these numbers have or had, the latest move last: an array."""
    return Statement(
        "select coalesce(array_agg(phenomenon_time order by moved_at), '{}') from observe.moved_value"
        " where id = any(%s)",
        (list(numbers),),
    )


def elsewhere(connection: Connection, numbers: Sequence[int]) -> tuple[datetime, ...]:
    """What :func:`times` gives."""
    statement = times(numbers)
    row = connection.execute(statement.sql, statement.params).fetchone()
    assert row is not None  # an aggregate gives one
    return tuple(row[0])


def spans(connection: Connection, number: int) -> Iterator[tuple[datetime, datetime]]:
    """Where a value may be, from an instant to before another: its month first."""
    yield period_of(number)
    for time in elsewhere(connection, [number]):
        yield time, time + timedelta(microseconds=1)


def note(connection: Connection, number: int, time: datetime) -> None:
    """Keep where a value is now, if its number does not say it."""
    start, until = period_of(number)
    if not start <= time < until:
        connection.execute(
            "insert into observe.moved_value (id, phenomenon_time) values (%s, %s)"
            " on conflict (id, phenomenon_time) do update set moved_at = clock_timestamp()",
            (number, time),
        )


def of_path(address: Address) -> list[int]:
    """The numbers of values in a path."""
    return [step.id for step in address.steps if step.id is not None and step.name == "Observations"]


def named(options: Options) -> list[int]:
    """Numbers in filters that may be those of values."""
    found = [] if options.filter is None else list(_numbers(options.filter))
    return found + [number for each in options.expand for number in named(each.options)]


def asks_for_one(options: Options) -> bool:
    """Whether a filter lets through the value of one number alone: once it is found, there is no other."""
    return len(named(options)) == 1 and _is_one(options.filter)


def _is_one(node: Node | None) -> bool:
    match node:
        case Binary("and", left, right):
            return _is_one(left) or _is_one(right)
        case Binary("eq", Path((name,)), Literal()) | Binary("eq", Literal(), Path((name,))):
            return name in IDENTITY
    return False


def _numbers(node: Node) -> Iterator[int]:
    match node:
        case Literal(_, float(value)) if value.is_integer() and value >= _LEAST:
            yield int(value)
    for each in children(node):
        yield from _numbers(each)
