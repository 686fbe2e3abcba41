"""Kept runs: what comes back is what was written, whole, and nothing is left of what was given up."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from flood_runs import PLANE, entered, extent
from rasterio.io import MemoryFile

from spatial.database import Connection
from water.errors import NoExtent, UnknownFloodFile, UnknownRun
from water.flood import cog, kept, plane, store, subset
from water.flood.run import DEPTH, STATE, Kind


def test_an_extent_comes_back_as_it_was(database: str, connection: Connection) -> None:
    made = entered(database, "F20260820-1")
    found = kept.extent(connection, "F20260820-1")
    assert found.raster == made.raster
    assert np.array_equal(found.depth_m, made.depth_m)
    assert np.array_equal(found.arrival_s, made.arrival_s)
    assert np.array_equal(found.speed_m_s, made.speed_m_s)
    body = store.content(connection, "F20260820-1", DEPTH)
    with MemoryFile(body) as file, file.open() as told:
        assert told.crs.to_epsg() == 4549 and told.nodata == 0.0
        assert told.tags()["ONEMAP"] == "合成数据"
        assert told.bounds == rasterio.coords.BoundingBox(480_000.0, 4_079_400.0, 480_800.0, 4_080_000.0)
    assert cog.written(made.raster, made.depth_m, 0.0, {}) == cog.written(
        extent().raster, extent().depth_m, 0.0, {}
    )


def test_parts_of_a_file_are_its_bytes(database: str, connection: Connection) -> None:
    body = np.random.default_rng(1).bytes(3 * store.PIECE_BYTES + 17)
    store.put(connection, "F20260820-2", "large.bin", "application/octet-stream", body)
    size = store.PIECE_BYTES
    for first, last in ((0, 0), (5, size + 5), (size - 1, size), (2 * size, 3 * size + 16)):
        assert store.part(connection, "F20260820-2", "large.bin", first, last) == body[first : last + 1]


def test_what_is_not_there_is_said(database: str, connection: Connection) -> None:
    with pytest.raises(UnknownRun, match="F-nobody"):
        kept.extent(connection, "F-nobody")
    entered(database, "F20260820-3", Kind.ENSEMBLE)
    with pytest.raises(NoExtent):
        kept.extent(connection, "F20260820-3")
    with pytest.raises(UnknownFloodFile):
        store.content(connection, "F20260820-3", "none.tif")


def test_nothing_is_left_of_a_run_that_was_given_up(database: str, connection: Connection) -> None:
    entered(database, "F20260820-4")
    for run_id in ("F20260820-4", "F20260820-5"):
        store.put(connection, run_id, STATE, "application/octet-stream", b"1")
        store.note(connection, run_id, 60.0)
    connection.execute("update flood.under_way set saved_at = saved_at - interval '9 days'")
    store.drop_stale(connection)
    assert store.saved_at(connection, "F20260820-5") is None
    assert store.find(connection, "F20260820-5", STATE) is None
    assert kept.extent(connection, "F20260820-4").depth_m.any()


def test_a_part_of_a_run_is_the_cells_that_a_box_touches() -> None:
    east, north = plane.centres(PLANE)
    places = plane.to_degrees(np.array([[x, y] for y in north for x in east]), PLANE.zone)
    west, south = places.min(axis=0)
    box = [west + 0.002, south + 0.001, west + 0.005, south + 0.004]
    found = subset.window(PLANE, box)
    assert found is not None
    inside = ((places >= box[:2]) & (places <= box[2:])).all(axis=1).reshape(PLANE.rows, PLANE.columns)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    edges = (found.first_row, found.last_row, found.first_column, found.last_column)
    wanted = (rows[0], rows[-1], columns[0], columns[-1])
    outward = np.array([-1, 1, -1, 1]) * (np.array(edges) - wanted)
    assert ((outward >= 0) & (outward <= 1)).all()  # those whose middles lie inside, and their neighbours
    assert subset.window(PLANE, [-180, -90, 180, 90]) == subset.window(PLANE, None)
    assert subset.window(PLANE, [100, 20, 101, 21]) is None
