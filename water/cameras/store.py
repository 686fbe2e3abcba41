"""SQL of cameras and snapshots 视频与抓拍取数."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import orjson
from psycopg.rows import dict_row
from psycopg.sql import SQL

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from water.cameras.model import Camera, Shot, Snapshot
from water.cameras.source import CameraSource, Kind
from water.moment import Moment

_CAMERAS: Final = SQL(
    "with v as materialized (select v.fid, v.camera_id, v.name, v.route_id, v.bank, v.chainage_m, v.geom,"
    " v.azimuth_deg, v.tilt_deg, v.view_deg, v.reach_m, v.mount_m, v.source, v.every_s, v.status,"
    " v.data_nature from history.river_cameras v where v.valid_from <= %(at)s"
    " and v.valid_to > %(at)s and {believed} and (%(ids)s::text[] is null or v.fid = any(%(ids)s))),"
    " w as (select v.fid, ST_AsGeoJSON(v.geom, 9) shape from history.river_camera_views v"
    "   where v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed})"
    " select v.camera_id, v.name, v.route_id, v.bank, v.chainage_m, ST_X(v.geom) lon, ST_Y(v.geom) lat,"
    " v.azimuth_deg, v.tilt_deg, v.view_deg, v.reach_m, v.mount_m, v.source, v.every_s, v.status,"
    " v.data_nature, w.shape from v left join w using (fid) order by v.route_id, v.chainage_m, v.fid"
)
_SNAPSHOT: Final = (
    "s.camera, s.slot, s.taken_at, s.state, s.detail, s.media_type, s.width, s.height, s.size_bytes,"
    " encode(s.sha256, 'hex'), encode(s.sha512, 'hex')"
)


def cameras(connection: Connection, moment: Moment, ids: Sequence[str] | None = None) -> list[Camera]:
    """Cameras as they stand, down each river; all of them or these."""
    given = {"ids": None if ids is None else list(ids), **moment.values()}
    statement = _CAMERAS.format(believed=moment.believed)
    with connection.cursor(row_factory=dict_row) as cursor:
        return [_camera(row) for row in cursor.execute(statement, given).fetchall()]


def sources(connection: Connection) -> dict[str, CameraSource]:
    """The declared sources by name."""
    rows = connection.execute("select name, kind, address from water.camera_source order by name").fetchall()
    return {name: CameraSource(name, Kind(kind), address) for name, kind, address in rows}


def declare(connection: Connection, source: CameraSource) -> None:
    """Declare a source, or where it is now."""
    connection.execute(
        "insert into water.camera_source (name, kind, address) values (%s, %s, %s)"
        " on conflict (name) do update set kind = excluded.kind, address = excluded.address",
        (source.name, source.kind.value, source.address),
    )


def undeclare(connection: Connection, name: str) -> bool:
    """Ask a source no longer; False where there is none of that name."""
    return bool(connection.execute("delete from water.camera_source where name = %s", (name,)).rowcount)


def last(connection: Connection, camera: str, state: Shot | None = None) -> Snapshot | None:
    """The newest snapshot of a camera, of one state where it is said."""
    rows = _snapshots(
        connection,
        "s.camera = %(camera)s and (%(state)s::text is null or s.state = %(state)s)"
        " order by s.slot desc limit 1",
        {"camera": camera, "state": None if state is None else state.value},
    )
    return rows[0] if rows else None


def snapshots(
    connection: Connection, camera: str, start: datetime, end: datetime, limit: int
) -> list[Snapshot]:
    """The snapshots that were due from ``start`` up to ``end``, in order."""
    given = {"camera": camera, "start": start, "end": end, "limit": limit}
    where = (
        "s.camera = %(camera)s and s.slot >= %(start)s and s.slot < %(end)s order by s.slot limit %(limit)s"
    )
    return _snapshots(connection, where, given)


def keep(connection: Connection, snapshot: Snapshot, content: bytes | None) -> bool:
    """Keep a snapshot with its picture; False where its slot is kept already."""
    done = connection.execute(
        "insert into water.camera_snapshot as s (camera, slot, taken_at, state, detail, media_type, width,"
        " height, size_bytes, sha256, sha512) values (%(camera)s, %(slot)s, %(taken_at)s, %(state)s,"
        " %(detail)s, %(media_type)s, %(width)s, %(height)s, %(size_bytes)s, decode(%(sha256)s, 'hex'),"
        " decode(%(sha512)s, 'hex')) on conflict (camera, slot) do update set taken_at = excluded.taken_at,"
        " state = excluded.state, detail = excluded.detail, media_type = excluded.media_type,"
        " width = excluded.width, height = excluded.height, size_bytes = excluded.size_bytes,"
        " sha256 = excluded.sha256, sha512 = excluded.sha512 where s.state <> 'kept'",
        {
            "camera": snapshot.camera,
            "slot": snapshot.slot,
            "taken_at": snapshot.taken_at,
            "state": snapshot.state.value,
            "detail": snapshot.detail,
            "media_type": snapshot.media_type,
            "width": snapshot.width,
            "height": snapshot.height,
            "size_bytes": snapshot.size_bytes,
            "sha256": snapshot.sha256,
            "sha512": snapshot.sha512,
        },
    )
    if done.rowcount and content is not None:
        connection.execute(
            "insert into water.camera_picture (camera, slot, content) values (%s, %s, %s)",
            (snapshot.camera, snapshot.slot, content),
        )
    return bool(done.rowcount)


def picture(connection: Connection, camera: str, slot: datetime) -> bytes | None:
    """The bytes of a picture that is not in the archive yet."""
    row = connection.execute(
        "select content from water.camera_picture where camera = %s and slot = %s", (camera, slot)
    ).fetchone()
    return None if row is None else bytes(row[0])


def open_days(connection: Connection, before: date) -> list[tuple[str, date]]:
    """Days of cameras before this one that are not in the archive and have something to tell."""
    rows = connection.execute(
        "select distinct s.camera, (s.slot at time zone 'Asia/Shanghai')::date from water.camera_snapshot s"
        " where not exists (select from water.camera_day d where d.camera = s.camera"
        "   and d.day = (s.slot at time zone 'Asia/Shanghai')::date)"
        " and s.slot < %s::date::timestamp at time zone 'Asia/Shanghai' order by 2, 1",
        (before,),
    )
    return [(camera, day) for camera, day in rows.fetchall()]


def archived(
    connection: Connection, camera: str, day: date, object_id: str, version: int, now: datetime
) -> None:
    """The archive holds a day: its pictures need not be kept here any longer."""
    connection.execute(
        "insert into water.camera_day (camera, day, object, version, archived_at)"
        " values (%s, %s, %s, %s, %s)",
        (camera, day, object_id, version, now),
    )
    connection.execute(
        "delete from water.camera_picture where camera = %s"
        " and (slot at time zone 'Asia/Shanghai')::date = %s",
        (camera, day),
    )


def days(connection: Connection, camera: str) -> dict[date, tuple[str, int]]:
    """By day: object and version of the archive that hold it."""
    rows = connection.execute(
        "select day, object, version from water.camera_day where camera = %s", (camera,)
    ).fetchall()
    return {day: (object_id, version) for day, object_id, version in rows}


def _snapshots(connection: Connection, where: str, given: Mapping[str, Any]) -> list[Snapshot]:
    rows = connection.execute(f"select {_SNAPSHOT} from water.camera_snapshot s where {where}", given)
    return [
        Snapshot(camera, slot.astimezone(BEIJING), taken_at.astimezone(BEIJING), Shot(state), *rest)
        for camera, slot, taken_at, state, *rest in rows.fetchall()
    ]


def _camera(row: Mapping[str, Any]) -> Camera:
    pose = {name: row[name] for name in ("azimuth_deg", "tilt_deg", "view_deg", "reach_m", "mount_m")}
    return Camera(
        *(
            row["camera_id"],
            row["name"],
            row["route_id"],
            row["bank"],
            row["chainage_m"],
            row["lon"],
            row["lat"],
        ),
        *(pose, row["source"], row["every_s"], row["status"], row["data_nature"] == "合成数据"),
        None if row["shape"] is None else orjson.loads(row["shape"]),
    )
