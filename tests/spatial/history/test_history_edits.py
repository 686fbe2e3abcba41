"""Few edits take another way through the same statements: what they write is what a delivery writes."""

from __future__ import annotations

import itertools
import struct
from collections import defaultdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from history_cases import day, deliver, intent, make, must, point, site
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_history_oracle import Row, Step, steps

from spatial.database import Connection, connect
from spatial.errors import StaleVersion
from spatial.history import ledger, store, write
from spatial.history.model import Changeset, Column, FeatureTable

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ENDLESS = 2**63 - 1
counter = itertools.count()


def table(name: str) -> FeatureTable:
    return FeatureTable(name, (Column("name", "text"), Column("floors", "bigint")), "Point")


def edit(
    conn: Connection, layer: FeatureTable, rows: list[tuple[object, ...]], from_day: int = 0
) -> Changeset | None:
    """Rows of fid, remove, valid_from, valid_to, name, expected_changeset."""
    staging = write.edit_staging(conn, layer)
    write.stage(
        conn,
        staging,
        [
            (line, fid, remove, start, end, point(), name, 3, expected)
            for line, (fid, remove, start, end, name, expected) in enumerate(rows, 1)
        ],
    )
    return write.apply(conn, staging, intent(from_day))


def stated(row: Row) -> tuple[object, ...]:
    start, end = (None if n is None else day(n) for n in (row.start, row.end))
    return row.fid, row.value is None, start, end, row.value, None


def delivered(row: Row) -> dict[str, Any]:
    names = ("fid", "remove", "valid_from", "valid_to", "name")
    return {**dict(zip(names, stated(row), strict=False)), "floors": 3, "geom": point()}


def versions(conn: Connection, layer: FeatureTable, ids: list[int]) -> list[tuple[Any, ...]]:
    """Every row ever written; a changeset is its place in the ledger."""
    return conn.execute(
        f"""select fid, valid_from, valid_to::text, array_position(%(ids)s, opened_by),
          array_position(%(ids)s, closed_by), next_from, st_asewkb(geom), name, floors, content_sha256,
          replace(feature, '"changeset":' || opened_by, '"changeset":' || array_position(%(ids)s, opened_by))
        from history."{layer.name}" order by 1, 4, 2""",
        {"ids": ids},
    ).fetchall()


def content_hashes(conn: Connection, layer: FeatureTable) -> dict[int, bytes]:
    """What the ledger should hold, reckoned from the rows without the store's functions."""
    opened: defaultdict[int, list[bytes]] = defaultdict(list)
    closed: defaultdict[int, list[bytes]] = defaultdict(list)
    for fid, start, end, recorded, opened_by, closed_by, content in conn.execute(
        f"""select fid, valid_from, nullif(valid_to, 'infinity'), recorded_from, opened_by, closed_by,
          content_sha256 from history."{layer.name}" """
    ):
        opened[opened_by].append(content + instant(start) + instant(end))
        text = fid.encode()
        if closed_by is not None:
            entry = struct.pack(">i", len(text)) + text + instant(start) + instant(recorded)
            closed[closed_by].append(sha256(entry).digest())
    return {id: sha256(part(opened[id]) + part(closed[id])).digest() for id in opened.keys() | closed.keys()}


def part(entries: list[bytes]) -> bytes:
    buckets = [
        sha256(b"".join(each)).digest()
        for _, each in itertools.groupby(sorted(entries), key=lambda entry: entry[0])
    ]
    return struct.pack(">q", len(entries)) + (sha256(b"".join(buckets)).digest() if entries else b"")


def instant(at: datetime | None) -> bytes:
    if at is None:
        return struct.pack(">q", _ENDLESS)
    since = at - _EPOCH
    return struct.pack(">q", (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(steps(), min_size=1, max_size=6))
def test_edits_write_what_a_delivery_writes(connection: Connection, history: list[Step]) -> None:
    number = next(counter)
    edited, bulk = table(f"edited-{number}"), table(f"bulk-{number}")
    make(connection, edited, bulk)
    ids: dict[str, list[int]] = {edited.layer: [], bulk.layer: []}
    for layer in (edited, bulk):
        first = must(deliver(connection, layer, [site("stays", floors=3)]))
        ids[layer.layer].append(first.id)
    for step in history:
        one = edit(connection, edited, [stated(row) for row in step.rows], step.from_day)
        other = deliver(connection, bulk, [delivered(row) for row in step.rows], step.from_day)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (one.opened, one.closed) == (other.opened, other.closed)
            ids[edited.layer].append(one.id)
            ids[bulk.layer].append(other.id)
    assert versions(connection, edited, ids[edited.layer]) == versions(connection, bulk, ids[bulk.layer])
    for layer in (edited, bulk):
        entries = ledger.changesets(connection, layer.layer, limit=100)
        assert {entry.id: entry.content_hash for entry in entries} == content_hashes(connection, layer)
        assert ledger.verify(connection, layer.layer).ok
    connection.rollback()


def shared(conn: Connection, layer: FeatureTable) -> list[str]:
    return [
        name
        for (name,) in conn.execute(
            "select relname from pg_class where relnamespace = 'staging'::regnamespace"
            " and starts_with(relname, %s) and relkind = 'r'",
            (f"{layer.name}_edits_",),
        )
    ]


@pytest.mark.parametrize("count", [1, 100, 101, 250])
@pytest.mark.parametrize("filled", [False, True])
def test_any_number_goes_through_and_leaves_nothing_staged(
    connection: Connection, count: int, filled: bool
) -> None:
    layer = table("many")
    make(connection, layer)
    if filled:
        deliver(connection, layer, [site("stays", floors=3)])
    rows = [(f"f{n}", False, None, None, "x", None) for n in range(count)]
    assert must(edit(connection, layer, rows)).opened == count
    assert edit(connection, layer, rows) is None
    (name,) = shared(connection, layer)
    assert connection.execute(f'select count(*) from staging."{name}"').fetchone() == (0,)
    assert ledger.verify(connection, layer.layer).ok


def test_edits_leave_the_catalogue_alone(connection: Connection) -> None:
    layer = table("calm")
    make(connection, layer)
    deliver(connection, layer, [site(f"f{n}", floors=3) for n in range(20)])
    edit(connection, layer, [("f0", False, None, None, "first", None)])
    connection.execute(
        "select pg_stat_force_next_flush()"
    )  # what is counted begins with the next transaction
    connection.commit()
    rows = [(f"f{n}", n % 3 == 0, None, None, "neu", None) for n in range(1, 20)]
    assert must(edit(connection, layer, rows)).closed == 19
    touched = connection.execute(
        "select relname from pg_stat_xact_sys_tables where n_tup_ins + n_tup_upd + n_tup_del > 0"
    ).fetchall()
    assert touched == []


def test_a_stale_edit_is_refused_as_often_as_it_is_tried(connection: Connection) -> None:
    layer = table("stale")
    make(connection, layer)
    first = must(deliver(connection, layer, [site("a", floors=3)]))
    second = must(edit(connection, layer, [("a", False, None, None, "zwei", first.id)]))
    connection.commit()
    for _ in range(8):  # beyond where PostgreSQL may go on with a plan for any values
        with pytest.raises(StaleVersion) as caught:
            edit(connection, layer, [("a", False, None, None, "drei", first.id)])
        connection.rollback()
        (told,) = caught.value.details["stale"]
        assert (told["expected"], told["believed"]) == (first.id, second.id)
        assert (told["base"]["name"], told["mine"]["name"], told["theirs"]["name"]) == ("站", "drei", "zwei")


def test_a_widened_layer_gets_a_new_staging_table(connection: Connection) -> None:
    layer = table("wide")
    make(connection, layer)
    deliver(connection, layer, [site("a", floors=3)])
    edit(connection, layer, [("a", False, None, None, "x", None)])
    (former,) = shared(connection, layer)
    widened = store.add_columns(connection, layer, [Column("more", "text")])
    connection.commit()
    with connection.transaction():
        staging = write.edit_staging(connection, widened)
        write.stage(connection, staging, [(1, "a", False, None, None, point(), "x", 3, "neu", None)])
        assert write.apply(connection, staging, intent()) is not None
    assert shared(connection, layer) == [staging.name] != [former]
    store.drop_table(connection, widened)
    assert shared(connection, layer) == []
    functions = "select count(*) from pg_proc where starts_with(proname, 'wide_edits_')"
    assert connection.execute(functions).fetchone() == (0,)


def test_a_table_that_a_writer_put_there_is_not_taken_for_the_stores_own(
    connection: Connection, database: str
) -> None:
    """What a writer's table runs (a default, a trigger, a policy) would run with the store's rights."""
    layer = table("trap")
    make(connection, layer)
    deliver(connection, layer, [site("a", floors=3)])
    name = write.edit_staging(connection, layer).name
    connection.rollback()
    with connect(database) as writer:
        writer.execute("set role onemap_writer")
        writer.execute(f'create table staging."{name}" (line bigint, fid text)')
        writer.commit()
    assert edit(connection, layer, [("a", False, None, None, "x", None)]) is not None
    owner = connection.execute(
        "select c.relowner = n.nspowner from pg_class c, pg_namespace n"
        " where c.relname = %s and n.nspname = 'history'",
        (name,),
    ).fetchone()
    assert owner == (True,)


def test_a_writer_edits_by_the_functions_alone(connection: Connection, database: str) -> None:
    layer = table("granted")
    make(connection, layer)
    deliver(connection, layer, [site("a", floors=3)])
    with connect(database) as writer:
        writer.execute("set role onemap_writer")
        writer.commit()
        must(edit(writer, layer, [("a", False, None, None, "x", None)]))
        writer.commit()
    assert ledger.verify(connection, layer.layer).ok
