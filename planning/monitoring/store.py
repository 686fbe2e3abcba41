"""SQL of monitoring: what changed between two states, what was measured, limits, alerts and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from psycopg.types.json import Jsonb

from planning.errors import UnknownAlert
from planning.indicators.states import LayerState, Region
from planning.indicators.store import Rows
from planning.monitoring.alerts import Alert, Receipt, State, require_step
from planning.monitoring.limits import Limit
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import read
from spatial.history.states import resolve

SHOWN = 1000
"""Features whose shapes an alert shows."""
_DAY = "timezone('Asia/Shanghai', %s::timestamptz)::date"


@dataclass(frozen=True, slots=True)
class Monitored:
    """A value that was monitored, and what it rests on."""

    id: int
    code: str
    definition_sha256: str
    region_sha256: str
    at: datetime
    heads: Mapping[str, Mapping[str, object]]
    parts: Mapping[str, Decimal]
    value: Decimal | None
    incremental: bool
    touched: int


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit's figure and the document that sets it."""

    id: int
    value: Decimal
    document: str


def state_after(connection: Connection, layer_id: str, changeset: int) -> LayerState:
    """The layer as believed after one of its changesets."""
    table = catalogue.get(connection, layer_id).table
    last = resolve(layer_id, changeset, None)
    row = connection.execute(last.sql, last.params).fetchone()
    assert row is not None and row[0] == changeset
    return LayerState(layer_id, row[0], row[1], row[2], table)


def changed(
    connection: Connection, older: LayerState, newer: LayerState, older_at: datetime, newer_at: datetime
) -> list[str]:
    """Features of which a version was opened or closed between two states, or whose time began or ended."""
    relation = read.relation(newer.table)
    span = (older.changeset, newer.changeset)
    clauses = [
        f"select v.fid from {relation} v where v.opened_by > %s and v.opened_by <= %s",
        f"select v.fid from {relation} v where v.recorded_to < 'infinity'"
        " and v.closed_by > %s and v.closed_by <= %s",
    ]
    params: list[object] = [*span, *span]
    if older_at != newer_at:
        low, high = sorted((older_at, newer_at))
        clauses.append(
            f"select v.fid from {relation} v where v.recorded_from <= %s and v.recorded_to > %s"
            " and (v.valid_from > %s and v.valid_from <= %s or v.valid_to > %s and v.valid_to <= %s)"
        )
        params += [newer.recorded_at, newer.recorded_at, low, high, low, high]
    rows = connection.execute(" union ".join(clauses), params).fetchall()
    return sorted(row[0] for row in rows)


def fids(connection: Connection, chosen: Rows) -> list[str]:
    """The identities of rows."""
    rows = connection.execute(f"select distinct r.fid from ({chosen.sql}) r", chosen.params).fetchall()
    return [row[0] for row in rows]


def shown(connection: Connection, chosen: Rows) -> bytes | None:
    """What the first of the rows look like together, EWKB; ``None`` where there are none."""
    row = connection.execute(
        f"select ST_AsEWKB(ST_Collect(g.geom)) from (select r.geom from ({chosen.sql}) r limit {SHOWN}) g",
        chosen.params,
    ).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])


def last(connection: Connection, code: str, region: str) -> Monitored | None:
    """The newest monitored value of a limit in a region."""
    row = connection.execute(
        "select id, code, definition_sha256, region_sha256, at, heads, parts, value, incremental, touched"
        " from planning.monitoring where code = %s and region = %s order by id desc limit 1",
        (code, region),
    ).fetchone()
    if row is None:
        return None
    number, watched, definition, outline, at, heads, parts, value, incremental, touched = row
    known = {name: Decimal(part) for name, part in parts.items()}
    return Monitored(number, watched, definition, outline, at, heads, known, value, incremental, touched)


def keep(
    connection: Connection,
    limit: Limit,
    region: Region,
    at: datetime,
    heads: Sequence[LayerState],
    parts: Mapping[str, Decimal],
    value: Decimal | None,
    *,
    incremental: bool,
    touched: int,
) -> int:
    """Keep a monitored value; its number."""
    row = connection.execute(
        "insert into planning.monitoring (code, definition_sha256, region, region_sha256, at, heads, parts,"
        " value, incremental, touched) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (
            limit.code,
            limit.sha256,
            region.id,
            region.sha256,
            at,
            Jsonb({each.layer: each.to_json() for each in heads}),
            Jsonb({name: str(part) for name, part in parts.items()}),
            value,
            incremental,
            touched,
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def set_limit(
    connection: Connection, code: str, region: str, value: Decimal, document: str, from_: date, author: str
) -> int:
    """Set a limit's figure from a day on, with the document that says so; its number."""
    row = connection.execute(
        "insert into planning.limit_value (code, region, value, document, valid_from, author)"
        " values (%s, %s, %s, %s, %s, %s) returning id",
        (code, region, value, document, from_, author),
    ).fetchone()
    assert row is not None
    return int(row[0])


def bound(connection: Connection, code: str, region: str, at: datetime) -> Bound | None:
    """The figure that holds at an instant; ``None`` where none was set."""
    row = connection.execute(
        "select id, value, document from planning.limit_value where code = %s and region = %s"
        f" and valid_from <= {_DAY} order by valid_from desc, id desc limit 1",
        (code, region, at),
    ).fetchone()
    return None if row is None else Bound(*row)


def open_alert(connection: Connection, code: str, region: str) -> Alert | None:
    """The newest alert of a limit that is not closed. One is raised at a time: callers wait here."""
    connection.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"planning.alert {code} {region}",)
    )
    row = connection.execute(
        "select id from planning.alert where code = %s and region = %s order by id desc limit 1",
        (code, region),
    ).fetchone()
    found = None if row is None else alert(connection, row[0])
    return None if found is None or found.state is State.CLOSED else found


def raise_alert(
    connection: Connection,
    code: str,
    region: str,
    level: str,
    monitoring: int,
    limit_value: int,
    follows: int | None,
    changed_ewkb: bytes | None,
) -> int:
    """Raise an alert; its number. Its first receipt is that it was raised."""
    row = connection.execute(
        "insert into planning.alert (code, region, level, monitoring, limit_value, follows, changed)"
        " values (%s, %s, %s, %s, %s, %s, %s::bytea::geometry) returning id",
        (code, region, level, monitoring, limit_value, follows, changed_ewkb),
    ).fetchone()
    assert row is not None
    _receipt(connection, row[0], 1, State.RAISED, "monitor", "监测", "自动发出 raised by monitoring")
    return int(row[0])


def alert(connection: Connection, number: int) -> Alert:
    """An alert with its receipts; ``UnknownAlert`` where there is none of that number."""
    row = connection.execute(
        "select a.id, a.code, a.region, a.level, m.value, l.value, l.document, a.follows, a.raised_at"
        " from planning.alert a join planning.monitoring m on m.id = a.monitoring"
        " join planning.limit_value l on l.id = a.limit_value where a.id = %s",
        (number,),
    ).fetchone()
    if row is None:
        raise unknown(number)
    receipts = connection.execute(
        "select number, action, subject, department, note, recorded_at from planning.alert_receipt"
        " where alert = %s order by number",
        (number,),
    ).fetchall()
    number, code, region, level, value, limit, document, follows, raised_at = row
    told = tuple(Receipt(*each) for each in receipts)
    return Alert(number, code, region, level, value, limit, document, follows, raised_at, told)


def unknown(number: int) -> UnknownAlert:
    """The error for an alert that is not there, or not for the asker."""
    return UnknownAlert(
        f"没有这个预警,请核对编号:{number}", f"no alert of that number: {number}", value=number
    )


def raised(connection: Connection, region: str, asof: datetime) -> tuple[Alert, ...]:
    """The alerts of a region that stood open at an instant, with their receipts up to then."""
    rows = connection.execute(
        "select id from planning.alert where region = %s and raised_at <= %s order by id", (region, asof)
    ).fetchall()
    found = [alert(connection, row[0]) for row in rows]
    then = [
        replace(each, receipts=tuple(one for one in each.receipts if one.recorded_at <= asof))
        for each in found
    ]
    return tuple(each for each in then if each.receipts and each.state is not State.CLOSED)


def receipt(
    connection: Connection, number: int, action: str, subject: str, department: str, note: str
) -> Alert:
    """Write what somebody did with an alert; ``AlertStep`` where it does not follow. The alert after it."""
    connection.execute("select id from planning.alert where id = %s for update", (number,))
    before = alert(connection, number)
    require_step(number, before.state, action, note)
    _receipt(connection, number, len(before.receipts) + 1, action, subject, department, note)
    return alert(connection, number)


def take_over(connection: Connection, number: int, by: int) -> None:
    """Close an alert because a graver one takes its place."""
    connection.execute("select id from planning.alert where id = %s for update", (number,))
    before = alert(connection, number)
    note = f"由更高级别的预警 {by} 取代 taken over by alert {by}"
    _receipt(connection, number, len(before.receipts) + 1, State.CLOSED, "monitor", "监测", note)


def _receipt(
    connection: Connection, number: int, place: int, action: str, subject: str, department: str, note: str
) -> None:
    connection.execute(
        "insert into planning.alert_receipt (alert, number, action, subject, department, note)"
        " values (%s, %s, %s, %s, %s, %s)",
        (number, place, action, subject, department, note),
    )
