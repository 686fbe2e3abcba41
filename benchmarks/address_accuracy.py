"""How often the engine means what the writer meant 地址匹配准确率: noisy queries and hard negatives.

    python -m benchmarks.address_accuracy --size 1000000
    python -m benchmarks.address_accuracy --size 1000000 --fit    # fits the calibration on the training part

Everything is generated 合成数据: the figures tell how the engine does on the sample
register and on these disturbances, not on a city's own lists.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from address.disturb import KINDS, NEGATIVES, Query, Register, Split, digest, hard_queries, noisy_queries
from address.match import Calibration, Index
from address.match.calibrate import expected_error, fit
from address.parse import Parser
from address.sample import generate
from address.snapshot import Snapshot

REGISTER_SEED, TRAIN_SEED, TEST_SEED = 1, 101, 202
LEAST_TOP_1, LEAST_COVERAGE, MOST_WRONG, MOST_ECE = 0.99, 0.95, 0.001, 0.02
Flags = NDArray[np.bool_]
T = TypeVar("T")


def main() -> None:
    """Measures, and prints each figure against its limit."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--size", type=int, default=1_000_000)
    asked.add_argument("--queries", type=int, default=20_000)
    asked.add_argument("--hard", type=int, default=300, help="of each kind of hard negative")
    asked.add_argument("--fit", action="store_true")
    asked.add_argument("--wrong", action="store_true", help="print what went wrong")
    options = asked.parse_args()
    snapshot = generate(options.size, REGISTER_SEED)
    register = Register(snapshot)
    parser = _timed("parser", lambda: Parser(snapshot))
    if options.fit:
        _fit(snapshot, parser, register, options.queries, options.hard)
    index = _timed("index", lambda: Index(snapshot, parser))
    print(f"{len(snapshot.addresses.key):,} addresses, index {index.nbytes / 2**20:.0f} MiB")
    noisy = noisy_queries(register, options.queries, TEST_SEED, Split.TEST)
    hard = hard_queries(register, options.hard, TEST_SEED, Split.TEST)
    print(f"test set {digest((*noisy, *hard), register)}")
    _report_noisy(index, noisy, options.wrong)
    _report_hard(index, hard, options.wrong)


def _timed(what: str, make: Callable[[], T]) -> T:
    start = time.perf_counter()
    made = make()
    print(f"{what} built in {time.perf_counter() - start:.1f} s")
    return made


def _truth(snapshot: Snapshot, queries: Sequence[Query]) -> NDArray[np.int32]:
    rows = np.array([query.truth for query in queries])
    return np.where(rows >= 0, snapshot.addresses.component[np.maximum(rows, 0)], -1).astype(np.int32)


def _fit(snapshot: Snapshot, parser: Parser, register: Register, count: int, hard: int) -> None:
    """Fits on training addresses and training seeds alone."""
    nothing = Calibration(np.zeros(1), 0.0, np.zeros(1), np.zeros(1))
    index = Index(snapshot, parser, nothing)
    queries = noisy_queries(register, count, TRAIN_SEED, Split.TRAIN)
    queries += hard_queries(register, hard, TRAIN_SEED, Split.TRAIN)
    best, feature = index.features([query.text for query in queries])
    fitted = fit(feature, best == _truth(snapshot, queries))
    path = Path(str(files("address.match") / "calibration.json"))
    path.write_text(fitted.dumps() + "\n", encoding="utf-8")
    print(f"calibration fitted on {len(queries):,} training queries")


def _report_noisy(index: Index, queries: Sequence[Query], show: bool) -> None:
    texts = [query.text for query in queries]
    index.match_many(texts[:100])
    start = time.perf_counter()
    found = index.match_many(texts)
    rate = len(texts) / (time.perf_counter() - start)
    right = found.component == _truth(index.snapshot, queries)
    accepted = found.decision == 0
    wrong = float((accepted & ~right).sum()) / max(int(accepted.sum()), 1)
    ece = expected_error(found.confidence.astype(np.float64), right)
    print(f"noisy queries {len(queries):,}, {rate:,.0f} rows/s with {1 + 1} threads")
    _against("top-1", float(right.mean()), LEAST_TOP_1, True)
    _against("automatic", float(accepted.mean()), LEAST_COVERAGE, True)
    _against("wrong among automatic", wrong, MOST_WRONG, False)
    _against("calibration error", ece, MOST_ECE, False)
    by_kind: defaultdict[str, list[int]] = defaultdict(list)
    for at, query in enumerate(queries):
        for kind in query.kinds:
            by_kind[kind].append(at)
    print(f"{'disturbance':<20}{'queries':>8}{'top-1':>9}{'automatic':>11}{'wrong':>7}")
    for kind in KINDS:
        _row(kind.name, kind.title_zh, by_kind[kind.name], right, accepted)
    if show:
        _show(index, queries, found.component, right, accepted)


def _report_hard(index: Index, queries: Sequence[Query], show: bool) -> None:
    """A query that no address answers is right when it is not accepted."""
    found = index.match_many([query.text for query in queries])
    truth = _truth(index.snapshot, queries)
    accepted = found.decision == 0
    right = np.where(truth >= 0, found.component == truth, ~accepted)
    print(f"{'hard negative':<20}{'queries':>8}{'right':>9}{'automatic':>11}{'wrong':>7}")
    for name, title, _ in NEGATIVES:
        _row(name, title, [at for at, query in enumerate(queries) if query.kinds == (name,)], right, accepted)
    print(f"all hard negatives: right {right.mean():.4f}, wrongly accepted {int((accepted & ~right).sum())}")
    if show:
        _show(index, queries, found.component, right, accepted)


def _row(name: str, title: str, rows: list[int], right: Flags, accepted: Flags) -> None:
    if not rows:
        print(f"{name:<20}{0:>8}  {title}")
        return
    wrong = int((accepted[rows] & ~right[rows]).sum())
    print(
        f"{name:<20}{len(rows):>8}{right[rows].mean():>9.4f}{accepted[rows].mean():>11.4f}{wrong:>7}  {title}"
    )


def _against(what: str, value: float, limit: float, at_least: bool) -> None:
    held = value >= limit if at_least else value <= limit
    print(
        f"{what:<22}{value:>9.4f}  limit {'≥' if at_least else '≤'} {limit}  {'held' if held else 'MISSED'}"
    )


def _show(
    index: Index, queries: Sequence[Query], found: NDArray[np.int32], right: Flags, accepted: Flags
) -> None:
    for at in np.flatnonzero(~right).tolist():
        said = index._path(int(found[at])) if found[at] >= 0 else "-"
        print(f"{'ACCEPTED ' if accepted[at] else ''}{queries[at].text}  →  {said}  {queries[at].kinds}")


if __name__ == "__main__":
    main()
