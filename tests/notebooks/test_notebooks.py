"""Every notebook runs from top to bottom against a served platform; its own assertions must hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
import small_city
from nbclient import NotebookClient
from psycopg.conninfo import conninfo_to_dict
from serving import ROOT, Served, database_of, server
from warm import forked

from spatial.catalogue.city import read_city
from spatial.database import connect
from tiles.far.keeper import FarTiles
from tiles.matrix import matrix_sets

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BESIDE = {"calibrating_a_flood_forecast": small_city.rivers}
"""What a notebook needs beside the small city."""
KEYS = ("ONEMAP_KEY", "ONEMAP_REVIEWER_KEY", "ONEMAP_OTHER_KEY")


@pytest.fixture(scope="module")
def built(server_dsn: str, template: str) -> Iterator[str]:
    """Name of a database with a small city and its far tiles; nobody is connected to it."""
    with database_of(server_dsn, template) as dsn:
        small_city.build(dsn)
        with connect(dsn, autocommit=True) as connection:
            assert FarTiles(dsn, matrix_sets(read_city("370783"))).look(connection) > 0
        yield conninfo_to_dict(dsn)["dbname"]


@pytest.fixture
def city(server_dsn: str, built: str) -> Iterator[str]:
    """The dsn of a small city of a notebook's own."""
    with database_of(server_dsn, built) as dsn:
        yield dsn


@contextmanager
def platform(dsn: str, folder: Path, access: str) -> Iterator[Served]:
    """A server and a worker beside it, as ``up`` runs them."""
    told = {"ONEMAP_ACCESS": access}
    with server(dsn, folder / "server.log", environment=told) as served, worker(dsn, folder / "worker.log"):
        yield served


@contextmanager
def worker(dsn: str, log: Path) -> Iterator[None]:
    """One worker of an installation; ended by its pid."""
    told = {"PYTHONPATH": str(ROOT), "ONEMAP_DATABASE_URL": dsn, "ONEMAP_DATA": str(log.with_suffix(""))}
    code = (
        "import os, sys; sys.argv[1:] = ['worker', '--parent', str(os.getppid())]\n"
        "from api.cli.commands import main; main()"
    )
    with forked(code, os.environ | told, log, within_s=60):
        yield


def run(path: Path) -> None:
    """Top to bottom, in a kernel that has this process's environment."""
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "notebooks are kept without outputs"
    client = NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(path.parent)}})
    client.execute()


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_on_a_first_run(
    path: Path, city: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in KEYS:
        monkeypatch.delenv(variable, raising=False)
    if path.stem in BESIDE:
        BESIDE[path.stem](city)
    with platform(city, tmp_path, "open") as served:
        monkeypatch.setenv("ONEMAP_URL", served.url)
        monkeypatch.setenv("ONEMAP_DATABASE_URL", served.dsn)
        run(path)


def test_departments_are_clients_of_a_guarded_platform(
    city: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = small_city.keys(city)
    assert set(keys) == set(KEYS)
    for variable, key in keys.items():
        monkeypatch.setenv(variable, key)
    with platform(city, tmp_path, "guarded") as served:
        monkeypatch.setenv("ONEMAP_URL", served.url)
        monkeypatch.delenv("ONEMAP_DATABASE_URL", raising=False)  # a client has the address and a key
        run(ROOT / "notebooks" / "a_department_as_client.ipynb")
