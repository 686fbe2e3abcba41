"""Making the dissolved tiles of a shelf 逐级上推: out of what the finer level hands up, where it does."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spatial.catalogue.contract import Step
from spatial.catalogue.ladder import NEAR, Resolved, rung_at
from spatial.catalogue.store import Layer
from spatial.database import Connection
from tiles.cut import public_columns
from tiles.far import store
from tiles.far.model import Shelf, State
from tiles.ladder import areas, share
from tiles.ladder import store as ladder
from tiles.ladder.plot import Plot, surveyed
from tiles.vector import TileQuery


@dataclass(frozen=True, slots=True)
class Climb:
    """One shelf, and what its neighbours in the ladder have to do with it."""

    connection: Connection
    shelf: Shelf
    finer: Shelf | None
    """Where the tiles are made of; ``None``: of the features."""
    above: Resolved | None
    """The rung that what is made is handed up to."""

    def body(self, query: TileQuery) -> bytes:
        """A tile; what it hands up is kept."""
        plot, own = self._surveyed(query) if self.finer is None else self._assembled(query, self.finer)
        if self.above is not None:
            given = share.handed_up(query, plot, self.above.single_px)
            store.hand_up(self.connection, self.shelf, query.tile, given)
        return areas.drawn(query, plot, own)

    def _surveyed(self, query: TileQuery) -> tuple[Plot, dict[str, str]]:
        asked = ladder.material(query, unmoved=True)
        row = self.connection.execute(asked.sql, asked.params, binary=True).fetchone()
        assert row is not None  # the statement always gives one
        material = areas.material_of(row[1:])
        return surveyed(query, material), areas.own_of(material)

    def _assembled(self, query: TileQuery, finer: Shelf) -> tuple[Plot, dict[str, str]]:
        tiles = share.givers(query.matrix_set, query.tile)
        plot = share.assembled(query, store.shares(self.connection, finer, tiles))
        known = len(plot.names) + 1
        shown = np.bincount(plot.cells.ravel(), minlength=known + len(plot.fids))[known:]
        asked = ladder.own(query, [plot.fids[at] for at in np.flatnonzero(shown).tolist()], unmoved=True)
        return plot, dict(self.connection.execute(asked.sql, asked.params, binary=True).fetchall())


def climb(connection: Connection, layer: Layer, shelf: Shelf, state: State) -> Climb | None:
    """How the tiles of a shelf are made in a state; ``None`` where they are not dissolved."""
    finer, here, above = (_rung(layer, shelf, shelf.zoom + step) for step in (1, 0, -1))
    if here is None or here.step is not Step.DISSOLVE:
        return None
    below = replace(shelf, zoom=shelf.zoom + 1)
    # Each shelf is brought up by itself: the finer one may have come to a later state meanwhile.
    ready = share.hands_up(finer, here) and store.newest(connection, [below]) == [state]
    return Climb(connection, shelf, below if ready else None, above if share.hands_up(here, above) else None)


def _rung(layer: Layer, shelf: Shelf, zoom: int) -> Resolved | None:
    """What holds at a zoom of the shelf's set; ``None`` where there are no far tiles."""
    near = shelf.matrix_set.near_zoom
    names = [column.name for column in public_columns(layer)]
    return rung_at(layer.contract, zoom - near + NEAR, names) if 0 <= zoom < near else None
