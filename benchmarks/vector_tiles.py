"""Vector tiles over HTTP against the database's own limit, a static file server and tipg, in one run.

    python -m benchmarks.vector_tiles --rows 1000000 --parcels 300000

The data are those of ``benchmarks/features.py``, and a second changeset that
changes one feature in five, so that there is a past to read. 2 workers, 16
connections, tiles of the city drawn at random by ``wrk``. The limit is ``pgbench
-M prepared`` over ``ST_AsMVT`` on the plain table, with the same attributes,
buffer and clipping. What is compared is measured in turn, a short while each,
several rounds: other work on the machine weighs on all of them alike.

cut       each request names another instant, of a server that keeps nothing: every tile is cut anew
as of     the same in the past: as it was in May, as known before the second changeset
live      the same instants as of "cut", of the platform as it is: what holds for a stretch of time is kept
repeated  the present without an instant, as maps ask: what was made a moment ago is given again
stored    far tiles out of the store, against the same bytes as files

Far zooms, far tiles of the past and difference tiles are asked for one by one;
their times are percentiles of one client. Of the past, each tile is asked for at
an instant for which nothing is kept, once more, and at another instant between
the same two changes. Ratios count; rates depend on the machine. Exit code 1
where a target is missed.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

from psycopg.sql import SQL, Identifier

from benchmarks.feature_load import CONNECTIONS, Refusal, rate_of, warm
from benchmarks.feature_servers import files, ours, peers, tipg
from benchmarks.features import COLUMNS, PARCEL, PGBENCH, POINT, contract, database, fill
from spatial import migrations
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.tables import feature_table
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import ledger, write
from spatial.history.model import Intent
from tiles.far import store as far_store
from tiles.far.refresh import refresh, shelves
from tiles.ground import placed
from tiles.matrix import Box, Cover, MatrixSet, Tile, matrix_sets

SETS = matrix_sets(read_city("370783")).by_id
GROUND = Box(118.545, 36.73, 119.1, 37.29)
"""The data fill it; tiles at its edge are left out."""
LAYERS = {"points": "bench-points", "parcels": "bench-parcels"}
SQUARE = {
    3857: "ST_MakeEnvelope(-{0}, -{0}, {0}, {0}, 3857)".format("20037508.342789244"),
    4490: "ST_MakeEnvelope(-180, -270, 180, 90, 4490)",
    4549: "ST_MakeEnvelope(-548576, 2451424, 1548576, 4548576, 4549)",
}
SESSION = "-c jit=off -c max_parallel_workers_per_gather=0"


@dataclass(frozen=True)
class Work:
    """Tiles of one zoom of a set, of one table."""

    table: str
    matrix_set: MatrixSet
    zoom: int

    @property
    def name(self) -> str:
        """As the tables show it."""
        return f"{self.table} {self.matrix_set.id.removesuffix('Quad')} {self.zoom}"

    @property
    def cover(self) -> Cover:
        """The tiles that are drawn from."""
        found = self.matrix_set.cover(self.zoom, placed(self.matrix_set, GROUND))
        if found.row_max - found.row_min < 3:
            return found
        return Cover(
            found.zoom, found.row_min + 1, found.row_max - 1, found.column_min + 1, found.column_max - 1
        )

    def path(self, query: str = "", part: str = "tiles") -> str:
        """The address at ours."""
        place = f"{part}/{self.matrix_set.id}/{self.zoom}/{self._row}/{self._column}"
        return f"/collections/{LAYERS[self.table]}/{place}{query}"

    @property
    def at_tipg(self) -> str:
        """Column before row."""
        place = f"{self.matrix_set.id}/{self.zoom}/{self._column}/{self._row}"
        return f"/collections/public.{self.table}/tiles/{place}"

    @property
    def _row(self) -> str:
        return f"$BETWEEN{{{self.cover.row_min},{self.cover.row_max}}}"

    @property
    def _column(self) -> str:
        return f"$BETWEEN{{{self.cover.column_min},{self.cover.column_max}}}"

    def sql(self) -> str:
        """A tile as the database alone makes it, of ``:col`` and ``:row``."""
        epsg = self.matrix_set.epsg
        envelope = f"ST_TileEnvelope({self.zoom}, :col, :row, {SQUARE[epsg]}"
        wide = f"{envelope}, 0.015625)"
        geometry = {
            3857: "ST_Transform(ST_SetSRID(geom, 4326), 3857)",
            4490: "geom",
            4549: "ST_Transform(geom, 4549)",
        }[epsg]
        ground = {
            3857: f"ST_SetSRID(ST_Transform({wide}, 4326), 4490)",
            4490: wide,
            4549: f"ST_Transform({wide}, 4490)",
        }[epsg]
        names = ", ".join(
            "built::text, checked::text" if n == "built" else n for n in COLUMNS if n != "checked"
        )
        return (
            f"select ST_AsMVT(t, '{self.table}', 4096, 'geom') from (select fid, {names},"
            f" ST_AsMVTGeom({geometry}, {envelope}), 4096, 64, true) as geom"
            f" from public.{self.table} where geom && {ground}) t;"
        )


def limit_of(dsn: str, work: Work, seconds: int) -> float:
    """Tiles per second of the database alone."""
    cover = work.cover
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(
            f"\\set row random({cover.row_min}, {cover.row_max})\n"
            f"\\set col random({cover.column_min}, {cover.column_max})\n{work.sql()}\n"
        )
        script.flush()
        command = [PGBENCH, dsn, "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2"]
        out = subprocess.run(
            [*command, "-T", str(seconds), "-f", script.name],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PGOPTIONS": SESSION},
        ).stdout
    match = re.search(r"tps = ([\d.]+)", out)
    assert match is not None, out
    return float(match[1])


@dataclass(frozen=True)
class Times:
    """What one client waited for tiles, in milliseconds, and the largest of them packed, in bytes."""

    p50: float
    p95: float
    largest: int
    empty: int


def times_of(url: str, path: str, count: int) -> Times:
    """Of so many tiles, drawn at random, one after the other."""
    dice = random.Random(5)
    waited, largest, empty = [], 0, 0
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    for _ in range(count):
        filled = re.sub(r"\$BETWEEN{(\d+),(\d+)}", lambda m: str(dice.randint(int(m[1]), int(m[2]))), path)
        start = time.perf_counter()
        connection.request("GET", filled)
        answer = connection.getresponse()
        body = answer.read()
        waited.append((time.perf_counter() - start) * 1000)
        if answer.status != 200:
            raise Refusal(f"{answer.status} {body[:300]!r}: {filled}")
        largest, empty = max(largest, len(zlib.compress(body, 1))), empty + (not body)
    connection.close()
    cuts = statistics.quantiles(waited, n=20)
    return Times(cuts[9], cuts[18], largest, empty)


def rewrite(dsn: str, layer: str) -> None:
    """A second changeset: one feature in five has another name from June on."""
    table = feature_table(contract(layer, "Point" if "points" in layer else "Polygon"))
    names = SQL(", ").join(map(Identifier, COLUMNS[1:]))
    with connect(dsn) as connection:
        staging = write.create_staging(connection, table)
        connection.execute(
            SQL(
                "insert into {} (line, fid, geom, name, {})"
                " select row_number() over (), fid, geom, name || '改', {} from history.{}"
                " where substr(fid, 8)::int % 5 = 0"
            ).format(staging.identifier, names, names, Identifier(table.believed))
        )
        write.canonicalise(connection, staging)
        write.apply(connection, staging, Intent("测试", "测试", "更名", parse_instant("2026-06-01")))
        write.drop_staging(connection, staging)
    with connect(dsn, autocommit=True) as connection:
        connection.execute(SQL("vacuum (analyze) history.{}").format(Identifier(table.name)))


def first_recorded(dsn: str, layer: str) -> str:
    """When the layer's first changeset was recorded, as a parameter."""
    with connect(dsn) as connection:
        entries = ledger.select(connection, ledger.Selection(layers=(layer,)), 10)
    return quote(min(each.recorded_at for each in entries).isoformat())


def works() -> list[Work]:
    """Near tiles: those that are complete."""
    sets = [(SETS["CGCS2000Quad"], (14, 15, 16)), (SETS["WebMercatorQuad"], (14,))]
    sets.append((SETS["CGCS2000_GK120Quad"], (10,)))
    return [Work(table, one, zoom) for table in LAYERS for one, zooms in sets for zoom in zooms]


FORGETFUL = "bare:forgetful"
NEW_INSTANT = "datetime=2026-{}T$BETWEEN{{10,23}}:$BETWEEN{{10,59}}:$BETWEEN{{10,59}}Z"
"""Nobody asked for the tile of this second before."""
COLUMNS_SHOWN = ("limit", "cut", "asof", "live", "repeated", "tipg")


def show_rates(rates: dict[str, dict[str, float]]) -> None:
    """Tiles per second."""
    shown = "".join(f"{name:>10}" for name in COLUMNS_SHOWN)
    print(f"{'tiles':<28}{shown}{'of limit':>10}{'live':>7}{'as of/now':>11}")
    for name, each in rates.items():
        told = "".join(
            f"{each[column]:>10.0f}" if column in each else f"{'–':>10}" for column in COLUMNS_SHOWN
        )
        cut, live = each["cut"] / each["limit"], each["live"] / each["limit"]
        print(f"{name:<28}{told}{cut:>10.0%}{live:>7.0%}{each['cut'] / each['asof']:>11.2f}")


def measure(
    dsn: str, url: str, forgetful: str, peer: str | None, options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Every work by everybody, in turn."""
    rates: dict[str, dict[str, float]] = {}
    for work in works():
        past = f"?asof={first_recorded(dsn, LAYERS[work.table])}&{NEW_INSTANT.format('05-10')}"
        now = work.path("?" + NEW_INSTANT.format("08-10"))
        asked = {
            "cut": partial(rate_of, forgetful, now, 1, options.seconds),
            "asof": partial(rate_of, forgetful, work.path(past), 1, options.seconds),
            "live": partial(rate_of, url, now, 1, options.seconds),
            "repeated": partial(rate_of, url, work.path(), 1, options.seconds),
            "limit": partial(limit_of, dsn, work, options.seconds),
        }
        if peer is not None and work.matrix_set.epsg == 3857:
            warm(peer, work.at_tipg, 1)
            asked["tipg"] = partial(rate_of, peer, work.at_tipg, 1, options.seconds)
        warm(url, work.path(), 1)
        warm(forgetful, work.path(past), 1)
        found: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(options.rounds):
            for name, ask in asked.items():
                found[name].append(ask())
        rates[work.name] = {name: statistics.mean(each) for name, each in found.items()}
    return rates


def stored(dsn: str, url: str, folder: Path, options: argparse.Namespace) -> list[str]:
    """The far tiles of the parcels out of the store, and as files; the targets that were missed."""
    with connect(dsn, autocommit=True) as connection:
        layer = catalogue.get(connection, LAYERS["parcels"])
        own = (SETS["CGCS2000Quad"],)
        began = time.perf_counter()
        made = refresh(connection, layer, own, lambda: True)
        print(f"stored     {made} tiles of {own[0].id} made in {time.perf_counter() - began:.1f} s")
        work = Work("parcels", own[0], 13)
        shelf = next(each for each in shelves(layer, own) if each.zoom == work.zoom)
        (state,) = far_store.newest(connection, [shelf])
        assert state is not None
        for row in range(work.cover.row_min, work.cover.row_max + 1):
            for column in range(work.cover.column_min, work.cover.column_max + 1):
                query = far_store.kept(shelf, Tile(work.zoom, row, column), state.at, state.recorded_at)
                held = connection.execute(query.sql, query.params).fetchone()
                path = folder / "tiles" / work.path().split("$")[0].lstrip("/") / str(row) / str(column)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(bytes(held[0] or b"") if held else b"")
    missed = []
    with files(folder / "tiles") as static:
        found: dict[str, list[float]] = {url: [], static: []}
        for _ in range(options.rounds):
            for each, rates in found.items():
                rates.append(rate_of(each, work.path(), 1, options.seconds))
        times = times_of(url, work.path(), options.tiles)
    ours_rate, static_rate = (statistics.mean(rates) for rates in found.values())
    print(
        f"stored     {work.name:<24} {ours_rate:.0f}/s, as files {static_rate:.0f}/s"
        f" ({ours_rate / static_rate:.0%})  p50 {times.p50:.1f} ms  p95 {times.p95:.1f} ms"
        f"  largest {times.largest / 1000:.0f} kB"
    )
    if ours_rate < 1500:
        missed.append("stored tiles ≥ 1,500/s")
    if times.p95 > 10:
        missed.append("stored tiles p95 ≤ 10 ms")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), help="a PostGIS server, as superuser"
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parcels", type=int, default=300_000)
    parser.add_argument("--seconds", type=int, default=3, help="per measurement and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tiles", type=int, default=150, help="asked for one by one, per measurement")
    parser.add_argument("--no-peers", action="store_true", help="the limit and ours only")
    parser.add_argument(
        "--peers-venv", type=Path, default=Path(tempfile.gettempdir()) / "onemap-benchmark-peers"
    )
    parser.add_argument("--keep", metavar="NAME", help="use this database again, and keep it")
    options = parser.parse_args()
    if not options.dsn:
        parser.error("--dsn or ONEMAP_TEST_SERVER must name a server")
    failures: list[str] = []
    with (
        database(options.dsn, options.keep) as (dsn, new),
        tempfile.TemporaryDirectory() as folder_name,
        ExitStack() as servers,
    ):
        folder = Path(folder_name)
        if new:
            print(f"filling {options.rows} points and {options.parcels} parcels …", flush=True)
            migrations.upgrade(dsn)
            fill(dsn, "points", "bench-points", "Point", POINT, options.rows)
            fill(dsn, "parcels", "bench-parcels", "Polygon", PARCEL, options.parcels)
            for layer in LAYERS.values():
                rewrite(dsn, layer)
        peer = None
        if not options.no_peers:
            peer = servers.enter_context(tipg(dsn, peers(options.peers_venv), folder))
        url = servers.enter_context(ours(dsn, folder))
        (folder / "forgetful").mkdir()
        with ours(dsn, folder / "forgetful", FORGETFUL) as forgetful:
            rates = measure(dsn, url, forgetful, peer, options)
        show_rates(rates)
        failures += differences(url, options.tiles)
        failures += far(url, options.tiles)
        failures += past(url, options.tiles)
        failures += stored(dsn, url, folder, options)
    for name, each in rates.items():
        if each["cut"] < 0.8 * each["limit"]:
            failures.append(f"{name} ≥ 80 % of the limit")
        if each["cut"] > 1.3 * each["asof"]:
            failures.append(f"{name} as of the past ≤ 1.3 × now")
    for failure in failures:
        print(f"MISSED: {failure}")
    return 1 if failures else 0


def differences(url: str, count: int) -> list[str]:
    """Difference tiles of the changeset that changed one in five; the targets that were missed."""
    missed = []
    for table in LAYERS:
        for zoom in (13, 14, 15):
            work = Work(table, SETS["CGCS2000Quad"], zoom)
            path = work.path("?axis=valid&from=2026-05-01T00:00:00Z&to=2026-07-01T00:00:00Z", "changes/tiles")
            found = times_of(url, path, count)
            print(
                f"difference {work.name:<24} p50 {found.p50:6.1f} ms  p95 {found.p95:6.1f} ms"
                f"  largest {found.largest / 1000:.0f} kB, {found.empty} empty"
            )
            if found.p95 > 25:
                missed.append(f"difference {work.name} p95 ≤ 25 ms")
    return missed


def far(url: str, count: int) -> list[str]:
    """Far zooms, generalised; the targets that were missed."""
    missed = []
    for table in LAYERS:
        for zoom in (8, 10, 11, 12, 13):
            work = Work(table, SETS["CGCS2000Quad"], zoom)
            found = times_of(url, work.path(), min(count, 4 ** max(0, zoom - 9) + 3))
            print(
                f"far        {work.name:<24} p50 {found.p50:6.0f} ms  p95 {found.p95:6.0f} ms"
                f"  largest {found.largest / 1000:.0f} kB"
            )
            if found.largest > 201_000:
                missed.append(f"{work.name} ≤ 200 kB")
    return missed


PAST_FIRST_MS, PAST_AGAIN_MS = 1000, 50


def past(url: str, count: int) -> list[str]:
    """Far tiles as they were before the second changeset; the targets that were missed."""
    missed = []
    for table in LAYERS:
        for zoom in (8, 9, 10, 11, 12, 13):
            work, number = Work(table, SETS["CGCS2000Quad"], zoom), min(count, 4 ** max(0, zoom - 9) + 3)
            asked = ("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-05-20T08:00:00Z")
            first, again, step = (times_of(url, work.path(f"?datetime={at}"), number) for at in asked)
            print(
                f"past       {work.name:<24} first p95 {first.p95:6.0f} ms  again {again.p95:5.1f} ms"
                f"  another instant {step.p95:5.1f} ms"
            )
            if first.p95 > PAST_FIRST_MS:
                missed.append(f"past {work.name} p95 ≤ 1 s")
            if max(again.p95, step.p95) > PAST_AGAIN_MS:
                missed.append(f"past {work.name} again p95 ≤ 50 ms")
    return missed


if __name__ == "__main__":
    sys.exit(main())
