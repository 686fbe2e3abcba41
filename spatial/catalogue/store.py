"""The catalogue in the database: publishing, extending and withdrawing layers.

Everything runs inside the caller's transaction; whoever listens on
``onemap_catalogue`` hears of it when that transaction commits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg import Cursor
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier
from psycopg.types.json import Jsonb

from spatial.catalogue import checks
from spatial.catalogue.city import Extent
from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import from_json, to_json
from spatial.catalogue.rules import accept
from spatial.catalogue.tables import Evolution, Obstacle, evolution, feature_table
from spatial.database import Connection
from spatial.errors import BadContract, UnknownLayer
from spatial.history import store as history
from spatial.history.model import FeatureTable

CHANNEL = "onemap_catalogue"
"""Notified with ``{"layer": id, "event": "published" | "changed" | "withdrawn"}``."""

READER = Identifier("onemap_reader")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as the catalogue holds it."""

    contract: Contract
    table: FeatureTable
    version: int
    """How many contracts it has had; 1 for the first."""
    contract_sha256: bytes
    created_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None = None
    """Since when it is out of service; its history stays."""
    shipped: bool = False
    """Its contract came with the platform as it stands; else the city declared it, or changed it."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What can be said of a layer's content without reading it."""

    features: int
    """Estimated number of believed versions 估计要素数; exact right after a load."""
    extent_4490: Extent | None
    """From the head of the spatial index; ``None`` for an empty layer or one without geometry."""
    last_changeset: int | None
    last_recorded_at: datetime | None


def publish(connection: Connection, contract: Contract) -> Layer:
    """Create a layer, extend it to a new contract, or put a withdrawn one back into service.

    The same contract again changes nothing. ``BadContract`` names every change
    that the versions already written forbid, and what to do instead.
    """
    accept(contract)
    _lock(connection, contract.id)
    before = _row(connection, contract.id)
    if before is None:
        history.create_table(connection, feature_table(contract))
        event = "published"
    elif before.contract_sha256 == digest(contract) and before.withdrawn_at is None:
        history.keep_indexes(connection, feature_table(contract))
        return before
    else:
        _evolve(connection, before.contract, contract)
        event = "published" if before.withdrawn_at else "changed"
    _record(connection, contract)
    _grant(connection, contract)
    _notify(connection, contract.id, event)
    return get(connection, contract.id)


def withdraw(connection: Connection, layer_id: str) -> None:
    """Take a layer out of service. Its table and history stay, and it may be published again."""
    _lock(connection, layer_id)
    layer = get(connection, layer_id)
    connection.execute(
        "update spatial.layer set withdrawn_at = clock_timestamp(), changed_at = clock_timestamp()"
        " where id = %s",
        (layer_id,),
    )
    connection.execute(SQL("revoke all on {} from {}").format(_view(layer.table), READER))
    _notify(connection, layer_id, "withdrawn")


def came_with_platform(connection: Connection, layer_id: str) -> None:
    """Note that the contract which a layer has now is the platform's, and may follow it from here on."""
    connection.execute("update spatial.layer set shipped_sha256 = contract_sha256 where id = %s", (layer_id,))


def held(connection: Connection, layer_id: str) -> Layer | None:
    """The layer under that id, in service or not; ``None`` where there never was one."""
    return _row(connection, layer_id)


def get(connection: Connection, layer_id: str) -> Layer:
    """The layer in service under that id; ``UnknownLayer`` where there is none."""
    layer = _row(connection, layer_id)
    if layer is None:
        raise UnknownLayer(
            f"没有这个图层,请用 ./onemap layer list 查看已有图层:{layer_id}",
            f"there is no such layer, ./onemap layer list lists those there are: {layer_id}",
            value=layer_id,
        )
    if layer.withdrawn_at is not None:
        raise UnknownLayer(
            f"图层已于 {layer.withdrawn_at.isoformat()} 停止服务,重新发布后可用:{layer_id}",
            f"the layer was withdrawn at {layer.withdrawn_at.isoformat()}, publish it again: {layer_id}",
            value=layer_id,
        )
    return layer


def layers(connection: Connection, *, withdrawn: bool = False) -> tuple[Layer, ...]:
    """The layers in service, in drawing order; those out of service instead where asked."""
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(f"{_SELECT} where (withdrawn_at is not null) = %s", (withdrawn,)).fetchall()
    found = [row.layer() for row in rows]
    return tuple(sorted(found, key=lambda layer: (layer.contract.order, layer.contract.id)))


def synthetic(connection: Connection, layer_ids: Sequence[str]) -> bool:
    """Whether any of some layers holds generated data 合成数据."""
    row = connection.execute(
        "select exists (select from spatial.layer"
        " where id = any(%s) and contract @> '{\"synthetic\": true}')",
        (list(layer_ids),),
    ).fetchone()
    return row == (True,)


def contracts(connection: Connection, layer_id: str) -> tuple[Contract, ...]:
    """Every contract a layer was ever published with, oldest first."""
    rows = connection.execute(
        "select contract from spatial.layer_contract where layer = %s order by version", (layer_id,)
    ).fetchall()
    return tuple(from_json(contract) for (contract,) in rows)


def statistics(connection: Connection, layer: Layer) -> Statistics:
    """Size, extent and last change of a layer, without scanning it."""
    relation = f'history."{layer.table.believed}"'
    (estimate,) = _one(
        connection.execute("select reltuples::bigint from pg_class where oid = %s::regclass", (relation,))
    )
    if estimate < 0:  # never analysed: so far nothing large was loaded
        believed = Identifier("history", layer.table.believed)
        (estimate,) = _one(connection.execute(SQL("select count(*) from {}").format(believed)))
    last = connection.execute(
        "select id, recorded_at from spatial.changeset where layer = %s order by id desc limit 1",
        (layer.table.layer,),
    ).fetchone()
    return Statistics(
        features=estimate,
        extent_4490=_extent(connection, layer.table) if layer.table.geometry else None,
        last_changeset=last[0] if last else None,
        last_recorded_at=last[1] if last else None,
    )


def digest(contract: Contract) -> bytes:
    """SHA-256 of the contract's canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(to_json(contract), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _extent(connection: Connection, table: FeatureTable) -> Extent | None:
    found = connection.execute(
        "select ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
        " from ST_EstimatedExtent('history', %s, 'geom') e where e is not null",
        (table.believed,),
    ).fetchone()
    return Extent(*found) if found else None


def _evolve(connection: Connection, old: Contract, new: Contract) -> None:
    table = feature_table(old)
    change = evolution(old, new)
    if change.obstacles and _is_empty(connection, table):
        history.drop_table(connection, table)
        history.create_table(connection, feature_table(new))
        return
    _refuse(new, change.obstacles)
    _hold_to(connection, table, new, change)
    if change.added:
        history.add_columns(connection, table, change.added)
    history.keep_indexes(connection, feature_table(new))


def _is_empty(connection: Connection, table: FeatureTable) -> bool:
    statement = SQL("select not exists (select from {})").format(Identifier("history", table.name))
    return bool(_one(connection.execute(statement))[0])


def _refuse(contract: Contract, obstacles: tuple[Obstacle, ...]) -> None:
    if not obstacles:
        return
    raise BadContract(
        "图层已有数据,契约不能这样改("
        + ";".join(f"{o.where} {o.zh}" for o in obstacles)
        + f");请恢复原样,或另起一个图层 id 发布后重新导入:{contract.id}",
        "the layer holds data, so its contract cannot change like this ("
        + "; ".join(f"{o.where}: {o.en}" for o in obstacles)
        + f"); take it back, or publish under another id and load again: {contract.id}",
        value=contract.id,
        details={"obstacles": [{"where": o.where, "zh": o.zh, "en": o.en} for o in obstacles]},
    )


def _hold_to(connection: Connection, table: FeatureTable, new: Contract, change: Evolution) -> None:
    """Stricter rules are taken only when everything believed keeps them already."""
    believed = Identifier("history", table.believed)
    breaches = [
        Obstacle(
            f"fields.{rule.field}",
            f"已有 {count} 个要素不合新规则 {rule.name},先改数据再收紧",
            f"{count} features held break the new rule {rule.name}; mend them first",
        )
        for name in change.tightened
        for rule in checks.field_rules(new.field(name))
        if (count := _count(connection, believed, rule.broken))
    ]
    _refuse(new, tuple(breaches))


def _count(connection: Connection, relation: Identifier, predicate: Composed) -> int:
    statement = SQL("select count(*) from {} s where {}").format(relation, predicate)
    return int(_one(connection.execute(statement))[0])


def _record(connection: Connection, contract: Contract) -> None:
    document, sha256 = Jsonb(to_json(contract)), digest(contract)
    connection.execute(
        "insert into spatial.layer as l (id, contract, contract_sha256, version) values (%s, %s, %s, 1)"
        " on conflict (id) do update set contract = excluded.contract,"
        " contract_sha256 = excluded.contract_sha256, changed_at = clock_timestamp(), withdrawn_at = null,"
        " version = l.version + (l.contract_sha256 <> excluded.contract_sha256)::int",
        (contract.id, document, sha256),
    )
    connection.execute(
        "insert into spatial.layer_contract (layer, version, contract, contract_sha256)"
        " select id, version, contract, contract_sha256 from spatial.layer where id = %s"
        " on conflict do nothing",
        (contract.id,),
    )


def _grant(connection: Connection, contract: Contract) -> None:
    """Readers see the layer's view and nothing behind it; internal fields are not in the view.

    The steward is written on the view, where an administrator's tools show it;
    it becomes a role of its own once departments log in.
    """
    view = _view(feature_table(contract))
    connection.execute(SQL("grant select on {} to {}").format(view, READER))
    remark = f"{contract.title.zh} {contract.title.en};主管部门 {contract.steward}"
    if contract.synthetic:
        remark += ";合成数据"
    connection.execute(SQL("comment on view {} is {}").format(view, remark))


def _view(table: FeatureTable) -> Identifier:
    return Identifier("layer", table.name)


def _lock(connection: Connection, layer_id: str) -> None:
    connection.execute("select pg_advisory_xact_lock(hashtext('spatial.layer'), hashtext(%s))", (layer_id,))


def _notify(connection: Connection, layer_id: str, event: str) -> None:
    connection.execute("select pg_notify(%s, %s)", (CHANNEL, json.dumps({"layer": layer_id, "event": event})))


_SELECT = (
    "select contract::text, version, contract_sha256, created_at, changed_at, withdrawn_at,"
    " shipped_sha256 is not distinct from contract_sha256 as shipped from spatial.layer"
)


@dataclass(frozen=True, slots=True)
class _Row:
    contract: str
    version: int
    contract_sha256: bytes
    created_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None
    shipped: bool

    def layer(self) -> Layer:
        contract, table = _declared(self.contract)
        return Layer(
            contract=contract,
            table=table,
            version=self.version,
            contract_sha256=bytes(self.contract_sha256),
            created_at=self.created_at,
            changed_at=self.changed_at,
            withdrawn_at=self.withdrawn_at,
            shipped=self.shipped,
        )


@lru_cache(maxsize=512)
def _declared(text: str) -> tuple[Contract, FeatureTable]:
    """Reading a contract takes milliseconds, and the same one is read again and again."""
    contract = from_json(json.loads(text))
    return contract, feature_table(contract)


def _row(connection: Connection, layer_id: str) -> Layer | None:
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        row = cursor.execute(f"{_SELECT} where id = %s", (layer_id,)).fetchone()
    return row.layer() if row else None


def _one(cursor: Cursor[Any]) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise RuntimeError("a statement that always answers with one row answered with none")
    return row
