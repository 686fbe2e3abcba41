"""Items over HTTP against the database's own limit and two peers, in one run on one server.

    python -m benchmarks.features --rows 1000000 --parcels 200000

Makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER),
writes the same generated points and parcels into a layer (through the history's
write path) and into plain tables (which the peers serve), and measures each
server alone: 2 workers, 16 connections, random items, pages and boxes by ``wrk``
(Debian package ``wrk``). The limit is ``pgbench -M prepared`` over the faster of
two forms of SQL on the plain table: rows with ``ST_AsGeoJSON``, and a whole
FeatureCollection built by the database. Ratios count; rates depend on the machine.

tipg and pygeoapi run in an environment of their own, made from the hash-pinned
``benchmarks/peers.lock`` under ``--peers-venv`` (kept for the next run).
Exit code 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from psycopg.sql import SQL, Identifier

from benchmarks.databases import empty, kept
from benchmarks.feature_doors import costs_before_doors, unchanged
from benchmarks.feature_load import CONNECTIONS, Refusal, rate_of, warm
from benchmarks.feature_servers import ours, peers, pygeoapi, tipg
from spatial import migrations
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Sharing, Title
from spatial.catalogue.store import publish
from spatial.catalogue.tables import feature_table
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Intent

HITS = 500
PGBENCH = shutil.which("pgbench") or "/usr/lib/postgresql/15/bin/pgbench"
COLUMNS = ("name", "road", "town", "code", "remark", "kind", "built", "checked")
INDEXED = "code"
"""The attribute that has an index, in the layer as in the plain table."""
_MADE = """
'{area}街道'||i||'号' as name, '文圣街'||(i % 900) as road, '圣城街道' as town,
'370783'||lpad(i::text, 9, '0') as code, '合成数据 生成的地址' as remark, '住宅'||(i % 7) as kind,
date '2020-01-01' + (i % 2000)::int as built,
timestamptz '2026-01-01 08:00+08' + (i % 500) * interval '1 h' as checked"""


@dataclass(frozen=True)
class Work:
    """One kind of request: its address at each server, and the two forms of its SQL."""

    name: str
    ours: str
    tipg: str
    pygeoapi: str
    table: str
    where: str
    limit: int
    beside: str = ""
    """What the SQL reads beside the table, once for all rows."""


@dataclass
class Measured:
    """Requests per second of one kind of work."""

    rates: dict[str, float] = field(default_factory=dict)


def contract(layer: str, geometry: str) -> Contract:
    """A layer of eight text and time attributes."""
    types = {"built": FieldType.DATE, "checked": FieldType.INSTANT}
    fields = tuple(Field(n, types.get(n, FieldType.TEXT), Title(n, n)) for n in COLUMNS)
    fields = tuple(
        replace(each, max_length=20, indexed=True) if each.name == INDEXED else each for each in fields
    )
    return Contract(
        id=layer,
        title=Title("测试", "Benchmark"),
        description=Title("合成数据", "synthetic"),
        steward="测试",
        source_standard="合成数据",
        geometry=geometry,
        key="",
        valid_time=Title("有效", "valid"),
        fields=fields,
        legend=Legend("circle" if geometry == "Point" else "fill", "#0f6b5c"),
        sharing=Sharing.OPEN,
        synthetic=True,
    )


def fill(dsn: str, table: str, layer: str, geometry: str, shape: str, rows: int) -> None:
    """The same features as a plain table and, through the write path, as a layer."""
    names = SQL(", ").join(map(Identifier, COLUMNS))
    with connect(dsn) as connection:
        connection.execute("select setseed(0.5)")
        connection.execute(
            SQL(  # type: ignore[arg-type]
                "create table public.{} as select i::int as gid, 'F' || lpad(i::text, 8, '0') as fid, "
                + _MADE.format(area="圣城").replace("%", "%%")
                + ", "
                + shape
                + " as geom from generate_series(1, %s) i"
            ).format(Identifier(table)),
            (rows,),
        )
        connection.execute(SQL("alter table public.{} add primary key (gid)").format(Identifier(table)))
        connection.execute(SQL("create unique index on public.{} (fid)").format(Identifier(table)))
        connection.execute(SQL("create index on public.{} using gist (geom)").format(Identifier(table)))
        connection.execute(
            SQL("create index on public.{} ({})").format(Identifier(table), Identifier(INDEXED))
        )
        made = contract(layer, geometry)
        publish(connection, made)
        staging = write.create_staging(connection, feature_table(made))
        connection.execute(
            SQL("insert into {} (line, fid, geom, {}) select gid, fid, geom, {} from public.{}").format(
                staging.identifier, names, names, Identifier(table)
            )
        )
        write.canonicalise(connection, staging)
        intent = Intent("测试", "测试", "首次入库", parse_instant("2026-01-01"))
        write.apply(connection, staging, intent)
        write.drop_staging(connection, staging)
    with connect(dsn, autocommit=True) as connection:
        connection.execute(SQL("vacuum (analyze) public.{}").format(Identifier(table)))
        connection.execute(SQL("vacuum (analyze) history.{}").format(Identifier(layer.replace("-", "_"))))


POINT = (
    "ST_SetSRID(ST_MakePoint(round((118.539 + random() * 0.577)::numeric, 9)::float8,"
    " round((36.720 + random() * 0.584)::numeric, 9)::float8), 4490)::geometry(Point, 4490)"
)
PARCEL = (
    "ST_Buffer(ST_SetSRID(ST_MakePoint(118.54 + (i %% 500) * 0.00115, 36.72 + (i / 500) * 0.00145), 4490),"
    " 0.0004, 'quad_segs=2')::geometry(Polygon, 4490)"
)


def works(rows: int, parcels: int) -> list[Work]:
    """Addresses carry ``RANDOM`` (1…rows), ``ROAD`` (0…899), ``X`` and ``Y`` (corner of a box or corners of
    a triangle of about HITS points)."""
    points = "bench-points"
    side_deg = (HITS / rows * 0.577 * 0.584) ** 0.5
    box = f"$X,$Y,{{{side_deg:.6f}}}"
    plain_box = f"geom && ST_MakeEnvelope(:x, :y, :x + {side_deg}, :y + {side_deg}, 4490)"

    def page(name: str, limit: int, where: str = "true") -> Work:
        return Work(
            name,
            f"/collections/{points}/items?limit={limit}",
            f"/collections/public.points/items?limit={limit}",
            f"/collections/points/items?limit={limit}",
            "points",
            where,
            limit,
        )

    single = Work(
        "one item",
        f"/collections/{points}/items/F$RANDOM8",
        "/collections/public.points/items/$RANDOM",
        "/collections/points/items/$RANDOM",
        "points",
        "gid = :r",
        1,
    )
    boxed = [
        f"{path}&bbox={box}" for path in (page("", 1000).ours, page("", 1000).tipg, page("", 1000).pygeoapi)
    ]
    return [
        single,
        page("limit 10", 10),
        page("limit 100", 100),
        page("limit 1000", 1000),
        Work(f"bbox of {HITS}", *boxed, "points", plain_box, 1000),
        attribute(page("", 100)),
        indexed(page("", 100)),
        within(page("", 1000), side_deg * 2**0.5),
        Work(
            "1000 parcels",
            "/collections/bench-parcels/items?limit=1000",
            "/collections/public.parcels/items?limit=1000",
            "/collections/parcels/items?limit=1000",
            "parcels",
            "true",
            1000,
        ),
    ]


def attribute(whole: Work) -> Work:
    """A page of a filter on two attributes without an index: one row of two thousand."""
    text = quote("road = '文圣街$ROAD' AND built >= DATE('2022-07-01')", safe="$")
    return replace(
        filtered(whole, text, text),
        name="CQL2 attribute",
        where="road = '文圣街' || :road and built >= date '2022-07-01'",
    )


def indexed(whole: Work) -> Work:
    """A page of a filter on an attribute with an index: one row."""
    text = quote("code = '370783$RANDOM9'", safe="$")
    return replace(
        filtered(whole, text, text), name="CQL2 indexed", where="code = '370783' || lpad(:r::text, 9, '0')"
    )


def within(whole: Work, side_deg: float) -> Work:
    """All that lies in a triangle."""
    text = f"S_INTERSECTS({{}}, POLYGON(($TRIANGLE{{{side_deg:.6f}}})))"
    corners = ", ".join(
        f"ST_Point(:x + {right * side_deg:.6f}, :y + {up * side_deg:.6f}, 4490)"
        for right, up in ((0, 0), (1, 0), (1, 1), (0, 0))
    )
    return replace(
        filtered(whole, *(quote(text.replace("{}", name, 1), safe="${}") for name in ("geometry", "geom"))),
        name="CQL2 spatial",
        where="geom && area and ST_Intersects(geom, area)",
        beside=f", (select ST_MakePolygon(ST_MakeLine(array[{corners}])) as area offset 0) a",
    )


def filtered(whole: Work, own: str, other: str) -> Work:
    """The same page with a filter, as each server names the geometry."""
    return replace(
        whole,
        ours=f"{whole.ours}&filter={own}",
        tipg=f"{whole.tipg}&filter-lang=cql2-text&filter={other}",
        pygeoapi=f"{whole.pygeoapi}&filter-lang=cql2-text&filter={other}",
    )


# The limit: what the database alone gives.


def sql_forms(work: Work) -> tuple[str, str]:
    """Rows with geometry text, and one FeatureCollection."""
    names = ", ".join(COLUMNS)
    pairs = ", ".join(f"'{name}', {name}" for name in COLUMNS)
    chosen = f"from public.{work.table}{work.beside} where {work.where} order by gid limit {work.limit}"
    rows = f"select gid, ST_AsGeoJSON(geom, 9) as geometry, {names} {chosen};"
    whole = (
        "select json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg("
        f"json_build_object('type', 'Feature', 'id', gid, 'geometry', ST_AsGeoJSON(geom, 9)::json,"
        f" 'properties', json_build_object({pairs}))), '[]'))"
        f" from (select gid, geom, {names} {chosen}) s;"
    )
    return rows, whole


def limit_of(dsn: str, work: Work, rows: int, seconds: int) -> dict[str, float]:
    """Requests per second of both forms."""
    found = {}
    for name, sql in zip(("rows", "collection"), sql_forms(work), strict=True):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(
                f"\\set r random(1, {rows})\n\\set x 118.54 + random(0, 550) * 0.001\n"
                f"\\set y 36.725 + random(0, 555) * 0.001\n\\set road random(0, 899)\n{sql}\n"
            )
            script.flush()
            command = [PGBENCH, dsn, "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2"]
            out = subprocess.run(
                [*command, "-T", str(seconds), "-f", script.name], capture_output=True, text=True, check=True
            ).stdout
        match = re.search(r"tps = ([\d.]+)", out)
        assert match is not None, out
        found[name] = float(match[1])
    return found


# The servers.


def deep_page(url: str, rows: int, seconds: int) -> tuple[float, float]:
    """Rates of the first page of a walk and of the one at the middle of the layer, limit 100."""
    from datetime import datetime

    from api.parameters import Cursor

    first = "/collections/bench-points/items?limit=100"
    with urllib.request.urlopen(url + first) as answer:
        page = json.load(answer)
    pinned = datetime.fromisoformat(page["onemap:asof"])
    at = datetime.fromisoformat(page["onemap:datetime"])
    middle = Cursor(f"F{rows // 2:08d}", pinned, at).text()
    return rate_of(url, first, rows, seconds), rate_of(url, f"{first}&after={middle}", rows, seconds)


def through_time(url: str, rows: int, seconds: int) -> dict[str, float]:
    """Rates of pages of a day, and of what differs: asked of every layer, and of no plain table."""
    day, items = "datetime=2026-03-01", "/collections/bench-points/items?limit=10"
    changes = "/collections/bench-points/changes"
    addresses = {
        "page of a day": f"{items}&{day}",
        "page of a day, of a town": f"{items}&{day}&town={quote('圣城街道')}",
        "page of a day, in a large box": f"{items}&{day}&bbox=118,36,119,38",
        "changes since the beginning": f"{changes}?limit=10",
        "changes of a year": f"{changes}?axis=valid&from=2025-06-01&to=2026-06-01&limit=10",
    }
    rates = {}
    for name, address in addresses.items():
        warm(url, address, rows)
        rates[name] = rate_of(url, address, rows, seconds)
    return rates


def missed(measured: Mapping[str, Measured], first: float, middle: float) -> list[str]:
    """The targets that were not met."""

    def ratio(work: str, other: str) -> float:
        rates = measured[work].rates
        return rates["ours"] / rates[other] if other in rates else float("inf")

    box = f"bbox of {HITS}"
    checks = [
        ("one item ≥ 25 % of the limit", ratio("one item", "limit") >= 0.25),
        ("limit 10 ≥ 25 % of the limit", ratio("limit 10", "limit") >= 0.25),
        ("one item ≥ 3 × tipg", ratio("one item", "tipg") >= 3),
        ("limit 10 ≥ 50 × tipg", ratio("limit 10", "tipg") >= 50),
        ("limit 1000 ≥ 60 % of the limit", ratio("limit 1000", "limit") >= 0.6),
        ("limit 1000 ≥ 5 × tipg", ratio("limit 1000", "tipg") >= 5),
        ("bbox ≥ 60 % of the limit", ratio(box, "limit") >= 0.6),
        ("bbox ≥ 5 × tipg", ratio(box, "tipg") >= 5),
        ("CQL2 attribute ≥ 70 % of the limit", ratio("CQL2 attribute", "limit") >= 0.7),
        ("CQL2 spatial ≥ 70 % of the limit", ratio("CQL2 spatial", "limit") >= 0.7),
        ("the page in the middle ≥ 0.7 × the first", middle >= 0.7 * first),
    ]
    return [name for name, met in checks if not met]


def show(measured: Mapping[str, Measured]) -> None:
    """The table: requests per second, and ours as a ratio."""
    print(
        f"{'work':<16}{'limit':>10}{'form':>12}{'ours':>10}{'tipg':>9}{'pygeoapi':>10}"
        f"{'of limit':>10}{'× tipg':>9}{'× pygeoapi':>12}"
    )
    for name, each in measured.items():
        rates = each.rates
        form = "rows" if rates["rows"] >= rates["collection"] else "collection"
        own = rates["ours"]
        cells = [f"{rates['limit']:>10.0f}{form:>12}{own:>10.0f}"]
        for peer, width in (("tipg", 9), ("pygeoapi", 10)):
            cells.append(f"{rates[peer]:>{width}.1f}" if peer in rates else f"{'–':>{width}}")
        cells.append(f"{own / rates['limit']:>10.0%}")
        for peer, width in (("tipg", 9), ("pygeoapi", 12)):
            cells.append(f"{own / rates[peer]:>{width}.1f}" if rates.get(peer) else f"{'–':>{width}}")
        print(f"{name:<16}{''.join(cells)}")


@contextmanager
def database(dsn: str, keep: str | None) -> Iterator[tuple[str, bool]]:
    """A database of the benchmark's own: its dsn, and whether it must be filled."""
    if keep is not None:
        with kept(dsn, keep) as found:
            yield found
    else:
        with empty(dsn) as new:
            yield new, True


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), help="a PostGIS server, as superuser"
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--seconds", type=int, default=6, help="per measurement")
    parser.add_argument("--no-peers", action="store_true", help="the limit and ours only")
    parser.add_argument(
        "--peers-venv", type=Path, default=Path(tempfile.gettempdir()) / "onemap-benchmark-peers"
    )
    parser.add_argument("--keep", metavar="NAME", help="use this database again, and keep it")
    options = parser.parse_args()
    if not options.dsn:
        parser.error("--dsn or ONEMAP_TEST_SERVER must name a server")
    with database(options.dsn, options.keep) as (dsn, new), tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        if new:
            print(f"filling {options.rows} points and {options.parcels} parcels …", flush=True)
            migrations.upgrade(dsn)
            fill(dsn, "points", "bench-points", "Point", POINT, options.rows)
            fill(dsn, "parcels", "bench-parcels", "Polygon", PARCEL, options.parcels)
        todo = works(options.rows, options.parcels)
        measured = {work.name: Measured() for work in todo}
        for work in todo:
            rates = measured[work.name].rates
            rates |= limit_of(dsn, work, options.rows, max(options.seconds // 2, 2))
            rates["limit"] = max(rates["rows"], rates["collection"])
        with ours(dsn, folder) as url:
            warm(url, todo[0].ours, options.rows)
            for work in todo:
                if "filter=" in work.ours:
                    warm(url, work.ours, options.rows)
                measured[work.name].rates["ours"] = rate_of(url, work.ours, options.rows, options.seconds)
            first, middle = deep_page(url, options.rows, options.seconds)
            held = unchanged(url, options.rows, options.seconds)
            timed = through_time(url, options.rows, options.seconds)
        costs = costs_before_doors(
            dsn, folder, {work.name: work.ours for work in todo[:2]}, options.rows, options.seconds
        )
        if not options.no_peers:
            venv = peers(options.peers_venv)
            for name, serving in (("tipg", tipg), ("pygeoapi", pygeoapi)):
                with serving(dsn, venv, folder) as url:
                    warm(url, str(getattr(todo[0], name)), options.rows)
                    for work in todo:
                        path = str(getattr(work, name))
                        try:
                            rate = rate_of(url, path, options.rows, options.seconds)
                        except Refusal as failure:  # a peer that cannot do a kind of work has no figure
                            print(f"{name} does not answer {work.name}: {failure}")
                            continue
                        measured[work.name].rates[name] = rate
        show(measured)
        print(
            f"page at row {options.rows // 2}: {middle:.0f}/s, first page {first:.0f}/s,"
            f" ratio {middle / first:.2f}"
        )
        for name, rate in timed.items():
            print(f"{name}: {rate:.0f}/s")
        for name, rate in held.items():
            print(f"{name}, If-None-Match: {rate:.0f}/s")
        for cost in costs:
            print(
                f"{cost.name}: {min(cost.whole_us):.0f} µs of the server; guard, identity and quotas"
                f" {cost.guard_share:.0%}, metering and access log {cost.metering_share:.0%}"
            )
        failures = missed(measured, first, middle)
        failures += [f"{name} ≥ 3,000/s" for name, rate in held.items() if rate < 3000]
        failures += [f"cost of guard and identity ≤ 10 %: {c.name}" for c in costs if c.guard_share > 0.1]
    for failure in failures:
        print(f"MISSED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
