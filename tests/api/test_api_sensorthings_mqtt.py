"""SensorThings over MQTT (18-088, clause 14): create by publishing, be told of what was written."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from broker_running import Listener, RunningBroker, broker, never_reading, publish

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "telemetry"))
from device_messages import register

from api.sensorthings.mqtt import creating
from api.sensorthings.mqtt.publishing import serve
from api.sensorthings.writing import write
from spatial.database import Connection, connect
from spatial.observe import publication, series
from spatial.observe.telemetry import store
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.mqtt.link import Delivery
from spatial.observe.telemetry.recording import Recorder
from spatial.observe.telemetry.replaying import replay
from spatial.observe.telemetry.store import Listing

URL = "http://map.example/sensorthings/v1.1"
STREAM = "v1.1/Datastreams(1)/Observations"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def mosquitto() -> Iterator[RunningBroker]:
    with broker() as running:
        yield running


@asynccontextmanager
async def serving(dsn: str, running: RunningBroker, name: str) -> AsyncIterator[asyncio.Task[None]]:
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(dsn, running.address, name, URL, ready=ready.set, stop=stop))
    await asyncio.wait_for(ready.wait(), 60)
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)


async def until(true: Callable[[], bool], within_s: float = 60.0) -> None:
    for _ in range(int(within_s / 0.05)):
        if await asyncio.to_thread(true):
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"not within {within_s} s")


def said(minute: int, result: object, **more: object) -> bytes:
    time = (NOW - timedelta(days=1) + timedelta(minutes=minute)).isoformat()
    return json.dumps({"phenomenonTime": time, "result": result, **more}).encode()


def settled(own: Connection, *devices: str) -> None:
    """Registered devices, each at a place of its own."""
    register(own, *devices)
    own.execute(
        "with bare as (select id from observe.thing t where not exists (select from observe.thing_location x"
        " where x.thing = t.id)), made as (insert into observe.location (name, encoding_type, location, geom)"
        " select id::text, 'application/geo+json', ST_AsGeoJSON(p)::jsonb, p"
        " from (select id, ST_SetSRID(ST_MakePoint(118.7 + id / 100.0, 36.9), 4490) as p from bare) b"
        " returning id, name) insert into observe.thing_location (thing, location)"
        " select name::bigint, id from made"
    )
    own.commit()


def posted(dsn: str, path: str, document: dict[str, Any], method: str = "POST") -> None:
    """As HTTP writes it."""
    with connect(dsn) as own:
        write(method, path, document, lambda _: None)(own)


def rows(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with connect(dsn) as own:
        return own.execute(sql).fetchall()


def count(dsn: str) -> int:
    return int(rows(dsn, "select count(*) from observe.observation")[0][0])


def told(listener: Listener, topic: str) -> list[dict[str, Any]]:
    """What the platform said on a topic; what clients say there themselves has no number."""
    found = [json.loads(payload) for name, payload in listener.messages if name == topic]
    return [each for each in found if "@iot.id" in each or topic != STREAM]


def test_observations_are_created_by_publishing_and_told_once_without_an_echo(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        settled(own, "A")

    async def work() -> None:
        async with serving(database, mosquitto, "create"):
            listener = Listener(mosquitto.port, STREAM)
            await asyncio.to_thread(publish, mosquitto.port, (STREAM, said(1, 5.5)), (STREAM, said(1, 5.5)))
            other = said(2, 6, Datastream={"@iot.id": 1})
            await asyncio.to_thread(publish, mosquitto.port, ("v1.1/Observations", other))
            await until(lambda: len(told(listener, STREAM)) == 2)
            await asyncio.sleep(1.5)  # an echo would have come
            first, second = told(listener, STREAM)
            assert (first["result"], second["result"]) == (5.5, 6)
            assert first["@iot.selfLink"] == f"{URL}/Observations({first['@iot.id']})"
            listener.close()

    asyncio.run(work())
    assert count(database) == 2
    assert rows(database, "select count(*), sum(repeats) from telemetry.message_key") == [(2, 1)]


def test_what_waited_for_the_broker_comes_in_any_order_and_is_written_in_one_batch(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered again, corrected, unreadable, of unknown datastreams; the last one comes first."""
    batches: list[int] = []
    record_lines = series.record_lines

    def counted(connection: Connection, *given: Any) -> Any:
        batches.append(1)
        return record_lines(connection, *given)

    monkeypatch.setattr(series, "record_lines", counted)
    dice = random.Random(5)
    values = [(stream, minute, float(minute % 7)) for stream in (1, 2) for minute in range(200)]
    dice.shuffle(values)
    given = [(1, 300, 9.0), *values, *values[:30], *((s, m, v + 1) for s, m, v in values[:20])]
    messages = [(f"v1.1/Datastreams({stream})/Observations", said(m, v)) for stream, m, v in given]
    messages[50:50] = [
        (STREAM, b"{"),
        (STREAM, said(500, "x" * 10)),
        ("v1.1/Datastreams(99)/Observations", said(1, 1)),
    ]
    with connect(database) as own:
        settled(own, "A", "B")
        deliveries = [
            Delivery(topic, payload, number, 1, False, False, 1)
            for number, (topic, payload) in enumerate(messages, 1)
        ]
        arrivals = creating.create(own, deliveries, "broker", datetime.now(UTC))
        own.commit()
        assert [each.reason for each in arrivals if each.reason] == [Reason.BAD_BODY, Reason.SINK_REFUSED]
        assert len(batches) <= 3
        again = creating.create(own, deliveries, "broker", datetime.now(UTC))
        own.commit()
        assert len(again) == len(arrivals)
    found = rows(database, "select datastream, phenomenon_time, result_number from observe.observation")
    believed = {(stream, minute): value for stream, minute, value in given}
    start = NOW - timedelta(days=1)
    assert {(s, round((t - start).total_seconds() / 60)): v for s, t, v in found if v is not None} == believed
    assert len(found) == len(believed) + 1  # a text is a value, too
    (kept,) = rows(database, "select count(*) from observe.superseded where recorded_at <= superseded_at")
    assert kept[0] == 20


def test_without_a_time_each_message_is_an_observation_of_its_moment(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        settled(own, "A")

    async def work() -> None:
        async with serving(database, mosquitto, "timeless"):
            for _ in range(3):
                await asyncio.to_thread(publish, mosquitto.port, (STREAM, b'{"result": 7}'))
            await until(lambda: count(database) == 3)

    asyncio.run(work())
    with connect(database) as own:
        again = replay(own, Listing(), Recorder(), doors={creating.CHANNEL: creating.again})
        assert again == {"replayed": 3}
    assert count(database) == 3, "a replay is of the moment the message came"


def test_what_cannot_be_created_is_kept_with_its_reason_and_replayed(
    database: str, mosquitto: RunningBroker
) -> None:
    bad = {
        "bad-body": [(STREAM, b"{"), (STREAM, b'{"result": NaN}')],
        "future-dated": [(STREAM, said(3 * 1440, 1))],
        "sink-refused": [
            ("v1.1/Datastreams(2)/Observations", said(1, 1)),
            (STREAM, said(1, 1, colour="red")),
            ("v1.1/Observations", said(1, 1)),
        ],
        "oversized": [(STREAM, b'"' + b"x" * 300_000 + b'"')],
    }
    with connect(database) as own:
        settled(own, "A")

    async def work() -> None:
        async with serving(database, mosquitto, "bad"):
            wrong = [each for group in bad.values() for each in group]
            await asyncio.to_thread(publish, mosquitto.port, *wrong, (STREAM, said(2, 2)))
            await until(lambda: count(database) == 1)

    asyncio.run(work())
    with connect(database) as own:
        listed = store.listed(own, Listing(state="rejected"))
        assert sorted((each.reason, each.peer.split(" ")[1], each.data) for each in listed) == sorted(
            (reason, topic, data) for reason, group in bad.items() for topic, data in group
        )
        settled(own, "B")
        asked = Listing(reason="sink-refused")
        assert replay(own, asked, Recorder(), doors={creating.CHANNEL: creating.again}) == {
            "replayed": 1,
            "sink-refused": 2,
        }
        own.commit()
    assert count(database) == 2


def test_entities_properties_and_selections_are_told_where_they_change(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        settled(own, "A")
    selected = f"{STREAM}?$select=result,phenomenonTime"
    topics = (STREAM, selected, "v1.1/Things(1)", "v1.1/Things(1)/properties", "v1.1/Things")

    async def work() -> None:
        async with serving(database, mosquitto, "told"):
            listener = Listener(mosquitto.port, *topics)
            wanted = lambda: len(rows(database, "select from observe.wanted_topic")) >= 2  # noqa: E731
            await until(wanted)
            posted(database, "Datastreams(1)/Observations", json.loads(said(1, 5)))
            posted(database, "Datastreams(1)/Observations", json.loads(said(1, 6)))  # corrects it
            posted(database, "Things(1)", {"properties": {"key": "mqtt:A", "owner": "水利局"}}, "PATCH")
            await until(lambda: told(listener, "v1.1/Things(1)/properties") != [])
            await until(
                lambda: told(listener, STREAM)[-1:] != [] and told(listener, STREAM)[-1]["result"] == 6
            )
            await until(lambda: {topic for topic, _ in listener.messages} == set(topics))
            listener.close()
            assert told(listener, "v1.1/Things(1)")[-1]["properties"]["owner"] == "水利局"
            assert told(listener, "v1.1/Things(1)/properties")[-1] == {
                "properties": {"key": "mqtt:A", "owner": "水利局"}
            }
            assert set(told(listener, selected)[-1]) == {"result", "phenomenonTime"}

    asyncio.run(work())


def test_what_was_written_while_nobody_published_is_told_afterwards(
    database: str, mosquitto: RunningBroker
) -> None:
    with connect(database) as own:
        settled(own, "A")

    async def work() -> None:
        async with serving(database, mosquitto, "restart"):
            await asyncio.sleep(0.5)
        listener = Listener(mosquitto.port, STREAM, name="durable-listener")
        for minute in range(20):
            posted(database, "Datastreams(1)/Observations", json.loads(said(minute, minute)))
        async with serving(database, mosquitto, "restart"):
            await until(lambda: len(told(listener, STREAM)) >= 20)
        listener.close()
        assert [each["result"] for each in told(listener, STREAM)] == list(range(20))

    asyncio.run(work())


def test_values_of_a_multi_datastream_come_and_go(database: str, mosquitto: RunningBroker) -> None:
    with connect(database) as own:
        settled(own, "A")
        own.execute(
            "insert into observe.datastream (multi, name, observation_type, unit, data_types, thing, sensor)"
            " values (true, 'wind', 'm', '[{}, {}]', '[\"x\", \"y\"]', 1, 1);"
            "insert into observe.datastream_property values (2, 0, 1), (2, 1, 1)"
        )
    topic = "v1.1/MultiDatastreams(2)/Observations"

    async def work() -> None:
        async with serving(database, mosquitto, "multi"):
            listener = Listener(mosquitto.port, topic)
            await asyncio.to_thread(publish, mosquitto.port, (topic, said(1, [3.5, 270])))
            await until(lambda: len(listener.messages) == 2)
            listener.close()
            assert [json.loads(payload)["result"] for _, payload in listener.messages] == [[3.5, 270]] * 2

    asyncio.run(work())


def test_a_subscriber_that_never_reads_stops_nobody(database: str, mosquitto: RunningBroker) -> None:
    with connect(database) as own:
        settled(own, "A")

    async def work() -> None:
        async with serving(database, mosquitto, "silent"):
            silent = never_reading(mosquitto.port, STREAM)
            listener = Listener(mosquitto.port, STREAM)
            filler = {"parameters": {"note": "x" * 20_000}}
            for minute in range(100):
                document = json.loads(said(minute, minute, **filler))
                await asyncio.to_thread(posted, database, "Datastreams(1)/Observations", document)
            await until(lambda: len(told(listener, STREAM)) == 100)
            listener.close()
            silent.close()

    asyncio.run(work())


def test_a_transaction_that_is_late_is_not_passed_over(database: str) -> None:
    """The horizon stays before the oldest writer, so what it wrote is not behind what is published."""
    with connect(database) as own, connect(database) as late, connect(database, autocommit=True) as looking:
        settled(own, "A")
        first = publication.horizon(looking)
        write("POST", "Datastreams(1)/Observations", json.loads(said(1, 1)), lambda _: None)(late)
        (written,) = late.execute("select recorded_at from observe.observation").fetchone() or (None,)
        assert first < written
        assert publication.horizon(looking) <= written
        late.commit()
        assert publication.horizon(looking) > written
