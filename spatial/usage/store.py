"""The statements of the usage ledger and of quotas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from spatial.database import Connection
from spatial.history.read import Statement
from spatial.usage.model import Period, Quota, Subject, Sums, Use

QUOTAS = Statement(
    "select coalesce(json_agg(json_build_array(subject, name, requests_per_minute, burst, heavy_at_once)"
    " order by subject, name), '[]') from spatial.quota",
    (),
)
_KEYS = "minute, department, credential, collection, operation, status_class"
_ADD = f"""
insert into spatial.usage as u ({_KEYS}, calls, rows, bytes, duration_us)
  select * from unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[],
                       %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
  on conflict ({_KEYS}) do update set calls = u.calls + excluded.calls, rows = u.rows + excluded.rows,
    bytes = u.bytes + excluded.bytes, duration_us = u.duration_us + excluded.duration_us"""
_ADVANCE = """
insert into spatial.usage_segment as s (name, bytes, lines, unreadable, first_minute, last_minute)
  values (%s, %s, %s, %s, %s, %s)
  on conflict (name) do update set bytes = s.bytes + excluded.bytes, lines = s.lines + excluded.lines,
    unreadable = s.unreadable + excluded.unreadable,
    first_minute = least(s.first_minute, excluded.first_minute),
    last_minute = greatest(s.last_minute, excluded.last_minute)"""
_REPORT = f"""
select to_char(date_trunc(%(period)s, minute at time zone 'Asia/Shanghai'), %(form)s),
       {_KEYS.partition(", ")[2]}, sum(calls)::bigint, sum(rows)::bigint, sum(bytes)::bigint,
       sum(duration_us)::bigint
  from spatial.usage
  where (%(department)s::text is null or department = %(department)s)
    and (%(since)s::timestamptz is null or minute >= %(since)s)
    and (%(until)s::timestamptz is null or minute < %(until)s)
  group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6 limit %(limit)s"""
_FORMS = {Period.MINUTE: 'YYYY-MM-DD"T"HH24:MI', Period.DAY: "YYYY-MM-DD", Period.MONTH: "YYYY-MM"}


def alone(connection: Connection) -> bool:
    """Whether nobody else adds to the ledger until this transaction ends."""
    row = connection.execute("select pg_try_advisory_xact_lock(hashtext('spatial.usage'), 0)").fetchone()
    return bool(row and row[0])


def hold(connection: Connection) -> None:
    """Let nobody add to the ledger until this transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtext('spatial.usage'), 0)")


def offsets(connection: Connection) -> dict[str, int]:
    """How many bytes of each segment stand in the ledger."""
    return dict(connection.execute("select name, bytes from spatial.usage_segment").fetchall())


def add(connection: Connection, segment: str, size: int, lines: int, sums: Mapping[Use, Sums]) -> None:
    """Add the sums of one piece of a segment, and note that it is in."""
    uses, found = list(sums), list(sums.values())
    minutes = [_instant(use.minute) for use in uses]
    if uses:
        others = [list(column) for column in zip(*(use[1:] for use in uses), strict=True)]
        counted = [[s.calls, s.rows, s.bytes, s.duration_us] for s in found]
        connection.execute(_ADD, (minutes, *others, *map(list, zip(*counted, strict=True))))
    unreadable = lines - sum(each.calls for each in found)
    first, last = (min(minutes), max(minutes)) if minutes else (None, None)
    connection.execute(_ADVANCE, (segment, size, lines, unreadable, first, last))


def covered(connection: Connection) -> dict[str, tuple[int, datetime | None, datetime | None]]:
    """Of each segment: bytes in the ledger, its first and its last minute."""
    rows = connection.execute(
        "select name, bytes, first_minute, last_minute from spatial.usage_segment"
    ).fetchall()
    return {name: (size, first, last) for name, size, first, last in rows}


def everything(connection: Connection) -> dict[Use, Sums]:
    """The whole ledger."""
    rows = connection.execute(
        "select to_char(minute at time zone 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI'), department,"
        " credential, collection, operation, status_class, calls, rows, bytes, duration_us from spatial.usage"
    ).fetchall()
    return {Use(*row[:6]): Sums(*row[6:]) for row in rows}


def report(
    connection: Connection,
    *,
    period: Period,
    department: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Sums per period, department, key, collection, operation and class of status."""
    values = {
        "period": period.value,
        "form": _FORMS[period],
        "department": department,
        "since": since,
        "until": until,
        "limit": limit,
    }
    return connection.execute(_REPORT, values).fetchall()


def quotas(connection: Connection) -> tuple[Quota, ...]:
    """Every quota."""
    (rows,) = connection.execute(QUOTAS.sql).fetchone() or ([],)
    return quotas_of(rows)


def quotas_of(rows: list[list[Any]]) -> tuple[Quota, ...]:
    """Quotas as the statement :data:`QUOTAS` tells them."""
    return tuple(Quota(Subject(subject), *rest) for subject, *rest in rows)


def set_quota(connection: Connection, quota: Quota) -> None:
    """Set what a subject may use; the servers learn of it within seconds."""
    connection.execute(
        "insert into spatial.quota values (%s, %s, %s, %s, %s) on conflict (subject, name) do update set"
        " requests_per_minute = excluded.requests_per_minute, burst = excluded.burst,"
        " heavy_at_once = excluded.heavy_at_once",
        (quota.subject.value, quota.name, quota.requests_per_minute, quota.burst, quota.heavy_at_once),
    )


def remove_quota(connection: Connection, subject: Subject, name: str) -> bool:
    """Take a quota away; whether there was one."""
    found = connection.execute(
        "delete from spatial.quota where subject = %s and name = %s", (subject.value, name)
    )
    return found.rowcount > 0


def _instant(minute: str) -> datetime:
    return datetime.fromisoformat(f"{minute}:00+08:00")
