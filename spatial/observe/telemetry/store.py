"""The statements of raw messages; SQL of telemetry is here, in ``schema.sql`` and ``keep.sql``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import OneMapError
from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.errors import Reason, UnknownMessage
from spatial.observe.telemetry.model import Reading
from spatial.observe.telemetry.sink import UNKNOWN, Sink, Unstored

_NUMBERS = "select nextval('telemetry.message_number') from generate_series(1, %s)"
_KEYS = """
insert into telemetry.message_key as k (key, message, repeats, last_at)
  select key, message, repeats, last_at
    from unnest(%s::bytea[], %s::bigint[], %s::bigint[], %s::timestamptz[]) g (key, message, repeats, last_at)
    order by key
  on conflict (key) do update set repeats = k.repeats + excluded.repeats + 1,
    last_at = greatest(k.last_at, excluded.last_at)
  returning key, message"""
_MESSAGES = """
insert into telemetry.message (id, received_at, channel, peer, device, kind, bytes, reason, detail, unstored)
  select * from unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[],
                       %s::bytea[], %s::text[], %s::text[], %s::int[])"""
_TALLY = """
insert into telemetry.tally as t (channel, outcome, reason, slot, messages, unstored, last_at)
  select channel, outcome, reason, mod(pg_backend_pid(), 64), messages, unstored, last_at
    from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[])
      g (channel, outcome, reason, messages, unstored, last_at)
    order by 1, 2, 3
  on conflict (channel, outcome, reason, slot) do update set messages = t.messages + excluded.messages,
    unstored = t.unstored + excluded.unstored, last_at = greatest(t.last_at, excluded.last_at)"""
_KEEP = """
select place, message, repeated from telemetry.keep(%s::timestamptz[], %s::text[], %s::text[], %s::text[],
  %s::text[], %s::bytea[], %s::bytea[], %s::text[], %s::text[])"""
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
    and id > %(after)s{{troubled}}
  order by id limit %(limit)s"""
_TROUBLED = """
    and id in (select id from telemetry.message where reason is not null or unstored > 0
               union all select message from telemetry.replay where reason is not null or unstored > 0)"""
"""Few messages ever had trouble; they have an index of their own."""


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
        return _keep(connection, arrivals)
    for month in {each.received_at.astimezone(BEIJING).strftime("%Y%m"): each for each in arrivals}.values():
        connection.execute("select telemetry.ensure_month(%s)", (month.received_at,))
    numbers = [number for (number,) in connection.execute(_NUMBERS, (len(arrivals),)).fetchall()]
    owners = _claim(connection, arrivals, numbers)
    fresh = [n for n, number in enumerate(numbers) if owners[arrivals[n].key] == number]
    new = set(fresh)
    given = fresh + [n for n, each in enumerate(arrivals) if each.rejoined and n not in new]
    done = offer(
        connection, {n: numbered(arrivals[n].readings, owners[arrivals[n].key]) for n in given}, sink
    )
    judged = {n: _judged(arrivals[n], done[n]) for n in fresh}
    _insert(connection, [(numbers[n], judged[n], done[n].unstored) for n in fresh])
    nothing = Offered()
    kept = [
        Kept(owners[each.key], n not in judged, judged.get(n, each).reason, done.get(n, nothing).unstored)
        for n, each in enumerate(arrivals)
    ]
    _count(connection, arrivals, kept)
    return kept


def _keep(connection: Connection, arrivals: Sequence[Arrival]) -> list[Kept]:
    """Keep messages that bring no readings, in one statement."""
    rows = [(*_head(one), one.data, one.key, one.reason, _text(one.detail) or None) for one in arrivals]
    found = connection.execute(_KEEP, tuple(list(column) for column in zip(*rows, strict=True))).fetchall()
    kept = {place - 1: (message, repeated) for place, message, repeated in found}
    return [Kept(*kept[n], each.reason, 0) for n, each in enumerate(arrivals)]


def _count(connection: Connection, arrivals: Sequence[Arrival], kept: Sequence[Kept]) -> None:
    """Add up what became of a batch, for those who watch."""
    counts: dict[tuple[str, str, str], tuple[int, int, datetime]] = {}
    for arrival, done in zip(arrivals, kept, strict=True):
        reason = "" if done.repeated or done.reason is None else str(done.reason)
        outcome = "repeated" if done.repeated else "rejected" if reason else "accepted"
        key = (arrival.channel, outcome, reason)
        messages, unstored, last = counts.get(key, (0, 0, arrival.received_at))
        more = done.unstored if outcome == "accepted" else 0
        counts[key] = (messages + 1, unstored + more, max(last, arrival.received_at))
    rows = [(*key, *figures) for key, figures in counts.items()]
    connection.execute(_TALLY, tuple(list(column) for column in zip(*rows, strict=True)))


def _judged(arrival: Arrival, offered: Offered) -> Arrival:
    if offered.reason is not None:
        return arrival.rejected(offered.reason, offered.detail)
    return replace(arrival, detail=offered.detail) if offered.unstored else arrival


def _claim(connection: Connection, arrivals: Sequence[Arrival], numbers: Sequence[int]) -> dict[bytes, int]:
    """The number of the message that each key belongs to."""
    first: dict[bytes, int] = {}
    counts: dict[bytes, int] = {}
    for each, number in zip(arrivals, numbers, strict=True):
        first.setdefault(each.key, number)
        counts[each.key] = counts.get(each.key, -1) + 1
    keys = list(first)
    latest = max(each.received_at for each in arrivals)
    given = (keys, [first[key] for key in keys], [counts[key] for key in keys], [latest] * len(keys))
    return {bytes(key): message for key, message in connection.execute(_KEYS, given).fetchall()}


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


def _insert(connection: Connection, rows: Sequence[tuple[int, Arrival, int]]) -> None:
    if rows:
        columns = zip(*(_row(*each) for each in rows), strict=True)
        connection.execute(_MESSAGES, tuple(list(column) for column in columns))


def _row(number: int, one: Arrival, unstored: int) -> tuple[object, ...]:
    return (number, *_head(one), one.data, one.reason, _text(one.detail) or None, unstored)


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
    statement = _LISTED.format(troubled=_TROUBLED if troubled else "")
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
    return note_replay(connection, message, done)


def note_replay(connection: Connection, message: Message, done: Offered) -> Offered:
    """Note what a replay of a message gave."""
    connection.execute(
        "insert into telemetry.replay (message, reason, detail, unstored) values (%s, %s, %s, %s)",
        (message.number, done.reason, _text(done.detail) or None, done.unstored),
    )
    return done
