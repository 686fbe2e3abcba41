"""Judging warnings beside a plain loop, and a whole evaluation: ``python -m benchmarks.warning``.

The engine alone judges readings of many stations, a plain loop of Python the same ones, and both must
leave the same colours. Then a database is made on the server of ``--dsn`` (or ONEMAP_TEST_SERVER) with as
many stations, thresholds and hourly readings, evaluated hour by hour as a schedule would, and dropped.
Seconds are those of the processor, of this program and of the database. Exit code 1 where the limit is
missed.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from datetime import datetime, timedelta

import numpy as np

from benchmarks.databases import fresh
from benchmarks.processor import spent
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent
from water.gauges import layers
from water.warning import judge, rule_document, rule_store
from water.warning.evaluate import evaluate
from water.warning.judge import Ladder

STATIONS, STEPS, HOURS = 10_000, 48, 4
LIMIT_S = 10_000.0
"""Stations a second."""
RAISED, CLEARED = (21.0, 21.5, 22.0, 22.5), (20.8, 21.3, 21.8, 22.3)
HOLD_S, DWELL_S, STALE_S = 600.0, 3600.0, 7200.0
BEGUN = datetime(2026, 7, 1, 8, 0, tzinfo=BEIJING)


def stages(count: int, steps: int, seed: int = 1) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Stages of every hour that wander over the levels; a hundredth are missing."""
    dice = np.random.default_rng(seed)
    found = 21.0 + np.cumsum(dice.normal(0, 0.3, (steps, count)), axis=0)
    found[dice.random(found.shape) < 0.01] = np.nan
    return found


def plain(values: list[list[float]]) -> list[int]:
    """The same as somebody writes it down: station by station, switch by switch."""
    colours = []
    for series in zip(*values, strict=True):
        on, since = [False] * 4, [math.nan] * 4
        heard = math.nan
        for hour, value in enumerate(series):
            if math.isnan(value):
                continue
            at = hour * 3600.0
            lost = at - heard > STALE_S
            for k in range(4):
                if lost and on[k]:
                    since[k] = math.nan
                if not (value < CLEARED[k] if on[k] else value >= RAISED[k]):
                    since[k] = math.nan
                    continue
                if math.isnan(since[k]):
                    since[k] = at
                if at - since[k] >= (DWELL_S if on[k] else HOLD_S):
                    on[k], since[k] = not on[k], math.nan
            heard = at
        colours.append(max((k + 1 for k in range(4) if on[k]), default=0))
    return colours


def engine(count: int, steps: int) -> bool:
    """Both on the same readings."""
    values = stages(count, steps)
    shape = (count, 4)
    ladder = Ladder(
        np.broadcast_to(RAISED, shape).astype(float),
        np.broadcast_to(CLEARED, shape).astype(float),
        *(np.full(count, each) for each in (HOLD_S, DWELL_S, STALE_S)),
    )
    begun = time.process_time()
    states = judge.fresh(count)
    for hour, row in enumerate(values):
        states = judge.step(states, row, np.full(count, hour * 3600.0), ladder)
    ours = time.process_time() - begun
    listed = values.tolist()
    begun = time.process_time()
    expected = plain(listed)
    theirs = time.process_time() - begun
    same = states.colour.tolist() == expected
    rate = count * steps / ours
    print(f"engine: {rate:,.0f} stations/s, plain loop {count * steps / theirs:,.0f}: {theirs / ours:.1f} x")
    print(f"  colours {'the same' if same else 'DIFFER'}, limit {LIMIT_S:,.0f}: {rate / LIMIT_S:.0f} x")
    return same and rate >= LIMIT_S


def filled(connection: Connection, count: int) -> None:
    """Stations with a threshold each, their datastreams and hourly stages."""
    from spatial.catalogue import store as catalogue
    from spatial.sample.loading import fill
    from spatial.sample.rows import Rows

    layers.publish(connection)
    intent = Intent("bench", "bench", "bench", datetime(2026, 1, 1, tzinfo=BEIJING))
    ids = [f"{number:08d}" for number in range(count)]
    place = bytes.fromhex("0101000000") + np.array([118.75, 36.88]).tobytes()
    columns = ("station_id", "name", "kind", "vertical_datum", "thing_id", "status", "data_nature", "geom")
    rows = [(each, each, "ZZ", "cgvd1985", f"T{each}", "in-service", "合成数据", place) for each in ids]
    fill(
        connection, catalogue.get(connection, layers.STATIONS).table, Rows(columns, columns[0], rows), intent
    )
    names = ("threshold_id", "station", "kind", "quantity", "value", "vertical_datum", "document", "standing")
    marks = [
        (f"{each}-{kind}", each, kind, "stage", value, "cgvd1985", "合成", "unverified")
        for each in ids
        for kind, value in zip(("warning", "guaranteed", "highest"), RAISED, strict=False)
    ]
    fill(connection, catalogue.get(connection, layers.THRESHOLDS).table, Rows(names, names[0], marks), intent)
    connection.execute(
        "insert into observe.observed_property (name, definition, properties)"
        " values ('Z', 'Z', '{\"key\": \"sl651:Z\"}')"
    )
    connection.execute(
        "insert into observe.sensor (name, encoding_type, metadata) values ('s', 'text/plain', '\"s\"')"
    )
    connection.execute(
        "insert into observe.thing (name, properties) select k, jsonb_build_object('key', k)"
        " from unnest(%s::text[]) k",
        ([f"T{each}" for each in ids],),
    )
    connection.execute(
        "insert into observe.datastream (name, observation_type, unit, thing, sensor)"
        " select t.name, 'm', '{}', t.id, s.id from observe.thing t cross join observe.sensor s"
    )
    connection.execute(
        "insert into observe.datastream_property (datastream, observed_property)"
        " select d.id, p.id from observe.datastream d cross join observe.observed_property p"
    )


def measured(
    connection: Connection, values: np.ndarray[tuple[int], np.dtype[np.float64]], at: datetime
) -> None:
    """A stage of every station."""
    from spatial.observe import series
    from spatial.observe.model import Decoded

    told = [
        Decoded(at, value, device=f"T{number:08d}", property="sl651:Z")
        for number, value in enumerate(values.tolist())
        if not math.isnan(value)
    ]
    done = series.record_decoded(connection, told)
    assert not done.rejects


def whole(server: str, count: int) -> bool:
    """Evaluations of a schedule, from readings in the database to warnings in it."""
    values = stages(count, HOURS)
    with fresh(server) as dsn, connect(dsn) as connection:
        filled(connection, count)
        rule_store.record(connection, rule_document.shipped("warning-rules")[0], "bench", "bench", "bench")
        connection.commit()
        best = 0.0
        for hour in range(HOURS):
            at = BEGUN + timedelta(hours=hour)
            measured(connection, values[hour], at)
            connection.commit()
            connection.execute("analyze")
            connection.commit()
            with spent(dsn) as used:
                begun, clock = time.process_time(), time.perf_counter()
                done = evaluate(connection, at)
                connection.commit()
                own, wall = time.process_time() - begun, time.perf_counter() - clock
            rate = done.stations / (own + used.database_s)
            best = max(best, rate)
            print(
                f"evaluation {hour + 1}: {done.stations:,} stations, {len(done.steps):,} steps:"
                f" {own:.2f} s + database {used.database_s:.2f} s of processor ({wall:.2f} s of the clock):"
                f" {rate:,.0f} stations/s"
            )
    print(f"  limit {LIMIT_S:,.0f}: best {best / LIMIT_S:.2f} x")
    return best >= LIMIT_S


def main() -> int:
    """Measure both; 1 where one misses the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"))
    parser.add_argument("--stations", type=int, default=STATIONS)
    given = parser.parse_args()
    good = engine(given.stations, STEPS)
    if given.dsn:
        good &= whole(given.dsn, given.stations)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
