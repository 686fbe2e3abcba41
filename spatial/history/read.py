"""Statements that read the history: a page of items, one item, its versions, counts.

This module builds SQL text with parameters and runs nothing, so the
asynchronous server and synchronous callers share one truth about what a read
means. Every value is a parameter; identifiers come from the feature table.

* **Valid time.** No instant asked: what is valid now, to the minute, but never
  before the layer's newest changeset. So all pages asked for within a minute
  are alike, and what was just written from now on is seen at once.
* **Recorded time.** No ``asof``: the believed versions, which lie in one
  partition. With ``asof``: whatever was believed then.
* **Form.** ``stored`` concatenates the finished feature texts (longitude,
  latitude in CGCS2000); ``row`` writes the geometry in another frame and takes
  the rest from the stored text.
* **Paging** is by key: a page costs the same wherever it stands. In another
  order the key is what is sorted by, then the identity; empty values come last.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from spatial.history.form import properties_text
from spatial.history.model import SRID, FeatureTable
from spatial.history.order import after, order_by, stretches
from spatial.history.query import STORED as STORED
from spatial.history.query import Area as Area
from spatial.history.query import Condition as Condition
from spatial.history.query import Filter as Filter
from spatial.history.query import Form as Form
from spatial.history.query import ItemsQuery as ItemsQuery
from spatial.history.query import Output as Output
from spatial.history.query import Span as Span
from spatial.history.query import Statement as Statement
from spatial.history.query import Value as Value
from spatial.history.where import Conditions, quoted

_HEAD = """with head as materialized (
 select c.id, c.recorded_at, greatest(date_trunc('minute', now()), c.recorded_at) as at
 from (select 1) one left join lateral (
  select id, recorded_at from spatial.changeset where layer = %s order by id desc limit 1) c on true)"""

LAST_WRITTEN = "select recorded_at from spatial.changeset where layer = %s order by id desc limit 1"
"""When a layer was last written, as a value within a statement: cheaper than a head that stands first."""


def items_if_unmoved(query: ItemsQuery) -> Statement:
    """:func:`items` of an ``asof`` that the layer's newest changeset is not later than.

    Then what is believed now is what was believed then, and one partition is
    read instead of several. The head is of the statement's own snapshot: where
    it is later there are no items, and :func:`items` has to be asked.
    """
    assert query.asof is not None
    return _items(
        replace(query, asof=None), "coalesce((select recorded_at from head) <= %s, true)", query.asof
    )


def items(query: ItemsQuery) -> Statement:
    """One page in order of identity, plus one row that tells whether more follow.

    Columns: feature text, and in a row of its own (feature null) the layer's
    newest changeset, its instant and the instant that "now" stood for: page
    and head come from one snapshot, so the page may be pinned to its head.
    Sorted items have a further column, what they were sorted by as a JSON array
    of texts, for the next page.
    """
    return _items(query)


def _items(query: ItemsQuery, *gate: Any) -> Statement:
    conditions = _conditions(query, *gate)
    if query.sort:
        return _sorted(query, conditions)
    conditions.page(query)
    columns = f"{feature_text(query.output)}, null::bigint, null::timestamptz, null::timestamptz"
    rows = _rows(query, conditions, columns, conditions.latest(query))
    sql = (
        f"{_HEAD} select null::text, id, recorded_at, at from head union all"
        # The number stands in the text: a plan that is kept must know how little is wanted.
        f" ({rows} limit {int(query.limit) + 1})"
    )
    return Statement(sql, (query.table.layer, *conditions.params), query.output.form)


def _rows(
    query: ItemsQuery, conditions: Conditions, columns: str, latest: bool, *, ordered: bool = True
) -> str:
    """What is chosen, of a stretch of time the ``latest`` version of each; in order of identity."""
    rows = f"{_source(query.table, query.asof)} v where {conditions.sql}"
    if not latest:
        return f"select {columns} from {rows}{' order by v.fid' if ordered else ''}"
    # PostgreSQL before 16 sorts all rows for a DISTINCT ON, and none too many for what a subquery orders.
    order = "order by v.fid, v.valid_from desc"
    return f"select distinct on (v.fid) {columns} from (select * from {rows} {order} offset 0) v {order}"


def _sorted(query: ItemsQuery, conditions: Conditions) -> Statement:
    """As :func:`items`, in another order. Of a stretch of time the latest version counts, sorted, too.

    Rows are sorted by what they are sorted by and where they lie; the texts of those alone that are
    chosen are fetched, for a sort moves all that it is given.
    """
    text, source = feature_text(query.output), _source(query.table, query.asof)
    keys = "".join(f", {key.sql} as k{number}" for number, key in enumerate(query.sort))
    latest = conditions.latest(query)
    if latest:  # rows that were told apart before have no place to be found at
        carried, feature = f"{text} as feature", "s.feature"
    else:
        carried = "v.tableoid as held_in, v.ctid as place"
        feature = f"(select {text} from {source} v where v.tableoid = s.held_in and v.ctid = s.place)"
    chosen = _rows(query, conditions, f"{carried}, v.fid{keys}", latest, ordered=False)
    following = Conditions("true")
    if query.after is not None:
        beyond, values = after(query.sort, query.after_keys, query.after)
        following = Conditions(beyond, *values)
    limit = int(query.limit) + 1
    parts = [
        f"(select s.*, {number} as part from ({chosen}) s where {following.sql} and {stretch}"
        f" order by {order} limit {limit})"
        for number, (stretch, order) in enumerate(stretches(query.sort))
    ]
    whole = f"s.part, {order_by(query.sort)}, s.fid"
    names = ", ".join(f"s.k{number}::text" for number in range(len(query.sort)))
    sql = (
        f"{_HEAD} select null::text, id, recorded_at, at, null::text from head union all"
        f" (select {feature}, null::bigint, null::timestamptz, null::timestamptz,"
        f" json_build_array({names})::text from (select * from ({' union all '.join(parts)}) s"
        f" order by {whole} limit {limit}) s order by {whole})"
    )
    params = (query.table.layer, *(*conditions.params, *following.params) * len(parts))
    return Statement(sql, params, query.output.form)


def item(query: ItemsQuery, fid: str) -> Statement:
    """One item. Columns: feature text, opened_by, valid_from."""
    conditions = Conditions("v.fid = %s", fid)
    conditions.time(query, now="now()", asof=query.asof)
    sql = (
        f"select {feature_text(query.output)}, v.opened_by, v.valid_from"
        f" from {_source(query.table, query.asof)} v where {conditions.sql}"
        " order by v.valid_from desc limit 1"
    )
    return Statement(sql, tuple(conditions.params), query.output.form)


def versions(table: FeatureTable, fid: str, limit: int, output: Output = STORED) -> Statement:
    """Every version ever held of one item, newest belief first, with who and why.

    Columns: feature text, recorded_from, recorded_to (null while believed),
    opened_by, closed_by, author, department, reason.
    """
    sql = (
        f"select {feature_text(output)}, v.recorded_from, nullif(v.recorded_to, 'infinity'), v.opened_by,"
        f" v.closed_by, c.author, c.department, c.reason from {relation(table)} v"
        " join spatial.changeset c on c.id = v.opened_by"
        " where v.fid = %s order by v.recorded_from desc, v.valid_from desc limit %s"
    )
    return Statement(sql, (fid, limit), output.form)


def matched(query: ItemsQuery, cap: int) -> Statement:
    """How many items match, counted no further than ``cap`` + 1; paging is left out.

    What is chosen by its times alone is not counted row by row, and told whole.
    """
    if chosen_by_time(query):
        return _tallied(query)
    conditions = _conditions(query)
    rows = "distinct v.fid" if conditions.latest(query) else "1"
    sql = (
        f"{_HEAD} select count(*) from (select {rows} from {_source(query.table, query.asof)} v"
        f" where {conditions.sql} limit %s) counted"
    )
    return Statement(sql, (query.table.layer, *conditions.params, cap + 1))


def chosen_by_time(query: ItemsQuery) -> bool:
    """Whether nothing but times narrows the items, so that counting them costs little."""
    placed = query.areas and query.table.geometry is not None
    return not (placed or query.filters or query.conditions)


def _tallied(query: ItemsQuery) -> Statement:
    """The sum of what the changesets believed told the tally: of each feature one version counts."""
    conditions = Conditions("v.layer = %s", query.table.layer)
    if query.asof is None:
        conditions.add("v.changeset <= (select id from head)")
    else:
        conditions.add(
            "v.changeset <= (select id from spatial.changeset where layer = %s and recorded_at <= %s"
            " order by recorded_at desc limit 1)",
            query.table.layer,
            query.asof,
        )
    # As if it were believed now: the changesets say what was, and each line where the next version began.
    believed = replace(query, areas=(), asof=None)
    conditions.time(believed, now="(select at from head)", asof=None)
    conditions.latest(believed)
    sql = f"{_HEAD} select coalesce(sum(v.number), 0)::bigint from history.tally v where {conditions.sql}"
    return Statement(sql, (query.table.layer, *conditions.params))


def matched_estimate(query: ItemsQuery) -> Statement:
    """The planner's estimate of :func:`matched` without a cap. Column: the plan, as JSON."""
    conditions = Conditions()
    conditions.time(query, now="now()", asof=query.asof)
    conditions.place(query, exact=False)
    return Statement(
        f"explain (format json) select v.fid from {_source(query.table, query.asof)} v"
        f" where {conditions.sql}",
        tuple(conditions.params),
    )


def head(layer: str) -> Statement:
    """The newest changeset of a layer, as :func:`items` reads it. Columns: id, recorded_at, at."""
    return Statement(f"{_HEAD} select id, recorded_at, at from head", (layer,))


def turn(table: FeatureTable, since: int) -> Statement:
    """Between which instants the map of now stays as it is, as versions say that later changesets opened.

    Columns: those of :func:`head`, then the newest start or end that has passed
    at that instant, and the next one to come; null where there is none. ``since``
    0 reads all that is believed.
    """
    return Statement(
        f"{_HEAD} select h.id, h.recorded_at, h.at, t.last, t.next from head h, lateral (select"
        " greatest(max(v.valid_from) filter (where v.valid_from <= h.at),"
        " max(v.valid_to) filter (where v.valid_to <= h.at)) as last,"
        " least(min(v.valid_from) filter (where v.valid_from > h.at),"
        " min(v.valid_to) filter (where v.valid_to > h.at and v.valid_to < 'infinity')) as next"
        f" from {quoted(table.believed)} v where v.opened_by > %s) t",
        (table.layer, since),
    )


def lifetime(table: FeatureTable) -> Statement:
    """The valid time all believed versions span. Columns: first start, last end (null: open).

    Reads the whole layer: for catalogue documents, kept until the head moves.
    """
    return Statement(
        f"select min(v.valid_from), nullif(max(v.valid_to), 'infinity') from {quoted(table.believed)} v",
        (),
    )


def head_first(layer: str) -> tuple[str, tuple[Value, ...]]:
    """The opening of a statement: ``head``, the layer's newest changeset, of the statement's snapshot."""
    return _HEAD, (layer,)


def held(query: ItemsQuery, *, unmoved: bool = False) -> tuple[str, str, tuple[Value, ...]]:
    """Of a query that names its instants: its rows' table, their condition as rows ``v``, and its values.

    ``unmoved`` reads an ``asof`` from what is believed now, and nothing where
    the ``head`` that stands before (:func:`head_first`) is later than it.
    """
    assert query.at is not None
    conditions = Conditions()
    asof = query.asof
    if unmoved and asof is not None:
        conditions.add("coalesce((select recorded_at from head) <= %s, true)", asof)
        asof = None
    conditions.time(query, now="now()", asof=asof)
    conditions.place(query, exact=False)
    return _source(query.table, asof), conditions.sql, tuple(conditions.params)


def lying(query: ItemsQuery, *, exact: bool = True) -> tuple[str, tuple[Value, ...]]:
    """The condition of a query's areas over rows aliased ``v``, and its values."""
    conditions = Conditions()
    conditions.place(query, exact=exact)
    return conditions.sql, tuple(conditions.params)


def chosen(query: ItemsQuery) -> tuple[str, str, tuple[Value, ...]]:
    """Of a query of now, behind :func:`head_first`: its rows' table, their condition, its values."""
    assert query.at is None
    conditions = _conditions(query)
    return _source(query.table, query.asof), conditions.sql, tuple(conditions.params)


def relation(table: FeatureTable) -> str:
    """The quoted name of the version table."""
    return quoted(table.name)


def _source(table: FeatureTable, asof: datetime | None) -> str:
    """Where a query's rows lie: what is believed now is a table of its own, which is planned sooner."""
    return quoted(table.believed if asof is None else table.name)


@lru_cache(maxsize=64)
def feature_text(output: Output) -> str:
    """The feature text; another frame replaces the geometry inside the stored one.

    A quotation mark inside the identity is written with a backslash, so the
    first ``,"properties":{`` is the member itself.
    """
    if output.form == "stored":
        return "v.feature"
    if output.fields is None:
        properties = """substr(v.feature, strpos(v.feature, ',"properties":{'))"""
    else:
        properties = properties_text(output.fields).as_string(None)
    return (
        """'{"type":"Feature","id":' || to_json(v.fid)::text || ',"geometry":'"""
        f" || {_geometry(output)} || {properties}"
    )


def _geometry(output: Output) -> str:
    if not output.geometry:
        return "'null'"
    return f"coalesce(ST_AsGeoJSON({placed(output)}, {int(output.decimals)}, 0), 'null')"


def placed(output: Output, geometry: str = "v.geom") -> str:
    """The geometry of a row aliased ``v``, or what was made of it, in the frame it is written in."""
    if output.srid == 3857:
        # CGCS2000 and WGS 84 agree within a metre; no operation is registered, none is applied.
        geometry = f"ST_Transform(ST_SetSRID({geometry}, 4326), 3857)"
    elif output.srid not in (SRID, 4326):
        geometry = f"ST_Transform({geometry}, {int(output.srid)})"
    if output.swapped:
        geometry = f"ST_FlipCoordinates({geometry})"
    return geometry


def _conditions(query: ItemsQuery, *gate: Any) -> Conditions:
    conditions = Conditions(*gate)
    conditions.time(query, now="(select at from head)", asof=query.asof)
    conditions.place(query)
    return conditions
