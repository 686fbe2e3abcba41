"""Bringing the store up to date 瓦片更新: what changed is made anew, everything else stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spatial.catalogue.store import Layer
from spatial.database import Connection
from spatial.history.model import Column
from tiles.cut import cut, public_columns, public_fields
from tiles.far import store
from tiles.far.model import Shelf, State, touched
from tiles.mark import mark
from tiles.matrix import MatrixSet, Tile
from tiles.vector import TileQuery

LOCK = 0x746C66  # one refreshes a layer at a time, among all workers


def shelves(layer: Layer, sets: tuple[MatrixSet, ...]) -> Iterator[Shelf]:
    """The shelves of a layer, the finest zooms first: these are looked at most."""
    name = _mark(layer)
    for zoom in reversed(range(max(each.near_zoom for each in sets))):
        for each in sets:
            if zoom < each.near_zoom:
                yield Shelf(layer.table.layer, name, each, zoom)


def refresh(
    connection: Connection, layer: Layer, sets: tuple[MatrixSet, ...], wanted: Callable[[], bool]
) -> int:
    """Bring every shelf of a layer to its present state; how many tiles were made.

    Each shelf is one transaction. Where another worker does the same layer
    already, and where ``wanted`` says no more, the rest is left for later.
    """
    made = 0
    with connection.transaction():
        store.forget(
            connection, layer.table.layer, mark(layer.contract_sha256, public_fields(layer.contract))
        )
    for shelf in shelves(layer, sets):
        if not wanted():
            break
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read")
            held = connection.execute(
                "select pg_try_advisory_xact_lock(%s, hashtext(%s))", (LOCK, layer.table.layer)
            ).fetchone()
            assert held is not None
            if not held[0]:
                break
            made += _bring(connection, layer, shelf)
    return made


def _bring(connection: Connection, layer: Layer, shelf: Shelf) -> int:
    new, old = store.present(connection, layer.table), store.newest(connection, shelf)
    if new is None or new == old:
        return 0
    if old is None:
        changed = store.boxes(connection, layer.table)
    else:
        changed = store.boxes_changed(connection, layer.table, old, new)
    tiles = sorted(touched(shelf.matrix_set, shelf.zoom, changed), key=lambda each: (each.row, each.column))
    columns = public_columns(layer)
    made = [
        (tile, cut(connection, far_query(layer, columns, shelf.matrix_set, tile, new), unmoved=True).body)
        for tile in tiles
    ]
    if old is None:  # what is not there is empty
        made = [(tile, body) for tile, body in made if body]
    store.keep(connection, shelf, new, made)
    return len(made)


def far_query(
    layer: Layer, columns: tuple[Column, ...], matrix_set: MatrixSet, tile: Tile, state: State
) -> TileQuery:
    """What a tile of a state is cut by."""
    return TileQuery(layer.table, columns, matrix_set, tile, state.at, state.recorded_at)


def _mark(layer: Layer) -> str:
    return mark(layer.contract_sha256, public_fields(layer.contract))
