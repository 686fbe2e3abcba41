"""The feed's order: what a reader was shown up to its settled position never grows behind it."""

from __future__ import annotations

import itertools

import psycopg
import pytest
from history_cases import SITES, deliver, intent, make, must, site, stage

from spatial.database import Connection, connect
from spatial.errors import Conflict, InvalidInput
from spatial.history import feed, write
from spatial.history.feed import BEGINNING, Cursor, Seal
from spatial.history.model import Changeset, Column, FeatureTable

OTHER = FeatureTable("other-sites", (Column("name", "text"),), "Point")


def shown(conn: Connection, after: int = 0) -> list[int]:
    """Changesets a reader gets now: two statements, as every reader asks."""
    conn.rollback()
    upto = conn.execute(feed.settled().sql).fetchone()[0]
    statement = feed.entries(after, upto, [SITES.layer, OTHER.layer], 1000)
    return [feed.entry(row).changeset.id for row in conn.execute(statement.sql, statement.params)]


def begin(conn: Connection, table: FeatureTable, fid: str) -> Changeset:
    """Apply without committing."""
    return must(write.apply(conn, stage(conn, table, [site(fid)]), intent()))


def test_a_changeset_waits_for_what_was_entered_before_it(connection: Connection, database: str) -> None:
    make(connection, SITES, OTHER)
    with connect(database) as first, connect(database) as second:
        held = begin(first, SITES, "a")
        later = begin(second, OTHER, "b")
        assert later.id > held.id
        second.commit()
        assert connection.execute("select count(*) from spatial.changeset").fetchone() == (1,)
        assert shown(connection) == []  # else a reader would go on after it and miss the other
        first.commit()
        assert shown(connection) == [held.id, later.id]


def test_what_is_rolled_back_holds_nothing_up(connection: Connection, database: str) -> None:
    make(connection, SITES, OTHER)
    with connect(database) as first, connect(database) as second:
        begin(first, SITES, "a")
        later = begin(second, OTHER, "b")
        second.commit()
        assert shown(connection) == []
        first.rollback()
        assert shown(connection) == [later.id]


def test_a_savepoint_that_is_rolled_back_holds_nothing_up(connection: Connection, database: str) -> None:
    make(connection, SITES, OTHER)
    with connect(database) as first:
        with pytest.raises(ZeroDivisionError), first.transaction(), first.transaction():
            begin(first, SITES, "a")
            raise ZeroDivisionError
        first.execute("select pg_current_xact_id()")  # still open, and writing
        must(deliver(connection, OTHER, [site("b")]))
        assert len(shown(connection)) == 1


def test_a_long_transaction_that_enters_nothing_holds_nothing_up(
    connection: Connection, database: str
) -> None:
    make(connection, SITES)
    with connect(database) as busy:
        staging = stage(busy, SITES, [site("x")])  # has a transaction id, and will write, later
        before = must(deliver(connection, SITES, [site("a")]))
        assert shown(connection) == [before.id]
        after = must(write.apply(busy, staging, intent()))
        busy.commit()
        assert shown(connection) == [before.id, after.id]


def test_positions_follow_the_chain_of_a_layer(connection: Connection) -> None:
    make(connection, SITES, OTHER)
    for n in range(6):
        must(deliver(connection, (SITES, OTHER)[n % 2], [site(f"f{n}")]))
    rows = connection.execute(
        "select c.layer, c.chain_hash, c.previous_hash from spatial.changeset_feed f"
        " join spatial.changeset c on c.id = f.changeset order by f.position"
    ).fetchall()
    heads: dict[str, bytes] = {}
    for layer, chain_hash, previous_hash in rows:
        assert heads.get(layer) == previous_hash
        heads[layer] = chain_hash
    assert len(rows) == 6


def test_a_reader_with_one_snapshot_is_refused(connection: Connection) -> None:
    connection.execute("set transaction isolation level repeatable read")
    with pytest.raises(psycopg.errors.InvalidTransactionState):
        connection.execute("select spatial.settled_position()")


def test_the_order_is_append_only(connection: Connection) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("a")]))
    for statement in ("update spatial.changeset_feed set position = 9", "delete from spatial.changeset_feed"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement)


def test_a_cursor_reads_back_and_a_foreign_one_is_told() -> None:
    seal = Seal(b"k" * 32)
    cursor = Cursor(66, "0123456789abcdef")
    text = seal.text(cursor)
    assert seal.text(cursor) == text
    assert seal.parse(text) == cursor
    assert seal.parse(seal.text(BEGINNING)) == BEGINNING
    foreign = Seal(b"l" * 32).text(cursor)
    respelt = text[:-1] + chr(ord(text[-1]) + 1)  # the same bytes in base64
    forged = [text[:n] + ("A" if text[n] != "A" else "B") + text[n + 1 :] for n in range(len(text))]
    for bad in ("", "66", "42-0123456789abcdef", "游" * 43, text + "A", text[:-1], foreign, respelt, *forged):
        with pytest.raises(InvalidInput):
            seal.parse(bad)
    feed.require_held(cursor, cursor, text)
    with pytest.raises(Conflict) as lost:
        feed.require_held(cursor, BEGINNING, text)
    assert text in lost.value.en


def test_cursors_of_consecutive_positions_tell_nothing_of_each_other() -> None:
    seal = Seal(b"k" * 32)
    texts = [seal.text(Cursor(position, "0123456789abcdef")) for position in range(64)]
    assert len(set(texts)) == 64
    rising = sum(one < other for one, other in itertools.pairwise(texts))
    assert 15 < rising < 48  # by chance half of them; never all, nor none
    for one, other in itertools.pairwise(texts):
        same = sum(a == b for a, b in zip(one, other, strict=True))
        assert same < 12  # of 43


def test_the_newest_is_of_the_layers_that_are_asked_for(connection: Connection) -> None:
    make(connection, SITES, OTHER)
    first = must(deliver(connection, SITES, [site("a")]))
    must(deliver(connection, OTHER, [site("b")]))

    def newest(*layers: str) -> Cursor:
        statement = feed.newest(100, layers)
        return feed.cursor(connection.execute(statement.sql, statement.params).fetchone())

    assert newest(SITES.layer).mark == first.chain_hash.hex()[:16]
    assert newest(SITES.layer, OTHER.layer) == newest(OTHER.layer) != newest(SITES.layer)
    assert newest() == newest("none") == BEGINNING


def test_the_key_is_made_once_and_kept(connection: Connection) -> None:
    ((key,),) = connection.execute(feed.key().sql).fetchall()
    assert len(key) == 32
    assert len(set(key)) > 8
    for statement in ("delete from spatial.feed_key", "truncate spatial.feed_key"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement)
    for role in ("onemap_reader", "onemap_writer"):
        may = connection.execute(
            "select has_table_privilege(%s, 'spatial.feed_key', 'select')", (role,)
        ).fetchone()
        assert may == (False,)
