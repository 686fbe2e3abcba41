"""The application: the doors, what stands behind them, and their order.

Our own routes are plain ASGI endpoints inside FastAPI's router, so a hot route
costs no dependency resolution and no model. What is not items is answered with
pygeoapi's engine (``api.ogc``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response

from api import problem, web
from api.access_log import AccessLog
from api.catalogue import Catalogue
from api.crs import edges
from api.desk import Desk
from api.documents import Documents
from api.features import Features
from api.guard import Guard
from api.health import Health
from api.history import History
from api.identity import Identity
from api.load import Load, end_stalled_readers, on_leaving
from api.metering import Meter, Metering
from api.metrics import OBSERVE_S, Metrics
from api.ogc import Engine, Resources
from api.pages import Pages
from api.parameters import spoken
from api.pool import Pool
from api.processes import Processes
from api.quota import Metered, Quotas
from api.usage import Bookkeeping, Usage
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
HEAVY_QUEUE_MAX = 64
DESK_CONNECTIONS = 4
HOT = {**SESSION, "statement_timeout": "2s"}
# A bounding box decides between two indexes: its statement is planned for the values given.
HEAVY = {**SESSION, "statement_timeout": "10s", "plan_cache_mode": "force_custom_plan"}
LISTENING_WITHIN = 30
"""Looks, one a second, for the sockets that the server listens on once the application is made."""
HOT_DEADLINE_S, HEAVY_DEADLINE_S = 3.0, 12.0
"""For the time when the database cannot keep its own limits, being paused or cut off."""


def create_app(settings: Settings, dsn: str) -> FastAPI:
    """The application over one database; nothing is connected before its lifespan begins."""
    city = read_city(settings.city)
    catalogue = Catalogue(dsn)
    hot = Pool(dsn, name="hot", size=HOT_CONNECTIONS, settings=HOT, deadline_s=HOT_DEADLINE_S)
    heavy = Pool(
        dsn, name="heavy", size=HEAVY_CONNECTIONS, settings=HEAVY, deadline_s=HEAVY_DEADLINE_S, queue_max=64
    )
    desk = Desk(dsn, size=DESK_CONNECTIONS)
    pages = Pages(city)
    offered = edges(city)
    base_url = settings.base_url
    load = Load()
    log = AccessLog(settings.access_log)
    metrics = Metrics(settings.metrics_dir, behind_proxy=base_url is not None)

    meter = Meter(catalogue=catalogue, log=log, metrics=metrics)
    quotas = Quotas(hot, workers=settings.server_workers)
    books = Bookkeeping(dsn, settings.access_log)

    async def observe() -> None:
        looks = LISTENING_WITHIN
        while True:
            looks = 0 if looks and end_stalled_readers(settings.read_timeout_s) else max(0, looks - 1)
            metrics.observe(load, {"hot": hot, "heavy": heavy, "desk": desk}, catalogue, log)
            await asyncio.to_thread(metrics.save)
            await asyncio.sleep(OBSERVE_S)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_leaving(load)
        work = (catalogue.run(), meter.run(), quotas.run(), books.run(), observe())
        running = [asyncio.create_task(each) for each in work]
        # Learning of the migrations imports much; readiness must not wait for it.
        running.append(asyncio.create_task(health.warm()))
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await meter.close()
            await hot.close()
            await heavy.close()
            await desk.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.add_exception_handler(Exception, _failed)
    app.add_exception_handler(HTTPException, _failed)
    app.state.settings = settings
    app.state.catalogue = catalogue
    app.router.redirect_slashes = False
    features = Features(catalogue, hot, heavy, offered, pages, base_url)
    engine = Engine(Resources(catalogue, offered, city, dsn), city)
    documents = Documents(catalogue, engine, offered, pages, city, base_url)
    history = History(catalogue, heavy, desk, pages, base_url)
    processes = Processes(engine, pages, base_url)
    health = Health(catalogue, hot, load, settings.data_dir)
    usage = Usage(desk, pages, base_url)
    for door in (history, features, documents, processes, health, metrics, usage):
        app.router.routes += door.routes()
    app.router.routes += web.router.routes
    app.router.default = _nowhere
    app.add_middleware(Metered, quotas=quotas, metrics=metrics, behind_proxy=base_url is not None)
    app.add_middleware(Identity)
    app.add_middleware(
        Guard,  # what it refuses, nobody has looked at
        load=load,
        away=lambda: catalogue.away,
        body_deadline_s=settings.body_timeout_s,
    )
    app.add_middleware(Metering, meter=meter, load=load)
    meter.route(app.routes)
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
