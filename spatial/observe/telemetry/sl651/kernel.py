"""Compiled decoding of a whole buffer of frames; imported only where many are decoded at once.

It takes the frames of the HEX/BCD form that report plain items and blocks, and marks every other whole
frame for the plain path. It stops at the first byte where no whole frame begins but one could.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spatial.observe.telemetry.sl651.crc import TABLE
from spatial.observe.telemetry.sl651.elements import CATEGORIES

CRC = np.array(TABLE, dtype=np.uint16)
BCD = np.array(
    [(b >> 4) * 10 + (b & 15) if b >> 4 < 10 and b & 15 < 10 else 255 for b in range(256)], np.uint8
)
CLASSES = np.array([b in CATEGORIES for b in range(256)])
_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)

FRAME_COLUMNS = 6
START, STOP, FUNCTION, PLAIN, FIRST, COUNT = range(FRAME_COLUMNS)
_BEIJING_S = 8 * 3600
_NONE = -1


@njit(cache=True)
def _instant(buf, at, size):  # type: ignore[no-untyped-def]
    """Seconds since 1970 of BCD digits in Beijing time; -1 where they are no time."""
    for n in range(size):
        if BCD[buf[at + n]] == 255:
            return _NONE
    year = 2000 + np.int64(BCD[buf[at]])
    month, day = np.int64(BCD[buf[at + 1]]), np.int64(BCD[buf[at + 2]])
    hour, minute = np.int64(BCD[buf[at + 3]]), np.int64(BCD[buf[at + 4]])
    second = np.int64(BCD[buf[at + 5]]) if size == 6 else np.int64(0)
    if month < 1 or month > 12 or day < 1 or hour > 23 or minute > 59 or second > 59:
        return _NONE
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day > _DAYS[month - 1] + (1 if leap and month == 2 else 0):
        return _NONE
    y = year - 1 if month <= 2 else year
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
    return days * 86400 + hour * 3600 + minute * 60 + second - _BEIJING_S


@njit(cache=True)
def _address(buf, at):  # type: ignore[no-untyped-def]
    if buf[at] == 0:
        return (
            BCD[buf[at + 1]] < 100
            and BCD[buf[at + 2]] < 100
            and BCD[buf[at + 3]] < 100
            and BCD[buf[at + 4]] < 100
        )
    for n in range(3):
        if BCD[buf[at + n]] == 255:
            return False
    return buf[at + 3] != 0 or buf[at + 4] != 0


@njit(cache=True)
def _number(buf, at, size):  # type: ignore[no-untyped-def]
    """State and whole number of BCD bytes; state 3 where the plain path must say (more digits than exact)."""
    if size == 0:
        return 2, np.int64(0)
    first = buf[at]
    if first == 0xFF or first == 0xAA:
        same = True
        for n in range(size):
            if buf[at + n] != first:
                same = False
                break
        if same:
            return 1, np.int64(0)
    negative = first == 0xFF
    begin = 1 if negative else 0
    whole = np.int64(0)
    for n in range(begin, size):
        pair = BCD[buf[at + n]]
        if pair == 255:
            return 2, np.int64(0)
        if size - begin <= 7:
            whole = whole * 100 + pair
    if size - begin > 7:
        return 3, np.int64(0)
    return 0, -whole if negative else whole


@njit(cache=True)
def _whole_frame(buf, at):  # type: ignore[no-untyped-def]
    """Where the frame beginning here stops; -1 where none is whole."""
    if buf.size - at < 18 or buf[at] != 0x7E or buf[at + 1] != 0x7E:
        return _NONE
    nibble, start = buf[at + 11] >> 4, buf[at + 13]
    if (nibble != 0 and nibble != 8) or (start != 0x02 and start != 0x16):
        return _NONE
    length = (np.int64(buf[at + 11]) & 0x0F) << 8 | np.int64(buf[at + 12])
    stop = at + 14 + length + 3
    if length < (3 if start == 0x16 else 1) or stop > buf.size:
        return _NONE
    end = buf[stop - 3]
    if nibble == 0:
        if end != 0x03 and end != 0x17:
            return _NONE
    elif end != 0x05 and end != 0x06 and end != 0x04 and end != 0x1B and end != 0x15:
        return _NONE
    if start == 0x16:
        total = np.int64(buf[at + 14]) << 4 | np.int64(buf[at + 15]) >> 4
        sequence = (np.int64(buf[at + 15]) & 0x0F) << 8 | np.int64(buf[at + 16])
        if sequence < 1 or sequence > total:
            return _NONE
    if not _address(buf, at + 3 if nibble == 0 else at + 2):
        return _NONE
    crc = np.uint16(0xFFFF)
    for n in range(at, stop - 2):
        crc = (crc >> 8) ^ CRC[(crc ^ buf[n]) & 0xFF]
    if buf[stop - 2] != crc >> 8 or buf[stop - 1] != crc & 0xFF:
        return _NONE
    return stop


@njit(cache=True)
def _items(buf, at, stop, frame_at, row, whole, number, states):  # type: ignore[no-untyped-def]
    """Values of a body from here to ``stop``; the next row, or -1 for the plain path."""
    if stop - at < 8:
        return _NONE
    time = _instant(buf, at + 2, 6)
    if time == _NONE:
        return _NONE
    station = frame_at + 3
    at += 8
    while at < stop:
        guide = np.int64(buf[at])
        then = np.int64(buf[at + 1]) if at + 1 < stop else np.int64(0)
        if (guide == 0xF0 or guide == 0xF1) and (then == guide or then == 0x28):
            if at + 7 > stop:
                return _NONE
            if guide == 0xF0:
                time = _instant(buf, at + 2, 5)
                if time == _NONE:
                    return _NONE
                at += 7
            else:
                if not _address(buf, at + 2):
                    return _NONE
                station = at + 2
                at += 7
                if at < stop and CLASSES[buf[at]]:
                    at += 1
            continue
        if (guide == 0xF2 or guide == 0xF3) and then == guide:
            return _NONE
        if guide == 0x04 and then == 0x18:
            if at + 5 > stop or buf[at + 2] != 0 or buf[at + 3] != 0 or buf[at + 4] != 0:
                return _NONE
            at += 5
            continue
        width = 1
        if guide == 0xFF:
            guide = guide << 8 | then
            width = 2
        if at + width >= stop:
            return _NONE
        definition = np.int64(buf[at + width])
        size = definition >> 3
        at += width + 1
        if at + size > stop:
            return _NONE
        if (guide == 0xF4 and size == 12) or (0xF5 <= guide <= 0xFC and size == 24):
            for n in range(12):
                if guide == 0xF4:
                    count = np.int64(buf[at + n])
                    absent, scale = count == 0xFF, 10.0
                else:
                    count = np.int64(buf[at + 2 * n]) << 8 | np.int64(buf[at + 2 * n + 1])
                    absent, scale = count == 0xFFFF, 100.0
                whole[row, 0], whole[row, 1], whole[row, 2] = guide, time + 300 * n, station
                states[row] = 1 if absent else 0
                number[row] = np.nan if absent else count / scale
                row += 1
        else:
            state, value, scale = 2, np.int64(0), 1.0
            if guide == 0x45 and size == 4:
                for n in range(4):
                    value = value << 8 | np.int64(buf[at + n])
                state = 1 if value == 0xFFFFFFFF else 0
            elif guide != 0x45 and (guide < 0xF4 or guide > 0xFD):
                state, value = _number(buf, at, size)
                if state == 3:
                    return _NONE
                scale = 10.0 ** (definition & 7)
            whole[row, 0], whole[row, 1], whole[row, 2] = guide, time, station
            states[row] = state
            number[row] = value / scale if state == 0 else np.nan
            row += 1
        at += size
    return row


@njit(cache=True, nogil=True, error_model="numpy")
def decode_run(buf, at, frames, whole, number, states):  # type: ignore[no-untyped-def]
    """Frames from here on, until one cannot be taken or a table is full.

    Gives the number of frames and of values, and where it stopped. ``frames`` has the columns named
    above; ``whole`` has guide, seconds since 1970 and the place of the station's address.
    """
    count, row = 0, 0
    while at < buf.size and count < frames.shape[0]:
        if buf[at] != 0x7E and buf[at] != 0x01:
            at += 1
            continue
        stop = _whole_frame(buf, at)
        if stop == _NONE:
            break
        if row + 12 * (stop - at) // 2 > whole.shape[0]:
            break
        function = np.int64(buf[at + 10])
        reported = (
            function == 0x30 or function == 0x32 or function == 0x33 or function == 0x34 or function == 0x37
            or function == 0x3A
        )  # fmt: skip
        after = _NONE
        if reported and buf[at + 11] >> 4 == 0 and buf[at + 13] == 0x02:
            after = _items(buf, at + 14, stop - 3, at, row, whole, number, states)
        frames[count, START], frames[count, STOP], frames[count, FUNCTION] = at, stop, function
        frames[count, PLAIN] = after == _NONE
        frames[count, FIRST] = row
        frames[count, COUNT] = 0 if after == _NONE else after - row
        row = row if after == _NONE else after
        count += 1
        at = stop
    return count, row, at
