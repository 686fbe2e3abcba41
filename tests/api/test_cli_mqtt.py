"""``up --mqtt``: the broker and what stands on it, with real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from broker_running import publish
from click.testing import CliRunner
from installation import Installation, installation
from serving import until

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "telemetry"))
from device_messages import register, said

from api.cli.commands import onemap
from spatial.database import connect
from spatial.errors import InvalidInput
from spatial.process import PROC, Process


@pytest.fixture(scope="module")
def up() -> Iterator[Installation]:
    """An installation with a broker."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with installation(ONEMAP_MQTT=f"127.0.0.1:{port}", ONEMAP_JOB_WORKERS="0") as made:
        done = made.up("--mqtt")
        assert done.returncode == 0, done.stderr
        assert f"mqtt://127.0.0.1:{port}" in done.stderr
        with connect(made.cluster.dsn()) as connection:
            register(connection, "A")
        yield made


def port_of(up: Installation) -> int:
    return int(up.environ["ONEMAP_MQTT"].rpartition(":")[2])


def stored(up: Installation) -> int:
    with connect(up.cluster.dsn()) as connection:
        return int(connection.execute("select count(*) from observe.observation").fetchone()[0])  # type: ignore[index]


def kept_by(leader: int) -> dict[str, int]:
    """Processes that a leader keeps, by what they are."""
    found = {}
    for child in (PROC / str(leader) / "task" / str(leader) / "children").read_text().split():
        try:
            words = (PROC / child / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if b"api.cli" in words:
            found[words[words.index(b"api.cli") + 2].decode()] = int(child)
        elif b"mosquitto" in words[0]:
            found["broker"] = int(child)
    return found


def test_what_a_device_publishes_is_stored(up: Installation) -> None:
    until(lambda: subscribed(up))
    publish(port_of(up), said("A", 1, 1), said("A", 2, 2))
    until(lambda: stored(up) == 2)


def test_the_landing_page_names_the_broker(up: Installation) -> None:
    address = f"http://127.0.0.1:{up.server()['port']}/sensorthings/v1.1"
    with urllib.request.urlopen(address, timeout=60) as answer:
        told = json.loads(answer.read())["serverSettings"]
    receive = "http://www.opengis.net/spec/iot_sensing/1.1/req/receive-updates-via-mqtt/receive-updates"
    assert receive in told["conformance"]
    assert told[receive] == {"endpoints": [f"mqtt://127.0.0.1:{port_of(up)}"]}


def subscribed(up: Installation) -> bool:
    return "已订阅" in (up.data / "mqtt.log").read_text()


def test_the_killed_are_started_anew_and_a_second_up_changes_nothing(up: Installation) -> None:
    leader = up.status()["mqtt_pid"]
    before = kept_by(leader)
    os.kill(before["mqtt"], signal.SIGKILL)
    publish(port_of(up), said("A", 3, 3))
    until(lambda: stored(up) == 3, 60)
    os.kill(before["broker"], signal.SIGKILL)
    until(lambda: kept_by(leader).get("broker", before["broker"]) != before["broker"])
    until(lambda: reachable(up))
    publish(port_of(up), said("A", 4, 4))
    until(lambda: stored(up) == 4, 60)
    assert up.up().returncode == 0, "it remembers the broker"
    assert up.status()["mqtt_pid"] == leader


def reachable(up: Installation) -> bool:
    with socket.socket() as peer:
        return peer.connect_ex(("127.0.0.1", port_of(up))) == 0


def test_down_stops_it_and_up_brings_it_back_until_it_is_wanted_no_more(up: Installation) -> None:
    leader = up.status()["mqtt_pid"]
    kept = [Process.of(pid) for pid in kept_by(leader).values()]
    assert up.run("down").returncode == 0
    assert not any(each and each.alive for each in kept)
    assert not reachable(up)
    assert up.up().returncode == 0
    assert reachable(up)
    assert up.up("--no-mqtt").returncode == 0
    assert up.status()["mqtt_pid"] is None
    assert not reachable(up)
    assert up.up("--mqtt").returncode == 0
    assert reachable(up)


@pytest.mark.parametrize("place", ["0.0.0.0:1", "1883", "a:b"])
def test_a_place_that_only_this_machine_reaches(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEMAP_MQTT", place)
    (tmp_path / "with-mqtt").touch()
    if place.startswith("0"):
        from api.cli import mqtt
        from api.cli.site import Site

        with pytest.raises(InvalidInput):
            mqtt.broker_of(Site.read(tmp_path)).prepare()
    else:
        told = CliRunner().invoke(onemap, ["status", "--data", str(tmp_path)])
        assert isinstance(told.exception, InvalidInput)


@pytest.mark.parametrize(
    "arguments", [["--broker", "tcp://x"], ["--broker", "mqtt://h/p"], ["--name", "a b"]]
)
def test_arguments_that_cannot_be_meant(arguments: list[str]) -> None:
    told = CliRunner().invoke(onemap, ["telemetry", "mqtt", *arguments])
    assert isinstance(told.exception, InvalidInput)
    assert json.dumps(told.exception.en)
