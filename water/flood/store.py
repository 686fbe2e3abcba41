"""Runs and their files in the database; the only SQL of the package."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import shapely
from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.errors import shorten
from water.errors import UnknownFloodFile, UnknownRun
from water.flood.extent import Raster
from water.flood.run import STATE, File, Kind, Run

PIECE_BYTES = 1 << 20
STALE = timedelta(days=3)
"""A run that has stood still for so long has no job any more."""
_COLUMNS = (
    "id, kind, title, version, inputs, inputs_sha256, ground_sha256, repeats, begins_at, asof, duration_s,"
    " subject, department, layers, synthetic, plane, west_m, north_m, cell_m, height, width"
)


def keep(connection: Connection, run: Run) -> None:
    """Enter a run whose files are there, inside the caller's transaction; it is under way no longer."""
    raster = run.raster
    values = (
        *(run.id, run.kind.value, run.title, run.version, Jsonb(dict(run.inputs))),
        *(run.inputs_sha256, run.ground_sha256, run.repeats, run.begins_at, run.asof, run.duration_s),
        *(run.subject, run.department, list(run.layers), run.synthetic),
        *(raster.zone, raster.west_m, raster.north_m, raster.cell_m, raster.rows, raster.columns),
        *(shapely.to_wkb(run.outline), Jsonb(dict(run.told))),
    )
    marks = ", ".join(["%s"] * 21)
    connection.execute(
        f"insert into flood.run ({_COLUMNS}, outline, told)"
        f" values ({marks}, st_setsrid(st_geomfromwkb(%s), 4490), %s)",
        values,
    )
    connection.execute("delete from flood.file where run = %s and name = %s", (run.id, STATE))
    connection.execute("delete from flood.under_way where run = %s", (run.id,))


def run(connection: Connection, run_id: str) -> Run:
    """The run of that id; UnknownRun."""
    found = _runs(connection, "where id = %s", (run_id,))
    if not found:
        shown = shorten(run_id, 60)
        raise UnknownRun(
            f"没有这个推演,已存的见 /flood/runs:{shown}",
            f"no such run, /flood/runs lists those that are kept: {shown}",
            value=shown,
        )
    return found[0]


def runs(connection: Connection, limit: int, offset: int = 0, asof: datetime | None = None) -> list[Run]:
    """Kept runs, those that were kept by ``asof``, the newest first."""
    clause = "where coalesce(kept_at <= %s, true) order by kept_at desc, id limit %s offset %s"
    return _runs(connection, clause, (asof, limit, offset))


def _runs(connection: Connection, clause: str, values: tuple[object, ...]) -> list[Run]:
    rows = connection.execute(
        f"select {_COLUMNS}, st_asbinary(outline), told, kept_at from flood.run {clause}", values
    ).fetchall()
    return [_run(row) for row in rows]


def _run(row: Sequence[Any]) -> Run:
    inputs_sha256, ground_sha256 = bytes(row[5]), bytes(row[6])
    plane, west_m, north_m, cell_m, height, width, outline, told, kept_at = row[15:]
    return Run(
        id=row[0],
        kind=Kind(row[1]),
        title=row[2],
        version=row[3],
        inputs=row[4],
        inputs_sha256=inputs_sha256,
        ground_sha256=ground_sha256,
        repeats=row[7],
        begins_at=row[8],
        asof=row[9],
        duration_s=row[10],
        subject=row[11],
        department=row[12],
        layers=tuple(row[13]),
        synthetic=row[14],
        raster=Raster(plane, west_m, north_m, cell_m, height, width),
        outline=shapely.from_wkb(bytes(outline)),
        told=told,
        kept_at=kept_at,
    )


def files(connection: Connection, run_id: str) -> list[File]:
    """The files of a run by name; the chunks of its Zarr store are not listed one by one."""
    rows = connection.execute(
        "select name, media_type, sha256, size_bytes from flood.file"
        " where run = %s and (name not like '%%.zarr/%%' or name like '%%.zarr/zarr.json') order by name",
        (run_id,),
    ).fetchall()
    return [File(name, media, bytes(digest), size) for name, media, digest, size in rows]


def put(connection: Connection, run_id: str, name: str, media_type: str, content: bytes) -> File:
    """Write a file whole, in place of one of that name, inside the caller's transaction."""
    digest = hashlib.sha256(content).digest()
    connection.execute("delete from flood.file where run = %s and name = %s", (run_id, name))
    connection.execute(
        "insert into flood.file (run, name, media_type, sha256, size_bytes) values (%s, %s, %s, %s, %s)",
        (run_id, name, media_type, digest, len(content)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into flood.piece (run, name, number, bytes) values (%s, %s, %s, %s)",
            [
                (run_id, name, number, content[at : at + PIECE_BYTES])
                for number, at in enumerate(range(0, len(content), PIECE_BYTES))
            ],
        )
    return File(name, media_type, digest, len(content))


def find(connection: Connection, run_id: str, name: str) -> File | None:
    """The file of that name."""
    row = connection.execute(
        "select name, media_type, sha256, size_bytes from flood.file where run = %s and name = %s",
        (run_id, name),
    ).fetchone()
    return None if row is None else File(row[0], row[1], bytes(row[2]), row[3])


def content(connection: Connection, run_id: str, name: str) -> bytes:
    """A file's bytes; UnknownFloodFile."""
    found = find(connection, run_id, name)
    if found is None:
        shown = shorten(name)
        raise UnknownFloodFile(
            f"推演 {run_id} 没有这个文件:{shown}", f"run {run_id} has no such file: {shown}", value=shown
        )
    return part(connection, run_id, name, 0, found.size_bytes - 1)


def part(connection: Connection, run_id: str, name: str, first: int, last: int) -> bytes:
    """Bytes ``first`` to ``last`` (included) of a file."""
    low, high = first // PIECE_BYTES, last // PIECE_BYTES
    rows = connection.execute(
        "select bytes from flood.piece where run = %s and name = %s and number between %s and %s"
        " order by number",
        (run_id, name, low, high),
    ).fetchall()
    whole = b"".join(bytes(row[0]) for row in rows)
    start = low * PIECE_BYTES
    return whole[first - start : last + 1 - start]


def chunks(connection: Connection, run_id: str, names: Sequence[str]) -> dict[str, bytes]:
    """Those of the named small files that are there."""
    rows = connection.execute(
        "select name, bytes from flood.piece where run = %s and name = any(%s) and number = 0",
        (run_id, list(names)),
    ).fetchall()
    return {name: bytes(held) for name, held in rows}


def remove(connection: Connection, run_id: str, names: Sequence[str]) -> None:
    """Files that were only of use on the way, in the caller's transaction."""
    connection.execute("delete from flood.file where run = %s and name = any(%s)", (run_id, list(names)))


def saved_at(connection: Connection, run_id: str) -> float | None:
    """The second at which a run under way was saved last."""
    row = connection.execute("select t_s from flood.under_way where run = %s", (run_id,)).fetchone()
    return None if row is None else float(row[0])


def note(connection: Connection, run_id: str, t_s: float) -> None:
    """A run under way was saved, in the caller's transaction."""
    connection.execute(
        "insert into flood.under_way (run, t_s) values (%s, %s)"
        " on conflict (run) do update set t_s = excluded.t_s, saved_at = clock_timestamp()",
        (run_id, t_s),
    )


def drop(connection: Connection, run_id: str) -> None:
    """Nothing is left of a run that was not kept."""
    connection.execute(
        "delete from flood.file f where f.run = %s"
        " and not exists (select from flood.run r where r.id = f.run)",
        (run_id,),
    )
    connection.execute("delete from flood.under_way where run = %s", (run_id,))


def drop_stale(connection: Connection) -> None:
    """Nothing is left of runs whose jobs were given up."""
    rows = connection.execute(
        "select run from flood.under_way where saved_at < clock_timestamp() - %s for update skip locked",
        (STALE,),
    ).fetchall()
    for (run_id,) in rows:
        drop(connection, run_id)
