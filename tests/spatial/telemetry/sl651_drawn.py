"""Frames of SL 651 drawn at random, every kind of part in them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from spatial.observe.telemetry.sl651 import body as hex_form
from spatial.observe.telemetry.sl651 import functions
from spatial.observe.telemetry.sl651 import text as text_form
from spatial.observe.telemetry.sl651.address import Station
from spatial.observe.telemetry.sl651.body import (
    Attachment,
    Body,
    Item,
    Part,
    Series,
    StationMark,
    StepMark,
    TextItem,
    TextSeries,
    TimeMark,
)
from spatial.observe.telemetry.sl651.elements import CATEGORIES, MANUAL, PICTURE
from spatial.observe.telemetry.sl651.frame import ENDS, Direction, Form, Frame, Packet

digits = st.text("0123456789", min_size=8, max_size=8)
stations = st.one_of(
    st.builds(Station.hydrological, digits),
    st.builds(Station.of_county, st.just("370783"), st.integers(1, 65535)),
)
seconds = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
minutes = seconds.map(lambda at: at.replace(second=0))
guides = st.one_of(
    st.sampled_from((0x1A, 0x20, 0x22, 0x26, 0x27, 0x38, 0x39, 0x45, 0xF4, 0xF5, 0xFC, 0xFD)),
    st.integers(0x01, 0xEF).filter(lambda guide: guide != 0x04),
    st.integers(0xFF00, 0xFFFF),
)


@st.composite
def _numbers(draw: st.DrawFn, size: int) -> bytes:
    """Data of a guide: digits, negative ones, missing ones, and what is no number."""
    kind = draw(st.integers(0, 5))
    if kind == 0 and size:
        return draw(st.sampled_from((b"\xff", b"\xaa"))) * size
    if kind == 1:
        return draw(st.binary(min_size=size, max_size=size))
    plain = bytes.fromhex(draw(st.text("0123456789", min_size=2 * size, max_size=2 * size)))
    return b"\xff" + plain[1:] if kind == 2 and size else plain


@st.composite
def items(draw: st.DrawFn) -> Item:
    guide = draw(guides)
    size = {0xF4: 12, 0xF5: 24, 0xFC: 24}.get(guide, draw(st.integers(0, 9)))
    # A pair F0F0 to F3F3 or xx28 after F0 would be another part; items never have those guides.
    return Item(guide, size << 3 | draw(st.integers(0, 7)), draw(_numbers(size)))


marks = st.one_of(
    st.builds(StationMark, stations, st.sampled_from(sorted(CATEGORIES)), st.sampled_from((0xF1, 0x28))),
    st.builds(TimeMark, minutes, st.sampled_from((0xF0, 0x28))),
    st.just(StepMark(0, 0, 0)),
)


@st.composite
def series(draw: st.DrawFn) -> list[Part]:
    size = draw(st.integers(1, 5))
    count = draw(st.integers(1, 13))
    step = draw(st.sampled_from((StepMark(1, 0, 0), StepMark(0, 1, 0), StepMark(0, 0, 5))))
    value = st.text("0123456789", min_size=2 * size, max_size=2 * size).map(bytes.fromhex)
    raws = tuple(draw(st.lists(value, min_size=count, max_size=count)))
    guide = draw(st.sampled_from((0x26, 0x39, 0x7A, 0xFFA0)))
    return [TimeMark(draw(minutes)), step, Series(guide, size << 3 | draw(st.integers(0, 7)), raws)]


@st.composite
def hex_bodies(draw: st.DrawFn, function: int) -> Body:
    parts: list[Part] = []
    if function == functions.HEARTBEAT:
        pass
    elif function not in functions.OBSERVATIONS:
        data = draw(st.binary(max_size=40))
        parts = [Attachment(None, data)] if data else []
    else:
        parts = draw(st.lists(st.one_of(items(), marks), max_size=12))
        if draw(st.booleans()):
            parts = [*draw(series()), TimeMark(draw(minutes)), *parts]
        if draw(st.integers(0, 5)) == 0:
            guide = draw(st.sampled_from((MANUAL, PICTURE)))
            parts = [*parts, Attachment(guide, draw(st.binary(max_size=60)), guide)]
    return Body(draw(st.integers(0, 65535)), draw(seconds), tuple(parts))


words = st.sampled_from(("Z", "Q", "PT", "VT", "ZT", "DRP", "DRZ1", "NS", "UC", "P1"))
amounts = st.builds(
    lambda whole, decimals: f"{whole / 10**decimals:.{decimals}f}",
    st.integers(-999_999, 999_999),
    st.integers(0, 3),
) | st.just("M")


@st.composite
def text_bodies(draw: st.DrawFn, function: int) -> Body:
    parts: list[Part] = []
    if function in functions.OBSERVATIONS:
        mark = st.builds(StationMark, stations, st.sampled_from(sorted(CATEGORIES)))
        moment = st.builds(TimeMark, minutes)
        item = st.builds(TextItem, words, amounts)
        parts = [draw(mark), draw(moment), *draw(st.lists(st.one_of(item, mark, moment), max_size=8))]
        if draw(st.booleans()):
            names = draw(st.lists(words, min_size=1, max_size=3))
            texts = draw(st.lists(amounts, min_size=len(names), max_size=len(names))) * draw(
                st.integers(1, 4)
            )
            parts += [StepMark(0, 0, 5), TextSeries(tuple(names), tuple(texts)), draw(moment)]
    return Body(draw(st.integers(0, 65535)), draw(seconds), tuple(parts))


functions_up = st.sampled_from((0x2F, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x3A, 0x45, 0xE1))


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    """Frames going up whose bodies have a meaning."""
    function = draw(functions_up)
    form = draw(st.sampled_from(Form))
    if form is Form.HEX:
        body = hex_form.encode(draw(hex_bodies(function)))
    else:
        body = text_form.encode(draw(text_bodies(function)))
    return Frame(
        Direction.UP,
        draw(st.integers(0, 255)),
        draw(stations),
        draw(st.binary(min_size=2, max_size=2)),
        function,
        body,
        draw(st.sampled_from(sorted(ENDS[Direction.UP]))),
        None,
        form,
    )


@st.composite
def any_frames(draw: st.DrawFn) -> Frame:
    """Frames of both directions and forms, in packets or not, whatever stands in them."""
    direction = draw(st.sampled_from(Direction))
    packet = draw(st.none() | st.tuples(st.integers(1, 4095), st.integers(1, 4095)))
    return Frame(
        direction,
        draw(st.integers(0, 255)),
        draw(stations),
        draw(st.binary(min_size=2, max_size=2)),
        draw(st.integers(0, 255)),
        draw(st.binary(min_size=1, max_size=80)),
        draw(st.sampled_from(sorted(ENDS[direction]))),
        packet and Packet(max(packet), min(packet)),
        draw(st.sampled_from(Form)),
    )
