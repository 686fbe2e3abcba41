"""The river network beside its limits and recursive SQL, in one run: ``python -m benchmarks.rivers``.

Makes a database on the server of ``--dsn`` (or ONEMAP_TEST_SERVER) for the same reaches, indexed, and
drops it afterwards; pgRouting is asked, too, where it is installed. Our walks are timed one by one by
the processor's clock of one core; of the database its processor time is told, and the wall time of
each statement. All must find the same reaches. Prints ratios; ends with 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import psycopg
from pyproj import Geod

from benchmarks.databases import empty
from benchmarks.processor import spent
from water.network.drawing import draw
from water.network.graph import Network, build
from water.network.model import Mode, Node, Reach
from water.network.navigate import at_reach, navigate

REACHES = 100_000
STEM = 3_000
ASKED = 60
LIMIT_MS = {Mode.UPSTREAM_TRIBUTARIES: 15.0, Mode.UPSTREAM_MAIN: 3.0, Mode.DOWNSTREAM_MAIN: 3.0}
STATEMENTS = {
    Mode.UPSTREAM_TRIBUTARIES: """
        with recursive w(id, from_node) as (
          select id, from_node from reach where id = %s
          union select r.id, r.from_node from reach r join w on r.to_node = w.from_node)
        select id from w""",
    Mode.UPSTREAM_MAIN: """
        with recursive w(id, from_node, route) as (
          select id, from_node, route from reach where id = %s
          union all select n.* from w, lateral (
            select r.id, r.from_node, r.route from reach r where r.to_node = w.from_node
             order by (r.route = w.route) desc, r.main desc, r.stream_order desc, r.id limit 1) n)
        select id from w""",
    Mode.DOWNSTREAM_MAIN: """
        with recursive w(id, to_node, route) as (
          select id, to_node, route from reach where id = %s
          union all select n.* from w, lateral (
            select r.id, r.to_node, r.route from reach r where r.from_node = w.to_node
             order by r.main desc, (r.route = w.route) desc, r.stream_order desc, r.id limit 1) n)
        select id from w""",
}
PGROUTING = """
    select edge from pgr_drivingDistance(
      'select row_number() over (order by id) id, to_no source, from_no target, 1.0 as cost, -1.0 as'
      ' reverse_cost from reach', %s, 1e9, true) where edge > 0"""


def rivers(count: int, seed: int = 1) -> tuple[list[Reach], list[Node]]:
    """A main stem, and rivers that join it and each other; every fiftieth reach has an arm beside it."""
    dice = np.random.default_rng(seed)
    ends: list[tuple[int, int, int, bool]] = []  # upper node, lower node, route, main
    nodes, route = 1, 0
    while len(ends) < count:
        length = STEM if route == 0 else int(dice.geometric(1 / 25))
        lower = 0 if route == 0 else int(dice.integers(0, nodes))
        for _ in range(length):
            upper = nodes
            nodes += 1
            ends.append((upper, lower, route, True))
            if dice.random() < 0.02:
                ends.append((upper, lower, -upper, False))
            lower = upper
        route += 1
    lengths = dice.uniform(200.0, 3_000.0, len(ends)).tolist()
    reaches = [
        Reach(f"r{n:06d}", "r", f"R{way}", 1, 0.0, m, f"n{up:06d}", f"n{low:06d}", m, main, 1)
        for n, ((up, low, way, main), m) in enumerate(zip(ends, lengths, strict=True))
    ]
    return reaches, [Node(f"n{number:06d}", "n", "junction", 0.0, 0.0) for number in range(nodes)]


@contextmanager
def filled(server: str, reaches: Sequence[Reach]) -> Iterator[str]:
    with empty(server) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                "create table reach (id text primary key, from_node text, to_node text, route text,"
                " main boolean, stream_order int, from_no bigint, to_no bigint)"
            )
            with connection.cursor() as cursor, cursor.copy("copy reach from stdin") as copy:
                for r in reaches:
                    numbers = int(r.from_node[1:]), int(r.to_node[1:])
                    copy.write_row((r.id, r.from_node, r.to_node, r.route, r.main, r.order, *numbers))
            connection.execute("create index on reach (to_node)")
            connection.execute("create index on reach (from_node)")
            connection.execute("vacuum analyze reach")
        yield dsn


def asked(network: Network, mode: Mode, count: int, seed: int = 2) -> list[int]:
    """Where to begin: the lowest reaches for what lies above, which is the most; sources for the way down."""
    dice = np.random.default_rng(seed)
    stem = [number for number, reach in enumerate(network.reaches) if reach.route == "R0"]
    if mode is Mode.DOWNSTREAM_MAIN:
        return dice.integers(0, len(network.reaches), count).tolist()
    return dice.choice(stem[-STEM // 10 :], count).tolist()


def timed(work: Callable[[int], object], numbers: Sequence[int]) -> list[float]:
    """Milliseconds of processor time of each."""
    found = []
    for number in numbers:
        begun = time.process_time_ns()
        work(number)
        found.append((time.process_time_ns() - begun) / 1e6)
    return found


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def walks(network: Network, dsn: str) -> bool:
    good = True
    print(
        f"{len(network.reaches)} reaches, {ASKED} walks each; ms of processor time;"
        f" load {os.getloadavg()[0]:.1f}"
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        routing = connection.execute(
            "select count(*) from pg_available_extensions where name = 'pgrouting'"
        ).fetchone() == (1,)
        if routing:
            connection.execute("create extension pgrouting cascade")
        for mode, limit in LIMIT_MS.items():
            numbers = asked(network, mode, ASKED)
            navigate(network, at_reach(network, numbers[0]), mode)
            ours = timed(lambda n, m=mode: navigate(network, at_reach(network, n), m), numbers)
            wall, met = [], 0
            with spent(dsn) as used:
                for number in numbers[: ASKED // 4]:
                    begun = time.perf_counter()
                    rows = connection.execute(STATEMENTS[mode], (network.reaches[number].id,)).fetchall()
                    wall.append((time.perf_counter() - begun) * 1e3)
                    way = navigate(network, at_reach(network, number), mode)
                    same = {row[0] for row in rows} == {network.reaches[r].id for r in way.reach.tolist()}
                    met, good = max(met, len(rows)), good and same
                    if not same:
                        print(f"  {mode}: other reaches than recursive SQL from {network.reaches[number].id}")
            sql = used.database_s * 1e3 / len(wall)
            good = good and p95(ours) <= limit
            print(
                f"  {mode}: up to {met} reaches; ours mean {statistics.mean(ours):.3f}, p95 {p95(ours):.3f}"
                f" (limit {limit:g}); recursive SQL {sql:.1f} of processor, {statistics.median(wall):.1f}"
                f" of wall → {sql / statistics.mean(ours):.0f} times"
            )
        if routing:
            number = asked(network, Mode.UPSTREAM_TRIBUTARIES, 1)[0]
            begun = time.perf_counter()
            connection.execute(PGROUTING, (int(network.reaches[number].to_node[1:]),)).fetchall()
            print(
                f"  UT by pgRouting's driving distance: {(time.perf_counter() - begun) * 1e3:.0f} ms of wall"
            )
        else:
            print("  pgRouting is not installed beside this server: not compared")
    return good


def chainage() -> bool:
    """A line of 200 km: chainages to places and back."""
    dice, geod = np.random.default_rng(3), Geod(ellps="GRS80")
    azimuth = np.degrees(0.6 + 0.5 * np.sin(np.cumsum(dice.normal(0, 0.4, 2_200))))
    points = [(118.3, 36.2)]
    for each in azimuth.tolist():
        points.append(geod.fwd(*points[-1], each, 90.0)[:2])
    line = draw("R", 1, points)
    chainages = dice.uniform(0, line.length_m, 10_000)
    offsets = dice.uniform(-40, 40, 10_000)
    places = line.places(chainages, offsets)
    line.locate(places[:10])
    begun = time.process_time()
    found = line.locate(places)
    spent_s = time.process_time() - begun
    apart = float(np.abs(found.chainage_m - chainages).max() * 1e3)
    print(
        f"chainage: {line.length_m / 1000:.0f} km, 10,000 places located in {spent_s:.2f} s,"
        f" at most {apart:.6f} mm from where they came (limit 1)"
    )
    return apart <= 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"))
    parser.add_argument("--reaches", type=int, default=REACHES)
    given = parser.parse_args()
    reaches, nodes = rivers(given.reaches)
    build(reaches[:100], nodes)
    begun = time.process_time()
    network = build(reaches, nodes)
    print(f"built from its reaches in {time.process_time() - begun:.2f} s of processor time")
    with filled(given.dsn, reaches) as dsn:
        good = walks(network, dsn)
    return 0 if chainage() and good else 1


if __name__ == "__main__":
    sys.exit(main())
