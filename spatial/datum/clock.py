"""Time 时间基准: the Gregorian calendar in Beijing time 公元纪年、北京时间.

Policy, stated once:

- Beijing time is **+08:00, always**. ``Asia/Shanghai`` is not used for it: that zone
  has +09:00 in the summers of 1986–1991 and +08:05:43 before 1901. A calendar
  day is [00:00+08:00, next 00:00+08:00) in every year. Archives whose clocks did
  run on summer time are read with ``instant_of_archive`` and say so.
- An instant is an aware ``datetime`` in +08:00 with microseconds; a naive one is
  refused everywhere.
- Intervals are half-open. An open end is ``..`` in text and ``null`` in JSON; the
  year 9999 as a stand-in for it is refused.
- A leap second 23:59:60 rolls to the next second. More than six decimals of a
  second are cut, which keeps the order of instants.
- In SQL never ``AT TIME ZONE '+08'``, whose sign is POSIX (12:00 becomes 20:00Z);
  use ``'Asia/Shanghai'`` for display after 1991 or ``interval '8 hours'``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import NoReturn
from zoneinfo import ZoneInfo

from spatial.errors import BadTime

BEIJING = timezone(timedelta(hours=8), "+08:00")
OPEN = ".."

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?P<zone>[Zz]|(?P<sign>[+-])(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?)?",
    re.ASCII,
)
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Interval:
    """A span of time [start, end); ``None`` is an open end.

    ``start == end`` stands for that one instant, which the interval contains.
    """

    start: datetime | None
    end: datetime | None

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound is not None:
                require_aware(bound)
        if self.start is not None and self.end is not None and self.start > self.end:
            _bad(
                "时间区间的起点晚于终点", "the interval starts after its end",
                f"{format_instant(self.start)}/{format_instant(self.end)}",
            )  # fmt: skip

    @property
    def is_instant(self) -> bool:
        """One instant, not a span."""
        return self.start is not None and self.start == self.end

    def contains(self, instant: datetime) -> bool:
        """Whether the instant lies in the interval.

        >>> beijing_day("2026-01-01").contains(parse_instant("2025-12-31T16:00:00Z"))
        True
        """
        require_aware(instant)
        if self.is_instant:
            return instant == self.start
        after = self.start is None or self.start <= instant
        return after and (self.end is None or instant < self.end)

    def overlaps(self, other: Interval) -> bool:
        """Whether some instant lies in both."""
        if self.is_instant:
            return self.start is not None and other.contains(self.start)
        if other.is_instant:
            return other.start is not None and self.contains(other.start)
        before = self.end is None or other.start is None or other.start < self.end
        return before and (other.end is None or self.start is None or self.start < other.end)

    def to_json(self) -> list[str | None]:
        """Start and end as texts; ``null`` for an open end."""
        return [None if each is None else format_instant(each) for each in (self.start, self.end)]

    def __str__(self) -> str:
        return format_interval(self)


def parse_instant(text: str) -> datetime:
    """An instant from RFC 3339 text, or from a calendar day: its beginning in Beijing.

    >>> parse_instant("2026-01-01T00:00:00Z").isoformat()
    '2026-01-01T08:00:00+08:00'
    >>> parse_instant("2026-03-01").isoformat()
    '2026-03-01T00:00:00+08:00'
    >>> parse_instant("2016-12-31T23:59:60Z").isoformat()
    '2017-01-01T08:00:00+08:00'
    >>> parse_instant("2026-01-01T00:00:00")
    Traceback (most recent call last):
    spatial.errors.BadTime: ...
    """
    stripped = text.strip()
    if _DAY.fullmatch(stripped):
        return _midnight(_date(stripped))
    match = _INSTANT.fullmatch(stripped)
    if match is None:
        _bad(
            "不是时刻(应如 2026-01-01T08:00:00+08:00 或 2026-01-01;网址中“+”须写作 %2B)",
            "no instant; write 2026-01-01T08:00:00+08:00 or 2026-01-01 (in a URL the plus sign is %2B)",
            text,
        )
    if match["zone"] is None:
        _bad("时刻未注明时区(应加 +08:00 或 Z)", "the instant lacks its zone; add +08:00 or Z", text)
    return _instant(match, text)


def parse_interval(text: str) -> Interval:
    """An interval from ``a/b``, ``../b``, ``a/..``, a calendar day or one instant.

    A day as a bound counts whole: the interval runs from its beginning, or to
    its end. An instant as the end is not part of the interval.

    >>> str(parse_interval("2026-01-01"))
    '2026-01-01T00:00:00+08:00/2026-01-02T00:00:00+08:00'
    >>> str(parse_interval("2026-01-01/2026-01-31"))
    '2026-01-01T00:00:00+08:00/2026-02-01T00:00:00+08:00'
    >>> parse_interval("../2026-01-01T00:00:00+08:00").to_json()
    [None, '2026-01-01T00:00:00+08:00']
    """
    parts = text.strip().split("/")
    if len(parts) == 1:
        if _DAY.fullmatch(parts[0]):
            return beijing_day(parts[0])
        instant = parse_instant(parts[0])
        return Interval(instant, instant)
    if len(parts) != 2:
        _bad("不是时间区间(应如 a/b、../b、a/..)", "no interval; write a/b, ../b or a/..", text)
    start = None if parts[0] in ("", OPEN) else parse_instant(parts[0])
    if parts[1] in ("", OPEN):
        return Interval(start, None)
    if _DAY.fullmatch(parts[1]):
        last = beijing_day(parts[1])
        if start is not None and last.end is not None and start >= last.end:
            _bad("时间区间的起点晚于终点", "the interval starts after its end", text)
        return Interval(start, last.end)
    return Interval(start, parse_instant(parts[1]))


def beijing_day(day: date | str) -> Interval:
    """The calendar day [00:00+08:00, next 00:00+08:00).

    >>> str(beijing_day("1988-07-01"))
    '1988-07-01T00:00:00+08:00/1988-07-02T00:00:00+08:00'
    """
    start = _midnight(_date(day) if isinstance(day, str) else day)
    return Interval(start, start + timedelta(days=1))


@lru_cache(maxsize=4096)
def format_instant(instant: datetime) -> str:
    """RFC 3339 text in +08:00; a fraction of a second only where there is one.

    >>> from datetime import UTC, datetime
    >>> format_instant(datetime(2026, 1, 1, tzinfo=UTC))
    '2026-01-01T08:00:00+08:00'
    """
    require_aware(instant)
    return _in_beijing(instant, str(instant)).isoformat()


def format_interval(interval: Interval) -> str:
    """``a/b`` with ``..`` for an open end; one instant as ``a``."""
    if interval.is_instant and interval.start is not None:
        return format_instant(interval.start)
    return "/".join(OPEN if each is None else each for each in interval.to_json())


class ArchiveClock(StrEnum):
    """What the clock showed on which an old record was written."""

    STANDARD = "standard"
    """+08:00, also where summer time was in force."""
    CIVIL = "civil"
    """The clock on the wall: +09:00 in the summers of 1986–1991 夏令时."""


def instant_of_archive(reading: datetime, clock: ArchiveClock) -> datetime:
    """The instant of a naive reading in an archive, by an explicit choice of clock.

    Refused (BadTime): a civil reading before 1901, when local mean time was kept,
    and one that summer time skipped or showed twice.

    >>> from datetime import datetime
    >>> instant_of_archive(datetime(1988, 7, 1, 12), ArchiveClock.CIVIL).isoformat()
    '1988-07-01T11:00:00+08:00'
    >>> instant_of_archive(datetime(1988, 7, 1, 12), ArchiveClock.STANDARD).isoformat()
    '1988-07-01T12:00:00+08:00'
    """
    text = reading.isoformat()
    if reading.tzinfo is not None:
        _bad("档案时间应不带时区", "an archive reading carries no zone", text)
    if clock is ArchiveClock.STANDARD:
        return _in_beijing(reading.replace(tzinfo=BEIJING), text)
    if reading.year < 1901:
        _bad("1901 年以前为地方平时,不能换算", "before 1901 local mean time was kept", text)
    wall = reading.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    if wall.utcoffset() != wall.replace(fold=1).utcoffset():
        _bad(
            "夏令时起止时刻,读数不存在或出现两次", "summer time skipped this reading or showed it twice", text
        )
    return _in_beijing(wall, text)


GNSS_AHEAD_OF_UTC = MappingProxyType({"BDT": timedelta(seconds=4), "GPST": timedelta(seconds=18)})
"""北斗时 and GPS time against UTC since 2017-01-01, the last leap second (unverified for the future)."""


def instant_of_gnss(reading: datetime, clock: str) -> datetime:
    """The instant of a naive reading of a GNSS clock (``BDT``, ``GPST``), at device ingest.

    >>> from datetime import datetime
    >>> instant_of_gnss(datetime(2026, 1, 1, 0, 0, 18), "GPST").isoformat()
    '2026-01-01T08:00:00+08:00'
    """
    text = f"{reading.isoformat()} {clock}"
    if reading.tzinfo is not None or reading.year < 2017 or clock not in GNSS_AHEAD_OF_UTC:
        _bad(
            "须为 2017 年以后 BDT 或 GPST 的读数,不带时区",
            "a reading of BDT or GPST since 2017, without zone, is wanted", text,
        )  # fmt: skip
    return _in_beijing(reading.replace(tzinfo=UTC) - GNSS_AHEAD_OF_UTC[clock], text)


def require_aware(instant: datetime) -> None:
    """BadTime for a naive datetime."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        _bad("时刻未注明时区", "the instant lacks its time zone", instant.isoformat())


def _instant(match: re.Match[str], text: str) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    micro = int(((match[7] or "") + "000000")[:6])
    offset = timedelta()
    if match["sign"]:
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        if hours > 23 or minutes > 59:
            _bad("时区偏移有误", "no such offset from UTC", text)
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if match["sign"] == "-" else 1)
    leap = second == 60
    try:
        local = datetime(year, month, day, hour, minute, 59 if leap else second, micro, timezone(offset))
        instant = local.astimezone(UTC)
    except (ValueError, OverflowError):
        _bad("没有这个时刻", "no such instant", text)
    if leap:
        if (23, 59) not in ((local.hour, local.minute), (instant.hour, instant.minute)):
            _bad("闰秒只在 23:59:60", "a leap second is 23:59:60 only", text)
        instant = instant.replace(microsecond=0) + timedelta(seconds=1)
    return _in_beijing(instant, text)


def _in_beijing(instant: datetime, text: str) -> datetime:
    try:
        local = instant.astimezone(BEIJING)
    except OverflowError:
        _bad("时刻超出 0001–9998 年", "the instant leaves the years 0001 to 9998", text)
    if local.year > 9998:
        _bad("9999 年不作为“至今”使用,开放的终点写作 ..", "the year 9999 is no open end; write ..", text)
    return local


def _date(text: str) -> date:
    match = _DAY.fullmatch(text.strip())
    if match is None:
        _bad("不是日期(应如 2026-01-01)", "no day; write 2026-01-01", text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        _bad("没有这一天(应如 2026-01-01)", "no such day; write 2026-01-01", text)


def _midnight(day: date) -> datetime:
    if isinstance(day, datetime):
        _bad("应为日期而非时刻", "a day is wanted, not an instant", day.isoformat())
    if not 1 <= day.year <= 9998:
        _bad("9999 年不作为“至今”使用,开放的终点写作 ..", "the year 9999 is no open end; write ..", str(day))
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING)


def _bad(zh: str, en: str, value: str) -> NoReturn:
    raise BadTime(f"{zh}:{value}", f"{en}: {value}", value=value)
