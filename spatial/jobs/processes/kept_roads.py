"""Roads as a mode passes them, kept in memory: built once for each state 路网缓存."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from psycopg.sql import SQL, Identifier

from spatial.analysis.ways import Ways
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import states
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes import on_roads
from spatial.jobs.processes.asking import instants

MOST: Final = 4
_LOCK: Final = threading.Lock()
_HELD: OrderedDict[tuple[object, ...], tuple[Ways, int]] = OrderedDict()


def ways(context: Context, connection: Connection, inputs: Inputs, mode: str) -> tuple[Ways, int]:
    """The roads of the inputs, and the changeset they are of.

    A state is known by the chain hash of its last changeset, which no two databases share, and by how
    many versions had begun and ended at the instant that is asked about.
    """
    layer = on_roads.roads_of(inputs)
    on_roads.require_grade(context, layer, mode)
    at, asof = instants(context, inputs)
    last = states.resolve(layer, None, asof)
    head = connection.execute(last.sql, last.params).fetchone()
    if head is None:
        return on_roads.network(context, connection, inputs, mode)
    table = catalogue.get(connection, layer).table
    turns = connection.execute(
        SQL(
            "select count(*) filter (where valid_from <= %s), count(*) filter (where valid_to <= %s)"
            " from {} where recorded_from <= %s and recorded_to > %s"
        ).format(Identifier("history", table.name)),
        (at, at, asof, asof),
    ).fetchone()
    closed = tuple(sorted(inputs.get("closed", ())))
    key = (head[2], turns, mode, context.city, closed)
    with _LOCK:
        if key not in _HELD:
            _HELD[key] = on_roads.network(context, connection, inputs, mode)
            while len(_HELD) > MOST:
                _HELD.popitem(last=False)
        _HELD.move_to_end(key)
        return _HELD[key]
