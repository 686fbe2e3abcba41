"""Whole layers over HTTP in every format against the database's limit and GDAL, in one run on one server.

    python -m benchmarks.formats --rows 200000

Makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER),
writes the same generated points into a layer (through the history's write path)
and into a plain table. Each format is then taken whole, without ``limit``, from
our server by one client, the best of ``--runs`` counting. Beside it:

* the limit: ``COPY … TO STDOUT`` of the same columns of the plain table, with
  geometries as text, taken by the same kind of client;
* the peer: GDAL's own export of the plain table into the same format
  (``ogr2ogr`` of Debian's gdal-bin), straight from the database, without a server
  in between; GeoParquet, which it lacks, by geopandas.

Ratios count; rates depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.feature_servers import ours
from benchmarks.features import COLUMNS, POINT, database, fill
from spatial import migrations

ITEMS = "/collections/bench-points/items"
FORMATS = ("geojsonl", "jsonfg", "csv", "fgb", "parquet")
_PIECE = 1 << 18


@dataclass(frozen=True)
class Taken:
    """A whole layer once: how long it took, the first byte and the last, and how large it was."""

    first_s: float
    whole_s: float
    size_bytes: int


def copied(dsn: str) -> Taken:
    """The database's own text of all rows."""
    names = ", ".join(("fid", *COLUMNS))
    begun, size = time.monotonic(), 0
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        statement = f"copy (select {names}, ST_AsText(geom, 9) from public.points) to stdout (format csv)"
        with cursor.copy(statement) as copy:  # type: ignore[arg-type]
            for data in copy:
                size += len(data)
    whole = time.monotonic() - begun
    return Taken(whole, whole, size)


def asked(url: str, form: str) -> Taken:
    """The same from our server."""
    begun = time.monotonic()
    with urllib.request.urlopen(f"{url}{ITEMS}?f={form}", timeout=600) as answer:
        size = len(answer.read(1))
        first = time.monotonic() - begun
        while piece := answer.read(_PIECE):
            size += len(piece)
    return Taken(first, time.monotonic() - begun, size)


def exported(dsn: str, form: str, folder: Path) -> Taken:
    """The same by GDAL, from the table into a file."""
    target = folder / f"peer.{form}"
    target.unlink(missing_ok=True)
    begun = time.monotonic()
    if form == "parquet":
        code = (
            "import sys, geopandas, sqlalchemy, psycopg2\n"
            "made = sqlalchemy.create_engine('postgresql+psycopg2://',"
            " creator=lambda: psycopg2.connect(sys.argv[1]))\n"
            "geopandas.read_postgis('select * from public.points', made).to_parquet("
            "sys.argv[2], write_covering_bbox=True, compression='zstd')"
        )
        command = [sys.executable, "-c", code, dsn, str(target)]
    else:
        driver = {"geojsonl": "GeoJSONSeq", "csv": "CSV", "fgb": "FlatGeobuf"}[form]
        options = {"csv": ["-lco", "GEOMETRY=AS_WKT"], "fgb": ["-lco", "SPATIAL_INDEX=NO"]}.get(form, [])
        command = ["ogr2ogr", "-f", driver, str(target), f"PG:{dsn}", "points", *options]
    subprocess.run(command, check=True, capture_output=True)
    whole = time.monotonic() - begun
    return Taken(whole, whole, target.stat().st_size)


def best(measure: Callable[[], Taken], runs: int) -> Taken:
    return min((measure() for _ in range(runs)), key=lambda taken: taken.whole_s)


def show(name: str, rows: int, taken: Taken, limit: Taken, peer: Taken | None) -> None:
    beside = f"{peer.whole_s / taken.whole_s:.2f}" if peer else "–"
    print(
        f"{name:<22}{taken.whole_s:>8.2f}{taken.first_s:>8.2f}{taken.size_bytes / 1e6:>8.1f}"
        f"{taken.size_bytes / 1e6 / taken.whole_s:>8.1f}{rows / taken.whole_s:>12,.0f}"
        f"{limit.whole_s / taken.whole_s:>10.2f}{beside:>10}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), help="a PostGIS server, as superuser"
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", metavar="NAME", help="use this database again, and keep it")
    options = parser.parse_args()
    if not options.dsn:
        parser.error("--dsn or ONEMAP_TEST_SERVER must name a server")
    with database(options.dsn, options.keep) as (dsn, new), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if new:
            print(f"filling {options.rows} points …", flush=True)
            migrations.upgrade(dsn)
            fill(dsn, "points", "bench-points", "Point", POINT, options.rows)
        print(
            f"{'':<22}{'s':>8}{'first s':>8}{'MB':>8}{'MB/s':>8}{'features/s':>12}"
            f"{'to limit':>10}{'to peer':>10}"
        )
        limit = best(lambda: copied(dsn), options.runs)
        show("COPY (limit)", options.rows, limit, limit, None)
        with ours(dsn, folder) as url:
            for form in FORMATS:
                peer = None
                if form != "jsonfg":  # Debian's GDAL does not write it
                    peer = best(lambda form=form: exported(dsn, form, folder), options.runs)  # type: ignore[misc]
                taken = best(lambda form=form: asked(url, form), options.runs)  # type: ignore[misc]
                show(form, options.rows, taken, limit, peer)
                if peer is not None:
                    show("  peer", options.rows, peer, limit, None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
