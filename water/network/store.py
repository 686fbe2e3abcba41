"""SQL of the river network: what held at one instant, as known at another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import shapely

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import read
from spatial.history.model import FeatureTable
from water import layers
from water.network.drawing import Stake
from water.network.model import Flow, Node, Reach

FOREVER: Final = datetime.max.replace(tzinfo=UTC)
NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Head:
    """A layer's last changeset at an instant of recorded time."""

    layer: str
    changeset: int
    recorded_at: datetime
    chain_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One version of a route as it is stored."""

    id: str
    name: str
    version: int
    from_m: float
    to_m: float | None
    shape: shapely.LineString = field(repr=False)
    nature: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The layers of the network as they held at one instant."""

    routes: tuple[RouteRow, ...]
    stakes: dict[tuple[str, int], list[Stake]] = field(repr=False)
    reaches: tuple[Reach, ...] = field(repr=False)
    shapes: np.ndarray[Any, np.dtype[np.object_]] = field(repr=False)
    """Of the reaches, in their order."""
    nodes: tuple[Node, ...] = field(repr=False)
    since: datetime
    until: datetime
    """Between these instants of valid time nothing of it is different."""


def heads(connection: Connection, asof: datetime, names: Sequence[str] = layers.NETWORK) -> list[Head]:
    """The last changeset of each layer that had one by then."""
    rows = connection.execute(
        "select distinct on (layer) layer, id, recorded_at, chain_hash from spatial.changeset"
        " where layer = any(%s) and recorded_at <= %s order by layer, id desc",
        (list(names), asof),
    ).fetchall()
    return [Head(row[0], row[1], row[2], bytes(row[3])) for row in rows]


def network(connection: Connection, known: Sequence[Head], at: datetime) -> Read:
    """The network at an instant, as its layers were known by their heads."""
    asof = {head.layer: head.recorded_at for head in known}
    found: dict[str, list[tuple[Any, ...]]] = {}
    since, until = NEVER, FOREVER
    for layer_id in layers.NETWORK:
        table = catalogue.get(connection, layer_id).table
        found[layer_id] = _rows(connection, table, _COLUMNS[layer_id], at, asof.get(layer_id, NEVER))
        first, last = turns(connection, table, at, asof.get(layer_id, NEVER))
        since, until = max(since, first), min(until, last)
    stakes: dict[tuple[str, int], list[Stake]] = {}
    for name, shape, route, version, chainage in found[layers.STAKES]:
        point = shapely.from_wkb(shape)
        stakes.setdefault((route, version), []).append(Stake(name, point.x, point.y, chainage))
    return Read(
        tuple(_route(*row) for row in found[layers.ROUTES]),
        stakes,
        tuple(_reach(*row) for row in found[layers.REACHES]),
        shapely.from_wkb(np.array([row[1] for row in found[layers.REACHES]], dtype=object)),
        tuple(_node(*row) for row in found[layers.NODES]),
        since,
        until,
    )


def route_version(
    connection: Connection, route: str, version: int, asof: datetime
) -> tuple[RouteRow, list[Stake]] | None:
    """One version of a route, at whatever time it held, with its stakes; None where there is none."""
    found = []
    for layer_id, condition in (
        (layers.ROUTES, "v.fid = %s and v.version = %s"),
        (layers.STAKES, "v.route_id = %s and v.route_version = %s"),
    ):
        table = catalogue.get(connection, layer_id).table
        columns = ", ".join(f'v."{name}"' for name in _COLUMNS[layer_id])
        found.append(
            connection.execute(
                f"select distinct on (v.fid) v.fid, ST_AsBinary(v.geom), {columns}"
                f" from {read.relation(table)} v where v.recorded_from <= %s and v.recorded_to > %s"
                f" and {condition} order by v.fid, v.valid_from desc",
                (asof, asof, route, version),
            ).fetchall()
        )
    if not found[0]:
        return None
    stakes = [
        Stake(name, (point := shapely.from_wkb(shape)).x, point.y, chainage)
        for name, shape, _, _, chainage in found[1]
    ]
    return _route(*found[0][0]), stakes


def features(
    connection: Connection,
    table: FeatureTable,
    output: read.Output,
    at: datetime,
    asof: datetime,
    outline_4490: shapely.Geometry,
    most: int,
) -> list[str]:
    """The features that touch an area, as GeoJSON texts; one more than ``most`` where there are more."""
    west, south, east, north = outline_4490.bounds
    area = read.Area(west, south, east, north, shapely.to_wkb(outline_4490))
    query = read.ItemsQuery(table, areas=(area,), at=at, asof=asof, limit=most, output=output)
    statement = read.items(query)
    rows = connection.execute(statement.sql, statement.params).fetchall()
    return [row[0] for row in rows if row[0] is not None]


def feature(
    connection: Connection, table: FeatureTable, output: read.Output, at: datetime, asof: datetime, fid: str
) -> str | None:
    """One feature as GeoJSON text."""
    statement = read.item(read.ItemsQuery(table, at=at, asof=asof, output=output), fid)
    row = connection.execute(statement.sql, statement.params).fetchone()
    return None if row is None else str(row[0])


_COLUMNS: Final = {
    layers.ROUTES: ("name", "version", "from_m", "to_m", "data_nature"),
    layers.STAKES: ("route_id", "route_version", "chainage_m"),
    layers.REACHES: (
        "name", "route_id", "route_version", "from_m", "to_m", "from_node", "to_node", "main", "stream_order",
        "kind", "flow", "state", "data_nature",
    ),
    layers.NODES: ("name", "kind", "river", "route_id", "chainage_m", "state", "data_nature"),
}  # fmt: skip


def _rows(
    connection: Connection, table: FeatureTable, names: Sequence[str], at: datetime, asof: datetime
) -> list[tuple[Any, ...]]:
    columns = ", ".join(f'v."{name}"' for name in names)
    return connection.execute(
        f"select v.fid, ST_AsBinary(v.geom), {columns} from {read.relation(table)} v"
        " where v.recorded_from <= %s and v.recorded_to > %s and v.valid_from <= %s and v.valid_to > %s"
        ' order by v.fid collate "C"',
        (asof, asof, at, at),
    ).fetchall()


def turns(
    connection: Connection, table: FeatureTable, at: datetime, asof: datetime
) -> tuple[datetime, datetime]:
    """The last start or end of a version up to an instant, and the next one after it."""
    row = connection.execute(
        "select max(t) filter (where t <= %s), min(t) filter (where t > %s)"
        f" from {read.relation(table)} v,"
        " lateral (values (v.valid_from), (nullif(v.valid_to, 'infinity'))) e(t)"
        " where v.recorded_from <= %s and v.recorded_to > %s",
        (at, at, asof, asof),
    ).fetchone()
    first, last = row or (None, None)
    return first or NEVER, last or FOREVER


def _route(
    fid: str, shape: bytes, name: str, version: int, from_m: float, to_m: float | None, nature: str | None
) -> RouteRow:
    return RouteRow(fid, name, version, from_m, to_m, shapely.from_wkb(shape), nature)


def _reach(
    fid: str, _: bytes, name: str, route: str, version: int, from_m: float, to_m: float, from_node: str,
    to_node: str, main: bool, order: int | None, kind: str, flow: str, state: str, nature: str | None,
) -> Reach:  # fmt: skip
    return Reach(
        fid, name, route, version, from_m, to_m, from_node, to_node, 0.0, main, order, kind, Flow(flow),
        state != "closed", nature,
    )  # fmt: skip


def _node(
    fid: str, shape: bytes, name: str, kind: str, river: str | None, route: str | None,
    chainage_m: float | None, state: str, nature: str | None,
) -> Node:  # fmt: skip
    point = shapely.from_wkb(shape)
    return Node(fid, name, kind, point.x, point.y, river, route, chainage_m, state != "closed", nature)
