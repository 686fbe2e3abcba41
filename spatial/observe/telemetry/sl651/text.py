"""Bodies in the ASCII form ASCII 编码正文: words with one space after each.

Serial is four hexadecimal digits, the time of sending twelve digits, and the first word follows at
once; identifiers of marks are ``ST``, ``TT``, ``DRxnn`` (D days, H hours, N minutes, ``DRH00`` before
hour-long blocks), ``RGZS``, ``PIC``. All of this paragraph is 待核.
"""

from __future__ import annotations

import re
from datetime import timedelta

from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.sl651 import clock, functions
from spatial.observe.telemetry.sl651.address import Station
from spatial.observe.telemetry.sl651.body import (
    Attachment,
    Body,
    Part,
    StationMark,
    StepMark,
    TextItem,
    TextSeries,
    TimeMark,
)
from spatial.observe.telemetry.sl651.elements import CATEGORIES, MANUAL, PICTURE

HEAD_SIZE = 16
_LETTERS = {letter: code for code, (letter, _) in CATEGORIES.items()}
_HEAD = re.compile(rb"[0-9A-Fa-f]{4}\d{12}", re.ASCII)
_STEP = re.compile(r"DR([DHN])(\d\d)", re.ASCII)
_VALUE = re.compile(r"-?\d+(\.\d+)?|M", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Z0-9]{1,8}", re.ASCII)
_ATTACHED = {"RGZS": MANUAL, "PIC": PICTURE}


def decode(body: bytes, function: int) -> Body:
    """The body of an ASCII frame; BadMessage where its words cannot be walked to the end."""
    head = body[:HEAD_SIZE]
    if not _HEAD.fullmatch(head):
        raise BadMessage(Reason.BAD_BODY, f"serial and time {head.decode('latin-1')}")
    sent = clock.read(head[4:].decode())
    rest = body[HEAD_SIZE:]
    return Body(int(head[:4], 16), sent, tuple(_parts(rest, function)))


def _parts(rest: bytes, function: int) -> list[Part]:
    if not rest:
        return []
    if function not in functions.OBSERVATIONS:
        if function == functions.HEARTBEAT:
            raise BadMessage(Reason.BAD_BODY, f"heartbeat with {len(rest)} bytes more")
        return [Attachment(None, rest)]
    if not rest.endswith(b" "):
        raise BadMessage(Reason.BAD_BODY, "no space at the end")
    words = _Words(rest)
    parts: list[Part] = []
    stepped = False
    while words.left:
        word = words.take()
        found = _STEP.fullmatch(word)
        if word in ("ST", "TT"):
            parts.append(_station(words) if word == "ST" else TimeMark(clock.read(words.take())))
            stepped = False
        elif word in _ATTACHED:
            parts.append(Attachment(_ATTACHED[word], words.rest()))
        elif found:
            mark = _step(found)
            parts.append(mark)
            stepped = mark.span > timedelta(0)
        elif stepped:
            parts.append(_series(word, words))
        else:
            parts.append(TextItem(_identifier(word), words.take()))
    return parts


class _Words:
    """Words of a body, each with its space."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    @property
    def left(self) -> bool:
        return self._at < len(self._body)

    def take(self) -> str:
        stop = self._body.find(b" ", self._at)
        word = self._body[self._at : stop]
        if stop <= self._at or not word.isascii() or not word.decode().isprintable():
            raise BadMessage(Reason.BAD_BODY, f"no word at byte {HEAD_SIZE + self._at}")
        self._at = stop + 1
        return word.decode()

    def peek(self) -> str:
        at = self._at
        try:
            return self.take() if self.left else ""
        finally:
            self._at = at

    def rest(self) -> bytes:
        """What is left, without the space at the end."""
        found, self._at = self._body[self._at : -1], len(self._body)
        return found


def _station(words: _Words) -> StationMark:
    address = words.take()
    if len(address) != 10 or not re.fullmatch("[0-9A-Fa-f]{10}", address):
        raise BadMessage(Reason.BAD_ADDRESS, address)
    category = _LETTERS.get(words.peek())
    if category is not None:
        words.take()
    return StationMark(Station.read(bytes.fromhex(address)), category)


def _step(found: re.Match[str]) -> StepMark:
    unit, count = found[1], int(found[2])
    return StepMark(*(count if unit == letter else 0 for letter in "DHN"))


def _identifier(word: str) -> str:
    if not _IDENTIFIER.fullmatch(word):
        raise BadMessage(Reason.BAD_BODY, f"identifier {word}")
    return word


def _series(first: str, words: _Words) -> TextSeries:
    identifiers, texts = [_identifier(first)], []
    while words.left and not _VALUE.fullmatch(words.peek()):
        identifiers.append(_identifier(words.take()))
    while words.left and _VALUE.fullmatch(words.peek()):
        texts.append(words.take())
    if len(texts) % len(identifiers) or (words.left and words.peek() not in ("ST", "TT")):
        raise BadMessage(Reason.BAD_BODY, f"{len(texts)} values of {' '.join(identifiers)}")
    return TextSeries(tuple(identifiers), tuple(texts))


def encode(body: Body) -> bytes:
    """The bytes of a body in the ASCII form; the exact reverse of :func:`decode`."""
    head = f"{body.serial:04X}{clock.digits_of(body.sent, seconds=True)}".encode()
    return head + b"".join(_encoded(part) for part in body.parts)


def _encoded(part: Part) -> bytes:
    match part:
        case StationMark(station, category, _):
            own = "" if category is None else f"{CATEGORIES[category][0]} "
            return f"ST {station.text} {own}".encode()
        case TimeMark(observed, _):
            return f"TT {clock.digits_of(observed, seconds=False)} ".encode()
        case StepMark():
            return step(part)
        case TextItem(identifier, text):
            return f"{identifier} {text} ".encode()
        case TextSeries(identifiers, texts):
            return "".join(f"{word} " for word in identifiers + texts).encode()
        case Attachment(None, data, _):
            return data
        case Attachment(guide, data, _):
            name = next(name for name, code in _ATTACHED.items() if code == guide)
            return f"{name} ".encode() + data + b" "
        case _:
            raise TypeError(f"{type(part).__name__} is of the HEX/BCD form")


def step(mark: StepMark) -> bytes:
    """The word of a time step, with its space."""
    unit, count = (
        ("D", mark.days) if mark.days else ("N", mark.minutes) if mark.minutes else ("H", mark.hours)
    )
    return f"DR{unit}{count:02d} ".encode()
