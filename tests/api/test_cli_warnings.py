"""warnings: rules out of a file, evaluations, what stands, and replaying them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation, installation
from warning_ground import BEGUN, RIVER, grounded, measured

from spatial.database import connect

SIGNED = ("--author", "李工", "--department", "寿光市水利局", "--reason", "汛前修订")
WRONG = """
[[rules]]
id = "x"
title = { zh = "x", en = "x" }
hazard = "flood"
kind = "value"
element = "stage"
classes = ["ZQ"]
source = "x"
standing = "unverified"
levels = [{ colour = "red", raised = 1, cleared = 2 }]
"""


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    with connect(database) as connection:
        grounded(connection)
        measured(connection, RIVER, [20.0, 21.4, 22.6], BEGUN)
    with installation(ONEMAP_DATABASE_URL=database) as made:
        yield made


def test_rules_are_entered_judged_by_and_replayed(site: Installation, tmp_path: Path) -> None:
    path = tmp_path / "规则.toml"
    path.write_text(WRONG, "utf-8")
    refused = site.run("warnings", "rules", str(path), *SIGNED)
    assert refused.returncode != 0 and "/levels/0/cleared" in refused.stderr
    first = site.run("warnings", "rules", *SIGNED)
    assert first.returncode == 0 and "flood-stage v1" in first.stdout, first.stderr
    assert "未变 3 条" in site.run("warnings", "rules", *SIGNED).stdout
    at = ("--datetime", "2026-07-01T10:00:00+08:00")
    told = json.loads(site.run("warnings", "evaluate", *at, "--json").stdout)
    assert (told["readings"], told["steps"], told["verdicts"]["undecidable"]) == (3, 2, 3)
    (one,) = json.loads(site.run("warnings", "list", "--json").stdout)
    assert (one["station"], one["colour"], one["synthetic"]) == (RIVER, "orange", False)
    assert "橙色" in site.run("warnings", "list").stdout
    replayed = site.run("warnings", "replay")
    assert replayed.returncode == 0 and "0 次不同" in replayed.stdout
