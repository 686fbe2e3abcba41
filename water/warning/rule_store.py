"""SQL of rules 预警规则库: every version is kept; the newest is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.errors import shorten
from water.errors import UnknownWarningRule
from water.warning import rule_document
from water.warning.fields import Document
from water.warning.rule import Rule


@dataclass(frozen=True, slots=True)
class Recorded:
    """A version of a rule, and who brought it in."""

    rule: Rule
    version: int
    sha256: bytes
    content: dict[str, Any]
    author: str
    department: str
    reason: str
    recorded_at: datetime


_COLUMNS = "id, version, content, sha256, author, department, reason, recorded_at"


def record(
    connection: Connection, document: Document, author: str, department: str, reason: str
) -> Recorded | None:
    """Keep a rule as its next version; None where the newest says the same. BadWarningRule."""
    told = rule_document.rule(document)
    digest = rule_document.sha256(document)
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"warning.rule {told.id}",))
    last = connection.execute(
        "select version, sha256 from warning.rule where id = %s order by version desc limit 1", (told.id,)
    ).fetchone()
    if last is not None and bytes(last[1]) == digest:
        return None
    row = connection.execute(
        "insert into warning.rule (id, version, content, sha256, author, department, reason)"
        f" values (%s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
        (
            *(told.id, 1 if last is None else last[0] + 1, Jsonb(dict(document)), digest),
            *(author, department, reason),
        ),
    ).fetchone()
    assert row is not None
    return _recorded(row)


def in_force(connection: Connection, asof: datetime | None = None) -> tuple[Recorded, ...]:
    """The newest version of each rule, as on record now or then; also of those that are switched off."""
    rows = connection.execute(
        f"select distinct on (id) {_COLUMNS} from warning.rule"
        " where %(asof)s::timestamptz is null or recorded_at <= %(asof)s order by id, version desc",
        {"asof": asof},
    ).fetchall()
    return tuple(_recorded(row) for row in rows)


def versions(connection: Connection, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Recorded]:
    """These versions."""
    rows = connection.execute(
        f"select {_COLUMNS} from warning.rule join unnest(%s::text[], %s::int[]) w(rule, number)"
        " on (id, version) = (w.rule, w.number)",
        ([each[0] for each in wanted], [each[1] for each in wanted]),
    ).fetchall()
    return {(row[0], row[1]): _recorded(row) for row in rows}


def of(connection: Connection, rule_id: str) -> Recorded:
    """The newest version of a rule; UnknownWarningRule."""
    row = connection.execute(
        f"select {_COLUMNS} from warning.rule where id = %s order by version desc limit 1", (rule_id,)
    ).fetchone()
    if row is None:
        shown = shorten(rule_id, 60)
        raise UnknownWarningRule(
            f"没有这条预警规则,可用的见 /warnings/rules:{shown}",
            f"there is no such rule, /warnings/rules lists them: {shown}",
            value=shown,
        )
    return _recorded(row)


def _recorded(row: Sequence[Any]) -> Recorded:
    _, version, content, digest, author, department, reason, recorded_at = row
    told = rule_document.rule(content)
    return Recorded(told, version, bytes(digest), content, author, department, reason, recorded_at)
