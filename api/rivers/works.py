"""Works, defects, papers, sections over HTTP 沿河: what lies along a river; a defect; a file; a profile."""

from __future__ import annotations

import re
from typing import Final

import orjson
from starlette.routing import Route

from api.address.asked import answer
from api.door import route
from api.parameters import COMMON, given
from api.problem import BadParameter
from api.rivers.held import AT, RiverDoor, moment, require, wanted_datum
from api.wire import Reply, Request
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import shorten
from water.errors import UnknownPaper
from water.network.linked import unknown
from water.works import along_store, defects, offset, offset_store, papers, section_store
from water.works.layers import DEFECTS, DOCUMENTS, INSPECTIONS, OFFSETS, SECTIONS, WORKS
from water.works.offset import Place
from water.works.section import Section
from water.works.stretch import Bank, Stretch

KINDS: Final = {
    "works": WORKS,
    "defects": (DEFECTS,),
    "inspections": (INSPECTIONS,),
    "documents": (DOCUMENTS,),
}
ALONG_MOST: Final = 2_000
FARTHEST_M: Final = 1e7
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class RiverWorks(RiverDoor):
    """The handlers of what lies along a river."""

    def routes(self) -> list[Route]:
        """Along a river, one defect, one file, one cross-section."""
        return [
            route("/rivers/{route}/along", self.along),
            route("/rivers/defects/{defect}", self.defect),
            route("/rivers/documents/{sha256}", self.document),
            route("/rivers/sections/{section}", self.section),
        ]

    async def along(self, request: Request) -> Reply:
        """``/rivers/{route}/along``: by chainage and bank, going down the river."""
        parameters = given(
            request.query_string, (*COMMON, "from", "to", "bank", "kinds", "limit", "datetime", "asof")
        )
        layers = _layers(parameters.get("kinds"))
        require(self._catalogue, request.principal, *layers)
        stretch = Stretch(
            request.path_params["route"],
            Bank.BOTH,
            _metres("from", parameters.get("from"), 0.0),
            _metres("to", parameters.get("to"), FARTHEST_M),
        )
        banks, then = _banks(parameters.get("bank")), moment(parameters)
        limit = _limit(parameters.get("limit"))
        found = await self._desk.run(
            lambda connection: along_store.along(connection, layers, stretch, banks, then, limit + 1)
        )
        document = {
            "type": "FeatureCollection",
            "route": stretch.route,
            "datetime": format_instant(then.at),
            "more": len(found) > limit,
            "features": [{**orjson.loads(feature), "layer": layer} for layer, _, _, feature in found[:limit]],
        }
        return self._reply(request, parameters, document, f"沿河 Along {stretch.route}")

    async def section(self, request: Request) -> Reply:
        """``/rivers/sections/{section}``: its profile, in its datum or in one that offsets lead to."""
        parameters = given(request.query_string, (*AT, "vertical_datum"))
        require(self._catalogue, request.principal, SECTIONS, OFFSETS)
        then, section_id = moment(parameters), request.path_params["section"]
        wanted = wanted_datum(parameters)

        def read(connection: Connection) -> Section | None:
            found = section_store.section(connection, section_id, then)
            if found is None or wanted is None:
                return found
            offsets = offset_store.offsets(connection, then)
            place = Place(found.lon_deg, found.lat_deg)
            return found.in_datum(wanted, offset.between(found.datum, wanted, place, offsets))

        found = await self._desk.run(read)
        if found is None:
            raise unknown(SECTIONS, section_id)
        document = {
            "id": found.id,
            "name": found.name,
            "route_id": found.route,
            "chainage_m": found.chainage_m,
            "surveyed_on": found.surveyed_on,
            "vertical_datum": found.datum.value,
            "synthetic": found.synthetic,
            "points": [[distance, round(height, 4)] for distance, height in found.points],
        }
        return self._reply(request, parameters, document, f"断面 Section {found.name}")

    async def defect(self, request: Request) -> Reply:
        """``/rivers/defects/{defect}``: the steps it has taken, with who and when."""
        parameters = given(request.query_string, COMMON)
        require(self._catalogue, request.principal, DEFECTS)
        defect_id = request.path_params["defect"]
        found = await self._desk.run(lambda connection: along_store.steps(connection, defect_id))
        if not found:
            raise defects.unknown(defect_id)
        steps = [
            {
                "status": each["status"],
                "from": format_instant(each["valid_from"]),
                "who": each["checked_by"] if each["status"] == "checked" else each["assigned_to"],
                "remark": each["remark"] or "",
                "by": each["author"],
                "department": each["department"],
                "reason": each["reason"],
                "recorded_at": format_instant(each["recorded_at"]),
            }
            for each in found
        ]
        document = {"defect": defect_id, "status": steps[-1]["status"], "steps": steps}
        return self._reply(request, parameters, document, f"缺陷 Defect {defect_id}")

    async def document(self, request: Request) -> Reply:
        """``/rivers/documents/{sha256}``: the bytes of a document on the register."""
        given(request.query_string, ())
        require(self._catalogue, request.principal, DOCUMENTS)
        sha256 = request.path_params["sha256"]
        if not _SHA256.fullmatch(sha256):
            shown = shorten(sha256, 64)
            raise UnknownPaper(
                f"不是内容摘要(64 位十六进制):{shown}",
                f"is no digest of 64 hexadecimal digits: {shown}",
                value=shown,
            )

        def read(connection: Connection) -> tuple[str, str, bytes]:
            return papers.content(connection, sha256)

        _, media, body = await self._desk.run(read)
        reply = answer(request, body, 1, media.encode())
        reply.headers += [
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"sandbox"),
            (b"content-disposition", f'inline; filename="{sha256[:16]}"'.encode()),
        ]
        return reply


def _layers(text: str | None) -> tuple[str, ...]:
    names = list(KINDS) if text is None else text.split(",")
    for name in names:
        if name not in KINDS or names.count(name) > 1:
            raise BadParameter(
                "kinds",
                f"须为 {'、'.join(KINDS)},各一次",
                f"are of {', '.join(KINDS)}, each once",
                value=name,
            )
    return tuple(layer for name in names for layer in KINDS[name])


def _banks(text: str | None) -> tuple[Bank, ...]:
    """Without one everything: the channel, too."""
    if text is not None and text not in [each.value for each in Bank]:
        allowed = ", ".join(each.value for each in Bank)
        raise BadParameter("bank", f"须为 {allowed} 之一", f"is one of {allowed}", value=text)
    return tuple(Bank) if text is None else Bank(text).meets


def _metres(name: str, text: str | None, otherwise: float) -> float:
    if text is None:
        return otherwise
    try:
        metres = float(text)
    except ValueError:
        metres = -1.0
    if not 0 <= metres <= FARTHEST_M:
        raise BadParameter(
            name, f"须为 0 至 {FARTHEST_M:g} 的米数", f"is metres from 0 to {FARTHEST_M:g}", value=text
        )
    return metres


def _limit(text: str | None) -> int:
    if text is None:
        return ALONG_MOST
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= ALONG_MOST):
        raise BadParameter("limit", f"须为 1 至 {ALONG_MOST}", f"is 1 to {ALONG_MOST}", value=text)
    return int(text)
