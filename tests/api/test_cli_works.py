"""works: the facts that ship, claims out of a file, what is claimed; a file with a bad row enters nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation, installation

SIGNED = ("--author", "李工", "--department", "寿光市水利局", "--reason", "竣工资料", "--day", "2026-02-01")
HEAD = "对象类别,对象,对象名称,属性,value,高程基面,来源文件"


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    with installation(ONEMAP_DATABASE_URL=database) as made:
        yield made


def test_facts_and_a_file(site: Installation, tmp_path: Path) -> None:
    first, again = (site.run("works", "facts") for _ in range(2))
    assert first.returncode == 0 and "170" in first.stdout, first.stderr
    assert "新登记 0 条" in again.stdout
    path = tmp_path / "主张.csv"
    path.write_text(
        f"{HEAD}\n工程,gate-1,一号闸,gate-bays,9,,竣工图\n工程,gate-1,一号闸,gate-bays,8,,\n", "utf-8"
    )
    refused = site.run("works", "record", str(path), *SIGNED)
    assert refused.returncode != 0 and "来源文件" in refused.stderr and "第 3 行" in refused.stderr
    path.write_text(f"{HEAD}\n工程,gate-1,一号闸,gate-bays,9,,竣工图\n", "utf-8")
    assert "新登记 1 条" in site.run("works", "record", str(path), *SIGNED).stdout
    (told,) = json.loads(site.run("works", "claims", "gate-1", "--json").stdout)
    assert (told["value"], told["document"], told["standing"]) == (9, "竣工图", "unverified")
    listed = site.run("works", "claims", "mi").stdout
    assert "长度 矛盾 conflict" in listed and "206 km" in listed and "176.2 km" in listed
