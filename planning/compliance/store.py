"""The SQL of compliance checks 合规性审查: what lies near sites, read as of one state, and what was found."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from psycopg.sql import SQL, Identifier, Literal, Placeholder

from planning.model import State
from planning.plans.life import PlanVersion
from spatial.database import Connection
from spatial.filter import condition, parse_text, queryables
from spatial.history.model import FeatureTable
from spatial.history.read import relation


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a layer: fields, and which features each of some filters counts."""

    table: FeatureTable
    fields: tuple[str, ...]
    filters: tuple[str, ...]
    """CQL2 texts; bit n of the mask is filter n."""


@dataclass(frozen=True, slots=True)
class Near:
    """Features whose boxes touch those of sites, each once: columns of one length."""

    fid: list[str]
    opened_by: list[int]
    fields: list[str]
    """The fields as JSON; the same text for most features of a layer."""
    mask: list[int]
    wkb: list[bytes]


def heads(connection: Connection, layers: Sequence[str], asof: datetime | None) -> Mapping[str, State]:
    """The last changeset of each layer, as of an instant; a layer without one is missing."""
    rows = connection.execute(
        "select c.layer, c.id, encode(c.chain_hash, 'hex') from unnest(%s::text[]) l(layer),"
        " lateral (select layer, id, chain_hash from spatial.changeset where layer = l.layer"
        " and (%s::timestamptz is null or recorded_at <= %s) order by id desc limit 1) c",
        (list(layers), asof, asof),
    ).fetchall()
    return {layer: State(layer, number, chain) for layer, number, chain in rows}


def near(
    connection: Connection,
    wanted: Sequence[Wanted],
    sites: Sequence[bytes],
    at: datetime,
    states: Mapping[str, State],
    *,
    now: bool,
) -> list[Near]:
    """What lies near any of the sites in each layer; ``now`` where the states are the newest there are."""
    if not wanted:
        return []
    statement, params = _statement(tuple(wanted), now, len(sites) > 1)
    values: list[Any] = [list(sites)]
    for each, own in zip(wanted, params, strict=True):
        values += [*own]
        if not now:
            values += [states[each.table.layer].changeset] * 2
        values += [at, at]
    found = [Near([], [], [], [], []) for _ in wanted]
    with connection.cursor(binary=True) as cursor:
        for layer, fid, opened_by, fields, mask, wkb in cursor.execute(statement, values):
            each = found[layer]
            each.fid.append(fid)
            each.opened_by.append(opened_by)
            each.fields.append(fields)
            each.mask.append(mask)
            each.wkb.append(wkb)
    return found


@lru_cache(maxsize=64)
def _statement(
    wanted: tuple[Wanted, ...], now: bool, several: bool
) -> tuple[str, tuple[tuple[Any, ...], ...]]:
    """One statement over all layers, and the values of each layer's filters."""
    parts, params = [], []
    for number, each in enumerate(wanted):
        sql, own = _part(number, each, now, several)
        parts.append(sql)
        params.append(own)
    sites = (
        "with sites as materialized (select ST_SetSRID(ST_GeomFromWKB(w), 4490) as geom"
        " from unnest(%s::bytea[]) s(w))"
    )
    return f"{sites} {' union all '.join(parts)}", tuple(params)


def _part(number: int, wanted: Wanted, now: bool, several: bool) -> tuple[str, tuple[Any, ...]]:
    known = queryables(wanted.table, wanted.table.columns)
    masks: list[str] = ["0"]
    params: list[Any] = []
    for bit, text in enumerate(wanted.filters):
        clause = condition(parse_text(text), known)
        masks.append(f"case when {clause.sql} then {1 << bit} else 0 end")
        params += clause.params
    pairs = [SQL("{}, v.{}").format(Literal(name), Identifier(name)) for name in wanted.fields]
    fields = SQL("jsonb_build_object({})").format(SQL(", ").join(pairs)).as_string(None).replace("%", "%%")
    source = f'history."{wanted.table.believed}"' if now else relation(wanted.table)
    believed = "" if now else " and v.opened_by <= %s and (v.closed_by is null or v.closed_by > %s)"
    # At one instant a feature has one version: what lies near several sites is read out once.
    once = "distinct on (v.fid)" if several else ""
    sql = (
        f"select {number}, n.fid, n.opened_by, n.fields, n.mask, ST_AsBinary(n.geom) from"
        f" (select {once} v.fid, v.opened_by, {fields}::text as fields, {' + '.join(masks)} as mask, v.geom"
        f" from sites s join {source} v on v.geom && s.geom"
        f" where true{believed} and v.valid_from <= %s and v.valid_to > %s) n"
    )
    return sql, tuple(params)


def held(
    connection: Connection,
    wanted: Sequence[Wanted],
    versions: Sequence[str],
    at: datetime,
    states: Mapping[str, State],
    *,
    now: bool,
) -> frozenset[str]:
    """Layers that hold anything at that time; of those with plan versions, anything of these versions."""
    parts: list[str] = []
    values: list[Any] = []
    for each in wanted:
        table = each.table
        source = f'history."{table.believed}"' if now else relation(table)
        clause = "v.valid_from <= %s and v.valid_to > %s"
        own: list[Any] = [at, at]
        if not now:
            clause += " and v.opened_by <= %s and (v.closed_by is null or v.closed_by > %s)"
            own += [states[table.layer].changeset] * 2
        if any(column.name == "plan_version" for column in table.columns):
            clause += " and v.plan_version = any(%s)"
            own.append(list(versions))
        parts.append(f"select %s where exists (select from {source} v where {clause})")
        values += [table.layer, *own]
    if not parts:
        return frozenset()
    return frozenset(row[0] for row in connection.execute(" union all ".join(parts), values).fetchall())


def plan_versions(
    connection: Connection,
    tables: Sequence[FeatureTable],
    at: datetime,
    states: Mapping[str, State],
    *,
    now: bool,
) -> Mapping[str, PlanVersion]:
    """Every version of every plan by id; ``tables`` are those of the layers plans and plan-versions."""
    plans, versions = tables
    if versions.layer not in states or plans.layer not in states:
        return {}
    held = "valid_from <= %s and valid_to > %s"
    values: list[Any] = []
    for table in (versions, plans):
        values += [at, at, *([] if now else [states[table.layer].changeset] * 2)]
    if not now:
        held += " and opened_by <= %s and (closed_by is null or closed_by > %s)"
    source = [f'history."{each.believed}"' if now else relation(each) for each in (versions, plans)]
    rows = connection.execute(
        "select v.version_id, v.status, v.document_no, p.name from (select version_id, status, document_no,"
        f" plan_id from {source[0]} where {held}) v left join (select plan_id, name from"
        f" {source[1]} where {held}) p using (plan_id)",
        values,
    ).fetchall()
    return {row[0]: PlanVersion(*row) for row in rows}


def sources(connection: Connection, changesets: Iterable[int]) -> Mapping[int, str | None]:
    """Digest of what each changeset was made from, hexadecimal."""
    rows = connection.execute(
        "select id, encode(source_sha256, 'hex') from spatial.changeset where id = any(%s)",
        (sorted(set(changesets)),),
    ).fetchall()
    return dict(rows)


# What was found.


@dataclass(frozen=True, slots=True)
class Kept:
    """One check as it is kept."""

    project_code: str | None
    project_name: str | None
    verdict: str
    at: datetime
    asof: datetime | None
    request: bytes
    """Project, states and rules in their one form: from these the result is made again."""
    request_sha256: bytes
    result: bytes
    result_sha256: bytes
    book_sha256: bytes
    engine: str
    department: str | None
    wkb: bytes
    """The site, MultiPolygon in degrees."""


_COLUMNS: Final = {
    "id": "uuid", "project_code": "text", "project_name": "text", "verdict": "text", "at": "timestamptz",
    "asof": "timestamptz", "request": "bytea", "request_sha256": "bytea", "result": "bytea",
    "result_sha256": "bytea", "book_sha256": "bytea", "engine": "text", "department": "text",
    "geom": "bytea",
}  # fmt: skip
"""And how each is sent: a shape as its bytes."""
_NAMES: Final = SQL(", ").join(Identifier(name) for name in _COLUMNS)
_COPY: Final = SQL("copy planning.compliance_check ({}) from stdin (format binary)").format(_NAMES)
_INSERT: Final = SQL(
    "insert into planning.compliance_check ({}) values ({}, ST_SetSRID(ST_GeomFromWKB(%s), 4490))"
).format(_NAMES, SQL(", ").join([Placeholder()] * (len(_COLUMNS) - 1)))


def keep(connection: Connection, checks: Sequence[Kept]) -> list[str]:
    """Keep checks with their evidence; their ids, in order."""
    ids = [uuid.uuid4() for _ in checks]
    rows = [(key, *_values(each)) for key, each in zip(ids, checks, strict=True)]
    if len(rows) == 1:
        connection.execute(_INSERT, rows[0])
        return [str(ids[0])]
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(list(_COLUMNS.values()))
        for row in rows:
            copy.write_row(row)
    return [str(key) for key in ids]


def _values(each: Kept) -> tuple[Any, ...]:
    return (
        each.project_code, each.project_name, each.verdict, each.at, each.asof, each.request,
        each.request_sha256, each.result, each.result_sha256, each.book_sha256, each.engine,
        each.department, each.wkb,
    )  # fmt: skip


def kept(connection: Connection, check_id: str) -> tuple[bytes, bytes, bytes, str] | None:
    """Request, result, the result's digest, and the engine of a check; None where there is none."""
    return connection.execute(
        "select request, result, result_sha256, engine from planning.compliance_check where id::text = %s",
        (check_id,),
    ).fetchone()


def keep_rules(connection: Connection, rules: Sequence[tuple[str, int, bytes, bytes]]) -> list[str]:
    """Keep versions of rules (id, version, digest, text); ids of those that are there with another text."""
    ids, versions, digests, texts = (list(column) for column in zip(*rules, strict=True))
    rows = connection.execute(
        "with given as (select * from unnest(%s::text[], %s::int[], %s::bytea[], %s::bytea[])"
        " g(rule_id, version, sha256, document)), added as (insert into planning.rule_version"
        " (rule_id, version, sha256, document) select * from given on conflict do nothing)"
        " select g.rule_id from given g join planning.rule_version r using (rule_id, version)"
        " where r.sha256 <> g.sha256",
        (ids, versions, digests, texts),
    ).fetchall()
    return [str(row[0]) for row in rows]


def holds_rules(connection: Connection, digests: Sequence[bytes]) -> bool:
    """Whether all of these versions of rules are kept."""
    row = connection.execute(
        "select count(*) from planning.rule_version where sha256 = any(%s)", (list(digests),)
    ).fetchone()
    assert row is not None
    return bool(row[0] == len(set(digests)))


def rule_texts(connection: Connection, digests: Sequence[bytes]) -> Mapping[bytes, bytes]:
    """Texts of rules by digest."""
    rows = connection.execute(
        "select sha256, document from planning.rule_version where sha256 = any(%s)", (list(digests),)
    ).fetchall()
    return {bytes(digest): bytes(text) for digest, text in rows}
