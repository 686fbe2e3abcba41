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

from api import problem
from api.catalogue import Catalogue
from api.crs import edges
from api.door import route
from api.features import Features
from api.guard import Guard
from api.health import Health
from api.pages import Pages
from api.parameters import spoken
from api.pool import Pool
from api.wire import Receive, Reply, Request, Scope, Send, deliver
from spatial.catalogue.city import read_city
from spatial.errors import OneMapError
from spatial.settings import Settings

SESSION = {
    "TimeZone": "Asia/Shanghai",
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "2s",
    "jit": "off",
}
HOT_CONNECTIONS = 6
HEAVY_CONNECTIONS = 4
HOT = {**SESSION, "statement_timeout": "2s"}
# A bounding box decides between two indexes: its statement is planned for the values given.
HEAVY = {**SESSION, "statement_timeout": "10s", "plan_cache_mode": "force_custom_plan"}


def create_app(settings: Settings, dsn: str) -> FastAPI:
    """The application over one database; nothing is connected before its lifespan begins."""
    city = read_city(settings.city)
    catalogue = Catalogue(dsn)
    hot = Pool(dsn, name="hot", size=HOT_CONNECTIONS, settings=HOT)
    heavy = Pool(dsn, name="heavy", size=HEAVY_CONNECTIONS, settings=HEAVY)
    pages = Pages(city)
    features = Features(catalogue, hot, heavy, edges(city), pages, settings.base_url)

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

    app = FastAPI(title="One Map 一张图", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.settings = settings
    app.state.catalogue = catalogue
    app.router.redirect_slashes = False
    health = Health(catalogue, hot)
    app.router.routes += [
        route("/collections/{id}/items", features.items),
        route("/collections/{id}/items/{fid:path}", features.item),
        route("/health/live", health.live),
        route("/health/ready", health.ready),
    ]
    app.router.default = _nowhere
    app.add_middleware(Guard)
    return app


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer where no route matches."""
    if scope["type"] != "http":
        raise HTTPException(404)
    request = Request(scope)
    shown = problem.shorten(scope["path"])
    missing: OneMapError = problem.NoSuchPage(
        f"没有这个地址,入口见 /:{shown}", f"no such address, begin at /: {shown}", value=shown
    )
    reply: Reply = problem.problem(missing, spoken(request))
    await deliver(request, reply, send)
