"""Units over the local cluster: every one is answered, or its failure told as it was raised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from trial_processes import kill_me, marked, refuses, slow

from spatial.errors import InvalidInput, Unavailable
from spatial.jobs.errors import WorkersLost
from spatial.jobs.fan_out import ALLOWED_FAILURES, FanOut
from spatial.jobs.workplace import Workplace


@pytest.fixture(scope="module")
def fan_out() -> Iterator[FanOut]:
    made = FanOut(Workplace("", "370783"))
    made.ready()
    yield made
    made.close()


def nothing(_count: int, _of: int) -> None:
    """Nobody listens."""


def test_every_unit_is_answered_though_processes_are_killed(fan_out: FanOut, tmp_path: Path) -> None:
    units = {str(n): (n, n in (1, 4)) for n in range(7)}
    found = dict(fan_out.each(marked, str(tmp_path), units, nothing))
    assert found == {str(n): n * n for n in range(7)}


def test_what_a_unit_raises_is_raised_whole_and_the_next_are_answered(
    fan_out: FanOut, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="no: 5") as failure:
        dict(fan_out.each(refuses, "", {"one": (5,)}, nothing))
    assert (failure.value.zh, failure.value.value) == ("不行:5", 5)
    assert failure.value.details == {"pointer": "/n"}
    assert dict(fan_out.each(marked, str(tmp_path), {"1": (3,)}, nothing)) == {"1": 9}


def test_a_unit_that_is_deadly_is_given_up(fan_out: FanOut) -> None:
    with pytest.raises(WorkersLost, match="bad"):
        dict(fan_out.each(kill_me, "", {"bad": ()}, nothing))
    assert ALLOWED_FAILURES == 3


def test_what_has_not_begun_is_left_out_when_nobody_wants_it_any_more(
    fan_out: FanOut, tmp_path: Path
) -> None:
    def enough(count: int, _of: int) -> None:
        if count >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dict(fan_out.each(slow, str(tmp_path), {str(n): (n,) for n in range(200)}, enough))
    assert len(list(tmp_path.iterdir())) < 100


def test_a_scheduler_that_is_not_there_is_named_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatial.jobs.fan_out.SCHEDULER_WITHIN_S", 0.5)
    away = FanOut(Workplace("", "370783", dask_scheduler="tcp://127.0.0.1:1"))
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
            dict(away.each(marked, "", {"1": (1,)}, nothing))
    away.close()
