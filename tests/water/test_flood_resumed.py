"""A run that was cut off goes on where it was saved, and leaves the same files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flood_asked import scenario

from api.executions import OFFERED
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.errors import Unavailable
from spatial.jobs.context import Waiting
from spatial.jobs.model import Document
from spatial.jobs.operator import operator
from spatial.jobs.store import Superseded
from spatial.jobs.workplace import Workplace
from water.flood import running, store

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)


class Told(Waiting):
    """A context that notes its progress, and what comes of it."""

    def __init__(self, dsn: str, work: Path, then: Callable[[int], None] = lambda percent: None) -> None:
        process = OFFERED["flood-scenario"]
        with connect(dsn) as connection:
            owner = operator(connection, process, ASKED)
        super().__init__(Workplace(dsn, "370783"), owner, NOW, work, 600.0)
        self.percents: list[int] = []
        self._then = then

    def step(self, percent: int, zh: str, en: str) -> None:
        self.percents.append(percent)
        self._then(percent)


ASKED = scenario(duration_s=900, report_s=300, watch_s=30)


def ran(context: Told) -> dict[str, Any]:
    made = OFFERED["flood-scenario"].run(context, ASKED)["result"]
    assert isinstance(made, Document) and isinstance(made.value, dict)
    return made.value


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every instant that is looked at is saved."""
    monkeypatch.setattr(running, "SAVING_SHARE", 1e9)


def cut_off(at_percent: int, failure: Exception) -> Callable[[int], None]:
    def then(percent: int) -> None:
        if percent >= at_percent:
            raise failure

    return then


def test_it_goes_on_where_it_was_saved(database: str, tmp_path: Path, always: None) -> None:
    first = Told(database, tmp_path, cut_off(60, Unavailable("断开", "away")))
    with pytest.raises(Unavailable):
        ran(first)
    with connect(database) as connection:
        ((run_id, saved_s),) = connection.execute("select run, t_s from flood.under_way").fetchall()
        assert 400 < saved_s < 600 and not store.runs(connection, 10)
    second = Told(database, tmp_path)
    told = ran(second)
    assert told["run"] == run_id
    assert min(each for each in second.percents if each > 4) >= 55, "nothing is computed twice"
    with connect(database) as connection:
        taken_up = connection.execute(
            "select name, sha256 from flood.file where run = %s order by name", (run_id,)
        ).fetchall()
        connection.execute("delete from flood.run")
        connection.execute("delete from flood.file")
        connection.commit()
    ran(Told(database, tmp_path))
    with connect(database) as connection:
        at_once = connection.execute("select name, sha256 from flood.file order by name").fetchall()
    assert taken_up == at_once and any("depth.zarr/depth/c/3" in name for name, _ in at_once)


def test_what_is_dismissed_leaves_nothing(database: str, tmp_path: Path, always: None) -> None:
    with pytest.raises(Superseded):
        ran(Told(database, tmp_path, cut_off(60, Superseded("job"))))
    with connect(database) as connection:
        for table in ("flood.under_way", "flood.file", "flood.piece", "flood.run"):
            assert connection.execute(f"select count(*) from {table}").fetchone() == (0,), table
