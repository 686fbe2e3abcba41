"""Sheets over HTTP: seconds and bytes for each paper and scale, and what else is answered meanwhile.

    python -m benchmarks.print --parcels 60000 --runs 3

Makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER) with
the sample city and a large layer of generated parcels, serves it with 2 workers
and prints every paper at every usual scale, the best of ``--runs`` counting. The
large layer lies on every sheet: at 1:10,000 on A0 it holds thousands of named
parcels. While the largest sheet is drawn, an item is read again and again; its
95th percentile tells what print costs the others. With ``--images`` an image of 0.2 m
a pixel lies under all of the largest sheet at 1:2,000, and that is printed, too.
Times depend on the machine and on what else runs on it; the load is printed. Exit code
1 where A3 at 1:2,000 takes more than 6 s.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer
from rasterio.transform import from_origin
from rasterio.windows import Window

from benchmarks.feature_servers import ours
from benchmarks.map import LAYER, database
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from tiles.matrix import matrix_sets
from tiles.raster.prepare import prepare

PAPERS = ("A4", "A3", "A2", "A1", "A0")
PIXEL_M, FLOWN_M = 0.2, (2400.0, 1720.0)
"""Of the image: a pixel, and how far it reaches from west to east and from south to north: A0 at 1:2,000."""
SCALES = (500, 2000, 10_000)
CENTER = (118.80, 36.90)
TARGET, MOST_S = ("A3", 2000), 6.0
_TIMEOUT_S = 120.0


def photographed(dsn: str, folder: Path) -> None:
    """An image about the middle of the sheets, catalogued and cut for the city's own zone."""
    city = read_city("370783")
    east, north = Transformer.from_crs(4490, city.epsg_without_prefix, always_xy=True).transform(*CENTER)
    wide, high = (round(each / PIXEL_M) for each in FLOWN_M)
    corner = from_origin(east - FLOWN_M[0] / 2, north + FLOWN_M[1] / 2, PIXEL_M, PIXEL_M)
    chance = np.random.default_rng(1)
    options = {"driver": "GTiff", "dtype": "uint8", "compress": "jpeg", "photometric": "ycbcr", "tiled": True}
    with rasterio.open(
        folder / "flown.tif", "w", width=wide, height=high, count=3, crs=f"EPSG:{city.epsg_without_prefix}",
        transform=corner, **options,
    ) as file:  # fmt: skip
        for top in range(0, high, 512):  # fields and speckle, which pack as photographs do
            rows = min(512, high - top)
            fields = np.repeat(
                np.repeat(chance.integers(60, 200, (3, -(-rows // 64), -(-wide // 64))), 64, 1), 64, 2
            )
            noise = chance.integers(-20, 20, (3, rows, wide))
            pixels = (fields[:, :rows, :wide] + noise).astype(np.uint8)
            file.write(pixels, window=Window(0, top, wide, rows))
    assets.add(dsn, [folder / "flown.tif"], AssetOptions("测试", "测试", "首次入库"))
    with connect(dsn) as connection:
        table = catalogue.get(connection, "raster-assets").table
    cut = list(prepare(dsn, table, matrix_sets(city).own_first[:1], folder / "data" / "rasters"))
    assert cut, "no image was cut"


def printed(url: str, paper: str, scale: int, **more: object) -> tuple[float, int]:
    """Seconds until the whole file is there, and its size."""
    body = {"paper": paper, "scale": scale, "center": CENTER, "title": "基准测试图", **more}
    request = urllib.request.Request(
        f"{url}/print", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    begun = time.monotonic()
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        content = answer.read()
    assert content.startswith(b"%PDF-1.7")
    return time.monotonic() - begun, len(content)


@contextmanager
def flown(dsn: str, folder: Path, *, wanted: bool) -> Iterator[None]:
    """The image, before the server looks for it."""
    if wanted:
        photographed(dsn, folder)
    yield


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
    parser.add_argument("--papers", nargs="+", default=list(PAPERS), choices=PAPERS)
    parser.add_argument("--images", action="store_true", help="print the largest sheet with an image, too")
    arguments = parser.parse_args()
    if not arguments.dsn:
        parser.error("name a PostGIS server with --dsn or ONEMAP_TEST_SERVER")
    missed = False
    with (
        database(arguments.dsn, arguments.parcels) as dsn,
        tempfile.TemporaryDirectory() as folder,
        flown(dsn, Path(folder), wanted=arguments.images),
        ours(dsn, Path(folder)) as url,
    ):
        print(f"{arguments.parcels} parcels, load {os.getloadavg()[0]:.1f}", flush=True)
        for paper in arguments.papers:
            for scale in SCALES:
                best, size = min(printed(url, paper, scale) for _ in range(arguments.runs))
                print(f"{paper} 1:{scale:<6} {best:6.2f} s {size / 1000:9.0f} kB", flush=True)
                if (paper, scale) == TARGET:
                    missed = best > MOST_S
        if arguments.images:
            chosen = {"layers": [LAYER, "raster-assets"]}
            best, size = min(printed(url, "A0", 2000, **chosen) for _ in range(arguments.runs))
            print(f"A0 1:2000 with images {best:6.2f} s {size / 1000:9.0f} kB", flush=True)
        beside(url)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
