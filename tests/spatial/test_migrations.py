"""Migrations up and down on a real PostGIS, with data, at once, and without an administrator's rights."""

from __future__ import annotations

import multiprocessing
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from spatial import migrations
from spatial.catalogue import store
from spatial.database import Connection, connect
from spatial.errors import EnvironmentProblem, Unavailable
from spatial.history import ledger, write
from spatial.migrations import ground
from spatial.migrations.ground import require

sys.path.insert(0, str(Path(__file__).parent / "catalogue"))
from contracts import WELLS
from deliveries import deliver, intent, point, stage

HEAD = ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head()
SCHEMAS = {"spatial", "history", "layer", "staging", "queue", "observe"}


def _schemas(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("select nspname from pg_namespace").fetchall()
    return {name for (name,) in rows} & SCHEMAS


def _objects(dsn: str) -> list[tuple[str, ...]]:
    """Everything the platform's schemas hold, as the database describes it."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            """
            select 'column', c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod)
              from pg_class c join pg_attribute a on a.attrelid = c.oid
              where c.relnamespace::regnamespace::text = any(%(schemas)s) and a.attnum > 0
            union all
            select 'function', p.oid::regprocedure::text, p.prosrc, p.prosecdef::text
              from pg_proc p where p.pronamespace::regnamespace::text = any(%(schemas)s)
            union all
            select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(c.oid)
              from pg_constraint c where c.connamespace::regnamespace::text = any(%(schemas)s)
            order by 1, 2, 3, 4
            """,
            {"schemas": list(SCHEMAS)},
        ).fetchall()


def _versions(connection: Connection) -> list[tuple[str]]:
    return connection.execute(
        'select v::text from history."test_wells" v order by fid, recorded_from'
    ).fetchall()


def test_up_and_down_leave_what_was_there(empty_database: str) -> None:
    assert migrations.current(empty_database) is None
    assert not migrations.is_newest(empty_database)
    migrations.upgrade(empty_database)
    assert migrations.current(empty_database) == HEAD == migrations.newest()
    assert migrations.is_newest(empty_database)
    assert _schemas(empty_database) == SCHEMAS
    first = _objects(empty_database)

    migrations.upgrade(empty_database)
    assert _objects(empty_database) == first

    migrations.downgrade(empty_database, "base")
    assert migrations.current(empty_database) is None
    assert _schemas(empty_database) == set()

    migrations.upgrade(empty_database)
    assert _objects(empty_database) == first


def test_steps_down_and_up_keep_the_history(empty_database: str) -> None:
    migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        store.publish(connection, WELLS)
        deliver(connection, WELLS, [{"code": "W0001", "kind": "1", "geom": point()}])
        deliver(connection, WELLS, [{"code": "W0001", "kind": "2", "geom": point()}])
        before = _versions(connection)
        connection.execute(
            "insert into spatial.control_point (code, geom, given_frame, origin)"
            " values ('C1', 'SRID=4490;POINT(118.8 36.9)', 'EPSG:4490', 'test')"
        )

    migrations.downgrade(empty_database, "0001")
    assert migrations.current(empty_database) == "0001"
    with connect(empty_database) as connection:
        assert len(before) == 2
        assert connection.execute("select to_regclass('spatial.control_point')").fetchone() == (None,)
        assert _versions(connection) == before

    migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        assert _versions(connection) == before
        assert ledger.verify(connection).ok
        deliver(connection, WELLS, [{"code": "W0001", "kind": "1", "geom": point()}])
        assert ledger.verify(connection).ok
        assert store.get(connection, "test-wells").contract == WELLS


def test_layers_from_before_versions_were_narrowed_in_place(empty_database: str) -> None:
    """Their guards refused it; and their edits hold statements of the time before."""
    migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        store.publish(connection, WELLS)
        deliver(connection, WELLS, [{"code": "W0001", "kind": "1", "geom": point()}])
        table = store.get(connection, WELLS.id).table
        write.edit_staging(connection, table)
    migrations.downgrade(empty_database, "0046")
    with connect(empty_database) as connection:
        connection.execute('drop trigger no_widening on history."test_wells"')
        connection.execute('drop trigger no_rewriting on history."test_wells"')
        connection.execute(
            "create trigger no_rewriting before update of valid_from, valid_to, opened_by, feature"
            ' on history."test_wells" for each row execute function history.refuse()'
        )
    migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        edits = "select count(*) from pg_proc where starts_with(proname, 'test_wells_edits_')"
        assert connection.execute(edits).fetchone() == (0,)
        later = {"valid_from": datetime(2026, 5, 1, tzinfo=UTC)}
        deliver(connection, WELLS, [{"code": "W0001", "kind": "2", "geom": point(), **later}])
        believed = connection.execute('select count(*) from history."test_wells_believed"').fetchone()
        assert believed == (2,)
        assert ledger.verify(connection).ok
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("update history.\"test_wells\" set valid_to = valid_to - interval '1 s'")


def test_contracts_from_before_it_was_noted_whose_they_are(empty_database: str) -> None:
    """One that nobody took further, and one that only the sample wrote to, are the platform's."""
    migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        for layer in ("taken-further", "sample-only"):
            store.publish(connection, replace(WELLS, id=layer))
            store.publish(connection, replace(WELLS, id=layer, order=7))
        store.publish(connection, WELLS)  # once, and empty
        well = {"code": "W0001", "kind": "1", "geom": point()}
        deliver(connection, replace(WELLS, id="taken-further"), [well])
        staging = stage(connection, replace(WELLS, id="sample-only"), [well], canonical=True)
        write.apply(connection, staging, replace(intent(), author="onemap sample"))
    migrations.downgrade(empty_database, "0049")
    migrations.upgrade(empty_database)
    with connect(empty_database) as connection:
        shipped = {layer.contract.id: layer.shipped for layer in store.layers(connection)}
    assert shipped == {"test-wells": True, "taken-further": False, "sample-only": True}


def test_observations_of_a_new_month_are_taken_without_the_archive_too(empty_database: str) -> None:
    """What the archive adds to the writing of observations goes with it."""
    migrations.upgrade(empty_database)
    migrations.downgrade(empty_database, "0027")
    with connect(empty_database) as connection:
        connection.execute("select observe.ensure_period('2031-03-01 00:00+08')")
        connection.execute("select observe.refresh_latest(array[1])")
        made = connection.execute("select to_regclass('observe.observation_2031_03') is not null").fetchone()
    assert made == (True,)


def test_two_processes_at_once(empty_database: str) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=migrations.upgrade, args=(empty_database,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert migrations.current(empty_database) == HEAD


def test_a_step_that_fails_leaves_nothing(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema layer")  # in the way of the first step
    with pytest.raises(Exception, match="layer"):
        migrations.upgrade(empty_database)
    assert _schemas(empty_database) == {"layer"}
    assert migrations.current(empty_database) is None


@pytest.fixture
def owner(server_dsn: str) -> Iterator[str]:
    """An ordinary role without any right of its own."""
    name = f"owner_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(SQL("create role {}").format(Identifier(name)))
        yield name
        admin.execute(SQL("drop role {}").format(Identifier(name)))


def _act_as(server_dsn: str, database: str, role: str) -> None:
    """Every session of the database has the rights of this role and no others."""
    name = Identifier(conninfo_to_dict(database)["dbname"])
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(SQL("alter database {} set role = {}").format(name, Identifier(role)))


def _as_administrator(database: str) -> psycopg.Connection:
    return psycopg.connect(database, options="-c role=none")


def test_an_ordinary_owner_is_told_what_an_administrator_must_run(
    server_dsn: str, template: str, empty_database: str, owner: str
) -> None:
    assert template  # another database made the roles of the cluster
    database = Identifier(conninfo_to_dict(empty_database)["dbname"])
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(SQL("alter database {} owner to {}").format(database, Identifier(owner)))
    _act_as(server_dsn, empty_database, owner)
    with pytest.raises(EnvironmentProblem, match="create extension if not exists postgis;"):
        migrations.upgrade(empty_database)
    assert _schemas(empty_database) == set()

    with _as_administrator(empty_database) as admin:
        admin.execute("create extension if not exists postgis")
    migrations.upgrade(empty_database)
    assert migrations.current(empty_database) == HEAD
    with connect(empty_database) as connection:
        store.publish(connection, WELLS)
        deliver(connection, WELLS, [{"code": "W0001", "kind": "1", "geom": point()}])
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(SQL("alter database {} owner to current_user").format(database))
    with _as_administrator(empty_database) as admin:
        admin.execute(SQL("reassign owned by {} to current_user").format(Identifier(owner)))


def test_a_role_that_may_not_be_made_is_named(
    server_dsn: str, empty_database: str, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = f"onemap_test_{uuid.uuid4().hex[:8]}"
    monkeypatch.setattr(ground, "ROLES", (missing,))
    with psycopg.connect(empty_database) as admin:
        admin.execute("create extension postgis")
    _act_as(server_dsn, empty_database, owner)
    with pytest.raises(EnvironmentProblem, match=f"create role {missing} nologin;"):
        migrations.upgrade(empty_database)

    _act_as(server_dsn, empty_database, "none")
    migrations.upgrade(empty_database)
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(SQL("drop role {}").format(Identifier(missing)))


@pytest.mark.parametrize(
    ("postgresql", "postgis", "found"),
    [
        ("14.11 (Debian)", "3.3.2", "14.11"),
        ("15.6", "3.2.7", "3.2.7"),
        ("15.6", "2.5.5", "2.5.5"),
        ("15.6", None, "PostGIS"),
    ],
)
def test_old_servers_are_refused_by_name(postgresql: str, postgis: str | None, found: str) -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        require(postgresql, postgis)
    assert found in caught.value.zh
    assert found in caught.value.en


def test_new_servers_are_taken() -> None:
    require("15.0", "3.3.0")
    require("18.1 (Ubuntu 18.1)", "3.6.0dev")


def test_no_server_is_told_without_the_password() -> None:
    dsn = "host=/nonexistent user=li password=geheim dbname=onemap"
    with pytest.raises(Unavailable) as caught:
        migrations.upgrade(dsn)
    assert "geheim" not in str(caught.value)
    assert "dbname=onemap" in caught.value.zh
