"""Every command's help, the table of exit codes, and how errors are told."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner

from api.cli.commands import COMMANDS, HIDDEN, onemap
from api.cli.failure import EXIT_CODES, ending, exit_code, expected
from spatial import errors

ROOT = Path(__file__).resolve().parents[2]
JSON_COMMANDS = (
    "status",
    "doctor",
    "load",
    "export",
    "history",
    "verify",
    "usage",
    "quota",
)


def subclasses(kind: type[errors.OneMapError]) -> list[type[errors.OneMapError]]:
    direct = kind.__subclasses__()
    return [*direct, *(below for child in direct for below in subclasses(child))]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    told = CliRunner().invoke(onemap, [name, "--help"])
    assert told.exit_code == 0
    example = told.output.partition("Example:")[2].split("\n\n")[0]
    assert f"./onemap {name}" in example
    assert ("--json" in told.output) == (name in JSON_COMMANDS)


def test_the_list_names_every_command_in_both_languages() -> None:
    told = CliRunner().invoke(onemap, ["--help"]).output
    for name in COMMANDS:
        if name not in HIDDEN:
            line = next(line for line in told.splitlines() if line.strip().startswith(name + " "))
            assert any("\u4e00" <= character <= "\u9fff" for character in line)


@pytest.mark.parametrize("kind", subclasses(errors.OneMapError))
def test_every_error_has_an_exit_code_of_its_kind(kind: type[errors.OneMapError]) -> None:
    code = exit_code(kind.__new__(kind))
    assert 2 <= code <= 9
    assert [parent for parent, number in EXIT_CODES.items() if number == code and issubclass(kind, parent)]


def test_the_exit_codes_are_the_documented_ones() -> None:
    page = (ROOT / "docs/operate.md").read_text()
    for kind, code in EXIT_CODES.items():
        assert f"| {code} | `{kind.code}` |" in page


@click.command()
@click.option("--json", "as_json", is_flag=True)
@click.argument("what")
def failing(as_json: bool, what: str) -> None:
    if what == "known":
        raise errors.UnknownLayer("没有图层:x", "no such layer: x", value="x", details={"near": ["y"]})
    if what == "full":
        raise OSError(errno.ENOSPC, "No space left on device", "/data/file")
    if what == "database-full":
        raise psycopg.errors.DiskFull("could not extend file")
    if what == "interrupt":
        raise KeyboardInterrupt
    raise ZeroDivisionError(what)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["known"], 4, "no such layer: x"),
        (["full"], 9, "the disk is full; make room and try again: /data/file"),
        (["database-full"], 9, "the disk is full"),
        (["interrupt"], 130, "Interrupted"),
        (["--nonsense"], 2, "--help"),
        ([], 2, "WHAT"),
    ],
)
def test_an_expected_failure_is_told_in_both_languages_without_a_traceback(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending(failing, arguments) == code
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err
    assert any("\u4e00" <= character <= "\u9fff" for character in told.err.strip().splitlines()[0])


def test_a_fault_of_the_platform_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(failing, ["fault"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_for_scripts_the_error_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(failing, ["known", "--json"]) == 4
    error = json.loads(capsys.readouterr().out)["error"]
    assert error == {
        "code": "unknown-layer",
        "zh": "没有图层:x",
        "en": "no such layer: x",
        "value": "x",
        "near": ["y"],
    }


def test_a_permission_is_an_expected_failure() -> None:
    known = expected(PermissionError(errno.EACCES, "Permission denied", "/somewhere"))
    assert isinstance(known, errors.EnvironmentProblem)
    assert known.en.endswith("/somewhere")


def test_nothing_heavy_is_imported_before_a_command_needs_it() -> None:
    code = (
        "import sys; import api.cli.commands, api.cli.status\n"
        "print([m for m in ('numpy', 'sqlalchemy', 'fastapi', 'alembic', 'pyogrio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_server_starts_without_what_runs_only_in_workers() -> None:
    code = (
        "import sys; import api.server\n"
        "print([m for m in ('numba', 'zarr', 'scipy', 'pandas', 'geopandas', 'dask') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
