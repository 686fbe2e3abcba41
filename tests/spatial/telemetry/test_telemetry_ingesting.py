"""MQTT through a real Mosquitto into a real PostGIS: what is wrong, late, doubled, gone and silent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import paho.mqtt.client as paho
import pytest
from broker_running import Device, RunningBroker, broker, never_reading, publish
from device_messages import START, register, said
from paho.mqtt.enums import CallbackAPIVersion

from spatial.database import connect
from spatial.observe.telemetry import store
from spatial.observe.telemetry.mqtt.ingesting import ingest
from spatial.observe.telemetry.mqtt.mosquitto import PACKET_BYTES, SAVE_S
from spatial.observe.telemetry.mqtt.payload import LARGEST
from spatial.observe.telemetry.mqtt.template import Templates, read, shipped
from spatial.observe.telemetry.recording import Recorder
from spatial.observe.telemetry.replaying import replay
from spatial.observe.telemetry.store import Listing

TEMPLATES = Templates(shipped())
METER = read(
    """
id = "meter"
title = { zh = "表", en = "meter" }
topic = "meters/{device}"
time = { place = "t", format = "unix-s" }

[[values]]
property = "temperature"
place = "v"
unit = "Cel"
unit_place = "u"
""",
    "meter.toml",
)


@pytest.fixture(scope="module")
def mosquitto() -> Iterator[RunningBroker]:
    with broker() as running:
        yield running


@asynccontextmanager
async def ingesting(
    dsn: str, running: RunningBroker, name: str, templates: Templates = TEMPLATES, *, shared: bool = False
) -> AsyncIterator[None]:
    stop, ready = asyncio.Event(), asyncio.Event()
    work = ingest(
        dsn, Recorder(), running.address, templates, name, shared=shared, ready=ready.set, stop=stop
    )
    task = asyncio.create_task(work)
    await asyncio.wait_for(ready.wait(), 60)
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(bounded())


async def sent(port: int, *messages: tuple[str, bytes]) -> None:
    await asyncio.to_thread(publish, port, *messages)


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with connect(dsn) as own:
        return own.execute(sql).fetchall()


REPEATS_TOO = "select count(*) + coalesce(sum(repeats), 0) from telemetry.message_key"
ONCE = "select count(*) from telemetry.message"


async def kept(dsn: str, count: int, counted: str = REPEATS_TOO) -> None:
    """Until so many messages are durable."""
    for _ in range(300):
        ((found,),) = await asyncio.to_thread(rows, dsn, counted)
        if found >= count:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{found} of {count} kept")


def test_what_cannot_be_taken_is_kept_with_its_reason_and_the_rest_flows(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        register(own, "A")
    ahead = said("A", int((datetime.now(UTC) + timedelta(hours=3) - START).total_seconds() / 60), 1)
    bad = {
        "bad-body": [
            ("onemap/json/A/up", b"{"),
            ("onemap/json/A/up", b'{"time": "2026-11-01T00:00:00Z", "values": {"temperature": NaN}}'),
            said("A", 1, "21"),
            ("meters/A", b'{"t": 1793491200, "v": 70, "u": "degF"}'),
        ],
        "oversized": [("onemap/json/A/up", b" " * (LARGEST + 1))],
        "future-dated": [ahead],
        "unknown-device": [said("nobody", 1, 1)],
    }
    wrong = [each for group in bad.values() for each in group]
    good = [said("A", 5, 5), said("A", 3, 3), said("A", 4, 4), said("A", 3, 3), said("A", 5, 5)]
    mixed = [*wrong[:4], *good[:2], *wrong[4:], *good[2:]]

    async def work() -> None:
        async with ingesting(database, mosquitto, "bad", Templates((*shipped(), METER))):
            await sent(mosquitto.port, *mixed)
            await kept(database, len(mixed))

    run(work)
    found = rows(database, "select phenomenon_time, result_number from observe.observation order by 1")
    assert found == [(START + timedelta(minutes=n), float(n)) for n in (3, 4, 5)], "each once, in any order"
    with connect(database) as own:
        listed = store.listed(own, Listing(state="rejected"))
        assert sorted((each.reason, each.peer.split(" ")[1], each.data) for each in listed) == sorted(
            (reason, topic, data) for reason, group in bad.items() for topic, data in group
        )
        assert rows(database, "select sum(repeats) from telemetry.message_key") == [(2,)]
        register(own, "nobody")
        assert replay(own, Listing(reason="unknown-device"), Recorder(), TEMPLATES) == {"replayed": 1}
        assert own.execute("select count(*) from observe.observation").fetchone() == (4,)


def test_a_clock_that_jumps_hides_nothing(database: str, mosquitto: RunningBroker) -> None:
    """Half an hour ahead is believed, a day is not; what follows with the right time is there, too."""
    with connect(database) as own:
        register(own, "A")
    now = int((datetime.now(UTC) - START).total_seconds() / 60)
    minutes = [now - 3, now - 2, now + 30, now + 1440, now - 1, now, now - 60 * 24 * 365 * 9]

    async def work() -> None:
        async with ingesting(database, mosquitto, "clock"):
            await sent(mosquitto.port, *(said("A", minute, 1) for minute in minutes))
            await kept(database, len(minutes))

    run(work)
    believed = rows(database, "select phenomenon_time from observe.observation order by 1")
    assert [time for (time,) in believed] == sorted(
        START + timedelta(minutes=minute) for minute in minutes if minute != now + 1440
    )
    assert rows(database, "select reason from telemetry.message where reason is not null") == [
        ("future-dated",)
    ]


def test_a_packet_beyond_the_brokers_limit_ends_its_sender_and_nobody_else(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        register(own, "A")

    async def work() -> None:
        async with ingesting(database, mosquitto, "large"):
            Device(mosquitto.port, [("onemap/json/A/up", b" " * (PACKET_BYTES + 1))]).start()
            await sent(mosquitto.port, *(said("A", n, n) for n in range(20)))
            await kept(database, 20)

    run(work)
    assert rows(database, "select count(*) from observe.observation") == [(20,)]


def test_what_comes_while_nobody_ingests_waits(database: str, mosquitto: RunningBroker) -> None:
    with connect(database) as own:
        register(own, "A")

    async def work() -> None:
        async with ingesting(database, mosquitto, "late"):
            pass
        await sent(mosquitto.port, *(said("A", n, n) for n in range(3000)))
        async with ingesting(database, mosquitto, "late"):
            await kept(database, 3000)

    run(work)
    assert rows(database, "select count(*), count(distinct result_number) from observe.observation") == [
        (3000, 3000)
    ]


def test_a_broker_that_is_killed_and_comes_back_loses_only_what_it_alone_had(database: str) -> None:
    """Mosquitto confirms before it saves: only what it had not handed on by then may go with it."""
    with connect(database) as own:
        register(own, "A")
    count, unsure = 4000, 0

    async def work(running: RunningBroker) -> None:
        nonlocal unsure
        async with ingesting(database, running, "broker"):
            await asyncio.sleep(2 * SAVE_S)  # its session is saved from now on
            device = Device(running.port, [said("A", n, n) for n in range(count)])
            device.start()
            for share, in_between in ((0.25, True), (0.6, False)):
                while device.confirmed < count * share:
                    await asyncio.sleep(0.01)
                if in_between:
                    device.held.set()
                    await asyncio.sleep(2 * SAVE_S)  # what is under way is confirmed
                sure = device.confirmed
                await kept(database, sure, ONCE)
                running.kill()
                unsure += device.confirmed - sure
                assert not (in_between and unsure)
                device.held.clear()
                await asyncio.sleep(0.3)
                running.start()
            await asyncio.to_thread(device.join, 100)
            assert device.confirmed == count
            await kept(database, count - unsure, ONCE)

    with broker() as running:
        run(lambda: work(running))
    ((found, different),) = rows(
        database, "select count(*), count(distinct result_number) from observe.observation"
    )
    assert count - unsure <= found == different <= count


def test_several_share_the_work_and_one_that_leaves_takes_nothing_with_it(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        register(own, "A", "B")

    async def work() -> None:
        async with (
            ingesting(database, mosquitto, "one", shared=True),
            ingesting(database, mosquitto, "two", shared=True),
        ):
            await sent(mosquitto.port, *(said("AB"[n % 2], n, n) for n in range(1000)))
            await kept(database, 1000)
        async with ingesting(database, mosquitto, "one", shared=True):
            await sent(mosquitto.port, *(said("A", n, n) for n in range(1000, 1100)))
            await asyncio.sleep(0.3)
            assert len(rows(database, "select from telemetry.message")) < 1100, "a part waits for the other"
            address = mosquitto.address
            await ingest(database, Recorder(), address, TEMPLATES, "two", shared=True, leaving=True)
            await kept(database, 1100)
            await sent(mosquitto.port, *(said("A", n, n) for n in range(1100, 1200)))
            await kept(database, 1200)

    run(work)
    assert rows(database, "select sum(repeats), count(*) from telemetry.message_key") == [(0, 1200)]
    assert rows(database, "select count(*) from observe.observation") == [(1200,)]


def test_a_subscriber_that_never_reads_holds_up_nobody(database: str, mosquitto: RunningBroker) -> None:
    with connect(database) as own:
        register(own, "A")
    padding = "x" * 2000

    async def work() -> None:
        silent = never_reading(mosquitto.port, "onemap/json/+/up")
        async with ingesting(database, mosquitto, "beside"):
            await sent(mosquitto.port, *(said("A", n, n, padding=padding) for n in range(3000)))
            await kept(database, 3000)
        silent.close()

    run(work)
    assert rows(database, "select count(*) from observe.observation") == [(3000,)]


def test_raw_messages_are_kept_byte_exact(database: str, mosquitto: RunningBroker) -> None:
    odd = b'\xef\xbb\xbf{"time":\r\n "2026-11-01T00:00:00Z" }\x00'

    async def work() -> None:
        async with ingesting(database, mosquitto, "exact"):
            await sent(mosquitto.port, ("onemap/json/设备-1/up", odd))
            await kept(database, 1)

    run(work)
    found = rows(database, "select bytes, device, channel, reason from telemetry.message")
    assert found == [(odd, "mqtt:设备-1", "mqtt", "bad-body")]


def publish_each(port: int, *messages: tuple[str, bytes, int, bool]) -> None:
    """By a client each, as QoS and retain flag say; confirmed where the QoS has a confirmation."""
    for topic, data, qos, retain in messages:
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        client.connect("127.0.0.1", port)
        client.loop_start()
        client.publish(topic, data, qos=qos, retain=retain).wait_for_publish(20)
        client.disconnect()
        client.loop_stop()


def test_a_retained_message_counts_once_and_every_quality_of_service_is_taken(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        register(own, "A")
    each = [said("A", minute, minute) for minute in range(4)]
    retained = (*each[3], 1, True)

    async def work() -> None:
        await asyncio.to_thread(publish_each, mosquitto.port, retained)
        for time in (1, 2):  # A subscription that is made anew is told what is retained again.
            async with ingesting(database, mosquitto, "retained"):
                await kept(database, time)
        async with ingesting(database, mosquitto, "retained"):
            of_each = [(*one, qos, False) for qos, one in enumerate(each[:3])]
            await asyncio.to_thread(publish_each, mosquitto.port, *of_each)
            await kept(database, 6)
        await asyncio.to_thread(publish_each, mosquitto.port, (each[3][0], b"", 1, True))  # forgotten

    run(work)
    found = rows(database, "select phenomenon_time, result_number from observe.observation order by 1")
    assert found == [(START + timedelta(minutes=n), float(n)) for n in range(4)]
    assert rows(database, "select count(*), sum(repeats) from telemetry.message_key") == [(4, 2)]


def test_a_topic_with_wildcards_ends_its_sender_and_nobody_else(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        register(own, "A")

    def wild() -> bytes:
        topic = b"onemap/json/+/up"
        body = len(topic).to_bytes(2) + topic + b"\x00\x01{}"
        with socket.create_connection(("127.0.0.1", mosquitto.port), timeout=20) as sender:
            sender.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04wild")
            assert sender.recv(4) == b"\x20\x02\x00\x00"
            sender.sendall(b"\x32" + bytes([len(body)]) + body)
            return sender.recv(4)

    async def work() -> None:
        async with ingesting(database, mosquitto, "wild"):
            assert await asyncio.to_thread(wild) == b"", "its connection is closed"
            await sent(mosquitto.port, said("A", 1, 1))
            await kept(database, 1)

    run(work)
    assert rows(database, "select result_number from observe.observation") == [(1.0,)]
