"""OGC SensorThings API 1.1 over the store of observations: read and write.

A read is one statement that gives finished JSON. A write is one transaction. ``asof`` reads the values as
they were believed at an instant, an extra of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue
from api.desk import Desk
from api.door import Door, Handler, route
from api.observed import Observed, headers
from api.parameters import given, language
from api.pool import Pool
from api.sensorthings import batch, chart, data_array, kept, multipart
from api.sensorthings.asking import ROOT, may, scope, tell_of
from api.sensorthings.gathering import Gathering
from api.sensorthings.kept import Post
from api.sensorthings.releasing import ThingReleases
from api.sensorthings.writing import Outcome, lone, of_values, parsed, write
from api.wire import Reply, Request, tag_of, unless_gone
from spatial.access.model import Principal
from spatial.database import Connection
from spatial.errors import NotFound, OneMapError
from spatial.observe.away import Away, refusal, touched
from spatial.observe.model import period_of, source_of
from spatial.observe.things import moved, text
from spatial.observe.things.condition_sql import instant_bounds
from spatial.observe.things.errors import AnswerTooLarge, bad, missing
from spatial.observe.things.model import SETS
from spatial.observe.things.owners import May
from spatial.observe.things.query import Address, Options
from spatial.observe.things.reached_sql import Scope
from spatial.observe.things.reading_sql import ANSWER_MAX_BYTES, TOP_DEFAULT, counted, page, single

PARAMETERS = (*text.KNOWN, "$resultFormat", "asof", "lang")
JSON = (b"content-type", b"application/json")
_TICK = timedelta(microseconds=1)
"""Instants are told no finer: what lies before one ends so much earlier."""
CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/iot_sensing/1.1/req/{each}"
    for each in (
        "datamodel",
        "resource-path/resource-path-to-entities",
        "request-data",
        "create-update-delete/create-entity",
        "create-update-delete/link-to-existing-entities",
        "create-update-delete/deep-insert",
        "create-update-delete/deep-insert-status-code",
        "create-update-delete/update-entity",
        "create-update-delete/delete-entity",
        "create-update-delete/historical-location-auto-creation",
        "multi-datastream",
        "data-array/data-array",
        "batch-request/batch-request",
    )
)
MQTT_CONFORMANCE = tuple(
    f"http://www.opengis.net/spec/iot_sensing/1.1/req/{each}"
    for each in (
        "create-observations-via-mqtt/observations-creation",
        "receive-updates-via-mqtt/receive-updates",
    )
)
"""Where a broker stands beside the server."""


class SensorThings:
    """The handlers of ``/sensorthings/v1.1``."""

    def __init__(
        self,
        catalogue: Catalogue,
        heavy: Pool,
        desk: Desk,
        observed: Observed,
        base_url: str | None,
        broker: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._releases = ThingReleases(catalogue, heavy, desk)
        self._catalogue = catalogue
        self._heavy = heavy
        self._desk = desk
        self._gathering = Gathering(desk)
        self._observed = observed
        self._base_url = base_url
        self._broker = broker

    def routes(self) -> list[Route]:
        """The root, many observations at once, many requests at once, and every path below."""
        changes: dict[str, Handler] = {
            "POST": self.create,
            "PATCH": self.change,
            "PUT": self.change,
            "DELETE": self.change,
        }
        return [
            route(ROOT, self.landing),
            Route(f"{ROOT}/CreateObservations", Door({"POST": self.observations}), name="CreateObservations"),
            Route(f"{ROOT}/$batch", Door({"POST": self.batch}), name="batch"),
            route("/datastreams/{number}/chart", self.chart),
            route(f"{ROOT}/{{resource:path}}", self.read, (), **changes),
        ]

    async def landing(self, request: Request) -> Reply:
        """The sets of entities, and what the service conforms to."""
        _given(request, ("lang",))
        root = request.base_url(self._base_url) + ROOT
        broker = self._broker()
        over_mqtt = {each: {"endpoints": [broker]} for each in MQTT_CONFORMANCE if broker}
        document = {
            "value": [{"name": name, "url": f"{root}/{name}"} for name in SETS],
            "serverSettings": {
                "conformance": (*CONFORMANCE, *over_mqtt),
                **over_mqtt,
                "http://www.opengis.net/spec/iot_sensing/1.1/req/data-array/data-array": {
                    "endpoints": [f"{root}/CreateObservations"]
                },
                "http://www.opengis.net/spec/iot_sensing/1.1/req/batch-request/batch-request": {
                    "endpoints": [f"{root}/$batch"]
                },
            },
        }
        return Reply(200, [JSON], orjson.dumps(document))

    async def read(self, request: Request) -> Reply:
        """GET of a set, an entity, a property, its value, or references."""
        if not request.path_params["resource"]:
            return await self.landing(request)
        parameters = _given(request, PARAMETERS)
        asked = scope(self._catalogue, request, self._base_url, parameters.pop("asof", None))
        path = request.path_params["resource"]
        status, body, media, lacking = await unless_gone(
            request, self.answer(path, parameters, asked, request.principal)
        )
        told = [(b"content-type", media), (b"cache-control", b"no-cache")] if body else []
        told += headers(lacking)
        return Reply(status, told, body, etag=tag_of(body) if body else None)

    async def _lacking(
        self, address: Address, options: Options, times: tuple[datetime, ...]
    ) -> tuple[Away, ...]:
        """Periods that stand in files alone and whose values an answer would have; PeriodAway where it would
        have no others."""
        entity, one = text.entity_of(address)
        if entity.name != "Observation":
            inside = "Observations" in options.text
            return await self._observed.away(None, None) if inside else ()
        if one:
            number = address.steps[-1].id
            if times:
                return await self._observed.away(times[-1], times[-1])
            return () if number is None else await self._observed.away(*_within(period_of(number)))
        bounds = instant_bounds(options.filter)
        given = bounds or ()
        start = max((t + _TICK * (mark == "gt") for mark, t in given if mark in ("ge", "gt")), default=None)
        end = min((t - _TICK * (mark == "lt") for mark, t in given if mark in ("le", "lt")), default=None)
        if bounds is not None and options.count and options.top == 0:  # the roll-ups count them still
            return touched(await self._observed.away(None, None), start, end)
        return await self._observed.away(start, end)

    async def chart(self, request: Request) -> Reply:
        """GET ``/datastreams/{number}/chart``."""
        asked = chart.asked(request)
        layers = scope(self._catalogue, request, self._base_url).layers
        lacking = touched(await self._observed.away(None, None), asked.start, asked.end)
        if lacking and asked.asof is not None:
            raise refusal(lacking)  # roll-ups know only what is believed now
        if lacking:
            asked = replace(asked, rolled=True)
        async with self._heavy.connection() as connection:
            seen = chart.visible(asked.datastream, layers)
            cursor = await connection.execute(seen.sql, seen.params)
            if (await cursor.fetchone()) != (True,):
                raise missing(f"Datastreams({asked.datastream})")
            drawn = asked.statement()
            cursor = await connection.execute(drawn.sql, drawn.params)
            rows = await cursor.fetchall()
        await tell_of(self._catalogue, self._heavy, request.principal, "Datastream", [asked.datastream])
        return chart.reply(asked, rows)

    async def answer(
        self, path: str, parameters: dict[str, str], asked: Scope, principal: Principal
    ) -> tuple[int, bytes, bytes, tuple[Away, ...]]:
        """Status, body and media type of a read, and the periods away whose values it lacks."""
        parameters.pop("lang", None)
        arrays = _arrays(parameters.pop("$resultFormat", None))
        address = text.address(path)
        options = text.options(parameters, text.entity_of(address)[0])
        named = moved.named(options)
        if named and not moved.asks_for_one(options):
            asked = replace(asked, moved=await self._elsewhere(named))
            named = []
        try:
            told = await self._answered(path, address, options, parameters, asked, principal, arrays)
        except NotFound:  # PeriodAway is one, too
            elsewhere = await self._elsewhere([*moved.of_path(address), *named])
            if not elsewhere:
                raise
        else:
            nothing = named and told[1].endswith(b'"value":[]}')
            elsewhere = await self._elsewhere(named) if nothing else ()
            if not elsewhere:
                return told
        asked = replace(asked, moved=(*asked.moved, *elsewhere))
        return await self._answered(path, address, options, parameters, asked, principal, arrays)

    async def _elsewhere(self, numbers: list[int]) -> tuple[datetime, ...]:
        """When values are whose numbers say another month."""
        if not numbers:
            return ()
        rows = await self._heavy.fetch(moved.times(numbers))
        assert rows.first is not None  # an aggregate gives one
        return tuple(rows.first[0])

    async def _answered(
        self,
        path: str,
        address: Address,
        options: Options,
        parameters: dict[str, str],
        asked: Scope,
        principal: Principal,
        arrays: bool,
    ) -> tuple[int, bytes, bytes, tuple[Away, ...]]:
        entity, one = text.entity_of(address)
        lacking = await self._lacking(address, options, asked.moved)
        await self._releases.take(address, options, asked, principal)
        if one:
            rows = await self._heavy.fetch(single(address, options, asked))
            if rows.first is None:
                raise missing(path)
            content, size = rows.first
            _not_too_large(size)
            if content is None:  # a property without a value (OData 4.0 part 1, 11.2.3)
                return 204, b"", b"", ()
            if address.value:
                media = b"application/json" if (content or "x")[:1] in "{[" else b"text/plain; charset=utf-8"
                return 200, content.encode(), media, lacking
            return 200, content.encode(), b"application/json", lacking
        if arrays and entity.name != "Observation":
            raise bad("dataArray 只用于 Observations", "dataArray is for Observations only", entity.set)
        if address.references:
            options = replace(options, select=("@iot.selfLink",), expand=())
        rows = await self._heavy.fetch(page(address, options, asked, arrays=arrays))
        assert rows.first is not None  # a statement of aggregates gives one row
        content, size, more, count, there = rows.first
        if not there:
            raise missing(path)
        _not_too_large(size)
        if options.count and count is None:
            (count,) = (await self._heavy.fetch(counted(address, options, asked))).first or (None,)
        following = (
            self._following(path, parameters, options, asked, arrays) if more and options.top != 0 else None
        )
        return 200, _set(content, count, following), b"application/json", lacking

    def _following(
        self, path: str, parameters: dict[str, str], options: Options, asked: Scope, arrays: bool
    ) -> str:
        top = TOP_DEFAULT if options.top is None else options.top
        kept = {**parameters, "$skip": str(options.skip + top)}
        if arrays:
            kept["$resultFormat"] = "dataArray"
        if asked.asof is not None:
            kept["asof"] = asked.asof.isoformat()
        return f"{asked.url}/{path.strip('/')}?{urlencode(kept, safe='$(),;/')}"

    async def create(self, request: Request) -> Reply:
        """POST of an entity, with all that is told inside it; an observation is kept as it came, too."""
        _given(request, ("lang",))
        allowed, source = may(self._catalogue, request.principal), _source(request)
        path, body = request.path_params["resource"], await request.body()
        if not of_values(path):
            made = await self._desk.run(write("POST", path, parsed(body), allowed, source))
            return self._written(made, request)
        post = Post.now(request.principal, path, body, request.header(b"idempotency-key"))
        try:
            document = post.document()
            reading = lone(path, document, source)
            if reading is None:
                alone = kept.taking(write("POST", path, document, allowed, source), post)
                outcome = await self._desk.run(alone)
            else:

                def again(connection: Connection) -> Outcome:
                    return write("POST", path, document, allowed, source)(connection)

                outcome = await self._gathering.write(reading, allowed, kept.taking(again, post), post)
        except OneMapError as failure:
            await self._keep_refused(post, failure, allowed)
            raise
        return self._written(outcome, request)

    async def _keep_refused(self, post: Post, failure: OneMapError, allowed: May) -> None:
        if kept.worth_keeping(failure, allowed):
            await self._desk.run(lambda connection: kept.refused(connection, post, failure))

    async def change(self, request: Request) -> Reply:
        """PATCH, PUT and DELETE of an entity."""
        _given(request, ("lang",))
        allowed = may(self._catalogue, request.principal)
        document = None if request.method == "DELETE" else parsed(await request.body())
        work = write(request.method, request.path_params["resource"], document, allowed)
        return self._written(await self._desk.run(work), request)

    def _written(self, outcome: Outcome, request: Request) -> Reply:
        told = []
        if outcome.status == 201:
            url = f"{request.base_url(self._base_url)}{ROOT}/{outcome.path}"
            told = [(b"location", url.encode())]
        return Reply(outcome.status, told)

    async def observations(self, request: Request) -> Reply:
        """POST ``CreateObservations``."""
        _given(request, ("lang",))
        allowed, source = may(self._catalogue, request.principal), _source(request)
        post = Post.now(
            request.principal, kept.ARRAYS, await request.body(), request.header(b"idempotency-key")
        )
        url = request.base_url(self._base_url) + ROOT
        answer = b"return=minimal" not in request.headers.get(b"prefer", b"")

        def work(connection: Connection) -> list[str]:
            refused: data_array.Refused = {}
            told = data_array.create(
                connection, document, allowed, source, url,
                answer=answer, received_at=post.received_at, refused=refused,
            )  # fmt: skip
            kept.taken(connection, [post.arrival])
            for reason, groups in refused.items():
                kept.rows_refused(connection, reason, groups, post)
            return told

        try:
            document = parsed(post.body)
            told = await self._desk.run(work)
        except OneMapError as failure:
            await self._keep_refused(post, failure, allowed)
            raise
        return Reply(201, [JSON], orjson.dumps(told)) if answer else Reply(201, [])

    async def batch(self, request: Request) -> Reply:
        """POST ``$batch``: requests in parts or in JSON, those of one group together or not at all."""
        _given(request, ("lang",))
        asked = scope(self._catalogue, request, self._base_url)
        allowed = may(self._catalogue, request.principal)

        async def read(path: str, query: bytes) -> tuple[int, bytes, bytes]:
            parameters = given(query, PARAMETERS)
            at = scope(self._catalogue, request, self._base_url, parameters.pop("asof", None))
            status, body, media, _ = await self.answer(path, parameters, at, request.principal)
            return status, body, media

        kind = request.header(b"content-type")
        parts = multipart.is_that(kind)
        post = Post.now(request.principal, kept.BATCH, await request.body())
        document = multipart.read(kind, post.body) if parts else parsed(post.body)
        answers = await batch.run(document, asked.url, read, self._desk.run, allowed, post.received_at)
        sent = [
            answer["status"]
            for each, answer in zip(document["requests"], answers, strict=True)
            if kept.is_value(each)
        ]
        if sent:
            failed = sum(status >= 400 for status in sent)
            await self._desk.run(lambda connection: kept.batch_kept(connection, post, failed, len(sent)))
        if parts:
            media, body = multipart.write(document["requests"], answers)
            return Reply(200, [(b"content-type", media)], body)
        return Reply(200, [JSON], orjson.dumps({"responses": answers}))


def _given(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    parameters = given(request.query_string, names)
    language(request, parameters)
    return parameters


def _within(period: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Two instants of a period that is not looked at beyond."""
    return period[0], period[1] - _TICK


def _not_too_large(size: int | None) -> None:
    if (size or 0) > ANSWER_MAX_BYTES:
        raise AnswerTooLarge(ANSWER_MAX_BYTES)


def _arrays(text_: str | None) -> bool:
    if text_ not in (None, "dataArray"):
        raise bad("$resultFormat 只能为 dataArray", "$resultFormat can be dataArray only", text_)
    return text_ is not None


def _set(content: str | None, count: int | None, following: str | None) -> bytes:
    parts = []
    if count is not None:
        parts.append(b'"@iot.count":%d' % count)
    if following is not None:
        parts.append(b'"@iot.nextLink":' + orjson.dumps(following))
    parts.append(b'"value":[' + (content or "").encode() + b"]")
    return b"{" + b",".join(parts) + b"}"


def _source(request: Request) -> int | None:
    """What a client calls this message: sent again, it counts once."""
    key = request.header(b"idempotency-key")
    return source_of(f"{request.principal.subject}\n{key}") if key else None
