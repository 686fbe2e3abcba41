"""Values 测值: what the parts of a body say together: whose, of what, when, how much.

The observed time of a period value is the period's end; in AFN 31, 34 and 38 that of an array is the
time of its first value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.model import Quality, Reading
from spatial.observe.telemetry.sl651 import body as hex_form
from spatial.observe.telemetry.sl651 import elements, text
from spatial.observe.telemetry.sl651.body import (
    Attachment,
    Body,
    Item,
    Series,
    StationMark,
    StepMark,
    TextItem,
    TextSeries,
    TimeMark,
)
from spatial.observe.telemetry.sl651.frame import Form, Frame
from spatial.observe.telemetry.sl651.number import State, number

PROTOCOL = "sl651"
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,9})?", re.ASCII)
_BLOCK_STEP = timedelta(seconds=elements.BLOCK_STEP_S)
_NOTHING = (State.MISSING, None)
_VELOCITIES = elements.key_of(elements.VELOCITY_BLOCK)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a station; ``key`` is the element's identifier, else its hexadecimal guide."""

    station: str
    key: str
    unit: str | None
    time: datetime
    state: State
    number: float | None


def decode_body(frame: Frame) -> Body:
    """The body of a frame, in the form the frame has."""
    decode = hex_form.decode if frame.form is Form.HEX else text.decode
    return decode(frame.body, frame.function)


def values(frame: Frame, body: Body) -> list[Value]:
    """All values of a body in the order of the wire.

    Before any mark the station is the frame's and the time that of sending. BadMessage where a series
    runs out of the calendar.
    """
    try:
        return _walk(frame, body)
    except OverflowError:
        raise BadMessage(Reason.BAD_BODY, "a series that leaves the calendar") from None


def _walk(frame: Frame, body: Body) -> list[Value]:
    found: list[Value] = []
    station, time, step = frame.station.text, body.sent, timedelta(0)
    for part in body.parts:
        match part:
            case StationMark(marked):
                station = marked.text
            case TimeMark(observed):
                time = observed
            case StepMark():
                step = part.span
            case Item():
                found.extend(_of_item(part, station, time))
            case TextItem():
                found.extend(_of_text(part, station, time))
            case Series(guide, definition, raws):
                key, unit = elements.key_of(guide), elements.unit_of(guide)
                for n, raw in enumerate(raws):
                    state, value = _number(guide, raw, definition & 7)
                    found.append(Value(station, key, unit, time + n * step, state, value))
            case TextSeries(identifiers, texts):
                for n, word in enumerate(texts):
                    identifier = identifiers[n % len(identifiers)]
                    state, value = _text_number(identifier, word)
                    at = time + n // len(identifiers) * step
                    found.append(Value(station, identifier, _unit(identifier), at, state, value))
            case Attachment():
                pass
    return found


def readings(found: list[Value]) -> Iterator[Reading]:
    """What goes to the sink; a refused value stays in its raw message alone."""
    for value in found:
        if value.state is State.REFUSED:
            continue
        yield Reading(
            f"{PROTOCOL}:{value.station}",
            f"{PROTOCOL}:{value.key}",
            value.unit,
            value.time,
            value.number,
            Quality.MISSING if value.state is State.MISSING else Quality.NOT_EVALUATED,
        )


def refused(found: list[Value]) -> list[str]:
    """Keys of the values that are no number 非数值, though their element's are.

    Blocks of velocities and a vendor's own elements have no form that is known here: they are no fault.
    """
    return [each.key for each in found if each.state is State.REFUSED and not _of_no_form(each.key)]


def _of_no_form(key: str) -> bool:
    return key == _VELOCITIES or (len(key) == 4 and key.startswith(f"{elements.VENDOR:02X}"))


def _of_item(item: Item, station: str, time: datetime) -> Iterator[Value]:
    key, unit = elements.key_of(item.guide), elements.unit_of(item.guide)
    block = _block(item.guide, item.raw)
    if block is None:
        state, value = _number(item.guide, item.raw, item.decimals)
        yield Value(station, key, unit, time, state, value)
        return
    for n, (state, value) in enumerate(block):
        yield Value(station, key, unit, time + n * _BLOCK_STEP, state, value)


def _block(guide: int, raw: bytes) -> list[tuple[State, float | None]] | None:
    """Twelve values at five minutes; None where the item is no block, or has not its size."""
    if guide == elements.RAIN_BLOCK and len(raw) == elements.RAIN_SIZE:
        return [_NOTHING if byte == 0xFF else (State.VALUE, byte / 10) for byte in raw]
    if guide in elements.LEVEL_BLOCKS and len(raw) == elements.LEVEL_SIZE:
        pairs = (int.from_bytes(raw[at : at + 2]) for at in range(0, elements.LEVEL_SIZE, 2))
        return [_NOTHING if pair == 0xFFFF else (State.VALUE, pair / 100) for pair in pairs]
    return None


def _number(guide: int, raw: bytes, decimals: int) -> tuple[State, float | None]:
    if guide == elements.STATUS and len(raw) == 4:
        bits = int.from_bytes(raw)
        return _NOTHING if bits == 0xFFFFFFFF else (State.VALUE, float(bits))
    if guide in elements.BINARY:
        return State.REFUSED, None
    return number(raw, decimals)


def _of_text(item: TextItem, station: str, time: datetime) -> Iterator[Value]:
    element = elements.BY_IDENTIFIER.get(item.identifier)
    unit = _unit(item.identifier)
    block = None
    if element and re.fullmatch("([0-9A-Fa-f]{2})+", item.text):
        block = _block(element.guide, bytes.fromhex(item.text))
    if block is None:
        state, value = _text_number(item.identifier, item.text)
        yield Value(station, item.identifier, unit, time, state, value)
        return
    for n, (state, value) in enumerate(block):
        yield Value(station, item.identifier, unit, time + n * _BLOCK_STEP, state, value)


def _text_number(identifier: str, word: str) -> tuple[State, float | None]:
    if word == "M":
        return _NOTHING
    element = elements.BY_IDENTIFIER.get(identifier)
    if element and element.guide == elements.STATUS and re.fullmatch("[0-9A-Fa-f]{8}", word):
        return _number(elements.STATUS, bytes.fromhex(word), 0)
    if (element and element.guide in elements.BINARY) or not _DECIMAL.fullmatch(word):
        return State.REFUSED, None
    return State.VALUE, float(word)


def _unit(identifier: str) -> str | None:
    element = elements.BY_IDENTIFIER.get(identifier)
    return element.unit if element else None
