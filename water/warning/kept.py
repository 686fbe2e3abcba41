"""Stations and levels that rules were judged by lately, kept in memory 判据缓存; read and reckoned once each.

Known by the rules, by the chain hashes of the last changesets of the layers, which no two databases share,
and by the day, on which seasons hang; good between two turns of valid time. Most evaluations find them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from water.gauges.layers import STATIONS, THRESHOLDS
from water.moment import Moment
from water.network.store import heads, turns
from water.warning import watched
from water.warning.rule_store import Recorded
from water.warning.watched import Watched
from water.works.layers import OFFSETS

MOST: Final = 2
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Held:
    since: datetime
    until: datetime
    watched: tuple[Watched, ...]


_HELD: OrderedDict[tuple[object, ...], _Held] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Now:
    """What rules watch, and from when on its levels have been what they are."""

    watched: Sequence[Watched]
    since: datetime


def watch(connection: Connection, rules: Sequence[Recorded], at: datetime, asof: datetime) -> Now:
    """What :func:`water.warning.watched.watch` tells of an instant, as known at another."""
    known = heads(connection, asof, (STATIONS, THRESHOLDS, OFFSETS))
    midnight = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    key = (*(each.sha256 for each in rules), *(head.chain_hash for head in known), midnight)
    with _LOCK:
        held = _HELD.get(key)
        if held is not None and held.since <= at < held.until:
            _HELD.move_to_end(key)
            # The same rule may have been recorded as another version.
            same = [
                Watched(rule, each.stations, each.levels, each.ladder)
                for rule, each in zip(rules, held.watched, strict=True)
            ]
            return Now(same, max(held.since, midnight))
    found, since = tuple(watched.watch(connection, rules, Moment(at, asof))), at
    if found and known:
        spans = [
            turns(connection, catalogue.get(connection, head.layer).table, at, head.recorded_at)
            for head in known
        ]
        since = max(a for a, _ in spans)
        with _LOCK:
            _HELD[key] = _Held(since, min(b for _, b in spans), found)
            _HELD.move_to_end(key)
            while len(_HELD) > MOST:
                _HELD.popitem(last=False)
    return Now(found, max(since, midnight))
