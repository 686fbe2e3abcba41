"""What is no longer in the database 已移出的时段: values that stand in the files of closed days alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import NotFound
from spatial.history.read import Statement


class PeriodAway(NotFound):
    """The values asked for stand in files alone 观测值已移出数据库."""

    code = "observations-away"


@dataclass(frozen=True, slots=True)
class Away:
    """A period, from an instant to before another."""

    start: datetime
    until: datetime

    @property
    def name(self) -> str:
        """As the command line takes it: ``2024-03``, before 2010 a year."""
        start, until = self.start.astimezone(BEIJING), self.until.astimezone(BEIJING)
        return f"{start:%Y}" if until.year > start.year and until.month == start.month else f"{start:%Y-%m}"

    def overlaps(self, start: datetime | None, end: datetime | None) -> bool:
        """Whether it shares an instant with a span, open where an end is ``None``."""
        return (end is None or end >= self.start) and (start is None or start < self.until)


def periods() -> Statement:
    """Rows of the members of :class:`Away`, in order."""
    return Statement(
        "select start, until from observe.period_away where restored_at is null order by start", ()
    )


def away(connection: Connection) -> tuple[Away, ...]:
    """The periods that are away now."""
    statement = periods()
    return tuple(Away(*row) for row in connection.execute(statement.sql, statement.params).fetchall())


def touched(known: Iterable[Away], start: datetime | None, end: datetime | None) -> tuple[Away, ...]:
    """Those of them that a span needs."""
    return tuple(each for each in known if each.overlaps(start, end))


def wholly(known: Iterable[Away], start: datetime | None, end: datetime | None) -> bool:
    """Whether nothing of a span is in the database: it lies within periods that follow one another.

    >>> from spatial.datum.clock import parse_instant
    >>> march, april, may, june = (parse_instant(f"2024-0{month}-01") for month in range(3, 7))
    >>> gone = [Away(march, april), Away(april, may)]
    >>> wholly(gone, march, april), wholly(gone, april, may), wholly(gone, april, march)
    (True, False, False)
    >>> wholly([], may, june)
    False
    """
    if start is None or end is None or start > end:
        return False
    reached = start
    for each in touched(known, start, end):
        if each.start > reached:
            return False
        reached = each.until
    return reached > end


def refusal(found: Iterable[Away]) -> PeriodAway:
    """What to say where nothing can be answered, and what to do."""
    names = [each.name for each in found]
    told = "、".join(names)
    return PeriodAway(
        f"这些时段的观测值已转存为文件,请由管理员执行 ./onemap observations restore {names[0]}:{told}",
        f"values of these periods stand in files alone; an operator brings them back with ./onemap"
        f" observations restore {names[0]}: {', '.join(names)}",
        value=", ".join(names),
    )
