"""Processes in the background 后台进程: each leads a session, has a log and a record of which it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from api.cli.site import ROOT, Site
from spatial.process import PROC, Process

LOG_BYTES = 8 << 20
"""A log beyond this size is begun anew at the next start."""


def launch(
    site: Site, dsn: str, command: str, log: Path, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a command of ours over this installation, what it says at the end of its log."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    told = {"ONEMAP_DATABASE_URL": dsn, "ONEMAP_DATA": str(site.data_dir), "PYTHONPATH": str(ROOT)}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "api.cli", *command.split()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env={**os.environ, **told, **(environ or {})},
            start_new_session=True,
        )


def record(file: Path, told: Mapping[str, object]) -> None:
    """Write down which process it is, whole or not at all."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(told))
    part.replace(file)


def end_session(leader: int, site: Site) -> None:
    """End what is left of the session that this process led."""
    mark = f"ONEMAP_DATA={site.data_dir}".encode()
    for entry in PROC.glob("[0-9]*"):
        number = int(entry.name)
        try:
            ours = os.getsid(number) == leader and mark in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        process = Process.of(number) if ours else None
        if process is not None:
            process.stop(2.0)
