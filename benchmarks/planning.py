"""Compliance checks beside plain PostGIS and geopandas: one planned city, one run.

    python -m benchmarks.planning --parcels 300000 [--database NAME]

Makes a database on the server of ``--dsn`` (or ONEMAP_TEST_SERVER) with the planning sample of so many
parcels (合成数据), or takes one that has it. Then, over HTTP with evidence stored, one project at a time
of 0.5 to 500 ha against all layers; the same overlay in plain PostGIS (plain tables, geodesic areas, no
rules, no evidence) and in geopandas (layers in memory); ten thousand projects of 5 ha as one job; the
legal area of all parcels. Ratios count; rates depend on the machine and on what else it does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import shapely
from psycopg.conninfo import make_conninfo

from benchmarks import processor
from benchmarks.databases import fresh
from benchmarks.feature_servers import ours
from planning.layers import CONTROL
from planning.sample import loading
from spatial.datum import frame, legal_areas_m2

SIZES_HA = {0.5: 50.0, 5.0: 50.0, 50.0: 150.0, 500.0: 400.0}
"""Hectares, and within how many ms 95 of a hundred answers should come."""
BATCH, BATCH_S = 10_000, 30.0
LEGAL_S = 10.0
DAY = "2026-06-01"
LAYERS = ("land-use-survey", *CONTROL)
FACTS = {"stage": "preliminary", "activity": "industry", "use_code": "100101", "standard_m2": 1e9}
SEED = 11
SETTLED_S = 5.0
"""After so long a worker has read its code."""


def over_sample(doc: str | None) -> argparse.ArgumentParser:
    """What is asked of a measurement over the planning sample: how large, or where it is already."""
    asked = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"))
    asked.add_argument("--parcels", type=int, default=20_000)
    asked.add_argument("--database", help="a database that holds the sample already")
    return asked


@contextmanager
def sample(options: argparse.Namespace) -> Iterator[str]:
    """A database with the sample: the one that is named, else one of its own."""
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    if options.database:
        yield make_conninfo(options.dsn, dbname=options.database)
        return
    with fresh(options.dsn) as dsn:
        loading.build(dsn, options.parcels)
        yield dsn


def main() -> None:
    """Measures, and prints each figure."""
    asked = over_sample(__doc__)
    asked.add_argument("--projects", type=int, default=150, help="of each size")
    asked.add_argument("--batch", type=int, default=BATCH)
    options = asked.parse_args()
    with sample(options) as dsn:
        measured(dsn, options)


def measured(dsn: str, options: argparse.Namespace) -> None:
    """Everything, over one database."""
    plain(dsn)
    with tempfile.TemporaryDirectory() as folder, ours(dsn, Path(folder)) as url, worker(dsn, Path(folder)):
        client = httpx.Client(base_url=url, timeout=300)
        for hectares, goal_ms in SIZES_HA.items():
            one_at_a_time(client, dsn, hectares, goal_ms, options.projects)
        many(client, dsn, options.batch)
    legal(dsn)


def projects(count: int, hectares: float) -> list[dict[str, Any]]:
    """Squares over the city; the same each time."""
    r = np.random.default_rng(SEED + int(hectares * 10))
    half = np.sqrt(hectares * 10_000) / 2
    east, north = half / 88_900, half / 111_000
    found = []
    for n, (x, y) in enumerate(
        zip(r.uniform(118.68, 118.97, count), r.uniform(36.80, 37.15, count), strict=True)
    ):
        ring = shapely.box(round(x - east, 9), round(y - north, 9), round(x + east, 9), round(y + north, 9))
        facts = {**FACTS, "code": f"P-{n}"}
        found.append({"type": "Feature", "properties": facts, "geometry": shapely.geometry.mapping(ring)})
    return found


def one_at_a_time(client: httpx.Client, dsn: str, hectares: float, goal_ms: float, count: int) -> None:
    """Single requests, then the same sites in PostGIS and in geopandas."""
    sites = projects(count, hectares)
    spent = []
    with processor.spent(dsn) as busy:
        for site in sites:
            start = time.perf_counter()
            answer = client.post(
                "/processes/compliance-check/execution", json={"inputs": {"projects": site, "datetime": DAY}}
            )
            spent.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200, answer.text
    p50, p95 = np.percentile(spent[5:], [50, 95])
    bare = postgis(dsn, sites)
    said = "" if p95 <= goal_ms else "  MISSED"
    print(
        f"{hectares:>5} ha  over HTTP, kept: p50 {p50:6.1f}  p95 {p95:6.1f} ms (goal {goal_ms:.0f}){said}"
        f"   processor time each {busy.whole_s / count * 1000:.1f} ms; load {os.getloadavg()[0]:.1f}"
        f"   plain PostGIS: p50 {bare[0]:6.1f}  p95 {bare[1]:6.1f} ms   ratio of p50 {p50 / bare[0]:.2f}"
    )
    if hectares <= 50:
        peer = geopandas_ms(dsn, sites[:20])
        print(
            f"          geopandas.clip of layers in memory: p50 {peer:6.1f} ms   ours {p50 / peer:.2f} of it"
        )


def plain(dsn: str) -> None:
    """The layers as plain tables with a spatial index."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop schema if exists bench cascade")
        connection.execute("create schema bench")
        for layer in LAYERS:
            table = layer.replace("-", "_")
            connection.execute(
                f"create table bench.{table} as select fid, geom from history.{table}_believed"
            )
            connection.execute(f"create index on bench.{table} using gist (geom)")
            connection.execute(f"analyze bench.{table}")


def postgis(dsn: str, sites: list[dict[str, Any]]) -> tuple[float, float]:
    """p50 and p95 in ms of the bare overlay: each feature cut by the site, geodesic area."""
    parts = [
        f"select '{layer}', fid, ST_Area(ST_Intersection(geom, %(g)s::geometry)::geography)"
        f" from bench.{layer.replace('-', '_')} where geom && %(g)s::geometry"
        " and ST_Intersects(geom, %(g)s::geometry)"
        for layer in LAYERS
    ]
    spent = []
    with psycopg.connect(dsn, options="-c jit=off") as connection:
        for site in sites:
            shape = shapely.set_srid(shapely.geometry.shape(site["geometry"]), 4490)
            start = time.perf_counter()
            connection.execute(
                " union all ".join(parts), {"g": shapely.to_wkb(shape, hex=True, include_srid=True)}
            ).fetchall()
            spent.append((time.perf_counter() - start) * 1000)
    return float(np.percentile(spent[5:], 50)), float(np.percentile(spent[5:], 95))


def geopandas_ms(dsn: str, sites: list[dict[str, Any]]) -> float:
    """p50 in ms of ``geopandas.clip`` over layers that are in memory, with their index made."""
    import geopandas

    frames = []
    with psycopg.connect(dsn) as connection:
        for layer in LAYERS:
            rows = connection.execute(
                f"select ST_AsBinary(geom) from bench.{layer.replace('-', '_')}"
            ).fetchall()
            shapes = shapely.from_wkb([bytes(row[0]) for row in rows])
            made = geopandas.GeoDataFrame(geometry=shapes, crs=4490)
            made.sindex  # noqa: B018 - made once, not in the time of the first site
            frames.append(made)
    spent = []
    for site in sites:
        shape = shapely.geometry.shape(site["geometry"])
        start = time.perf_counter()
        for each in frames:
            geopandas.clip(each, shape).to_crs(4549).area.sum()
        spent.append((time.perf_counter() - start) * 1000)
    return float(np.percentile(spent, 50))


def many(client: httpx.Client, dsn: str, count: int) -> None:
    """As one job, from handing in to results; some held against single answers."""
    sites = projects(count, 5.0)
    body = {"inputs": {"projects": {"type": "FeatureCollection", "features": sites}, "datetime": DAY}}
    with processor.spent(dsn) as busy:
        start = time.perf_counter()
        accepted = client.post(
            "/processes/compliance-check/execution", json=body, headers={"Prefer": "respond-async"}
        )
        assert accepted.status_code == 201, accepted.text
        job = accepted.json()["jobID"]
        while (state := client.get(f"/jobs/{job}").json())["status"] in ("accepted", "running"):
            time.sleep(0.2)
        spent = time.perf_counter() - start
    assert state["status"] == "successful", state
    lines = client.get(f"/jobs/{job}/results/evidence").content.splitlines()
    import orjson

    equal = 0
    for n in range(0, count, max(1, count // 20)):
        single = client.post(
            "/processes/compliance-check/execution", json={"inputs": {"projects": sites[n], "datetime": DAY}}
        ).json()
        equal += {**orjson.loads(lines[n]), "check": ""} == {**single, "check": ""}
    tried = len(range(0, count, max(1, count // 20)))
    said = "" if spent <= BATCH_S * count / BATCH else "  MISSED"
    print(
        f"{count:,} projects of 5 ha as one job: {spent:.1f} s (goal {BATCH_S:.0f} for {BATCH:,}){said};"
        f" processor time a site {busy.whole_s / count * 1000:.2f} ms, of it in the database"
        f" {busy.database_s / count * 1000:.2f} (goal {2 * BATCH_S / BATCH * 1000:.1f} on two cores);"
        f" load {os.getloadavg()[0]:.1f}; {equal} of {tried} held against single answers are equal"
    )


def legal(dsn: str) -> None:
    """The legal area of every parcel."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select ST_AsBinary(geom) from bench.land_use_survey").fetchall()
    shapes = shapely.from_wkb([bytes(row[0]) for row in rows])
    legal_areas_m2(shapes[:10], frame("EPSG:4549"), given_in=frame("EPSG:4490"))
    start = time.perf_counter()
    legal_areas_m2(shapes, frame("EPSG:4549"), given_in=frame("EPSG:4490"))
    spent = time.perf_counter() - start
    vertices = int(shapely.get_num_coordinates(shapes).sum())
    per_12m = spent * 12e6 / vertices
    print(f"legal area of {len(shapes):,} parcels, {vertices:,} vertices: {spent:.1f} s;"
          f" of 12 M vertices {per_12m:.1f} s (goal {LEGAL_S:.0f})")  # fmt: skip


WORKER = """
import sys
from api.executions import OFFERED
from spatial.jobs.worker import Worker
from spatial.jobs.workplace import Workplace
from spatial.settings import Settings
Worker(Workplace.of(Settings.read(), sys.argv[1]), OFFERED).work()
"""
"""A worker for jobs alone: beside them one of ``up`` would draw the far tiles of a city just loaded."""


@contextmanager
def worker(dsn: str, folder: Path) -> Iterator[None]:
    """One worker, which has settled."""
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", WORKER, dsn], stdout=log, stderr=log)
    time.sleep(SETTLED_S)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
