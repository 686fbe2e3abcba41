"""Processes and jobs, answered by pygeoapi's engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import Route

from api.door import post_route, route
from api.ogc import Engine, refuse_subscriber
from api.pages import Pages
from api.parameters import COMMON, given, language
from api.problem import shorten
from api.wire import Reply, Request

_MODULE = "pygeoapi.api.processes"


class Processes:
    """The handlers of processes. Which there are, the engine's resources decide."""

    def __init__(self, engine: Engine, pages: Pages, base_url: str | None) -> None:
        self._engine = engine
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> Sequence[Route]:
        """Processes and jobs."""
        return [
            route("/processes", self.list),
            route("/processes/{id}", self.describe),
            post_route("/processes/{id}/execution", self.execute),
            route("/jobs", self.jobs),
        ]

    async def list(self, request: Request) -> Reply:
        """``/processes``"""
        return await self._answer(request, "describe_processes", "处理 Processes")

    async def describe(self, request: Request) -> Reply:
        """``/processes/{id}``"""
        name = request.path_params["id"]
        return await self._answer(request, "describe_processes", shorten(name), name)

    async def jobs(self, request: Request) -> Reply:
        """``/jobs``"""
        return await self._answer(request, "get_jobs", "任务 Jobs")

    async def execute(self, request: Request) -> Reply:
        """``/processes/{id}/execution``: never with an address for us to call."""
        body = await request.body()
        refuse_subscriber(body)
        name = request.path_params["id"]
        return await self._answer(request, "execute_process", shorten(name), name, body=body)

    async def _answer(
        self, request: Request, function: str, title: str, *arguments: str, body: bytes = b""
    ) -> Reply:
        parameters = given(request.query_string, COMMON)
        base = request.base_url(self._base_url)
        document: dict[str, Any] = await self._engine.ask(
            f"{_MODULE}:{function}", request, language(request, parameters), base, *arguments, body=body
        )
        links = document.get("links", [])
        document["links"] = [link for link in links if "jsonld" not in link.get("href", "")]
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)
