"""The SQL of lists under review."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from address.model import Doubtful
from spatial.database import Connection

_TASK: Final = SQL(
    "select t.id::text, t.name, t.department, t.subject, t.register, t.columns, t.rows, t.buckets,"
    " t.created_at, coalesce((select jsonb_object_agg(state, n) from"
    " (select state, count(*) n from address.match_text where task = t.id group by state) s), '{}')"
    " from address.match_task t "
)
_TEXT: Final = SQL(
    " number, text, rows, said, candidates, state, component_id, alias_id, decided_by, decided_at, version "
)


def add(
    connection: Connection,
    name: str,
    department: str | None,
    subject: str,
    register: str,
    columns: Sequence[str],
    rows: int,
    buckets: Mapping[str, int],
    texts: Iterable[Doubtful],
) -> str:
    """Keep a list with its texts; its id."""
    row = connection.execute(
        "insert into address.match_task (name, department, subject, register, columns, rows, buckets)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning id::text",
        (name, department, subject, register, list(columns), rows, Jsonb(dict(buckets))),
    ).fetchone()
    assert row is not None
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy address.match_text (task, number, text, rows, said, candidates) from stdin"
        ) as copy,
    ):
        for number, each in enumerate(texts, start=1):
            told = Jsonb([*each.candidates])
            copy.write_row((row[0], number, each.text, each.rows, each.said, told))
    return str(row[0])


def task(connection: Connection, task_id: str) -> Sequence[Any] | None:
    """One list, with how its texts stand."""
    return connection.execute(_TASK + SQL("where t.id = %s::uuid"), (task_id,)).fetchone()


def tasks(
    connection: Connection, department: str | None, everything: bool, limit: int
) -> Sequence[Sequence[Any]]:
    """The newest lists."""
    return connection.execute(
        _TASK + SQL("where %s or t.department = %s order by t.created_at desc, t.id limit %s"),
        (everything, department, limit),
    ).fetchall()


def texts(
    connection: Connection, task_id: str, state: str | None, after: int, limit: int
) -> Sequence[Sequence[Any]]:
    """Texts in their order."""
    return connection.execute(
        SQL("select")
        + _TEXT
        + SQL(
            "from address.match_text where task = %s::uuid and number > %s"
            " and (%s::text is null or state = %s) order by number limit %s"
        ),
        (task_id, after, state, state, limit),
    ).fetchall()


def locked(connection: Connection, task_id: str, number: int) -> Sequence[Any] | None:
    """A text, held until the transaction ends."""
    return connection.execute(
        SQL("select")
        + _TEXT
        + SQL("from address.match_text where task = %s::uuid and number = %s for update"),
        (task_id, number),
    ).fetchone()


def write(
    connection: Connection,
    task_id: str,
    number: int,
    state: str,
    component_id: str | None,
    alias_id: str | None,
    decided_by: str | None,
) -> Sequence[Any]:
    """A decision; the text as it is then."""
    row: Sequence[Any] | None = connection.execute(
        SQL(
            "update address.match_text set state = %s, component_id = %s, alias_id = %s, decided_by = %s,"
            " decided_at = case when %s then null else clock_timestamp() end, version = version + 1"
            " where task = %s::uuid and number = %s returning"
        )
        + _TEXT,
        (state, component_id, alias_id, decided_by, state == "pending", task_id, number),
    ).fetchone()
    assert row is not None
    return row


def stands(connection: Connection, component_id: str) -> bool:
    """Whether a component is in the register now."""
    found = connection.execute(
        "select from history.components_believed where fid = %s and valid_from <= now() and valid_to > now()"
        " and status in ('active', 'changing', 'reserved')",
        (component_id,),
    ).fetchone()
    return found is not None


def says(connection: Connection, text: str, component_id: str) -> bool:
    """Whether the register holds that alias already."""
    found = connection.execute(
        'select from history.address_aliases_believed where text = %s collate "C" and component_id = %s'
        " and valid_from <= now() and valid_to > now()",
        (text, component_id),
    ).fetchone()
    return found is not None
