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

from api import problem, web
from api.catalogue import Catalogue
from api.changes import Changes
from api.crs import edges
from api.desk import Desk
from api.dispatch import Dispatch
from api.documents import Documents
from api.editing import Editing
from api.executions import Executions
from api.features import Features
from api.feed import Feed
from api.guard import Guard
from api.health import Health
from api.history import History
from api.identity import Identity
from api.leaving import on_leaving
from api.ogc import MANAGER, Engine, Resources
from api.pages import Pages
from api.parameters import spoken
from api.pool import Pool
from api.processes import Processes
from api.provenance import Provenance
from api.records import Records
from api.wire import Receive, Request, Scope, Send, deliver
from spatial.catalogue.city import read_city
from spatial.jobs.workplace import Workplace
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
BULK_CONNECTIONS = 2
DESK_CONNECTIONS = 4
# Keyed reads have one good plan: it is made once.
HOT = {**SESSION, "statement_timeout": "2s", "plan_cache_mode": "force_generic_plan"}
EDIT_CONNECTIONS = 4
EDIT_QUEUE_WAIT_S = 2.0
"""Edits of one layer are made one after the other: a short queue is no overload."""
HOT = {**SESSION, "statement_timeout": "2s"}
# A bounding box decides between two indexes: its statement is planned for the values given.
HEAVY = {**SESSION, "statement_timeout": "10s", "plan_cache_mode": "force_custom_plan"}


def create_app(settings: Settings, dsn: str) -> FastAPI:
    """The application over one database; nothing is connected before its lifespan begins."""
    city = read_city(settings.city)
    catalogue = Catalogue(dsn)
    hot = Pool(dsn, name="hot", size=HOT_CONNECTIONS, settings=HOT)
    heavy = Pool(dsn, name="heavy", size=HEAVY_CONNECTIONS, settings=HEAVY)
    bulk = Pool(dsn, name="bulk", size=BULK_CONNECTIONS, settings=HEAVY)
    desk = Desk(dsn, size=DESK_CONNECTIONS)
    edits = Desk(dsn, size=EDIT_CONNECTIONS, name="edits", queue_wait_s=EDIT_QUEUE_WAIT_S)
    pages = Pages(city)
    offered = edges(city)
    base_url = settings.base_url

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        on_leaving(feed.close)
        listener = asyncio.create_task(catalogue.run())
        try:
            yield
        finally:
            feed.close()
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
            await hot.close()
            await heavy.close()
            await bulk.close()
            await desk.close()
            await edits.close()

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.settings = settings
    app.state.catalogue = catalogue
    app.router.redirect_slashes = False
    editing = Editing(catalogue, edits, offered, pages, city, base_url)
    features = Features(catalogue, hot, heavy, bulk, offered, pages, base_url, editing)
    executions = Executions(catalogue, Workplace.of(settings, dsn))
    manager = {"name": MANAGER, "connection": dsn, "executions": executions}
    engine = Engine(Resources(catalogue, offered, city, dsn), city, manager)
    records = Records(catalogue, offered, pages, city, base_url)
    provenance = Provenance(catalogue, desk, pages, base_url)
    documents = Documents(catalogue, engine, records, offered, pages, city, base_url)
    history = History(catalogue, heavy, desk, pages, base_url)
    processes = Processes(engine, executions, desk, pages, base_url)
    changes = Changes(catalogue, heavy, history, offered, pages, base_url)
    feed = Feed(catalogue, heavy, pages, base_url)
    health = Health(catalogue, hot)
    for door in (records, history, changes, feed, provenance, features, documents, processes, health):
        app.router.routes += door.routes()
    app.include_router(web.router)
    app.router.default = _nowhere
    # The guard is the outermost: what it refuses, nobody has looked at.
    app.middleware_stack = Guard(Identity(Dispatch(app)))
    return app


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer where no route matches."""
    request = Request(scope)
    await deliver(request, problem.problem(_missing(scope["path"]), spoken(request)), send)


def _missing(path: str) -> problem.NoSuchPage:
    shown = problem.shorten(path)
    return problem.NoSuchPage(
        f"没有这个地址,入口见 /:{shown}", f"no such address, begin at /: {shown}", value=shown
    )
