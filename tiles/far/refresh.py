"""Bringing the store up to date 瓦片更新: what changed is made anew, everything else stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spatial.catalogue.contract import Step
from spatial.catalogue.ladder import NEAR, rung_at
from spatial.catalogue.store import Layer
from spatial.database import Connection
from spatial.history.model import Column
from tiles.cut import cut, public_columns
from tiles.far import store
from tiles.far.climb import climb
from tiles.far.model import Floats, Shelf, State, touched
from tiles.ground import BUFFER
from tiles.ladder.lattice import REACH
from tiles.mark import mark
from tiles.matrix import MatrixSet, Tile
from tiles.vector import TileQuery, laddered

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

    Each shelf that is behind is one transaction. Where another worker does the same
    layer already, and where ``wanted`` says no more, the rest is left for later.
    """
    made, view, every = 0, _View(layer), list(shelves(layer, sets))
    with connection.transaction():
        now = view.present(connection)
        behind = [
            each for each, kept in zip(every, store.newest(connection, every), strict=True) if kept != now
        ]
    for shelf in behind:
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
            made += _bring(connection, view, shelf)
    return made


class _View:
    """What the shelves of a layer have in common, learnt once: its present, and what has changed since."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.columns = public_columns(layer)
        self._present: State | None = None
        self._changed: dict[tuple[State | None, State], Floats] = {}

    def present(self, connection: Connection) -> State | None:
        """The state of the layer in this snapshot."""
        head = store.head(connection, self.layer.table)
        if self._present is None or self._present.changeset != head:
            self._present = store.present(connection, self.layer.table)
        return self._present

    def changed(self, connection: Connection, old: State | None, new: State) -> Floats:
        """Boxes around what tells two states apart, all of the layer where there is no older one."""
        found = self._changed.get((old, new))
        if found is None:
            table = self.layer.table
            found = (
                store.boxes(connection, table)
                if old is None
                else store.boxes_changed(connection, table, old, new)
            )
            self._changed[old, new] = found
        return found


def _bring(connection: Connection, view: _View, shelf: Shelf) -> int:
    new, (old,) = view.present(connection), store.newest(connection, [shelf])
    if new is None or new == old:
        return 0
    tiles = sorted(
        touched(
            shelf.matrix_set, shelf.zoom, view.changed(connection, old, new), reach_of(view.layer, shelf)
        ),
        key=lambda each: (each.row, each.column),
    )
    queries = [far_query(view.layer, view.columns, shelf.matrix_set, tile, new) for tile in tiles]
    climbing = climb(connection, view.layer, shelf, new)
    if climbing is None:
        made = [(query.tile, cut(connection, query, unmoved=True).body) for query in queries]
    else:
        made = [(query.tile, climbing.body(query)) for query in queries]
    if old is None:  # what is not there is empty, and what other forms left is of no use any more
        made = [(tile, body) for tile, body in made if body]
        store.forget(connection, shelf)
    store.keep(connection, shelf, new, made)
    return len(made)


def reach_of(layer: Layer, shelf: Shelf) -> float:
    """How far beyond its edges a tile of a shelf looks, in steps of its grid."""
    names = [column.name for column in public_columns(layer)]
    rung = rung_at(layer.contract, shelf.zoom - shelf.matrix_set.near_zoom + NEAR, names)
    return REACH if rung.step is Step.DISSOLVE else BUFFER


def far_query(
    layer: Layer, columns: tuple[Column, ...], matrix_set: MatrixSet, tile: Tile, state: State
) -> TileQuery:
    """What a tile of a state is cut by."""
    query = TileQuery(layer.table, columns, matrix_set, tile, state.at, state.recorded_at)
    return laddered(query, layer.contract, [column.name for column in columns])


def _mark(layer: Layer) -> str:
    return mark(layer.contract_sha256, [column.name for column in public_columns(layer)])
