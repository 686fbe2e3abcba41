"""pygeoapi inside: the engine for what is not items.

It is configured in memory, its resources are a live view of the catalogue, and
it runs in threads of its own, so that it never holds up the hot routes. Its
answers are taken as documents and amended where the standard, our links or the
contract say more. Two of its ways out of the house are closed: no provider over
a file system is ever configured, and it never executes a process itself, so it
never calls a ``subscriber`` (pygeoapi 0.21 lacks the fixes of
GHSA-f6pr-83pg-ghh6 and GHSA-jgvc-94c8-3chc).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

import orjson
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request as StarletteRequest

from api.catalogue import Catalogue, Shown
from api.crs import CRS84, Edges
from api.places import place
from api.pool import BUSY_EN, BUSY_ZH, QUEUE_WAIT_S
from api.problem import NoSuchPage
from api.wire import HEADERS, Message, Request
from spatial.catalogue.city import City
from spatial.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from pygeoapi.api import API

Document = dict[str, Any]
THREADS = 4
PROVIDER = "api.provider.HistoryProvider"
"""The provider of features; beside it only that of observations is configured (``api.edr.resources``)."""
MANAGER = "api.jobs_manager.JobsManager"
"""The process manager."""
_BASE = "http://onemap.invalid"
"""Stands for our address in the engine's links and is replaced by the one asked for."""
_LOCALES = {"zh": "zh-CN", "en": "en-US"}


class Resources(Mapping[str, Document]):
    """The engine's resources, always those of the catalogue."""

    def __init__(self, catalogue: Catalogue, edges: Edges, city: City, dsn: str) -> None:
        self._catalogue = catalogue
        self._edges = edges
        self._city = city
        self._dsn = dsn

    def __getitem__(self, key: str) -> Document:
        return self._resource(self._catalogue.published[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalogue.layers)

    def __len__(self) -> int:
        return len(self._catalogue.layers)

    def __deepcopy__(self, memo: object) -> Resources:
        """The engine copies its configuration; the copy must live, too."""
        return self

    def _resource(self, layer: Shown) -> Document:
        contract = layer.contract
        extent = self._city.extent_4490
        box = layer.span.box or (extent.west, extent.south, extent.east, extent.north)
        temporal = {"begin": layer.span.first, "end": layer.span.last} if layer.span.first else {}
        return {
            "type": "collection",
            "title": {"zh-CN": contract.title.zh, "en-US": contract.title.en},
            "description": {"zh-CN": contract.description.zh, "en-US": contract.description.en},
            "keywords": {"zh-CN": [contract.title.zh, contract.steward], "en-US": [contract.title.en]},
            "links": [],
            "extents": {"spatial": {"bbox": list(box), "crs": CRS84}, "temporal": temporal},
            "providers": [
                {
                    "type": "feature",
                    "name": PROVIDER,
                    "data": self._dsn,
                    "layer": layer,
                    "id_field": contract.key or "fid",
                    "crs": self._edges.uris,
                    "storage_crs": CRS84,  # the axis order in which the provider takes and gives
                }
            ],
        }


class Engine:
    """pygeoapi's API object and the threads it runs in."""

    def __init__(
        self, resources: Mapping[str, Document], city: City, manager: Document | None = None
    ) -> None:
        self._resources = resources
        self._manager = manager
        self._city = city
        self._limiter = CapacityLimiter(THREADS)
        self._places = asyncio.Semaphore(THREADS)
        self._lock = threading.Lock()

    @cached_property
    def api(self) -> API:
        """Made at the first use: importing it takes longer than starting the server."""
        from pygeoapi.api import API

        configuration = _configuration(self._resources, self._city)
        if self._manager is not None:
            configuration["server"]["manager"] = dict(self._manager)
        return API(configuration, {})

    async def ask(
        self, function: str, request: Request, language: str, base: str, *arguments: str, body: bytes = b""
    ) -> Document:
        """What one of pygeoapi's functions (``module:name``) answers, as a document with our links."""
        content = await self._content(function, request, language, arguments, body=body)
        return cast(Document, orjson.loads(content.replace(_BASE.encode(), base.encode())))

    async def answer(
        self, function: str, request: Request, language: str, *arguments: str | None, query: str
    ) -> Any:
        """What one of its functions answers to a query string, without links of ours in it."""
        return orjson.loads(await self._content(function, request, language, arguments, query=query))

    async def _content(
        self,
        function: str,
        request: Request,
        language: str,
        arguments: tuple[str | None, ...],
        *,
        query: str = "",
        body: bytes = b"",
    ) -> bytes:
        call = partial(self._call, function, request, language, arguments, query, body)
        async with place(self._places, QUEUE_WAIT_S, BUSY_ZH, BUSY_EN):
            status, content = await to_thread.run_sync(call, limiter=self._limiter)
        if status >= 400:
            raise _failure(status, content)
        return content

    def _call(
        self,
        function: str,
        request: Request,
        language: str,
        arguments: tuple[str | None, ...],
        query: str,
        body: bytes,
    ) -> tuple[int, bytes]:
        from importlib import import_module

        from pygeoapi.api import APIRequest

        module, _, name = function.partition(":")
        with self._lock:
            api = self.api
        handler: Callable[..., tuple[object, int, str | bytes]] = getattr(import_module(module), name)
        scope = {
            **{name: value for name, value in request.scope.items() if name != HEADERS},
            "query_string": f"f=json&lang={_LOCALES[language]}&{query}".encode(),
            "headers": [(b"content-type", b"application/json")],
        }
        asked = APIRequest(StarletteRequest(scope, _no_body), api.locales)
        asked._data = body
        _, status, content = handler(api, asked, *arguments)
        return int(status), content.encode() if isinstance(content, str) else content


async def _no_body() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _failure(status: int, content: bytes) -> Exception:
    try:
        said = str(orjson.loads(content).get("description", ""))
    except (orjson.JSONDecodeError, AttributeError):
        said = ""
    if status == 404:
        return NoSuchPage(f"没有找到:{said}", f"not found: {said}", value=said)
    if status < 500:
        return InvalidInput(f"请求有误:{said}", f"bad request: {said}", value=said)
    return Unavailable("暂时无法作答,请稍后重试", "cannot be answered now; try again later")


def _configuration(resources: Mapping[str, Document], city: City) -> Document:
    name = {"zh-CN": f"{city.name.zh}一张图", "en-US": f"One Map of {city.name.en}"}
    about = {
        "zh-CN": "城市时空数据平台:统一时空基准,双时态历史。",
        "en-US": "The city's spatio-temporal data platform: one datum, a bitemporal history.",
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 0},
            "url": _BASE,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": list(_LOCALES.values()),
            "limits": {"default_items": 100, "max_items": 10_000},
            "map": {"url": "", "attribution": ""},
            "admin": False,
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {
                "title": name,
                "description": about,
                "keywords": {"zh-CN": [], "en-US": []},
                "keywords_type": "theme",
                "terms_of_service": "",
                "url": _BASE,
            },
            "license": {"name": "", "url": ""},
            "provider": {"name": city.name.zh, "url": _BASE},
            "contact": {"name": ""},
        },
        "resources": resources,
    }
