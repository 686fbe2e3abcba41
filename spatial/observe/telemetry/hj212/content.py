"""Content of CP 数据区: groups between semicolons, each of pairs between commas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from spatial.datum import BEIJING
from spatial.errors import shorten
from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.model import Quality, Reading

PROTOCOL = "hj212"


class Command(IntEnum):
    """Command codes 命令编码 that carry values, and the answers."""

    REAL_TIME = 2011
    DAY = 2031
    MINUTE = 2051
    HOUR = 2061
    REQUEST_ANSWER = 9011
    RESULT = 9012
    NOTICE_ANSWER = 9013
    DATA_ANSWER = 9014


PERIODS = {
    Command.REAL_TIME: "",
    Command.MINUTE: "@minute",
    Command.HOUR: "@hour",
    Command.DAY: "@day",
}
"""What a property's key says of the span its values are over."""
NUMBERS = frozenset({"Rtd", "Min", "Avg", "Max", "Cou", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax"})
"""Attributes with a number 数值字段; those with Zs are converted to standard oxygen 折算."""

FLAGS = {
    "N": Quality.NOT_EVALUATED,
    "S": Quality.SUSPECT,
    "F": Quality.FAIL,
    "M": Quality.FAIL,
    "D": Quality.FAIL,
    "C": Quality.FAIL,
    "T": Quality.FAIL,
    "B": Quality.FAIL,
}
"""Data flags 数据标记: N normal, S entered by hand, F stopped, M in maintenance, D broken, C being
calibrated, T above the range, B no contact with the logger. Others are suspect. The letters are 待核."""

_PAIR = re.compile(r"([^=;,&]+)=([^=;,&]*)")
_KEY = re.compile(r"([A-Za-z0-9]{1,16})-([A-Za-z]{1,16})", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{0,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Content:
    """Groups of pairs, as they stood."""

    groups: tuple[tuple[tuple[str, str], ...], ...]

    def get(self, key: str) -> str | None:
        """The text under a key, wherever it stands."""
        return next((text for group in self.groups for name, text in group if name == key), None)

    @property
    def text(self) -> str:
        """As on the wire."""
        return ";".join(",".join(f"{key}={text}" for key, text in group) for group in self.groups)


def decode(text: str) -> Content:
    """The groups of a content; BadMessage where it is none."""
    if not text:
        return Content(())
    groups = []
    for group in text.removesuffix(";").split(";"):
        pairs = []
        for pair in group.removesuffix(",").split(","):
            found = _PAIR.fullmatch(pair)
            if not found:
                raise BadMessage(Reason.BAD_BODY, f"pair {shorten(pair, 60)}")
            pairs.append((found[1], found[2]))
        groups.append(tuple(pairs))
    return Content(tuple(groups))


def instant(digits: str) -> datetime:
    """The instant of YYYYMMDDhhmmss, as in ``DataTime``; Beijing time.

    >>> instant("20160801085857").isoformat()
    '2016-08-01T08:58:57+08:00'
    """
    try:
        if len(digits) != 14 or not (digits.isascii() and digits.isdecimal()):
            raise ValueError
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise BadMessage(Reason.BAD_BODY, f"time {shorten(digits, 30)}") from None


def readings(command: int, device: str, content: Content, time: datetime) -> list[Reading]:
    """The numbers of a content; other pairs stay in the raw message.

    Whether ``DataTime`` of minutes, hours and days is the begin of the span is 待核: it is taken as it
    stands.
    """
    if command not in PERIODS:
        return []
    period = PERIODS[Command(command)]
    flags: dict[str, str] = {}
    numbers: list[tuple[str, str, float]] = []
    for group in content.groups:
        for key, text in group:
            found = _KEY.fullmatch(key)
            if not found:
                continue
            factor, attribute = found[1], found[2]
            if attribute == "Flag":
                flags[factor] = text
            elif attribute in NUMBERS and _DECIMAL.fullmatch(text):
                numbers.append((factor, attribute, float(text)))
    return [
        Reading(
            f"{PROTOCOL}:{device}",
            f"{PROTOCOL}:{factor}-{attribute}{period}",
            None,
            time,
            value,
            quality(flags.get(factor)),
        )
        for factor, attribute, value in numbers
    ]


def no_numbers(content: Content) -> list[str]:
    """Keys whose text should be a number and is none.

    >>> no_numbers(decode("DataTime=20160801085857;a34004-Rtd=NaN,a34004-Flag=N"))
    ['a34004-Rtd']
    """
    return [
        key
        for group in content.groups
        for key, text in group
        if (found := _KEY.fullmatch(key)) and found[2] in NUMBERS and not _DECIMAL.fullmatch(text)
    ]


def quality(flag: str | None) -> Quality:
    """What a data flag hints at.

    >>> quality("N"), quality("D"), quality("9")
    (<Quality.NOT_EVALUATED: 2>, <Quality.FAIL: 4>, <Quality.SUSPECT: 3>)
    """
    return Quality.NOT_EVALUATED if flag is None else FLAGS.get(flag.upper(), Quality.SUSPECT)
