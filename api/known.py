"""Requests that were read before: what an address means is worked out once.

Clients ask for the same addresses again and again. What a query, with the
headers that negotiate, asks of a layer depends on nothing else, so it is kept
with the layer as it was shown; a layer that has changed, or is shown to
somebody with other rights, is another object and is read anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from api.catalogue import Shown
from api.crs import Edges
from api.wire import Request

T = TypeVar("T")
KEPT_MOST = 2048
LONGEST = 512
"""Bytes of a query that is kept: a long one is hardly asked for twice."""


class Known(Generic[T]):
    """A reader of requests that remembers."""

    def __init__(self, read: Callable[[Request, Shown, Edges], T]) -> None:
        self._read = read
        self._kept: dict[tuple[bytes, bytes | None, bytes | None, int], tuple[Shown, T]] = {}

    def of(self, request: Request, layer: Shown, edges: Edges) -> T:
        """What is asked; refusals are raised anew each time."""
        headers = request.headers
        key = (request.query_string, headers.get(b"accept"), headers.get(b"accept-language"), id(layer))
        kept = self._kept.get(key)
        if kept is not None and kept[0] is layer:
            return kept[1]
        asked = self._read(request, layer, edges)
        if len(key[0]) <= LONGEST and b"after=" not in key[0]:
            if len(self._kept) >= KEPT_MOST:
                self._kept.clear()
            self._kept[key] = (layer, asked)
        return asked
