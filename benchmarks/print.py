"""Sheets over HTTP: seconds and bytes for each paper and scale, and what else is answered meanwhile.

    PYTHONPATH=. python benchmarks/print.py --parcels 60000 --runs 3

Makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER) with
the sample city and a large layer of generated parcels, serves it with 2 workers
and prints every paper at every usual scale, the best of ``--runs`` counting. The
large layer lies on every sheet: at 1:10,000 on A0 it holds thousands of named
parcels. While the largest sheet is drawn, an item is read again and again; its
95th percentile tells what print costs the others. Times depend on the machine and
on what else runs on it; the load is printed. Exit code 1 where A3 at 1:2,000 takes
more than 6 s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from feature_servers import ours
from map import LAYER, database

PAPERS = ("A4", "A3", "A2", "A1", "A0")
SCALES = (500, 2000, 10_000)
CENTER = (118.80, 36.90)
TARGET, MOST_S = ("A3", 2000), 6.0
_TIMEOUT_S = 120.0


def printed(url: str, paper: str, scale: int) -> tuple[float, int]:
    """Seconds until the whole file is there, and its size."""
    body = {"paper": paper, "scale": scale, "center": CENTER, "title": "基准测试图"}
    request = urllib.request.Request(
        f"{url}/print", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    begun = time.monotonic()
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        content = answer.read()
    assert content.startswith(b"%PDF-1.7")
    return time.monotonic() - begun, len(content)


def read_for(url: str, done: threading.Event) -> list[float]:
    """Milliseconds of reads of one item, one after the other, until something is done."""
    found = []
    while not done.is_set():
        begun = time.monotonic()
        with urllib.request.urlopen(f"{url}/collections/{LAYER}/items/P0000001", timeout=30) as answer:
            answer.read()
        found.append((time.monotonic() - begun) * 1000)
        time.sleep(0.02)
    return found


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def beside(url: str) -> None:
    """Reads of an item with nothing else under way, and while an A0 sheet is drawn."""
    done = threading.Event()
    threading.Timer(2.0, done.set).start()
    quiet = read_for(url, done)
    done = threading.Event()

    def draw() -> None:
        printed(url, "A0", 10_000)
        done.set()

    drawing = threading.Thread(target=draw)
    drawing.start()
    busy = read_for(url, done)
    drawing.join()
    print(
        f"reading an item meanwhile: p95 {p95(busy):.0f} ms of {len(busy)}, alone {p95(quiet):.0f} ms"
        f" (×{p95(busy) / p95(quiet):.1f})",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), help="a PostGIS server")
    parser.add_argument("--parcels", type=int, default=60_000)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if not arguments.dsn:
        parser.error("name a PostGIS server with --dsn or ONEMAP_TEST_SERVER")
    missed = False
    with (
        database(arguments.dsn, arguments.parcels) as dsn,
        tempfile.TemporaryDirectory() as folder,
        ours(dsn, Path(folder)) as url,
    ):
        print(f"{arguments.parcels} parcels, load {os.getloadavg()[0]:.1f}", flush=True)
        for paper in PAPERS:
            for scale in SCALES:
                best, size = min(printed(url, paper, scale) for _ in range(arguments.runs))
                print(f"{paper} 1:{scale:<6} {best:6.2f} s {size / 1000:9.0f} kB", flush=True)
                if (paper, scale) == TARGET:
                    missed = best > MOST_S
        beside(url)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
