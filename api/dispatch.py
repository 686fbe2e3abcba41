"""Which door a path belongs to, found without trying one after the other.

Routes are sorted into drawers by the fixed words at the first and third place
of their path and by its length (``/collections/{id}/items/…``), so that a request
is matched against the one or two routes of one drawer, in their order; where nothing is
percent-encoded and a route takes words as they stand, by its pattern alone. What stands
before the doors in the framework (its error pages, body limits and exit stacks,
none of which a door uses) is not on the way; the framework's router keeps the
lifespan and everything that no drawer knows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

from fastapi import FastAPI
from starlette.convertors import PathConvertor, StringConvertor
from starlette.routing import BaseRoute, Match, Route

from api.door import ItemRoute
from api.wire import Application, Receive, Scope, Send

_Drawer = tuple[str, str]
_ANY = "*"
"""Where everything from the third word on is one parameter, as below ``/sensorthings/v1.1/``."""
_TEXTS = (StringConvertor, PathConvertor)
_LONGEST = 8
"""Words of a path that are counted; a longer one is as one of so many."""


class Dispatch:
    """An ASGI application over a router's routes."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._router = app.router
        self._drawers: dict[tuple[_Drawer, int], list[tuple[Route, Application | None]]] = {}
        """With the endpoint of those whose pattern says all."""
        self._sorted = -1

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Hand over to the first route that matches, else to the router."""
        if scope["type"] != "http":
            return self._router(scope, receive, send)
        if self._sorted != len(self._router.routes):
            self._sort(self._router.routes)
        scope["app"] = self._app
        path: str = scope["path"]
        drawer, length = _drawer(path), min(path.count("/"), _LONGEST)
        as_it_stands = not scope.get("root_path") and b"%" not in (scope.get("raw_path") or b"%")
        for held in ((drawer, length), ((drawer[0], _ANY), length)):
            for route, endpoint in self._drawers.get(held, ()):
                if endpoint is not None and as_it_stands:
                    if found := route.path_regex.match(path):
                        scope["endpoint"], scope["path_params"] = endpoint, found.groupdict()
                        return endpoint(scope, receive, send)
                    continue
                match, child = route.matches(scope)
                if match is Match.FULL:
                    scope.update(child)
                    return route.handle(scope, receive, send)
        return self._router(scope, receive, send)

    def _sort(self, routes: Iterable[BaseRoute]) -> None:
        drawers: dict[tuple[_Drawer, int], list[tuple[Route, Application | None]]] = {}
        for route in routes:
            first, third = _drawer(route.path) if isinstance(route, Route) else ("{", "{")
            if third.endswith(":path}"):
                third = _ANY
            if isinstance(route, Route) and "{" not in first + third:
                words = route.path.count("/")
                # What stands for a word there may have slashes.
                longer = ":path}" in route.path or isinstance(route, ItemRoute)
                for number in range(words, _LONGEST + 1) if longer else (words,):
                    drawers.setdefault(((first, third), number), []).append((route, _endpoint(route)))
        self._drawers = drawers
        self._sorted = len(self._router.routes)


def _endpoint(route: Route) -> Application | None:
    """The endpoint of a route that takes every method, and words as they stand; ``None`` of another one."""
    as_they_stand = all(type(each) in _TEXTS for each in route.param_convertors.values())
    return route.app if as_they_stand and route.methods is None and route.app is route.endpoint else None


def _drawer(path: str) -> _Drawer:
    """The first and the third word of a path.

    >>> _drawer("/collections/roads/items/7")
    ('collections', 'items')
    >>> _drawer("/jobs")
    ('jobs', '')
    """
    words = path.split("/", 4)
    return (words[1] if len(words) > 1 else "", words[3] if len(words) > 3 else "")
