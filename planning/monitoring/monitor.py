"""Monitoring 监测: after each change, limits are measured again, and only where something changed.

A measure is a sum of what its features contribute, and what one contributes depends on it and on
those it touches. So after a change the value is the last one, less what the touched features
contributed before, plus what they contribute now: to the last digit what measuring all would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from planning.indicators import formula
from planning.indicators.definition import LEVELS
from planning.indicators.formula import Measure, NoData
from planning.indicators.measuring import COVERAGES, Reading
from planning.indicators.overlay import Plane
from planning.indicators.states import LayerState, Region
from planning.indicators.store import about, boxes
from planning.monitoring import store
from planning.monitoring.limits import Limit
from planning.monitoring.store import Monitored
from spatial.database import Connection

TOUCHED_MAX: Final = 50_000
"""Where more features are touched, measuring all is no dearer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of watching one limit."""

    code: str
    monitoring: int
    """Number of the monitored value."""
    value: Decimal | None
    lacking: NoData | None
    incremental: bool
    touched: int
    moved: bool
    """Whether anything is new; else the number is that of the last value, which still stands."""
    level: str | None
    alert: int | None
    """Raised just now."""


def watch(
    connection: Connection,
    limits: Sequence[Limit],
    region: Region,
    plane: Plane,
    at: datetime,
    asof: datetime,
    *,
    afresh: bool = False,
) -> tuple[Outcome, ...]:
    """Measure each limit where its layers have changed, keep what is new, raise what alerts are due.

    Inside the caller's transaction. ``afresh`` measures all features, whatever is known. A limit
    that was set meanwhile is held against the last value, too.
    """
    found = []
    for limit in limits:
        reading = Reading(connection, at, asof, region, plane)
        last = None if afresh else store.last(connection, limit.code, region.id)
        comparable = last is not None and _comparable(reading, limit, last)
        found.append(_watched(reading, limit, last if comparable else None))
    return tuple(found)


def _comparable(reading: Reading, limit: Limit, last: Monitored) -> bool:
    return last.definition_sha256 == limit.sha256 and last.region_sha256 == reading.region.sha256


def _watched(reading: Reading, limit: Limit, last: Monitored | None) -> Outcome:
    parts: dict[str, Decimal] = {}
    touched: dict[Measure, int] = {}

    def measured(measure: Measure) -> Decimal | NoData:
        lacking = reading.lacking(measure, limit.empty)
        if lacking is not None:
            return lacking
        moved = _moved(reading, measure, last) if last is not None else None
        value = reading.value(measure, limit.empty) if moved is None else moved[0]
        if isinstance(value, Decimal):
            parts[str(measure)] = value
            if moved is not None:
                touched[measure] = moved[1]
        return value

    value = formula.evaluate(limit.tree, measured, {})
    states = [reading.state(layer) for layer in formula.layers(limit.tree)]
    heads = [each for each in states if each is not None]
    incremental = bool(parts) and len(touched) == len(parts)
    count = sum(touched.values())
    figure = value if isinstance(value, Decimal) else None
    still = (
        last is not None and figure == last.value and _heads(last) == {s.layer: s.changeset for s in heads}
    )
    number = (
        last.id
        if last is not None and still
        else store.keep(
            reading.connection,
            limit,
            reading.region,
            reading.at,
            heads,
            parts,
            figure,
            incremental=incremental,
            touched=count,
        )
    )
    lacking = value if isinstance(value, NoData) else None
    level, alert = _alerted(reading, limit, number, figure, last)
    return Outcome(limit.code, number, figure, lacking, incremental, count, not still, level, alert)


def _heads(last: Monitored) -> dict[str, object]:
    return {layer: head["changeset"] for layer, head in last.heads.items()}


def _moved(reading: Reading, measure: Measure, last: Monitored) -> tuple[Decimal, int] | None:
    """The last value moved on by what changed, and how many features that touched; or ``None``."""
    before = _before(reading, measure, last)
    known = last.parts.get(str(measure))
    if before is None or known is None:
        return None
    fids = touched_by(before, reading, measure)
    if fids is None:
        return None
    if not fids:
        return known, 0
    was, is_now = before.among(measure, fids), reading.among(measure, fids)
    if isinstance(was, NoData) or isinstance(is_now, NoData):
        return None
    return known - was + is_now, len(fids)


def _before(reading: Reading, measure: Measure, last: Monitored) -> Reading | None:
    """The reading the last value was made from; ``None`` where a layer was not there then."""
    states: dict[str, LayerState] = {}
    for source in measure.sources:
        head = last.heads.get(source.layer)
        if head is None:
            return None
        number = head["changeset"]
        assert isinstance(number, int)
        states[source.layer] = store.state_after(reading.connection, source.layer, number)
    asof = max(state.recorded_at for state in states.values())
    return Reading(reading.connection, last.at, asof, reading.region, reading.plane, states=states)


def touched_by(before: Reading, after: Reading, measure: Measure) -> list[str] | None:
    """Features of the first source whose contribution two readings may tell apart.

    ``None`` where they are so many that measuring all is no dearer, and where a change far away
    may tell: a street that opens.
    """
    if measure.kind == "reached":
        return None
    first = measure.sources[0]
    fids = set(_changed(before, after, first.layer))
    compared = measure.kind in ("covered", "overlap", "outside") and first.layer not in COVERAGES
    for place, source in enumerate(measure.sources):
        if place == 0 and not compared:
            continue
        moved = _changed(before, after, source.layer)
        if not moved:
            continue
        if len(moved) > TOUCHED_MAX:
            return None
        around = [box for each in (before, after) for box in boxes(each.connection, each.rows(source, moved))]
        for each in (before, after):
            fids |= set(store.fids(each.connection, about(each.rows(first), around)))
    return sorted(fids) if len(fids) <= TOUCHED_MAX else None


def _changed(before: Reading, after: Reading, layer: str) -> Sequence[str]:
    older, newer = before.state(layer), after.state(layer)
    assert older is not None and newer is not None
    if older.changeset > newer.changeset:  # the belief of an earlier instant is asked for again
        older, newer = newer, older
    return store.changed(after.connection, older, newer, before.at, after.at)


def _alerted(
    reading: Reading, limit: Limit, number: int, value: Decimal | None, last: Monitored | None
) -> tuple[str | None, int | None]:
    """The level the value reaches, and the alert raised for it where none as grave is open."""
    connection, region = reading.connection, reading.region
    bound = store.bound(connection, limit.code, region.id, reading.at)
    level = None if value is None or bound is None else limit.level(value, bound.value)
    if level is None or bound is None:
        return level, None
    held = store.open_alert(connection, limit.code, region.id)
    if held is not None and LEVELS.index(held.level) >= LEVELS.index(level):
        return level, None
    follows = None if held is None else held.id
    shown = _shown(reading, limit, last)
    alert = store.raise_alert(connection, limit.code, region.id, level, number, bound.id, follows, shown)
    if held is not None:
        store.take_over(connection, held.id, alert)
    return level, alert


def _shown(reading: Reading, limit: Limit, last: Monitored | None) -> bytes | None:
    """What changed of the first measure, for the map of the alert."""
    measure = next(formula.measures(limit.tree), None)
    before = None if measure is None or last is None else _before(reading, measure, last)
    if measure is None or before is None:
        return None
    first = measure.sources[0]
    changed = list(_changed(before, reading, first.layer))
    return store.shown(reading.connection, reading.rows(first, changed)) if changed else None
