"""OGC API Processes, Part 1: descriptions, execution, jobs, results, dismissal.

The engine describes the processes. The rest is answered here, because its own
functions cannot: they know no principal, filter no job list and page it by
offset, answer 400 for every failure, know neither the exceptions that the
standard names nor several raw outputs, and would call any ``subscriber``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
from anyio import CapacityLimiter, to_thread
from starlette.routing import Route

from api.desk import Desk
from api.door import post_route, route
from api.executions import OFFERED, Executions, Part, parse, require_known
from api.job_list import JOBS, LIMIT_MAX, listing
from api.multipart import related
from api.ogc import Engine
from api.openapi.older import older_schema
from api.pages import Pages
from api.parameters import COMMON, given, language, whole
from api.places import place
from api.problem import BadParameter
from api.references import References
from api.results import Results
from api.wire import Reply, Request
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import Forbidden, shorten
from spatial.jobs import store, telling
from spatial.jobs.errors import AsynchronousOnly
from spatial.jobs.model import Job, State, may_dismiss, may_see
from spatial.jobs.model import Request as Work
from spatial.jobs.process import Described

JSON = "application/json"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
AT_ONCE = 4
"""Executions that somebody waits for, in each server process."""
QUEUE_WAIT_S = 0.25
LIST = ("limit", "after")
"""Parameters of the list of processes."""
Document = dict[str, Any]


class Processes:
    """The handlers of processes and jobs."""

    def __init__(
        self,
        engine: Engine,
        executions: Executions,
        references: References,
        desk: Desk,
        pages: Pages,
        base_url: str | None,
    ) -> None:
        self._engine = engine
        self._executions = executions
        self._references = references
        self._desk = desk
        self._pages = pages
        self._base_url = base_url
        self._results = Results(desk)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._threads = CapacityLimiter(AT_ONCE)

    def routes(self) -> Sequence[Route]:
        """Processes and jobs."""
        return [
            route("/processes", self.list),
            route("/processes/{id}", self.describe),
            post_route("/processes/{id}/execution", self.execute),
            route("/jobs", self.jobs),
            route("/jobs/{id}", self.job, DELETE=self.dismiss),
            route("/jobs/{id}/results", self.results),
            route("/jobs/{id}/results/{output}", self.result),
        ]

    async def list(self, request: Request) -> Reply:
        """``/processes``"""
        parameters = given(request.query_string, [*COMMON, *LIST])
        limit = min(whole("limit", parameters.get("limit"), digits=9) or LIMIT_MAX, LIMIT_MAX)
        after = parameters.get("after")
        document = await self._described(request)
        names = [one["id"] for one in document["processes"]]
        if after is not None and after not in names:
            raise BadParameter(
                "after", "须取自 next 链接", "must come from a next link", value=shorten(after)
            )
        begin = 0 if after is None else names.index(after) + 1
        shown = document["processes"][begin : begin + limit]
        for one in shown:
            self._amend(one, request)
        base = request.base_url(self._base_url)
        document["processes"] = shown
        document["links"] = [_link(f"{base}/processes", "self"), _link(f"{base}/", "root")]
        if begin + len(shown) < len(names):
            following = {**parameters, "after": shown[-1]["id"]}
            document["links"].append(_link(f"{base}/processes?{urlencode(following)}", "next"))
        return self._reply(request, document, "处理 Processes")

    async def describe(self, request: Request) -> Reply:
        """``/processes/{id}``"""
        process, parameters = OFFERED[request.path_params["id"]], given(request.query_string, COMMON)
        document = await self._described(request, process.id)
        self._amend(document, request)
        tongue = language(request, parameters)
        document["inputs"] = {
            name: {**_described(one, tongue), "minOccurs": int(one.required), "maxOccurs": 1}
            for name, one in process.inputs.items()
        }
        document["outputs"] = {name: _described(one, tongue) for name, one in process.outputs.items()}
        return self._reply(request, document, process.title.zh)

    async def execute(self, request: Request) -> Reply:
        """``/processes/{id}/execution``: at once where that is allowed and wanted, else as a job."""
        given(request.query_string, ())
        body = await request.body()
        process = OFFERED[request.path_params["id"]]
        wanted = preferences(request.header(b"prefer"))
        at_once = process.synchronous and "respond-async" not in wanted
        asked = await self._references.resolve(request, process, parse(body), kept=not at_once)
        work = self._executions.request(
            request.principal, process.id, asked.document, asked.referred, asked.restricted
        )
        if at_once:
            return await self._now(work)
        if "wait" in wanted and "respond-async" not in wanted:
            raise AsynchronousOnly(
                f"此处理只能作为任务执行,请勿要求等待:{process.id}",
                f"this process only runs as a job, do not ask to wait for it: {process.id}",
                value=process.id,
            )
        require_known(work.owner)
        job = await self._desk.run(lambda connection: store.submit(connection, work))
        base = request.base_url(self._base_url)
        document = self._status(request, job, base, language(request, {}))
        headers = [
            (b"content-type", JSON.encode()),
            (b"location", f"{base}/jobs/{job.id}".encode()),
            (b"preference-applied", b"respond-async"),
        ]
        return Reply(201, headers, orjson.dumps(document))

    async def jobs(self, request: Request) -> Reply:
        """``/jobs``: the newest first, of the asker's department; the operator sees all."""
        parameters = given(request.query_string, [*COMMON, *JOBS])
        asked = listing(parameters, request.principal)
        found = await self._desk.run(lambda connection: store.listed(connection, asked))
        base, tongue = request.base_url(self._base_url), language(request, parameters)
        shown = found[: asked.limit - 1]
        links = [
            _link(f"{base}/jobs", "self"),
            _link(f"{base}/", "root"),
            _link(f"{base}/schedules", "related"),
        ]
        if len(found) == asked.limit:
            following = {**parameters, "before": shown[-1].id}
            links.append(_link(f"{base}/jobs?{urlencode(following)}", "next"))
        document = {"jobs": [self._status(request, job, base, tongue) for job in shown], "links": links}
        return self._reply(request, document, "任务 Jobs")

    async def job(self, request: Request) -> Reply:
        """``/jobs/{id}``"""
        parameters = given(request.query_string, COMMON)
        job = await self._desk.run(partial(_seen, request))
        base, tongue = request.base_url(self._base_url), language(request, parameters)
        return self._reply(request, self._status(request, job, base, tongue), shorten(job.id))

    async def dismiss(self, request: Request) -> Reply:
        """``DELETE /jobs/{id}``: ends what is under way, removes the results of what is over."""
        parameters = given(request.query_string, COMMON)

        def work(connection: Connection) -> Job:
            job = _seen(request, connection)
            if not may_dismiss(request.principal, job):
                raise Forbidden(
                    f"只有提交者或本部门主管可以撤销此任务:{job.id}",
                    f"only who handed it in, or the department's steward, may dismiss this job: {job.id}",
                    value=job.id,
                )
            return store.dismiss(connection, job.id)

        job = await self._desk.run(work)
        base, tongue = request.base_url(self._base_url), language(request, parameters)
        document = self._status(request, job, base, tongue)
        return Reply(200, [(b"content-type", JSON.encode())], orjson.dumps(document))

    async def results(self, request: Request) -> Reply:
        """``/jobs/{id}/results``: as the execute request wanted them."""
        parameters = given(request.query_string, COMMON)
        job = await self._desk.run(partial(self._shown, request))
        base, tongue = request.base_url(self._base_url), language(request, parameters)
        return await self._results.of(job, base, tongue)

    async def result(self, request: Request) -> Reply:
        """``/jobs/{id}/results/{output}``: one output by itself."""
        parameters = given(request.query_string, COMMON)
        job = await self._desk.run(partial(self._shown, request))
        tongue = language(request, parameters)
        return await self._results.one(job, request.path_params["output"], tongue)

    def _shown(self, request: Request, connection: Connection) -> Job:
        """The job, for who may see its results."""
        job = _seen(request, connection)
        self._executions.require_shown(request.principal, job)
        return job

    async def _now(self, work: Work) -> Reply:
        async with place(
            self._places,
            QUEUE_WAIT_S,
            "同时执行的请求过多,请稍后重试,或加请求头 Prefer: respond-async",
            "too many executions at once; try again later, or with the header Prefer: respond-async",
        ):
            parts = await to_thread.run_sync(self._executions.execute, work, limiter=self._threads)
        return _answered(work, parts)

    async def _described(self, request: Request, *arguments: str) -> Document:
        parameters = given(request.query_string, [*COMMON, *LIST])
        tongue, base = language(request, parameters), request.base_url(self._base_url)
        function = "pygeoapi.api.processes:describe_processes"
        return await self._engine.ask(function, request, tongue, base, *arguments)

    def _amend(self, document: Document, request: Request) -> None:
        """What the engine says of every process alike is not so; and our links."""
        process, base = OFFERED[document["id"]], request.base_url(self._base_url)
        address = f"{base}/processes/{process.id}"
        document["jobControlOptions"] = [
            *(["sync-execute"] if process.synchronous else []),
            "async-execute",
            "dismiss",
        ]
        document["outputTransmission"] = ["value", "reference"]
        if process.example:
            document["example"] = {"inputs": process.example}
        document["links"] = [
            _link(address, "self"),
            {**_link(f"{address}?f=html", "alternate"), "type": "text/html"},
            _link(f"{address}/execution", f"{REL}execute"),
            _link(f"{base}/jobs?processID={process.id}", f"{REL}job-list"),
        ]

    def _status(self, request: Request, job: Job, base: str, tongue: str) -> Document:
        if not self._executions.shows(request.principal, job):
            job = telling.veiled(job)
        address = f"{base}/jobs/{job.id}"
        links = [_link(address, "self"), _link(address, "monitor"), _link(f"{base}/jobs", "up")]
        if job.state is State.SUCCESSFUL and job.expired_at is None:
            links.append(_link(f"{address}/results", f"{REL}results"))
        if job.state is State.FAILED:
            links.append(
                {**_link(f"{address}/results", f"{REL}exceptions"), "type": "application/problem+json"}
            )
        document = telling.status(job, tongue)
        if job.state is State.SUCCESSFUL and job.expired_at is None and job.finished_at is not None:
            document["onemap:resultsUntil"] = format_instant(self._executions.kept_until(job.finished_at))
        return {**document, "links": links}

    def _reply(self, request: Request, document: Document, title: str) -> Reply:
        parameters = {
            name: value
            for name, value in given(request.query_string, [*COMMON, *JOBS, *LIST]).items()
            if name in COMMON
        }
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)


def preferences(header: str) -> frozenset[str]:
    """The names of a ``Prefer`` header (RFC 7240).

    >>> sorted(preferences("respond-async; x=1, wait=10"))
    ['respond-async', 'wait']
    """
    parts = (part.partition(";")[0].partition("=")[0].strip().lower() for part in header.split(","))
    return frozenset(part for part in parts if part)


def _described(one: Described, tongue: str) -> Document:
    return {"title": one.title.zh if tongue == "zh" else one.title.en, "schema": older_schema(one.schema)}


def _seen(request: Request, connection: Connection) -> Job:
    job = store.get(connection, request.path_params["id"])
    if not may_see(request.principal, job):
        raise store.unknown(job.id)
    return job


def _answered(work: Work, parts: Sequence[Part]) -> Reply:
    """What was computed at once: nothing is kept of it, so there is nothing to refer to."""
    never = (b"cache-control", b"no-store")
    if work.answer.form == "document":
        document = {part.name: orjson.Fragment(part.content) for part in parts}
        return Reply(200, [(b"content-type", JSON.encode()), never], orjson.dumps(document))
    if len(parts) == 1:
        return Reply(200, [(b"content-type", parts[0].media_type.encode()), never], parts[0].content)
    kind, body = related(parts)
    return Reply(200, [(b"content-type", kind.encode()), never], body)


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": JSON}
