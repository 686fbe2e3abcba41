"""What broken devices and hostile ones send: kept, told, and no harm to what stands beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hand_frames import report, up, up_text

from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.dialogue import Peer
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.hj212.crc import crc16
from spatial.observe.telemetry.hj212.dialogue import Dialogue as Hj212
from spatial.observe.telemetry.mqtt import payload
from spatial.observe.telemetry.mqtt.template import Templates, shipped
from spatial.observe.telemetry.sl651 import frame
from spatial.observe.telemetry.sl651.dialogue import Dialogue as Sl651

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def hydrological(data: bytes) -> Arrival:
    (found,) = Sl651(Peer("sl651/tcp", "a:1")).feed(data, NOW)
    assert found.data == data
    return found


def environmental(content: bytes, mn: bytes = b"A1", flag: bytes = b"5") -> Arrival:
    segment = b"QN=20261127080000000;ST=22;CN=2011;PW=1;MN=" + mn + b";Flag=" + flag
    segment += b";CP=&&" + content + b"&&"
    data = b"##%04d" % len(segment) + segment + b"%04X\r\n" % crc16(segment)
    (found,) = Hj212(Peer("hj212/tcp", "a:1")).feed(data, NOW)
    assert found.data == data
    return found


def by_broker(document: object) -> Arrival:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return payload.arrival(Templates(shipped()), "onemap/json/A/up", data, "b:1", NOW)


def told(one: Arrival) -> tuple[str | None, list[float | None], int]:
    """Why it is rejected, the values that are taken, and how many are not."""
    return one.reason, [each.value for each in one.readings], one.unread


TIME = "2026-11-27T07:00:00Z"


@pytest.mark.parametrize(
    ("one", "detail"),
    [
        (hydrological(up(0x32, report("3923 000A0550 3812 1268"))), "1 of 2 values, bad-body: Z"),
        (hydrological(up(0x32, report("3900 3812 1268"))), "1 of 2 values, bad-body: Z"),
        (
            hydrological(up_text(0x32, b"000C200724172349ST 0010100001 H TT 2007241723 Z 0,550 VT 12.68 ")),
            "1 of 2 values, bad-body: Z",
        ),
        (
            environmental(b"DataTime=20261127070000;a1-Rtd=NaN,a1-Flag=N;a2-Rtd=12.68"),
            "1 of 2 values, bad-body: a1-Rtd",
        ),
        (
            environmental(b"DataTime=20261127070000;a1-Rtd=1e400;a2-Rtd=12.68"),
            "1 of 2 values, bad-body: a1-Rtd",
        ),
        (
            by_broker({"time": TIME, "values": {"temperature": "x", "noise": 12.68}}),
            "1 of 2 values, bad-body: temperature is no number: x",
        ),
        (
            by_broker([{"time": TIME, "values": {"noise": 12.68}}, 7]),
            "1 of 2 values, bad-body: each record must be an object: 7",
        ),
        (
            by_broker([{"time": "x", "values": {"noise": 1}}, {"time": TIME, "values": {"noise": 12.68}}]),
            "1 of 2 values, bad-body: time x: Invalid isoformat string: 'x'",
        ),
        (
            by_broker([{"time": TIME, "values": {"nose": 1}}, {"time": TIME, "values": {"noise": 12.68}}]),
            "1 of 2 values, bad-body: none of the values of json-device stands in"
            " {'time': '2026-11-27T07:00:00Z', 'values': {'nose': 1}}",
        ),
    ],
)
def test_a_value_that_is_none_is_told_and_takes_no_other_with_it(one: Arrival, detail: str) -> None:
    assert told(one) == (None, [12.68], 1)
    assert one.detail == detail


@pytest.mark.parametrize(
    "one",
    [
        hydrological(up(0x32, report("3923 000A0550"))),
        environmental(b"DataTime=20261127070000;a1-Rtd=--"),
        by_broker({"time": TIME, "values": {"temperature": "21"}}),
        by_broker({"time": TIME, "values": {"temprature": 21}}),
    ],
)
def test_a_message_that_has_no_other_value_is_rejected(one: Arrival) -> None:
    assert told(one) == (Reason.BAD_BODY, [], 0)


def test_what_has_no_form_here_is_no_fault() -> None:
    """A vendor's own element and a block of velocities stay in the raw message."""
    one = hydrological(up(0x32, report("FFA012 ABCD FD10 0102 3812 1268")))
    assert told(one) == (None, [12.68], 0)


def test_a_clock_that_runs_ahead_takes_no_other_station_of_the_frame_with_it() -> None:
    wrong = bytes.fromhex("F1F1 3707830009 48 F0F0 9901010800 3923 00000777")
    one = hydrological(up(0x32, report("3812 1268", observed="2611271500") + wrong))
    assert told(one) == (None, [12.68], 1)
    assert one.detail == "1 of 2 values, future-dated: 2099-01-01T08:00:00+08:00"


@pytest.mark.parametrize("time", ["1970-01-01T00:00:07Z", "1980-01-06T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_clock_that_begins_again_is_refused(time: str) -> None:
    one = by_broker({"time": time, "values": {"temperature": 21}})
    assert told(one)[:2] == (Reason.PAST_DATED, [])
    both = by_broker(
        [{"time": time, "values": {"noise": 1}}, {"time": TIME, "values": {"noise": 12.68}}],
    )
    assert told(both) == (None, [12.68], 1)


def test_a_year_that_no_calendar_here_has_is_refused() -> None:
    """DataTime is Beijing time: the year 1 has no instant in UTC."""
    assert environmental(b"DataTime=00010101000000;a1-Rtd=1").reason == Reason.PAST_DATED
    assert environmental(b"DataTime=99991231235959;a1-Rtd=1").reason == Reason.FUTURE_DATED


@pytest.mark.parametrize("observed", ["2302290800", "2611272400", "2600270800", "2611277000"])
def test_a_time_that_is_none_is_refused_and_confirmed(observed: str) -> None:
    one = hydrological(up(0x32, report("3812 1268", observed=observed)))
    assert (one.reason, one.detail) == (Reason.BAD_BODY, f"time {observed}")
    assert one.answer is not None and frame.decode(one.answer(NOW)).end == frame.EOT


def test_the_29th_of_february_is_a_day_in_its_year() -> None:
    one = hydrological(up(0x32, report("3812 1268", observed="2402290800")))
    assert [each.time.isoformat() for each in one.readings] == ["2024-02-29T08:00:00+08:00"]


def test_a_function_that_no_standard_has_is_listed() -> None:
    one = hydrological(up(0x60, report("3812 1268")))
    assert (one.reason, one.answer) == (Reason.UNEXPECTED, None)
    assert hydrological(up(0xE5, report("3812 1268"))).reason is None, "the user's own"


def test_all_stations_are_no_sender() -> None:
    """An answer would speak to every station of the line."""
    one = hydrological(up(0x32, report("3812 1268"), station="370783FFFF"))
    assert (one.reason, one.answer) == (Reason.BAD_ADDRESS, None)


def test_a_name_that_no_answer_has_room_for_ends_no_connection() -> None:
    """27 characters of the national code are 54 bytes; in UTF-8 they are more than a field holds."""
    name = "寿光市环保监测站点" * 3
    one = environmental(b"DataTime=20261127070000;a1-Rtd=12.68", mn=name.encode("gbk"))
    assert told(one) == (None, [12.68], 0)
    assert (one.device, one.answer) == (f"hj212:{name}", None)


def test_a_mark_of_byte_order_is_no_fault() -> None:
    data = b"\xef\xbb\xbf" + json.dumps({"time": TIME, "values": {"noise": 12.68}}).encode()
    assert told(by_broker(data)) == (None, [12.68], 0)
