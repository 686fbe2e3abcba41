"""The history store against plain PostgreSQL, in one run on one server.

    python -m benchmarks.history --rows 1000000

makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER),
prints every figure beside its limit and drops the database. Exit code 1 where
a limit is missed. Ratios count; seconds depend on the machine.

The reference of the first figure is a plain table with the same attribute
columns that stands there equally indexed: unique (fid, valid_from), the overlap
guard as the same declared constraints, GiST on the geometry, btree; the same rows
come by the same COPY over the same client. Beside it, without a verdict, are
tougher ones: without the guard, and loaded bare and indexed afterwards, which is
the least that plain PostgreSQL can do; it neither checks nor hashes nor forms what
is served, and its table is of no use meanwhile.

Changesets of all rows are measured against one ``insert … select`` of as many rows into
that indexed and guarded table, which holds as many already. A changed row is three rows
written: what was believed, what is still believed of it, and what is new. These figures
are of processor time of the backend: of wall time, others have their share.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import struct
import sys
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from benchmarks.databases import fresh
from benchmarks.processor import of_process
from spatial.catalogue import quality
from spatial.catalogue.city import City, read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.catalogue.store import publish
from spatial.catalogue.tables import feature_table
from spatial.database import Connection, connect
from spatial.history import ledger, write
from spatial.history.model import Changeset, Delivery, FeatureTable, Intent

WEST, SOUTH, EAST, NORTH = 118.54, 36.72, 119.11, 37.30
BEIJING = timezone(timedelta(hours=8))
OPENED = datetime(2026, 1, 1, tzinfo=BEIJING)
COLUMNS = ("line", "fid", "geom", "name", "road", "number", "kind", "floors", "height_m", "registered")
PLAIN = ("fid", "geom", "name", "road", "number", "kind", "floors", "height_m", "registered")


def contract() -> Contract:
    """A layer of the size and shape of the city's addresses."""

    def field(name: str, type: FieldType, **more: object) -> Field:
        return Field(name, type, Title(name, name), **more)  # type: ignore[arg-type]

    return Contract(
        id="benchmark-addresses",
        title=Title("测试地址", "Benchmark addresses"),
        description=Title("合成数据", "synthetic"),
        steward="测试",
        source_standard="none: generated",
        geometry="Point",
        key="",
        valid_time=Title("自生成日起", "since generated"),
        fields=(
            field("name", FieldType.TEXT, required=True, max_length=100),
            field("road", FieldType.TEXT, max_length=50),
            field("number", FieldType.INTEGER, minimum=0),
            field("kind", FieldType.TEXT, max_length=10),
            field("floors", FieldType.INTEGER, minimum=0, maximum=200),
            field("height_m", FieldType.NUMBER, unit="m"),
            field("registered", FieldType.DATE),
        ),
        legend=Legend("circle", "#3366cc"),
        synthetic=True,
    )


def rows(
    count: int, *, changed: Container[int] = frozenset(), plain: bool = False, place: str = "370783"
) -> Iterator[bytes]:
    """Rows in PostgreSQL's text COPY format, always the same; ``changed`` ones differ in one field.

    ``place`` begins the key of every row.
    """
    chance = random.Random(20260101)
    head = struct.Struct("<BII").pack(1, 0x20000001, 4490).hex()
    for n in range(count):
        lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
        point = struct.pack("<dd", round(lon, 9), round(lat, 9))
        floors = n % 30 + 1 + (n in changed)
        fid = f"{place}{n * 7919 % 9_999_991:010d}"
        text = (
            f"{fid}\t{head}{point.hex()}\t寿光市圣城街道第{n % 997}小区{n % 83}号楼{n % 4}单元\t"
            f"圣城街{n % 211}\t{n % 400}\t住宅\t{floors}\t{floors * 2.9:.1f}\t2024-0{n % 9 + 1}-15\n"
        )
        yield (text if plain else f"{n + 1}\t{text}").encode()


def blocks(lines: Iterator[bytes], size: int = 2000) -> list[bytes]:
    """Lines in chunks as a client would send them."""
    every = list(lines)
    return [b"".join(every[i : i + size]) for i in range(0, len(every), size)]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure and its limit."""

    name: str
    value: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Within its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        verdict = "kept" if self.kept else "MISSED"
        return f"{self.name:<66} {self.value:9.2f} {self.unit:<3} {sign} {self.limit:g}  {verdict}"


class Clock:
    """Prints each step with its seconds, and the processor seconds of the backend."""

    def __init__(self, backend: int) -> None:
        self.backend = backend
        self.seconds: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    def spent_s(self) -> float:
        """Processor seconds of the backend so far; NaN where its server is another machine."""
        try:
            return of_process(self.backend)[0]
        except OSError:
            return math.nan

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        """Time the block and print it."""
        start, spent = time.perf_counter(), self.spent_s()
        yield
        self.seconds[step], self.processor[step] = time.perf_counter() - start, self.spent_s() - spent
        print(f"    {step:<54} {self.seconds[step]:9.2f} s {self.processor[step]:9.2f} s", flush=True)

    def total(self, prefix: str) -> float:
        """Seconds of all steps whose name begins so."""
        return sum(s for step, s in self.seconds.items() if step.startswith(prefix))


def plain_table(conn: Connection, name: str) -> None:
    conn.execute(
        f"""create table {name} (
        fid text collate "C" not null, valid_from timestamptz not null default '2026-01-01+08',
        valid_to timestamptz not null default 'infinity', next_from timestamptz,
        opened_by bigint not null default 1, geom geometry(Point, 4490), name text, road text, number bigint,
        kind text, floors bigint, height_m double precision, registered date)"""
    )


def plain_indexes(conn: Connection, name: str, *, guard: bool) -> None:
    conn.execute(f"alter table {name} add unique (fid, valid_from)")
    conn.execute(f"create index on {name} (opened_by)")
    conn.execute(f"create index on {name} using gist (geom)")
    if guard:
        conn.execute(f"alter table {name} add unique nulls not distinct (fid, next_from)")
        conn.execute(
            f"alter table {name} add foreign key (fid, next_from) references {name} (fid, valid_from)"
        )


def plain_way(*, indexed: bool, guard: bool) -> str:
    order = "into the indexed table" if indexed else "bare, then indexed"
    return f"plain COPY {order}, {'with' if guard else 'without'} guard"


def copy_plain(conn: Connection, name: str, data: Sequence[bytes]) -> None:
    with conn.cursor().copy(f"copy {name} ({', '.join(PLAIN)}) from stdin") as copy:
        for block in data:
            copy.write(block)


def settle(conn: Connection) -> None:
    """Let no step pay for what an earlier one left to be written."""
    conn.commit()
    conn.execute("checkpoint")
    conn.commit()


def references(conn: Connection, count: int, clock: Clock) -> dict[str, float]:
    """Seconds of the four plain ways."""
    data = blocks(rows(count, plain=True))
    conn.execute("set maintenance_work_mem = '256MB'")  # as the store has when it builds indexes
    for guard in (True, False):
        for indexed in (True, False):
            plain_table(conn, "plain")
            if indexed:
                plain_indexes(conn, "plain", guard=guard)
            settle(conn)
            with clock(plain_way(indexed=indexed, guard=guard)):
                copy_plain(conn, "plain", data)
                if not indexed:
                    plain_indexes(conn, "plain", guard=guard)
                conn.commit()
            conn.execute("drop table plain")
            conn.commit()
    return {way: s for way, s in clock.seconds.items() if way.startswith("plain COPY")}


def deliver(
    conn: Connection,
    table: FeatureTable,
    the_contract: Contract,
    city: City,
    data: Sequence[bytes],
    intent: Intent,
    clock: Clock,
    step: str,
) -> Changeset:
    settle(conn)
    with clock(f"{step}: COPY into staging"):
        staging = write.create_staging(conn, table)
        write.copy_text(conn, staging, COLUMNS, data)
    with clock(f"{step}: canonical form, content hash"):
        write.canonicalise(conn, staging)
    with clock(f"{step}: checks of the contract"):
        findings = quality.check(
            conn, the_contract, staging, city, intent.valid_from, delivery=intent.delivery
        )
        assert not findings.total, findings.violations[:3]
    with clock(f"{step}: apply, ledger, commit"):
        changeset = write.apply(conn, staging, intent)
        write.drop_staging(conn, staging)
        conn.commit()
    assert changeset is not None
    return changeset


def boxes(conn: Connection, table: FeatureTable, asof: datetime | None, repeat: int = 300) -> float:
    """Median seconds of a small bbox read, believed now or as of an instant."""
    chance = random.Random(1)
    believed = (
        "recorded_to = 'infinity'" if asof is None else "recorded_from <= %(asof)s and recorded_to > %(asof)s"
    )
    statement = f"""select feature from history."{table.name}" where {believed}
        and valid_from <= %(at)s and valid_to > %(at)s
        and geom && ST_MakeEnvelope(%(x)s, %(y)s, %(x)s + 0.006, %(y)s + 0.006, 4490) limit 1000"""
    times = []
    for _ in range(repeat):
        values = {"asof": asof, "at": datetime.now(UTC)}
        values |= {"x": chance.uniform(WEST, EAST - 0.01), "y": chance.uniform(SOUTH, NORTH - 0.01)}
        start = time.perf_counter()
        conn.execute(statement, values, prepare=True).fetchall()
        times.append(time.perf_counter() - start)
    return statistics.median(times[repeat // 10 :])


def bare_s(conn: Connection, table: FeatureTable, clock: Clock) -> float:
    """Processor seconds of inserting, bare, as many rows as are valid now into a table that holds them."""
    plain_table(conn, "plain")
    plain_indexes(conn, "plain", guard=True)
    columns = ", ".join(PLAIN[1:])
    for place, step in (("", ""), ("'x' || ", "bare insert … select into the indexed table")):
        statement = (
            f"insert into plain (fid, {columns}) select {place}fid, {columns}"
            f" from history.\"{table.believed}\" where valid_to = 'infinity'"
        )
        settle(conn)
        with clock(step) if step else nullcontext():
            conn.execute(statement)
            conn.commit()
    conn.execute("drop table plain")
    conn.commit()
    return clock.processor[step]


def edits(count: int, size: int, seed: int) -> frozenset[int]:
    return frozenset(random.Random(seed).sample(range(count), min(size, count)))


def measure(conn: Connection, count: int, clock: Clock) -> list[Figure]:
    the_contract, city = contract(), read_city("370783")
    table = feature_table(the_contract)
    publish(conn, the_contract)
    conn.commit()
    plain = references(conn, count, clock)
    run: Callable[..., Changeset] = lambda data, intent, step: deliver(  # noqa: E731
        conn, table, the_contract, city, data, intent, clock, step
    )
    first = run(blocks(rows(count)), intent_of("first load", OPENED, Delivery.FULL), "first load")
    assert first.opened == count
    changed = edits(count, count // 100, 1)
    again = run(
        blocks(rows(count, changed=changed)),
        intent_of("re-delivery", OPENED + timedelta(days=90), Delivery.FULL),
        "re-delivery",
    )
    assert (again.opened, again.closed) == (2 * len(changed), len(changed))
    some = edits(count, 2000, 2) - changed
    lines = [line for n, line in enumerate(rows(count, changed=some)) if n in some]
    run([b"".join(lines)], intent_of("edits", OPENED + timedelta(days=120), Delivery.PARTIAL), "2,000 edits")
    bare = bare_s(conn, table, clock)
    data = blocks(rows(count, changed=range(count)))
    run(data, intent_of("all", OPENED + timedelta(days=150), Delivery.FULL), "all rows changed")
    data = blocks(rows(count, place="370784"))
    run(data, intent_of("new", OPENED + timedelta(days=160), Delivery.PARTIAL), "as many rows new")
    conn.autocommit = True
    conn.execute("vacuum analyze")
    now, asof = boxes(conn, table, None), boxes(conn, table, first.recorded_at)
    print(f"    bbox now {now * 1000:.2f} ms, as of before the re-delivery {asof * 1000:.2f} ms")
    with clock("verification"):
        verdict = ledger.verify(conn, table.layer)
    assert verdict.ok, verdict.broken
    load = clock.total("first load")
    rewritten = clock.processor["all rows changed: apply, ledger, commit"]
    new = clock.processor["as many rows new: apply, ledger, commit"]
    size = count / 1_000_000
    equal = plain_way(indexed=True, guard=True)
    for way, seconds in plain.items():
        print(f"    first load: speed of {way:<45} {100 * seconds / load:9.2f} %")
    return [
        Figure(f"first load: speed of {equal}", 100 * plain[equal] / load, 50, "%", at_least=True),
        Figure("full re-delivery with 1 % changed", clock.total("re-delivery"), 15 * size, "s"),
        Figure("changeset of 2,000 edits", clock.total("2,000 edits"), 0.5, "s"),
        Figure("apply, all rows changed / bare insert of thrice as many", rewritten / bare / 3, 2.3, "×"),
        Figure("apply, as many rows new / bare insert", new / bare, 2.3, "×"),
        Figure("bbox as of / bbox now", asof / now, 2.5, "×"),
        Figure("verification", clock.total("verification"), 30 * size, "s"),
    ]


def intent_of(reason: str, valid_from: datetime, delivery: Delivery) -> Intent:
    return Intent("benchmark", "测试", reason, valid_from, delivery)


def main() -> int:
    parser = argparse.ArgumentParser(description="The history store against plain PostgreSQL.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER"), help="a PostGIS server")
    options = parser.parse_args()
    if not options.dsn:
        parser.error("name a server by --dsn or ONEMAP_TEST_SERVER")
    with fresh(options.dsn) as dsn, connect(dsn, application="onemap-benchmark") as conn:
        print(f"{options.rows:,} points")
        figures = measure(conn, options.rows, Clock(conn.info.backend_pid))
    print(*figures, sep="\n")
    return 0 if all(figure.kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
