"""``./onemap telemetry``: a message read by hand, and the list of rejects."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "telemetry"))
from hand_frames import WORKED
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
