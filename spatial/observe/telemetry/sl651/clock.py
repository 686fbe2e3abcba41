"""Times in BCD 时间. They carry no zone and are read as Beijing time, UTC+8 (待核)."""

from __future__ import annotations

from datetime import datetime

from spatial.datum import BEIJING
from spatial.observe.telemetry.errors import BadMessage, CannotEncode, Reason

SENT_SIZE = 6


def read(digits: str) -> datetime:
    """The instant of YYMMDDHHmm or YYMMDDHHmmSS.

    >>> read("200724172349").isoformat()
    '2020-07-24T17:23:49+08:00'
    """
    try:
        if len(digits) not in (10, 12) or not (digits.isascii() and digits.isdecimal()):
            raise ValueError
        parts = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
        return datetime(2000 + parts[0], *parts[1:], tzinfo=BEIJING)  # type: ignore[misc, arg-type]
    except ValueError:
        raise BadMessage(Reason.BAD_BODY, f"time {digits}") from None


def digits_of(instant: datetime, *, seconds: bool) -> str:
    """The instant as digits, in Beijing time."""
    local = instant.astimezone(BEIJING)
    if not 2000 <= local.year <= 2099:
        raise CannotEncode(
            f"年份须在 2000–2099 之间:{local.year}",
            f"the year must lie between 2000 and 2099: {local.year}",
            value=local.year,
        )
    return local.strftime("%y%m%d%H%M%S" if seconds else "%y%m%d%H%M")
