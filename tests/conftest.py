"""One real PostGIS for the whole run; a fresh database for each test that writes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chromium_running
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg.conninfo import conninfo_to_dict
from serving import database_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long drawing an example takes says how busy the machine is, and nothing of what is tested.
settings.register_profile("machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("machine")

HEAVIEST = ("faults", "main_job", "conformance", "notebooks", "jobs", "browser", "api")
"""Folders whose files take minutes; they are begun first, and the short ones fill the end of all workers."""


def pytest_configure() -> None:
    """Ctrl-C reaches what the tests start, also where they run in the background and inherit it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The heaviest folders first, and last what drives a browser; within them, what shares grounds together.

    A browser leaves an event loop running in its worker, in which no test after it can run one of its own.
    """
    ranks = {folder: rank for rank, folder in enumerate(HEAVIEST)}
    driving = {item.path for item in items if "browser" in getattr(item, "fixturenames", ())}
    for item in items:
        GROUNDS.setdefault(item.path, {}).update(grounds_of(item))
    # With the mark at its end, what uses a ground beside another comes before what uses it alone.
    together = {path: ",".join(sorted(names)) + "~" for path, names in GROUNDS.items()}
    items.sort(
        key=lambda item: (
            item.path in driving,
            ranks.get(item.path.parent.name, len(ranks)),
            together[item.path],
        )
    )


GROUNDS: dict[Path, dict[str, pytest.FixtureDef[Any]]] = {}
"""What stands for all files of a folder, such as a served city, and which file uses it."""


def grounds_of(item: pytest.Item) -> dict[str, pytest.FixtureDef[Any]]:
    """The fixtures of a whole run that the folder of a test makes."""
    if not isinstance(item, pytest.Function):
        return {}
    found = {name: made[-1] for name, made in item._fixtureinfo.name2fixturedefs.items()}
    return {
        name: made
        for name, made in found.items()
        if made.scope == "session" and made.baseid.startswith("tests/")
    }


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """A ground that the next file does not use is left: servers that nobody asks took a tenth of a run."""
    if nextitem is None or nextitem.path == item.path or not isinstance(item, pytest.Function):
        return
    for name, made in GROUNDS.get(item.path, {}).items():
        if GROUNDS.get(nextitem.path, {}).get(name) is not made:
            made.finish(item._request)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def server_dsn() -> str:
    """A PostGIS server made for this run (``./onemap test`` sets it)."""
    dsn = os.environ.get("ONEMAP_TEST_SERVER")
    if not dsn:
        pytest.fail("no test server: run the tests with ./onemap test")
    return dsn


@pytest.fixture
def empty_database(server_dsn: str) -> Iterator[str]:
    """The dsn of a new, empty database, dropped afterwards."""
    with database_of(server_dsn) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def template(server_dsn: str) -> Iterator[str]:
    """Name of a database with all migrations applied; nobody is connected to it."""
    from spatial import migrations

    with database_of(server_dsn) as dsn:
        migrations.upgrade(dsn)
        yield conninfo_to_dict(dsn)["dbname"]


@pytest.fixture
def database(server_dsn: str, template: str) -> Iterator[str]:
    """The dsn of a fresh platform database without layers, dropped afterwards."""
    with database_of(server_dsn, template) as dsn:
        yield dsn


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to ``database`` as its owner; the test commits where it wants to."""
    from spatial.database import connect

    with connect(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_database(server_dsn: str, template: str) -> Iterator[str]:
    """The dsn of a fresh platform database for all tests of a module that leave nothing behind."""
    with database_of(server_dsn, template) as dsn:
        yield dsn


@pytest.fixture
def scratch(shared_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to ``shared_database`` whose work is rolled back: the test must not commit."""
    from spatial.database import connect

    opened = connect(shared_database)
    yield opened
    opened.rollback()
    opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium of Debian's package."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = chromium_running.launched(playwright.chromium)
        yield launched
        launched.close()
