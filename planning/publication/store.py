"""SQL of publications 公示存取: they, their layers and steps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from planning.plans.life import Paper
from planning.publication.model import Action, Draft, Layer, Publication, Step, unknown
from planning.publication.precision import Precision
from spatial.database import Connection
from spatial.history.model import Intent
from spatial.history.states import resolve

_SELECT: Final = """
    select p.id, p.version_id, p.plan_id, p.title, p.summary, p.document_no, p.document_title, p.issued_on,
           p.elsewhere, p.at, p.opens_on, p.author, p.department, p.published_at
      from planning.publication p
"""
_LAYERS: Final = """
    select publication, layer, precision, grid_m, fields, changeset, asof, encode(chain_sha256, 'hex') chain,
           features, classes, encode(sha256, 'hex') sha256
      from planning.publication_layer where publication = any(%s) order by publication, place
"""
_STEPS: Final = """
    select publication, number, action, closes_on, author, department, note, recorded_at
      from planning.publication_step where publication = any(%s) order by publication, number
"""


def lock(connection: Connection, number: int) -> None:
    """One at a time takes steps with a publication."""
    connection.execute("select from planning.publication where id = %s for update", (number,))


def newest(connection: Connection, layer_id: str) -> tuple[int, datetime, str] | None:
    """The newest changeset of a layer, when it was recorded, its chain hash; later ones are later."""
    last = resolve(layer_id, None, None)
    row = connection.execute(last.sql, last.params).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def keep(
    connection: Connection,
    draft: Draft,
    plan_id: str,
    opens_on: date,
    at: datetime,
    layers: Sequence[Layer],
    intent: Intent,
) -> int:
    """Keep a new publication with its layers and first step; its number."""
    row = connection.execute(
        "insert into planning.publication (version_id, plan_id, title, summary, document_no, document_title,"
        " issued_on, elsewhere, at, opens_on, author, department)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (
            *(draft.version_id, plan_id, draft.title, draft.summary),
            *(draft.paper.number, draft.paper.title, draft.paper.issued_on),
            *(draft.elsewhere, at, opens_on, intent.author, intent.department),
        ),
    ).fetchone()
    assert row is not None  # an insert that returns gives one
    number = int(row[0])
    for place, each in enumerate(layers, 1):
        connection.execute(
            "insert into planning.publication_layer (publication, place, layer, precision, grid_m, fields,"
            " changeset, asof, chain_sha256, features, classes, sha256) values (%s, %s, %s, %s, %s, %s, %s,"
            " %s, decode(%s, 'hex'), %s, %s, decode(%s, 'hex'))",
            (
                *(number, place, each.layer, each.precision.value, each.grid_m, list(each.fields)),
                *(each.changeset, each.asof, each.chain_sha256, each.features),
                *(Jsonb(list(each.classes)), each.sha256),
            ),
        )
    keep_step(
        connection, number, 1, Action.OPENED, draft.closes_on, intent.author, intent.department, intent.reason
    )
    return number


def keep_step(
    connection: Connection,
    publication: int,
    number: int,
    action: Action,
    closes_on: date,
    author: str,
    department: str,
    note: str,
) -> None:
    """Keep a step."""
    connection.execute(
        "insert into planning.publication_step (publication, number, action, closes_on, author, department,"
        " note) values (%s, %s, %s, %s, %s, %s, %s)",
        (publication, number, action.value, closes_on, author, department, note),
    )


def erase_persons(connection: Connection, publication: int) -> int:
    """Delete name and contact of everybody who commented; how many there were."""
    return connection.execute(
        "delete from planning.comment_person p using planning.comment c"
        " where c.id = p.comment and c.publication = %s",
        (publication,),
    ).rowcount


def get(connection: Connection, number: int) -> Publication:
    """A publication; UnknownPublication where there is none of that number."""
    found = _read(connection, f"{_SELECT} where p.id = %s", (number,))
    if not found:
        raise unknown(number)
    return found[0]


def of_version(connection: Connection, version_id: str) -> tuple[Publication, ...]:
    """The publications of a version, the newest first."""
    return _read(connection, f"{_SELECT} where p.version_id = %s order by p.id desc", (version_id,))


def select(
    connection: Connection, today: date, before: int | None, limit: int, *, announced: bool
) -> tuple[Publication, ...]:
    """The newest publications; those that have not begun only where asked."""
    return _read(
        connection,
        f"{_SELECT} where (%(before)s::bigint is null or p.id < %(before)s)"
        " and (%(announced)s or p.opens_on <= %(today)s) order by p.id desc limit %(limit)s",
        {"before": before, "announced": announced, "today": today, "limit": limit},
    )


def _read(connection: Connection, statement: str, given: Any) -> tuple[Publication, ...]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, given).fetchall()
        numbers = [row["id"] for row in rows]
        layers: dict[int, list[Layer]] = {number: [] for number in numbers}
        for each in cursor.execute(_LAYERS, (numbers,)).fetchall():
            layers[each["publication"]].append(_layer(each))
        steps: dict[int, list[Step]] = {number: [] for number in numbers}
        for each in cursor.execute(_STEPS, (numbers,)).fetchall():
            steps[each.pop("publication")].append(Step(**each | {"action": Action(each["action"])}))
    return tuple(_publication(row, tuple(layers[row["id"]]), tuple(steps[row["id"]])) for row in rows)


def _layer(row: dict[str, Any]) -> Layer:
    return Layer(
        row["layer"],
        Precision(row["precision"]),
        row["grid_m"],
        tuple(row["fields"]),
        row["changeset"],
        row["asof"],
        row["chain"],
        row["features"],
        tuple(row["classes"]),
        row["sha256"],
    )


def _publication(row: dict[str, Any], layers: tuple[Layer, ...], steps: tuple[Step, ...]) -> Publication:
    paper = Paper(row["document_no"], row["document_title"], row["issued_on"])
    return Publication(
        *(row["id"], row["version_id"], row["plan_id"], row["title"], row["summary"], paper),
        *(row["elsewhere"], row["at"], row["opens_on"], row["author"], row["department"]),
        *(row["published_at"], layers, steps),
    )
