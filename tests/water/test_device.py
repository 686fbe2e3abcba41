"""Runs on a graphics processor: the functions of the processor give there what they give here."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from water.hydraulics import beginning
from water.hydraulics.beginning import begun
from water.hydraulics.model import Forcing, Grid, Ground, Method
from water.hydraulics.simulation import Scenario, Simulation

PLAYED = Path(__file__).parent / "device_simulated.py"
COMPILED = Path(__file__).parent / "device_compiled.py"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """How runs compare on a device that numba plays."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", PLAYED], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("which", ["inertia-32", "inertia-64", "godunov-64"])
def test_with_every_kind_of_works_the_bits_are_those_of_the_processor(
    which: str, found: dict[str, Any]
) -> None:
    told = found[which]
    assert told["same"] and told["seconds_apart"] == 0 and told["steps"] == 2 and told["flows"] > 0
    assert told["ledger_apart_m3"] < 1e-9 and told["imbalance"] < (1e-6 if which.endswith("32") else 1e-12)


def test_godunov_in_32_bits(found: dict[str, Any]) -> None:
    """Python reckons what a structure lets through in 32 bits, a processor in 64."""
    told = found["godunov-32"]
    assert told["apart"] < 1e-5 and told["seconds_apart"] < 1e-5 and told["imbalance"] < 1e-6


def test_tiles_that_fall_dry_are_left_alone(found: dict[str, Any]) -> None:
    told = found["puddles"]
    assert told["same"] and told["tiles"][0] == 1.0
    assert told["tiles"][1] == told["tiles"][2] == 3 / 13


def test_every_kernel_compiles_for_a_device() -> None:
    """Down to PTX, which needs the compiler and no device; the simulator takes what a compiler does not."""
    if importlib.util.find_spec("numba_cuda") is None:
        pytest.skip("numba-cuda is not installed: pip install 'numba-cuda[cu12]'")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", COMPILED], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(done.stdout.split()) == 2 * 26, "a kernel that is not compiled"


def test_without_a_driver_the_processor_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "DRIVERS", ("/dev/none",))
    monkeypatch.setattr(beginning, "FEWEST_CELLS", 1)
    scenario = Scenario(Ground(Grid(2, 2, 1.0), np.zeros((2, 2))), Forcing(), 1.0)
    assert type(begun(scenario, Method("inertia", 32))) is Simulation


def test_a_driver_without_a_compiler_is_no_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Here numba finds neither: it says so, and the processor computes."""
    monkeypatch.setattr(beginning, "DRIVERS", (str(tmp_path),))
    monkeypatch.setattr(beginning, "FEWEST_CELLS", 1)
    scenario = Scenario(Ground(Grid(2, 2, 1.0), np.zeros((2, 2))), Forcing(), 1.0)
    from water.hydraulics.device.porting import available

    run = begun(scenario, Method("inertia", 32))
    assert isinstance(run, Simulation) and (type(run) is Simulation) is not available()
