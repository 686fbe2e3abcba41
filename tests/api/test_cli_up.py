"""up, down, status, doctor: the whole way with real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from installation import Installation, installation
from serving import until

from api.cli.site import OPEN_HERE, Site
from api.cli.up import renew_layers
from spatial import migrations
from spatial.catalogue import store
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import connect
from spatial.errors import EnvironmentProblem
from spatial.process import Process
from tiles.fonts.sources import missing


@pytest.fixture(scope="module")
def up() -> Iterator[Installation]:
    """An installation that serves."""
    with installation() as made:
        done = made.up()
        assert done.returncode == 0, done.stderr
        yield made


def address(said: str) -> str:
    return said.strip().rpartition(" ")[2]


def test_the_printed_address_is_the_map(up: Installation) -> None:
    url = up.up().stdout.strip().rpartition(" ")[2]
    with urllib.request.urlopen(url, timeout=60) as answer:
        assert answer.status == 200
        assert "text/html" in answer.headers["content-type"]


def test_a_second_up_changes_nothing(up: Installation) -> None:
    before = up.server()
    again = up.up()
    assert again.returncode == 0
    assert again.stderr.strip() == OPEN_HERE
    assert address(again.stdout) == f"http://127.0.0.1:{before['port']}/map"
    assert up.server() == before


@pytest.mark.skipif(bool(missing()), reason=f"no fonts here: {missing()}")
def test_fonts_are_made_beside_the_server_and_hold_nobody_up(up: Installation) -> None:
    maker = Process(**json.loads((up.data / "fonts.json").read_text()))
    if maker.alive:
        until(lambda: not maker.alive or os.getpriority(os.PRIO_PROCESS, maker.pid) == 19, 60)
    until((up.data / "fonts" / "list.json").exists, 200)
    with urllib.request.urlopen(
        f"http://127.0.0.1:{up.server()['port']}/fonts/fonts.css", timeout=60
    ) as sheet:
        assert b"@font-face" in sheet.read()
    (found,) = [each for each in json.loads(up.run("doctor", "--json").stdout) if "fonts" in each["name"]]
    assert found["ok"], found


@pytest.mark.fault
def test_after_down_it_is_ready_again(up: Installation) -> None:
    server = Process(up.server()["pid"], up.server()["started"])
    postmaster = up.cluster.running()
    assert postmaster is not None
    assert up.run("down").returncode == 0
    assert not server.alive
    assert not postmaster.alive
    assert not (up.data / "worker.json").exists()
    assert not (up.data / "fonts.json").exists()
    stopped = up.run("status", "--json")
    assert (stopped.returncode, json.loads(stopped.stdout)["state"]) == (8, "stopped")
    assert up.up().returncode == 0
    assert up.run("status").returncode == 0


def test_status_tells_what_runs_where(up: Installation) -> None:
    found = up.status()
    assert found["state"] == "running"
    assert found["database"] == "running"
    assert found["server_pid"] == up.server()["pid"]
    assert found["map"].endswith("/map")
    assert found["data"] == str(up.data)
    assert Process.of(found["workers_pid"]) is not None
    assert found["access"] == "open"
    assert OPEN_HERE in up.run("status").stdout


def test_the_workers_beside_the_server_do_jobs(up: Installation) -> None:
    base = f"http://127.0.0.1:{up.server()['port']}"
    body = json.dumps({"inputs": {"system": "sheet", "codes": ["J50"]}}).encode()
    headers = {"content-type": "application/json", "prefer": "respond-async"}
    request = urllib.request.Request(f"{base}/processes/grid-decode/execution", body, headers)
    with urllib.request.urlopen(request, timeout=60) as accepted:
        job = json.loads(accepted.read())["jobID"]
    until = time.monotonic() + 60
    while (found := json.loads(up.run("jobs", "show", job, "--json").stdout))["status"] != "successful":
        assert time.monotonic() < until, found
    assert [step["state"] for step in found["transitions"]] == ["accepted", "running", "successful"]
    assert job in up.run("jobs", "list", "--process", "grid-decode").stdout
    assert json.loads(up.run("jobs", "cancel", job, "--json").stdout)["status"] == "dismissed"
    missing = up.run("jobs", "show", "nothing")
    assert (missing.returncode, "nothing" in missing.stderr) == (4, True)


def test_schedules_by_the_command_line(up: Installation) -> None:
    given = '{"system": "sheet", "codes": ["J50"]}'
    added = up.run("schedule", "add", "每夜", "30 2 * * *", "grid-decode", given)
    assert added.returncode == 0, added.stderr
    (listed,) = json.loads(up.run("schedule", "list", "--json").stdout)
    assert (listed["name"], listed["process"]) == ("每夜", "grid-decode")
    bad = up.run("schedule", "add", "坏", "30 2 * * *", "grid-decode", '{"system": "h3", "codes": []}')
    assert (bad.returncode, "/inputs/" in bad.stderr) == (2, True)
    assert up.run("schedule", "add", "坏", "30 2", "grid-decode", given).returncode == 2
    assert up.run("schedule", "remove", "每夜").returncode == 0
    assert up.run("schedule", "remove", "每夜").returncode == 4


def test_doctor_finds_a_served_installation_sound(up: Installation) -> None:
    done = up.run("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, [f for f in findings.values() if not f["ok"]]
    assert findings["数据库 database"]["found"].startswith("PostgreSQL 1")
    assert "PROJ" in findings["数据库 database"]["found"]


def test_doctor_names_the_command_that_mends() -> None:
    with installation() as fresh:
        done = fresh.run("doctor")
        assert done.returncode == 9
        assert any(line.startswith("问题") and "→ ./onemap up" in line for line in done.stdout.splitlines())
        assert not fresh.data.exists(), "looking changes nothing"


def test_a_taken_port_names_who_has_it_and_leaves_nothing_running(tmp_path: Path) -> None:
    with installation() as fresh, socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        refused = fresh.run("up", "--detach", "--no-sample", "--no-browser", "--port", str(port))
        assert refused.returncode == 9
        chinese, english = refused.stderr.strip().splitlines()[-2:]
        assert "端口" in chinese
        assert "--port" in english
        assert english.endswith(f":{port}")
        assert f"process {os.getpid()} " in english
        assert "Traceback" not in refused.stderr
        assert fresh.cluster.running() is None


def test_another_server_is_used_and_no_cluster_made(empty_database: str) -> None:
    with installation(ONEMAP_DATABASE_URL=empty_database) as elsewhere:
        done = elsewhere.up()
        assert done.returncode == 0, done.stderr
        assert not (elsewhere.data / "postgresql").exists()
        assert elsewhere.status()["database"] == "external"


def test_layers_of_the_platform_follow_the_release(
    empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An older contract is taken further; one of the city's own stays, and what it lacks is said."""
    migrations.upgrade(empty_database)
    roads, rivers = shipped("spatial", "roads"), shipped("spatial", "rivers")
    with connect(empty_database) as connection:
        provide(connection, replace(roads, fields=roads.fields[:-1]))
        store.publish(connection, replace(rivers, fields=rivers.fields[:-1]))

    renew_layers(empty_database)

    told = capsys.readouterr().err
    assert "taken to the contract of this release: roads" in told
    assert f"which ./onemap layer add can add: rivers: {rivers.fields[-1].name}" in told
    with connect(empty_database) as connection:
        assert store.get(connection, "roads").contract == roads
        assert store.get(connection, "rivers").contract.fields == rivers.fields[:-1]
        assert {layer.contract.id for layer in store.layers(connection)} == {"roads", "rivers"}
    renew_layers(empty_database)
    assert "roads" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "code"), [("postgresql://nobody@127.0.0.1:1/none", 8), ("postgresql://[", 2)], ids=["deaf", "bad"]
)
def test_a_server_that_cannot_be_used_is_told_in_one_sentence(url: str, code: int) -> None:
    with installation(ONEMAP_DATABASE_URL=url) as elsewhere:
        done = elsewhere.up()
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr


def test_commands_at_once_make_one_data_directory(tmp_path: Path) -> None:
    """Whoever finds it made in the meantime goes on in it."""
    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            site, together = Site.read(tmp_path / f"of-{number}" / "data"), Barrier(8)

            def prepare(site: Site = site, together: Barrier = together) -> None:
                together.wait(30)
                site.prepare()

            for each in [pool.submit(prepare) for _ in range(8)]:
                each.result()
            assert site.data_dir.stat().st_mode & 0o777 == 0o755
    (tmp_path / "file").write_text("")
    for taken in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(EnvironmentProblem, match="cannot be written"):
            Site.read(taken).prepare()


def test_two_at_once_end_with_one_server() -> None:
    with installation() as shared:
        arguments = ("--detach", "--no-browser", "--no-sample", "--port", "0")
        both = [shared.start("up", *arguments) for _ in range(2)]
        said = [command.communicate(timeout=120)[0] for command in both]
        assert [command.returncode for command in both] == [0, 0], said
        addresses = {address(text) for text in said}
        assert addresses == {f"http://127.0.0.1:{shared.server()['port']}/map"}
        assert sum("waiting" in text for text in said) == 1


def test_ctrl_c_in_the_foreground_stops_what_was_started() -> None:
    with installation() as fresh:
        command = fresh.start("up", "--no-browser", "--no-sample", "--port", "0")
        assert command.stdout is not None
        for line in command.stdout:
            if "Ctrl-C" in line:
                break
        assert fresh.status()["state"] == "running"
        server = Process(fresh.server()["pid"], fresh.server()["started"])
        command.send_signal(signal.SIGINT)
        command.communicate(timeout=60)
        assert command.returncode == 130
        assert not server.alive
        assert fresh.cluster.running() is None


def test_a_data_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.touch()
    done = Installation(file).up()
    assert done.returncode == 2
    assert "--data" in done.stderr
    below = Installation(file / "data").up()
    assert below.returncode == 9
    assert "choose another by --data" in below.stderr


def test_down_touches_no_other_installation(up: Installation) -> None:
    with installation() as other:
        assert other.run("down").returncode == 0
    assert up.status()["state"] == "running"
