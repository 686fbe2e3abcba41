"""SQL of plans and their versions 规划版本取数: what stands on a day, and what ends with a version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.editing.restate_store import written
from spatial.history.model import Changeset, Intent

_BELIEVED: Final = SQL("{0}.recorded_to = 'infinity'")
_BELIEVED_THEN: Final = SQL("{0}.recorded_from <= %(asof)s and {0}.recorded_to > %(asof)s")
_VERSIONS: Final = SQL(
    """
    select v.version_id, v.plan_id, v.version_no, v.status, v.document_no, v.document_title, v.issued_on,
           v.document_sha256, v.supersedes, v.valid_from, nullif(v.valid_to, 'infinity') valid_to,
           p.name plan_name
      from history.plan_versions v
      left join history.plans p
        on p.fid = v.plan_id and p.valid_from <= %(at)s and p.valid_to > %(at)s and {plans}
     where v.valid_from <= %(at)s and v.valid_to > %(at)s and {versions} {which}
     order by v.plan_id collate "C", v.version_no
    """
)
_LATER: Final = (
    "select fid from history.plan_versions_believed where fid = any(%s) and valid_from > %s"
    " order by fid limit 1"
)
_COMMENTS_UNTIL: Final = """
    select s.closes_on from planning.publication p
      join lateral (select closes_on from planning.publication_step
        where publication = p.id order by number desc limit 1) s on true
     where p.version_id = %s and p.opens_on >= %s and not exists (
        select from planning.publication_step where publication = p.id and action = 'withdrawn')
     order by p.id desc limit 1
"""
_LAST: Final = "select coalesce(max(version_no), 0) from history.plan_versions_believed where plan_id = %s"


def lock(connection: Connection) -> None:
    """One at a time decides on versions, until the transaction ends: what is judged must still stand."""
    connection.execute("select pg_advisory_xact_lock(hashtext('planning: plan-versions'))")


def versions(
    connection: Connection, at: datetime, asof: datetime | None, version_id: str | None = None
) -> list[dict[str, Any]]:
    """Versions as they stand at an instant, as believed at ``asof``, or now; all of them or one."""
    which = SQL("") if version_id is None else SQL("and v.fid = %(version)s")
    return _read(connection, which, {"at": at, "asof": asof, "version": version_id})


def versions_of(connection: Connection, plan_id: str, at: datetime) -> list[dict[str, Any]]:
    """The versions of one plan."""
    return _read(connection, SQL("and v.plan_id = %(plan)s"), {"at": at, "asof": None, "plan": plan_id})


def _read(connection: Connection, which: SQL, given: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        statement = _VERSIONS.format(
            plans=_belief("p", given["asof"]), versions=_belief("v", given["asof"]), which=which
        )
        return cursor.execute(statement, given).fetchall()


def _belief(alias: str, asof: datetime | None) -> Composed:
    return (_BELIEVED if asof is None else _BELIEVED_THEN).format(Identifier(alias))


def holds(connection: Connection, layer_id: str, key: str, day: datetime | None) -> bool:
    """Whether a layer has a feature on a day; without one, whether it ever has it."""
    table = catalogue.get(connection, layer_id).table
    row = connection.execute(
        SQL(
            "select exists (select from {} where fid = %(key)s and (%(day)s::timestamptz is null"
            " or valid_from <= %(day)s and valid_to > %(day)s))"
        ).format(Identifier("history", table.believed)),
        {"key": key, "day": day},
    ).fetchone()
    assert row is not None
    return bool(row[0])


def later(connection: Connection, keys: Sequence[str], day: datetime) -> str | None:
    """A version of those for which something is laid down after the day already."""
    row = connection.execute(_LATER, (list(keys), day)).fetchone()
    return None if row is None else str(row[0])


def comments_until(connection: Connection, version_id: str, since: date) -> date | None:
    """The last day of the newest comment period that began no earlier; those withdrawn are none."""
    row = connection.execute(_COMMENTS_UNTIL, (version_id, since)).fetchone()
    return None if row is None else row[0]


def last_number(connection: Connection, plan_id: str) -> int:
    """The highest number of a plan's versions; 0 where it has none."""
    row = connection.execute(_LAST, (plan_id,)).fetchone()
    assert row is not None
    return int(row[0])


def end_content(
    connection: Connection, layer_id: str, version_id: str, intent: Intent
) -> tuple[Changeset | None, int]:
    """End every feature of a version in a layer, from the intent's day on; and how many there were."""
    table = catalogue.get(connection, layer_id).table
    source = SQL(
        "(select fid, true remove from {} where plan_version = %(version)s"
        " and valid_from <= %(day)s and valid_to > %(day)s)"
    ).format(Identifier("history", table.believed))
    done = written(connection, table, intent, source, {"version": version_id}, (), ())
    return done, 0 if done is None else done.closed
