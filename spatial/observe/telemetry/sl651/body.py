"""Bodies 正文: serial, time of sending, then stations, times and items in the order of the wire.

A body is kept as its parts in order, so that encoding gives the bytes back; what the parts mean
together is said by ``values``. The parts of the two forms differ only in items and series.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.sl651 import clock, functions
from spatial.observe.telemetry.sl651.address import SIZE, Station
from spatial.observe.telemetry.sl651.elements import (
    CATEGORIES,
    LEVEL_BLOCKS,
    MANUAL,
    OBSERVED,
    PICTURE,
    RAIN_BLOCK,
    STATION,
    STEP,
    VELOCITY_BLOCK,
    VENDOR,
)

STEP_DEFINITION = 0x18
HEAD_SIZE = 2 + clock.SENT_SIZE


@dataclass(frozen=True, slots=True)
class StationMark:
    """``F1F1`` or ``ST``: whose values follow. ``category`` is None where no class byte stands."""

    station: Station
    category: int | None
    definition: int = STATION


@dataclass(frozen=True, slots=True)
class TimeMark:
    """``F0F0`` or ``TT``: when the values that follow were observed."""

    observed: datetime
    definition: int = OBSERVED


@dataclass(frozen=True, slots=True)
class StepMark:
    """Time step 时间步长: days, hours, minutes; all zero goes with the hour-long blocks."""

    days: int
    hours: int
    minutes: int

    @property
    def span(self) -> timedelta:
        """The step as a span of time."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Item:
    """Guide, definition and data of the HEX/BCD form; a vendor's guide is ``FF`` and one byte more."""

    guide: int
    definition: int
    raw: bytes

    @property
    def decimals(self) -> int:
        """Decimals that the definition byte names."""
        return self.definition & 7


@dataclass(frozen=True, slots=True)
class TextItem:
    """Identifier and text of the ASCII form."""

    identifier: str
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one guide at equal steps, from the observed time on (HEX/BCD form, AFN 31 and 38).

    The list of several elements after one step has no form here that could be told apart (待核).
    """

    guide: int
    definition: int
    raws: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TextSeries:
    """Values of several identifiers at equal steps, all of one step together (ASCII form, 待核)."""

    identifiers: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """The rest of the body as it stands: manual entry, picture, or what has no items."""

    guide: int | None
    data: bytes
    definition: int = 0


Part = StationMark | TimeMark | StepMark | Item | TextItem | Series | TextSeries | Attachment


@dataclass(frozen=True, slots=True)
class Body:
    """An up body: ``serial`` 流水号 1–65535, ``sent`` 发报时间, parts in order."""

    serial: int
    sent: datetime
    parts: tuple[Part, ...] = ()


def decode(body: bytes, function: int) -> Body:
    """The body of a HEX/BCD frame; BadMessage where its structure cannot be walked to the end."""
    if len(body) < HEAD_SIZE:
        raise BadMessage(Reason.BAD_BODY, f"{len(body)} bytes, a body has at least {HEAD_SIZE}")
    serial = int.from_bytes(body[:2])
    sent = clock.read(body[2:HEAD_SIZE].hex())
    return Body(serial, sent, tuple(_parts(body, function)))


def _parts(body: bytes, function: int) -> list[Part]:
    parts: list[Part] = []
    at, size = HEAD_SIZE, len(body)
    if function not in functions.OBSERVATIONS:
        if function == functions.HEARTBEAT and size > at:
            raise BadMessage(Reason.BAD_BODY, f"heartbeat with {size - at} bytes more")
        return [Attachment(None, body[at:])] if size > at else []
    part: Part
    stepped = False
    while at < size:
        guide = body[at]
        if guide in (STATION, OBSERVED) and _marks(body, at):
            part, at = _mark(body, at)
            stepped = False
        elif guide in (MANUAL, PICTURE) and body[at + 1 : at + 2] == body[at : at + 1]:
            part, at = Attachment(guide, body[at + 2 :], guide), size
        elif guide == STEP and body[at + 1 : at + 2] == bytes((STEP_DEFINITION,)):
            step, at = _step(body, at)
            part, stepped = step, step.span > timedelta(0)
        elif stepped:
            part, at = _series(body, at)
        else:
            part, at = _item(body, at)
        parts.append(part)
    return parts


def _marks(body: bytes, at: int) -> bool:
    """Whether a time or station mark stands here: ``F0F0``, ``F1F1``, or with its size (28) instead."""
    return body[at + 1 : at + 2] in (body[at : at + 1], b"\x28")


def _mark(body: bytes, at: int) -> tuple[StationMark | TimeMark, int]:
    guide, definition, data = body[at], body[at + 1], body[at + 2 : at + 2 + SIZE]
    if len(data) < SIZE:
        raise BadMessage(Reason.BAD_BODY, f"cut short in the mark {guide:02X}")
    after = at + 2 + SIZE
    if guide == OBSERVED:
        return TimeMark(clock.read(data.hex()), definition), after
    category = body[after] if after < len(body) and body[after] in CATEGORIES else None
    return StationMark(Station.read(data), category, definition), after + (category is not None)


def _step(body: bytes, at: int) -> tuple[StepMark, int]:
    digits = body[at + 2 : at + 5].hex()
    if len(digits) < 6 or not digits.isdecimal():
        raise BadMessage(Reason.BAD_BODY, f"time step {digits}")
    return _checked_step(int(digits[:2]), int(digits[2:4]), int(digits[4:])), at + 5


def _checked_step(days: int, hours: int, minutes: int) -> StepMark:
    if (days > 0) + (hours > 0) + (minutes > 0) > 1:
        raise BadMessage(Reason.BAD_BODY, f"time step of {days} d {hours} h {minutes} min together")
    return StepMark(days, hours, minutes)


def _guide(body: bytes, at: int) -> tuple[int, int, int]:
    """Guide, definition and where the data begin."""
    guide, width = body[at], 1
    if guide == VENDOR:
        guide, width = int.from_bytes(body[at : at + 2]), 2
    if at + width >= len(body):
        raise BadMessage(Reason.BAD_BODY, f"cut short after the guide {guide:02X}")
    return guide, body[at + width], at + width + 1


def _item(body: bytes, at: int) -> tuple[Item, int]:
    guide, definition, start = _guide(body, at)
    stop = start + (definition >> 3)
    if stop > len(body):
        raise BadMessage(
            Reason.BAD_BODY, f"item {guide:02X} of {definition >> 3} bytes, {len(body) - start} are left"
        )
    return Item(guide, definition, body[start:stop]), stop


def _series(body: bytes, at: int) -> tuple[Series, int]:
    guide, definition, start = _guide(body, at)
    width = definition >> 3
    if width == 0 or guide in (RAIN_BLOCK, *LEVEL_BLOCKS, VELOCITY_BLOCK):
        raise BadMessage(Reason.BAD_BODY, f"no series of {guide:02X} by a time step")
    raws, stop = [], start
    # No BCD number begins with F0F0 or F1F1, so at a value's place they begin the next group.
    while stop < len(body) and not (body[stop] in (STATION, OBSERVED) and _marks(body, stop)):
        raws.append(body[stop : stop + width])
        stop += width
    if stop > len(body):
        raise BadMessage(Reason.BAD_BODY, f"the last value of {guide:02X} is cut short")
    return Series(guide, definition, tuple(raws)), stop


def encode(body: Body) -> bytes:
    """The bytes of a body in the HEX/BCD form; the exact reverse of :func:`decode`."""
    head = body.serial.to_bytes(2) + bytes.fromhex(clock.digits_of(body.sent, seconds=True))
    return head + b"".join(_encoded(part) for part in body.parts)


def _encoded(part: Part) -> bytes:
    match part:
        case StationMark(station, category, definition):
            own = b"" if category is None else bytes((category,))
            return bytes((STATION, definition)) + station.address + own
        case TimeMark(observed, definition):
            return bytes((OBSERVED, definition)) + bytes.fromhex(clock.digits_of(observed, seconds=False))
        case StepMark(days, hours, minutes):
            return bytes((STEP, STEP_DEFINITION)) + bytes.fromhex(f"{days:02d}{hours:02d}{minutes:02d}")
        case Item(guide, definition, raw):
            return _guided(guide, definition) + raw
        case Series(guide, definition, raws):
            return _guided(guide, definition) + b"".join(raws)
        case Attachment(guide, data, definition):
            return data if guide is None else bytes((guide, definition)) + data
        case TextItem() | TextSeries():
            raise TypeError(f"{type(part).__name__} is of the ASCII form")


def _guided(guide: int, definition: int) -> bytes:
    return guide.to_bytes(2 if guide > 0xFF else 1) + bytes((definition,))
