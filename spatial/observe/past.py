"""Statements over entities, placed at an instant of belief 实体的过去状态."""

from __future__ import annotations

import re
from datetime import datetime

_TABLES = (
    *("thing", "location", "historical_location", "sensor", "observed_property", "feature", "datastream"),
    *("thing_location", "historical_place", "datastream_property", "datastream_feature"),
)
_NAMED = re.compile(rf"\bobserve\.({'|'.join(_TABLES)})\b")


def as_of(sql: str, asof: datetime | None) -> str:
    """The same statement over what was known at an instant (``observe.thing_at`` and its like).

    The instant stands in the statement itself: functions of a constant are made part of its plan.

    >>> as_of("select from observe.thing t, observe.latest u", datetime.fromisoformat("2026-03-01T00:00:00Z"))
    "select from observe.thing_at('2026-03-01T00:00:00+00:00'::timestamptz) t, observe.latest u"
    """
    if asof is None:
        return sql
    return _NAMED.sub(rf"observe.\1_at('{asof.isoformat()}'::timestamptz)", sql)
