"""SL 651 over a stream: splits, garbage, damage; packets put together; the compiled path beside the plain."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import sl651_drawn as drawn
from hand_frames import WORKED, check_value, report, up
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.observe.telemetry.cut import LONGEST_REFUSED, Cut, Refused, Whole
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.sl651 import batch, frame, functions
from spatial.observe.telemetry.sl651.assemble import Assembler, Complete, GivenUp, Missing
from spatial.observe.telemetry.sl651.stream import cutter as new_cutter

DECODER = batch.Decoder()


def cut(data: bytes, places: Sequence[int] = ()) -> list[Cut]:
    cutter, out = new_cutter(), []
    bounds = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    for start, stop in pairwise(bounds):
        out += cutter.feed(data[start:stop])
    return out + cutter.close()


def whole(pieces: Sequence[Cut]) -> list[bytes]:
    return [piece.data for piece in pieces if isinstance(piece, Whole)]


junk = st.one_of(
    st.binary(max_size=30),
    st.sampled_from((b"\x7e", b"\x7e\x7e", b"\x7e\x7e\x7e", b"\x01", WORKED[:20], WORKED[:-1], WORKED[1:])),
)
wire = st.lists(st.tuples(junk, drawn.any_frames()), min_size=1, max_size=5)


@given(wire, junk, st.lists(st.integers(0, 10_000), max_size=12))
@settings(deadline=None, max_examples=150)
def test_garbage_and_splits_lose_no_frame(
    sent: list[tuple[bytes, frame.Frame]], rest: bytes, places: list[int]
) -> None:
    encoded = [(before, frame.encode(one)) for before, one in sent]
    data = b"".join(before + one for before, one in encoded) + rest
    at_once, pieces = cut(data), cut(data, places)
    assert pieces == at_once
    assert b"".join(piece.data for piece in pieces) == data, "every byte is in exactly one piece"
    found = whole(pieces)
    for before, one in encoded:
        # Only garbage that happens to be a frame with the bytes after it could hide one.
        assert one in found or before.startswith((WORKED[:20], WORKED[:-1]))


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
@settings(deadline=None, max_examples=200)
def test_no_bytes_do_harm(data: bytes, places: list[int]) -> None:
    pieces = cut(data, places)
    assert b"".join(piece.data for piece in pieces) == data
    assert cut(data) == pieces


def test_each_byte_alone() -> None:
    data = b"\x7e" + WORKED + WORKED
    cutter = new_cutter()
    found = [piece for place in range(len(data)) for piece in cutter.feed(data[place : place + 1])]
    assert whole(found) == [WORKED, WORKED] and not cutter.half


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-1] + bytes((data[-1] ^ 1,)), Reason.BAD_CRC),
        (lambda data: data[:-3] + b"\x05" + check_value(data[:-3] + b"\x05").to_bytes(2), Reason.BAD_END),
        (lambda data: data[:20], Reason.TRUNCATED),
        (lambda data: data[:11] + b"\x00\x00" + data[13:], Reason.BAD_LENGTH),
        (lambda data: data[:11] + b"\x40" + data[12:], Reason.BAD_HEADER),
        (lambda data: b"hello", Reason.GARBAGE),
    ],
)
def test_what_was_wrong_is_said_and_the_next_frame_is_found(damage, reason: Reason) -> None:  # type: ignore[no-untyped-def]
    broken = damage(WORKED)
    if reason is Reason.TRUNCATED:
        pieces = cut(broken)
        assert pieces == [Refused(broken, reason, f"{len(broken)} bytes")]
        return
    refused, after = cut(broken + WORKED)
    assert isinstance(refused, Refused)
    assert (refused.data, refused.reason, after) == (broken, reason, Whole(WORKED))


def test_a_frame_inside_what_a_false_start_claims_is_found_when_no_more_comes() -> None:
    false = bytes.fromhex("7E7E010010100001A000320FFF02")  # claims 4,095 bytes
    cutter = new_cutter()
    assert cutter.feed(false + WORKED) == [] and cutter.half
    refused, found = cutter.close()
    assert isinstance(refused, Refused) and refused.data == false and found == Whole(WORKED)


def test_garbage_without_end_is_held_in_bounds() -> None:
    cutter, out = new_cutter(), []
    for _ in range(100):
        out += cutter.feed(b"\x55" * 1000)
    assert all(isinstance(piece, Refused) and len(piece.data) == LONGEST_REFUSED for piece in out)
    assert sum(len(piece.data) for piece in out) > 90_000


@given(st.lists(st.tuples(junk, drawn.frames()), min_size=1, max_size=6), junk)
@settings(deadline=None, max_examples=150)
def test_the_compiled_path_gives_what_the_plain_one_gives(
    sent: list[tuple[bytes, frame.Frame]], rest: bytes
) -> None:
    data = b"".join(before + frame.encode(one) for before, one in sent) + rest
    fast = list(DECODER.decode(data))
    plain = [(each, batch.plain_values(each)) for each in whole(cut(data))]
    assert [each for each, _ in fast] == [each for each, _ in plain]
    for (_, one), (_, other) in zip(fast, plain, strict=True):
        assert one == other or (isinstance(one, Exception) and str(one) == str(other))


@given(st.lists(st.tuples(st.integers(0, 4 * len(WORKED) - 1), st.integers(0, 255)), max_size=4))
@settings(deadline=None, max_examples=300)
def test_both_paths_agree_on_damaged_frames(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(WORKED * 4)
    for place, byte in changes:
        damaged[place] = byte
    data = bytes(damaged)
    assert [each for each, _ in DECODER.decode(data)] == whole(cut(data))


@pytest.mark.parametrize(
    "item", ["4508 12", "4500", "4520 FFFFFFFF", "F408 12", "FD10 1234", "F5B8" + "00" * 23]
)
def test_both_paths_agree_on_what_is_no_number(item: str) -> None:
    data = up(functions.TIMED, report(item + "3812 1268"))
    ((_, found),) = DECODER.decode(data)
    assert found == batch.plain_values(data)
    assert isinstance(found, list) and found[0].number is None and found[1].number == 12.68


def test_mutated_frames_are_accepted_no_oftener_than_a_check_value_of_16_bits_lets_them() -> None:
    """``ONEMAP_MUTATED`` sets how many (30,000 in a normal run)."""
    count = int(os.environ.get("ONEMAP_MUTATED", "30000"))
    draw = np.random.default_rng(1)
    accepted = taken = 0
    for _ in range(0, count, 10_000):
        frames = np.tile(np.frombuffer(WORKED, np.uint8), (10_000, 1))
        for _ in range(4):
            rows, places = draw.integers(0, len(frames), 6_000), draw.integers(0, len(WORKED), 6_000)
            frames[rows, places] = draw.integers(0, 256, 6_000, np.uint8)
        data, at = frames.tobytes(), 0
        while at < len(data):
            run = DECODER.run(data, at)
            found = [data[start:stop] for start, stop in run.frames[:, :2].tolist()]
            taken += len(found)
            accepted += sum(each != WORKED for each in found)
            at = run.stop if len(found) else run.stop + 1
    assert taken > count // 20, "some were not touched"
    assert accepted <= 10 + 3 * count // 65536, f"{accepted} of {count}"


def test_more_frames_than_the_tables_hold() -> None:
    assert sum(1 for _, found in DECODER.decode(WORKED * 9000) if found) == 9000


def pictures(total: int, *, serial: int = 5) -> list[frame.Frame]:
    content = (
        serial.to_bytes(2) + bytes.fromhex("200724172349 F0F0 2007241723 F3F3") + bytes(range(250)) * total
    )
    one = replace(frame.decode(up(functions.PICTURE, content[:20])), body=content)
    return frame.split(one, -(-len(content) // total))


def test_packets_in_any_order_give_the_whole() -> None:
    sent = pictures(4)
    assembler = Assembler()
    assert assembler.add(sent[0], 0) == [] and assembler.add(sent[2], 1) == []
    assert assembler.add(sent[2], 1) == [], "one that comes twice counts once"
    (asked,) = assembler.add(sent[3], 2)
    assert isinstance(asked, Missing) and asked.sequences == (2,)
    (done,) = assembler.add(sent[1], 3)
    assert isinstance(done, Complete) and done.frame.packet is None and done.frame.end == frame.ETX
    assert done.frame.body == b"".join(each.body for each in sent)
    assert len(assembler) == 0


def test_missing_packets_are_asked_for_twice_and_then_given_up() -> None:
    sent = pictures(3)
    assembler = Assembler(wait_s=10)
    assembler.add(sent[0], 0)
    assert assembler.expire(9) == []
    assert [type(each) for at in (10, 20, 30) for each in assembler.expire(at)] == [Missing, Missing, GivenUp]
    assert len(assembler) == 0 and assembler.expire(100) == []


def test_another_message_of_the_station_ends_the_one_under_way() -> None:
    assembler = Assembler()
    assembler.add(pictures(3)[0], 0)
    (given_up,) = assembler.add(pictures(3, serial=6)[0], 1)
    assert isinstance(given_up, GivenUp) and given_up.reason is Reason.INCOMPLETE


def test_what_is_under_way_is_bounded() -> None:
    assembler = Assembler(largest=2000, at_once=2)
    stations = [drawn.Station.of_county("370783", number) for number in (1, 2, 3)]
    parts = pictures(20)
    for at, station in enumerate(stations[:2]):
        assert assembler.add(replace(parts[0], station=station), at) == []
    (oldest,) = assembler.add(replace(parts[0], station=stations[2]), 2)
    assert isinstance(oldest, GivenUp) and oldest.frame.station == stations[0]
    outcomes = [each for part in parts[1:] for each in assembler.add(replace(part, station=stations[2]), 3)]
    assert isinstance(outcomes[0], GivenUp) and outcomes[0].reason is Reason.OVERSIZED
