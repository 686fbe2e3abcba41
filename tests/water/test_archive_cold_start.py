"""The cold start: a database without the layers becomes, from a copy alone, what the first one was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from archive_copies import ocfl_root_sound
from serving import database_of

from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import from_json
from spatial.catalogue.store import Layer
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.history import ledger, write
from spatial.history.model import Delivery, Intent
from water.archive import copies, layers, storage, verify
from water.archive.model import Agent, ObjectId
from water.archive.storage import Copy
from water.errors import ArchiveDamaged, ArchiveDiverged, RestoreRefused

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)
WHO = Agent("张伟", "水利局")


def contract(name: str, geometry: str | None, *more: dict[str, Any]) -> Contract:
    title = {"zh": "试验河工", "en": "trial works"}
    fields = [
        {"name": "code", "type": "text", "title": title, "required": True},
        {"name": "name", "type": "text", "title": title},
        {"name": "length_m", "type": "number", "title": title, "unit": "m"},
        {"name": "gates", "type": "integer", "title": title},
        {"name": "active", "type": "boolean", "title": title},
        {"name": "built", "type": "date", "title": title},
        {"name": "seen", "type": "instant", "title": title, "secrecy": "internal"},
        *more,
    ]
    return from_json(
        {
            "id": name,
            "title": title,
            "description": title,
            "steward": "水利局",
            "source_standard": "合成数据 synthetic",
            "geometry": geometry or "none",
            "key": "code",
            "valid_time": title,
            "synthetic": True,
            "fields": fields,
            "legend": {
                "kind": {"LineString": "line", None: "none"}.get(geometry, "fill"),
                "color": "#3366cc",
            },
            "quality": {"within_city": False},
        }
    )


def deliver(conn: Connection, layer: Layer, rows: list[dict[str, Any]], on: int, full: bool = False) -> None:
    staging = write.create_staging(conn, layer.table)
    names = ["line", *dict.fromkeys(name for row in rows for name in row)]
    values = [
        [n, *(row.get(name, False if name == "remove" else None) for name in names[1:])]
        for n, row in enumerate(rows, 1)
    ]
    write.copy_rows(conn, staging, names, values)
    write.canonicalise(conn, staging)
    day = datetime(2020, 1, 1, tzinfo=BEIJING) + timedelta(days=on)
    kind = Delivery.FULL if full else Delivery.PARTIAL
    made = write.apply(conn, staging, Intent("李工", "水利局", f"第 {on} 天", day, kind, b"\x07" * 32))
    write.drop_staging(conn, staging)
    if made is not None:
        conn.execute(
            "insert into spatial.quality_measure values (%s, '完整性', '缺项', 0.5, '1', '全检', 3)",
            (made.id,),
        )
    conn.commit()


TEXTS = ("", "寒桥闸", 'a "quoted", text', "two\nlines", "\\N", " blanks ", "闸'", None)


def rows(layer: Layer, seed: int, extra: bool = False) -> list[dict[str, Any]]:
    """Rows with every value that CSV, NULL or a float could spoil."""
    chance = random.Random(seed)
    made: list[dict[str, Any]] = []
    for n in chance.sample(range(30), 12):
        lon, lat = 118 + chance.random(), 36 + chance.random()
        row: dict[str, Any] = {
            "fid": f"W-{n}",
            "code": f"W-{n}",
            "name": chance.choice(TEXTS),
            "length_m": chance.choice([None, 0.1 + 0.2, 1e-300, -0.0, chance.random() * 1e6]),
            "gates": chance.choice([None, 0, 2**62]),
            "active": chance.choice([None, True, False]),
            "built": chance.choice([None, NOW.date()]),
            "seen": chance.choice([None, NOW.replace(microsecond=chance.randrange(1_000_000))]),
        }
        if layer.contract.geometry == "LineString":
            line = shapely.LineString([(lon, lat), (lon + chance.random() / 100, lat + 1 / 3)])
            row["geom"] = shapely.to_wkb(shapely.set_srid(line, 4490), include_srid=True)
        if extra:
            row["note"] = chance.choice([None, "备注"])
        made.append(row | ({"remove": True} if chance.random() < 0.15 else {}))
    return made


def grown(conn: Connection, layer: Layer, steps: range, extra: bool = False) -> None:
    for n in steps:
        deliver(conn, layer, rows(layer, n, extra), on=random.Random(n).randrange(2000), full=n % 5 == 4)


COMPARED = {
    "the ledger": "select * from spatial.changeset where layer = any (%s) order by id",
    "the catalogue": "select * from spatial.layer where id = any (%s) order by id",
    "the contracts": "select * from spatial.layer_contract where layer = any (%s) order by layer, version",
    "the layouts": "select * from history.layout where layer = any (%s) order by layer",
    "the measures": "select q.* from spatial.quality_measure q join spatial.changeset c on c.id = q.changeset"
    " where c.layer = any (%s) order by 1, 2, 3",
    "the tally": "select layer, changeset, valid_from::text, valid_to::text, next_from::text, sum(number)"
    " from history.tally where layer = any (%s) group by 1, 2, 3, 4, 5 having sum(number) <> 0"
    " order by 1, 2, 3, 4, 5",
    "the feed": "select f.changeset from spatial.changeset_feed f"
    " join spatial.changeset c on c.id = f.changeset where c.layer = any (%s) order by position",
}


def told(conn: Connection, names: list[str], tables: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Everything the database holds of the layers, row for row."""
    found = {what: conn.execute(query, (names,)).fetchall() for what, query in COMPARED.items()}  # type: ignore[call-overload]
    for name in names:
        table = f"history.{name.replace('-', '_')}"
        order = "order by fid, valid_from, recorded_from"
        query = f"select t::text, t.tableoid::regclass::text from {table} t {order}"
        found[table] = conn.execute(query).fetchall()  # type: ignore[call-overload]
    for table in tables:
        found[table] = conn.execute(f"select t::text from {table} t order by 1").fetchall()  # type: ignore[call-overload]
    return found


@pytest.fixture
def copy(memory: Path) -> Copy:
    return storage.create(memory / "a", "甲", "370783")


@pytest.fixture
def other(server_dsn: str, template: str) -> Iterator[Connection]:
    """A second database, migrated and empty."""
    with database_of(server_dsn, template) as dsn, connect(dsn) as opened:
        yield opened


TRIAL_TABLE = (
    "create table spatial.trial_table"
    " (id bigint generated always as identity primary key, zh text, at timestamptz)"
)
NAMES = ["trial-lines", "trial-papers"]


@pytest.fixture
def first(connection: Connection) -> Connection:
    """A database in which two layers grew, in turns."""
    lines = catalogue.publish(connection, contract("trial-lines", "LineString"))
    papers = catalogue.publish(connection, contract("trial-papers", None))
    connection.commit()
    for n in range(0, 12, 2):
        grown(connection, lines, range(n, n + 2))
        grown(connection, papers, range(n, n + 2))
    return connection


def archived(conn: Connection, copy: Copy, now: datetime = NOW) -> list[int]:
    return [layers.archive_layer(conn, copy, name, WHO, now).changesets for name in NAMES]


def test_equal_table_for_table(first: Connection, other: Connection, copy: Copy, memory: Path) -> None:
    assert all(archived(first, copy))
    assert archived(first, copy) == [0, 0], "nothing is archived twice"
    wider = replace(
        contract(
            "trial-lines", "LineString", {"name": "note", "type": "text", "title": {"zh": "注", "en": "note"}}
        )
    )
    lines = catalogue.publish(first, wider)
    first.commit()
    grown(first, lines, range(20, 28), extra=True)
    assert archived(first, copy, NOW.replace(year=2030))[0] > 0, "a later epoch, its own object"
    first.execute(TRIAL_TABLE)
    first.execute(
        "insert into spatial.trial_table (zh, at) values ('河', now()), ('', null), (null, 'infinity')"
    )
    first.commit()
    layers.archive_tables(first, copy, ["spatial.trial_table"], WHO, NOW)
    (again,) = layers.archive_tables(first, copy, ["spatial.trial_table"], WHO, NOW)
    assert again.receipt is None
    assert verify.check_copy(copy).ok and ocfl_root_sound(copy)

    third = storage.create(memory / "c", "丙", "370783")
    copies.follow(copy, third, NOW)
    other.execute(TRIAL_TABLE)
    other.commit()
    done = layers.restore(other, third)
    assert {one.name for one in done} == {*NAMES, "spatial.trial_table"}
    before, after = (told(conn, NAMES, ("spatial.trial_table",)) for conn in (first, other))
    assert before == after
    assert len(before["history.trial_lines"]) > 100 and any(
        row[-1].endswith("_2026") for row in before["history.trial_lines"]
    )
    assert ledger.verify(other).ok
    # The restored database lives on: numbers and times go on after those restored.
    grown(other, catalogue.get(other, "trial-lines"), range(40, 42), extra=True)
    assert ledger.verify(other).ok
    (newest,) = other.execute("select max(id) from spatial.changeset").fetchone() or (0,)
    assert newest > max(row[0] for row in before["the ledger"])
    assert other.execute("insert into spatial.trial_table (zh) values ('x') returning id").fetchone() == (4,)
    other.commit()
    assert archived(other, third, NOW.replace(year=2030))[0] > 0, "and it goes on being archived"


def test_a_layer_by_itself_and_twice(first: Connection, other: Connection, copy: Copy) -> None:
    archived(first, copy)
    (done,) = layers.restore(other, copy, ["layers/trial-papers"])
    assert (done.name, done.changesets) == ("trial-papers", len(told(first, ["trial-papers"])["the ledger"]))
    assert told(first, ["trial-papers"]) == told(other, ["trial-papers"])
    other.commit()
    with pytest.raises(RestoreRefused, match="trial-papers"):
        layers.restore(other, copy, ["layers/trial-papers"])
    with pytest.raises(RestoreRefused, match="no such layer"):
        layers.restore(other, copy, ["layers/nowhere"])


def test_nothing_is_restored_from_a_damaged_copy(first: Connection, other: Connection, copy: Copy) -> None:
    archived(first, copy)
    folder = copy.folder(str(ObjectId("370783", "layers/trial-lines", 2025)))
    target = next(folder.rglob("opened.csv"))
    target.chmod(0o644)
    target.write_bytes(target.read_bytes().replace(b"W-1", b"W-7", 1))
    with pytest.raises(ArchiveDamaged, match=r"opened\.csv"):
        layers.restore(other, copy)
    assert not other.execute("select from spatial.layer").fetchall()


def test_a_rewritten_history_is_not_archived(first: Connection, copy: Copy) -> None:
    archived(first, copy)
    first.execute("alter table spatial.changeset disable trigger append_only")
    first.execute(
        "update spatial.changeset set chain_hash = sha256(chain_hash) where id ="
        " (select max(id) from spatial.changeset where layer = 'trial-lines')"
    )
    first.commit()
    with pytest.raises(ArchiveDiverged, match="trial-lines"):
        layers.archive_layer(first, copy, "trial-lines", WHO, NOW)


def test_a_table_that_grows_does_not_weigh_its_whole_every_night(
    connection: Connection, other: Connection, copy: Copy
) -> None:
    table = "create table spatial.grown (camera text, at int, told text, primary key (camera, at))"
    for conn in (connection, other):
        conn.execute(table)
        conn.commit()
    grow = (
        "insert into spatial.grown"
        " select 'C-' || c, n, E'\\n\"' || md5((c * 7919 + n)::text) || repeat('x', 200)"
        " from generate_series(1, 3) c, generate_series(%s::int, %s::int) n"
    )
    for night in range(8):
        first = 12_001 + night * 40 if night else 1
        connection.execute(grow, (first, 12_040 + night * 40))
        connection.execute("delete from spatial.grown where camera = 'C-1' and at = %s", (night,))
        connection.commit()
        layers.archive_tables(connection, copy, ["spatial.grown"], WHO, NOW)
    folder = copy.folder(str(ObjectId("370783", "tables/spatial.grown", 2025)))
    rows = [path.stat().st_size for path in folder.glob("v*/content/rows/*.csv")]
    (content,) = connection.execute("select sum(length(t::text)) from spatial.grown t").fetchone() or (0,)
    assert len(rows) > 8 and sum(rows) < 3 * content, "eight times whole would be eight times"
    assert len(list(folder.glob("v1/content/rows/*.csv"))) > 4, "cut into pieces"
    layers.restore(other, copy)
    query = "select t::text from spatial.grown t order by 1"
    assert connection.execute(query).fetchall() == other.execute(query).fetchall()
    assert verify.check_copy(copy).ok and ocfl_root_sound(copy)
