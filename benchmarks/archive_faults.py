"""A million faults in the archive, none unseen: ``python -m benchmarks.archive_faults [--count N]``.

Real files in memory (/dev/shm), the code of the audit, and a seed: each fault is put into a copy,
looked for, and taken out again. Every five hundredth that concerns one object is also shown to ocfl-py:
what it calls broken must be found here; what only the log shows is counted by kind.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ocfl.validator import Validator

from benchmarks.archive_damage import KINDS, Ground, Injected
from water.archive import verify
from water.archive.log import LogState

SHARE = 20_000
"""So many faults a ground, each ground with a seed of its own."""


def seen(ground: Ground, names: list[str]) -> bool:
    """Whether the audit's own checks find it: of the objects touched, else of the copy."""
    if names:
        return all(
            not verify.check_object(ground.path(ground.objects[name]), name, ground.entered[name]).ok
            for name in names
        )
    state = LogState.read(ground.copy.place)
    found = [*verify.check_log(ground.copy, state, (ground.head,), ground.days)]
    return bool(found or [*verify.check_surroundings(ground.copy, state)])


@dataclass
class Tally:
    """What came of a run."""

    injected: Counter[str] = field(default_factory=Counter)
    unseen: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    """To ocfl-py."""
    only_here: Counter[str] = field(default_factory=Counter)
    """What ocfl-py calls valid and is found here."""
    only_there: Counter[str] = field(default_factory=Counter)
    """What ocfl-py calls broken and is not found here: must be none."""

    def __add__(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(
            self.injected + other.injected,
            self.unseen + other.unseen,
            self.shown + other.shown,
            self.only_here + other.only_here,
            self.only_there + other.only_there,
        )


def run(ground: Ground, count: int, show_every: int = 500) -> Tally:
    """Inject so many faults, one at a time."""
    tally = Tally()
    kinds, weights = list(KINDS), list(KINDS.values())
    for n, kind in enumerate(_drawn(ground.chance, kinds, weights, count)):
        names, undo = kind(ground)
        found = seen(ground, names)
        tally.injected[kind.__name__] += 1
        tally.unseen[kind.__name__] += not found
        if show_every and n % show_every == 0 and len(names) == 1:
            sound = ocfl_sound(ground.path(ground.objects[names[0]]))
            tally.shown[kind.__name__] += 1
            tally.only_here[kind.__name__] += bool(sound and found)
            tally.only_there[kind.__name__] += bool(not sound and not found)
        undo()
    return tally


def ocfl_sound(folder: Path) -> bool:
    """What ocfl-py says of an object; one that it cannot even read is not sound."""
    try:
        return bool(Validator(log_warnings=False).validate_object(str(folder)))
    except Exception:  # it fails itself on some damaged inventories
        return False


def _drawn(
    chance: random.Random, kinds: list[Callable[[Ground], Injected]], weights: list[int], count: int
) -> Iterator[Callable[[Ground], Injected]]:
    for _ in range(count):
        yield chance.choices(kinds, weights)[0]


def share(count: int, seed: int) -> tuple[Tally, float]:
    """Make a ground, damage it so many times, and see that nothing is left of it; seconds of processor."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as place:
        ground = Ground.make(Path(place) / "a", seed)
        look = verify.Look((ground.head,), ground.days)
        assert verify.check_copy(ground.copy, look).ok
        began = time.process_time()
        tally = run(ground, count)
        spent = time.process_time() - began
        assert verify.check_copy(ground.copy, look).ok, "what was taken out left nothing behind"
    return tally, spent


def main() -> None:
    """Run it and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--processes", type=int, default=1, help="side by side")
    given = parser.parse_args()
    seeds = range(given.seed, given.seed + -(-given.count // SHARE))
    tally, spent = Tally(), 0.0
    with ProcessPoolExecutor(given.processes) as pool:
        try:
            for one, seconds in pool.map(share, [min(SHARE, given.count)] * len(seeds), seeds):
                tally, spent = tally + one, spent + seconds
                told = f"{tally.injected.total()} injected, {tally.unseen.total()} unseen"
                print(told, file=sys.stderr, flush=True)
        except KeyboardInterrupt:  # what was done until then is told
            pool.shutdown(wait=False, cancel_futures=True)
    print(f"{'kind':<18}{'injected':>10}{'unseen':>8}{'to ocfl-py':>12}{'only here':>11}{'only there':>12}")
    for kind, count in tally.injected.most_common():
        _row(
            kind, count, tally.unseen[kind], tally.shown[kind], tally.only_here[kind], tally.only_there[kind]
        )
    totals = (tally.injected, tally.unseen, tally.shown, tally.only_here, tally.only_there)
    _row("in all", *(counter.total() for counter in totals))
    injected = tally.injected.total()
    print(f"{spent:.0f} s of processor, {spent / injected * 1e6:.0f} µs a fault, seeds from {given.seed}")
    if tally.unseen.total() or tally.only_there.total():
        raise SystemExit(1)


def _row(kind: str, *counts: int) -> None:
    widths = (10, 8, 12, 11, 12)
    told = (f"{count:>{width}}" for count, width in zip(counts, widths, strict=True))
    print(f"{kind:<18}{''.join(told)}")


if __name__ == "__main__":
    main()
