"""Workers that cannot live: they are replaced, but not for ever."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE_S
from serving import ROOT

from api.server import REPLACED_MOST

SERVE = """
from api.server import serve
from spatial.settings import Settings
serve(Settings.read(), "no.such:place")
"""


@pytest.mark.fault
def test_a_server_whose_workers_cannot_live_ends_with_an_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {
        **os.environ,
        "ONEMAP_DATABASE_URL": "postgresql:///onemap",
        "ONEMAP_DATA": str(tmp_path),
        "ONEMAP_HOST": "127.0.0.1",
        "ONEMAP_PORT": str(port),
    }
    told = subprocess.run(
        [sys.executable, "-c", SERVE],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
    )
    output = told.stdout + told.stderr
    assert told.returncode == 1, output
    assert "Worker crash loop detected" in output
    assert output.count("Respawning worker-") >= REPLACED_MOST
