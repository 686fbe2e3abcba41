"""The ledger: entries, chain, and every kind of tampering found and named."""

from __future__ import annotations

import pytest
from history_cases import SITES, deliver, intent, make, must, site, stage

from spatial.database import Connection, connect
from spatial.errors import UnknownChangeset
from spatial.history import ledger, write
from spatial.history.model import Broken, Column, Delivery, FeatureTable

OTHER = FeatureTable("other-sites", (Column("name", "text"),), "Point")


@pytest.fixture
def filled(connection: Connection) -> Connection:
    """Three changesets: load, an update and a retirement, a correction. Two of them on fid b."""
    make(connection, SITES, OTHER)
    deliver(connection, SITES, [site("a"), site("b"), site("c")], delivery=Delivery.FULL)
    deliver(connection, SITES, [site("b", "新"), {"fid": "c", "remove": True}], from_day=10)
    deliver(connection, OTHER, [site("a")])
    deliver(connection, SITES, [site("b", "更新")], from_day=20)
    return connection


def test_changesets_newest_first_and_paged(filled: Connection) -> None:
    found = ledger.changesets(filled)
    assert [c.id for c in found] == [4, 3, 2, 1]
    assert [c.layer for c in ledger.changesets(filled, "other-sites")] == ["other-sites"]
    assert [c.id for c in ledger.changesets(filled, "cell-sites", limit=1, before=4)] == [2]
    first = ledger.changeset(filled, 1)
    asked = intent()
    assert (first.author, first.department, first.reason) == (asked.author, asked.department, asked.reason)
    assert (first.opened, first.closed, first.source_sha256) == (3, 0, b"\x01" * 32)
    with pytest.raises(UnknownChangeset, match=r"99$"):
        ledger.changeset(filled, 99)


def test_each_layer_has_a_chain_of_its_own(filled: Connection) -> None:
    one, two, other, four = (ledger.changeset(filled, n) for n in (1, 2, 3, 4))
    assert one.previous_hash is None
    assert other.previous_hash is None
    assert (two.previous_hash, four.previous_hash) == (one.chain_hash, two.chain_hash)


def test_what_nobody_touched_verifies(filled: Connection) -> None:
    verdict = ledger.verify(filled)
    assert (verdict.ok, verdict.changesets, verdict.versions) == (True, 4, 9)
    assert ledger.verify(filled, "other-sites").changesets == 1
    filled.rollback()


def tamper(conn: Connection, statement: str) -> tuple[Broken, ...]:
    """As a superuser with the guards off, then verified."""
    conn.rollback()
    for table in ("history.cell_sites", "history.cell_sites_believed", "spatial.changeset"):
        conn.execute(f"alter table {table} disable trigger user")
    assert conn.execute(statement).rowcount == 1, "the tampering itself must have happened"
    conn.commit()
    verdict = ledger.verify(conn)
    conn.rollback()
    assert not verdict.ok
    return verdict.broken


ROWS = [
    ("attribute", "update history.cell_sites set name = '假' where fid = 'b' and opened_by = 1", 1, "b"),
    ("hidden attribute", "update history.cell_sites set keeper = '假' where fid = 'a'", 1, "a"),
    (
        "geometry moved by 1e-9 degree",
        "update history.cell_sites set geom = ST_Translate(geom, 1e-9, 0) where fid = 'a'",
        1,
        "a",
    ),
    (
        "served text",
        "update history.cell_sites set feature = replace(feature, '新', '旧') where fid = 'b' "
        "and opened_by = 2 and name = '新'",
        2,
        "b",
    ),
    ("served text broken", "update history.cell_sites set feature = '{' where fid = 'a'", 1, "a"),
    (
        "attribute and its hash",
        "update history.cell_sites set name = '假', content_sha256 = sha256('x') where fid = 'a'",
        1,
        "a",
    ),
    ("hash cut off", "update history.cell_sites set content_sha256 = '' where fid = 'a'", 1, "a"),
    (
        "valid time",
        "update history.cell_sites set valid_from = valid_from - interval '1 day' where fid = 'a'",
        1,
        "a",
    ),
    (
        "recorded time",
        "update history.cell_sites set recorded_from = recorded_from - interval '1 day' where fid = 'a'",
        1,
        "a",
    ),
    (
        "end of belief",
        "update history.cell_sites set recorded_to = recorded_to + interval '1 second' where fid = 'c' "
        "and opened_by = 1",
        1,
        "c",
    ),
]


@pytest.mark.parametrize(("statement", "changeset", "fid"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_an_altered_row_is_named(filled: Connection, statement: str, changeset: int, fid: str) -> None:
    broken = tamper(filled, statement)
    assert {b.changeset for b in broken} == {changeset}, "this one and no other"
    assert (fid,) in {b.fids for b in broken}
    assert all(b.layer == "cell-sites" and b.zh and b.en for b in broken)


SETS = [
    ("deleted believed row", "delete from history.cell_sites where fid = 'a'", {1}),
    ("deleted closed row", "delete from history.cell_sites where fid = 'c' and opened_by = 1", {1, 2}),
    (
        "row written twice",
        "insert into history.cell_sites select v.* from history.cell_sites v "
        "where fid = 'c' and opened_by = 1",
        {1, 2},
    ),
    (
        "narrowed without keeping what was believed",
        "update history.cell_sites_believed v set valid_to = '2026-01-06+08', recorded_from = c.recorded_at, "
        "opened_by = 2 from spatial.changeset c where c.id = 2 and fid = 'a'",
        {1, 2},
    ),
    ("author", "update spatial.changeset set author = '他' where id = 2", {2}),
    ("reason", "update spatial.changeset set reason = '' where id = 2", {2}),
    ("source digest", "update spatial.changeset set source_sha256 = null where id = 2", {2}),
    ("count", "update spatial.changeset set opened = opened + 1 where id = 2", {2}),
    ("content hash", "update spatial.changeset set content_hash = sha256('x') where id = 2", {2}),
    ("chain hash", "update spatial.changeset set chain_hash = sha256('x') where id = 2", {2, 4}),
    ("link", "update spatial.changeset set previous_hash = sha256('x') where id = 4", {4}),
    ("changeset taken out", "delete from spatial.changeset where id = 2", {None, 4, 1}),
    ("last changeset taken out", "delete from spatial.changeset where id = 4", {None, 2}),
]


@pytest.mark.parametrize(("statement", "changesets"), [r[1:] for r in SETS], ids=[r[0] for r in SETS])
def test_an_altered_set_or_entry_is_named(
    filled: Connection, statement: str, changesets: set[int | None]
) -> None:
    assert {b.changeset for b in tamper(filled, statement)} == changesets


@pytest.mark.parametrize(
    ("statement", "changeset", "wanted", "held"),
    [
        ("update history.tally set number = 7 where changeset = 1", 1, 3, 7),
        ("delete from history.tally where changeset = 3 and layer = 'other-sites'", 3, 1, 0),
        ("insert into history.tally select layer, 4, valid_from, valid_to, valid_from, 1 from history.tally"
         " where changeset = 1", 4, 0, 1),
        ("insert into history.tally select layer, 99, valid_from, valid_to, null, -1 from history.tally"
         " where changeset = 1", 99, 0, -1),
        ("update history.tally set valid_to = '2030-01-01' where changeset = 3", 3, 1, 1),
    ],
)  # fmt: skip
def test_a_tally_that_counts_otherwise_is_named(
    filled: Connection, statement: str, changeset: int, wanted: int, held: int
) -> None:
    filled.rollback()
    assert filled.execute(statement).rowcount == 1
    filled.commit()
    (broken,) = ledger.verify(filled).broken
    assert broken.changeset == (changeset if changeset < 99 else None)
    assert broken.layer == ("other-sites" if changeset == 3 else "cell-sites")
    assert f"应计 {wanted},实计 {held}" in broken.zh
    assert f"{wanted} were to be counted, {held} are): {changeset}" in broken.en


def test_a_tally_is_not_accused_of_rows_that_were_altered(filled: Connection) -> None:
    broken = tamper(
        filled, "update history.cell_sites_believed set valid_from = '2020-01-01' where fid = 'a'"
    )
    assert broken
    assert not any("tally" in each.en for each in broken)


def test_a_row_rewritten_with_all_its_hashes_still_breaks_its_changeset(filled: Connection) -> None:
    content, feature = must_one(
        filled, "select content, feature from history.layout where name = 'cell_sites'"
    )
    filled.execute("alter table history.cell_sites disable trigger user")
    filled.execute("alter table history.cell_sites_believed disable trigger user")
    filled.execute("update history.cell_sites set name = '假' where fid = 'a'")
    filled.execute(
        f"update history.cell_sites v set content_sha256 = sha256({content}), feature = {feature}"
        " where fid = 'a'"
    )
    filled.commit()
    assert [(b.changeset, b.fids) for b in ledger.verify(filled).broken] == [(1, ())]


def test_a_changeset_moved_to_another_layer_is_named(filled: Connection) -> None:
    broken = tamper(filled, "update spatial.changeset set layer = 'other-sites' where id = 4")
    assert {(b.layer, b.changeset) for b in broken} >= {("other-sites", 4), ("cell-sites", None)}


def test_a_table_that_is_gone_is_named(filled: Connection) -> None:
    filled.execute("drop table history.cell_sites cascade")
    filled.commit()
    verdict = ledger.verify(filled)
    assert {b.changeset for b in verdict.broken} == {1, 2, 4}


def test_a_chain_goes_on_after_a_rollback(filled: Connection) -> None:
    deliver(filled, SITES, [site("a", "甲")], from_day=30)
    with pytest.raises(ZeroDivisionError), filled.transaction():
        deliver_uncommitted(filled)
        raise ZeroDivisionError
    must(deliver(filled, SITES, [site("a", "丙")], from_day=31))
    verdict = ledger.verify(filled)
    assert verdict.ok
    assert verdict.changesets == 6


def test_verification_looks_at_one_state_while_others_write(filled: Connection, database: str) -> None:
    with connect(database) as looking:
        looking.execute("set transaction isolation level repeatable read")
        looking.execute("select count(*) from spatial.changeset")
        must(deliver(filled, SITES, [site("a", "甲")], from_day=30))
        verdict = ledger.verify(looking)
    assert (verdict.ok, verdict.changesets) == (True, 4)


def deliver_uncommitted(conn: Connection) -> None:
    must(write.apply(conn, stage(conn, SITES, [site("a", "乙")]), intent(30)))


def must_one(conn: Connection, statement: str) -> tuple[str, str]:
    row = conn.execute(statement).fetchone()
    assert row is not None
    return row[0], row[1]
