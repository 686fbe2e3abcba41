"""Comments over HTTP 意见征询: written by everybody, shown when moderated, answered by the department."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import orjson
from starlette.routing import Route

from api.address.asked import answer, whole_of
from api.body import json_object
from api.door import post_route, route
from api.edit_request import request_key, who
from api.parameters import given, language, whole
from api.problem import BadParameter
from api.publication.held import Held, today
from api.quota import client_address
from api.wire import WHO, Reply, Request
from planning.errors import CommentsClosed
from planning.publication import comment_store, comments, document, file, snapshot_store
from planning.publication.comments import Comment, Outcome, Said, State
from planning.publication.model import Publication, Standing
from spatial.access.model import Origin
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.editing.model import RequestKey
from spatial.errors import TooLarge, TooMany, shorten
from spatial.usage.bucket import Bucket

BODY_MOST: Final = 65_536
LISTED_MOST: Final = 200
COMMENTS_AT_ONCE, COMMENTS_PER_HOUR = 10.0, 60.0
"""Of one address, of which several people may share one; and of all of the platform's workers together."""
ADDRESSES_MOST: Final = 10_000
REASON_MOST: Final = 500
MEDIA: Final = {"csv": b"text/csv; charset=utf-8", "gpkg": b"application/geopackage+sqlite3"}


class PublicationComments:
    """The handlers of comments."""

    def __init__(self, held: Held, city: City, *, workers: int, behind_proxy: bool) -> None:
        self._held = held
        self._city = city
        self._visitors = _Visitors(workers)
        self._behind_proxy = behind_proxy

    def routes(self) -> list[Route]:
        """Writing and reading comments; moderation, answer, the file of all of them."""
        address = "/publications/{number}"
        return [
            route(f"{address}/comments", self.comments, POST=self.take),
            route(f"{address}/comments/{{code}}", self.own),
            post_route(f"{address}/comments/{{comment}}/moderation", self.moderate),
            post_route(f"{address}/comments/{{comment}}/answer", self.reply),
            route(f"{address}/file", self.file),
        ]

    async def take(self, request: Request) -> Reply:
        """POST ``…/comments``: a comment; ``Idempotency-Key`` names the request, so that it is kept once."""
        language(request, given(request.query_string, ("lang",)))
        sent = await request.body()
        if len(sent) > BODY_MOST:
            raise TooLarge(
                f"意见不得超过 {BODY_MOST} 字节:{len(sent)}",
                f"a comment may have {BODY_MOST} bytes: {len(sent)}",
                value=len(sent),
            )
        key = request_key(request, sent)
        if key is None:
            raise BadParameter(
                "Idempotency-Key",
                "须给出,如一个 UUID:同一条意见重发不会重复",
                "must be given, such as a UUID: a comment sent again is kept once",
                value="",
            )
        said = comments.said(json_object(sent), self._city.extent_4490)
        found = await self._held.of(request, fresh=True)
        _require_open(found)
        self._admit(request)
        kept = await self._held.desk.run(lambda connection: self._kept(connection, found, said, key))
        told = document.own(kept) | {"code": kept.code}
        location = f"{request.path}/{kept.code}".encode()
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        return Reply(201, [*headers, (b"location", location)], orjson.dumps(told))

    def _kept(self, connection: Connection, found: Publication, said: Said, key: RequestKey) -> Comment:
        if said.layer:
            source = self._held.source(found, said.layer)
            if not snapshot_store.holds(connection, source, said.fid):
                raise comments.bad("fid", "不在公示内容中", "is not among what is shown", said.fid)
        return comment_store.take(connection, found.id, said, key)

    def _admit(self, request: Request) -> None:
        """Refuse (429) an address that comments too often; nothing is kept of it beyond this memory."""
        if request.principal.origin is not Origin.ANONYMOUS:
            return
        wait_s = self._visitors.wait_s(client_address(request.scope, self._behind_proxy))
        if wait_s:
            raise TooMany(
                f"本地址提交意见过于频繁,请 {wait_s} 秒后再试:{int(COMMENTS_PER_HOUR)}/小时",
                f"too many comments from this address, try again in {wait_s} s: {int(COMMENTS_PER_HOUR)}/h",
                value=int(COMMENTS_PER_HOUR),
                details={"retry_after_s": wait_s},
            )

    async def comments(self, request: Request) -> Reply:
        """``…/comments``: what moderation shows; ``state`` and ``persons`` are for who handles them."""
        parameters = given(request.query_string, ("limit", "after", "state", "persons", "lang"))
        language(request, parameters)
        limit = whole_of(parameters, "limit", 50, LISTED_MOST)
        after = whole("after", parameters.get("after")) or 0
        persons = _flag(parameters, "persons")
        states = self._states(request, parameters.get("state"), persons=persons)
        found = await self._held.of(request)
        handled = "state" in parameters or persons

        def read(connection: Connection) -> tuple[Comment, ...]:
            chosen = comment_store.select(connection, found.id, states, after, limit + 1)
            return comment_store.with_persons(connection, chosen) if persons else chosen

        shown = found.standing(today()) is not Standing.WITHDRAWN or handled
        chosen = await self._held.desk.run(read) if shown else ()
        tell = document.officer if handled else document.comment
        following = chosen[limit - 1].id if len(chosen) > limit else None
        told = {"publication": found.id, "comments": [tell(each) for each in chosen[:limit]]}
        reply = answer(request, told | {"after": following}, len(chosen[:limit]))
        reply.vary = list(WHO)
        return reply

    def _states(self, request: Request, named: str | None, *, persons: bool) -> list[State]:
        if persons:
            self._held.require_persons(request.principal)
        if named is None:
            return list(State) if persons else [State.SHOWN]
        if named != "all" and named not in list(State):
            listed = ["all", *State]
            raise BadParameter(
                "state", f"须为 {'、'.join(listed)} 之一", f"is one of {', '.join(listed)}", value=named
            )
        self._held.require_handling(request.principal)
        return list(State) if named == "all" else [State(named)]

    async def own(self, request: Request) -> Reply:
        """``…/comments/{code}``: a comment and its answer, for who wrote it and was told the code."""
        language(request, given(request.query_string, ("lang",)))
        found, code = await self._held.of(request), request.path_params["code"]
        kept = await self._held.desk.run(lambda connection: comment_store.by_code(connection, found.id, code))
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        return Reply(200, headers, orjson.dumps(document.own(kept)))

    async def moderate(self, request: Request) -> Reply:
        """POST ``…/comments/{comment}/moderation``: ``state`` shown or hidden, ``reason``, ``step`` seen."""
        self._held.require_handling(request.principal)
        told = json_object(await request.body())
        state = told.get("state")
        if state not in (State.SHOWN, State.HIDDEN):
            raise comments.bad("state", "须为 shown 或 hidden", "is shown or hidden", shorten(state, 40))
        reason = comments.text("reason", told, REASON_MOST, needed=state == State.HIDDEN)
        step, by = _step(told), who(request.principal)
        return await self._handled(
            request,
            lambda connection, publication, number: comment_store.moderate(
                connection, publication, number, step, State(state), reason, by
            ),
        )

    async def reply(self, request: Request) -> Reply:
        """POST ``…/comments/{comment}/answer``: ``outcome``, ``text``, ``step`` seen."""
        self._held.require_handling(request.principal)
        told = json_object(await request.body())
        outcome = told.get("outcome")
        if not isinstance(outcome, str) or outcome not in list(Outcome):
            names = list(Outcome)
            raise comments.bad(
                "outcome", f"须为 {'、'.join(names)}", f"is one of {', '.join(names)}", shorten(outcome, 40)
            )
        text = comments.text("text", told, comments.BODY_MOST, needed=True)
        step, by = _step(told), who(request.principal)
        return await self._handled(
            request,
            lambda connection, publication, number: comment_store.answer(
                connection, publication, number, step, Outcome(outcome), text, by
            ),
        )

    async def _handled(self, request: Request, work: Any) -> Reply:
        language(request, given(request.query_string, ("lang",)))
        found = await self._held.of(request)
        number = whole_of(request.path_params, "comment", 0, 999_999)
        done = await self._held.desk.run(lambda connection: work(connection, found.id, number))
        return answer(request, document.officer(done), 1)

    async def file(self, request: Request) -> Reply:
        """``/publications/{number}/file``: all comments as CSV or GeoPackage, for who handles them."""
        parameters = given(request.query_string, ("f", "persons", "lang"))
        language(request, parameters)
        kind = parameters.get("f", "csv")
        if kind not in MEDIA:
            raise BadParameter("f", "须为 csv 或 gpkg", "must be csv or gpkg", value=kind)
        self._held.require_handling(request.principal)
        persons = _flag(parameters, "persons")
        if persons:
            self._held.require_persons(request.principal)
        found = await self._held.of(request)

        def read(connection: Connection) -> tuple[Comment, ...]:
            chosen = tuple(comment_store.every(connection, found.id))
            return comment_store.with_persons(connection, chosen) if persons else chosen

        chosen = await self._held.desk.run(read)
        body = await asyncio.to_thread(_written, kind, chosen, persons=persons)
        named = quote(f"公示{found.id}意见.{kind}")
        headers = [
            (b"content-type", MEDIA[kind]),
            (b"content-disposition", f"attachment; filename*=UTF-8''{named}".encode()),
            (b"cache-control", b"no-store"),
        ]
        return Reply(200, headers, body)


class _Visitors:
    """How often an address may comment, in this worker; the address not used for longest is forgotten."""

    def __init__(self, workers: int) -> None:
        self._per_s = COMMENTS_PER_HOUR / 3600 / workers
        self._burst = COMMENTS_AT_ONCE / workers
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """0 where one more may be written now."""
        now = time.monotonic()
        bucket = self._buckets.pop(address, None) or Bucket(self._per_s, self._burst, now)
        self._buckets[address] = bucket
        if len(self._buckets) > ADDRESSES_MOST:
            self._buckets.popitem(last=False)
        return 0 if bucket.take(now) else int(bucket.wait_s) + 1


def _require_open(found: Publication) -> None:
    standing = found.standing(today())
    if found.elsewhere or standing is not Standing.OPEN:
        raise CommentsClosed(
            f"此公示不在意见征询期内({found.opens_on} 至 {found.closes_on}):{found.id}",
            f"comments on this publication are taken from {found.opens_on} to {found.closes_on}: {found.id}",
            value=found.id,
        )


def _written(kind: str, chosen: tuple[Comment, ...], *, persons: bool) -> bytes:
    if kind == "csv":
        return file.as_csv(chosen, persons=persons)
    with tempfile.TemporaryDirectory() as folder:
        return file.as_geopackage(chosen, Path(folder), persons=persons)


def _flag(parameters: dict[str, str], name: str) -> bool:
    text = parameters.get(name, "false")
    if text not in ("true", "false"):
        raise BadParameter(name, "须为 true 或 false", "must be true or false", value=text)
    return text == "true"


def _step(told: dict[str, Any]) -> int:
    step = told.get("step")
    if not isinstance(step, int) or isinstance(step, bool) or step < 0:
        raise comments.bad(
            "step", "须为所看到的步骤号", "is the number of the last step seen", shorten(step, 40)
        )
    return step
