"""The doors' part of the audit: reads of restricted data and refusals, written before answers leave.

What waits is written together in one transaction, so a burst of reads costs a
few commits. While nothing can be written, nothing restricted is answered (503).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from api.desk import Desk
from api.touched import Touched
from spatial.access import audit
from spatial.access.audit import Event

LOG = logging.getLogger("onemap.api")
BATCH = 200
DENIALS_PER_MINUTE = 60
"""Of one credential; what is beyond them is counted in the log, so that nobody floods the audit."""
TARGET_MAX = 300
_DESCRIBING = frozenset(("schema", "queryables", "sortables", "legend"))
_Waiting = list[tuple[list[Event], "asyncio.Future[None]"]]


class Auditor:
    """Writes events to the audit, many at a time."""

    def __init__(self, desk: Desk, now: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._now = now
        self._waiting: _Waiting = []
        self._writing: asyncio.Task[None] | None = None
        self._denials: dict[str, tuple[float, int]] = {}

    async def note(self, touched: Touched, method: str, path: str, status: int) -> None:
        """Return when it is safe in the database; whatever hinders that is raised."""
        if not worth_noting(touched, path, status):
            return
        events = self._events(touched, method, path, status)
        if not events:
            return
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((events, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await written

    def _events(self, touched: Touched, method: str, path: str, status: int) -> list[Event]:
        principal, target = touched.principal, f"{method} {path[:TARGET_MAX]}"
        if status < 400:
            return [
                Event(principal, "read", layer, target, "done", touched.request)
                for layer in sorted(touched.restricted)
            ]
        if self._flooded(principal.credential or principal.subject):
            return []
        layer = min(touched.refused or touched.hidden | touched.restricted, default=None)
        return [Event(principal, "request", layer, target, "denied", touched.request)]

    def _flooded(self, credential: str) -> bool:
        """Whether this credential was refused too often within the running minute."""
        now = self._now()
        since, count = self._denials.get(credential, (now, 0))
        if now - since >= 60.0:
            since, count = now, 0
        if len(self._denials) > 10_000:
            self._denials.clear()
        self._denials[credential] = (since, count + 1)
        if count == DENIALS_PER_MINUTE:
            LOG.warning("more than %d refusals a minute, no more are audited: %s", count, credential)
        return count >= DENIALS_PER_MINUTE

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            events = [event for some, _ in batch for event in some]
            try:
                await self._desk.run(lambda connection, e=events: audit.enter(connection, e))  # type: ignore[misc]
            except Exception as failure:
                for _, written in batch:
                    if not written.done():
                        written.set_exception(failure)
            else:
                for _, written in batch:
                    if not written.done():
                        written.set_result(None)


def worth_noting(touched: Touched, path: str, status: int) -> bool:
    """Restricted data leaves, or something was refused; descriptions of a layer are no data."""
    if status in (401, 403) or (status == 404 and (touched.hidden or touched.nothing)):
        return True
    if status >= 400 or not touched.restricted:
        return False
    parts = path.strip("/").split("/")
    described = parts[0] == "collections" and (
        len(parts) == 2 or (len(parts) == 3 and parts[2] in _DESCRIBING)
    )
    return not described
