"""SQL of the list of alerts 预警清单: pages of them, and where what changed lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from planning.monitoring.alerts import NOTED, Alert, Receipt
from spatial.database import Connection

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees of CGCS2000."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alerts to list, the newest first."""

    codes: Sequence[str]
    """Of these limits alone."""
    level: str | None = None
    state: str | None = None
    region: str | None = None
    before: int | None = None
    """Number of the last alert of the page before."""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Placed:
    """An alert, and where what raised it lies."""

    alert: Alert
    extent: Bounds | None
    """``None`` where it was not raised by a change, as a first measurement is."""


def page(connection: Connection, wanted: Wanted) -> tuple[Placed, ...]:
    """A page of alerts, the newest first."""
    rows = connection.execute(
        "select a.id, a.code, a.region, a.level, m.value, l.value, l.document, a.follows, a.raised_at,"
        " case when a.changed is not null then array[ST_XMin(a.changed), ST_YMin(a.changed),"
        "  ST_XMax(a.changed), ST_YMax(a.changed)] end"
        " from planning.alert a join planning.monitoring m on m.id = a.monitoring"
        " join planning.limit_value l on l.id = a.limit_value, lateral"
        " (select r.action from planning.alert_receipt r where r.alert = a.id and r.action <> %(noted)s"
        "  order by r.number desc limit 1) s"
        " where a.code = any(%(codes)s) and (%(level)s::text is null or a.level = %(level)s)"
        " and (%(state)s::text is null or s.action = %(state)s)"
        " and (%(region)s::text is null or a.region = %(region)s)"
        " and (%(before)s::bigint is null or a.id < %(before)s)"
        " order by a.id desc limit %(limit)s",
        {
            "noted": NOTED,
            "codes": list(wanted.codes),
            "level": wanted.level,
            "state": wanted.state,
            "region": wanted.region,
            "before": wanted.before,
            "limit": wanted.limit,
        },
    ).fetchall()
    told = _receipts(connection, [row[0] for row in rows])
    found = []
    for number, code, region, level, value, limit, document, follows, raised_at, box in rows:
        receipts = tuple(told[number])
        alert = Alert(number, code, region, level, value, limit, document, follows, raised_at, receipts)
        found.append(Placed(alert, None if box is None else tuple(box)))
    return tuple(found)


def changed(connection: Connection, number: int) -> dict[str, Any] | None:
    """What changed when an alert was raised, as GeoJSON; ``None`` where nothing is known of it."""
    row = connection.execute(
        "select ST_AsGeoJSON(changed, 9) from planning.alert where id = %s", (number,)
    ).fetchone()
    if row is None or row[0] is None:
        return None
    found: dict[str, Any] = orjson.loads(row[0])
    return found


def _receipts(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Receipt]]:
    found: dict[int, list[Receipt]] = {number: [] for number in numbers}
    rows = connection.execute(
        "select alert, number, action, subject, department, note, recorded_at from planning.alert_receipt"
        " where alert = any(%s) order by alert, number",
        (list(numbers),),
    ).fetchall()
    for alert, *receipt in rows:
        found[alert].append(Receipt(*receipt))
    return found
