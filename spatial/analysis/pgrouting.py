"""Ways searched by pgRouting 以 pgRouting 检算: the same roads and places, the search in the database.

The network is laid into temporary tables of the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from psycopg.sql import SQL, Identifier

from spatial.analysis.errors import PgRoutingAbsent
from spatial.database import Connection
from spatial.datum.plane import Floats
from spatial.network import Network, Seeds

_PAIRS_MAX: Final = 1_000_000
"""Of places that one question asks the times between."""
_INSIDE: Final = 1e-12
"""A place is on an edge, not at its ends, for pgRouting."""
_LAY: Final = """
create temporary table network_edge (
  id bigint, source bigint, target bigint, cost float8, reverse_cost float8) on commit drop;
create temporary table network_spot (
  pid bigint, edge_id bigint, fraction float8, seconds float8, place integer, begins boolean) on commit drop
"""
_TIMES: Final = """
select b.place, g.place, min(b.seconds + c.agg_cost + g.seconds)
  from pgr_withPointsCost(
    'select id, source, target, cost, reverse_cost from network_edge',
    'select pid, edge_id, fraction from network_spot',
    array(select -pid from network_spot where begins and place >= %(first)s and place < %(until)s),
    array(select -pid from network_spot where not begins)) c
  join network_spot b on b.pid = -c.start_pid join network_spot g on g.pid = -c.end_pid
  group by 1, 2
"""


def version(connection: Connection) -> str:
    """Of the extension in this database; PgRoutingAbsent where there is none."""
    row = connection.execute("select extversion from pg_extension where extname = 'pgrouting'").fetchone()
    if row is None:
        raise PgRoutingAbsent(
            "数据库没有 pgRouting 扩展,请管理员安装软件包并在此库执行 create extension pgrouting:pgrouting",
            "the database has no pgRouting; have an administrator install the package and run in it"
            " create extension pgrouting: pgrouting",
            value="pgrouting",
        )
    return str(row[0])


def seconds(
    connection: Connection, network: Network, begin: Seeds, starts: int, goals: Seeds, count: int
) -> Floats:
    """The time from each of ``starts`` places to each of ``count`` goals, seconds, as (starts, count).

    As :func:`spatial.network.times` and ``arrivals`` have it, without a limit; inf where no way leads.
    PgRoutingAbsent where the database cannot search.
    """
    version(connection)
    found = np.full((starts, count), np.inf)
    if not len(begin.edge) or not len(goals.edge):
        return found
    connection.execute(_LAY)
    back = np.where(network.directed, -1.0, network.seconds)
    edges = (np.arange(len(back)), network.first, network.second, network.seconds, back)
    _fill(connection, "network_edge", zip(*(column.tolist() for column in edges), strict=True))
    spots = [*_spots(network, begin, 1, True), *_spots(network, goals, 1 + len(begin.edge), False)]
    _fill(connection, "network_spot", spots)
    step = max(_PAIRS_MAX // max(len(goals.edge), 1), 1)
    for first in range(0, starts, step):
        for start, goal, time_s in connection.execute(_TIMES, {"first": first, "until": first + step}):
            found[start, goal] = time_s
    connection.execute("drop table network_edge, network_spot")
    return found


def _spots(
    network: Network, seeds: Seeds, first: int, begins: bool
) -> list[tuple[int, int, float, float, int, bool]]:
    along = np.clip(seeds.along_m / network.lengths_m[seeds.edge], _INSIDE, 1 - _INSIDE)
    columns = (seeds.edge, along, seeds.seconds, seeds.place)
    told = zip(*(column.tolist() for column in columns), strict=True)
    return [(pid, *each, begins) for pid, each in enumerate(told, first)]


def _fill(connection: Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor().copy(SQL("copy {} from stdin").format(Identifier(table))) as copy:
        for row in rows:
            copy.write_row(row)
