"""``./onemap observations``: a month closed, retired and brought back by hand."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "observe"))
from observed_series import datastreams

from api.cli.commands import onemap
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.errors import InvalidInput
from spatial.observe import series
from spatial.observe.model import Reading

MARCH = datetime(2024, 3, 30, tzinfo=BEIJING)


def told(*arguments: str) -> Any:
    answer = CliRunner().invoke(onemap, ["observations", *arguments, "--json"], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def test_a_month_by_hand(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    monkeypatch.setenv("ONEMAP_DATA", str(tmp_path))
    with connect(database) as connection:
        (stream,) = datastreams(connection, 1)
        series.record(connection, [Reading(stream, MARCH + timedelta(hours=12 * n), n) for n in range(6)])
    files = told("close-days")
    assert [(each["day"], each["rows"]) for each in files] == [
        ("2024-03-30", 2), ("2024-03-31", 2), ("2024-04-01", 2),
    ]  # fmt: skip
    assert all((tmp_path / "observations" / each["path"]).stat().st_size == each["bytes"] for each in files)
    assert told("close-days") == []
    assert told("retire") == {"away": []}
    kept = CliRunner().invoke(onemap, ["observations", "keep", "3", "--basis", "试验"])
    assert kept.exit_code == 0, kept.output
    assert told("retire") == {"away": ["2024-03", "2024-04"]}
    state = told("status")
    assert (state["days"], state["first"], state["last"]) == (3, "2024-03-30", "2024-04-01")
    assert (state["months_kept"], state["basis"], state["away"]) == (3, "试验", ["2024-03", "2024-04"])
    assert told("restore", "2024-03") == {"period": "2024-03", "values": 4}
    assert told("status")["away"] == ["2024-04"]


def test_the_nightly_chore_is_seen_and_switched(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    monkeypatch.setenv("ONEMAP_DATA", str(tmp_path))
    switch = lambda *at: CliRunner().invoke(onemap, ["observations", "nightly", *at]).output  # noqa: E731
    assert told("status")["next_night"][11:16] == "02:15"
    assert "03:40" in switch("03:40")
    assert told("status")["next_night"][11:16] == "03:40"
    assert "off" in switch("off")
    assert (told("status")["next_night"], told("status")["last_night"]) == (None, None)
    refused = CliRunner().invoke(onemap, ["observations", "nightly", "at midnight"])
    assert isinstance(refused.exception, InvalidInput)


@pytest.mark.parametrize(
    "arguments", [("keep", "--basis", "x", "--", "-1"), ("keep", "1", "--basis", "x"), ("restore", "2024-13")]
)
def test_what_makes_no_sense_is_refused(
    database: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    answer = CliRunner().invoke(onemap, ["observations", *arguments])
    assert isinstance(answer.exception, InvalidInput)
