"""MQTT into the store through a real Mosquitto, beside COPY of the same rows: ``python -m benchmarks.mqtt``.

So many messages of so many devices wait at the broker; one ingester, a process of its own, takes them all in:
raw messages byte-exact, readings in the store, acknowledged after each commit. The clock tells how busy the
machine is, so the verdict is by processor time: of the ingester, of its session in the database, of the
broker. The limit is COPY of the same rows, raw messages and values, by one client.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.types.json import Jsonb

from benchmarks.databases import fresh
from spatial.database import Connection, connect
from spatial.observe.telemetry.mqtt.mosquitto import Mosquitto
from spatial.observe.telemetry.mqtt.template import Templates, shipped

GOAL = 5_000
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
INGESTER = """
import asyncio, sys
from spatial.observe.telemetry.mqtt.broker import Broker
from spatial.observe.telemetry.mqtt.ingesting import ingest
from spatial.observe.telemetry.mqtt.template import Templates, shipped
from spatial.observe.telemetry.recording import Recorder
dsn, port = sys.argv[1], int(sys.argv[2])
ready = lambda: print("ready", flush=True)
asyncio.run(ingest(dsn, Recorder(), Broker("127.0.0.1", port), Templates(shipped()), "bench", ready=ready))
"""


def spent_s(pid: int) -> float:
    """Processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def devices(connection: Connection, count: int) -> None:
    """Registered devices, each with one datastream."""
    connection.execute(
        "insert into observe.sensor (name, encoding_type, metadata) values ('s', 'text/plain', '\"x\"')"
    )
    connection.execute(
        "insert into observe.observed_property (name, definition, properties) values ('p', 'urn:p', %s)",
        (Jsonb({"key": "mqtt:temperature"}),),
    )
    connection.execute(
        "insert into observe.thing (name, properties) select 't' || n,"
        " jsonb_build_object('key', 'mqtt:D' || n) from generate_series(0, %s) n",
        (count - 1,),
    )
    connection.execute(
        "insert into observe.datastream (name, observation_type, unit, thing, sensor)"
        " select 'd', 'm', '{}', id, 1 from observe.thing order by id"
    )
    connection.execute(
        "insert into observe.datastream_property (datastream, observed_property)"
        " select id, 1 from observe.datastream"
    )
    connection.commit()


def messages(count: int, of: int) -> list[tuple[str, bytes]]:
    """In the order of time: all devices at one instant, then the next."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=60 * (count // of + 1))
    return [
        (
            f"onemap/json/D{n % of}/up",
            json.dumps(
                {
                    "time": (start + timedelta(seconds=60 * (n // of))).isoformat(),
                    "values": {"temperature": n / 8},
                }
            ).encode(),
        )
        for n in range(count)
    ]


def send(port: int, given: list[tuple[str, bytes]]) -> None:
    """Hand messages to the broker; all are confirmed when it returns."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for info in [client.publish(topic, payload, qos=1) for topic, payload in given]:
        info.wait_for_publish(120)
    client.disconnect()
    client.loop_stop()


def started(dsn: str, port: int) -> subprocess.Popen[str]:
    """An ingester that is subscribed."""
    process = subprocess.Popen(
        [sys.executable, "-c", INGESTER, dsn, str(port)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def stored(connection: Connection) -> int:
    (count,) = connection.execute("select coalesce(sum(count), 0) from observe.latest").fetchone() or (0,)
    return int(count)


def backend_of(connection: Connection) -> int | None:
    row = connection.execute(
        "select pid from pg_stat_activity where datname = current_database()"
        " and application_name = 'onemap-telemetry'"
    ).fetchone()
    return None if row is None else int(row[0])


def copied_s(connection: Connection, given: list[tuple[str, bytes]]) -> float:
    """Processor time of COPY of the same rows, client and server."""
    template = Templates(shipped())
    now = datetime.now(UTC)
    before = time.process_time() + spent_s(connection.info.backend_pid)
    with connection.cursor().copy(
        "copy telemetry.message (id, received_at, channel, peer, device, kind, bytes) from stdin"
    ) as copy:
        for n, (topic, payload) in enumerate(given):
            copy.write_row((-1 - n, now, "mqtt", f"127.0.0.1 {topic}", "mqtt:D", "data", payload))
    with connection.cursor().copy(
        "copy observe.observation (id, phenomenon_time, recorded_at, datastream, flag, result_number)"
        " from stdin"
    ) as copy:
        for n, (_, payload) in enumerate(given):
            document = json.loads(payload)
            copy.write_row(
                (n, document["time"], now, 1_000_000 + n % 1000, 2, document["values"]["temperature"])
            )
    connection.commit()
    assert template.all
    return time.process_time() + spent_s(connection.info.backend_pid) - before


def run(dsn: str, count: int, of: int) -> bool:
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        broker = Mosquitto(Path(place) / "mosquitto", "127.0.0.1", 18_831)
        serving = broker.start()
        try:
            broker.await_ready(serving)
            with connect(dsn) as connection:
                devices(connection, of)
                given = messages(count, of)
                started(dsn, broker.port).terminate()  # its session waits from now on
                time.sleep(1)
                send(broker.port, given)
                began, broker_s = time.perf_counter(), spent_s(serving.pid)
                ingester = started(dsn, broker.port)
                pid, database_s = None, 0.0
                while stored(connection) < count:
                    connection.commit()
                    pid = pid or backend_of(connection)
                    time.sleep(0.1)
                took_s = time.perf_counter() - began
                ours_s, broker_s = spent_s(ingester.pid), spent_s(serving.pid) - broker_s
                database_s = spent_s(pid) if pid else 0.0
                ingester.terminate()
                ingester.wait()
                connection.commit()
                limit_s = copied_s(connection, given)
        finally:
            serving.terminate()
            serving.wait()
    whole = ours_s + database_s
    print(f"{count:,} messages of {of:,} devices, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"  clock {count / took_s:,.0f}/s")
    print(
        f"  processor: ingester {count / ours_s:,.0f}/s (its start included), its session"
        f" {count / database_s:,.0f}/s, broker {count / broker_s:,.0f}/s"
    )
    slower = count / max(ours_s, database_s)
    print(f"  each on a core of its own: {slower:,.0f}/s, goal {GOAL:,}/s")
    print(f"  COPY of the same rows {count / limit_s:,.0f}/s: {limit_s / whole:.0%} of the limit")
    return slower >= GOAL


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"))
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--devices", type=int, default=1000)
    asked = parser.parse_args()
    with fresh(asked.dsn) as dsn:
        return 0 if run(dsn, asked.messages, asked.devices) else 1


if __name__ == "__main__":
    sys.exit(main())
