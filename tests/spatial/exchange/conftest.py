"""A database with the layers of these tests."""

from __future__ import annotations

import pytest
from exchange_files import PLOTS, REGISTER, STATIONS, publish


@pytest.fixture
def dsn(database: str) -> str:
    publish(database, STATIONS, PLOTS, REGISTER)
    return database
