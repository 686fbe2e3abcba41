"""Loading the sample city: once, resumed by layer, never over others' work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from spatial import migrations
from spatial.catalogue import quality, store
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.history import ledger, write
from spatial.history.model import Intent
from spatial.sample import loading, rows
from spatial.sample.city import SampleCity
from spatial.sample.loading import LAYERS, SEED, VALID_FROM, build, contract


@pytest.fixture
def database(empty_database: str, city: SampleCity, monkeypatch: pytest.MonkeyPatch) -> str:
    """A migrated database; the city, the same for every test, is generated once."""
    monkeypatch.setattr("spatial.sample.city.generate", lambda _seed: city)
    migrations.upgrade(empty_database)
    return empty_database


def test_the_sample_is_written_once(database: str) -> None:
    told: list[str] = []
    first = build(database, told.append)
    assert [layer.state for layer in first.layers] == ["written"] * len(LAYERS)
    assert tuple(layer.layer for layer in first.layers) == LAYERS
    assert {layer.layer: layer.features for layer in first.layers}["villages"] == 1013
    assert any("villages" in line for line in told)
    second = build(database)
    assert second.written == 0
    assert {layer.state for layer in second.layers} == {"present"}
    with connect(database) as connection:
        assert len(ledger.changesets(connection)) == len(LAYERS)
        assert ledger.verify(connection).ok
        held = connection.execute(
            "select count(*), count(*) filter (where ST_IsValid(geom)), min(valid_from) from layer.villages"
        ).fetchone()
        assert held == (1013, 1013, VALID_FROM)
        gap = connection.execute(
            "select ST_Area(ST_SymDifference((select geom from layer.city_outline), ST_Union(geom)))"
            " from layer.towns"
        ).fetchone()
        assert gap == (0,)
        stamped = connection.execute(
            "select bool_and(feature::jsonb->'properties'->>'data_nature' = '合成数据') from history.roads"
        ).fetchone()
        assert stamped == (True,)


def test_what_was_interrupted_goes_on(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = loading._load

    def stop_at_villages(connection, declared, made):  # type: ignore[no-untyped-def]
        result = loaded(connection, declared, made)
        if declared.id == "villages":
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patched:
        patched.setattr(loading, "_load", stop_at_villages)
        with pytest.raises(KeyboardInterrupt):
            build(database)
    with connect(database) as connection:
        assert {layer.contract.id for layer in store.layers(connection)} == {
            "divisions",
            "city-outline",
            "towns",
        }
    report = build(database)
    states = {layer.layer: layer.state for layer in report.layers}
    assert [layer for layer, state in states.items() if state == "present"] == [
        "divisions",
        "city-outline",
        "towns",
    ]
    assert states["villages"] == states["base-stations"] == "written"


def test_others_work_is_left_alone(database: str) -> None:
    with connect(database) as connection, connection.transaction():
        layer = store.publish(connection, replace(contract("rivers"), synthetic=False))
        staging = write.create_staging(connection, layer.table)
        values = ("SYN-1", "某河", "main", "合成数据", 1, "SYN-1")
        columns = ("river_id", "name", "rank", "data_nature", "line", "fid")
        write.copy_rows(connection, staging, columns, [values])
        write.canonicalise(connection, staging)
        write.apply(connection, staging, Intent("li", "水利局", "普查", VALID_FROM))
        store.publish(connection, contract("towns"))
        store.publish(connection, contract("roads"))
        store.withdraw(connection, "roads")
    states = {layer.layer: layer.state for layer in build(database).layers}
    assert (states["rivers"], states["towns"], states["roads"]) == ("kept", "kept", "withdrawn")
    with connect(database) as connection:
        assert [entry.author for entry in ledger.changesets(connection, "rivers")] == ["li"]
        assert not store.get(connection, "rivers").contract.synthetic


def test_a_newer_edition_replaces_what_only_the_sample_wrote(
    database: str, city_of: Callable[[int], SampleCity], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(database)
    monkeypatch.setitem(loading.EDITIONS, "villages", 2)
    monkeypatch.setattr("spatial.sample.city.generate", lambda _seed: city_of(SEED + 1))
    states = {layer.layer: (layer.state, layer.features) for layer in build(database).layers}
    assert states.pop("villages") == ("written", 1013)
    assert set(states.values()) == {("present", 0)}
    assert build(database).written == 0
    with connect(database) as connection:
        assert len(ledger.changesets(connection, "villages")) == 2


def test_a_newer_contract_reaches_the_layers_of_the_sample(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(database)
    newer = replace(contract("towns"), steward="寿光市大数据中心")
    monkeypatch.setattr(loading, "contract", lambda layer: newer if layer == "towns" else contract(layer))
    assert build(database).written == 0
    with connect(database) as connection:
        assert store.get(connection, "towns").contract.steward == "寿光市大数据中心"


def test_rows_keep_the_rules_of_their_contracts(database: str, city: SampleCity) -> None:
    with connect(database) as connection:
        for name, made in [("divisions", rows.divisions(city.divisions)), *rows.generated(city)]:
            layer = store.publish(connection, contract(name))
            staging = write.create_staging(connection, layer.table)
            columns, values = made.staged()
            write.copy_rows(connection, staging, columns, values)
            found = quality.check(connection, layer.contract, staging, read_city("370783"), VALID_FROM)
            assert not found.violations, name
        connection.rollback()


def test_half_a_layer_is_never_there(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise psycopg.OperationalError("the connection went away")

    monkeypatch.setattr(write, "apply", fail)
    with pytest.raises(psycopg.OperationalError):
        build(database)
    with connect(database) as connection:
        assert store.layers(connection) == ()
        left = connection.execute("select count(*) from pg_tables where schemaname = 'staging'").fetchone()
        assert left == (0,)
