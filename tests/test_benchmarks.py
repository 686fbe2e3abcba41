"""Every benchmark is there to be run: what it measures is where it looks for it."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = sorted(each.name for each in pkgutil.iter_modules([str(ROOT / "benchmarks")]))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_what_it_measures(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    assert importlib.import_module(f"benchmarks.{name}").__doc__
