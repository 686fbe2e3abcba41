"""What is prepared, and what of the catalogue still has to be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from psycopg.sql import SQL, Identifier

from spatial.database import Connection
from spatial.history.model import FeatureTable
from spatial.history.read import Statement
from tiles.raster.model import Content, Prepared, Source

_COLUMNS = "asset_id, matrix_set, content, file, sha256, size_bytes, max_zoom, bands, low, high, recipe"


def sources(
    connection: Connection, table: FeatureTable, asset_ids: Sequence[str] | None = None
) -> list[Source]:
    """The images that stand in the catalogue now, by name; those of ``asset_ids`` where they are named."""
    rows = connection.execute(
        SQL(
            "select asset_id, name, place, frame, height_type, bands, sample_type, nodata, resolution_m,"
            " acquired from {}"
            " where valid_from <= now() and valid_to > now()"
            " and (%s::text[] is null or asset_id = any(%s)) order by name, asset_id"
        ).format(Identifier("history", table.believed)),
        (None if asset_ids is None else list(asset_ids),) * 2,
    ).fetchall()
    return [_source(*row) for row in rows]


def prepared(connection: Connection, asset_ids: Sequence[str] | None = None) -> list[Prepared]:
    """What is prepared, of all images or of these."""
    rows = connection.execute(
        f"select {_COLUMNS} from tiles.prepared_raster"
        " where %s::text[] is null or asset_id = any(%s) order by asset_id, matrix_set",
        (None if asset_ids is None else list(asset_ids),) * 2,
    )
    return [_prepared(*row) for row in rows]


def record(connection: Connection, made: Prepared) -> None:
    """Note a preparation; an older one of the same image and set is replaced."""
    connection.execute(
        f"insert into tiles.prepared_raster ({_COLUMNS})"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (asset_id, matrix_set) do update set content = excluded.content,"
        " file = excluded.file, sha256 = excluded.sha256, size_bytes = excluded.size_bytes,"
        " max_zoom = excluded.max_zoom, bands = excluded.bands, low = excluded.low, high = excluded.high,"
        " recipe = excluded.recipe, prepared_at = clock_timestamp()",
        (
            *(made.asset_id, made.matrix_set, made.content.value, made.file, made.sha256),
            *(made.size_bytes, made.max_zoom, made.bands, made.low, made.high, made.recipe),
        ),
    )


def forget(connection: Connection, known: Sequence[str]) -> list[str]:
    """Drop the notes of images that are none of these; the files they named."""
    rows = connection.execute(
        "delete from tiles.prepared_raster where asset_id <> all(%s) returning file", (list(known),)
    ).fetchall()
    return [row[0] for row in rows]


def of_set(matrix_set: str) -> Statement:
    """All that is prepared in one matrix set, as one JSON text for :func:`told`."""
    return Statement(
        "select coalesce(json_agg(json_build_array(asset_id, matrix_set, content, file,"
        " encode(sha256, 'hex'), size_bytes, max_zoom, bands, low, high, recipe)), '[]')::text"
        " from tiles.prepared_raster where matrix_set = %s",
        (matrix_set,),
    )


def told(text: str) -> Iterator[Prepared]:
    """What :func:`of_set` gave."""
    for asset_id, matrix_set, content, file, sha256, *others in json.loads(text):
        yield _prepared(asset_id, matrix_set, content, file, bytes.fromhex(sha256), *others)


def _prepared(
    asset_id: str, matrix_set: str, content: str, file: str, sha256: bytes, *others: Any
) -> Prepared:
    return Prepared(asset_id, matrix_set, Content(content), file, sha256, *others)


def _source(
    asset_id: str,
    name: str,
    place: str,
    frame: str,
    height_type: str,
    bands: int,
    sample_type: str,
    nodata: str | None,
    resolution_m: float,
    acquired: date | None,
) -> Source:
    """Heights are what says so, and what can be nothing else: one band of real numbers."""
    heights = bands == 1 and (height_type != "none" or sample_type.startswith("float"))
    content = Content.HEIGHTS if heights else Content.PICTURE
    try:
        nothing = None if nodata is None else float(nodata)
    except ValueError:
        nothing = None
    return Source(asset_id, name, place, frame, content, nothing, height_type, float(resolution_m), acquired)
