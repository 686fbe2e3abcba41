"""Who asks: the ASGI layer that names the principal of every request."""

from __future__ import annotations

from typing import Any

from api.wire import PRINCIPAL, Receive, Scope, Send
from spatial.access.model import LOCAL


class Identity:
    """Wraps an ASGI application and puts a Principal into the scope."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name who asks, and pass on."""
        if scope["type"] == "http":
            scope[PRINCIPAL] = LOCAL
        await self._app(scope, receive, send)
