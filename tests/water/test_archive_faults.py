"""Some thousands of the benchmark's million faults; none unseen, and ocfl-py agrees on what it can see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.archive_damage import KINDS, Ground, Injected, forged, rolled_back
from benchmarks.archive_faults import ocfl_sound, run, seen
from water.archive import verify


def test_no_fault_is_unseen(memory: Path) -> None:
    ground = Ground.make(memory / "a", seed=1)
    tally = run(ground, 2500, show_every=40)
    assert set(tally.injected) == {kind.__name__ for kind in KINDS}
    assert not +tally.unseen
    assert tally.shown.total() > 30 and not +tally.only_there
    assert verify.check_copy(ground.copy, verify.Look((ground.head,), ground.days)).ok


@pytest.mark.parametrize("kind", [rolled_back, forged])
def test_what_is_valid_ocfl_is_told_by_the_log_alone(
    memory: Path, kind: Callable[[Ground], Injected]
) -> None:
    """An earlier state, and a forger who rewrote every digest: sound to any validator of OCFL."""
    ground = Ground.make(memory / "a", seed=3)
    for _ in range(5):
        (name,), undo = kind(ground)
        assert ocfl_sound(ground.path(ground.objects[name]))
        assert seen(ground, [name])
        undo()


def test_the_same_seed_injects_the_same(memory: Path) -> None:
    tallies = [run(Ground.make(memory / name, seed=5), 200, show_every=0) for name in "ab"]
    assert tallies[0] == tallies[1]
