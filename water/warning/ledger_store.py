"""SQL of the ledger of false and missed alarms 空报漏报台账."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING
from water.warning.colour import Colour
from water.warning.rule_store import Recorded
from water.warning.scoring import Fate, Scored, Span
from water.warning.verification import Verified

ENTRIES_TOLD = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """A verification on record."""

    id: int
    version: int
    verified: Verified
    recorded_at: datetime


def keep(connection: Connection, recorded: Recorded, done: Verified) -> int:
    """Keep a verification; its number."""
    row = connection.execute(
        "insert into warning.verification (rule, version, colour, from_at, until_at, asof, tolerance_s,"
        " entries) values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (
            *(done.rule, recorded.version, int(done.colour), done.start, done.end, done.asof),
            *(done.tolerance_s, Jsonb([_entry(*each) for each in done.entries])),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def page(
    connection: Connection,
    *,
    rule: str | None = None,
    asof: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Kept, ...]:
    """Verifications on record, the newest first."""
    rows = connection.execute(
        "select id, version, rule, colour, from_at, until_at, asof, tolerance_s, entries, recorded_at"
        " from warning.verification where (%(rule)s::text is null or rule = %(rule)s)"
        " and (%(asof)s::timestamptz is null or recorded_at <= %(asof)s)"
        " and (%(before)s::bigint is null or id < %(before)s) order by id desc limit %(limit)s",
        {"rule": rule, "asof": asof, "before": before, "limit": limit},
    ).fetchall()
    return tuple(_kept(row) for row in rows)


def touching(connection: Connection, start: datetime, end: datetime, asof: datetime) -> tuple[Kept, ...]:
    """The newest verification of each rule and colour that was on record and touches a time."""
    rows = connection.execute(
        "select distinct on (rule, colour) id, version, rule, colour, from_at, until_at, asof, tolerance_s,"
        " entries, recorded_at from warning.verification where from_at <= %(end)s and until_at >= %(start)s"
        " and recorded_at <= %(asof)s order by rule, colour, id desc",
        {"start": start, "end": end, "asof": asof},
    ).fetchall()
    return tuple(_kept(row) for row in rows)


def document(done: Verified) -> dict[str, Any]:
    """A verification as it is told."""
    found = done.skill
    return {
        "rule": done.rule,
        "colour": done.colour.id,
        "start": format_instant(done.start),
        "end": format_instant(done.end),
        "asof": format_instant(done.asof),
        "tolerance_s": done.tolerance_s,
        "hits": found.hits,
        "misses": found.misses,
        "false_alarms": found.false_alarms,
        "unknown": found.unknown,
        "pod": _number(found.pod),
        "far": _number(found.far),
        "csi": _number(found.csi),
        "lead_median_s": _number(found.lead_s),
        "entries": [entry(*each) for each in done.entries[:ENTRIES_TOLD]],
        "more": len(done.entries) > ENTRIES_TOLD,
    }


def entry(station: str, each: Scored) -> dict[str, Any]:
    """One event or warning with what came of it."""
    return {
        "station": station,
        "fate": each.fate.value,
        "event": None if each.event is None else _times(each.event),
        "warned": None if each.warned is None else _times(each.warned),
        "lead_s": each.lead_s,
    }


def _times(span: Span) -> list[str]:
    instants = (datetime.fromtimestamp(each, UTC).astimezone(BEIJING) for each in (span.start_s, span.end_s))
    return [format_instant(each) for each in instants]


def _entry(station: str, each: Scored) -> dict[str, Any]:
    spans = {"event": each.event, "warned": each.warned}
    kept = {name: None if one is None else [one.start_s, one.end_s] for name, one in spans.items()}
    return {"station": station, "fate": each.fate.value, "lead_s": each.lead_s, **kept}


def _kept(row: Sequence[Any]) -> Kept:
    number, version, rule, colour, start, end, asof, tolerance_s, entries, recorded_at = row
    scored = tuple((each["station"], _scored(each)) for each in entries)
    done = Verified(rule, Colour(colour), start, end, asof, tolerance_s, scored)
    return Kept(number, version, done, recorded_at)


def _scored(entry: Mapping[str, Any]) -> Scored:
    event, warned = (None if entry[name] is None else Span(*entry[name]) for name in ("event", "warned"))
    return Scored(Fate(entry["fate"]), event, warned, entry["lead_s"])


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)
