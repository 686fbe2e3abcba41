"""The statements of raw messages; SQL of telemetry is here and in ``schema.sql``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import OneMapError
from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.errors import Reason, UnknownDevice, UnknownMessage
from spatial.observe.telemetry.model import Reading
from spatial.observe.telemetry.sink import Sink

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
insert into telemetry.message (id, received_at, channel, peer, device, kind, bytes, reason, detail)
  select * from unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[],
                       %s::bytea[], %s::text[], %s::text[])"""
_COLUMNS = "id, received_at, channel, peer, device, kind, bytes, state, reason, detail"
_LISTED = f"""
select {_COLUMNS} from telemetry.message_state
  where (%(state)s::text is null or state = %(state)s)
    and (%(channel)s::text is null or channel = %(channel)s)
    and (%(device)s::text is null or device = %(device)s)
    and (%(reason)s::text is null or reason = %(reason)s)
    and (%(since)s::timestamptz is null or received_at >= %(since)s)
    and (%(until)s::timestamptz is null or received_at < %(until)s)
    and id > %(after)s
  order by id limit %(limit)s"""


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


@dataclass(frozen=True, slots=True)
class Listing:
    """Which messages to list, by their numbers."""

    state: str | None = None
    channel: str | None = None
    device: str | None = None
    reason: str | None = None
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


def keep(connection: Connection, arrivals: Sequence[Arrival], sink: Sink) -> list[Kept]:
    """Keep messages and hand their readings to the sink, in the caller's transaction.

    What the sink refuses is kept as rejected, message by message; a failure of the database ends all.
    """
    if not arrivals:
        return []
    for month in {each.received_at.astimezone(BEIJING).strftime("%Y%m"): each for each in arrivals}.values():
        connection.execute("select telemetry.ensure_month(%s)", (month.received_at,))
    numbers = [number for (number,) in connection.execute(_NUMBERS, (len(arrivals),)).fetchall()]
    owners = _claim(connection, arrivals, numbers)
    fresh = [n for n, number in enumerate(numbers) if owners[arrivals[n].key] == number]
    judged = dict(zip(fresh, [arrivals[n] for n in fresh], strict=True))
    rejoined = [n for n, each in enumerate(arrivals) if each.rejoined and n not in judged]
    offered = {n: _numbered(arrivals[n], owners[arrivals[n].key]) for n in (*fresh, *rejoined)}
    for n, refusal in _write(connection, offered, sink).items():
        if n in judged:
            judged[n] = judged[n].rejected(*refusal)
    _insert(connection, [(numbers[n], judged[n]) for n in fresh])
    return [
        Kept(owners[each.key], n not in judged, judged.get(n, each).reason) for n, each in enumerate(arrivals)
    ]


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


def _numbered(arrival: Arrival, message: int) -> tuple[Reading, ...]:
    return tuple(replace(reading, message=message) for reading in arrival.readings)


def _write(
    connection: Connection, offered: dict[int, tuple[Reading, ...]], sink: Sink
) -> dict[int, tuple[Reason, str]]:
    """Give all to the sink at once; where it refuses, each message alone. Says which were refused."""
    together = [reading for readings in offered.values() for reading in readings]
    if not together or _refusal(connection, together, sink) is None:
        return {}
    found = {n: _refusal(connection, readings, sink) for n, readings in offered.items() if readings}
    return {n: refusal for n, refusal in found.items() if refusal is not None}


def _refusal(connection: Connection, readings: Sequence[Reading], sink: Sink) -> tuple[Reason, str] | None:
    try:
        with connection.transaction():
            sink.write(connection, readings)
    except UnknownDevice as failure:
        return Reason.UNKNOWN_DEVICE, str(failure.value)
    except OneMapError as failure:
        return Reason.SINK_REFUSED, f"{failure.code}: {failure.en}"
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except psycopg.Error as failure:
        return Reason.SINK_REFUSED, f"{failure.sqlstate}: {type(failure).__name__}"
    return None


def _insert(connection: Connection, rows: Sequence[tuple[int, Arrival]]) -> None:
    if rows:
        columns = zip(
            *(
                (n, a.received_at, a.channel, a.peer, a.device, a.kind, a.data, a.reason, _stored(a.detail))
                for n, a in rows
            ),
            strict=True,
        )
        connection.execute(_MESSAGES, tuple(list(column) for column in columns))


def _stored(detail: str) -> str | None:
    """PostgreSQL holds no NUL in a text."""
    return detail.replace("\0", "�")[:500] or None


def listed(connection: Connection, asked: Listing) -> list[Message]:
    """Messages in the order they were numbered; ``Listing(state="rejected")`` lists the rejects."""
    values = {name: getattr(asked, name) for name in Listing.__dataclass_fields__}
    return [Message(*row) for row in connection.execute(_LISTED, values).fetchall()]


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


def replay(connection: Connection, message: Message, decoded: Arrival, sink: Sink) -> Reason | None:
    """Write what a kept message gives now, and note it; in the caller's transaction.

    Readings that are held already count once, as the sink promises.
    """
    refusal = None if decoded.reason is None else (decoded.reason, decoded.detail)
    if refusal is None and decoded.readings:
        refusal = _refusal(connection, _numbered(decoded, message.number), sink)
    reason, detail = refusal or (None, "")
    connection.execute(
        "insert into telemetry.replay (message, reason, detail) values (%s, %s, %s)",
        (message.number, reason, _stored(detail)),
    )
    return reason
