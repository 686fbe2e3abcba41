"""Schedules over HTTP 计划任务: a process by the clock, with the rights its setter holds when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.routing import Route

from api.body import json_object
from api.desk import Desk
from api.door import route
from api.executions import OFFERED, Executions, require_known
from api.job_list import LIMIT_DEFAULT, LIMIT_MAX, several
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.problem import BadParameter
from api.references import References
from api.wire import Reply, Request, held, tag_of
from spatial.access.model import Origin
from spatial.database import Connection
from spatial.datum import BEIJING, format_instant
from spatial.errors import Forbidden, StaleVersion, Unauthenticated, shorten
from spatial.jobs import reference, referring, schedule, store
from spatial.jobs.cron import following
from spatial.jobs.inputs import bad
from spatial.jobs.model import Owner
from spatial.jobs.reference import Reference
from spatial.jobs.schedule import Schedule

JSON = "application/json"
LISTED = ("processID", "limit", "after")
SET, CHANGED = ("name", "processID", "cron", "inputs", "paused"), ("cron", "paused")
Document = dict[str, Any]


class Schedules:
    """The handlers of schedules; whose jobs somebody may see, their schedules they may see."""

    def __init__(
        self,
        executions: Executions,
        references: References,
        desk: Desk,
        pages: Pages,
        base_url: str | None,
    ) -> None:
        self._executions = executions
        self._references = references
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """All of them, and one."""
        return [
            route("/schedules", self.schedules, POST=self.set),
            route("/schedules/{id}", self.schedule, PATCH=self.change, DELETE=self.remove),
        ]

    async def schedules(self, request: Request) -> Reply:
        """``/schedules``: the oldest first, of the asker's department; the operator sees all."""
        parameters = given(request.query_string, [*COMMON, *LISTED])
        asked = _listing(parameters, request)

        def read(connection: Connection) -> tuple[list[Document], bool]:
            found = schedule.listed(connection, asked)
            shown = found[: asked.limit - 1]
            return [self._document(request, connection, one) for one in shown], len(found) == asked.limit

        shown, more = await self._desk.run(read)
        base = request.base_url(self._base_url)
        links = [_link(f"{base}/schedules", "self"), _link(f"{base}/", "root")]
        if more:
            after = urlencode({**parameters, "after": shown[-1]["id"]})
            links.append(_link(f"{base}/schedules?{after}", "next"))
        document = {"schedules": shown, "links": links}
        return self._reply(request, document, "计划任务 Schedules")

    async def set(self, request: Request) -> Reply:
        """POST ``/schedules``: checked as an execution is, with the inputs that links hold now."""
        given(request.query_string, ())
        told = _told(await request.body(), SET)
        name, cron = _text(told, "name"), _text(told, "cron")
        process, paused = OFFERED[_text(told, "processID")], _flag(told, "paused", False)
        inputs = told.get("inputs", {})
        require_known(Owner.of(request.principal, {}))
        following(cron, datetime.now(BEIJING))
        if request.principal.origin is not Origin.LOCAL:
            schedule.require_interval(cron)
        links = reference.read_all(process, inputs) if isinstance(inputs, dict) else {}
        asked = await self._references.resolve(request, process, {"inputs": inputs}, kept=False)
        work = self._executions.request(
            request.principal, process.id, asked.document, asked.referred, asked.restricted
        )
        kept = referring.kept_links(links, self._own(request, links))

        def add(connection: Connection) -> Document:
            schedule.require_limits(connection, work.owner, cron)
            now = datetime.now(BEIJING)
            made = schedule.add(
                connection, name, cron, process.id, work.inputs, work.owner, now, kept, paused=paused
            )
            return self._document(request, connection, made)

        document = await self._desk.run(add)
        address = document["links"][0]["href"].encode()
        return _answer(201, document, (b"location", address))

    async def schedule(self, request: Request) -> Reply:
        """``/schedules/{id}``"""
        given(request.query_string, COMMON)

        def read(connection: Connection) -> Document:
            return self._document(request, connection, _seen(request, connection))

        document = await self._desk.run(read)
        return self._reply(request, document, f"计划 Schedule {document['name']}")

    async def change(self, request: Request) -> Reply:
        """PATCH ``/schedules/{id}``: ``paused`` and ``cron``, the rest stays as it was checked."""
        given(request.query_string, ())
        told = _told(await request.body(), CHANGED)
        if not told:
            raise bad("", "须给出 paused 或 cron", "must have paused or cron", "{}")

        asked = _text(told, "cron") if "cron" in told else None
        rest = _flag(told, "paused", False) if "paused" in told else None
        if asked is not None:
            following(asked, datetime.now(BEIJING))

        def work(connection: Connection) -> Document:
            one = _seen(request, connection, lock=True)
            self._require_current(request, connection, one)
            cron, paused = asked or one.cron, one.paused if rest is None else rest
            rests = paused and cron == one.cron
            if not (schedule.may_end if rests else schedule.may_start)(request.principal, one):
                raise _not_theirs(one, rests)
            now = datetime.now(BEIJING)
            if request.principal.origin is not Origin.LOCAL and cron != one.cron:
                schedule.require_interval(cron)
            return self._document(request, connection, schedule.change(connection, one, cron, paused, now))

        return _answer(200, await self._desk.run(work))

    async def remove(self, request: Request) -> Reply:
        """DELETE ``/schedules/{id}``; jobs it has started go on."""
        given(request.query_string, ())

        def work(connection: Connection) -> None:
            one = _seen(request, connection, lock=True)
            self._require_current(request, connection, one)
            if not schedule.may_end(request.principal, one):
                raise _not_theirs(one, True)
            schedule.remove(connection, one.id)

        await self._desk.run(work)
        return Reply(204, [])

    def _own(self, request: Request, links: Mapping[str, Reference]) -> dict[str, str]:
        return {name: each for name, one in links.items() if (each := self._references.own(request, one))}

    def _require_current(self, request: Request, connection: Connection, one: Schedule) -> None:
        """StaleVersion where ``If-Match`` names another state than it has now."""
        asked = request.headers.get(b"if-match")
        if asked is None or asked.strip() == b"*":
            return
        tag = tag_of(orjson.dumps(self._document(request, connection, one)))
        if held(asked.replace(b"W/", b""), tag) is None:
            raise StaleVersion(
                f"计划在您读取之后已有变化(或已执行),请重新读取后再改:{one.id}",
                f"the schedule has changed, or run, since you read it; read it again first: {one.id}",
                value=one.id,
            )

    def _document(self, request: Request, connection: Connection, one: Schedule) -> Document:
        base = request.base_url(self._base_url)
        address = f"{base}/schedules/{one.id}"
        links = [
            _link(address, "self"),
            _link(f"{base}/schedules", "collection"),
            _link(f"{base}/processes/{one.process}", "related"),
        ]
        document: Document = {
            "id": one.id,
            "name": one.name,
            "processID": one.process,
            "cron": one.cron,
            "timeZone": "Asia/Shanghai",
            "paused": one.paused,
            "next": None if one.paused else format_instant(one.next_at),
            "created": format_instant(one.created_at),
            "setBy": one.owner.subject,
            "department": one.owner.department,
        }
        if self._executions.shows_all(request.principal, one.owner):
            plain = schedule.inputs(connection, one)
            linked = {
                name: {key: each for key, each in link.items() if key != "own"}
                for name, link in one.links.items()
            }
            document["inputs"] = {**plain, **linked}
        if one.last_job is not None:
            job = store.get(connection, one.last_job)
            document["lastJob"] = {"jobID": job.id, "status": job.state.value}
            links.append(_link(f"{base}/jobs/{job.id}", "last-run"))
        return {**document, "links": links}

    def _reply(self, request: Request, document: Document, title: str) -> Reply:
        told = given(request.query_string, [*COMMON, *LISTED])
        parameters = {name: value for name, value in told.items() if name in COMMON}
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)


def _listing(parameters: Mapping[str, str], request: Request) -> schedule.Listing:
    local = request.principal.origin is Origin.LOCAL
    if not local and request.principal.department is None:
        raise Unauthenticated(
            "计划列表须先认证:/schedules", "to list schedules say who you are: /schedules", value="/schedules"
        )
    after = parameters.get("after")
    if after is not None and not store.is_identity(after):
        raise BadParameter("after", "须取自 next 链接", "must come from a next link", value=shorten(after))
    limit = min(whole("limit", parameters.get("limit"), digits=9) or LIMIT_DEFAULT, LIMIT_MAX)
    return schedule.Listing(
        department=request.principal.department,
        everyones=local,
        processes=several(parameters, "processID", tuple(OFFERED)),
        after=after,
        limit=limit + 1,
    )


def _seen(request: Request, connection: Connection, *, lock: bool = False) -> Schedule:
    found = schedule.get(connection, request.path_params["id"], lock=lock)
    if not schedule.may_see(request.principal, found):
        raise schedule.unknown(found.id)
    return found


def _not_theirs(one: Schedule, rests: bool) -> Forbidden:
    if rests:
        zh, en = (
            "只有设置者或本部门主管可以停用、移除此计划",
            "only who set it, or the department's steward, may",
        )
        return Forbidden(f"{zh}:{one.id}", f"{en} rest or remove this schedule: {one.id}", value=one.id)
    return Forbidden(
        f"计划以设置者的权限执行,启用与改时只能由设置者({one.owner.subject})进行:{one.id}",
        f"a schedule runs with the rights of who set it: only they ({one.owner.subject}) may start it"
        f" again or change its hour: {one.id}",
        value=one.id,
    )


def _told(body: bytes, members: tuple[str, ...]) -> Document:
    document = json_object(body)
    if b"\\u0000" in body:
        raise bad("", "含有 NUL 字符", "contains NUL", "\\u0000")
    for name in document:
        if name not in members:
            known = members
            raise bad(
                f"/{name[:40]}",
                f"不认得,可用的有 {'、'.join(known)}",
                f"is unknown, there are {', '.join(known)}",
                name,
            )
    return document


def _text(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    if not isinstance(found, str) or not found:
        raise bad(f"/{name}", "须给出文本", "must be given as a text", found)
    return found


def _flag(told: Mapping[str, Any], name: str, otherwise: bool) -> bool:
    found = told.get(name, otherwise)
    if not isinstance(found, bool):
        raise bad(f"/{name}", "须为 true 或 false", "must be true or false", found)
    return found


def _answer(status: int, document: Document, *headers: tuple[bytes, bytes]) -> Reply:
    body = orjson.dumps(document)
    tag = (b"etag", f'"{tag_of(body)}"'.encode())
    return Reply(
        status, [(b"content-type", JSON.encode()), (b"cache-control", b"no-store"), tag, *headers], body
    )


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": JSON}
