"""Raw messages in a real database: byte-exact, once, rejects with reasons, replay."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hand_frames import WORKED, report, up
from table_sink import TABLE, TableSink

from spatial.database import Connection, connect
from spatial.observe.telemetry import store
from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.dialogue import Peer
from spatial.observe.telemetry.errors import Reason, UnknownMessage
from spatial.observe.telemetry.replaying import Again, replay
from spatial.observe.telemetry.sl651 import frame, functions
from spatial.observe.telemetry.sl651.dialogue import Dialogue
from spatial.observe.telemetry.store import Listing, Message, Offered

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
PEER = Peer("sl651/tcp", "192.0.2.7:40000")


@pytest.fixture
def kept(scratch: psycopg.Connection[Any]) -> Iterator[Connection]:
    """A database with the sink's table; rolled back."""
    scratch.execute(TABLE)
    yield scratch


def arrive(data: bytes, now: datetime = NOW, peer: Peer = PEER) -> list[Arrival]:
    dialogue = Dialogue(peer)
    return dialogue.feed(data, now) + dialogue.close(now)


def rows(connection: Connection) -> list[tuple[Any, ...]]:
    found = connection.execute("select device, property, value from public.reading order by 1, 2").fetchall()
    return [tuple(row) for row in found]


def test_kept_byte_exact_with_its_digest_and_values(kept: Connection) -> None:
    (done,) = store.keep(kept, arrive(WORKED), TableSink())
    found = store.get(kept, done.message)
    assert (found.data, found.channel, found.peer) == (WORKED, "sl651/tcp", "192.0.2.7:40000")
    assert (found.device, found.kind, found.state) == ("sl651:0010100001", "data", "accepted")
    assert found.received_at == NOW
    digest = kept.execute("select encode(sha256, 'hex') from telemetry.message").fetchone()
    assert digest == (hashlib.sha256(WORKED).hexdigest(),)
    assert rows(kept) == [
        ("sl651:0010100001", "sl651:22", 4.0),
        ("sl651:0010100001", "sl651:PJ", 13.0),
        ("sl651:0010100001", "sl651:VT", 12.68),
        ("sl651:0010100001", "sl651:Z", 0.55),
    ]


def test_a_message_delivered_again_counts_once(kept: Connection) -> None:
    """In the same batch, in another one, over another connection and with another password."""
    other = up(functions.TIMED, frame.decode(WORKED).body)
    assert other == WORKED
    first, second = store.keep(kept, arrive(WORKED) + arrive(WORKED), TableSink())
    (third,) = store.keep(
        kept, arrive(WORKED, NOW + timedelta(days=40), Peer("sl651/udp", "192.0.2.9:1")), TableSink()
    )
    assert [first.repeated, second.repeated, third.repeated] == [False, True, True]
    assert first.message == second.message == third.message
    assert store.repeats(kept, first.message) == 2
    assert kept.execute("select count(*) from telemetry.message").fetchone() == (1,)
    assert len(rows(kept)) == 4


def test_the_same_values_with_another_serial_are_another_message(kept: Connection) -> None:
    again = up(functions.TIMED, report("3812 1268", serial=13))
    first, second = store.keep(
        kept, arrive(up(functions.TIMED, report("3812 1268"))) + arrive(again), TableSink()
    )
    assert first.message != second.message and not second.repeated


def test_rejects_are_listed_with_their_reason(kept: Connection) -> None:
    damaged = WORKED[:-1] + b"\x00"
    future = up(functions.TIMED, report("3812 1268", observed="2701010000", serial=14))
    cut_short = up(functions.TIMED, report("3923 0000", serial=15))
    store.keep(kept, arrive(b"noise" + damaged + WORKED + future + cut_short), TableSink())
    found = store.listed(kept, Listing(state="rejected"))
    assert [(each.reason, each.data) for each in found] == [
        (Reason.BAD_CRC, b"noise" + damaged),
        (Reason.FUTURE_DATED, future),
        (Reason.BAD_BODY, cut_short),
    ]
    assert [each.data for each in store.listed(kept, Listing(state="accepted"))] == [WORKED]
    assert len(rows(kept)) == 4


def test_what_the_sink_refuses_takes_nothing_else_with_it(kept: Connection) -> None:
    sink = TableSink(unknown="sl651:3707830007", broken="sl651:3707830008")
    sent = [
        up(functions.TIMED, report("3812 1268", station=station), station=station)
        for station in ("3707830007", "3707830006", "3707830008")
    ]
    done = store.keep(kept, arrive(b"".join(sent)), sink)
    assert [each.reason for each in done] == [Reason.UNKNOWN_DEVICE, None, Reason.SINK_REFUSED]
    assert rows(kept) == [("sl651:3707830006", "sl651:VT", 12.68)]
    assert [each.reason for each in store.listed(kept, Listing(device="sl651:3707830008"))] == [
        "sink-refused"
    ]


def test_values_without_a_datastream_do_not_reject_the_others(kept: Connection) -> None:
    (done,) = store.keep(kept, arrive(WORKED), TableSink(unregistered="sl651:VT"))
    assert (done.reason, done.unstored) == (None, 1)
    (found,) = store.listed(kept, Listing(unstored=True))
    assert (found.state, found.unstored) == ("accepted", 1)
    assert found.detail == "1 of 4 values, no-datastream: no datastream sl651:VT"
    assert len(rows(kept)) == 3
    assert replay(kept, Listing(unstored=True), TableSink()) == {"replayed": 1}
    assert store.listed(kept, Listing(unstored=True)) == [] and len(rows(kept)) == 4


def test_a_reject_replayed_once_its_device_is_known(kept: Connection) -> None:
    device = "sl651:0010100001"
    (done,) = store.keep(kept, arrive(WORKED), TableSink(unknown=device))
    assert rows(kept) == []
    assert replay(kept, Listing(reason="unknown-device"), TableSink(unknown=device)) == {"unknown-device": 1}
    assert store.get(kept, done.message).state == "rejected"
    assert replay(kept, Listing(reason="unknown-device"), TableSink()) == {"replayed": 1}
    found = store.get(kept, done.message)
    assert (found.state, found.reason, found.data) == ("replayed", None, WORKED)
    assert len(rows(kept)) == 4
    assert replay(kept, Listing(), TableSink()) == {"replayed": 1}, "a replay of all changes nothing"
    assert len(rows(kept)) == 4


def test_a_long_replay_is_settled_on_its_way(kept: Connection) -> None:
    """What a door has written stays where a later message breaks it off."""
    messages = [
        Arrival(NOW, "door", "x", str(number).encode(), key_of("door", str(number)), "data").rejected(
            Reason.SINK_REFUSED, "later"
        )
        for number in range(450)
    ]
    store.keep(kept, messages, TableSink())
    seen: list[int] = []
    settled: list[int] = []

    def door(connection: Connection, message: Message) -> Offered:
        seen.append(message.number)
        return Offered()

    counts = replay(
        kept,
        Listing(reason="sink-refused"),
        TableSink(),
        doors={"door": door},
        settle=lambda: settled.append(len(seen)),
    )
    assert counts == {"replayed": 450} and seen == sorted(set(seen))
    assert settled[-1] == 450 and all(0 < b - a <= 200 for a, b in zip([0, *settled], settled, strict=False))


def test_packets_are_put_together_again_by_a_replay(kept: Connection) -> None:
    content = report("0418 000005 3923 " + "00000550" * 40)
    one = frame.decode(up(functions.UNIFORM, content))
    packets = [frame.encode(each) for each in frame.split(one, 50)]
    done = store.keep(kept, arrive(b"".join(packets)), TableSink())
    assert [store.get(kept, each.message).kind for each in done] == ["part"] * len(packets)
    assert kept.execute("select count(*), max(message) from public.reading").fetchone() == (
        40,
        done[-1].message,
    )
    kept.execute("delete from public.reading")
    assert replay(kept, Listing(), TableSink()) == {"replayed": len(packets)}
    assert kept.execute("select count(*) from public.reading").fetchone() == (40,)


def test_packets_lost_with_a_connection_come_again_and_count(kept: Connection) -> None:
    """1 and 3 came; then all three anew: the third is a repeat, and completes the message all the same."""
    one = frame.decode(up(functions.UNIFORM, report("0418 000005 3923 " + "00000550" * 20)))
    packets = [frame.encode(each) for each in frame.split(one, 40)]
    assert len(packets) == 3
    store.keep(kept, arrive(packets[0] + packets[2]), TableSink())
    assert rows(kept) == []
    store.keep(kept, arrive(b"".join(packets)), TableSink())
    assert kept.execute("select count(*) from public.reading").fetchone() == (20,)


def test_a_new_message_in_packets_ends_the_old_one_and_keeps_its_own_serial(kept: Connection) -> None:
    def packets(serial: int) -> list[bytes]:
        content = report("0418 000005 3923 " + "00000550" * 20, serial=serial)
        return [frame.encode(each) for each in frame.split(frame.decode(up(functions.UNIFORM, content)), 40)]

    arrivals = arrive(packets(7)[0] + b"".join(packets(8)))
    store.keep(kept, arrivals, TableSink())
    (given_up,) = store.listed(kept, Listing(state="rejected"))
    assert (given_up.reason, given_up.detail) == (Reason.INCOMPLETE, "1 of 3 packets, 40 bytes")
    answers = [frame.decode(each.answer(NOW)) for each in arrivals if each.answer]
    assert [int.from_bytes(each.body[:2]) for each in answers] == [8]
    assert kept.execute("select count(*) from public.reading").fetchone() == (20,)


def test_a_test_report_is_kept_apart(kept: Connection) -> None:
    (done,) = store.keep(kept, arrive(up(functions.TEST, report("3812 1268"))), TableSink())
    assert store.get(kept, done.message).kind == "test" and rows(kept) == []


def test_nothing_kept_can_be_changed(kept: Connection) -> None:
    store.keep(kept, arrive(WORKED), TableSink())
    for statement in (
        "update telemetry.message set peer = 'x'",
        "delete from telemetry.message",
        "truncate telemetry.message",
        "delete from telemetry.message_202611",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), kept.transaction():
            kept.execute(statement)


def test_messages_lie_in_months_of_beijing_time(kept: Connection) -> None:
    last = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
    later = up(functions.TIMED, report("3812 1268", serial=13))
    store.keep(kept, arrive(WORKED, last) + arrive(later, last + timedelta(minutes=1)), TableSink())
    found = kept.execute("select tableoid::regclass::text from telemetry.message order by 1").fetchall()
    assert found == [("telemetry.message_202611",), ("telemetry.message_202612",)]


def test_no_message_of_that_number(kept: Connection) -> None:
    with pytest.raises(UnknownMessage):
        store.get(kept, 4711)


def test_two_writers_of_the_same_messages(database: str) -> None:
    """Both send all; whoever comes first owns a message, and each counts once."""
    sent = [arrive(up(functions.TIMED, report("3812 1268", serial=n))) for n in range(1, 41)]
    with connect(database) as setting:
        setting.execute(TABLE)
    fresh: list[int] = []

    def write(order: list[list[Arrival]]) -> None:
        with connect(database) as own:
            for start in range(0, len(order), 8):
                with own.transaction():
                    batch = [arrival for each in order[start : start + 8] for arrival in each]
                    done = store.keep(own, batch, TableSink())
                fresh.append(sum(not each.repeated for each in done))

    threads = [threading.Thread(target=write, args=(order,)) for order in (sent, sent[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connect(database) as own:
        assert sum(fresh) == 40
        assert own.execute("select count(*), sum(repeats)::int from telemetry.message_key").fetchone() == (
            40,
            40,
        )


def test_decoding_again_gives_the_same(kept: Connection) -> None:
    sent = arrive(WORKED + up(functions.TEST, report("3812 1268", serial=13)))
    store.keep(kept, sent, TableSink())
    decoder = Again()
    again = [decoder.decode(each) for each in store.listed(kept, Listing())]
    assert [each and (each.key, each.readings, each.kind) for each in again] == [
        (each.key, each.readings, each.kind) for each in sent
    ]
