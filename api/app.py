"""The application: the doors, what stands behind them, and their order.

Our own routes are plain ASGI endpoints inside FastAPI's router, so a hot route
costs no dependency resolution and no model. What is not items is answered with
pygeoapi's engine (``api.ogc``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response

from api import problem, web
from api.admission import Admission
from api.catalogue import Catalogue
from api.crs import edges
from api.desk import Desk
from api.documents import Documents
from api.features import Features
from api.guard import Guard
from api.health import Health
from api.history import History
from api.holders import Credentials
from api.identity import Identity
from api.journal import Auditor
from api.ogc import Engine, Resources
from api.pages import Pages
from api.parameters import spoken
from api.pool import Pool
from api.processes import Processes
from api.release import Releases
from api.tokens import Tokens
from api.wire import Receive, Request, Scope, Send, deliver
from spatial.catalogue.city import read_city
from spatial.settings import Settings

SESSION = {
    "TimeZone": "Asia/Shanghai",
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "2s",
    "jit": "off",
}
HOT_CONNECTIONS = 8
HEAVY_CONNECTIONS = 4
DESK_CONNECTIONS = 4
HOT = {**SESSION, "statement_timeout": "2s"}
# A bounding box decides between two indexes: its statement is planned for the values given.
HEAVY = {**SESSION, "statement_timeout": "10s", "plan_cache_mode": "force_custom_plan"}


def create_app(settings: Settings, dsn: str) -> FastAPI:
    """The application over one database; nothing is connected before its lifespan begins."""
    city = read_city(settings.city)
    catalogue = Catalogue(dsn)
    hot = Pool(dsn, name="hot", size=HOT_CONNECTIONS, settings=HOT)
    heavy = Pool(dsn, name="heavy", size=HEAVY_CONNECTIONS, settings=HEAVY)
    desk = Desk(dsn, size=DESK_CONNECTIONS)
    pages = Pages(city)
    offered = edges(city)
    base_url = settings.base_url

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        listener = asyncio.create_task(catalogue.run())
        try:
            yield
        finally:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
            await hot.close()
            await heavy.close()
            await desk.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_exception_handler(Exception, _failed)
    app.add_exception_handler(HTTPException, _failed)
    app.state.settings = settings
    app.state.catalogue = catalogue
    app.router.redirect_slashes = False
    releases = Releases(catalogue, desk)
    features = Features(catalogue, hot, heavy, offered, pages, releases, base_url)
    engine = Engine(Resources(catalogue, offered, city, dsn), city)
    documents = Documents(catalogue, engine, offered, pages, city, base_url)
    admission = Admission(catalogue, desk, pages, base_url, open_here=settings.open_here)
    history = History(catalogue, heavy, desk, pages, releases, base_url)
    processes = Processes(engine, pages, base_url)
    health = Health(catalogue, hot)
    for door in (history, features, documents, processes, admission, health):
        app.router.routes += door.routes()
    app.include_router(web.router)
    app.router.default = _nowhere
    holders = Credentials(catalogue, Tokens(settings.oidc) if settings.oidc else None)
    app.add_middleware(Identity, holders, Auditor(desk), open_here=settings.open_here)
    app.add_middleware(Guard)  # the outermost: what it refuses, nobody has looked at
    return app


async def _failed(request: StarletteRequest, failure: Exception) -> Response:
    """Errors of routes that are not doors, as problem details, too."""
    if isinstance(failure, HTTPException) and failure.status_code == 404:
        failure = _missing(request.url.path)
    elif isinstance(failure, HTTPException) and failure.status_code == 405:
        failure = problem.MethodNotAllowed(
            f"不支持此方法:{request.method}", f"method not allowed: {request.method}", value=request.method
        )
    reply = problem.problem(problem.from_exception(failure), spoken(Request(request.scope)))
    headers = {name.decode(): value.decode() for name, value in reply.headers}
    return Response(reply.body, reply.status, headers)


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer where no route matches."""
    request = Request(scope)
    await deliver(request, problem.problem(_missing(scope["path"]), spoken(request)), send)


def _missing(path: str) -> problem.NoSuchPage:
    shown = problem.shorten(path)
    return problem.NoSuchPage(
        f"没有这个地址,入口见 /:{shown}", f"no such address, begin at /: {shown}", value=shown
    )
