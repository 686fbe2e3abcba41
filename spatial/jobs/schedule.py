"""Schedules 计划任务: which process runs when, kept in the database beside the jobs.

Cron expressions are in Beijing time. Any worker fires what is due; a schedule
is locked meanwhile, so that it fires once. Runs that were missed while no worker
ran are made up for by one; one whose last job still goes on is left out.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import orjson
import psycopg
from croniter import croniter  # type: ignore[import-untyped]
from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import Conflict, InvalidInput, UnknownSchedule
from spatial.jobs import content, rights, store
from spatial.jobs.model import Owner, Referred, Request, State
from spatial.jobs.process import Inputs, Processes

LOG = logging.getLogger("onemap.jobs")
_PARTS = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule."""

    name: str
    cron: str
    process: str
    next_at: datetime
    last_job: str | None
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Inputs by reference, which every job reads anew."""


def following(cron: str, after: datetime) -> datetime:
    """The next instant of a cron expression (minute hour day month weekday, Beijing time).

    >>> following("30 2 * * *", datetime(2026, 1, 1, 2, 30, tzinfo=BEIJING)).isoformat()
    '2026-01-02T02:30:00+08:00'
    """
    if len(cron.split()) != _PARTS or not croniter.is_valid(cron):
        raise InvalidInput(
            f"不是五段的 cron 表达式(分 时 日 月 周),如 30 2 * * *:{cron}",
            f"no cron expression of five parts (minute hour day month weekday), such as 30 2 * * *: {cron}",
            value=cron,
        )
    found = croniter(cron, after.astimezone(BEIJING)).get_next(datetime)
    assert isinstance(found, datetime)
    return found


def add(
    connection: Connection,
    name: str,
    cron: str,
    process: str,
    inputs: Inputs,
    owner: Owner,
    now: datetime,
    links: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Schedule:
    """Keep a schedule; the inputs have been checked, those among them that ``links`` hold now."""
    first = following(cron, now)
    plain = {each: value for each, value in inputs.items() if each not in links}
    sha256 = content.keep(connection, content.canonical(plain))
    try:
        with connection.transaction():
            connection.execute(
                "insert into spatial.job_schedule"
                " (name, cron, process, inputs_sha256, subject, department, access, next_at, links)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    *(name, cron, process, sha256, owner.subject, owner.department),
                    *(Jsonb(owner.to_json()), first, Jsonb(dict(links))),
                ),
            )
    except psycopg.errors.UniqueViolation:
        raise Conflict(
            f"已有同名计划,请先 ./onemap schedule remove:{name}",
            f"there is a schedule of that name, ./onemap schedule remove it first: {name}",
            value=name,
        ) from None
    except psycopg.errors.CheckViolation:
        raise InvalidInput(
            f"计划名须为 60 个以内的字母、数字、点、横线:{name}",
            f"a schedule's name has up to 60 letters, digits, dots, hyphens: {name}",
            value=name,
        ) from None
    return Schedule(name, cron, process, first, None, links)


def listed(connection: Connection) -> tuple[Schedule, ...]:
    """All schedules, the next one first."""
    rows = connection.execute(
        "select name, cron, process, next_at, last_job::text, links from spatial.job_schedule"
        " order by next_at, name"
    ).fetchall()
    return tuple(Schedule(*row) for row in rows)


def remove(connection: Connection, name: str) -> None:
    """Forget a schedule; jobs it has started go on."""
    row = connection.execute(
        "delete from spatial.job_schedule where name = %s returning inputs_sha256", (name,)
    ).fetchone()
    if row is None:
        raise UnknownSchedule(
            f"没有这个计划,请看 ./onemap schedule list:{name}",
            f"no such schedule, ./onemap schedule list shows them: {name}",
            value=name,
        )
    content.drop_unused(connection, [bytes(row[0])])


def fire_due(connection: Connection, processes: Processes, now: datetime) -> tuple[str, ...]:
    """Hand in a job for each schedule that is due; the jobs' ids."""
    rows = connection.execute(
        "select s.name, s.cron, s.process, s.inputs_sha256, s.subject, s.department, s.access,"
        " s.links, j.state from spatial.job_schedule s left join spatial.job j on j.id = s.last_job"
        " where s.next_at <= %s order by s.next_at for update of s skip locked",
        (now,),
    ).fetchall()
    fired = []
    for name, cron, process, sha256, subject, department, access, links, state in rows:
        job_id = None
        if process not in processes:
            LOG.warning("schedule %s: this worker knows no process %s", name, process)
        elif state is not None and not State(state).final:
            LOG.warning("schedule %s left out: its last job still goes on", name)
        else:
            inputs = orjson.loads(content.fetch(connection, bytes(sha256)))
            owner = rights.still(connection, Owner.from_json(subject, department, access), now)
            referred = tuple(Referred(each, link["href"], link.get("type")) for each, link in links.items())
            version = processes[process].version
            request = Request(process, version, inputs, owner, schedule=name, referred=referred)
            job_id = store.submit(connection, request).id
            fired.append(job_id)
        connection.execute(
            "update spatial.job_schedule set next_at = %s, last_job = coalesce(%s, last_job) where name = %s",
            (following(cron, now), job_id, name),
        )
    return tuple(fired)
