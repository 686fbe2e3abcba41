"""Publishing, extending and withdrawing layers on a real PostGIS, with data in them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from contracts import PLOTS, WELLS
from deliveries import DAY, deliver, point

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Secrecy, Title
from spatial.database import Connection, connect, transaction
from spatial.errors import BadContract, UnknownLayer
from spatial.history import ledger

LEVEL = Field("level", FieldType.NUMBER, Title("水位", "Level"), unit="m")
WELL = {"code": "W0001", "name": "一号井", "kind": "1", "depth": 80.5, "owner": "张三", "geom": point()}


def _with(name: str, **changes: object) -> Contract:
    fields = tuple(
        replace(field, **changes) if field.name == name else field  # type: ignore[arg-type]
        for field in WELLS.fields
    )
    return replace(WELLS, fields=fields)


def test_a_published_layer_is_held_as_it_was_declared(connection: Connection) -> None:
    layer = store.publish(connection, WELLS)
    assert layer.contract == WELLS
    assert (layer.version, layer.withdrawn_at) == (1, None)
    assert layer.contract_sha256 == store.digest(WELLS)
    assert store.get(connection, "test-wells") == layer


def test_publishing_twice_changes_nothing(connection: Connection) -> None:
    first = store.publish(connection, WELLS)
    connection.commit()
    assert store.publish(connection, WELLS) == first
    assert store.contracts(connection, "test-wells") == (WELLS,)


def test_layers_come_in_drawing_order(connection: Connection) -> None:
    store.publish(connection, WELLS)
    store.publish(connection, replace(PLOTS, order=1))
    assert [layer.contract.id for layer in store.layers(connection)] == ["test-plots", "test-wells"]


def test_a_bad_contract_is_not_published(connection: Connection) -> None:
    with pytest.raises(BadContract):
        store.publish(connection, replace(WELLS, key="nothing"))
    assert store.layers(connection) == ()


def test_an_unknown_layer_is_named(connection: Connection) -> None:
    with pytest.raises(UnknownLayer, match="no-such"):
        store.get(connection, "no-such")


def test_readers_see_the_view_and_nothing_behind_it(connection: Connection) -> None:
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [WELL])
    connection.commit()
    with transaction(connection, at=DAY):
        connection.execute("set local role onemap_reader")
        cursor = connection.execute('select * from layer."test_wells"')
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        assert cursor.fetchone() is not None
    assert "depth" in names
    assert "owner" not in names
    for hidden in ('history."test_wells"', "spatial.layer", "spatial.changeset", "spatial.quality_measure"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("set local role onemap_reader")
            connection.execute(f"select 1 from {hidden}")


@pytest.mark.parametrize("role", ["onemap_reader", "onemap_writer"])
@pytest.mark.parametrize("statement", ["delete from {}", "update {} set fid = 'x'", "truncate {}"])
def test_nobody_writes_past_the_write_functions(connection: Connection, role: str, statement: str) -> None:
    store.publish(connection, WELLS)
    connection.commit()
    for relation in ('history."test_wells"', 'layer."test_wells"'):
        if "truncate" in statement and relation.startswith("layer"):
            continue
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(f"set local role {role}")
            connection.execute(statement.format(relation))


def test_a_layer_grows_with_data_in_it(connection: Connection) -> None:
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [WELL])
    wider = replace(WELLS, fields=(*WELLS.fields, LEVEL), title=Title("灌溉井", "Irrigation wells"))
    layer = store.publish(connection, wider)
    assert (layer.version, layer.contract) == (2, wider)
    assert store.contracts(connection, "test-wells") == (WELLS, wider)
    deliver(connection, wider, [{**WELL, "code": "W0002", "name": "二号井", "level": 3.5}])
    connection.commit()  # the view shows what is believed when its transaction begins
    rows = connection.execute('select fid, depth, level from layer."test_wells" order by fid').fetchall()
    assert rows == [("W0001", 80.5, None), ("W0002", 80.5, 3.5)]
    assert ledger.verify(connection, "test-wells").ok


def test_stricter_rules_need_data_that_keeps_them(connection: Connection) -> None:
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [WELL])
    store.publish(connection, _with("depth", maximum=100.0))
    with pytest.raises(BadContract, match=r"fields\.depth") as caught:
        store.publish(connection, _with("depth", maximum=80.0))
    assert "1 features" in caught.value.en


@pytest.mark.parametrize(
    "other",
    [
        _with("depth", type=FieldType.TEXT, unit=None, minimum=None, maximum=None),
        replace(WELLS, fields=WELLS.fields[:-1]),
        replace(WELLS, key=""),
        _with("owner", secrecy=Secrecy.PUBLIC),
    ],
)
def test_what_breaks_written_versions_is_refused_with_data_and_taken_without(
    connection: Connection, other: Contract
) -> None:
    store.publish(connection, WELLS)
    assert store.publish(connection, other).contract == other
    connection.rollback()
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [WELL])
    with pytest.raises(BadContract, match="test-wells"):
        store.publish(connection, other)
    assert store.get(connection, "test-wells").contract == WELLS


def test_a_withdrawn_layer_keeps_its_history(connection: Connection) -> None:
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [WELL])
    store.withdraw(connection, "test-wells")
    connection.commit()
    assert store.layers(connection) == ()
    assert [layer.contract for layer in store.layers(connection, withdrawn=True)] == [WELLS]
    for act in (store.get, store.withdraw):
        with pytest.raises(UnknownLayer, match="withdrawn"):
            act(connection, "test-wells")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
        connection.execute("set local role onemap_reader")
        connection.execute('select 1 from layer."test_wells"')
    assert ledger.verify(connection, "test-wells").ok

    again = store.publish(connection, WELLS)
    assert (again.version, again.withdrawn_at) == (1, None)
    connection.commit()
    with connection.transaction():
        connection.execute("set local role onemap_reader")
        assert connection.execute('select count(*) from layer."test_wells"').fetchone() == (1,)


def test_who_listens_hears_of_every_change(database: str, connection: Connection) -> None:
    with connect(database, autocommit=True) as listener:
        listener.execute("listen onemap_catalogue")
        store.publish(connection, WELLS)
        connection.commit()
        store.publish(connection, WELLS)  # nothing new, nothing said
        connection.commit()
        store.publish(connection, replace(WELLS, order=7))
        connection.commit()
        store.withdraw(connection, "test-wells")
        connection.commit()
        heard = [json.loads(notice.payload) for notice in listener.notifies(timeout=60, stop_after=3)]
    assert [notice["event"] for notice in heard] == ["published", "changed", "withdrawn"]
    assert {notice["layer"] for notice in heard} == {"test-wells"}


def test_two_who_publish_the_same_layer_at_once(database: str) -> None:
    def publish(_: int) -> int:
        with connect(database) as own:
            return store.publish(own, WELLS).version

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(publish, range(4))) == [1, 1, 1, 1]


def test_statistics_come_from_indexes(connection: Connection) -> None:
    layer = store.publish(connection, WELLS)
    empty = store.statistics(connection, layer)
    assert (empty.features, empty.extent_4490, empty.last_changeset) == (0, None, None)
    rows = [
        {"code": f"W{n:04}", "name": f"{n}号", "kind": "2", "geom": point(118.6 + n / 100, 36.8)}
        for n in range(40)
    ]
    changeset = deliver(connection, WELLS, rows)
    found = store.statistics(connection, layer)
    assert found.features == 40
    assert (found.last_changeset, found.last_recorded_at) == (changeset.id, changeset.recorded_at)
    assert found.extent_4490 is not None
    box = found.extent_4490
    assert (box.west, box.south, box.east, box.north) == pytest.approx((118.6, 36.8, 118.99, 36.8), abs=1e-5)
