"""Hydrographs taken from where they are kept 引用过程线: a forecast's, or a station's.

Pure. A hydrograph is linear between its values and is extended beyond neither end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np

from spatial.datum import format_instant, parse_instant
from water.errors import BadScenario, DeadSeries, NotIssued
from water.forecast.gridding import FILL_LONGEST, Measured
from water.gauges.gaps import usable
from water.gauges.station import ELEMENTS

BEST: Final = "best"
MEMBERS: Final = "members"
"""All members of a forecast, each of them the course of one member of an ensemble of floods."""
USES: Final = ("issue", "reference")
OBSERVED: Final = ("discharge", "rated-discharge")
"""Elements that are a discharge, what was measured before what was derived by the rating."""
Told = dict[str, Any]


def observed(properties: Container[str]) -> str | None:
    """The element that a station with datastreams of these properties has its discharge from."""
    return next((each for each in OBSERVED if ELEMENTS[each].property in properties), None)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that a run covers."""

    begins_at: datetime
    duration_s: float

    @property
    def ends_at(self) -> datetime:
        """Its last instant."""
        return self.begins_at + timedelta(seconds=self.duration_s)


@dataclass(frozen=True, slots=True)
class Taken:
    """A hydrograph in seconds of the run, and what is told of where it was taken."""

    times_s: tuple[float, ...]
    values: tuple[float, ...]
    told: Told
    synthetic: bool

    @property
    def series(self) -> dict[str, list[float]]:
        """As inputs have it."""
        return {"times_s": list(self.times_s), "values": list(self.values)}


def of_forecast(id: str, record: Mapping[str, Any], asked: Mapping[str, Any], span: Span) -> Taken:
    """The hydrograph of a member, quantile or best course of a kept forecast, m³/s.

    It begins with what was observed at the basis. ``NotIssued`` where its grade forbids issuing and
    ``use`` is not ``reference``; ``BadScenario`` for a course that it has not; ``DeadSeries`` where the
    run begins before it or goes on after it.
    """
    if not record["issued"] and asked.get("use") != "reference":
        raise NotIssued(
            f"该预报等级为{record['grade']},不予发布;试算请写明 use=reference,成果标明仅供参考:{id[:12]}",
            f"the forecast is of grade {record['grade']} and not issued; use=reference takes it for a trial"
            f" that is marked so: {id[:12]}",
            value=id,
        )
    name, course = _course(record, asked)
    instants = [parse_instant(record["basis_at"]), *(parse_instant(each) for each in record["instants"])]
    values = [float(record["observed_m3_s"]), *(float(each) for each in course)]
    if span.begins_at < instants[0] or span.ends_at > instants[-1]:
        reach = f"{format_instant(instants[0])} – {format_instant(instants[-1])}"
        run = f"{format_instant(span.begins_at)} – {format_instant(span.ends_at)}"
        raise DeadSeries(
            f"预报只及 {reach},推演为 {run};请改 begins_at、duration_s,或作更长预见期的预报:{id[:12]}",
            f"the forecast reaches over {reach}, the run over {run}; change begins_at or duration_s, or"
            f" forecast with a longer lead: {id[:12]}",
            value=id,
            details={"first": format_instant(instants[0]), "last": format_instant(instants[-1])},
        )
    told = {
        "forecast": id, "course": name, "station": record["station"], "basis_at": record["basis_at"],
        "lead_h": record["lead_h"], "grade": record["grade"], "issued": record["issued"],
        "note": record["note"], "record_sha256": id,
    }  # fmt: skip
    return _cut(instants, values, span, told, synthetic=bool(record["synthetic"]))


def of_members(id: str, record: Mapping[str, Any], asked: Mapping[str, Any], span: Span) -> tuple[Taken, ...]:
    """The hydrographs of all members of a kept forecast; refused as :func:`of_forecast` refuses one."""
    own = {name: value for name, value in asked.items() if name != "course"}
    count = len(record["members_m3_s"])
    return tuple(of_forecast(id, record, own | {"member": number}, span) for number in range(count))


def told_of_members(members: Sequence[Taken]) -> Told:
    """What is told of all of them: as of one, with the digest of theirs."""
    digests = "".join(each.told["series_sha256"] for each in members)
    told = {"course": MEMBERS, "members": len(members)}
    return members[0].told | told | {"series_sha256": hashlib.sha256(digests.encode()).hexdigest()}


def of_station(measured: Measured, asof: datetime, last: datetime | None, span: Span) -> Taken:
    """The discharge that a station measured over a run, m³/s.

    ``DeadSeries`` where it is silent at the beginning, at the end, or for longer than gaps are bridged;
    ``last``: when its newest usable value was measured, as was known at ``asof``.
    """
    known = [each for each in measured.points if usable(each)]
    first = next((each.time for each in known), None)
    if first is None or first > span.begins_at or known[-1].time < span.ends_at:
        silent = span.begins_at if first is None or first > span.begins_at else known[-1].time
        raise _dead(measured, asof, silent, last)
    wide = next(((a, b) for a, b in pairwise(known) if b.time - a.time > FILL_LONGEST), None)
    if wide is not None and wide[0].time < span.ends_at and wide[1].time > span.begins_at:
        raise _dead(measured, asof, wide[0].time, last)
    times = [each.time for each in known]
    apart = max(b - a for a, b in pairwise(times)) if len(times) > 1 else timedelta()
    told = {
        "station": measured.station.id, "element": measured.element.id, "asof": format_instant(asof),
        "longest_gap_s": apart.total_seconds(),
    }  # fmt: skip
    values = [float(each.value) for each in known if each.value is not None]
    return _cut(times, values, span, told, synthetic=measured.station.synthetic)


def _course(record: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, Sequence[float]]:
    quantiles, members = record["quantiles_m3_s"], record["members_m3_s"]
    if "member" in asked:
        number = int(asked["member"])
        if not 0 <= number < len(members):
            raise BadScenario(
                f"该预报的成员为 0 至 {len(members) - 1}:{number}",
                f"members of the forecast are 0 to {len(members) - 1}: {number}",
                value=number,
            )
        return f"member {number}", members[number]
    wanted = asked.get("course")
    if wanted == MEMBERS:
        raise BadScenario(
            f"预报的全部成员只用于集合推演(flood-ensemble);一次推演请取其中一条过程:{wanted}",
            f"all members of a forecast are for an ensemble of floods (flood-ensemble); one run takes one"
            f" course: {wanted}",
            value=MEMBERS,
        )
    if wanted == BEST:
        return BEST, record["best_m3_s"]
    if wanted not in quantiles:
        names = ", ".join((BEST, *quantiles))
        raise BadScenario(
            f"须说明取预报的哪条过程:成员 member,或 course 为 {names} 之一:{wanted}",
            f"say which course of the forecast: a member, or course, of {names}: {wanted}",
            value=str(wanted),
        )
    return str(wanted), quantiles[wanted]


def _dead(measured: Measured, asof: datetime, silent: datetime, last: datetime | None) -> DeadSeries:
    one, zh, en = measured.station, measured.element.title.zh, measured.element.id
    since, newest = format_instant(silent), "无 none" if last is None else format_instant(last)
    return DeadSeries(
        f"测站 {one.id}({one.name})的{zh}自 {since} 起没有可用的值(按 {format_instant(asof)} 所知),"
        f"最后一个可用值在 {newest}。请补录、缩短推演、改用预报(forecast)或其他站:{one.id}",
        f"station {one.id} has no usable {en} from {since} on (as known at {format_instant(asof)}), its last"
        f" usable value is of {newest}. Enter what is missing, shorten the run, take a forecast or another"
        f" station: {one.id}",
        value=one.id,
        details={"station": one.id, "element": en, "silent_from": since, "last": newest},
    )


def _cut(
    instants: Sequence[datetime], values: Sequence[float], span: Span, told: Told, *, synthetic: bool
) -> Taken:
    """What lies in the run, its ends on the lines between the values; told with the digest of it."""
    times = np.array([(each - span.begins_at).total_seconds() for each in instants])
    inner = (times > 0) & (times < span.duration_s)
    seconds = np.concatenate([[0.0], times[inner], [span.duration_s]])
    found = np.interp(seconds, times, np.asarray(values, np.float64))
    digest = hashlib.sha256(seconds.astype("<f8").tobytes() + found.astype("<f8").tobytes()).hexdigest()
    told |= {"values": int(inner.sum()) + 2, "series_sha256": digest, "synthetic": synthetic}
    return Taken(tuple(seconds.tolist()), tuple(found.tolist()), told, synthetic)
