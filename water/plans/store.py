"""SQL of response plans 预案: versions, steps, activations, confirmations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.errors import shorten
from water.errors import UnknownResponsePlan
from water.plans.model import Activation, Confirmation, State, Step, Version

_TITLE: Final = "jsonb_build_object('title', content -> 'title', 'data_nature', content -> 'data_nature')"


def lock(connection: Connection, plan: str) -> None:
    """One at a time decides on a plan, until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"response plan {plan}",))


def add(
    connection: Connection, plan: str, number: int, content: Mapping[str, Any], sha256: str, reason: str
) -> None:
    """Keep a version."""
    connection.execute(
        "insert into response.version (plan, number, content, sha256, reason)"
        " values (%s, %s, %s, decode(%s, 'hex'), %s)",
        (plan, number, Jsonb(dict(content)), sha256, reason),
    )


def step(
    connection: Connection, plan: str, version: int, state: State, subject: str, department: str, note: str
) -> None:
    """Write the next step of a version."""
    connection.execute(
        "insert into response.step (plan, version, number, state, subject, department, note)"
        " select %s, %s, coalesce(max(number), 0) + 1, %s, %s, %s, %s"
        " from response.step where plan = %s and version = %s",
        (plan, version, state.value, subject, department, note, plan, version),
    )


def plans(connection: Connection) -> list[list[Version]]:
    """The versions of every plan, without their contents, plans by id."""
    found: dict[str, list[Version]] = {}
    for each in _versions(connection, f"select plan, number, {_TITLE}, sha256, reason", "", ()):
        found.setdefault(each.plan, []).append(each)
    return [*found.values()]


def versions(connection: Connection, plan: str) -> list[Version]:
    """The versions of a plan by number, without their contents; none of a plan that is not there."""
    columns = f"select plan, number, {_TITLE}, sha256, reason"
    return _versions(connection, columns, "where plan = %s", (plan,))


def version(connection: Connection, plan: str, number: int) -> Version:
    """A version with its content; UnknownResponsePlan."""
    found = _versions(
        connection,
        "select plan, number, content, sha256, reason",
        "where plan = %s and number = %s",
        (plan, number),
    )
    if not found:
        raise unknown(f"{plan} {number}")
    return found[0]


def _versions(connection: Connection, columns: str, clause: str, values: tuple[object, ...]) -> list[Version]:
    rows = connection.execute(
        f"{columns} from response.version {clause} order by plan, number", values
    ).fetchall()
    steps: dict[tuple[str, int], list[Step]] = {}
    for plan, number, state, *rest in connection.execute(
        "select plan, version, state, subject, department, note, recorded_at from response.step"
        f" {clause.replace('number', 'version')} order by plan, version, number",
        values,
    ).fetchall():
        steps.setdefault((plan, number), []).append(Step(State(state), *rest))
    return [
        Version(plan, number, content, bytes(sha256).hex(), reason, tuple(steps[plan, number]))
        for plan, number, content, sha256, reason in rows
    ]


def activate(
    connection: Connection,
    of: Version,
    trigger: str,
    facts: Mapping[str, Any],
    verdicts: Sequence[Mapping[str, Any]],
    *,
    exercise: bool,
    activated_at: datetime,
    subject: str,
    department: str,
    note: str,
) -> int:
    """Keep an activation; its number."""
    row = connection.execute(
        "insert into response.activation (plan, version, trigger, facts, verdicts, exercise, activated_at,"
        " subject, department, note) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        (
            *(of.plan, of.number, trigger, Jsonb(dict(facts)), Jsonb([dict(each) for each in verdicts])),
            *(exercise, activated_at, subject, department, note),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def confirm(
    connection: Connection,
    activation: int,
    kind: str,
    item: str,
    done_at: datetime,
    subject: str,
    department: str,
    note: str,
) -> bool:
    """Keep a confirmation; False where it was confirmed before."""
    made = connection.execute(
        "insert into response.confirmation (activation, kind, item, subject, department, note, done_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        (activation, kind, item, subject, department, note, done_at),
    )
    return bool(made.rowcount)


def end(
    connection: Connection, activation: int, ended_at: datetime, subject: str, department: str, note: str
) -> None:
    """Keep the end of an activation."""
    connection.execute(
        "insert into response.ending (activation, ended_at, subject, department, note)"
        " values (%s, %s, %s, %s, %s)",
        (activation, ended_at, subject, department, note),
    )


def activations(connection: Connection, plan: str) -> list[Activation]:
    """The activations of a plan, the newest first."""
    return _activations(connection, "where a.plan = %s", (plan,))


def at_work(connection: Connection, at: datetime, asof: datetime) -> list[Activation]:
    """The activations that were at work at an instant, as on record at ``asof``, the newest first.

    What was done, confirmed or ended later than ``at``, or recorded later than ``asof``, is left out.
    """
    found = _activations(
        connection,
        "where a.activated_at <= %s and a.recorded_at <= %s"
        " and (e.ended_at is null or e.ended_at > %s or e.recorded_at > %s)",
        (at, asof, at, asof),
        then=(at, asof),
    )
    return [replace(each, ended_at=None) for each in found]


def activation(connection: Connection, plan: str, number: int) -> Activation:
    """One activation of a plan; UnknownResponsePlan."""
    found = _activations(connection, "where a.plan = %s and a.id = %s", (plan, number))
    if not found:
        raise unknown(f"{plan} {number}")
    return found[0]


def _activations(
    connection: Connection,
    clause: str,
    values: tuple[object, ...],
    then: tuple[datetime, datetime] | None = None,
) -> list[Activation]:
    rows = connection.execute(
        "select a.id, a.plan, a.version, a.trigger, a.facts, a.verdicts, a.exercise, a.activated_at,"
        " a.subject, a.department, a.note, e.ended_at from response.activation a"
        f" left join response.ending e on e.activation = a.id {clause} order by a.id desc",
        values,
    ).fetchall()
    confirmed: dict[int, list[Confirmation]] = {}
    for number, *rest in connection.execute(
        "select activation, kind, item, subject, department, note, done_at, recorded_at"
        " from response.confirmation where activation = any(%(numbers)s)"
        " and (%(at)s::timestamptz is null or done_at <= %(at)s)"
        " and (%(asof)s::timestamptz is null or recorded_at <= %(asof)s) order by recorded_at, kind, item",
        {"numbers": [row[0] for row in rows], "at": then and then[0], "asof": then and then[1]},
    ).fetchall():
        confirmed.setdefault(number, []).append(Confirmation(*rest))
    return [
        Activation(
            id=row[0],
            plan=row[1],
            version=row[2],
            trigger=row[3],
            facts=row[4],
            verdicts=tuple(row[5]),
            exercise=row[6],
            activated_at=row[7],
            subject=row[8],
            department=row[9],
            note=row[10],
            confirmations=tuple(confirmed.get(row[0], ())),
            ended_at=row[11],
        )
        for row in rows
    ]


def unknown(what: str) -> UnknownResponsePlan:
    """No such plan, version or activation."""
    shown = shorten(what)
    return UnknownResponsePlan(
        f"没有这个预案、版本或启动记录,现有的见 /response-plans:{shown}",
        f"no such plan, version or activation, /response-plans lists them: {shown}",
        value=shown,
    )
