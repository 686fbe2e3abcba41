"""Reading the register out of its history 登记簿读取: as columns at an instant, and what has changed since.

A snapshot comes by COPY as text and is parsed as columns, so that a million
addresses are there in seconds; rows never become Python objects.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import shapely
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from address.follow import Followed
from address.keys import Keys
from address.model import AliasKind, Element, Form
from address.snapshot import Addresses, Aliases, Components, Crossings, Snapshot
from spatial.catalogue import store as catalogue
from spatial.database import Connection

ENGINE_LAYERS: Final = ("components", "addresses", "address-aliases", "named-roads")
"""Layers from which a snapshot is made."""
_LIVE: Final = ("active", "changing", "reserved")
"""States in which something is current."""
_OVERLAY: Final = int(Element.ZONE)
_UNDER_TOWNS: Final = int(Element.TOWN) + 1
_WKB_COLUMN: Final = "wkb"
_TREE: Final = (
    "fid, element, coalesce(parent_id, ''), name, coalesce(number, -1), coalesce(sub_number, -1),"
    " coalesce(code, ''), coalesce(successor_id, '')"
)
_TREE_TYPES: Final = {
    "fid": pa.string(), "element": pa.uint8(), "parent": pa.string(), "name": pa.string(),
    "number": pa.int32(), "sub_number": pa.int32(), "code": pa.string(), "successor": pa.string(),
    "current": pa.bool_(),
}  # fmt: skip
_ENDS: Final = "fid, component_id, region_id, form, coalesce(main_id, ''), ST_X(geom), ST_Y(geom), accuracy_m"
_END_TYPES: Final = {
    "fid": pa.string(), "component": pa.string(), "region": pa.string(), "form": pa.string(),
    "main": pa.string(), "x": pa.float64(), "y": pa.float64(), "accuracy": pa.float32(),
    "current": pa.bool_(),
}  # fmt: skip

_ALL: Final = SQL("")

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since a position of the change feed."""

    position: int
    """Where to go on; equal to what was asked where nothing has happened."""
    components: tuple[str, ...]
    addresses: tuple[str, ...]
    aliases: tuple[str, ...]
    roads: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Nothing that a snapshot holds has changed."""
        return not (self.components or self.addresses or self.aliases or self.roads)


def snapshot(connection: Connection, at: datetime | None = None, asof: datetime | None = None) -> Snapshot:
    """The register as it was at an instant, as believed at another; both are now where not said.

    What was there once and is no longer is in it, not current. Wants a repeatable
    read transaction where others write meanwhile.
    """
    instant = at or _now(connection)
    tree, key = _components(connection, instant, asof)
    return Snapshot(
        components=tree,
        addresses=_addresses(connection, instant, asof, key),
        aliases=_aliases(connection, instant, asof, key),
        crossings=_crossings(connection, instant, asof, key),
        version=_version(connection, asof) + (f" at {at.isoformat()}" if at else ""),
    )


def part(connection: Connection, key: str, at: datetime, asof: datetime | None = None) -> Snapshot:
    """Of the register at an instant one component, with what an answer about it tells.

    That is: what took its place, and below that what lies in it (of a division above the villages
    nothing, which is most of the register); all that these lie in; their addresses.
    """
    tree = _with_above(connection, [key], at, asof, {})
    chain = {key: None}
    while (key := tree[next(reversed(chain))]["successor"]) in tree and key not in chain:
        chain[key] = None
    below = [next(reversed(chain))]
    while below and tree[below[0]]["element"] >= Element.VILLAGE:
        only = SQL('and v.parent_id collate "C" = any({})').format(Literal(below))
        read = _by_key(
            _read(connection, _valid("components", _with_state(_TREE), at, asof, only), _TREE_TYPES)
        )
        below = [fid for fid in read if fid not in tree]
        tree |= read
    only = SQL('and v.component_id collate "C" = any({})').format(Literal(list(tree)))
    ends = _read(connection, _valid("addresses", _with_state(_ENDS), at, asof, only), _END_TYPES)
    tree = _with_above(connection, ends["region"].unique().to_pylist(), at, asof, tree)
    columns = {
        name: pa.array([row[name] for row in tree.values()], kind) for name, kind in _TREE_TYPES.items()
    }
    components = _tree(columns)
    none = np.empty(0, np.int32)
    return Snapshot(
        components=components,
        addresses=_ends(ends, components.key),
        aliases=Aliases(pa.array([], pa.string()), none, np.empty(0, np.uint8)),
        crossings=Crossings(none, none, np.empty(0), np.empty(0)),
        version="",
    )


def _with_above(
    connection: Connection,
    keys: Sequence[str],
    at: datetime,
    asof: datetime | None,
    tree: dict[str, dict[str, Any]],
) -> dict[str, dict[str, Any]]:
    """Rows of components with those of some others, of what these lie in and of what took their place."""
    tree = dict(tree)
    while wanted := [key for key in dict.fromkeys(keys) if key and key not in tree]:
        only = SQL("and v.fid = any({})").format(Literal(wanted))
        read = _by_key(_read(connection, _with_former("components", _TREE, at, asof, only), _TREE_TYPES))
        tree |= read
        keys = [row[name] for row in read.values() for name in ("parent", "successor")]
    return tree


def _by_key(read: dict[str, pa.Array]) -> dict[str, dict[str, Any]]:
    """Few rows, by their keys."""
    return {row["fid"]: row for row in pa.table(read).to_pylist()}


def _now(connection: Connection) -> datetime:
    (now,) = connection.execute("select now()").fetchone() or (None,)
    assert isinstance(now, datetime)
    return now


def position(connection: Connection) -> int:
    """The settled end of the change feed: take it before the snapshot, follow on from it after."""
    (settled,) = connection.execute("select spatial.settled_position()").fetchone() or (0,)
    return int(settled)


def tip(connection: Connection) -> str:
    """The last changeset of the register, by the hash of its chain; "" where there is none."""
    (found,) = connection.execute(
        "select encode(chain_hash, 'hex') from spatial.changeset"
        " where id = (select max(id) from spatial.changeset where layer = any(%s))",
        (list(ENGINE_LAYERS),),
    ).fetchone() or ("",)
    return str(found)


def holds(connection: Connection, tip: str) -> bool:
    """Whether this is the database of a changeset, then or later."""
    found = connection.execute(
        "select from spatial.changeset where chain_hash = decode(%s, 'hex')", (tip,)
    ).fetchone()
    return found is not None


def changes(connection: Connection, since: int) -> Changes:
    """Which components, addresses, aliases and roads changesets after a position touched.

    Cheap where nothing happened: two look-ups. What is written meanwhile comes next time.
    """
    settled = position(connection)
    entries = connection.execute(
        "select c.layer, array_agg(c.id) from spatial.changeset_feed f"
        " join spatial.changeset c on c.id = f.changeset"
        " where f.position > %s and f.position <= %s and c.layer = any(%s) group by c.layer",
        (since, settled, list(ENGINE_LAYERS)),
    ).fetchall()
    touched = {layer: _touched(connection, layer, changesets) for layer, changesets in entries}
    return Changes(max(settled, since), *(touched.get(layer, ()) for layer in ENGINE_LAYERS))


def follow(connection: Connection, held: Followed, changed: Changes) -> Followed:
    """A register with what has changed since it was read; as believed and valid now."""
    instant = _now(connection)
    if changed.components:
        read = _read(connection, _former_of("components", _TREE, instant, changed.components), _TREE_TYPES)
        held = held.with_components(read, set(changed.components).difference(read["fid"].to_pylist()))
    if changed.addresses:
        read = _read(connection, _former_of("addresses", _ENDS, instant, changed.addresses), _END_TYPES)
        held = held.with_addresses(read, set(changed.addresses).difference(read["fid"].to_pylist()))
    snapshot = held.snapshot
    if changed.components or changed.aliases:
        snapshot = replace(snapshot, aliases=_aliases(connection, instant, None, held.components))
    if changed.roads:
        snapshot = replace(snapshot, crossings=_crossings(connection, instant, None, held.components))
    return replace(held, snapshot=replace(snapshot, version=_version(connection, None)))


def rows_of(connection: Connection, layer: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The values of some features of a layer as believed and valid now, by column.

    Of points there are ``longitude_deg`` and ``latitude_deg`` besides. What has ended is left out.
    """
    table = catalogue.get(connection, layer).table
    columns = [SQL("fid"), *(Identifier(column.name) for column in table.columns)]
    if table.geometry == "Point":
        columns += [SQL("ST_X(geom) longitude_deg"), SQL("ST_Y(geom) latitude_deg")]
    statement = SQL(
        "select {} from {} where fid = any(%s) and valid_from <= clock_timestamp()"
        " and valid_to > clock_timestamp()"
    ).format(SQL(", ").join(columns), Identifier("history", table.believed))
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, (list(keys),)).fetchall()


def _touched(connection: Connection, layer: str, changesets: list[int]) -> tuple[str, ...]:
    name = Identifier("history", layer.replace("-", "_"))
    rows = connection.execute(
        SQL(
            "select fid from {0} where opened_by = any(%(ids)s)"
            " union select fid from {0} where closed_by = any(%(ids)s) and recorded_to < 'infinity'"
        ).format(name),
        {"ids": changesets},
    ).fetchall()
    return tuple(fid for (fid,) in rows)


def _version(connection: Connection, asof: datetime | None) -> str:
    rows = connection.execute(
        "select layer, max(id) from spatial.changeset"
        " where layer = any(%s) and recorded_at <= coalesce(%s::timestamptz, 'infinity')"
        " group by layer order by layer",
        (list(ENGINE_LAYERS), asof),
    ).fetchall()
    return "changesets " + " ".join(f"{layer}:{changeset}" for layer, changeset in rows)


def _components(connection: Connection, at: datetime, asof: datetime | None) -> tuple[Components, pa.Array]:
    components = _tree(_read(connection, _with_former("components", _TREE, at, asof), _TREE_TYPES))
    return components, components.key


def _tree(read: dict[str, pa.Array]) -> Components:
    """What stands above comes first."""
    element = read["element"].to_numpy(zero_copy_only=False)
    depth = np.where(element == _OVERLAY, _UNDER_TOWNS, element)
    order = pa.array(np.argsort(depth, kind="stable"))
    sorted_ = {name: column.take(order) for name, column in read.items()}
    key = sorted_["fid"]
    return Components(
        key=key,
        parent=_rows(sorted_["parent"], key),
        element=sorted_["element"].to_numpy(zero_copy_only=False),
        name=sorted_["name"],
        number=sorted_["number"].to_numpy(zero_copy_only=False),
        sub_number=sorted_["sub_number"].to_numpy(zero_copy_only=False),
        code=sorted_["code"],
        current=sorted_["current"].to_numpy(zero_copy_only=False),
        successor=_rows(sorted_["successor"], key),
    )


def _addresses(
    connection: Connection, at: datetime, asof: datetime | None, key: pa.Array | Keys
) -> Addresses:
    return _ends(_read(connection, _with_former("addresses", _ENDS, at, asof), _END_TYPES), key)


def _ends(read: dict[str, pa.Array], key: pa.Array | Keys) -> Addresses:
    component = _rows(read["component"], key)
    held = pa.array(component >= 0)
    read = {name: column.filter(held) for name, column in read.items()}
    forms = pa.array([str(form) for form in Form])
    return Addresses(
        key=read["fid"],
        component=component[component >= 0],
        region=_rows(read["region"], key),
        form=pc.index_in(read["form"], forms).to_numpy(zero_copy_only=False).astype(np.uint8),
        longitude_deg=_numbers(read["x"]),
        latitude_deg=_numbers(read["y"]),
        accuracy_m=_numbers(read["accuracy"]).astype(np.float32),
        current=read["current"].to_numpy(zero_copy_only=False),
        main=_rows(read["main"], read["fid"]),
    )


def _aliases(connection: Connection, at: datetime, asof: datetime | None, key: pa.Array | Keys) -> Aliases:
    read = _read(
        connection,
        _valid("address-aliases", SQL("text, component_id, kind"), at, asof),
        {"text": pa.string(), "component": pa.string(), "kind": pa.string()},
    )
    component = _rows(read["component"], key)
    held = component >= 0
    kinds = pa.array([str(kind) for kind in AliasKind])
    kind = pc.index_in(read["kind"], kinds).to_numpy(zero_copy_only=False).astype(np.uint8)
    return Aliases(read["text"].filter(pa.array(held)), component[held], kind[held])


def _crossings(
    connection: Connection, at: datetime, asof: datetime | None, key: pa.Array | Keys
) -> Crossings:
    """Where the lines of two roads meet, once for a pair, at the first of their common points."""
    read = _read(
        connection,
        _valid("named-roads", SQL("fid, encode(ST_AsBinary(geom), 'hex')"), at, asof),
        {"fid": pa.string(), _WKB_COLUMN: pa.string()},
    )
    rows = _rows(read["fid"], key)
    lines = shapely.from_wkb(read[_WKB_COLUMN].to_pylist())
    lines, rows = np.asarray(lines, dtype=object)[rows >= 0], rows[rows >= 0]
    if not len(rows):
        none = np.empty(0, dtype=np.int32)
        return Crossings(none, none, np.empty(0), np.empty(0))
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    once = rows[first] < rows[second]
    first, second = first[once], second[once]
    met = shapely.intersection(lines[first], lines[second])
    points = np.array([shapely.get_coordinates(one)[0] for one in met], dtype=np.float64).reshape(-1, 2)
    return Crossings(rows[first], rows[second], points[:, 0].copy(), points[:, 1].copy())


def _former_of(layer: str, columns: str, at: datetime, keys: Sequence[str]) -> Composed:
    return _with_former(layer, columns, at, None, SQL("and v.fid = any({})").format(Literal(list(keys))))


def _with_former(
    layer: str, columns: str, at: datetime, asof: datetime | None, only: SQL | Composed = _ALL
) -> Composed:
    """What is valid, and the last state of what once was and is no longer."""
    current = _with_state(columns)
    ended = SQL(
        "select distinct on (fid) {columns}, false from {name} v where {believed} and valid_to <= {at} {only}"
        " and not exists (select from {name} w where w.fid = v.fid and {believed_w}"
        " and w.valid_from <= {at} and w.valid_to > {at})"
    ).format(
        columns=SQL(columns),
        name=_relation(layer, asof),
        believed=_believed("v", asof),
        believed_w=_believed("w", asof),
        at=Literal(at),
        only=only,
    )
    return SQL("({}) union all ({} order by fid, valid_to desc)").format(
        _valid(layer, current, at, asof, only), ended
    )


def _with_state(columns: str) -> Composed:
    return SQL("{}, status in ({})").format(SQL(columns), SQL(", ").join(map(Literal, _LIVE)))


def _valid(
    layer: str, columns: SQL | Composed, at: datetime, asof: datetime | None, only: SQL | Composed = _ALL
) -> Composed:
    return SQL("select {} from {} v where {} and v.valid_from <= {at} and v.valid_to > {at} {only}").format(
        columns, _relation(layer, asof), _believed("v", asof), at=Literal(at), only=only
    )


def _relation(layer: str, asof: datetime | None) -> Identifier:
    name = layer.replace("-", "_")
    return Identifier("history", name if asof else f"{name}_believed")


def _believed(alias: str, asof: datetime | None) -> Composed:
    if asof is None:
        return SQL("{}.recorded_to = 'infinity'").format(Identifier(alias))
    return SQL("{0}.recorded_from <= {1} and {0}.recorded_to > {1}").format(Identifier(alias), Literal(asof))


def _read(connection: Connection, statement: Composed, types: dict[str, pa.DataType]) -> dict[str, pa.Array]:
    """The rows of a statement as columns."""
    with (
        connection.cursor() as cursor,
        cursor.copy(SQL("copy ({}) to stdout (format csv, null 'NaN')").format(statement)) as copy,
    ):
        blocks = b"".join(bytes(block) for block in copy)
    if not blocks:
        return {name: pa.array([], kind) for name, kind in types.items()}
    table = pv.read_csv(
        io.BytesIO(blocks),
        read_options=pv.ReadOptions(column_names=list(types), block_size=16 << 20),
        parse_options=pv.ParseOptions(newlines_in_values=True),
        convert_options=pv.ConvertOptions(
            column_types=types,
            true_values=["t"],
            false_values=["f"],
            null_values=["NaN"],
            strings_can_be_null=False,
        ),
    )
    return {name: table.column(name).combine_chunks() for name in types}


def _rows(wanted: pa.Array, key: pa.Array | Keys) -> Ints:
    """The row of each key; -1 for none."""
    if isinstance(key, Keys):
        return key.rows(wanted)
    found = pc.fill_null(pc.index_in(wanted, value_set=key), -1)
    rows: Ints = found.to_numpy(zero_copy_only=False).astype(np.int32)
    return rows


def _numbers(column: pa.Array) -> npt.NDArray[np.float64]:
    numbers: npt.NDArray[np.float64] = pc.fill_null(column, float("nan")).to_numpy(zero_copy_only=False)
    return numbers
