"""The table of conformance: every test that it names is there, every class that is claimed has its line."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from api.conformance import CONFORMS_TO

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
SPEC = "http://www.opengis.net/spec/"


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def test_every_test_that_is_named_is_there() -> None:
    named = NAMED.findall(TABLE)
    assert len(named) > 60
    for path, function in named:
        assert not function or function in functions_of(path), f"{path}::{function}"


def test_every_class_that_is_claimed_has_a_line() -> None:
    said = re.findall(r"`((?:ogcapi-features-\d|cql2)/1\.0/conf/[\w-]+)`", TABLE)
    claimed = [one.removeprefix(SPEC) for one in CONFORMS_TO]
    features = {one for one in claimed if one.startswith(("ogcapi-features-", "cql2/"))}
    assert set(said) == features


def test_every_line_has_a_test_or_says_why_not() -> None:
    lines = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| class")]
    told = [line for line in lines if "CQL2 class" not in line]
    assert len(told) > 40
    without = [line for line in told if "::" not in line]
    assert [line.split(" |")[0] for line in without] == [
        "| fc-timeStamp",
        "| fc-md-storageCrsCoordinateEpoch",
    ]
