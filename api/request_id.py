"""One name for a request: in its answer, in the access log and in every line the platform logs for it."""

from __future__ import annotations

import re
from contextvars import ContextVar
from functools import cache
from itertools import count
from os import urandom

from api.wire import Scope, by_name

REQUEST_ID: ContextVar[str] = ContextVar("onemap_request_id", default="")
_NUMBERS = count()
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def request_id(scope: Scope) -> str:
    """The id the client gave (``X-Request-Id``, else the trace of ``traceparent``), else a new one."""
    named = by_name(scope)
    if b"x-request-id" not in named and b"traceparent" not in named:
        return f"{_worker()}{next(_NUMBERS):08x}"
    trace = None
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN.fullmatch(value):
            return str(value.decode())
        if name == b"traceparent":
            trace = _TRACEPARENT.fullmatch(value)
    return trace.group(1).decode() if trace else f"{_worker()}{next(_NUMBERS):08x}"


@cache
def _worker() -> str:
    """Asked after the workers have become processes of their own."""
    return urandom(6).hex()
