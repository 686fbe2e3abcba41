"""The statement of a page that a place alone chooses, where the place holds no more than the page.

A page of a box has two good plans: by place, where few lie in it, or along the
identities, where many do. Telling them apart takes the planner, for each box
anew, as long as reading a small one. So a small one is read by place, by a plan
that is made once: at most one row more than the page takes, and then sorted.
Where there is that row more, the page is not known yet and
:func:`spatial.history.read.items` has to be asked.
"""

from __future__ import annotations

from dataclasses import replace

from spatial.history import read
from spatial.history.model import SRID
from spatial.history.query import Condition, ItemsQuery, Statement

_PLACE = "(select area from place)"
# Made once, not once a row: an outline may be long.
_MEETS = Condition(
    f"(v.geom && {_PLACE} and case when ST_Intersects(v.geom, {_PLACE}) then true else false end)"
)


def nearby(query: ItemsQuery) -> Statement | None:
    """Columns as of :func:`spatial.history.read.items`; ``None`` where more than a place chooses.

    Of what is valid and believed now, unsorted, from its beginning.
    """
    if query.table.geometry is None or not (query.areas or query.conditions):
        return None
    if query.at or query.asof or query.filters or query.sort or query.after is not None:
        return None
    outline: bytes | None = None
    match query.areas, query.conditions:
        case [area], []:
            outline = area.outline_4490
        case [], [condition] if condition.meets_4490 is not None:
            outline = condition.meets_4490
        case _, []:
            pass
        case _:
            return None
    sql, params = read.head_first(query.table.layer)
    if outline is not None:
        query = replace(query, areas=(), conditions=(_MEETS,))
        sql += f", place as materialized (select ST_GeomFromWKB(%s, {SRID}) as area)"
        params = (*params, outline)
    source, condition_sql, values = read.chosen(query)
    limit = int(query.limit) + 1
    sql += (
        " select null::text, id, recorded_at, at from head union all"
        " (select n.feature, null::bigint, null::timestamptz, null::timestamptz from"
        f" (select {read.feature_text(query.output)} as feature, v.fid from {source} v"
        f" where {condition_sql} limit {limit}) n order by n.fid)"
    )
    return Statement(sql, (*params, *values), query.output.form)
