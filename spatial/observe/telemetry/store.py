"""The statements of raw messages; SQL of telemetry is here, in ``schema.sql`` and ``keep.sql``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from spatial.database import Connection, array_of
from spatial.errors import OneMapError
from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.errors import Reason, UnknownMessage
from spatial.observe.telemetry.model import Reading
from spatial.observe.telemetry.sink import UNKNOWN, Sink, Unstored

_CLAIM = "select number, message from telemetry.claim(%s::timestamptz[], %s::bytea[])"
_ENTER = """
select telemetry.enter(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::bytea[], %s::text[], %s::text[], %s::int[])"""
_KEEP = """
select number, message from telemetry.keep(%s::timestamptz[], %s::bytea[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::bytea[], %s::text[], %s::text[], %s::int[])"""
"""Both at once, of messages that have no readings to offer in between."""
_COLUMNS = "id, received_at, channel, peer, device, kind, bytes, state, reason, detail, unstored"
_LISTED = f"""
select {_COLUMNS} from telemetry.message_state
  where (%(state)s::text is null or state = %(state)s)
    and (%(channel)s::text is null or channel = %(channel)s)
    and (%(device)s::text is null or device = %(device)s)
    and (%(reason)s::text is null or reason = %(reason)s)
    and (not %(unstored)s or unstored > 0)
    and (%(since)s::timestamptz is null or received_at >= %(since)s)
    and (%(until)s::timestamptz is null or received_at < %(until)s)
    and id > %(after)s{{among}}
  order by id limit %(limit)s"""
_TROUBLED = """
    and id in (select id from telemetry.message where reason is not null or unstored > 0
               union all select message from telemetry.replay where reason is not null or unstored > 0)"""
"""Few messages ever had trouble; they have an index of their own."""
_REPLAYED = " and id in (select message from telemetry.replay)"
"""Fewer still were decoded again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A raw message as it is kept, in its present state."""

    number: int
    received_at: datetime
    channel: str
    peer: str
    device: str | None
    kind: str
    data: bytes
    state: str
    reason: str | None
    detail: str | None
    unstored: int
    """How many of its values the store did not take."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which messages to list, by their numbers."""

    state: str | None = None
    channel: str | None = None
    device: str | None = None
    reason: str | None = None
    unstored: bool = False
    """Only those of which not all values are stored."""
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an arrival: its number, and whether it had come before."""

    message: int
    repeated: bool
    reason: Reason | None
    unstored: int


@dataclass(frozen=True, slots=True)
class Offered:
    """What the sink did with the readings of a message: ``reason`` where it took none of them."""

    unstored: int = 0
    reason: Reason | None = None
    detail: str = ""


def keep(connection: Connection, arrivals: Sequence[Arrival], sink: Sink) -> list[Kept]:
    """Keep messages and hand their readings to the sink, in the caller's transaction.

    A message of which the sink takes no reading is kept as rejected; a failure of the database ends all.
    """
    if not arrivals:
        return []
    if not any(each.readings for each in arrivals):
        return _kept_alone(connection, arrivals)
    claimed = claim(connection, arrivals)
    fresh = [n for n, (number, message) in enumerate(claimed) if number == message]
    new = set(fresh)
    given = fresh + [n for n, each in enumerate(arrivals) if each.rejoined and n not in new]
    done = offer(connection, {n: numbered(arrivals[n].readings, claimed[n][1]) for n in given}, sink)
    nothing = Offered()
    judged = [_judged(each, done[n]) if n in new else each for n, each in enumerate(arrivals)]
    unstored = [
        done.get(n, nothing).unstored + (one.unread if n in new else 0) for n, one in enumerate(judged)
    ]
    return enter(connection, claimed, judged, unstored)


def claim(connection: Connection, arrivals: Sequence[Arrival]) -> list[tuple[int, int]]:
    """Of each message a number of its own, and that of the message it is: another one if it came before."""
    times, keys = array_of(each.received_at for each in arrivals), array_of(each.key for each in arrivals)
    return connection.execute(_CLAIM, (times, keys)).fetchall()


def enter(
    connection: Connection,
    claimed: Sequence[tuple[int, int]],
    judged: Sequence[Arrival],
    unstored: Sequence[int],
) -> list[Kept]:
    """Keep messages with what became of them; those that had come before are counted."""
    rows = [(*whose, *_row(one, n)) for whose, one, n in zip(claimed, judged, unstored, strict=True)]
    connection.execute(_ENTER, [array_of(column) for column in zip(*rows, strict=True)])
    return _told(claimed, judged, unstored)


def _kept_alone(connection: Connection, arrivals: Sequence[Arrival]) -> list[Kept]:
    rows = [(each.received_at, each.key, *_row(each, each.unread)[1:]) for each in arrivals]
    claimed = connection.execute(_KEEP, [array_of(column) for column in zip(*rows, strict=True)]).fetchall()
    return _told(claimed, arrivals, [each.unread for each in arrivals])


def _row(one: Arrival, unstored: int) -> tuple[object, ...]:
    """A message as it is entered."""
    return (*_head(one), one.data, one.reason, _text(one.detail) or None, unstored)


def _told(
    claimed: Sequence[tuple[int, int]], judged: Sequence[Arrival], unstored: Sequence[int]
) -> list[Kept]:
    return [
        Kept(message, number != message, one.reason, lacking)
        for (number, message), one, lacking in zip(claimed, judged, unstored, strict=True)
    ]


def _judged(arrival: Arrival, offered: Offered) -> Arrival:
    if offered.reason is not None:
        return arrival.rejected(offered.reason, offered.detail)
    told = [each for each in (arrival.detail, offered.detail) if each]
    return replace(arrival, detail="; ".join(told)) if offered.unstored else arrival


def numbered(readings: Sequence[Reading], message: int) -> tuple[Reading, ...]:
    """The readings with the number of the message they came in."""
    return tuple(replace(reading, message=message) for reading in readings)


def offer(
    connection: Connection, messages: Mapping[int, Sequence[Reading]], sink: Sink
) -> dict[int, Offered]:
    """Give the readings of messages to the sink, all at once; where it refuses that, each message alone."""
    together = [(n, reading) for n, readings in messages.items() for reading in readings]
    refused = _write(connection, [reading for _, reading in together], sink)
    if isinstance(refused, Offered):
        if len(messages) == 1:
            return dict.fromkeys(messages, replace(refused, unstored=len(together)))
        return {n: offer(connection, {n: readings}, sink)[n] for n, readings in messages.items()}
    found: dict[int, list[Unstored]] = {}
    for each in refused:
        found.setdefault(together[each.line][0], []).append(each)
    return {n: _offered(found.get(n, ()), len(readings)) for n, readings in messages.items()}


def _offered(refused: Sequence[Unstored], count: int) -> Offered:
    if not refused:
        return Offered()
    first = refused[0]
    detail = f"{len(refused)} of {count} values, {first.code}: {first.en}"
    return Offered(len(refused), _reason(first.code) if len(refused) == count else None, detail)


def _reason(code: str) -> Reason:
    return Reason.UNKNOWN_DEVICE if code in UNKNOWN else Reason.SINK_REFUSED


def _write(connection: Connection, readings: Sequence[Reading], sink: Sink) -> Sequence[Unstored] | Offered:
    """What the sink did not take, or why it refuses all."""
    if not readings:
        return ()
    try:
        with connection.transaction():
            return sink.write(connection, readings)
    except OneMapError as failure:
        return Offered(0, _reason(failure.code), f"{failure.code}: {failure.en}")
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except psycopg.Error as failure:
        return Offered(0, Reason.SINK_REFUSED, f"{failure.sqlstate}: {type(failure).__name__}")


def _head(one: Arrival) -> tuple[object, ...]:
    """When, through what, from whom and what kind."""
    device = one.device and _text(one.device)
    return (one.received_at, one.channel, _text(one.peer), device, one.kind)


def _text(text: str) -> str:
    """PostgreSQL holds no NUL in a text, and no half of a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:500]


def listed(connection: Connection, asked: Listing) -> list[Message]:
    """Messages in the order they were numbered; ``Listing(state="rejected")`` lists the rejects."""
    values = {name: getattr(asked, name) for name in Listing.__dataclass_fields__}
    troubled = asked.state == "rejected" or asked.reason is not None or asked.unstored
    among = _TROUBLED if troubled else _REPLAYED if asked.state == "replayed" else ""
    statement = _LISTED.format(among=among)
    return [Message(*row) for row in connection.execute(statement, values).fetchall()]


def get(connection: Connection, number: int) -> Message:
    """The message of that number."""
    row = connection.execute(
        f"select {_COLUMNS} from telemetry.message_state where id = %s", (number,)
    ).fetchone()
    if row is None:
        raise UnknownMessage(
            f"没有这个编号的原始报文:{number}", f"no raw message has this number: {number}", value=number
        )
    return Message(*row)


def troubled(connection: Connection, number: int) -> bool:
    """Whether a message is rejected, or not all of its values are stored."""
    row = connection.execute(
        "select reason is not null or unstored > 0 from telemetry.message_state where id = %s", (number,)
    ).fetchone()
    return bool(row and row[0])


def repeats(connection: Connection, number: int) -> int:
    """How often a message came again."""
    row = connection.execute(
        "select sum(repeats)::bigint from telemetry.message_key where message = %s", (number,)
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def replay(connection: Connection, message: Message, decoded: Arrival, sink: Sink) -> Offered:
    """Write what a kept message gives now, and note it; in the caller's transaction.

    Readings that are held already count once, as the sink promises.
    """
    if decoded.reason is not None:
        done = Offered(0, decoded.reason, decoded.detail)
    else:
        done = offer(connection, {0: numbered(decoded.readings, message.number)}, sink)[0]
        told = "; ".join(each for each in (decoded.detail if decoded.unread else "", done.detail) if each)
        done = replace(done, unstored=done.unstored + decoded.unread, detail=told)
    return note_replay(connection, message.number, done)


def note_replay(connection: Connection, message: int, done: Offered) -> Offered:
    """Note what a replay of the message of that number gave."""
    connection.execute(
        "insert into telemetry.replay (message, reason, detail, unstored) values (%s, %s, %s, %s)",
        (message, done.reason, _text(done.detail) or None, done.unstored),
    )
    return done
