"""``doctor``: is this machine fit, and which command mends what is not."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from api.cli.failure import EXIT_CODES, expected
from api.cli.fonts import REPAIR
from api.cli.port import require_free
from api.cli.server import running
from api.cli.site import ROOT, Site, data_option, json_option
from spatial.errors import EnvironmentProblem
from tiles.fonts.sources import missing


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    """The command that mends it."""
    needed: bool = True
    """False where only tests or comfort depend on it."""


def examine(site: Site) -> Iterator[Finding]:
    """Look at everything, whatever the findings before were."""
    yield Finding("Python", True, f"{platform.python_version()} {sys.executable}")
    yield _guarded("PostgreSQL + PostGIS", _packages, "./onemap up")
    yield _guarded("数据目录 data directory", lambda: _data_dir(site), "./onemap up --data DIR")
    yield _disk(site)
    yield _guarded("端口 port", lambda: _port(site), "./onemap up --port 0")
    yield _assets()
    yield _fonts(site)
    yield _guarded("数据库 database", lambda: _database(site), "./onemap up")
    yield _guarded("数据库结构 schema", lambda: _schema(site), "./onemap up")
    yield _program("Chromium (test)", "chromium-headless-shell", "./onemap test")
    yield _program("GDAL (test)", "ogrinfo", "./onemap test")


def _guarded(name: str, look: Callable[[], str], remedy: str) -> Finding:
    try:
        return Finding(name, True, look())
    except Exception as error:
        known = expected(error)
        if known is None:
            raise
        return Finding(name, False, " ".join(f"{known.zh} {known.en}".split()), remedy)


def _packages() -> str:
    from spatial.cluster.installation import Installation

    held = Installation.find()
    return f"{held.version} {held.programs}"


def _data_dir(site: Site) -> str:
    if site.data_dir.exists() and not os.access(site.data_dir, os.W_OK):
        site.prepare()
    return str(site.data_dir)


def _disk(site: Site) -> Finding:
    from spatial.cluster.cluster import FREE_BYTES

    place = next(folder for folder in (site.data_dir, *site.data_dir.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    return Finding(
        "磁盘 disk", free >= FREE_BYTES, f"{free >> 20} MiB free: {place}", "./onemap up --data DIR"
    )


def _port(site: Site) -> str:
    server = running(site)
    if server is not None:
        return f"{server.port} ({server.pid})"
    return str(require_free(site.settings.host, site.settings.port))


def _assets() -> Finding:
    held = (ROOT / "api/static").is_dir()
    return Finding("地图界面 map assets", held, "api/static" if held else "-", "./onemap up")


def _fonts(site: Site) -> Finding:
    """Without them the map is lettered with whatever fonts the reader's machine has."""
    from tiles.fonts.shelf import Shelf

    lacking = missing()
    if lacking:
        text = ", ".join(str(path) for path in lacking)
        return Finding("字体 fonts", False, text, REPAIR, needed=False)
    made = len(Shelf(site.fonts).faces())
    return Finding("字体 fonts", made > 0, f"{made} files: {site.fonts}", "./onemap fonts", needed=False)


def _database(site: Site) -> str:
    from spatial.cluster import require_database
    from spatial.cluster.store import versions

    require_database(site.dsn())
    return versions(site.dsn())


def _schema(site: Site) -> str:
    from spatial import migrations

    return str(migrations.current(site.dsn()))


def _program(name: str, program: str, remedy: str) -> Finding:
    path = shutil.which(program)
    return Finding(name, path is not None, path or "-", remedy, needed=False)


@click.command()
@data_option
@json_option
def doctor(data: Path | None, as_json: bool) -> None:
    """检查本机 Look at this machine and name the command that mends each problem. Exit code 9 with any.

    \b
    Example:
      ./onemap doctor
    """
    findings = list(examine(Site.read(data)))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            mark = "OK  " if finding.ok else "问题" if finding.needed else "无  "
            remedy = "" if finding.ok else f"  → {finding.remedy}"
            click.echo(f"{mark}  {finding.name}: {finding.found}{remedy}")
    if any(finding.needed and not finding.ok for finding in findings):
        raise click.exceptions.Exit(EXIT_CODES[EnvironmentProblem])
