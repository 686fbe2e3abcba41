"""SQL of warnings 预警: as they stand or stood, who took note, cancelling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from spatial.database import Connection
from water.errors import UnknownWarning, WarningStepRefused
from water.warning import chain, rule_store, state_store
from water.warning.chain import Entry
from water.warning.colour import Colour
from water.warning.life import Action, Step, Warning, until
from water.warning.rule import Hazard, Rule

NUMBER_MOST: Final = 2**63 - 1
_STANDING: Final = """
select w.id from warning.warning w
  cross join lateral (select action, colour, at from warning.step s where s.warning = w.id
    and (%(asof)s::timestamptz is null or s.recorded_at <= %(asof)s)
    and (%(at)s::timestamptz is null or s.at <= %(at)s) order by s.number desc limit 1) s
 where (%(before)s::bigint is null or w.id < %(before)s)
   and (%(rule)s::text is null or w.rule = %(rule)s)
   and (%(station)s::text is null or w.station = %(station)s)
   and (%(colour)s::int is null or s.colour = %(colour)s)
   and (%(open)s::boolean is null or (s.action not in ('cleared', 'cancelled')) = %(open)s)
   and (%(stations)s::text[] is null or w.station = any(%(stations)s))
 order by w.id desc limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which warnings to list, the newest first."""

    open: bool | None = None
    colour: int | None = None
    rule: str | None = None
    station: str | None = None
    at: datetime | None = None
    """What had happened by then."""
    asof: datetime | None = None
    """What was on record by then."""
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Held:
    """A warning with the version of its rule that issued it, and the chain."""

    warning: Warning
    rule: Rule
    entries: tuple[Entry, ...]


def page(connection: Connection, wanted: Wanted) -> tuple[Held, ...]:
    """A page of warnings as they stood."""
    rows = connection.execute(
        _STANDING,
        {
            **{name: getattr(wanted, name) for name in ("open", "colour", "rule", "station", "at", "asof")},
            "before": wanted.before,
            "limit": wanted.limit,
            "stations": None,
        },
    ).fetchall()
    return held(connection, [row[0] for row in rows], wanted.at, wanted.asof)


def one(connection: Connection, number: int, asof: datetime | None = None) -> Held:
    """A warning; UnknownWarning where there is none of that number, or was none by then."""
    found = held(connection, [number] if 0 < number <= NUMBER_MOST else [], None, asof)
    if not found:
        raise UnknownWarning(
            f"没有这个预警,请核对编号:{number}", f"no warning of that number: {number}", value=number
        )
    return found[0]


def held(
    connection: Connection, numbers: Sequence[int], at: datetime | None = None, asof: datetime | None = None
) -> tuple[Held, ...]:
    """These warnings in this order; what happened later, or was recorded later, is left out."""
    steps: dict[int, list[Step]] = {number: [] for number in numbers}
    entries: dict[int, list[Entry]] = {number: [] for number in numbers}
    for number, step in _steps(connection, numbers):
        if at is None or step.at <= at:
            steps[number].append(step)
    for number, entry in _entries(connection, numbers):
        if all(each is None or entry.recorded_at <= each for each in (at, asof)):
            entries[number].append(entry)
    rows = {
        row[0]: row
        for row in connection.execute(
            "select id, rule, version, station, hazard, synthetic from warning.warning where id = any(%s)",
            (list(numbers),),
        ).fetchall()
    }
    rules = rule_store.versions(connection, sorted({(row[1], row[2]) for row in rows.values()}))
    found = []
    for number in numbers:
        kept = tuple(steps[number]) if asof is None else until(steps[number], asof)
        if number not in rows or not kept:
            continue
        _, rule, version, station, hazard, synthetic = rows[number]
        warning = Warning(number, rule, version, station, Hazard(hazard), synthetic, kept)
        found.append(Held(warning, rules[rule, version].rule, tuple(entries[number])))
    return tuple(found)


def acknowledge(
    connection: Connection,
    number: int,
    tier: str,
    subject: str,
    department: str,
    comment: str,
    *,
    alone: bool = False,
) -> Held:
    """Write that somebody took note of the newest call; AcknowledgementRefused. The warning after it."""
    _lock(connection, number)
    found = one(connection, number)
    turn = chain.require_turn(
        *(found.rule.chain, found.warning.call, found.entries, tier, subject, department), alone=alone
    )
    _enter(
        *(connection, found, tier, chain.ACKNOWLEDGED, subject),
        *(turn.department or department, comment, turn.due_at),
    )
    return one(connection, number)


def note(connection: Connection, number: int, tier: str, subject: str, department: str, comment: str) -> Held:
    """Write a remark; the chain stays as it is."""
    _lock(connection, number)
    _enter(connection, one(connection, number), tier, chain.NOTED, subject, department, comment, None)
    return one(connection, number)


def escalate(connection: Connection, now: datetime) -> list[tuple[int, str, str]]:
    """Record whose time is over; warnings with tier and department."""
    told = []
    standing = state_store.every_open(connection)
    numbers = sorted(each.warning for of_rule in standing.values() for each in of_rule.values())
    for found in held(connection, numbers):
        held_ = found
        while due := list(chain.overdue(held_.rule.chain, held_.warning.call, held_.entries, now)):
            for turn in due:
                _lock(connection, held_.warning.id)
                department = turn.department
                _enter(
                    *(connection, one(connection, held_.warning.id), turn.tier, chain.ESCALATED),
                    *("onemap", department, "逾时未签收 not acknowledged in time", turn.due_at),
                )
                told.append((held_.warning.id, turn.tier, department))
            held_ = one(connection, held_.warning.id)
    return told


def cancel(connection: Connection, number: int, subject: str, department: str, comment: str) -> Held:
    """Take a warning back, for a reason; WarningStepRefused where it is over, or none is given."""
    _lock(connection, number)
    found = one(connection, number)
    if not found.warning.open:
        raise WarningStepRefused(
            f"预警已结束,不能撤销:{number}", f"the warning is over, nothing to cancel: {number}", value=number
        )
    if not comment.strip():
        raise WarningStepRefused(
            f"撤销须说明原因(comment):{number}", f"say why it is cancelled (comment): {number}", value=number
        )
    connection.execute(
        "insert into warning.step (warning, number, action, colour, at, evidence, subject, department,"
        " comment) values (%s, %s, %s, 0, clock_timestamp(), '{}', %s, %s, %s)",
        (number, found.warning.last.number + 1, Action.CANCELLED.value, subject, department, comment),
    )
    return one(connection, number)


def _lock(connection: Connection, number: int) -> None:
    connection.execute("select 1 from warning.warning where id = %s for update", (min(number, NUMBER_MOST),))


def _enter(
    connection: Connection,
    found: Held,
    tier: str,
    action: str,
    subject: str,
    department: str,
    comment: str,
    due_at: datetime | None,
) -> None:
    connection.execute(
        "insert into warning.acknowledgement (warning, number, call, tier, action, subject, department,"
        " comment, due_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            *(found.warning.id, len(found.entries) + 1, found.warning.call.number, tier, action),
            *(subject, department, comment, due_at),
        ),
    )


def _steps(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, Step]]:
    rows: list[tuple[Any, ...]] = connection.execute(
        "select s.warning, s.number, s.action, s.colour, s.at, s.recorded_at, s.evaluation, s.value,"
        " s.evidence, s.subject, s.department, s.comment, e.at from warning.step s"
        " left join warning.evaluation e on e.id = s.evaluation where s.warning = any(%s) order by 1, 2",
        (list(numbers),),
    ).fetchall()
    return [
        (row[0], Step(row[1], Action(row[2]), Colour(row[3]), *row[4:]))  # in the order of the columns
        for row in rows
    ]


def _entries(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, Entry]]:
    rows: list[tuple[Any, ...]] = connection.execute(
        "select warning, number, call, tier, action, subject, department, comment, due_at, recorded_at"
        " from warning.acknowledgement where warning = any(%s) order by warning, number",
        (list(numbers),),
    ).fetchall()
    return [(row[0], Entry(*row[1:])) for row in rows]
