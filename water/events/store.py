"""SQL of events 水情事件: statements only, for who follows them from a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spatial.history.feed import BEGINNING, Cursor
from spatial.history.read import Statement

WARNINGS: Final = "warnings"
PLANS: Final = "response-plans"
_MARK: Final = "left(encode(sha256(convert_to(topic || what || told::text, 'utf8')), 'hex'), 16)"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    cursor: Cursor
    what: str
    """``issued``, ``raised``, ``acknowledged``, ``cancelled``, ``in-force``, ``activated`` …"""
    told: dict[str, Any]
    recorded_at: datetime


def settled() -> Statement:
    """Up to where nothing can be added any more. Columns: position, whether higher ones were given."""
    return Statement(
        "select s.position, event.last_position() > s.position from event.settled_position() s (position)", ()
    )


def newest(topic: str, upto: int) -> Statement:
    """The last event of a topic at or below a position. Columns: position, mark."""
    return Statement(
        f"select position, {_MARK} from event.entry where topic = %s and position <= %s"
        " order by position desc limit 1",
        (topic, upto),
    )


def at(topic: str, position: int) -> Statement:
    """The event of a topic at exactly this position. Columns: position, mark."""
    return Statement(
        f"select position, {_MARK} from event.entry where topic = %s and position = %s", (topic, position)
    )


def following(topic: str, after: int, upto: int, limit: int) -> Statement:
    """What follows a position. Columns: position, mark, what, told, recorded_at."""
    return Statement(
        f"select position, {_MARK}, what, told, recorded_at from event.entry"
        " where topic = %s and position > %s and position <= %s order by position limit %s",
        (topic, after, upto, limit),
    )


def cursor(row: tuple[Any, ...] | None) -> Cursor:
    """The cursor at a row of :func:`newest` or :func:`at`; the beginning where there is none."""
    return BEGINNING if row is None else Cursor(int(row[0]), str(row[1]))


def event(row: tuple[Any, ...]) -> Event:
    """A row of :func:`following`."""
    return Event(cursor(row), *row[2:])
