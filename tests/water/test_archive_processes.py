"""The audit and the daily root as processes: by the operator's schedule, by nobody else."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archive_copies import enter, version

from api.executions import OFFERED
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.errors import Forbidden
from spatial.jobs import schedule
from spatial.jobs.model import Owner
from spatial.jobs.operator import operator
from spatial.jobs.run import execute
from spatial.jobs.workplace import Workplace
from water.archive import deposit, holdings, storage, store
from water.archive.audit import Audit
from water.archive.deposit import Edit
from water.archive.model import Agent
from water.archive.processes import ARCHIVE_AUDIT, ARCHIVE_PUBLISH
from water.errors import ArchiveAway, ArchiveDiverged

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)


@pytest.fixture
def three(database: str, memory: Path) -> list[Path]:
    places = [memory / name for name in "abc"]
    with connect(database) as connection:
        for number, place in enumerate(places):
            storage.create(place, place.name, "370783")
            store.register(connection, place.name, place, NOW + timedelta(seconds=number))
        connection.commit()
    copy = storage.opened(places[0])
    deposit.submit(
        copy, Edit("river-works/W-1", "闸", "归档", Agent("张", "水利局"), NOW, {"a.csv": b"a\n1\n"})
    )
    return places


def ran(dsn: str, name: str, inputs: dict[str, Any], work: Path, owner: Owner | None = None) -> Any:
    process = OFFERED[name]
    with connect(dsn) as connection:
        owner = owner or operator(connection, process, inputs)
    (made,) = execute(Workplace(dsn, "370783"), process, inputs, owner, NOW, work, 60.0).values()
    return made.value  # type: ignore[union-attr]


def test_by_the_clock(database: str, three: list[Path], tmp_path: Path, connection: Connection) -> None:
    root = ran(database, "archive-publish", {}, tmp_path)
    assert (root["day"], root["size"]) == ("2026-11-27", 1)
    report = ran(database, "archive-audit", {"rate_mb_s": 1000}, tmp_path)
    assert {name: (one["objects"], one["finished"], one["findings"]) for name, one in report.items()} == {
        name: (1, True, []) for name in "abc"
    }
    target = next(three[2].rglob("a.csv"))
    target.chmod(0o644)
    target.write_bytes(b"a\n2\n")
    report = ran(database, "archive-audit", {"copy": "c"}, tmp_path)
    assert "v1/content/a.csv:内容被改动" in report["c"]["findings"][0]["zh"]
    told = connection.execute(
        "select outcome from archive.event where object is not null order by time, outcome"
    )
    assert ("fail",) in told.fetchall()
    owner = operator(connection, ARCHIVE_AUDIT, {})
    made = schedule.add(connection, "档案巡检", "0 1 * * *", ARCHIVE_AUDIT.id, {"limit_mb": 100}, owner, NOW)
    assert made.next_at.hour == 1
    assert schedule.fire_due(connection, OFFERED, made.next_at + timedelta(minutes=1))


def test_nobody_but_the_operator(database: str, three: list[Path], tmp_path: Path) -> None:
    for process in (ARCHIVE_AUDIT, ARCHIVE_PUBLISH):
        with pytest.raises(Forbidden, match="operator"):
            ran(database, process.id, {}, tmp_path, Owner("li", "水利局"))


def test_a_copy_that_went_back_is_brought_up_on_record(
    connection: Connection, three: list[Path], memory: Path
) -> None:
    connection.autocommit = True
    holdings.seal(connection, NOW)
    shutil.copytree(three[1], memory / "earlier")
    who = Agent("张", "水利局")
    holdings.ingest(connection, Edit("river-works/W-1", "闸", "二", who, NOW, {"b.csv": b"b\n1\n"}))
    shutil.rmtree(three[1])
    (memory / "earlier").rename(three[1])
    holdings.ingest(connection, Edit("river-works/W-1", "闸", "三", who, NOW, {"c.csv": b"c\n1\n"}))
    told = connection.execute("select copy, detail from archive.event where outcome = 'fail'").fetchall()
    assert told == [("b", "log/leaves.jsonl: the log went back from 2 to 1 entries")]
    assert all(not one.verdict.findings for one in holdings.check(connection, None, Audit(), NOW).values())


def test_the_register_is_write_once_and_knows_a_forged_log(
    connection: Connection, three: list[Path], memory: Path
) -> None:
    connection.autocommit = True
    holdings.seal(connection, NOW)
    for statement in (
        "update archive.head set size = 9",
        "delete from archive.event",
        "truncate archive.root",
    ):
        with pytest.raises(Exception, match="write-once"):
            connection.execute(statement)  # type: ignore[call-overload]
    # All three copies are exchanged for others that tell another story: each is valid in itself.
    for place in three:
        place.rename(place.with_name(f"{place.name}-true"))
        enter(storage.create(place, place.name, "370783"), version(other_txt=b"another story"))
    with pytest.raises(ArchiveDiverged, match="registered"):
        holdings.learn(connection, holdings.Holdings.of(connection))
    for place in three:
        place.rename(place.with_name(f"{place.name}-forged"))
    with pytest.raises(ArchiveAway, match="mount"):
        assert holdings.Holdings.of(connection).first
