"""Statements that tell two states of a layer apart, page by page.

A state is what was believed after one changeset, as the map of one instant or,
without an instant, in all its versions. Both states are pinned numbers, so all
pages of a walk tell one difference, whatever is written meanwhile. Only the
columns asked for are compared and written: what differs in another one alone
does not differ here. When a version begins and ends is told where versions are
compared; the map of an instant tells content alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.sql import SQL, Identifier

from spatial.history.form import properties_text
from spatial.history.model import Column, FeatureTable
from spatial.history.read import Area, Condition, ItemsQuery, Statement, Value, lying, relation


@dataclass(frozen=True, slots=True)
class State:
    """What was believed after a changeset of the layer (0: before the first), at an instant of valid time."""

    changeset: int
    at: datetime | None
    recorded_at: datetime | None = None
    """Of that changeset, where it is known: spares reading what was superseded in years before."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of a layer and what of their difference is wanted."""

    table: FeatureTable
    columns: tuple[Column, ...]
    """The attributes that are compared and written."""
    older: State
    newer: State
    areas: tuple[Area, ...] = ()
    """A feature that lies in one of them in either state is told."""
    after: tuple[str, datetime | None] | None = None
    """Identity, and start of the version, of the last change of the page before."""
    limit: int = 100
    exact: bool = True
    """Whether features must lie in an area themselves, or the boxes around them alone."""


def resolve(layer: str, number: int | None, instant: datetime | None) -> Statement:
    """The layer's last changeset up to a number or recorded instant.

    Columns: id, recorded_at, chain hash in hexadecimal.
    """
    return Statement(
        "select id, recorded_at, encode(chain_hash, 'hex') from spatial.changeset where layer = %s"
        " and (%s::bigint is null or id <= %s) and (%s::timestamptz is null or recorded_at <= %s)"
        " order by id desc limit 1",
        (layer, number, number, instant, instant),
    )


def candidates(asked: Comparison, beyond: str | None, count: int) -> Statement:
    """Features that may differ, in order of identity: so many versions of either state at most.

    Column: fid, once for each version. Whatever differs up to the last of them is among them: all where
    there are fewer than ``count``. ``beyond``: the last of those that were looked at before.
    """
    sides = _only_in(asked.older, asked.newer), _only_in(asked.newer, asked.older)
    following, start = _Clause("true", ()), asked.after
    if beyond is not None:
        following = _Clause("v.fid > %s", (beyond,))
    elif start is not None:  # of all versions, those of its feature that begin later may follow
        following = _Clause(f"v.fid {'>' if start[1] is None else '>='} %s", (start[0],))
    if asked.areas:
        following &= _Clause(*lying(ItemsQuery(asked.table, areas=asked.areas), exact=asked.exact))
    wanted = [side & following for side in sides]
    # Each by itself: few are found by what opened or closed them, of many a page is walked by identity.
    found = " union all ".join(
        f"(select v.fid from {relation(asked.table)} v where {each.sql} order by v.fid limit {count})"
        for each in wanted
    )
    params = tuple(value for each in wanted for value in each.params)
    return Statement(f"select fid from ({found}) c order by fid limit {count}", params)


def difference(asked: Comparison, fids: Sequence[str]) -> Statement:
    """What differs of some features. Columns: fid, start of the version (null for maps), older, newer.

    A feature is null in the state that lacks it. Ordered by fid, then start.
    """
    versions = asked.older.at is None
    content, text = _written(asked)
    here = _Clause("v.fid = any(%s)", (list(fids),))
    if asked.after is not None and asked.after[1] is not None:
        here &= _Clause("(v.fid, v.valid_from) > (%s, %s)", asked.after)
    sides = [each & here for each in (_only_in(asked.older, asked.newer), _only_in(asked.newer, asked.older))]
    both = [
        f"select v.fid, v.valid_from, v.valid_to, {content} content, v as version"
        f" from {relation(asked.table)} v where {each.sql}"
        for each in sides
    ]
    ending = " or o.valid_to is distinct from n.valid_to" if versions else ""
    # Texts are made of what differs alone.
    features = ", ".join(f"(select {text} from (select ({side}.version).*) v)" for side in "on")
    sql = (
        f"select fid, {'valid_from' if versions else 'null::timestamptz'}, {features}"
        f" from ({both[0]}) o full join ({both[1]}) n using (fid{', valid_from' if versions else ''})"
        f" where o.content is distinct from n.content{ending}"
        f" order by fid{', valid_from' if versions else ''} limit %s"
    )
    return Statement(sql, (*(value for each in sides for value in each.params), asked.limit))


def moved(asked: Comparison, carried: str) -> Condition:
    """A relation: the versions that one of two maps has and the other has not, of features in the areas.

    Columns: fid, geom, what is ``carried`` of rows ``v``, and whether it is of the newer map. On a map
    a feature has one version, so the place is looked through once, and only what has moved into it
    or out of it is looked up by its identity.
    """
    first, second = _only_in(asked.older, asked.newer), _only_in(asked.newer, asked.older)
    inside, area = lying(ItemsQuery(asked.table, areas=asked.areas), exact=asked.exact)
    versions = relation(asked.table)
    rows = f"select v.fid, v.geom{carried}, {{}} as newer from {versions} v where {{}}"
    if asked.older.at == asked.newer.at:  # each side has an index that finds few
        near = Condition(
            f"{rows.format('false', f'{first.sql} and {inside}')} union all"
            f" {rows.format('true', f'{second.sql} and {inside}')}",
            (*first.params, *area, *second.params, *area),
        )
    elif asked.older.changeset == asked.newer.changeset:  # believed once, valid at one of the instants alone
        believed, then, now = _believed(asked.newer), _valid(asked.older), _valid(asked.newer)
        near = Condition(
            rows.format(f"({now.sql})", f"{believed.sql} and ({then.sql}) <> ({now.sql}) and {inside}"),
            (*now.params, *believed.params, *then.params, *now.params, *area),
        )
    else:
        near = Condition(
            rows.format(f"({second.sql})", f"(({first.sql}) or ({second.sql})) and {inside}"),
            (*second.params, *first.params, *second.params, *area),
        )
    elsewhere = rows.format(
        "not l.newer", f"v.fid = l.fid and (l.newer and {first.sql} or not l.newer and {second.sql})"
    )
    return Condition(
        f"(with near as materialized ({near.sql}), alone as materialized"
        " (select fid, bool_or(newer) as newer from near group by fid having count(*) = 1)"
        f" select * from near union all select o.* from alone l, lateral ({elsewhere} offset 0) o)",
        (*near.params, *first.params, *second.params),
    )


def differs(asked: Comparison) -> Statement:
    """Whether the maps of one instant differ in the areas, in anything that features hold. Column: boolean.

    What was written anew as it was does not differ.
    """
    assert asked.older.at is not None and asked.older.at == asked.newer.at
    inside = _Clause(*lying(ItemsQuery(asked.table, areas=asked.areas), exact=asked.exact))
    sides = [
        each & inside for each in (_only_in(asked.older, asked.newer), _only_in(asked.newer, asked.older))
    ]
    versions = " union all ".join(
        f"select v.fid, v.content_sha256 from {relation(asked.table)} v where {each.sql}" for each in sides
    )
    return Statement(
        f"select exists (select from ({versions}) d group by fid, content_sha256 having count(*) = 1)",
        tuple(value for each in sides for value in each.params),
    )


def turns(table: FeatureTable, changeset: int, *, closed: bool = True) -> Statement:
    """From when the changes of a changeset show on the map, two instants at most. Column: instant.

    ``closed``: whether it ended the belief in any version; else what it opened says all.
    """
    if not closed:
        return Statement(
            f"select distinct valid_from from {relation(table)} where opened_by = %s limit 2", (changeset,)
        )
    columns = "fid, valid_from, valid_to, content_sha256"
    versions = relation(table)
    return Statement(
        "select distinct case when o.content_sha256 = n.content_sha256 then least(o.valid_to, n.valid_to)"
        " else coalesce(n.valid_from, o.valid_from) end"
        f" from (select {columns} from {versions} where closed_by = %s"
        # What is believed still was closed by nobody, and is not looked through.
        " and recorded_to < 'infinity') o"
        f" full join (select {columns} from {versions} where opened_by = %s) n using (fid, valid_from)"
        " where o.content_sha256 is distinct from n.content_sha256 or o.valid_to <> n.valid_to limit 2",
        (changeset, changeset),
    )


@dataclass(frozen=True, slots=True)
class _Clause:
    """Text of a condition over rows aliased ``v``, and its values in order."""

    sql: str
    params: tuple[Value, ...]

    def __and__(self, other: _Clause) -> _Clause:
        return _Clause(f"{self.sql} and {other.sql}", self.params + other.params)


def _only_in(state: State, other: State) -> _Clause:
    """Versions of one state that are not versions of the other."""
    if state.at != other.at:
        same = state.changeset == other.changeset
        there = _valid(other) if same else _believed(other) & _valid(other)
        return _believed(state) & _valid(state) & _Clause(f"not ({there.sql})", there.params)
    if state.changeset <= other.changeset:
        changed = _Clause(
            "v.opened_by <= %s and v.closed_by > %s and v.closed_by <= %s",
            (state.changeset, state.changeset, other.changeset),
        )
        return changed & _years(state, other) & _valid(state)
    return _Clause("v.opened_by > %s", (other.changeset,)) & _believed(state) & _valid(state)


def _believed(state: State) -> _Clause:
    believed = _Clause(
        "v.opened_by <= %s and (v.closed_by is null or v.closed_by > %s)", (state.changeset, state.changeset)
    )
    return believed & _years(state)


def _years(since: State, until: State | None = None) -> _Clause:
    """What the numbers say already, said of recorded time: years before and after are not read."""
    clause = _Clause("true", ())
    if since.recorded_at is not None:
        clause &= _Clause("v.recorded_to > %s", (since.recorded_at,))
    if until is not None and until.recorded_at is not None:
        clause &= _Clause("v.recorded_to <= %s", (until.recorded_at,))
    return clause


def _valid(state: State) -> _Clause:
    if state.at is None:
        return _Clause("true", ())
    return _Clause("v.valid_from <= %s and v.valid_to > %s", (state.at, state.at))


def _written(asked: Comparison) -> tuple[str, str]:
    """Of rows ``v`` what is compared, and the Feature's text."""
    shape = [SQL("ST_AsEWKB(v.geom)")] if asked.table.geometry else []
    attributes = [SQL("v.{}").format(Identifier(column.name)) for column in asked.columns]
    geometry = "coalesce(ST_AsGeoJSON(v.geom, 9, 0), 'null')" if asked.table.geometry else "'null'"
    opening = """'{{"type":"Feature","id":' || to_json(v.fid)::text || ',"geometry":' || """
    content = SQL("row({})").format(SQL(", ").join([*shape, *attributes]))
    text = SQL(opening + geometry + " || {}").format(properties_text(asked.columns))
    return content.as_string(None), text.as_string(None)
