"""The doors without what stands before them, a server without doors, and one that keeps no tile that it
made, to see what each costs."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp

from api import recent
from api.app import create_app
from api.dispatch import Dispatch
from api.metering import Metering
from spatial.settings import Settings


def doors() -> ASGIApp:
    """The doors alone."""
    return Dispatch(_app())


def metered() -> ASGIApp:
    """The doors, measured and logged, without guard, identity and quotas."""
    app = _app()
    metering = app.middleware_stack
    assert isinstance(metering, Metering)
    metering._app = Dispatch(app)
    return metering


def forgetful() -> ASGIApp:
    """The whole platform; each tile is cut anew."""
    recent.BYTES_MOST = 0
    stack = _app().middleware_stack
    assert stack is not None
    return stack


nothing = Response()
"""Answers everything with nothing."""


def _app() -> FastAPI:
    settings = Settings.read()
    assert settings.database_url is not None
    return create_app(settings, settings.database_url)
