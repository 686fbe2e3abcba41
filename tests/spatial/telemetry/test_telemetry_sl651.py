"""SL 651: frames and bodies held against hand-made ones, and the laws of the codec."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import sl651_drawn as drawn
from hand_frames import WORKED, check_value, report, up, up_text
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.datum import BEIJING
from spatial.observe.telemetry.errors import BadMessage, CannotEncode, CommandRefused, Reason
from spatial.observe.telemetry.model import Quality
from spatial.observe.telemetry.sl651 import body, elements, frame, functions, number, reply, text, values
from spatial.observe.telemetry.sl651.address import Kind, Station
from spatial.observe.telemetry.sl651.body import Body, Item, StationMark, StepMark, TimeMark
from spatial.observe.telemetry.sl651.crc import crc16
from spatial.observe.telemetry.sl651.number import State


def read(data: bytes) -> list[tuple[str, str, str, float | None]]:
    """Station, key, time and value of every value of a frame."""
    found = frame.decode(data)
    return [
        (value.station, value.key, value.time.strftime("%m-%d %H:%M"), value.number)
        for value in values.values(found, values.decode_body(found))
    ]


def test_the_worked_frame() -> None:
    found = frame.decode(WORKED)
    assert (found.centre, found.station.code, found.password.hex()) == (1, "10100001", "a000")
    assert (found.function, found.end, len(found.body)) == (functions.TIMED, frame.ETX, 43)
    content = body.decode(found.body, found.function)
    assert content.serial == 12
    assert content.sent == datetime(2020, 7, 24, 17, 23, 49, tzinfo=BEIJING)
    assert read(WORKED) == [
        ("0010100001", "PJ", "07-24 17:23", 13.0),
        ("0010100001", "22", "07-24 17:23", 4.0),
        ("0010100001", "Z", "07-24 17:23", 0.55),
        ("0010100001", "VT", "07-24 17:23", 12.68),
    ]
    assert frame.encode(replace(found, body=body.encode(content))) == WORKED


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_the_table_gives_what_the_bits_give(data: bytes) -> None:
    assert crc16(data) == check_value(data)


def test_every_single_byte_change_is_refused() -> None:
    for place in range(len(WORKED)):
        for change in range(1, 256):
            damaged = bytearray(WORKED)
            damaged[place] ^= change
            with pytest.raises(BadMessage):
                frame.decode(bytes(damaged))


@given(drawn.any_frames())
@settings(deadline=None)
def test_a_frame_comes_back_as_it_went(one: frame.Frame) -> None:
    data = frame.encode(one)
    assert frame.decode(data) == one
    head = 14 if one.form is frame.Form.HEX else 24
    assert frame.extent(data) == len(data) >= head + 4


@given(drawn.frames())
@settings(deadline=None)
def test_a_body_comes_back_as_it_went(one: frame.Frame) -> None:
    form = body if one.form is frame.Form.HEX else text
    content = form.decode(one.body, one.function)
    assert form.encode(content) == one.body
    values.values(one, content)


@given(st.binary(max_size=120), st.integers(0, 255), st.sampled_from(frame.Form))
@settings(deadline=None)
def test_no_body_does_harm(data: bytes, function: int, form: frame.Form) -> None:
    """Decoded to what encodes to the same bytes, or refused with a reason."""
    head = bytes.fromhex("000C200724172349") if form is frame.Form.HEX else b"000C200724172349"
    one = frame.Frame(
        frame.Direction.UP, 1, Station(b"\0\x10\x10\0\x01"), b"\0\0", function, head + data, 3, None, form
    )
    codec = body if form is frame.Form.HEX else text
    try:
        content = values.decode_body(one)
        assert codec.encode(content) == one.body
        values.values(one, content)
    except BadMessage as failure:
        assert failure.reason in Reason and failure.detail


def test_down_frames_name_the_station_first() -> None:
    head = bytes.fromhex("7E7E 0010100001 01 A000 37 8008 02 0000 200724172349 05")
    found = frame.decode(head + check_value(head).to_bytes(2))
    assert (found.direction, found.station.code, found.centre) == (frame.Direction.DOWN, "10100001", 1)


def test_several_times_and_several_stations_in_one_frame() -> None:
    data = up(
        functions.TIMED,
        report("3923 00001000 F0F0 2007241725 3923 00001010 F1F1 3707830007 50 F0F0 2007241730 2619 000123"),
    )
    assert read(data) == [
        ("0010100001", "Z", "07-24 17:20", 1.0),
        ("0010100001", "Z", "07-24 17:25", 1.01),
        ("3707830007", "PT", "07-24 17:30", 12.3),
    ]


@pytest.mark.parametrize(
    ("item", "state", "value"),
    [
        ("3923 FFFFFFFF", State.MISSING, None),
        ("3923 AAAAAAAA", State.MISSING, None),
        ("392B FF00000550", State.VALUE, -0.55),
        ("3919 FF0123", State.VALUE, -12.3),
        ("3923 000A0550", State.REFUSED, None),
        ("3923 FF0A0550", State.REFUSED, None),
        ("3900", State.REFUSED, None),
        ("7A08 31", State.VALUE, 31.0),
        ("FFA011 0307", State.VALUE, 30.7),
        ("4520 00000018", State.VALUE, 24.0),
        ("272B 0123456789", State.VALUE, 123456.789),
    ],
)
def test_what_stands_for_a_value(item: str, state: State, value: float | None) -> None:
    one = frame.decode(up(functions.ADDED, report(item + "3812 1268")))
    first, voltage = values.values(one, values.decode_body(one))
    assert (first.state, first.number) == (state, value)
    assert voltage.number == 12.68, "what follows keeps its place"


def test_what_is_missing_is_said_and_what_is_refused_is_not_passed_on() -> None:
    one = frame.decode(up(functions.ADDED, report("3923 FFFFFFFF 3923 000A0550 3812 1268")))
    passed = list(values.readings(values.values(one, values.decode_body(one))))
    assert [(each.observed_property, each.value, each.quality) for each in passed] == [
        ("sl651:Z", None, Quality.MISSING),
        ("sl651:VT", 12.68, Quality.NOT_EVALUATED),
    ]


def test_an_hour_of_five_minutes() -> None:
    rain = "000102030405060708FE09FF"
    levels = "".join(
        f"{value:04X}" for value in (100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 65535)
    )
    found = read(
        up(functions.HOURLY, report(f"04 18 000000 F460 {rain} F5C0 {levels}", observed="2007241605"))
    )
    assert [row[3] for row in found[:12]] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 25.4, 0.9, None]
    assert [row[1] for row in found] == ["DRP"] * 12 + ["DRZ1"] * 12
    assert [found[n][2] for n in (0, 1, 11)] == ["07-24 16:05", "07-24 16:10", "07-24 17:00"]
    assert [found[n][3] for n in (12, 22, 23)] == [1.0, 1.1, None]


def test_a_uniform_series_counts_from_its_first_value() -> None:
    data = up(
        functions.UNIFORM,
        report("0418 000005 2619 041130 041131 FFFFFF F0F0 2007240800 0418 000100 3923 00000550 00000560"),
    )
    assert read(data) == [
        ("0010100001", "PT", "07-24 17:20", 4113.0),
        ("0010100001", "PT", "07-24 17:25", 4113.1),
        ("0010100001", "PT", "07-24 17:30", None),
        ("0010100001", "Z", "07-24 08:00", 0.55),
        ("0010100001", "Z", "07-24 09:00", 0.56),
    ]


@pytest.mark.parametrize(
    "items",
    [
        "0418 010100 3923 00000550",
        "0418 000005 3923 000005",
        "0418 000005 3900",
        "3923 0000",
        "39",
        "F0F0 2007",
        "F0F0 2013241720",
    ],
)
def test_a_body_that_cannot_be_walked_is_refused(items: str) -> None:
    one = frame.decode(up(functions.UNIFORM, report(items)))
    with pytest.raises(BadMessage) as caught:
        values.decode_body(one)
    assert caught.value.reason is Reason.BAD_BODY


def test_the_text_form() -> None:
    words = b"000C200724172349ST 0010100001 H TT 2007241720 Z -0.550 Q M ZT 00000018 "
    words += b"DRP 0102030405060708090A0BFF "
    data = up_text(functions.HOURLY, words)
    found = read(data)
    assert found[:3] == [
        ("0010100001", "Z", "07-24 17:20", -0.55),
        ("0010100001", "Q", "07-24 17:20", None),
        ("0010100001", "ZT", "07-24 17:20", 24.0),
    ]
    assert [row[3] for row in found[3:]] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, None]
    assert frame.encode(frame.decode(data)) == data
    with pytest.raises(BadMessage):
        text.decode(words[:-1], functions.HOURLY)


def test_a_text_series_goes_step_by_step() -> None:
    words = b"000C200724172349ST 0010100001 H TT 2007241720 DRN05 Z Q 6.30 12.5 6.35 M "
    assert read(up_text(functions.UNIFORM, words)) == [
        ("0010100001", "Z", "07-24 17:20", 6.3),
        ("0010100001", "Q", "07-24 17:20", 12.5),
        ("0010100001", "Z", "07-24 17:25", 6.35),
        ("0010100001", "Q", "07-24 17:25", None),
    ]


def test_a_series_that_leaves_the_calendar_is_refused() -> None:
    raws = (b"\x00",) * 50_000
    content = Body(
        1, datetime(2099, 1, 1, tzinfo=BEIJING), (StepMark(99, 0, 0), body.Series(0x26, 8, raws * 1000))
    )
    one = replace(frame.decode(WORKED), function=functions.UNIFORM)
    with pytest.raises(BadMessage):
        values.values(one, content)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0010100001", Kind.HYDROLOGICAL),
        ("3707830001", Kind.STATION),
        ("370783EA60", Kind.STATION),
        ("370783EA61", Kind.RELAY),
        ("370783FFFF", Kind.BROADCAST),
    ],
)
def test_kinds_of_addresses(address: str, kind: Kind) -> None:
    assert Station.read(bytes.fromhex(address)).kind is kind


@pytest.mark.parametrize("address", ["001010000A", "37078A0001", "3707830000"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(BadMessage) as caught:
        frame.decode(up(functions.TIMED, report("3812 1268"), station=address))
    assert caught.value.reason is Reason.BAD_ADDRESS


@given(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-9999, max_value=9999, places=3),
    st.sampled_from([(7, 3), (8, 3), (9, 4)]),
)
@settings(deadline=None)
def test_a_number_comes_back(value: Decimal, width: tuple[int, int]) -> None:
    raw = number.bcd(value, *width)
    assert number.number(raw, width[1]) == (State.VALUE, float(value) or 0.0)
    assert number.definition_of(len(raw), width[1]) >> 3 == len(raw)


def test_a_number_too_large_is_not_cut() -> None:
    with pytest.raises(CannotEncode):
        number.bcd(Decimal("10000"), 7, 3)
    with pytest.raises(CannotEncode):
        number.bcd(Decimal("0.0001"), 7, 3)


def test_definition_bytes_of_the_reference() -> None:
    widths = {0x20: 0x19, 0x26: 0x19, 0x39: 0x23, 0x27: 0x2B, 0x38: 0x12}
    for guide, definition in widths.items():
        element = elements.BY_GUIDE[guide]
        assert number.definition_of((element.digits + 1) // 2, element.decimals) == definition


NOW = datetime(2020, 7, 24, 17, 24, 0, tzinfo=BEIJING)


def test_answers_to_a_report() -> None:
    one = frame.decode(WORKED)
    head = "7E7E 0010100001 01 A000 32 8008 02 000C 200724172400"
    for answer, end in (
        (reply.confirm(one, 12, NOW), "04"),
        (reply.confirm(one, 12, NOW, stay=True), "1B"),
        (reply.confirm(replace(one, end=frame.ETB), 12, NOW), "06"),
        (reply.refuse(one, 12, 1, NOW), "15"),
    ):
        expected = bytes.fromhex(head + end)
        assert frame.encode(answer) == expected + check_value(expected).to_bytes(2)


def test_a_refusal_names_the_packet() -> None:
    one = frame.decode(up(functions.PICTURE, b"\x01" * 20, packet=(43, 7)))
    expected = bytes.fromhex("7E7E 0010100001 01 A000 36 800B 16 02B005 000C 200724172400 15")
    assert frame.encode(reply.refuse(one, 12, 5, NOW)) == expected + check_value(expected).to_bytes(2)


def test_questions_have_serial_zero() -> None:
    station, password = Station.hydrological("10100001"), b"\xa0\x00"
    content = reply.period(NOW - timedelta(days=1), NOW, StepMark(0, 1, 0), 0x39)
    asked = reply.ask(functions.QUERY_PERIOD, station, 1, password, NOW, content)
    expected = bytes.fromhex(
        "7E7E 0010100001 01 A000 38 8016 02 0000 200724172400 20072317 20072417 0418 000100 39 05"
    )
    assert frame.encode(asked) == expected + check_value(expected).to_bytes(2)
    assert reply.items((0x39, 0xFFA0)).hex() == "39ffa0"
    assert (
        frame.decode(frame.encode(reply.set_clock(station, 1, password, NOW))).function == functions.SET_CLOCK
    )


@pytest.mark.parametrize("function", sorted(functions.UNSENT))
def test_what_opens_gates_is_never_sent_by_a_program(function: int) -> None:
    with pytest.raises(CommandRefused):
        reply.ask(function, Station.hydrological("10100001"), 1, b"\xa0\x00", NOW)


def test_marks_are_kept_as_field_devices_write_them() -> None:
    """Some write the size of the mark (28) in the place of the second F1 or F0."""
    one = up(
        functions.TIMED, bytes.fromhex("534E 180410000000 F128 0060405210 48 F028 1804092300 2619 041130")
    )
    content = values.decode_body(frame.decode(one))
    assert isinstance(content.parts[0], StationMark) and isinstance(content.parts[1], TimeMark)
    assert content.parts[2] == Item(0x26, 0x19, bytes.fromhex("041130"))
    assert read(one) == [("0060405210", "PT", "04-09 23:00", 4113.0)]
