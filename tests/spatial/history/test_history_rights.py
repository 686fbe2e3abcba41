"""Who may do what: readers see views, writers call functions, nobody rewrites history."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from history_cases import SITES, deliver, intent, make, must, site, stage

from spatial.database import Connection, connect
from spatial.history import write
from spatial.history.model import Column, FeatureTable


@pytest.fixture
def filled(connection: Connection) -> Connection:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a"), site("b")]))
    must(deliver(connection, SITES, [site("b", "新")], from_day=5))
    return connection


def acting(database: str, role: str) -> Iterator[Connection]:
    with connect(database) as conn:
        conn.execute(f"set role {role}")
        conn.commit()
        yield conn


@pytest.fixture
def writer(filled: Connection, database: str) -> Iterator[Connection]:
    yield from acting(database, "onemap_writer")


@pytest.fixture
def reader(filled: Connection, database: str) -> Iterator[Connection]:
    yield from acting(database, "onemap_reader")


FORBIDDEN = [
    "update history.cell_sites set name = 'x'",
    "update history.cell_sites_believed set name = 'x'",
    "delete from history.cell_sites",
    "truncate history.cell_sites",
    "insert into spatial.changeset default values",
    "update spatial.changeset set author = 'x'",
    "select feature from history.cell_sites",
    "select history.ensure_year('cell_sites', 1999)",
    "update history.layout set feature = '1'",
    "create table layer.x (y int)",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_writer_reaches_no_table(writer: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute(statement)


@pytest.mark.parametrize("statement", [*FORBIDDEN, "create table staging.x (y int)"])
def test_a_reader_reaches_no_table(reader: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(statement)


def test_a_reader_reads_the_view_and_no_hidden_column(reader: Connection) -> None:
    assert reader.execute("select fid from layer.cell_sites order by fid").fetchall() == [("a",), ("b",)]
    with pytest.raises(psycopg.errors.UndefinedColumn):
        reader.execute("select keeper from layer.cell_sites")


@pytest.mark.parametrize("function", ["apply_changeset", "staged_difference", "staged_changes"])
def test_a_reader_may_not_call_the_write_functions(reader: Connection, function: str) -> None:
    allowed = reader.execute(
        "select bool_or(has_function_privilege(oid, 'execute')) from pg_proc where proname = %s", (function,)
    ).fetchone()
    assert allowed == (False,)


def test_a_writer_delivers_by_the_functions_alone(writer: Connection) -> None:
    staging = stage(writer, SITES, [site("a", "他"), site("c")])
    asked = intent(9)
    assert write.difference(writer, staging, asked).inserted == 1
    assert len(write.changes(writer, staging, asked, 9)) == 2
    must(write.apply(writer, staging, asked))
    write.drop_staging(writer, staging)
    writer.commit()


def test_a_first_load_by_a_writer_leaves_the_tables_the_owners(
    writer: Connection, filled: Connection
) -> None:
    empty = FeatureTable("empty", (Column("name", "text"),), "Point")
    make(filled, empty)
    must(deliver(writer, empty, [site("a")]))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute("select fid from history.empty_believed")
    writer.rollback()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        filled.execute("update history.empty_believed set name = 'x'")


def test_a_view_in_place_of_a_staging_table_is_refused(writer: Connection) -> None:
    """Its functions would run with the store's rights."""
    staging = stage(writer, SITES, [site("a", "他")])
    name = staging.name
    writer.execute(f'alter table staging."{name}" rename to real')
    writer.execute(f'create view staging."{name}" as table staging.real')
    with pytest.raises(psycopg.errors.Error) as caught:
        write.apply(writer, staging, intent(9))
    assert caught.value.sqlstate in ("42804", "42501", "42809")


@pytest.mark.parametrize(
    "trick",
    [
        "alter table {} enable row level security",
        "create table staging.child () inherits ({})",
        "alter table {} alter column name type varchar",
        "alter table {} add column more text",
    ],
)
def test_a_doctored_staging_table_is_refused(writer: Connection, trick: str) -> None:
    staging = stage(writer, SITES, [site("a", "他")])
    writer.execute(trick.format(f'staging."{staging.name}"'))
    with pytest.raises(psycopg.errors.DatatypeMismatch):
        write.apply(writer, staging, intent(9))


@pytest.mark.parametrize(
    "statement",
    [
        "update history.cell_sites set name = 'x' where fid = 'a'",
        "update history.cell_sites set geom = null where fid = 'a'",
        "update history.cell_sites_believed set feature = '' where fid = 'a'",
        "update history.cell_sites set valid_to = valid_to + interval '1 day' where opened_by = 1",
        "update history.cell_sites set recorded_to = 'infinity', closed_by = null where closed_by = 2",
        "update history.cell_sites set valid_to = '2026-01-03+08'"
        " where opened_by = 2 and valid_to < 'infinity'",
        "update history.cell_sites set valid_to = '2026-01-07+08', recorded_from = now(), opened_by = 9"
        " where opened_by = 2 and valid_to < 'infinity'",
        "update history.cell_sites set valid_to = '2026-01-03+08', recorded_from = now(), opened_by = 9"
        " where closed_by = 2",
        "delete from history.cell_sites where fid = 'a'",
        "delete from history.cell_sites_believed where fid = 'a'",
        "truncate history.cell_sites",
        "update spatial.changeset set author = 'x' where id = 1",
        "delete from spatial.changeset where id = 2",
        "truncate spatial.changeset cascade",
    ],
)
def test_the_owner_too_is_stopped_by_the_guards(filled: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        filled.execute(statement)


OVERLAPPING = """
    insert into history.cell_sites
      (fid, valid_from, valid_to, next_from, recorded_from, opened_by, name, content_sha256, feature)
    values ('b', {start}, {end}, {next}, now(), 2, 'x', sha256('x'), '')
"""


@pytest.mark.parametrize(
    ("start", "end", "following"),
    [
        ("'2026-01-03+08'", "'infinity'", "null"),
        ("'2026-01-03+08'", "'2026-01-04+08'", "null"),
        ("'2026-01-03+08'", "'2026-01-06+08'", "'2026-01-06+08'"),
        ("'2026-01-01+08'", "'2026-01-02+08'", "'2026-01-06+08'"),
        ("'2025-12-01+08'", "'2026-01-02+08'", "'2026-01-01+08'"),
        ("'2025-12-01+08'", "'2026-01-02+08'", "'2026-01-02+08'"),
        ("'2026-02-01+08'", "'infinity'", "null"),
        ("'2026-02-01+08'", "'2026-02-02+08'", "'2026-02-01+08'"),
    ],
)
def test_two_believed_versions_never_overlap(
    filled: Connection, start: str, end: str, following: str
) -> None:
    """b is believed for [day 0, day 5) and [day 5, ∞); by constraints, not by the functions."""
    with pytest.raises(psycopg.errors.IntegrityError):
        filled.execute(OVERLAPPING.format(start=start, end=end, next=following))
        filled.commit()


def test_the_guard_lets_pass_what_does_not_overlap(filled: Connection) -> None:
    filled.execute(OVERLAPPING.format(start="'2025-12-01+08'", end="'2026-01-01+08'", next="'2026-01-01+08'"))
    filled.commit()
