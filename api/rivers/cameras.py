"""Cameras along the rivers over HTTP 河道视频: the register, snapshots with gaps and proof, a picture."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import quote

from starlette.routing import Route

from api.door import route
from api.parameters import COMMON, given, instant
from api.problem import BadParameter
from api.rivers.held import AT, Document, RiverDoor, moment, require
from api.wire import Reply, Request
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING
from spatial.errors import shorten
from water.archive.holdings import Holdings
from water.cameras import keeping, store
from water.cameras.layers import CAMERAS, VIEWS
from water.cameras.model import Camera, Shot, Snapshot, gaps
from water.errors import UnknownCamera
from water.moment import Moment
from water.network.chainage import written

SPAN_MOST: Final = timedelta(days=31)
SNAPSHOTS_MOST: Final = 2_000


class RiverCameras(RiverDoor):
    """The handlers of cameras."""

    def routes(self) -> list[Route]:
        """Cameras, one camera, its snapshots, one picture."""
        return [
            route("/rivers/cameras", self.cameras),
            route("/rivers/cameras/{camera}", self.camera),
            route("/rivers/cameras/{camera}/snapshots", self.snapshots),
            route("/rivers/cameras/{camera}/snapshots/{slot}", self.picture),
        ]

    async def cameras(self, request: Request) -> Reply:
        """``/rivers/cameras``: all of them, down each river."""
        parameters = given(request.query_string, AT)
        require(self._catalogue, request.principal, CAMERAS, VIEWS)
        then, base = moment(parameters), request.base_url(self._base_url)
        found = await self._desk.run(lambda connection: store.cameras(connection, then))
        document = {"cameras": [_camera(each, base) for each in found]}
        return self._reply(request, parameters, document, "河道视频点 River cameras")

    async def camera(self, request: Request) -> Reply:
        """``/rivers/cameras/{camera}``: pose, wedge, chainage, the newest snapshot."""
        parameters = given(request.query_string, AT)
        require(self._catalogue, request.principal, CAMERAS, VIEWS)
        then, camera_id = moment(parameters), request.path_params["camera"]
        base = request.base_url(self._base_url)

        def read(connection: Connection) -> tuple[Camera, Snapshot | None]:
            return _one(connection, camera_id, then), store.last(connection, camera_id)

        one, newest = await self._desk.run(read)
        document = {
            **_camera(one, base),
            "latest": None if newest is None else _snapshot(newest, None, base),
        }
        return self._reply(request, parameters, document, f"视频点 Camera {one.name}")

    async def snapshots(self, request: Request) -> Reply:
        """``/rivers/cameras/{camera}/snapshots``: what came from ``start`` to ``end``, and what did not."""
        parameters = given(request.query_string, (*COMMON, "start", "end"))
        require(self._catalogue, request.principal, CAMERAS)
        camera_id, base = request.path_params["camera"], request.base_url(self._base_url)
        end = instant("end", parameters.get("end")) or datetime.now(BEIJING)
        start = instant("start", parameters.get("start")) or end - timedelta(days=1)
        if not timedelta() < end - start <= SPAN_MOST:
            raise BadParameter(
                "end",
                f"须晚于 start,时段至多 {SPAN_MOST.days} 天",
                f"lies after start, by {SPAN_MOST.days} days at most",
                value=format_instant(end),
            )

        def read(connection: Connection) -> tuple[Camera, list[Snapshot], dict[date, tuple[str, int]]]:
            one = _one(connection, camera_id, Moment(datetime.now(BEIJING)))
            found = store.snapshots(connection, camera_id, start, end, SNAPSHOTS_MOST + 1)
            return one, found, store.days(connection, camera_id)

        one, found, days = await self._desk.run(read)
        more, found = len(found) > SNAPSHOTS_MOST, found[:SNAPSHOTS_MOST]
        document = {
            "camera": one.id,
            "every_s": one.every_s,
            "more": more,
            "snapshots": [_snapshot(each, days.get(each.slot.date()), base) for each in found],
            "gaps": [
                {
                    "state": each.state.value,
                    "start": format_instant(each.start),
                    "end": format_instant(each.end),
                    "expected": each.expected,
                    "detail": each.detail,
                }
                for each in (gaps(found, one.every_s) if one.every_s else ())
            ],
        }
        return self._reply(request, parameters, document, f"抓拍 Snapshots {one.name}")

    async def picture(self, request: Request) -> Reply:
        """``…/snapshots/{slot}``: the picture as it came, or out of the archive as it was entered."""
        given(request.query_string, ())
        require(self._catalogue, request.principal, CAMERAS)
        camera_id, slot = request.path_params["camera"], _slot(request.path_params["slot"])

        def read(connection: Connection) -> tuple[str, bytes]:
            found = store.snapshots(connection, camera_id, slot, slot + timedelta(seconds=1), 1)
            if not found or found[0].state is not Shot.KEPT:
                raise _unknown(camera_id, request.path_params["slot"])
            content = store.picture(connection, camera_id, slot)
            if content is not None:
                return str(found[0].media_type), content
            held = store.days(connection, camera_id)[found[0].slot.date()]
            return "image/tiff", keeping.proven(Holdings.of(connection).first, *held, found[0])

        media_type, content = await self._desk.run(read)
        headers = [
            (b"content-type", media_type.encode()),
            (b"cache-control", b"private, no-cache"),
        ]
        return Reply(200, headers, content)


def _one(connection: Connection, camera_id: str, then: Moment) -> Camera:
    found = store.cameras(connection, then, [camera_id])
    if not found:
        raise _unknown(camera_id, "")
    return found[0]


def _camera(one: Camera, base: str) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "position": [one.lon_deg, one.lat_deg],
        "pose": one.pose,
        "view": one.view,
        "route_id": one.route,
        "chainage": written(one.chainage_m),
        "chainage_m": one.chainage_m,
        "bank": one.bank,
        "status": one.status,
        "every_s": one.every_s,
        "synthetic": one.synthetic,
        "href": f"{base}/rivers/cameras/{quote(one.id, safe='')}",
    }


def _snapshot(one: Snapshot, day: tuple[str, int] | None, base: str) -> Document:
    """A snapshot with its digests; of an archived day, where its version and the proof of that are."""
    slot = format_instant(one.slot)
    told: Document = {
        "slot": slot,
        "taken_at": format_instant(one.taken_at),
        "state": one.state.value,
        "detail": one.detail,
    }
    if one.state is not Shot.KEPT:
        return told
    address = f"{base}/rivers/cameras/{quote(one.camera, safe='')}/snapshots/{quote(slot, safe='')}"
    told |= {
        "mediaType": one.media_type,
        "width": one.width,
        "height": one.height,
        "bytes": one.size_bytes,
        "sha256": one.sha256,
        "sha512": one.sha512,
        "href": address,
        "archived": None,
    }
    if day is not None:
        object_id, version = day
        own = f"{base}/archive/objects/{quote(object_id, safe='')}/versions/{version}"
        told["archived"] = {
            "object": object_id,
            "version": version,
            "path": keeping.place(one),
            "href": own,
            "proof": f"{own}/proof",
        }
    return told


def _slot(text: str) -> datetime:
    found = instant("slot", text)
    assert found is not None
    return found


def _unknown(camera_id: str, slot: str) -> UnknownCamera:
    shown = shorten(f"{camera_id} {slot}".strip())
    return UnknownCamera(
        f"没有这个视频点,或此刻没有画面:{shown}",
        f"no such camera, or no picture of it then: {shown}",
        value=shown,
    )
