"""Computing processes of one machine: every unit is answered, or its failure told as it was raised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from trial_processes import kill_me, marked, refuses

from spatial.errors import InvalidInput, WorkersLost
from spatial.jobs.pool import ALLOWED_FAILURES, Pool


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(2, marked)
    yield made
    made.close()


def nothing(_count: int, _of: int) -> None:
    """Nobody listens."""


def test_every_unit_is_answered_though_processes_are_killed(pool: Pool, tmp_path: Path) -> None:
    units = {str(n): (str(tmp_path), n, n in (1, 4)) for n in range(7)}
    assert dict(pool.each(marked, units, nothing)) == {str(n): n * n for n in range(7)}


def test_what_a_unit_raises_is_raised_whole_and_the_pool_works_on(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no: 5") as failure:
        dict(pool.each(refuses, {"one": (5,)}, nothing))
    assert (failure.value.zh, failure.value.value) == ("不行:5", 5)
    assert failure.value.details == {"pointer": "/n"}
    assert dict(pool.each(marked, {"1": (str(tmp_path), 3)}, nothing)) == {"1": 9}


def test_a_unit_that_is_deadly_is_given_up(pool: Pool) -> None:
    with pytest.raises(WorkersLost, match="bad"):
        dict(pool.each(kill_me, {"bad": ("",)}, nothing))
    assert ALLOWED_FAILURES == 3


def test_what_has_not_begun_is_left_out_when_nobody_wants_it_any_more(pool: Pool, tmp_path: Path) -> None:
    def enough(count: int, _of: int) -> None:
        if count >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dict(pool.each(marked, {str(n): (str(tmp_path), n) for n in range(200)}, enough))
    assert len(list(tmp_path.iterdir())) < 20
