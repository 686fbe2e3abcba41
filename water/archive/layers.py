"""Layers and tables in the archive 图层归档, and the cold start 冷启动: the database again from a copy alone.

A layer is the work ``layers/<id>``. Each deposit adds what its changesets since the last one opened
and closed, so that nothing is archived twice; the contracts stand beside it, CSVW says what the
columns are, and ``companions.json`` holds what is about the layer elsewhere: grants, proposals, lineage,
how sources were read, and the digests of the originals it rests on. Restoring reads every epoch in order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Contract
from spatial.catalogue.store import Layer
from spatial.database import Connection
from spatial.history import ledger
from water.archive import (
    companion_store,
    deposit,
    disk,
    originals,
    reading,
    storage,
    table_store,
    tables,
    verify,
)
from water.archive.deposit import Edit
from water.archive.log import LogState
from water.archive.model import Agent, Head, ObjectId, Receipt
from water.archive.storage import Copy
from water.errors import ArchiveDamaged, ArchiveDiverged, RestoreRefused

LAYERS: Final = "layers/"
CONTRACTS: Final = "contracts.json"
COMPANIONS: Final = "companions.json"
CSVW: Final = "csv-metadata.json"
_SEGMENT: Final = re.compile(r"history/(\d{10})-(\d{10})/changesets\.csv")
_KINDS: Final = ("changesets", "opened", "closed", "measures")


@dataclass(frozen=True, slots=True)
class Archived:
    """A layer or table that was looked at for archiving."""

    work: str
    receipt: Receipt | None
    """None where nothing had changed since."""
    changesets: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A layer or table that was restored."""

    name: str
    changesets: int
    versions: int


def archive_layer(connection: Connection, copy: Copy, layer_id: str, agent: Agent, now: datetime) -> Archived:
    """Deposit what a layer's history has gained since the last time.

    ArchiveDiverged where the database's chain is not the one that was archived: then the history was
    rewritten, and the archive must not follow.
    """
    with connection.transaction(), TemporaryDirectory() as folder:
        table_store.one_state(connection)
        layer = catalogue.get(connection, layer_id)
        chain = table_store.links(connection, layer_id)
        after = _last_archived(copy, layer_id)
        _require_same_chain(copy, layer_id, chain, after)
        upto = chain[-1].id if chain else 0
        files: dict[str, Path | bytes] = dict(_described(connection, layer))
        if upto > after:
            files |= _segment(connection, layer, after, upto, Path(folder))
        if not _differs(copy, LAYERS + layer_id, files):
            return Archived(LAYERS + layer_id, None, 0)
        count = sum(1 for link in chain if link.id > after)
        wanted = json.loads(files[COMPANIONS])["originals"]  # type: ignore[arg-type]
        originals.archive(connection, copy, wanted, agent, now, Path(folder))
        edit = Edit(
            LAYERS + layer_id,
            layer.contract.title.zh,
            f"变更集 {after + 1}–{upto}",
            agent,
            now,
            files,
            synthetic=layer.contract.synthetic,
        )
        return Archived(LAYERS + layer_id, deposit.deposit(copy, edit), count)


def archive_tables(
    connection: Connection, copy: Copy, names: Sequence[str], agent: Agent, now: datetime
) -> list[Archived]:
    """Deposit plain tables where they are not what was deposited last; all as of one instant.

    So what a row refers to is in the archive with it.
    """
    done = []
    with connection.transaction():
        table_store.one_state(connection)
        for name in names:
            with TemporaryDirectory() as folder:
                receipt = tables.archive(connection, copy, name, agent, now, Path(folder))
            done.append(Archived(tables.TABLES + name, receipt, 0))
    return done


def _described(connection: Connection, layer: Layer) -> Iterator[tuple[str, bytes]]:
    name = layer.contract.id
    told = {"contracts": table_store.contracts(connection, name), "life": table_store.life(connection, name)}
    yield CONTRACTS, table_store.canonical(told)
    named = any(field.name == "sha256" for field in layer.contract.fields)
    beside = {
        "rows": companion_store.rows(connection, name),
        "originals": companion_store.originals(connection, name, layer.table.name, named=named),
    }
    yield COMPANIONS, table_store.canonical(beside)
    yield CSVW, table_store.canonical(_csvw(layer.contract, table_store.columns(layer)))


def _csvw(contract: Contract, columns: Sequence[str]) -> dict[str, Any]:
    """What the columns of ``opened.csv`` mean (CSV on the Web), for whoever knows no platform."""
    fields = {field.name: field for field in contract.fields}
    told: dict[str, str] = {
        "fid": "要素标识 identity of the feature",
        "valid_from": "有效时间起 true from",
        "valid_to": "有效时间止 true until; infinity: until further notice",
        "recorded_from": "登记时间起 believed from; closed.csv says until when",
        "opened_by": "变更集 changeset that says so",
        "geom": "几何,十六进制 EWKB,EPSG:4490 geometry as hexadecimal EWKB (OGC 06-103r4), CGCS2000",
        "content_sha256": "内容摘要 digest of the content",
        "feature": "GeoJSON 要素 the same as a GeoJSON feature",
    }
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "dc:title": contract.title.zh,
        "dc:source": contract.source_standard,
        "dialect": {"header": True, "encoding": "utf-8"},
        "tableSchema": {
            "columns": [
                {
                    "name": name,
                    "titles": fields[name].title.zh if name in fields else name,
                    "dc:description": told.get(name) or fields[name].title.en,
                    **({"unit": fields[name].unit} if name in fields and fields[name].unit else {}),
                }
                for name in columns
            ]
        },
    }


def _segment(
    connection: Connection, layer: Layer, after: int, upto: int, folder: Path
) -> dict[str, Path | bytes]:
    """What the changesets of a range opened and closed; what none of them did is left out."""
    name, paths = layer.contract.id, {kind: folder / f"{kind}.csv" for kind in _KINDS}
    table_store.write_changesets(connection, name, after, upto, paths["changesets"])
    table_store.write_opened(connection, layer, after, upto, paths["opened"])
    table_store.write_closed(connection, layer, after, upto, paths["closed"])
    table_store.write_measures(connection, name, after, upto, paths["measures"])
    place = f"history/{after + 1:010}-{upto:010}"
    return {f"{place}/{path.name}": path for path in paths.values() if _rows(path)}


def _rows(path: Path) -> bool:
    """Whether there is anything after the header."""
    with path.open("rb") as file:
        return bool(file.readline() and file.readline())


def _segments(copy: Copy, layer_id: str) -> list[tuple[int, int, str]]:
    """(first, last, object) of every range that was archived, in order."""
    found = []
    for object_id in reading.of_work(copy, LAYERS + layer_id):
        for entry in reading.entries(copy, object_id):
            if segment := _SEGMENT.fullmatch(entry.path):
                found.append((int(segment[1]), int(segment[2]), object_id))
    return sorted(found)


def _last_archived(copy: Copy, layer_id: str) -> int:
    return max((last for _, last, _ in _segments(copy, layer_id)), default=0)


def _require_same_chain(copy: Copy, layer_id: str, chain: Sequence[table_store.Link], after: int) -> None:
    if not after:
        return
    first, _, object_id = _segments(copy, layer_id)[-1]
    data = reading.newest(copy, object_id, f"history/{first:010}-{after:010}/changesets.csv")
    archived = data.decode().rstrip().rpartition(",\\x")[2]
    if archived not in {link.chain_hash for link in chain if link.id == after}:
        raise ArchiveDiverged(
            f"图层 {layer_id} 的历史与已归档的不同,请先核对 ./onemap verify:变更集 {after}",
            f"the history of {layer_id} is not the one that was archived; run ./onemap verify:"
            f" changeset {after}",
            value=layer_id,
        )


def _differs(copy: Copy, work: str, files: dict[str, Path | bytes]) -> bool:
    """Whether the newest object of the work holds anything else under these names."""
    objects = reading.of_work(copy, work)
    if not objects:
        return True
    held = storage.require_inventory(copy, objects[-1])
    state = held.state(held.head)
    return any(state.get(path) != _sha512(source) for path, source in files.items())


def _sha512(source: Path | bytes) -> str:
    if isinstance(source, bytes):
        return disk.digests(source).sha512
    return disk.sha512_of(source, bytearray(disk.BLOCK))


def restore(
    connection: Connection, copy: Copy, works: Sequence[str] | None = None, trusted: Sequence[Head] = ()
) -> tuple[Restored, ...]:
    """Rebuild layers and tables in a database that has none of them, in one transaction.

    First the copy is verified, as far as it is read. In the end the history's own verification must
    find every row, changeset and chain as it was written; else nothing is restored.
    """
    state = LogState.read(copy.place)
    wanted = sorted(set(_restorable(state)) if works is None else set(works))
    layers = [work.removeprefix(LAYERS) for work in wanted if work.startswith(LAYERS)]
    plain = [work.removeprefix(tables.TABLES) for work in wanted if work.startswith(tables.TABLES)]
    _require_sound(copy, state, wanted, trusted)
    with connection.transaction():
        table_store.room(connection)
        table_store.require_empty(connection, layers, plain)
        _require_originals(copy, state, layers)
        done = [*_layers(connection, copy, layers)]
        for table in _in_order(connection, plain):
            tables.restore(connection, copy, table)
            done.append(Restored(table, 0, 0))
    return tuple(done)


def _restorable(state: LogState) -> Iterator[str]:
    for object_id in state.versions:
        work = ObjectId.parse(object_id).work
        if work.startswith((LAYERS, tables.TABLES)):
            yield work


def _require_sound(copy: Copy, state: LogState, wanted: Sequence[str], trusted: Sequence[Head]) -> None:
    findings = [*verify.check_log(copy, state, trusted)]
    for work in wanted:
        objects = reading.of_work(copy, work)
        if not objects:
            raise RestoreRefused(
                f"档案中没有该图层或表:{work}", f"the archive has no such layer or table: {work}", value=work
            )
        for object_id in objects:
            entered = state.versions[object_id]
            findings += verify.check_object(copy.folder(object_id), object_id, entered).findings
    if findings:
        raise ArchiveDamaged(
            f"副本 {copy.name} 受损,请换另一副本恢复:{findings[0].zh}",
            f"copy {copy.name} is damaged; restore from another: {findings[0].en}",
            value=copy.name,
        )


def _layers(connection: Connection, copy: Copy, layers: Sequence[str]) -> Iterator[Restored]:
    made: dict[str, Layer] = {}
    files: dict[tuple[str, str], list[reading.Held]] = {}
    for layer_id in layers:
        told = json.loads(reading.newest(copy, reading.of_work(copy, LAYERS + layer_id)[-1], CONTRACTS))
        made[layer_id] = table_store.publish(connection, told["contracts"], told["life"])
        for first, last, object_id in _segments(copy, layer_id):
            for kind in _KINDS:
                held = reading.held(copy, object_id, f"history/{first:010}-{last:010}/{kind}.csv")
                if held is not None:
                    files.setdefault((layer_id, kind), []).append(held)
    every = [held for (_, kind), each in files.items() if kind == "changesets" for held in each]
    table_store.gather_changesets(connection, every)
    for layer_id, layer in made.items():
        opened, closed = files.get((layer_id, "opened"), []), files.get((layer_id, "closed"), [])
        table_store.put_versions(connection, layer, opened, closed)
        table_store.put_measures(connection, files.get((layer_id, "measures"), []))
        beside = _beside(copy, layer_id)
        originals.restore(connection, copy, beside["originals"])
    for layer_id in layers:  # lineage of one may name changesets of another
        companion_store.put(connection, _beside(copy, layer_id)["rows"])
    connection.execute("set constraints all immediate")
    for layer_id in layers:
        verification = ledger.verify(connection, layer_id)
        if not verification.ok:
            first_broken = verification.broken[0]
            raise RestoreRefused(
                f"恢复后的历史未通过核验,未恢复任何内容:{first_broken.zh}",
                f"the restored history does not verify, nothing was restored: {first_broken.en}",
                value=layer_id,
            )
        yield Restored(layer_id, verification.changesets, verification.versions)


def _beside(copy: Copy, layer_id: str) -> dict[str, Any]:
    """What stood beside a layer; nothing where it was archived before that was kept."""
    object_id = reading.of_work(copy, LAYERS + layer_id)[-1]
    if all(each.path != COMPANIONS for each in reading.entries(copy, object_id)):
        return {"rows": {}, "originals": []}
    told: dict[str, Any] = json.loads(reading.newest(copy, object_id, COMPANIONS))
    return told


def _require_originals(copy: Copy, state: LogState, layers: Sequence[str]) -> None:
    """The originals that layers rest on are read too: so they are verified too."""
    if any(_beside(copy, layer_id)["originals"] for layer_id in layers):
        _require_sound(copy, state, [originals.WORK] if originals.objects(copy) else [], ())


def _in_order(connection: Connection, names: Sequence[str]) -> list[str]:
    """Tables so that what rows refer to comes before them."""
    return [*TopologicalSorter(companion_store.referred(connection, names)).static_order()]
