"""The usage ledger over HTTP 用量: filled beside the requests, read by departments and auditors."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from starlette.routing import Route

from api.catalogue import Catalogue
from api.desk import Desk
from api.door import route
from api.pages import Pages
from api.parameters import COMMON, given
from api.problem import BadParameter
from api.wire import Reply, Request, unless_gone
from spatial.access.model import Principal
from spatial.access.rules import oversees
from spatial.database import connect
from spatial.datum.clock import format_instant, parse_instant
from spatial.errors import BadTime, Forbidden, Unauthenticated, Unavailable, shorten
from spatial.usage import store
from spatial.usage.ledger import ingest
from spatial.usage.model import Period

LOG = logging.getLogger("onemap.usage")
INGEST_S = 10.0
ROWS_MAX = 10_000
_NAMES = ("department", "credential", "collection", "operation", "status_class")
_SUMS = ("calls", "rows", "bytes", "duration_us")


class Bookkeeping:
    """Brings the access log into the ledger, now and then; of all workers one at a time does it."""

    def __init__(self, dsn: str, folder: Path | None) -> None:
        self._dsn = make_conninfo(dsn, connect_timeout=2)
        self._folder = folder

    async def run(self) -> None:
        """For ever; while the database is away the log waits."""
        while self._folder is not None:
            await asyncio.sleep(INGEST_S)
            try:
                await asyncio.to_thread(self._ingest, self._folder)
            except (psycopg.OperationalError, Unavailable, OSError) as failure:
                LOG.warning("the usage ledger waits: %s", type(failure).__name__)
            except Exception:
                LOG.exception("the usage ledger could not be written")

    def _ingest(self, folder: Path) -> None:
        with connect(self._dsn, application="onemap-usage", autocommit=True) as connection:
            connection.execute("set statement_timeout = '60s'")
            with suppress(FileNotFoundError):  # a segment went to the archive just now
                ingest(connection, folder)


class Usage:
    """The handler of ``/usage``."""

    def __init__(self, catalogue: Catalogue, desk: Desk, pages: Pages, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """The one address."""
        return [route("/usage", self.usage)]

    async def usage(self, request: Request) -> Reply:
        """``/usage``: one's own department's, or everybody's for an auditor."""
        parameters = given(request.query_string, [*COMMON, "department", "from", "to", "by"])
        department = _whose(request.principal, parameters.get("department"))
        period = _period(parameters.get("by"))
        since, until = (_instant(name, parameters.get(name)) for name in ("from", "to"))
        rows = await unless_gone(
            request,
            self._desk.run(
                lambda connection: store.report(
                    connection,
                    period=period,
                    department=department,
                    since=since,
                    until=until,
                    limit=ROWS_MAX + 1,
                )
            ),
        )
        hidden = self._hidden(request.principal)
        base = request.base_url(self._base_url)
        links = [
            {"href": f"{base}/usage", "rel": "self", "type": "application/json"},
            {"href": f"{base}/", "rel": "root", "type": "application/json"},
        ]
        document = {
            "by": period.value,
            "from": format_instant(since) if since else None,
            "to": format_instant(until) if until else None,
            "usage": [_entry(row, hidden) for row in rows[:ROWS_MAX]],
            "numberReturned": min(len(rows), ROWS_MAX),
            "complete": len(rows) <= ROWS_MAX,
            "links": links,
        }
        reply = self._pages.reply(request, parameters, document, "usage.html", base)
        reply.headers = [pair for pair in reply.headers if pair[0] != b"cache-control"]
        reply.headers.append((b"cache-control", b"private, no-cache"))
        return reply

    def _hidden(self, principal: Principal) -> frozenset[str]:
        """Layers that colleagues used and that this one may not know of."""
        if oversees(principal):
            return frozenset()
        return frozenset(self._catalogue.layers) - frozenset(self._catalogue.seen_by(principal))


def _whose(principal: Principal, department: str | None) -> str | None:
    """The department to report on; None for all, which only an overseer may see."""
    if oversees(principal):
        return department
    if principal.department is None:
        raise Unauthenticated(
            "用量须以部门身份查看,请带密钥或令牌:/usage",
            "usage is shown to departments; bring a key or a token: /usage",
            value="/usage",
        )
    if department not in (None, principal.department):
        raise Forbidden(
            f"只能查看本部门的用量;查看其他部门须审计员:{shorten(department or '', 40)}",
            f"only your own department's usage; others' is for auditors: {department}",
            value=department,
        )
    return principal.department


def _period(text: str | None) -> Period:
    try:
        return Period(text or Period.DAY)
    except ValueError:
        known = ", ".join(Period)
        raise BadParameter("by", f"须为 {known}", f"must be one of {known}", value=text or "") from None


def _instant(parameter: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except BadTime as failure:
        raise BadParameter(
            parameter, "须为时刻或日期", "must be an instant or a day", value=text
        ) from failure


def _entry(row: tuple[Any, ...], hidden: frozenset[str]) -> dict[str, object]:
    period, *rest = row
    entry = {"period": period, **dict(zip((*_NAMES, *_SUMS), rest, strict=True))}
    return {**entry, "collection": ""} if entry["collection"] in hidden else entry
