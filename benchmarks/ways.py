"""Ways along the roads beside pgRouting: ``python -m benchmarks.ways``.

Makes a database on the server of ``--dsn`` (or ONEMAP_TEST_SERVER), lays the roads of the sample city
(合成数据) into it for pgRouting, and drops it afterwards. Both have their network ready, as a worker and a
database keep it, and put the places on it anew at each question: the time from the nearest of ``--starts``
places to each of ``--places`` others. Prints the clock's median of ``--repeat`` questions by turns, the
ratio, and how far the answers are apart; ends with 1 where ours is the slower or an answer differs by half a
second of hours.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import pgrouting
from benchmarks.databases import empty
from spatial.analysis.mode import modes, named
from spatial.analysis.ways import Road, ways
from spatial.database import connect
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.sample.city import generate

LIMIT_MIN = 240.0
APART_S = 0.5


def main() -> None:
    """Measures each mode, and prints its figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"))
    asked.add_argument("--starts", type=int, default=5)
    asked.add_argument("--places", type=int, default=1000)
    asked.add_argument("--repeat", type=int, default=9)
    options = asked.parse_args()
    roads = [Road(str(at), each.grade, each.line) for at, each in enumerate(generate(1).roads)]
    held = [_measured(options, roads, mode) for mode in modes()]
    sys.exit(0 if all(held) else 1)


def _measured(options: argparse.Namespace, roads: list[Road], mode: str) -> bool:
    how, plane = named(mode), Plane(STANDARD.frame("EPSG:4549"))
    begun = time.perf_counter()
    network = ways(roads, how, plane)
    built_s = time.perf_counter() - begun
    spots = pgrouting.about(roads, plane, options.starts + options.places)
    degrees = plane.unprojected(spots)

    def own() -> Any:
        begin, places = network.seeds(degrees[: options.starts]), network.seeds(degrees[options.starts :])
        return network.seconds(begin, places, options.places, LIMIT_MIN)

    with empty(options.dsn) as dsn, connect(dsn, autocommit=True) as connection:
        begun = time.perf_counter()
        pgrouting.lay(connection, roads, how, plane)
        laid_s = time.perf_counter() - begun

        def peer() -> Any:
            connection.execute("truncate place")
            pgrouting.place(connection, how, spots)
            return pgrouting.seconds(connection, options.starts, len(spots))

        ours, theirs = own(), peer()  # compiled, and in memory
        own_ms, peer_ms = _by_turns(options.repeat, own, peer)
    reached = theirs <= LIMIT_MIN * 60
    apart_s = float(np.abs(ours[reached] - theirs[reached]).max())
    same = bool((np.isfinite(ours) == reached).all()) and apart_s < APART_S
    print(
        f"{mode:6} {len(network.network.edges):6} edges, ready {built_s:5.2f} s, pgRouting {laid_s:5.2f} s;"
        f" a question {own_ms:7.1f} ms, pgRouting {peer_ms:7.1f} ms: {peer_ms / own_ms:.1f} times as fast;"
        f" {int(reached.sum())} of {options.places} reached, at most {apart_s:.2g} s apart"
    )
    return same and own_ms < peer_ms


def _by_turns(repeat: int, *questions: Callable[[], object]) -> list[float]:
    """Median of milliseconds of each."""
    taken: list[list[float]] = [[] for _ in questions]
    for _ in range(repeat):
        for place, question in enumerate(questions):
            begun = time.perf_counter()
            question()
            taken[place].append((time.perf_counter() - begun) * 1000)
    return [statistics.median(each) for each in taken]


if __name__ == "__main__":
    main()
