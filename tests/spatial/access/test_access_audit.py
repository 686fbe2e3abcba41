"""The audit: every write is in it, and any change of one bit or one row is located."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from spatial.access import audit, keys, store
from spatial.access.audit import Event
from spatial.access.model import Origin, Principal, Right, Role, operator
from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.errors import NotFound, Refused

sys.path.insert(0, str(Path(__file__).parents[1] / "catalogue"))
from contracts import WELLS
from deliveries import deliver, point

SOMEBODY = Principal("zhang-wei", "水利局", frozenset({Role.READER}), Origin.TOKEN, "jwt_1")
ENTRIES = 7


@pytest.fixture
def chain(scratch: Connection) -> Iterator[Connection]:
    """Seven entries, and the guard against changes taken away, as an owner of the database could."""
    audit.enter(
        scratch,
        [Event(SOMEBODY, "read", "wells", f"GET /{n}", "done", f"r{n}") for n in range(ENTRIES)],
    )
    assert audit.verify(scratch).ok
    scratch.execute("alter table spatial.audit disable trigger append_only")
    yield scratch


def _places(connection: Connection, kept: str | None = None) -> set[int]:
    return {fault.id for fault in audit.verify(connection, kept).faults}


FLIPS = {
    "at": "at + interval '1 microsecond'",
    "subject": "'zhang-wej'",
    "department": "null",
    "origin": "'key'",
    "credential": "'jwt_0'",
    "action": "'reae'",
    "layer": "'wellt'",
    "target": "'GET /0'",
    "outcome": "'denied'",
    "request": "'r2'",
    "details": """'{"a": 1}'""",
    "previous_hash": "set_byte(previous_hash, 31, get_byte(previous_hash, 31) # 1)",
    "chain_hash": "set_byte(chain_hash, 0, get_byte(chain_hash, 0) # 128)",
}


@pytest.mark.parametrize("column", FLIPS)
def test_a_flipped_bit_is_located(chain: Connection, column: str) -> None:
    chain.execute(f"update spatial.audit set {column} = {FLIPS[column]} where id = 4")
    assert 4 in _places(chain)
    assert _places(chain) <= {4, 5}  # the next one no longer follows, where the hash itself was changed


def test_every_column_is_flipped(scratch: Connection) -> None:
    rows = scratch.execute(
        "select attname from pg_attribute where attrelid = 'spatial.audit'::regclass and attnum > 0"
    ).fetchall()
    assert {name for (name,) in rows} == {*FLIPS, "id"}


@pytest.mark.parametrize("gone", range(1, ENTRIES + 1))
def test_a_deleted_row_is_located(chain: Connection, gone: int) -> None:
    chain.execute("delete from spatial.audit where id = %s", (gone,))
    assert _places(chain) == {gone}


def test_everything_deleted_is_found(chain: Connection) -> None:
    chain.execute("delete from spatial.audit")
    assert _places(chain) == {1}


def _copy(connection: Connection, id: int) -> None:
    """A row put in with a hash of its own, as one who knows the hashing would."""
    connection.execute(
        """
        with made as (
          select %s::bigint id, at, subject, department, origin, credential, action, layer, target, outcome,
            request, details, chain_hash previous_hash, ''::bytea chain_hash from spatial.audit where id = 3)
        insert into spatial.audit select id, at, subject, department, origin, credential, action, layer,
          target, outcome, request, details, previous_hash, spatial.audit_hash(row(made.*)::spatial.audit)
          from made
        """,
        (id,),
    )


@pytest.mark.parametrize("place", [0, ENTRIES + 1])
def test_an_inserted_row_is_located(chain: Connection, place: int) -> None:
    _copy(chain, place)
    assert place in _places(chain)


def test_a_row_inserted_between_is_located(chain: Connection) -> None:
    chain.execute("update spatial.audit set id = id + 100 where id > 3")
    chain.execute("update spatial.audit set id = id - 99 where id > 100")
    _copy(chain, 4)
    assert min(_places(chain)) in (4, 5)


@pytest.mark.parametrize("first", range(1, ENTRIES))
def test_rows_that_changed_places_are_located(chain: Connection, first: int) -> None:
    for old, new in ((first, 100), (first + 1, first), (100, first + 1)):
        chain.execute("update spatial.audit set id = %s where id = %s", (new, old))
    assert {first, first + 1} <= _places(chain)


def test_a_chain_rewritten_whole_is_found_by_a_head_kept_outside(chain: Connection) -> None:
    kept = audit.verify(chain).head
    assert kept is not None
    assert not _places(chain, kept)
    chain.execute("update spatial.audit set subject = 'nobody' where id = 2")
    for id in range(2, ENTRIES + 1):
        chain.execute(
            "update spatial.audit a set previous_hash = b.chain_hash from spatial.audit b"
            " where a.id = %s and b.id = a.id - 1",
            (id,),
        )
        chain.execute("update spatial.audit a set chain_hash = spatial.audit_hash(a) where id = %s", (id,))
    chain.execute(
        "update spatial.audit_head set chain_hash = (select chain_hash from spatial.audit where id = 7)"
    )
    assert not _places(chain)
    assert _places(chain, kept) == {ENTRIES}
    assert _places(chain, "nonsense")


def test_nothing_is_changed_or_taken_away_by_the_way(connection: Connection) -> None:
    audit.enter(connection, [Event(SOMEBODY, "read", None, "GET /", "done")])
    connection.commit()
    for statement in (
        "update spatial.audit set subject = 'x'",
        "delete from spatial.audit",
        "truncate spatial.audit",
        "delete from spatial.api_key",
        "truncate spatial.layer_grant",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
        connection.rollback()


def _entries(dsn: str) -> list[tuple[Any, ...]]:
    with connect(dsn) as connection:
        assert audit.verify(connection).ok
        found = audit.entries(connection)
        return [(e.action, e.layer, e.subject, e.origin, e.target) for e in reversed(found)]


def test_every_write_is_entered_with_it_and_only_with_it(database: str) -> None:
    with connect(database) as connection:
        store.act_as(connection, operator("张伟"))
        catalogue.publish(connection, WELLS)
    with connect(database) as connection:
        deliver(connection, WELLS, [{"code": "W0001", "kind": "1", "geom": point()}])
    with connect(database) as connection:
        store.act_as(connection, SOMEBODY)
        made = store.add_grant(connection, WELLS.id, "住建局", Right.READ, by="x")
        key, _ = store.add_key(connection, "站", "住建局", [Role.READER], by="x")
    with connect(database) as connection:
        store.act_as(connection, SOMEBODY)
        store.revoke_grant(connection, made.id, by="x")
        store.revoke_key(connection, key.id, by="x")
        store.used(connection, [key.id])
        catalogue.withdraw(connection, WELLS.id)
    with connect(database) as connection:
        store.add_key(connection, "undone", None, [Role.READER], by="x")
        connection.rollback()
    assert _entries(database) == [
        ("layer-publish", WELLS.id, "张伟", "operator", "1"),
        ("changeset", WELLS.id, "李工", "operator", "1"),
        ("grant-add", WELLS.id, "zhang-wei", "token", str(made.id)),
        ("key-add", None, "zhang-wei", "token", key.shown),
        ("grant-revoke", WELLS.id, "zhang-wei", "token", str(made.id)),
        ("key-revoke", None, "zhang-wei", "token", key.shown),
        ("layer-withdraw", WELLS.id, "zhang-wei", "token", "1"),
    ]


def test_only_a_digest_of_a_key_is_kept(connection: Connection) -> None:
    key, text = store.add_key(connection, "站", "水利局", [Role.READER], by="x")
    assert keys.digest(text) == key.sha256
    held = connection.execute("select k::text from spatial.api_key k").fetchall()
    assert text[13:] not in str(held)
    assert store.admissions(connection).keys[key.sha256].principal.credential == key.shown
    store.revoke_key(connection, key.shown, by="x")
    assert not store.admissions(connection).keys
    with pytest.raises(NotFound):
        store.revoke_key(connection, "omk_none", by="x")


def test_a_layer_that_is_not_shared_is_granted_to_nobody(connection: Connection) -> None:
    from dataclasses import replace

    from spatial.catalogue.contract import Sharing

    catalogue.publish(connection, replace(WELLS, sharing=Sharing.CLOSED))
    with pytest.raises(Refused):
        store.add_grant(connection, WELLS.id, "住建局", Right.READ, by="x")
