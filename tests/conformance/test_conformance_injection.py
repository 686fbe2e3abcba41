"""sqlmap finds nothing, and PostgreSQL never saw a statement it could not parse."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest
from serving import Served

TARGETS = (
    "/collections/roads/items?name=a*",
    "/collections/roads/items?filter=name%3D%27a*%27&limit=1",
    "/collections/roads/items/1*",
    "/changesets?layer=roads*",
    "/collections/records/items?q=a*",
)


@pytest.mark.skipif(shutil.which("sqlmap") is None, reason="sqlmap is not installed")
@pytest.mark.parametrize("target", TARGETS)
def test_sqlmap_finds_nothing(city: Served, tmp_path: Path, target: str) -> None:
    command = [
        "sqlmap",
        "--batch",
        "--url",
        city.url + target,
        "--dbms",
        "postgresql",
        "--level",
        "1",
        "--risk",
        "1",
        "--technique",
        "BEUS",
        "--threads",
        "4",
        "--timeout",
        "10",
        "--retries",
        "0",
        "--ignore-code",
        "400,404",
        "--disable-coloring",
        "--output-dir",
        str(tmp_path),
        "--flush-session",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=250, cwd=tmp_path)
    assert "is vulnerable" not in ran.stdout and "Parameter: " not in ran.stdout, ran.stdout[-2000:]
    assert "all tested parameters do not appear to be injectable" in ran.stdout, ran.stdout[-2000:]
    with psycopg.connect(city.dsn) as connection:  # nobody was left asleep
        slept = connection.execute(
            "select count(*) from pg_stat_activity"
            " where pid <> pg_backend_pid() and query ilike '%pg_sleep(%'"
        )
        assert slept.fetchone() == (0,)
