"""``cameras`` at the command line: sources are declared by the operator, refused where they are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.commands import onemap
from spatial.database import connect
from water.cameras import layers


@pytest.fixture
def site(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    monkeypatch.setenv("ONEMAP_DATA", str(tmp_path / "data"))
    with connect(database) as connection:
        layers.publish(connection)
        connection.commit()
    return database


def call(*words: str) -> Result:
    return CliRunner().invoke(onemap, ["cameras", *words])


def test_sources_are_declared_replaced_and_removed(site: str, tmp_path: Path) -> None:
    assert call("sources", "--add", "gate-1", "--http", "http://10.0.0.8/snap.jpg").exit_code == 0
    assert call("sources", "--add", "north", "--folder", str(tmp_path)).exit_code == 0
    told = json.loads(call("sources", "--add", "gate-1", "--http", "http://10.0.0.9/", "--json").output)
    assert told == [
        {"name": "gate-1", "kind": "http", "address": "http://10.0.0.9/"},
        {"name": "north", "kind": "folder", "address": str(tmp_path)},
    ]
    refused = call("sources", "--add", "x", "--http", "http://admin:secret@10.0.0.8/")
    assert refused.exit_code != 0
    for wrong in (("--add", "x"), ("--http", "http://10.0.0.8/"), ("--remove", "nobody")):
        assert call("sources", *wrong).exit_code == 2, wrong
    assert [each["name"] for each in json.loads(call("sources", "--remove", "north", "--json").output)] == [
        "gate-1"
    ]
    assert call("take").exit_code == 0
