"""States of the rivers that were asked for lately, kept in memory; built once each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Final

from spatial.database import Connection
from water.network import store
from water.network.rivers import Rivers

MOST: Final = 4
_LOCK: Final = threading.Lock()
_HELD: OrderedDict[tuple[bytes, ...], list[Rivers]] = OrderedDict()


def rivers(connection: Connection, at: datetime, asof: datetime) -> Rivers:
    """The rivers as they were at an instant, as known at another.

    A state is known by the chain hashes of its layers' last changesets, which no two databases
    share, and holds between two turns of valid time.
    """
    known = store.heads(connection, asof)
    key = tuple(head.chain_hash for head in known)
    with _LOCK:
        held = _HELD.get(key, [])
        for each in held:
            if each.since <= at < each.until:
                _HELD.move_to_end(key)
                return each
        made = Rivers(known, store.network(connection, known, at))
        _HELD[key] = [made, *held[: MOST - 1]]
        _HELD.move_to_end(key)
        while len(_HELD) > MOST:
            _HELD.popitem(last=False)
    return made
