"""Many observations at once (18-088, 12.2): ``CreateObservations`` with data arrays.

Plain numbers with their times, which is what stations send, become lines for COPY without an object each.
What cannot be taken is answered ``"error"`` in its place; the rest is taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import OneMapError
from spatial.observe import ahead, series
from spatial.observe.model import CLOCK_AHEAD_MAX, Reading
from spatial.observe.telemetry.errors import Reason
from spatial.observe.things.model import ENTITIES
from spatial.observe.things.owners import May
from spatial.observe.things.reading_document import Draft, bad, draft
from spatial.observe.things.store import NoSuchStream, datastream_of
from spatial.observe.things.values import NoFeature, nowhere, reading_of

LINES_MAX = 200_000
Refused = dict[Reason, list[dict[str, Any]]]
"""Data arrays of what was not taken."""
_INSTANT = re.compile(
    r"(?:1[89]\d\d|20\d\d|21\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"
)
"""Surely an instant; what is none of these is read with care."""


def create(
    connection: Connection,
    document: Any,
    may: May,
    source: int | None,
    url: str,
    *,
    answer: bool = True,
    received_at: datetime | None = None,
    refused: Refused | None = None,
) -> list[str]:
    """Take data arrays in; the address of each observation, or ``error``, in the order sent.

    ``refused`` gets the rows that are dated further ahead of ``received_at`` than their datastream allows,
    and those of datastreams that are not there, or that have no place and say no feature; where there is none
    else, NoSuchStream or NoFeature.
    """
    if not isinstance(document, list):
        raise bad("须为数组", "an array is expected", type(document).__name__)
    groups = [_group(connection, each, may) for each in document]
    total = sum(len(each.rows) for each in groups)
    if total > LINES_MAX:
        raise bad("一次的观测值过多", f"at most {LINES_MAX} observations at once", total)
    bare = nowhere(connection, [each.stream for each in groups if each.missing is None])
    groups = [
        replace(each, missing=bare[each.stream]) if each.stream in bare and not each.features else each
        for each in groups
    ]
    missing = [each.missing for each in groups if each.missing is not None]
    if missing and len(missing) == len(groups):
        raise missing[0]
    lines: list[str] = []
    readings: list[tuple[int, Reading]] = []
    refused = {} if refused is None else refused
    now = received_at or datetime.now(BEIJING)
    first = 0
    for told_, group in zip(document, groups, strict=True):
        if group.missing is not None:
            refused.setdefault(_reason(group.missing), []).append(told_)
        else:
            clock = _Clock(connection, group.stream, now)
            _taken(group, first, lines, readings, clock)
            if clock.refused:
                refused.setdefault(Reason.FUTURE_DATED, []).append({**told_, "dataArray": clock.refused})
        first += len(group.rows)
    readings = [each for each in readings if each[1].feature is not None or each[1].datastream not in bare]
    no_numbers = series.worded(connection, dict(readings))
    readings = [each for each in readings if each[0] not in no_numbers]
    told = _record(connection, lines, _of_known_features(connection, readings), source)
    if not answer:
        return []
    return [f"{url}/Observations({told[place]})" if place in told else "error" for place in range(total)]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one datastream; ``width`` is how many properties a MultiDatastream observes."""

    stream: int
    width: int | None
    components: list[str]
    rows: Sequence[Any]
    missing: NoSuchStream | NoFeature | None = None
    """The datastream is not there, or nothing says what it observes."""

    @property
    def features(self) -> bool:
        """Its rows say features of interest."""
        return any(str(name).startswith("FeatureOfInterest") for name in self.components)


def _reason(missing: NoSuchStream | NoFeature) -> Reason:
    return Reason.UNKNOWN_DEVICE if isinstance(missing, NoSuchStream) else Reason.SINK_REFUSED


def _taken(
    group: _Group, first: int, lines: list[str], readings: list[tuple[int, Reading]], clock: _Clock
) -> None:
    if group.width is None and group.components in (
        ["phenomenonTime", "result"],
        ["result", "phenomenonTime"],
    ):
        _plain(group.rows, group.components, group.stream, first, lines, readings, clock)
        return
    for place, row in enumerate(group.rows, first):
        made = _reading(group.components, row, group.stream, group.width, clock.now)
        if made is not None and clock.allows(made.phenomenon_time, row):
            readings.append((place, made))


def _of_known_features(
    connection: Connection, readings: list[tuple[int, Reading]]
) -> list[tuple[int, Reading]]:
    """Without those of a feature of interest that is not there."""
    named = {each.feature for _, each in readings if each.feature is not None}
    if not named:
        return readings
    rows = connection.execute("select id from observe.feature where id = any(%s)", (list(named),)).fetchall()
    known = {None, *(id for (id,) in rows)}
    return [(place, each) for place, each in readings if each.feature in known]


class _Clock:
    """Which rows of a group are of a time that has come, or that their datastream may speak of."""

    def __init__(self, connection: Connection, stream: int, now: datetime) -> None:
        self._connection = connection
        self._stream = stream
        self.now = now
        self._tolerance: timedelta | None = None
        self.refused: list[Any] = []

    def allows(self, time: datetime, row: Any) -> bool:
        if time <= self.now + CLOCK_AHEAD_MAX:
            return True
        if self._tolerance is None:
            found = ahead.tolerances(self._connection, [self._stream])
            self._tolerance = found.get(self._stream, CLOCK_AHEAD_MAX)
        if time <= self.now + self._tolerance:
            return True
        self.refused.append(row)
        return False


def _group(connection: Connection, group: Any, may: May) -> _Group:
    if not isinstance(group, dict):
        raise bad("数组的每项须为对象", "each group must be an object", type(group).__name__)
    components, rows = group.get("components"), group.get("dataArray")
    if not isinstance(components, list) or not isinstance(rows, list):
        raise bad(
            "须给出 components 与 dataArray 数组", "components and dataArray must be arrays", list(group)
        )
    head = {name: group[name] for name in ("Datastream", "MultiDatastream") if name in group}
    links = draft(ENTITIES["Observation"], {**head, "result": None}).links
    try:
        stream, width = datastream_of(connection, Draft(ENTITIES["Observation"], {}, links), may)
    except NoSuchStream as failure:
        return _Group(0, None, components, rows, failure)
    return _Group(stream, width, components, rows)


def _plain(
    rows: Sequence[Any],
    components: list[str],
    stream: int,
    first: int,
    lines: list[str],
    readings: list[tuple[int, Reading]],
    clock: _Clock,
) -> None:
    time, result = components.index("phenomenonTime"), components.index("result")
    instant = _INSTANT.fullmatch
    past = f"{clock.now.year:04}-"
    for place, row in enumerate(rows, first):
        try:
            when, value = row[time], row[result]
            if len(row) == 2 and instant(when) and type(value) in (float, int):
                # Years are compared as they are written; the rest is reckoned only of this year and later.
                if when >= past and not clock.allows(datetime.fromisoformat(when), row):
                    continue
                lines.append(f"{place}\t{stream}\t{when}\t{float(value)!r}")
                continue
        except (TypeError, IndexError, KeyError, OverflowError):
            pass
        made = _reading(components, row, stream, None, clock.now)
        if made is not None and clock.allows(made.phenomenon_time, row):
            readings.append((place, made))


def _reading(
    components: list[str], row: Any, stream: int, width: int | None, now: datetime
) -> Reading | None:
    if not isinstance(row, list) or len(row) != len(components):
        return None
    told = {
        ("FeatureOfInterest" if name.startswith("FeatureOfInterest") else name): value
        for name, value in zip(components, row, strict=True)
        if name not in ("id", "@iot.id")
    }
    feature = told.pop("FeatureOfInterest", None)
    try:
        made = draft(ENTITIES["Observation"], told)
        reading = reading_of(made, stream, width, source=None, now=now)
    except OneMapError:
        return None
    if feature is None:
        return reading
    if isinstance(feature, bool) or not isinstance(feature, int) or not 0 < feature < 2**31:
        return None
    return Reading(
        reading.datastream,
        reading.phenomenon_time,
        reading.result,
        reading.phenomenon_end,
        reading.result_time,
        None,
        reading.flag,
        feature,
        reading.details,
        True,
    )


def _record(
    connection: Connection, lines: list[str], readings: list[tuple[int, Reading]], source: int | None
) -> dict[int, int]:
    """The numbers by place."""
    told: dict[int, int] = {}
    if lines:
        series.record_numbers(connection, lines, source)
        told |= series.numbers(connection)
    if readings:
        series.record_placed(connection, readings, source)
        told |= series.numbers(connection)
    if len(told) < len(lines) + len(readings):  # several lines of one instant share its number
        keys = [
            (int(place), int(stream), when) for place, stream, when, _ in (each.split("\t") for each in lines)
        ]
        keys += [(place, each.datastream, each.phenomenon_time.isoformat()) for place, each in readings]
        told |= series.numbers_of(connection, [each for each in keys if each[0] not in told])
    return told
