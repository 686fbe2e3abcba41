"""The SQL of proposals: their rows and steps, and the values of features as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.sql import SQL, Composed, Identifier, Literal

from spatial.access.model import Origin
from spatial.database import Connection
from spatial.errors import UnknownProposal
from spatial.history.model import SRID, FeatureTable
from spatial.history.write import Staging
from spatial.proposals.model import Actor, Believed, Proposal, Row, State, Step, Values


def add(
    conn: Connection, layer: str, actor: Actor, reason: str, valid_from: datetime, rows: Iterable[Row]
) -> int:
    """Keep a new proposal with its first step; returns its number."""
    found = conn.execute(
        "insert into spatial.proposal (layer, author, department, reason, valid_from)"
        " values (%s, %s, %s, %s, %s) returning id",
        (layer, actor.name, actor.department, reason, valid_from),
    ).fetchone()
    assert found is not None
    id = int(found[0])
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into spatial.proposal_feature (proposal, line, fid, remove, base_changeset, base, mine)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    id,
                    row.line,
                    row.fid,
                    row.mine is None,
                    None if row.base is None else row.base.changeset,
                    None if row.base is None else json.dumps(row.base.values),
                    None if row.mine is None else json.dumps(row.mine),
                )
                for row in rows
            ],
        )
    add_step(conn, id, State.PROPOSED, actor, reason)
    return id


def add_step(
    conn: Connection, id: int, state: State, actor: Actor, reason: str, changeset: int | None = None
) -> None:
    """Keep a step; it is about the content as it is stored now."""
    conn.execute(
        "insert into spatial.proposal_step"
        " (proposal, number, state, author, department, reason, digest, changeset, origin, credential)"
        " select %(id)s, 1 + count(*), %(state)s, %(author)s, %(department)s, %(reason)s,"
        " spatial.proposal_digest(%(id)s), %(changeset)s, %(origin)s, %(credential)s"
        " from spatial.proposal_step where proposal = %(id)s",
        {
            "id": id,
            "state": state.value,
            "author": actor.name,
            "department": actor.department,
            "reason": reason,
            "changeset": changeset,
            "origin": actor.origin.value,
            "credential": actor.credential,
        },
    )


def get(conn: Connection, id: int, *, lock: bool = False) -> Proposal:
    """One proposal; ``lock`` makes others who take a step wait until the transaction ends."""
    if lock:
        conn.execute("select id from spatial.proposal where id = %s for update", (id,))
    found = _proposals(conn, SQL("p.id = {}").format(Literal(id)), 1)
    if not found:
        raise unknown(id)
    return found[0]


def unknown(id: int) -> UnknownProposal:
    """The error where there is no such proposal."""
    return UnknownProposal(
        f"没有该提案,请查看 /proposals:{id}", f"no such proposal, see /proposals: {id}", value=id
    )


def select(
    conn: Connection, layers: Sequence[str], state: State | None, before: int | None, limit: int
) -> tuple[Proposal, ...]:
    """The newest proposals first, of these layers."""
    where = SQL("p.layer = any({}) and ({} is null or p.id < {}) and ({} is null or s.state = {})").format(
        Literal(list(layers)),
        Literal(before),
        Literal(before),
        Literal(None if state is None else state.value),
        Literal(None if state is None else state.value),
    )
    return _proposals(conn, where, limit)


def _proposals(conn: Connection, where: Composed, limit: int) -> tuple[Proposal, ...]:
    rows = conn.execute(
        SQL(
            """
            select p.id, p.layer, p.author, p.department, p.reason, p.valid_from,
              (select count(*) from spatial.proposal_feature f where f.proposal = p.id),
              spatial.proposal_digest(p.id)
            from spatial.proposal p
            join lateral (
              select state from spatial.proposal_step
              where proposal = p.id order by number desc limit 1) s on true
            where {} order by p.id desc limit {}
            """
        ).format(where, Literal(limit))
    ).fetchall()
    steps: dict[int, list[Step]] = {row[0]: [] for row in rows}
    for id, number, state, origin, *rest in conn.execute(
        "select proposal, number, state, origin, author, department, reason, taken_at, digest, changeset,"
        " credential from spatial.proposal_step where proposal = any(%s) order by proposal, number",
        (list(steps),),
    ):
        author, department, reason, taken_at, digest, changeset, credential = rest
        known = None if origin is None else Origin(origin)
        step = Step(
            number, State(state), author, department, reason, taken_at, digest, changeset, known, credential
        )
        steps[id].append(step)
    return tuple(
        Proposal(id, layer, author, department, reason, valid_from, features, digest, tuple(steps[id]))
        for id, layer, author, department, reason, valid_from, features, digest in rows
    )


def rows(conn: Connection, id: int) -> tuple[Row, ...]:
    """What a proposal says, feature by feature."""
    return tuple(
        Row(line, fid, None if changeset is None else Believed(changeset, base), mine)
        for line, fid, changeset, base, mine in conn.execute(
            "select line, fid, base_changeset, base, mine from spatial.proposal_feature"
            " where proposal = %s order by line",
            (id,),
        )
    )


def lock_layer(conn: Connection, layer: str) -> None:
    """The lock of the write path: until the transaction ends nobody else changes the layer."""
    conn.execute("select pg_advisory_xact_lock(hashtextextended('spatial.changeset/' || %s, 0))", (layer,))


def believed(conn: Connection, table: FeatureTable, fids: Sequence[str], at: datetime) -> dict[str, Believed]:
    """What is believed now to be true of these features at an instant."""
    return _first(conn, table, fids, SQL("v.valid_from <= %s and v.valid_to > %s"), at, at)


def changed_later(
    conn: Connection, table: FeatureTable, fids: Sequence[str], at: datetime, since: datetime
) -> dict[str, Believed]:
    """Of these features the first version that begins after ``at`` and was recorded after ``since``."""
    return _first(conn, table, fids, SQL("v.valid_from > %s and v.recorded_from > %s"), at, since)


def _first(
    conn: Connection, table: FeatureTable, fids: Sequence[str], which: SQL, *values: datetime
) -> dict[str, Believed]:
    """Of each of these features the first believed version of that kind."""
    return {
        fid: Believed(changeset, held)
        for fid, changeset, held in conn.execute(
            SQL(
                "select distinct on (v.fid) v.fid, v.opened_by, to_jsonb(f) from {} v, lateral (select {}) f"
                " where v.fid = any(%s) and {} order by v.fid, v.valid_from"
            ).format(Identifier("history", table.believed), _values(table), which),
            (list(fids), *values),
        )
    }


def staged(conn: Connection, staging: Staging) -> dict[int, tuple[str, Values | None]]:
    """Staged features by line: identity, and values unless the feature is removed."""
    return {
        line: (fid, None if remove else values)
        for line, fid, remove, values in conn.execute(
            SQL("select v.line, v.fid, v.remove, to_jsonb(f) from {} v, lateral (select {}) f").format(
                staging.identifier, _values(staging.table)
            )
        )
    }


def fill(
    conn: Connection,
    staging: Staging,
    lines: Sequence[tuple[Row, Values | None, int | None]],
    valid_from: datetime,
) -> None:
    """Stage values as :func:`staged` gave them, with the changeset each is based on.

    They hold until the version found at ``valid_from`` ends, or the next begins: what somebody
    stated for later was not part of the comparison, and stays. A retirement is for good.
    """
    table = staging.table
    geometry = SQL("geom, ") if table.geometry else SQL("")
    shape = SQL("ST_SetSRID(ST_GeomFromGeoJSON(nullif(u.content -> 'geom', 'null')), {}), ").format(SRID)
    names = [Identifier(column.name) for column in table.columns]
    conn.execute(
        SQL(
            """
            insert into {staging} (line, fid, remove, valid_to, expected_changeset, {geometry}{columns})
            select u.line, u.fid, u.content is null,
              case when u.content is not null then (
                select nullif(min(case when v.valid_from <= %s then v.valid_to else v.valid_from end),
                  'infinity')
                from {history} v
                where v.recorded_to = 'infinity' and v.fid = u.fid and v.valid_to > %s) end,
              u.expected, {shape}{values}
            from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::jsonb[]) u (line, fid, expected, content),
              jsonb_populate_record(null::{staging}, coalesce(u.content, '{{}}') - 'geom') p
            """
        ).format(
            staging=staging.identifier,
            history=Identifier("history", table.name),
            geometry=geometry,
            columns=SQL(", ").join(names),
            shape=shape if table.geometry else SQL(""),
            values=SQL(", ").join(SQL("p.") + name for name in names),
        ),
        (
            valid_from,
            valid_from,
            [row.line for row, _, _ in lines],
            [row.fid for row, _, _ in lines],
            [expected for _, _, expected in lines],
            [None if values is None else json.dumps(values) for _, values, _ in lines],
        ),
    )


def _values(table: FeatureTable) -> Composed:
    """All values of a row aliased ``v``: geometry as GeoJSON, attributes as JSON writes them."""
    shape = [SQL("ST_AsGeoJSON(v.geom, 9, 0)::jsonb geom")] if table.geometry else []
    return SQL(", ").join([*shape, *(SQL("v.{}").format(Identifier(c.name)) for c in table.columns)])
