"""Retention 保存期限: months of values that the database keeps; what is older stands in files alone.

The rule is one for the whole store: a partition holds a month of every property, and leaves whole. It leaves
only after each of its days was brought back from its file for a moment and found to be what the database has.
Roll-ups, latest values, superseded values and raw messages stay for ever.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.observe.archive import day_file, store
from spatial.observe.archive.closing import digest_of
from spatial.observe.archive.errors import ArchiveBroken, BadRetention, NotClosed, PeriodNotAway
from spatial.observe.archive.store import DayFile, Held
from spatial.observe.away import Away, away

MONTHS_MIN: Final = 2
"""The month that is under way and late values of the one before it are always there."""
MONTHS_MAX: Final = 1200
RESTORED_KEPT: Final = timedelta(days=30)
"""What was brought back stays for so long at least."""
LOCK_WAIT: Final = timedelta(seconds=5)
Tell = Callable[[Away], None]
_NAME = re.compile(r"observation_(\d{4})(?:_(\d\d))?")


def declare(connection: Connection, months: int | None, basis: str) -> None:
    """Keep so many whole months before the one under way; ``None`` keeps all."""
    if months is not None and not MONTHS_MIN <= months <= MONTHS_MAX:
        raise BadRetention(
            f"保存月数须为 {MONTHS_MIN}–{MONTHS_MAX}:{months}",
            f"months that are kept must be {MONTHS_MIN} to {MONTHS_MAX}: {months}",
            value=months,
        )
    if not basis.strip():
        raise BadRetention("须说明依据:basis", "say on what basis: basis", value="basis")
    store.declare(connection, months, basis)


def retire(
    connection: Connection, folder: Path, now: datetime | None = None, tell: Tell = lambda _: None
) -> list[Away]:
    """Let the months go that are older than the rule keeps; the connection commits by itself (autocommit)."""
    rule = store.declared(connection)
    if rule is None or rule[0] is None:
        return []
    moment = now or datetime.now(BEIJING)
    cutoff = _months_before(moment, rule[0])
    gone: list[Away] = []
    with store.alone(connection):
        for table in store.partitions(connection):
            period = period_of_table(table)
            if period.until > cutoff:
                continue
            if store.restored_since(connection, period.start, moment - RESTORED_KEPT):
                continue
            _prove(connection, folder, period)
            with connection.transaction():
                store.hold_still(connection, table, LOCK_WAIT)
                held = store.held_by_day(connection, table)
                _closed_as_held(_files(connection, period), held)
                store.let_go(connection, table, period, sum(each.rows for each in held.values()))
            gone.append(period)
            tell(period)
    return gone


def restore(connection: Connection, folder: Path, name: str) -> int:
    """Bring a period back from its files; how many values. All of it or nothing."""
    period = next((each for each in away(connection) if each.name == name), None)
    if period is None:
        raise PeriodNotAway(
            f"该时段未移出,已移出的见 ./onemap observations status:{name}",
            f"this period is not away, ./onemap observations status lists those that are: {name}",
            value=name,
        )
    table = table_of(period)
    with store.alone(connection), connection.transaction():
        files = _files(connection, period)
        into = store.make_room(connection, table)
        with tempfile.TemporaryDirectory(prefix="onemap-archive-") as work:
            for file in files.values():
                rows = Path(work) / "rows.csv"
                day_file.lines(_sound(folder, file), rows)
                store.copy_in(connection, into, rows)
        held = store.held_by_day(connection, table)
        _closed_as_held(files, held)
        store.take_back(connection, table, period)
    return sum(each.rows for each in held.values())


def period_of_table(table: str) -> Away:
    """The period that a partition's name says.

    >>> period_of_table("observation_2024_12").until.isoformat()
    '2025-01-01T00:00:00+08:00'
    """
    found = _NAME.fullmatch(table)
    assert found is not None  # observe.ensure_period names them
    year, month = int(found[1]), int(found[2] or 1)
    start = datetime(year, month, 1, tzinfo=BEIJING)
    return Away(start, _months_after(start, 1 if found[2] else 12))


def table_of(period: Away) -> str:
    """The name of its partition.

    >>> table_of(period_of_table("observation_1998"))
    'observation_1998'
    """
    return "observation_" + period.name.replace("-", "_")


def _prove(connection: Connection, folder: Path, period: Away) -> None:
    """Every file of the period is what was written, and brings back what was closed."""
    with tempfile.TemporaryDirectory(prefix="onemap-archive-") as work:
        for file in _files(connection, period).values():
            rows = Path(work) / "rows.csv"
            day_file.lines(_sound(folder, file), rows)
            with connection.transaction():
                if store.check(connection, rows) != Held(file.rows, file.digest):
                    raise _broken(file, "内容不符", "does not bring back what was closed")


def _sound(folder: Path, file: DayFile) -> Path:
    path = folder / file.path
    if not path.is_file():
        raise _broken(file, "不存在", "is missing")
    if digest_of(path) != (file.sha256, file.bytes):
        raise _broken(file, "与登记的摘要不符", "is not what was written")
    return path


def _broken(file: DayFile, zh: str, en: str) -> ArchiveBroken:
    return ArchiveBroken(
        f"归档文件{zh},请从备份恢复:{file.path}",
        f"an archive file {en}, restore it from a backup: {file.path}",
        value=file.path,
    )


def _files(connection: Connection, period: Away) -> dict[date, DayFile]:
    last = (period.until - timedelta(days=1)).astimezone(BEIJING).date()
    return store.newest(connection, period.start.astimezone(BEIJING).date(), last)


def _closed_as_held(files: Mapping[date, DayFile], held: Mapping[date, Held]) -> None:
    """Refuse where the files are not, day by day, what the database has."""
    closed = {day: Held(file.rows, file.digest) for day, file in files.items() if file.rows}
    differing = sorted(day for day in {*closed, *held} if closed.get(day) != held.get(day))
    if differing:
        told = ", ".join(map(str, differing[:3]))
        raise NotClosed(
            f"有 {len(differing)} 天的归档与数据库不符,请先执行 ./onemap observations close-days:{told}",
            f"{len(differing)} days do not stand in files as the database has them, run ./onemap observations"
            f" close-days first: {told}",
            value=told,
        )


def _months_before(moment: datetime, months: int) -> datetime:
    local = moment.astimezone(BEIJING)
    return _months_after(local.replace(day=1, hour=0, minute=0, second=0, microsecond=0), -months)


def _months_after(start: datetime, months: int) -> datetime:
    number = start.year * 12 + start.month - 1 + months
    return start.replace(year=number // 12, month=number % 12 + 1)
