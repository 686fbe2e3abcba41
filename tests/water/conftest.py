"""Places for copies of the archive in memory: syncing thousands of small files to a disk takes minutes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as place:
        yield Path(place)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs of hydraulics are tested on the graphics processor too, where there is one."""
    module = metafunc.module
    if module.__name__.startswith("test_hydraulics") and hasattr(module, "Simulation") and _device():
        metafunc.fixturenames.append("computed_on")
        metafunc.parametrize("computed_on", ["processor", "device"], indirect=True)


def _device() -> bool:
    from water.hydraulics import beginning

    if not any(Path(each).exists() for each in beginning.DRIVERS):
        return False
    from water.hydraulics.device.porting import available

    return available()


@pytest.fixture
def computed_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the runs of the test are computed."""
    if request.param == "device":
        from water.hydraulics.device.simulation import DeviceSimulation

        monkeypatch.setattr(request.module, "Simulation", DeviceSimulation)
    return str(request.param)
