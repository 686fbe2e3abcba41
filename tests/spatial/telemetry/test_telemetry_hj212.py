"""HJ 212: packets held against the published example and hand-made ones, and the laws of the codec."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.datum import BEIJING
from spatial.observe.telemetry.cut import Cut, Refused, Whole
from spatial.observe.telemetry.errors import BadMessage, CannotEncode, Reason
from spatial.observe.telemetry.hj212 import content, packet, reply
from spatial.observe.telemetry.hj212.content import Command
from spatial.observe.telemetry.hj212.crc import crc16
from spatial.observe.telemetry.hj212.follow import Follower
from spatial.observe.telemetry.hj212.stream import cutter
from spatial.observe.telemetry.model import Quality

EXAMPLE = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    b"CP=&&RtdInterval=30&&1C80\r\n"
)
MN = "010000A8900016F000169DC0"


def check_value(segment: bytes) -> int:
    """The rule of the standard, step by step."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ (0xA001 if register & 1 else 0)
    return register


def by_hand(segment: str) -> bytes:
    data = segment.encode()
    return b"##" + str(len(data)).zfill(4).encode() + data + f"{check_value(data):04X}\r\n".encode()


def upload(command: int, groups: str, *, more: str = "", flag: int = 5) -> bytes:
    head = f"QN=20160801085857223;ST=32;CN={command};PW=100000;MN={MN};Flag={flag};{more}"
    return by_hand(f"{head}CP=&&{groups}&&")


def test_the_published_example() -> None:
    found = packet.decode(EXAMPLE)
    assert (found.qn, found.st, found.cn, found.pw, found.mn) == (
        "20160801085857223",
        "32",
        1062,
        "100000",
        MN,
    )
    assert found.wants_answer and found.number is None
    assert content.decode(found.content).get("RtdInterval") == "30"
    assert packet.encode(found) == EXAMPLE


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_the_table_gives_what_the_rule_gives(segment: bytes) -> None:
    assert crc16(segment) == check_value(segment)


def test_every_single_byte_change_is_refused() -> None:
    for place in range(len(EXAMPLE)):
        for change in range(1, 256):
            damaged = bytearray(EXAMPLE)
            damaged[place] ^= change
            if chr(damaged[place]).upper() == chr(EXAMPLE[place]).upper() and place == 108:
                continue  # the check value in small letters says the same
            with pytest.raises(BadMessage):
                packet.decode(bytes(damaged))


tokens = st.text("ABCabc0123456789-.", min_size=1, max_size=12)
names = st.sampled_from(
    ("a34004-Rtd", "a34004-Avg", "a34004-Flag", "w01018-Cou", "LA-Max", "DataTime", "PolId")
)
groups = st.lists(st.lists(st.tuples(names, tokens), min_size=1, max_size=4).map(tuple), max_size=5).map(
    lambda found: content.Content(tuple(found))
)


@st.composite
def packets(draw: st.DrawFn) -> packet.Packet:
    digits = st.text("0123456789", min_size=17, max_size=17)
    numbered = draw(st.booleans())
    total = draw(st.integers(2, 9999))
    return packet.packet(
        draw(groups).text,
        QN=draw(st.none() | digits),
        ST=draw(st.sampled_from((None, "21", "22", "32", "91"))),
        CN=draw(st.sampled_from((2011, 2051, 2061, 2031, 9011, 3020))),
        PW=draw(st.none() | st.just("123456")),
        MN=draw(st.none() | tokens),
        Flag=4 | draw(st.integers(0, 1)) | (2 if numbered else 0),
        PNUM=total if numbered else None,
        PNO=draw(st.integers(1, total)) if numbered else None,
    )


@given(packets())
@settings(deadline=None)
def test_a_packet_comes_back_as_it_went(one: packet.Packet) -> None:
    data = packet.encode(one)
    assert packet.decode(data) == one
    assert packet.size(data) == len(data)
    assert content.decode(one.content).text == one.content


def cut(data: bytes, places: list[int]) -> list[Cut]:
    found, out = cutter(), []
    for start, stop in pairwise([0, *sorted(place % (len(data) + 1) for place in places), len(data)]):
        out += found.feed(data[start:stop])
    return out + found.close()


junk = st.binary(max_size=20) | st.sampled_from((b"#", b"##", b"##01", b"\r\n", EXAMPLE[:40], EXAMPLE[1:]))


@given(
    st.lists(st.tuples(junk, packets()), min_size=1, max_size=5),
    junk,
    st.lists(st.integers(0, 4000), max_size=9),
)
@settings(deadline=None)
def test_garbage_and_splits_lose_no_packet(
    sent: list[tuple[bytes, packet.Packet]], rest: bytes, places: list[int]
) -> None:
    encoded = [(before, packet.encode(one)) for before, one in sent]
    data = b"".join(before + one for before, one in encoded) + rest
    pieces = cut(data, places)
    assert pieces == cut(data, [])
    assert b"".join(piece.data for piece in pieces) == data
    found = [piece.data for piece in pieces if isinstance(piece, Whole)]
    assert all(one in found for _, one in encoded)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_segment_does_harm(segment: bytes) -> None:
    data = b"##" + f"{len(segment):04d}".encode() + segment + f"{crc16(segment):04X}\r\n".encode()
    try:
        Follower().readings(packet.decode(data))
    except BadMessage as failure:
        assert failure.reason in Reason and failure.detail


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (EXAMPLE[:-6] + b"0759\r\n", Reason.BAD_CRC),
        (EXAMPLE[:-2] + b"xx", Reason.BAD_END),
        (b"##01X1" + EXAMPLE[6:], Reason.BAD_HEADER),
        (b"GET / HTTP/1.1\r\n\r\n", Reason.GARBAGE),
    ],
)
def test_what_was_wrong_is_said_and_the_next_packet_is_found(broken: bytes, reason: Reason) -> None:
    """The first one carries the MODBUS value of the same bytes, which is not that of the standard."""
    refused, after = cut(broken + EXAMPLE, [])
    assert isinstance(refused, Refused) and (refused.data, refused.reason) == (broken, reason)
    assert after == Whole(EXAMPLE)


def test_hour_means_with_flags() -> None:
    data = upload(
        2061,
        "DataTime=20160801080000;a34004-Min=1.10,a34004-Avg=20.25,a34004-Max=90,a34004-Flag=N;"
        "w01018-Cou=-0.5,w01018-Flag=D;a05001-Avg=oops,a05001-Flag=B",
    )
    found = Follower().readings(packet.decode(data))
    at = datetime(2016, 8, 1, 8, tzinfo=BEIJING)
    assert [(each.observed_property, each.value, each.quality) for each in found] == [
        ("hj212:a34004-Min@hour", 1.1, Quality.NOT_EVALUATED),
        ("hj212:a34004-Avg@hour", 20.25, Quality.NOT_EVALUATED),
        ("hj212:a34004-Max@hour", 90.0, Quality.NOT_EVALUATED),
        ("hj212:w01018-Cou@hour", -0.5, Quality.FAIL),
    ]
    assert {(each.device, each.time, each.unit) for each in found} == {(f"hj212:{MN}", at, None)}


def test_real_time_minute_and_day_are_different_properties() -> None:
    keys = [
        Follower()
        .readings(packet.decode(upload(command, "DataTime=20160801080000;LA-Avg=50")))[0]
        .observed_property
        for command in (2011, 2051, 2031)
    ]
    assert keys == ["hj212:LA-Avg", "hj212:LA-Avg@minute", "hj212:LA-Avg@day"]


def test_later_packets_take_the_time_of_the_first() -> None:
    follower = Follower()
    first = upload(2051, "DataTime=20160801081000;LA-Avg=50", more="PNUM=2;PNO=1;", flag=7)
    second = upload(2051, "LB-Avg=51", more="PNUM=2;PNO=2;", flag=7)
    with pytest.raises(BadMessage) as caught:
        follower.readings(packet.decode(second))
    assert caught.value.reason is Reason.INCOMPLETE
    times = [follower.readings(packet.decode(each))[0].time for each in (first, second)]
    assert times == [datetime(2016, 8, 1, 8, 10, tzinfo=BEIJING)] * 2


@pytest.mark.parametrize("groups", ["a34004-Rtd=1", "DataTime=20161301080000;a34004-Rtd=1", "a34004-Rtd"])
def test_values_without_a_time_are_refused(groups: str) -> None:
    with pytest.raises(BadMessage):
        Follower().readings(packet.decode(upload(2011, groups)))


def test_answers() -> None:
    head = f"QN=20160801085857223;ST=91;CN=9014;PW=100000;MN={MN};Flag=4;"
    asked = packet.decode(upload(2011, "DataTime=20160801080000;LA-Rtd=50"))
    answer = reply.answer(asked)
    assert answer is not None and packet.encode(answer) == by_hand(head + "CP=&&&&")
    assert reply.answer(packet.decode(upload(2011, "", flag=4))) is None
    clock = reply.answer(packet.decode(upload(1013, "")))
    assert clock is not None and clock.cn == Command.NOTICE_ANSWER
    assert packet.encode(reply.request_answer(asked, 9)) == by_hand(
        head.replace("9014", "9011") + "CP=&&QnRtn=9&&"
    )
    assert packet.encode(reply.result(asked, 1)) == by_hand(head.replace("9014", "9012") + "CP=&&ExeRtn=1&&")
    assert reply.answer(reply.result(asked, 1)) is None, "an answer is not answered"


def test_a_request_for_the_past() -> None:
    start, stop = datetime(2016, 8, 1, tzinfo=UTC), datetime(2016, 8, 1, 2, tzinfo=UTC)
    asked = reply.request(2061, "32", "100000", MN, start, reply.past(Command.HOUR, start, stop))
    assert packet.encode(asked) == by_hand(
        f"QN=20160801080000000;ST=32;CN=2061;PW=100000;MN={MN};Flag=5;"
        "CP=&&BeginTime=20160801080000;EndTime=20160801100000&&"
    )


def test_separators_in_a_field_are_not_written() -> None:
    with pytest.raises(CannotEncode):
        packet.encode(packet.packet("", CN=2011, MN="a;b"))
