"""SQL of comments 意见存取: taken once, moderated, answered, counted. Who said it stands apart."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import shapely
from psycopg.rows import dict_row
from psycopg.sql import SQL

from planning.errors import CommentMoved, CommentsClosed, UnknownComment
from planning.publication.comments import (
    COMMENTS_MOST,
    Comment,
    Outcome,
    Person,
    Said,
    Stance,
    State,
)
from spatial.database import Connection
from spatial.editing.model import RequestKey
from spatial.errors import RequestKeyReused, shorten

CODE_BYTES: Final = 15
"""Random bytes of a code: nobody finds another's by trying."""
_SELECT: Final = """
    select c.id, c.publication, c.code, c.stance, c.body, coalesce(c.layer, '') layer,
           coalesce(c.fid, '') fid, ST_AsGeoJSON(c.geom, 7)::json geometry, c.received_at, c.state,
           coalesce(c.reason, '') reason, c.outcome, coalesce(c.answer, '') answer,
           coalesce(c.answered_by, '') answered_by, c.answered_at, c.step
      from planning.comment_state c
"""


def take(connection: Connection, publication: int, said: Said, key: RequestKey) -> Comment:
    """Keep a comment; sent again under the same key it is told again, and there is no second one.

    Who comes while the first is still being written waits for it. Raises RequestKeyReused where the
    key came with another comment, CommentsClosed where there are too many already.
    """
    place = (
        None if said.place is None else shapely.to_wkb(shapely.set_srid(said.place, 4490), include_srid=True)
    )
    row = connection.execute(
        "insert into planning.comment (publication, request, code, stance, body, layer, fid, geom)"
        " select %s, %s, %s, %s, %s, nullif(%s, ''), nullif(%s, ''), %s::bytea::geometry"
        " where (select count(*) from (select from planning.comment where publication = %s limit %s) c) < %s"
        " on conflict (publication, request) do nothing returning id",
        (
            *(publication, key.text, secrets.token_urlsafe(CODE_BYTES), said.stance.value, said.body),
            *(said.layer, said.fid, place, publication, COMMENTS_MOST, COMMENTS_MOST),
        ),
    ).fetchone()
    if row is None:
        return _again(connection, publication, key)
    connection.execute(
        "insert into planning.comment_person (comment, name, contact, request_sha256)"
        " values (%s, %s, %s, %s)",
        (row[0], said.person.name, said.person.contact, key.digest),
    )
    return get(connection, publication, row[0])


def _again(connection: Connection, publication: int, key: RequestKey) -> Comment:
    row = connection.execute(
        "select c.id, p.request_sha256 from planning.comment c"
        " left join planning.comment_person p on p.comment = c.id"
        " where c.publication = %s and c.request = %s",
        (publication, key.text),
    ).fetchone()
    if row is None:
        raise CommentsClosed(
            f"本次公示的意见已达上限,请书面提交:{COMMENTS_MOST}",
            f"there are as many comments as can be taken here, hand yours in on paper: {COMMENTS_MOST}",
            value=COMMENTS_MOST,
        )
    if row[1] is not None and bytes(row[1]) != key.digest:
        raise RequestKeyReused(
            f"这个请求键已用于另一条意见,请换一个:{key.text}",
            f"this key came with another comment already, take a new one: {key.text}",
            value=key.text,
        )
    return get(connection, publication, row[0])


def get(connection: Connection, publication: int, number: int) -> Comment:
    """A comment by its number; UnknownComment where there is none."""
    found = _read(connection, f"{_SELECT} where c.publication = %s and c.id = %s", (publication, number))
    if not found:
        raise _unknown(str(number))
    return found[0]


def by_code(connection: Connection, publication: int, code: str) -> Comment:
    """A comment by the code that was told to who wrote it."""
    found = _read(connection, f"{_SELECT} where c.publication = %s and c.code = %s", (publication, code))
    if not found:
        raise _unknown(shorten(code, 40))
    return found[0]


def select(
    connection: Connection, publication: int, states: Sequence[State], after: int, limit: int
) -> tuple[Comment, ...]:
    """Comments in the order they came, of these states, behind a number."""
    return _read(
        connection,
        f"{_SELECT} where c.publication = %s and c.id > %s and c.state = any(%s) order by c.id limit %s",
        (publication, after, [each.value for each in states], limit),
    )


def every(connection: Connection, publication: int) -> Iterator[Comment]:
    """All comments of a publication, for the file."""
    after = 0
    while found := select(connection, publication, list(State), after, 1_000):
        yield from found
        after = found[-1].id


def with_persons(connection: Connection, comments: Sequence[Comment]) -> tuple[Comment, ...]:
    """The same comments with who wrote them, where that is still kept."""
    rows = connection.execute(
        "select comment, name, contact from planning.comment_person where comment = any(%s)",
        ([each.id for each in comments],),
    ).fetchall()
    persons = {number: Person(name, contact) for number, name, contact in rows}
    return tuple(replace(each, person=persons.get(each.id)) for each in comments)


def moderate(
    connection: Connection,
    publication: int,
    number: int,
    step: int,
    state: State,
    reason: str,
    by: tuple[str, str],
) -> Comment:
    """Show or hide a comment; ``step`` is the last one that the moderator saw."""
    return _step(connection, publication, number, step, (state.value, None, reason, *by))


def answer(
    connection: Connection,
    publication: int,
    number: int,
    step: int,
    outcome: Outcome,
    body: str,
    by: tuple[str, str],
) -> Comment:
    """Answer a comment 答复; a later answer takes the place of an earlier one, which is kept."""
    return _step(connection, publication, number, step, ("answered", outcome.value, body, *by))


def _step(
    connection: Connection,
    publication: int,
    number: int,
    step: int,
    done: tuple[str, str | None, str, str, str],
) -> Comment:
    connection.execute(
        "select from planning.comment where publication = %s and id = %s for update", (publication, number)
    )
    before = get(connection, publication, number)
    if before.step != step:
        raise CommentMoved(
            f"意见 {number} 已被他人办理,请重新查看:{before.step}",
            f"somebody else dealt with comment {number} meanwhile, look again: {before.step}",
            value=before.step,
        )
    connection.execute(
        "insert into planning.comment_step (comment, number, action, outcome, body, author, department)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (number, step + 1, *done),
    )
    return get(connection, publication, number)


def statistics(connection: Connection, publication: int) -> Mapping[str, Any]:
    """How many comments came, by what they are, how they stand, what became of them, and by day."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_STATISTICS, {"publication": publication}).fetchone()
    assert row is not None  # an aggregate always gives one
    return row


_STATISTICS: Final = SQL(
    """
    with c as materialized (
      select stance, state, outcome, geom is not null placed,
             (received_at at time zone 'Asia/Shanghai')::date as day
        from planning.comment_state where publication = %(publication)s)
    select (select count(*) from c) total,
           (select count(*) from c where placed) placed,
           (select count(*) from c where outcome is not null) answered,
           coalesce((select json_object_agg(stance, n) from (select stance, count(*) n from c group by 1) s),
                    '{}') stances,
           coalesce((select json_object_agg(state, n) from (select state, count(*) n from c group by 1) s),
                    '{}') states,
           coalesce((select json_object_agg(outcome, n)
                       from (select outcome, count(*) n from c where outcome is not null group by 1) s),
                    '{}') outcomes,
           coalesce((select json_agg(json_build_object('day', day, 'comments', n) order by day)
                       from (select day, count(*) n from c group by 1) s), '[]') days
    """
)


def _read(connection: Connection, statement: str, given: Sequence[Any]) -> tuple[Comment, ...]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, given).fetchall()
    return tuple(
        Comment(
            **row
            | {
                "stance": Stance(row["stance"]),
                "state": State(row["state"]),
                "outcome": None if row["outcome"] is None else Outcome(row["outcome"]),
            }
        )
        for row in rows
    )


def _unknown(shown: str) -> UnknownComment:
    return UnknownComment(
        f"没有这条意见,请核对编号或查询码:{shown}",
        f"no such comment, check its number or code: {shown}",
        value=shown,
    )
