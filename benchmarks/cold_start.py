"""The rate of the cold start: ``python -m benchmarks.cold_start [--works N] [--papers MB] [--pictures N]``.

makes databases of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER): one in which a layer of
works has grown, with originals and pictures of cameras; others are rebuilt from its archive alone. Prints
what each kind of content takes, by the clock and by processor time (this process and the database's
together), and what 100 GB of that kind would take on one core beside the 30 minutes wanted. Which kind a
city archives decides; files that no table holds are not read by a restore at all.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import shapely

from benchmarks.databases import fresh
from benchmarks.observations import Took, timed
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.exchange import originals as kept_originals
from spatial.exchange.sandbox import Limits
from spatial.history.model import Intent
from water import layer_store
from water.archive import holdings, layers, reading, storage, verify
from water.archive import store as register
from water.archive.model import Agent
from water.works import layers as works

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)
WHO = Agent("张伟", "水利局")
GOAL_S_PER_GB = 30 * 60 / 100
"""A2: 30 minutes for 100 GB."""


def grow(connection: Connection, count: int) -> None:
    """Works with names, places and stretches, stated three times with changes."""
    dice = random.Random(7)
    for month in (1, 2, 3):
        rows = [
            {
                "fid": f"W-{n}", "work_id": f"W-{n}", "name": f"合成工程 {n} 第 {dice.randrange(9)} 版",
                "kind": "sluice",
                "route_id": f"R-{n % 50}", "route_version": 1, "bank": "left", "chainage_m": n * 1.25,
                "status": "in-service", "data_nature": "合成数据",
                "geom": shapely.to_wkb(shapely.Point(dice.uniform(118.5, 119.2), dice.uniform(36.6, 37.3))),
            }
            for n in range(count)
        ]  # fmt: skip
        since = datetime(2026, month, 1, tzinfo=BEIJING)
        layer_store.put(connection, "river-works", rows, Intent("李工", "水利局", f"{month} 月", since))
        connection.commit()


def keep_papers(connection: Connection, megabytes: int, folder: Path) -> None:
    """Originals of five megabytes each that a layer names."""
    rows = []
    for n in range(max(1, megabytes // 5)):
        path, work = folder / f"paper-{n}.bin", folder / f"work-{n}"
        path.write_bytes(os.urandom(5_000_000))
        work.mkdir()
        original = kept_originals.stage(path, work, Limits(file_bytes=64 << 20))
        kept_originals.keep(connection, original)
        path.unlink()
        rows.append(
            {
                "fid": f"D-{n}", "document_id": f"D-{n}", "title": f"合成文档 {n}", "kind": "drawing",
                "media_type": "application/pdf", "sha256": original.sha256.hex(), "route_id": "R-1",
                "bank": "left", "chainage_m": float(n), "data_nature": "合成数据",
            }
        )  # fmt: skip
    since = datetime(2026, 1, 1, tzinfo=BEIJING)
    layer_store.put(connection, works.DOCUMENTS, rows, Intent("李工", "水利局", "文档", since))
    connection.commit()


def keep_pictures(connection: Connection, count: int) -> None:
    """Pictures of cameras that are not archived by days yet: rows of a plain table with large columns."""
    connection.execute(
        "insert into water.camera_snapshot"
        " select 'C-1', '2026-07-01'::timestamptz + n * interval '1 hour', now(),"
        " 'kept', '', 'image/jpeg', 1920, 1080, 300000, sha256(n::text::bytea), sha512(n::text::bytea)"
        " from generate_series(1, %s) n",
        (count,),
    )
    with connection.cursor() as cursor:
        for n in range(1, count + 1):
            cursor.execute(
                "insert into water.camera_picture"
                " values ('C-1', '2026-07-01'::timestamptz + %s * interval '1 hour', %s)",
                (n, os.urandom(300_000)),
            )
    connection.commit()


def told(what: str, took: Took, size: int) -> None:
    """One line: seconds, rate, and 100 GB of it."""
    per_gb = took.cpu_s / (size / 1e9)
    print(
        f"{what:<34} {size / 1e6:8.1f} MB {took.clock_s:7.1f} s clock {took.cpu_s:7.1f} s processor"
        f" {size / 1e6 / took.cpu_s:7.1f} MB/s; 100 GB {per_gb * 100 / 60:7.0f} min,"
        f" {GOAL_S_PER_GB * 100 / 60:.0f} wanted ({per_gb / GOAL_S_PER_GB:.1f} ×)",
        flush=True,
    )


def main() -> int:
    """Grow, archive, rebuild, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"))
    parser.add_argument("--works", type=int, default=40_000, help="features, of three versions each")
    parser.add_argument("--papers", type=int, default=200, help="megabytes of originals")
    parser.add_argument("--pictures", type=int, default=200, help="pictures of 0.3 MB")
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    shared = Path("/dev/shm")
    with (
        fresh(asked.dsn) as first,
        tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as place,
    ):
        copy = storage.create(Path(place) / "a", "a", "370783")
        with connect(first) as connection:
            works.publish(connection)
            connection.commit()
            grow(connection, asked.works)
            keep_papers(connection, asked.papers, Path(place))
            keep_pictures(connection, asked.pictures)
            connection.autocommit = True
            register.register(connection, "a", copy.place, NOW)
            told_out = timed(connection, lambda: holdings.archive_rivers(connection, WHO, NOW))
            size = sum(path.stat().st_size for path in copy.root.rglob("*") if path.is_file())
            told("archived", told_out, size)
        for what, chosen in (
            ("a layer with its history", ["layers/river-works"]),
            ("originals with their register", ["layers/river-documents"]),
            ("a table of pictures", ["tables/water.camera_snapshot", "tables/water.camera_picture"]),
        ):
            with fresh(asked.dsn) as second, connect(second) as other:
                took = timed(other, _restoring(other, copy, chosen))
                told(f"restored: {what}", took, _size(copy, chosen))
        with connect(first) as connection:
            told("verified alone", timed(connection, lambda: verify.check_copy(copy)), size)
    return 0


def _restoring(connection: Connection, copy: storage.Copy, chosen: list[str]) -> Callable[[], object]:
    return lambda: layers.restore(connection, copy, chosen)


def _size(copy: storage.Copy, chosen: list[str]) -> int:
    """Bytes in the archive that a restore of these reads."""
    works_read = [*chosen, *(["originals"] if "layers/river-documents" in chosen else [])]
    folders = [copy.folder(each) for work in works_read for each in reading.of_work(copy, work)]
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
