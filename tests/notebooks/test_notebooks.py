"""Every notebook runs from top to bottom against a served platform; its own assertions must hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from serving import ROOT, Served, database_of, server

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def platform(server_dsn: str, template: str, tmp_path: Path) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn, server(dsn, tmp_path / "server.log") as served:
        yield served


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, platform: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEMAP_URL", platform.url)
    monkeypatch.setenv("ONEMAP_DATABASE_URL", platform.dsn)
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "notebooks are kept without outputs"
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
