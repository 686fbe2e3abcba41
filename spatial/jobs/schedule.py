"""Schedules 计划任务: which process runs when, kept in the database beside the jobs.

Cron expressions are in Beijing time. Any worker fires what is due; a schedule
is locked meanwhile, so that it fires once. Runs that were missed while no worker
ran are made up for by one; one whose last job still goes on is left out, and so
is one that rests.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import orjson
import psycopg
from psycopg.types.json import Jsonb

from spatial.access.model import Origin, Principal, Role
from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import Conflict, InvalidInput, OneMapError, shorten
from spatial.exchange.identity import new_identities
from spatial.jobs import content, rights, store
from spatial.jobs.cron import closest_min, following
from spatial.jobs.errors import ScheduleLimit, UnknownSchedule
from spatial.jobs.model import Owner, Referred, Request, State
from spatial.jobs.process import Inputs, Processes

LOG = logging.getLogger("onemap.jobs")
MOST = 50
"""Schedules of one department, those that rest among them."""
SHORTEST_MIN = 5
"""Minutes between two firings of what a department sets."""
_COLUMNS = (
    "id::text, name, cron, process, next_at, last_job::text, links, paused, inputs_sha256, subject,"
    " department, access, created_at"
)
Links = Mapping[str, Mapping[str, str]]
NO_LINKS: Links = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule."""

    id: str
    name: str
    cron: str
    process: str
    next_at: datetime
    last_job: str | None
    links: Links
    """Inputs by reference, which every job reads anew; ``own``: the address within this platform."""
    paused: bool
    inputs_sha256: bytes
    """Of the inputs that are no links."""
    owner: Owner
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """Which schedules to list, the oldest first."""

    department: str | None = None
    everyones: bool = False
    processes: tuple[str, ...] = ()
    after: str | None = None
    """Identity of the last schedule of the page before."""
    limit: int = 1000


def may_see(principal: Principal, schedule: Schedule) -> bool:
    """Whether somebody may know of a schedule: as of its jobs."""
    if principal.origin is Origin.LOCAL:
        return True
    return principal.department is not None and principal.department == schedule.owner.department


def may_end(principal: Principal, schedule: Schedule) -> bool:
    """Whether somebody may stop or remove it: who set it, the department's steward, the operator."""
    return may_start(principal, schedule) or (
        may_see(principal, schedule) and Role.STEWARD in principal.roles
    )


def may_start(principal: Principal, schedule: Schedule) -> bool:
    """Whether somebody may change when it runs: it runs with the rights of who set it, so they alone, and
    the operator.
    """
    own = may_see(principal, schedule) and principal.subject == schedule.owner.subject
    return principal.origin is Origin.LOCAL or own


def require_limits(connection: Connection, owner: Owner, cron: str) -> None:
    """ScheduleLimit where a department sets too many, or one that fires too often; until the transaction
    ends, no other is added for it.
    """
    if owner.local:
        return
    require_interval(cron)
    connection.execute(
        "select pg_advisory_xact_lock(hashtextextended('job_schedule/' || %s, 0))", (owner.department,)
    )
    row = connection.execute(
        "select count(*) from spatial.job_schedule where department = %s", (owner.department,)
    ).fetchone()
    assert row is not None
    if row[0] >= MOST:
        raise ScheduleLimit(
            f"本部门至多 {MOST} 个计划,请先移除不用的(DELETE /schedules/…),现有:{row[0]}",
            f"a department may have {MOST} schedules, remove one that is not used (DELETE /schedules/…);"
            f" there are: {row[0]}",
            value=row[0],
        )


def require_interval(cron: str) -> None:
    """ScheduleLimit where it fires oftener than a department's may."""
    minutes = closest_min(cron)
    if minutes < SHORTEST_MIN:
        shown = shorten(cron)
        raise ScheduleLimit(
            f"两次执行至少相隔 {SHORTEST_MIN} 分钟(跨午夜亦然),请改为如 */{SHORTEST_MIN} * * * *:{shown}",
            f"two runs stand {SHORTEST_MIN} minutes apart at least, over midnight, too; such as"
            f" */{SHORTEST_MIN} * * * *: {shown}",
            value=shown,
            details={"pointer": "/cron"},
        )


def add(
    connection: Connection,
    name: str,
    cron: str,
    process: str,
    inputs: Inputs,
    owner: Owner,
    now: datetime,
    links: Links = NO_LINKS,
    *,
    paused: bool = False,
) -> Schedule:
    """Keep a schedule; the inputs have been checked, those among them that ``links`` hold now."""
    first = following(cron, now)
    _require_name(name)
    plain = {each: value for each, value in inputs.items() if each not in links}
    sha256 = content.keep(connection, content.canonical(plain))
    identity = next(new_identities())
    try:
        with connection.transaction():
            row = connection.execute(
                "insert into spatial.job_schedule"
                " (id, name, cron, process, inputs_sha256, subject, department, access, next_at, links,"
                " paused)"
                f" values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}",
                (
                    *(identity, name, cron, process, sha256, owner.subject, owner.department),
                    *(Jsonb(owner.to_json()), first, Jsonb(dict(links)), paused),
                ),
            ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Conflict(
            f"已有同名计划,请先移除(./onemap schedule remove,或 DELETE /schedules/…)或改名:{name}",
            "there is a schedule of that name, remove it first (./onemap schedule remove, or DELETE"
            f" /schedules/…) or take another: {name}",
            value=name,
        ) from None
    except psycopg.errors.CheckViolation:
        raise _bad_name(name) from None
    return _schedule(row)


ALL = Listing(everyones=True, limit=100_000)


def listed(connection: Connection, asked: Listing = ALL) -> tuple[Schedule, ...]:
    """A page of schedules, the oldest first."""
    rows = connection.execute(
        f"select {_COLUMNS} from spatial.job_schedule where (%s or department = %s)"
        " and (cardinality(%s::text[]) = 0 or process = any(%s)) and (%s::uuid is null or id > %s)"
        " order by id limit %s",
        (
            *(asked.everyones, asked.department, list(asked.processes), list(asked.processes)),
            *(asked.after, asked.after, asked.limit),
        ),
    ).fetchall()
    return tuple(_schedule(row) for row in rows)


def get(connection: Connection, schedule_id: str, *, lock: bool = False) -> Schedule:
    """The schedule of that id; UnknownSchedule. Locked, nothing fires it until the transaction ends."""
    row = None
    if store.is_identity(schedule_id):
        row = connection.execute(
            f"select {_COLUMNS} from spatial.job_schedule where id = %s {'for update' if lock else ''}",
            (schedule_id,),
        ).fetchone()
    if row is None:
        raise unknown(schedule_id)
    return _schedule(row)


def named(connection: Connection, name: str) -> Schedule:
    """The one schedule of that name, or id; UnknownSchedule, Conflict where departments share the name."""
    if store.is_identity(name):
        return get(connection, name)
    rows = connection.execute(
        f"select {_COLUMNS} from spatial.job_schedule where name = %s", (name,)
    ).fetchall()
    if not rows:
        raise unknown(name)
    if len(rows) > 1:
        raise Conflict(
            f"几个部门都有此名的计划,请给出标识(./onemap schedule list --json):{name}",
            f"several departments have a schedule of that name, give its id (./onemap schedule list --json):"
            f" {name}",
            value=name,
        )
    return _schedule(rows[0])


def unknown(asked: str) -> UnknownSchedule:
    """The error for a schedule that is not there, or not for the asker."""
    shown = shorten(asked)
    return UnknownSchedule(
        f"没有这个计划,可见的计划在 /schedules(或 ./onemap schedule list):{shown}",
        f"no such schedule, /schedules lists them (or ./onemap schedule list): {shown}",
        value=shown,
    )


def inputs(connection: Connection, schedule: Schedule) -> Mapping[str, Any]:
    """Its inputs that are no links, as they were checked."""
    found = orjson.loads(content.fetch(connection, schedule.inputs_sha256))
    assert isinstance(found, dict)
    return found


def change(connection: Connection, schedule: Schedule, cron: str, paused: bool, now: datetime) -> Schedule:
    """Another hour, rest, or an end of rest; what would have run meanwhile is not made up for."""
    if (cron, paused) == (schedule.cron, schedule.paused):
        return schedule
    row = connection.execute(
        "update spatial.job_schedule set cron = %s, paused = %s, next_at = %s where id = %s"
        f" returning {_COLUMNS}",
        (cron, paused, following(cron, now), schedule.id),
    ).fetchone()
    return _schedule(row)


def remove(connection: Connection, name: str) -> Schedule:
    """Forget the schedule of that name, or id; jobs it has started go on."""
    schedule = named(connection, name)
    connection.execute("delete from spatial.job_schedule where id = %s", (schedule.id,))
    content.drop_unused(connection, [schedule.inputs_sha256])
    return schedule


def fire_due(connection: Connection, processes: Processes, now: datetime) -> tuple[str, ...]:
    """Hand in a job for each schedule that is due; the jobs' ids."""
    rows = connection.execute(
        f"select {_COLUMNS} from spatial.job_schedule where next_at <= %s and not paused"
        " order by next_at for update skip locked",
        (now,),
    ).fetchall()
    fired = []
    for one in (_schedule(row) for row in rows):
        job_id = None
        try:
            with connection.transaction():  # one that cannot be fired hinders no other
                job_id = _fire(connection, processes, one, now)
        except OneMapError as failure:
            LOG.error("schedule %s could not be fired: %s", one.id, failure.code)
        if job_id is not None:
            fired.append(job_id)
        _moved_on(connection, one, job_id, now)
    return tuple(fired)


def _moved_on(connection: Connection, one: Schedule, job_id: str | None, now: datetime) -> None:
    try:
        following_at = following(one.cron, now)
    except InvalidInput as failure:  # kept by a version that took it
        LOG.error("schedule %s rests from now on: %s", one.id, failure.en)
        connection.execute("update spatial.job_schedule set paused = true where id = %s", (one.id,))
        return
    connection.execute(
        "update spatial.job_schedule set next_at = %s, last_job = coalesce(%s, last_job) where id = %s",
        (following_at, job_id, one.id),
    )


def _fire(connection: Connection, processes: Processes, one: Schedule, now: datetime) -> str | None:
    if one.process not in processes:
        LOG.warning("schedule %s: this worker knows no process %s", one.id, one.process)
        return None
    if one.last_job is not None and not State(store.get(connection, one.last_job).state).final:
        LOG.warning("schedule %s left out: its last job still goes on", one.id)
        return None
    owner = rights.still(connection, one.owner, now)
    referred = tuple(
        Referred(each, link["href"], link.get("type"), own=link.get("own"))
        for each, link in one.links.items()
    )
    version, given = processes[one.process].version, inputs(connection, one)
    request = Request(one.process, version, given, owner, schedule=one.name, referred=referred)
    return store.submit(connection, request).id


def _require_name(name: str) -> None:
    if "\0" in name or not name:
        raise _bad_name(name)


def _bad_name(name: str) -> InvalidInput:
    shown = shorten(name)
    return InvalidInput(
        f"计划名须为 60 个以内的字母、数字、点、横线,以字母或数字开头:{shown}",
        "a schedule's name has up to 60 letters, digits, dots, hyphens, and begins with a letter or digit:"
        f" {shown}",
        value=shown,
        details={"pointer": "/name"},
    )


def _schedule(row: tuple[Any, ...] | None) -> Schedule:
    assert row is not None
    identity, name, cron, process, next_at, last_job, links, paused, sha256 = row[:9]
    subject, department, access, created_at = row[9:]
    return Schedule(
        id=identity,
        name=name,
        cron=cron,
        process=process,
        next_at=next_at.astimezone(BEIJING),
        last_job=last_job,
        links=links,
        paused=paused,
        inputs_sha256=bytes(sha256),
        owner=Owner.from_json(subject, department, access),
        created_at=created_at,
    )
