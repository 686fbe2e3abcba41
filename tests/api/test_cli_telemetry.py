"""``./onemap telemetry``: a message read by hand, and the list of rejects."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "telemetry"))
from hand_frames import WORKED, report, up
from table_sink import TABLE, TableSink

from api.cli.commands import onemap
from spatial.database import connect
from spatial.observe.telemetry import store
from spatial.observe.telemetry.dialogue import Peer
from spatial.observe.telemetry.sl651.dialogue import Dialogue

HJ212 = (
    "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
    "CP=&&RtdInterval=30&&1C80"
)


def test_the_worked_frame_is_told() -> None:
    told = CliRunner().invoke(onemap, ["telemetry", "decode", WORKED.hex()])
    assert told.exit_code == 0
    for line in (
        "功能 function: 32 遥测站定时报",
        "测站 station: 0010100001 (hydrological)",
        "要素 value 3: 0010100001 Z 2020-07-24 17:23 0.55 m",
    ):
        assert line in told.output.splitlines()


def test_a_packet_of_hj_212_is_told() -> None:
    told = CliRunner().invoke(onemap, ["telemetry", "decode", HJ212, "--json"])
    assert json.loads(told.output)["CN"] == "1062"


@pytest.mark.parametrize("message", [WORKED.hex()[:-2] + "00", "7E7", HJ212[:-1] + "1"])
def test_a_message_that_is_none_is_refused(message: str) -> None:
    assert CliRunner().invoke(onemap, ["telemetry", "decode", message]).exception is not None


def test_rejects_are_listed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    now = datetime(2026, 11, 27, 10, tzinfo=UTC)
    dialogue = Dialogue(Peer("sl651/tcp", "192.0.2.7:40000"))
    with connect(database) as own:
        own.execute(TABLE)
        store.keep(own, dialogue.feed(WORKED[:-1] + b"\x00" + WORKED, now), TableSink())
    told = CliRunner().invoke(onemap, ["telemetry", "rejects"])
    assert "校验码不符 bad-crc: 8300, computed 8397" in told.output
    listed = json.loads(CliRunner().invoke(onemap, ["telemetry", "rejects", "--json"]).output)
    assert [bytes.fromhex(each["bytes"]) for each in listed] == [WORKED[:-1] + b"\x00"]
    none = CliRunner().invoke(onemap, ["telemetry", "rejects", "--reason", "bad-body", "--json"])
    assert json.loads(none.output) == []


def test_a_file_is_filled_back_and_said_row_by_row(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    file = tmp_path / "2018.csv"
    file.write_text("设备,要素,时间,数值\nA,p,2018-08-19 08:00,1\nA,p,昨天,2\n", encoding="utf-8")
    told = CliRunner().invoke(onemap, ["telemetry", "back-fill", str(file)])
    assert "第 3 行 row: 时间无法识别:昨天" in told.output
    assert "已收 taken 0,拒收 refused 2" in told.output, "nobody has registered A"
    again = CliRunner().invoke(onemap, ["telemetry", "back-fill", str(file), "--json"])
    assert json.loads(again.output)["known"] is True
    (listed,) = json.loads(CliRunner().invoke(onemap, ["telemetry", "rejects", "--json"]).output)
    assert (listed["reason"], listed["unstored"]) == ("unknown-device", 2)


def test_a_message_that_was_taken_in_part_is_listed_where_asked_for(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    with connect(database) as own:
        own.execute(TABLE)
        frame = up(0x32, report("3923 000A0550 3812 1268"))
        dialogue = Dialogue(Peer("sl651/tcp", "192.0.2.7:40000"))
        store.keep(own, dialogue.feed(frame, datetime(2026, 11, 27, 10, tzinfo=UTC)), TableSink())
    assert json.loads(CliRunner().invoke(onemap, ["telemetry", "rejects", "--json"]).output) == []
    told = CliRunner().invoke(onemap, ["telemetry", "rejects", "--unstored"])
    assert "部分未入库 unstored 1: 1 of 2 values, bad-body: Z" in told.output


def test_a_replay_tells_its_counts(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    with connect(database) as own:
        own.execute(TABLE)
        dialogue = Dialogue(Peer("sl651/tcp", "192.0.2.7:40000"))
        store.keep(own, dialogue.feed(WORKED, datetime(2026, 11, 27, 10, tzinfo=UTC)), TableSink())
    told = CliRunner().invoke(onemap, ["telemetry", "replay", "--json"])
    assert json.loads(told.output) == {"unknown-device": 1}


@pytest.mark.parametrize("arguments", [[], ["--sl651-tcp", "8651"], ["--hj212-tcp", "a:99999"]])
def test_ports_that_cannot_be_meant(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(onemap, ["telemetry", "serve", *arguments]).exception is not None
