"""Vector tiles of what everybody saw of a layer 公示瓦片: the rows and the masks of its features, drawn.

A tile is cut from the shape that is shown: of a generalised layer from the one on the coarse grid, so no
zoom shows more than the features do.
"""

from __future__ import annotations

import hashlib
from typing import Final

from psycopg.sql import SQL

from planning.publication.snapshot_store import Source, chosen
from spatial.history.read import Condition, Statement
from tiles import vector
from tiles.ground import degrees
from tiles.ladder.lattice import pixel_deg
from tiles.mark import FORM
from tiles.matrix import MatrixSet, Tile

_LARGEST: Final = SQL(
    " order by greatest(%s, ST_XMax(v.geom) - ST_XMin(v.geom), ST_YMax(v.geom) - ST_YMin(v.geom)) desc,"
    " hashtextextended(v.fid, 0), v.fid limit %s"
)
"""Among what is smaller than a pixel, in an order that is even over the ground."""


def mark(source: Source, sha256: str) -> str:
    """``v``: what was pinned, and how much of it is shown: where secrecy grows, another one.

    ``sha256`` is the layer's, over all that everybody saw of it.
    """
    parts = (FORM, sha256, source.precision, source.grid_m, *source.fields)
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def cut(source: Source, matrix_set: MatrixSet, tile: Tile, most: int | None) -> Statement:
    """A tile of all that is shown there, or of the ``most`` largest. Columns as of ``tiles.vector.whole``."""
    box = degrees(matrix_set, tile)
    corners = (box.left, box.bottom, box.right, box.top)
    if most is None:
        rows = chosen(source, corners, SQL(""))
    else:
        rows = chosen(source, corners, _LARGEST, pixel_deg(matrix_set, tile.zoom), most)
    columns = {column.name: column for column in source.table.columns}
    carried = "".join(f", {vector.said(columns[name])}" for name in source.fields)
    shape = vector.on_grid(source.table, matrix_set, tile, coarse=most is not None)
    drawn = Condition(
        f"select v.fid{carried}, {shape.sql} as geom from ({rows.sql}) v offset 0",
        (*shape.params, *rows.params),
    )
    return vector.tile_of(source.contract.id, drawn, counted=False)
