"""The register in its history: loaded whole, read at any instant, guarded, followed; and as a file."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from register_writing import LATER, component, put

from address import (
    advance_store,
    ingest,
    layers,
    resolve_store,
    review_store,
    store,
    street_store,
    tree_store,
)
from address import bundle as bundles
from address.bundle import Bundle
from address.model import Element
from address.sample import draw, loading
from address.snapshot import Snapshot
from api.cli.commands import onemap
from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.errors import DeliveryUndecided, RowsRejected, UnreadableFile
from spatial.history import ledger, read
from spatial.sample.loading import VALID_FROM

SIZE = 1_500


@cache
def _bundle() -> Bundle:
    return draw(SIZE, loading.SEED).bundle()


@pytest.fixture(scope="module")
def register(shared_database: str) -> str:
    """A database with the register loaded once, as ``up`` does it."""
    done = loading.build(shared_database, SIZE)
    assert [one.layer for one in done if one.changeset is None] == []
    return shared_database


@pytest.fixture
def held(register: str) -> Iterator[Connection]:
    """A connection whose work is rolled back."""
    with connect(register) as opened:
        yield opened
        opened.rollback()


def _told(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot without its row numbers: everything by key, to compare two of different order."""
    tree, addresses = snapshot.components, snapshot.addresses
    aliases, crossings = snapshot.aliases, snapshot.crossings
    keys = np.array([*tree.key.to_pylist(), ""], dtype=object)
    own = np.array([*addresses.key.to_pylist(), ""], dtype=object)
    assert addresses.main is not None
    met = zip(crossings.first, crossings.second, crossings.longitude_deg, crossings.latitude_deg, strict=True)
    return {
        "components": _rows(
            *(keys[:-1], keys[tree.parent], tree.element, tree.name, tree.number, tree.sub_number),
            *(tree.code, tree.current, keys[tree.successor]),
        ),
        "addresses": _rows(
            *(own[:-1], keys[addresses.component], keys[addresses.region], addresses.form),
            *(addresses.longitude_deg, addresses.latitude_deg, addresses.accuracy_m, addresses.current),
            own[addresses.main],
        ),
        "aliases": _rows(aliases.text, keys[aliases.component], aliases.kind),
        "crossings": {(*sorted((keys[a], keys[b])), x, y) for a, b, x, y in met},
    }


def _rows(*columns: Any) -> set[tuple[Any, ...]]:
    return set(zip(*(column.tolist() for column in columns), strict=True))


def _row(snapshot: Snapshot, name: str) -> int:
    (row,) = np.flatnonzero(np.asarray(snapshot.components.name.to_pylist(), object) == name)
    return int(row)


def test_what_was_loaded_is_what_is_read(held: Connection) -> None:
    read, loaded = _told(store.snapshot(held)), _told(_bundle().snapshot)
    for part in ("components", "addresses", "aliases"):
        assert read[part] == loaded[part], part
    for one, other in zip(sorted(read["crossings"]), sorted(loaded["crossings"]), strict=True):
        assert one[:2] == other[:2] and one[2:] == pytest.approx(other[2:], abs=2e-9)
    assert store.snapshot(held).components.parent[0] == -1
    parents = store.snapshot(held).components.parent
    assert (parents < np.arange(len(parents))).all()


def test_a_second_load_writes_nothing(register: str, held: Connection) -> None:
    assert loading.build(register, SIZE) == ()
    again = ingest.load(held, _bundle(), loading.intent(SIZE))
    assert {one.changeset for one in again} == {None}


def test_every_layer_is_stamped_and_served_by_its_contract(held: Connection) -> None:
    served = {layer.contract.id: layer.contract for layer in catalogue.layers(held)}
    assert set(layers.LAYERS) <= set(served)
    for layer in (
        "components",
        "addresses",
        "place-names",
        "doorplates",
        "address-aliases",
        "address-lineage",
    ):
        table = catalogue.get(held, layer).table.name
        stamps = held.execute(f"select distinct data_nature from layer.{table}").fetchall()
        assert stamps == [("合成数据",)], layer
    assert ledger.verify(held).ok


def test_a_name_lies_where_its_place_is(held: Connection) -> None:
    above = held.execute("select han from layer.place_names where han in ('山东省', '潍坊市')").fetchall()
    assert above == []
    former = held.execute(
        "select n.han, ST_Equals(n.geom, o.geom) from layer.place_names n"
        " join layer.address_lineage l on l.from_id = n.component_id"
        " join layer.place_names o on o.component_id = l.to_id where n.status = 'historic'"
    ).fetchall()
    assert len(former) >= 3
    assert all(same for _, same in former)


def test_personal_data_is_not_in_what_readers_get(held: Connection) -> None:
    contract = catalogue.get(held, "object-links").contract
    assert contract.sharing == "none"
    columns = held.execute("select * from layer.object_links").description or ()
    assert {"object_id", "object_name"}.isdisjoint({column.name for column in columns})
    features = held.execute(
        "select feature from history.object_links_believed where kind = 'household'"
    ).fetchall()
    assert len(features) > 100
    assert not [feature for (feature,) in features if "SYN-" in feature or "合成户" in feature]


def test_links_lead_to_addresses_that_are_there(held: Connection) -> None:
    lost = held.execute(
        "select count(*) from layer.object_links l"
        " where not exists (select from layer.addresses a where a.fid = l.address_id)"
    ).fetchone()
    assert lost == (0,)


def test_another_register_ends_no_code_no_lineage_and_no_link(held: Connection) -> None:
    other = draw(SIZE, loading.SEED + 1).bundle()
    count = "select count(*) from history.object_links_believed"
    before = held.execute(count).fetchone() or (0,)
    ingest.load(held, other, loading.intent(SIZE))
    after = held.execute(count).fetchone() or (0,)
    assert after[0] == before[0] + len(other.links.kind)
    codes = held.execute("select count(*) from history.address_codes_believed where valid_to = 'infinity'")
    assert codes.fetchone() == (1031,)
    assert store.snapshot(held).components.current.sum() == other.snapshot.components.current.sum()


def test_a_look_up_reads_no_layer_whole(held: Connection) -> None:
    """Texts are indexed by code points: compared in the database's own order, no index serves them."""
    now = datetime.now(BEIJING)
    code = "370783003215"
    held.execute("set local enable_seqscan = off")
    ((village, parent),) = held.execute(
        'select fid, parent_id from history.components_believed where code = %s collate "C"', (code,)
    ).fetchall()
    assert resolve_store.coded(held, code) == (village, "division")
    assert resolve_store.coded(held, "nobody's") is resolve_store.plated(held, "nobody's") is None
    assert {each["fid"] for each in tree_store.held(held, now, [code], [village])} >= {village}
    assert street_store.streets(held, now, code)[0][0] == village
    street_store.doors(held, now, village, ["active"])
    street_store.plates(held, now, [village])
    street_store.former(held, now, village)
    assert advance_store.subjects(held, now, [code])[0]["fid"] == village
    advance_store.siblings(held, now, [parent], ["active"])
    advance_store.attached(held, now, [village])
    advance_store.below(held, now, [village], ["active"])
    review_store.says(held, "一处", village)
    whole = held.execute(
        "select relname from pg_stat_xact_user_tables where schemaname = 'history' and seq_scan > 0"
    ).fetchall()
    assert whole == []


def test_what_was_known_before_the_register_came_reads_nothing_of_it(held: Connection) -> None:
    asked = read.ItemsQuery(catalogue.get(held, "components").table, asof=VALID_FROM - timedelta(days=9999))
    statement = read.items(asked)
    assert [row for row in held.execute(statement.sql, statement.params).fetchall() if row[0]] == []
    (rows,) = held.execute(
        "select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) from pg_stat_xact_user_tables"
        " where schemaname = 'history' and starts_with(relname, 'components')"
    ).fetchone() or (-1,)
    assert rows == 0


def test_a_twin_among_siblings_is_refused_at_any_time(held: Connection) -> None:
    snapshot = _bundle().snapshot
    village = snapshot.components.key[_row(snapshot, "三元朱村")].as_py()
    door = component("door-1", village, 50, "900号")
    put(held, "components", door)
    with pytest.raises(RowsRejected, match="900号"):
        put(held, "components", component("door-2", village, 50, "900号"))
    with pytest.raises(RowsRejected, match="900号"):  # though it ends: they meet for a day
        put(
            held,
            "components",
            component("door-2", village, 50, "900号", valid_to=LATER + timedelta(days=1)),
            day=VALID_FROM,
        )
    put(held, "components", component("door-2", village, 50, "900号", valid_to=LATER), day=VALID_FROM)
    put(held, "components", component("group-1", village, 34, "900号"))  # another element is no twin


def test_both_twins_of_one_changeset_are_refused(held: Connection) -> None:
    snapshot = _bundle().snapshot
    village = snapshot.components.key[_row(snapshot, "三元朱村")].as_py()
    with pytest.raises(RowsRejected, match="901号"):
        put(
            held, "components", component("d-1", village, 50, "901号"), component("d-2", village, 50, "901号")
        )
    assert held.execute("select count(*) from history.components where name = '901号'").fetchone() == (0,)


def test_of_two_that_write_the_same_sibling_at_once_one_is_refused(register: str) -> None:
    """The second waits for the first, sees it, and is refused: the guard holds under concurrency."""
    snapshot = _bundle().snapshot
    village = snapshot.components.key[_row(snapshot, "三元朱村")].as_py()

    def write(key: str) -> str:
        with connect(register) as own:
            try:
                put(own, "components", component(key, village, 50, "910号"))
            except RowsRejected:
                return "refused"
            time.sleep(0.2)
            own.commit()
            return "written"

    with ThreadPoolExecutor(4) as pool:
        done = sorted(pool.map(write, ("at-once-1", "at-once-2", "at-once-3", "at-once-4")))
    assert done == ["refused", "refused", "refused", "written"]


def test_a_child_without_its_parent_is_refused(held: Connection) -> None:
    snapshot = _bundle().snapshot
    village = snapshot.components.key[_row(snapshot, "三元朱村")].as_py()
    with pytest.raises(RowsRejected, match="nobody"):
        put(held, "components", component("door-1", "nobody", 50, "902号"))
    with pytest.raises(RowsRejected, match=village):  # before the village was
        put(held, "components", component("door-1", village, 50, "902号"), day=VALID_FROM - timedelta(days=1))
    put(held, "components", component("door-1", village, 50, "902号"))
    with pytest.raises(RowsRejected, match="door-1"):  # a road does not stand under a door
        put(held, "components", component("road-1", "door-1", 40, "无名路"))


def test_a_parent_does_not_end_before_its_children(held: Connection) -> None:
    snapshot = _bundle().snapshot
    village = snapshot.components.key[_row(snapshot, "三元朱村")].as_py()
    with pytest.raises(RowsRejected, match=village):
        put(held, "components", {"component_id": village, "remove": True})
    put(held, "components", component("door-1", village, 50, "903号"))
    put(held, "components", component("room-1", "door-1", 90, "东间"))
    with pytest.raises(RowsRejected, match="东间"):
        put(held, "components", {"component_id": "door-1", "remove": True}, day=LATER + timedelta(days=5))
    put(
        held,
        "components",
        {"component_id": "door-1", "remove": True},
        {"component_id": "room-1", "remove": True},
        day=LATER + timedelta(days=5),
    )


def test_the_tree_is_read_as_it_was_and_as_it_was_believed(held: Connection) -> None:
    before = store.snapshot(held)
    road = _row(before, "菜都路")
    key, parent = (
        before.components.key[road].as_py(),
        before.components.key[int(before.components.parent[road])].as_py(),
    )
    (then,) = held.execute("select clock_timestamp()").fetchone() or (None,)
    put(held, "components", component(key, parent, 40, "新菜都路"))

    def name(**instants: Any) -> Any:
        snapshot = store.snapshot(held, **instants)
        return snapshot.components.name[snapshot.components.key.to_pylist().index(key)].as_py()

    assert name() == "新菜都路"
    assert name(at=LATER - timedelta(days=1)) == "菜都路"
    assert name(at=LATER + timedelta(days=1), asof=then) == "菜都路"
    assert store.snapshot(held).version != before.version
    assert store.snapshot(held, asof=then).version == before.version


def test_what_ended_is_there_but_not_current(held: Connection) -> None:
    before = store.snapshot(held)
    row = int(np.flatnonzero(before.components.element == Element.ROOM)[0])
    key = before.components.key[row].as_py()
    put(held, "components", {"component_id": key, "remove": True})
    after = store.snapshot(held)
    assert not after.components.current[after.components.key.to_pylist().index(key)]
    assert len(after.components.key) == len(before.components.key)
    past = store.snapshot(held, at=LATER - timedelta(days=1))
    assert past.components.current[past.components.key.to_pylist().index(key)]
    early = store.snapshot(held, at=VALID_FROM - timedelta(days=1))
    assert "弥河镇" in early.components.name.filter(pa.array(early.components.current)).to_pylist()
    assert len(early.addresses.key) == 0


def test_a_cursor_tells_what_changed_once_it_is_committed(register: str, held: Connection) -> None:
    since = store.position(held)
    assert store.changes(held, since).empty
    snapshot = _bundle().snapshot
    village = snapshot.components.key[_row(snapshot, "马寨村")].as_py()
    held.commit()
    with connect(register) as writer:
        put(writer, "components", component("new-door", village, 50, "777号", number=777))
        assert store.changes(held, since).empty  # not yet committed
        writer.commit()
    found = store.changes(held, since)
    assert found.components == ("new-door",) and found.addresses == ()
    assert found.position > since and store.changes(held, found.position).empty
    (row,) = store.rows_of(held, "components", found.components)
    assert (row["name"], row["number"], row["parent_id"]) == ("777号", 777, village)
    with connect(register) as writer:
        put(writer, "components", {"component_id": "new-door", "remove": True}, day=LATER)
        writer.commit()
    gone = store.changes(held, found.position)
    assert gone.components == ("new-door",) and store.rows_of(held, "components", gone.components) == []


def test_a_register_that_is_there_is_replaced_only_when_that_is_said(held: Connection) -> None:
    with pytest.raises(DeliveryUndecided, match="--replace"):
        ingest.require_empty(held)


def test_rows_that_break_the_contract_are_refused(held: Connection) -> None:
    wrong = _bundle()
    addresses = wrong.snapshot.addresses
    far = addresses.longitude_deg.copy()
    far[3] = 10.0
    moved = replace(wrong.snapshot, addresses=replace(addresses, longitude_deg=far))
    with pytest.raises(RowsRejected, match="addresses"):
        ingest.load(held, replace(wrong, snapshot=moved), loading.intent(SIZE))


def test_a_file_holds_the_whole_register(tmp_path: Path) -> None:
    path = tmp_path / "register.zip"
    bundles.write(_bundle(), path)
    read = bundles.read(path)
    assert read.synthetic and read.snapshot.version == _bundle().snapshot.version
    for part in ("components", "addresses", "aliases", "crossings"):
        written, back = getattr(_bundle().snapshot, part), getattr(read.snapshot, part)
        for each in fields(written):
            one, two = getattr(written, each.name), getattr(back, each.name)
            assert pa.array(one).equals(pa.array(two)), (part, each.name)
            assert getattr(one, "dtype", None) == getattr(two, "dtype", None)
    assert read.areas.wkb.equals(_bundle().areas.wkb)
    assert read.links.object_name.equals(_bundle().links.object_name)
    assert list(tmp_path.iterdir()) == [path]


def test_the_command_line_brings_a_file_in(register: str, tmp_path: Path) -> None:
    path = tmp_path / "register.zip"
    bundles.write(_bundle(), path)
    named = ("--author", "张伟", "--department", "民政局", "--reason", "入库", "--valid-from", "2026-01-01")

    def run(*more: str) -> Any:
        environ = {"ONEMAP_DATABASE_URL": register}
        return CliRunner().invoke(onemap, ["address", "import", str(path), *named, *more], env=environ)

    assert isinstance(run().exception, DeliveryUndecided)
    done = run("--replace", "--json")
    assert done.exit_code == 0, done.output
    written = {one["layer"]: one["opened"] for one in json.loads(done.stdout)}
    assert set(written) <= set(layers.LAYERS)
    assert written["addresses"] == written["regions"] == written["address-aliases"] == 0


def test_a_file_that_is_no_register_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.zip"
    path.write_bytes("不是压缩包".encode())
    with pytest.raises(UnreadableFile, match=r"register\.zip"):
        bundles.read(path)
    bundles.write(_bundle(), path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for broken in (
        {"register.json": json.dumps({"format": "else"}).encode()},
        {"addresses.parquet": b"PAR1"},
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (parts | broken).items():
                archive.writestr(name, content)
        with pytest.raises(UnreadableFile):
            bundles.read(path)
    snapshot = _bundle().snapshot
    parent = snapshot.components.parent.copy()
    parent[5] = len(parent) - 1
    looped = replace(snapshot, components=replace(snapshot.components, parent=parent))
    bundles.write(replace(_bundle(), snapshot=looped), path)
    with pytest.raises(UnreadableFile, match=r"components\.parent"):
        bundles.read(path)
