"""Sample cities for the tests, each generated once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from spatial.sample.city import SampleCity, generate
from spatial.sample.loading import SEED


@pytest.fixture(scope="session")
def city_of() -> Callable[[int], SampleCity]:
    """The sample city of a seed."""
    return cache(generate)


@pytest.fixture(scope="session")
def city(city_of: Callable[[int], SampleCity]) -> SampleCity:
    """The sample city."""
    return city_of(SEED)
