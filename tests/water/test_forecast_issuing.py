"""The sample's forecast: issued where its grade allows it, once, and not at all where it does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from spatial.database import connect
from spatial.datum import parse_instant
from spatial.jobs.process import Process
from water.forecast import store
from water.forecast.sample import issuing

sys.path.insert(0, str(Path(__file__).parents[1] / "notebooks"))
import small_city


def test_the_sample_has_one_issued_forecast_of_a_flood_its_model_never_saw(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_city.rivers(database)
    lines: list[str] = []
    made_by = issuing._made

    def cut_short(dsn: str, process: Process, *rest: Any) -> dict[str, Any]:
        if process.id == "flood-forecast":
            raise KeyboardInterrupt
        return made_by(dsn, process, *rest)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(issuing, "_made", cut_short)
        issuing.build(database)
    made = issuing.build(database, lines.append)  # goes on from the model that is there
    assert made is not None and any("方案等级 乙" in each for each in lines)
    with connect(database) as connection:
        (one,) = store.forecasts(connection, store.Window(None, None, None, None, None), 10)
        (model,) = store.models(connection, one.station, None, 10)
        told = orjson.loads(store.content(connection, made)[1])
    assert (one.id, one.issued, one.grade, one.synthetic) == (made, True, "乙", True)
    assert model.grade == "乙" and told["stamp"] == "合成数据" and told["held_out"]["leads"]
    assert parse_instant(told["basis_at"]).year in (2024, 2025)  # the years held out
    assert issuing.build(database) is None  # a second `up` makes no other


def test_what_is_graded_too_low_is_not_issued(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "ROUTE", "SYN-ROUTE-DAN")
    monkeypatch.setattr(issuing, "EVALUATIONS", 100)
    small_city.rivers(database)
    lines: list[str] = []
    assert issuing.build(database, lines.append) is None
    assert any("方案等级 丙" in each or "方案等级 丁" in each for each in lines)
    with connect(database) as connection:
        assert store.forecasts(connection, store.Window(None, None, None, None, None), 10) == []
