"""The nightly chore: done once a night, made up for, tried again, switched off, and only beside its files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from pathlib import Path

import psycopg
import pytest

from spatial.database import connect
from spatial.observe import series
from spatial.observe.archive import nightly_store
from spatial.observe.archive.nightly import due, look
from spatial.observe.model import Reading

sys.path.insert(0, str(Path(__file__).parent))
from observed_series import at, datastreams


@pytest.fixture
def held(connection: psycopg.Connection[object]) -> Iterator[psycopg.Connection[object]]:
    """Two days of values, each whole."""
    (stream,) = datastreams(connection, 1)
    series.record(connection, [Reading(stream, at(60 * hour), float(hour)) for hour in range(48)])
    connection.commit()
    connection.autocommit = True
    yield connection
    connection.autocommit = False


def next_night(connection: psycopg.Connection[object]) -> datetime:
    then = due(connection)
    assert then is not None
    return then


def test_a_night_is_done_once_and_made_up_for(held: psycopg.Connection[object], tmp_path: Path) -> None:
    first = next_night(held)
    assert (first.hour, first.minute) == (2, 15)
    assert look(held, tmp_path, first - timedelta(seconds=1)) is None
    late = first + timedelta(days=3, hours=5)  # nobody was there for three nights
    night = look(held, tmp_path, late)
    assert night is not None and (night.files, night.failure) == (2, None)
    assert len(list(tmp_path.rglob("*.parquet"))) == 2
    assert look(held, tmp_path, late + timedelta(minutes=1)) is None
    assert next_night(held) == first + timedelta(days=4)
    again = look(held, tmp_path, first + timedelta(days=4))
    assert again is not None and (again.files, again.away) == (0, 0)


def test_of_two_that_look_at_once_one_does_it(
    held: psycopg.Connection[object], database: str, tmp_path: Path
) -> None:
    now = next_night(held) + timedelta(minutes=1)

    def one(_: int) -> object:
        with connect(database, autocommit=True) as connection:
            return look(connection, tmp_path, now)

    with ThreadPoolExecutor(4) as pool:
        done = [each for each in pool.map(one, range(4)) if each is not None]
    assert len(done) == 1
    assert held.execute("select count(*) from observe.night").fetchone() == (1,)


def test_what_failed_is_kept_and_tried_again_after_an_hour(
    held: psycopg.Connection[object], tmp_path: Path
) -> None:
    now = next_night(held)
    nowhere = tmp_path / "nowhere"
    nowhere.write_text("")  # no folder can be made here
    night = look(held, nowhere, now)
    assert night is not None and night.failure is not None
    assert nightly_store.last_night(held) == night
    assert look(held, tmp_path, now + timedelta(minutes=59)) is None
    repeated = look(held, tmp_path, now + timedelta(minutes=61))
    assert repeated is not None and (repeated.files, repeated.failure) == (2, None)


def test_switched_off_it_is_not_done_and_another_time_counts_from_then(
    held: psycopg.Connection[object], tmp_path: Path
) -> None:
    nightly_store.declare(held, None)
    assert due(held) is None
    assert look(held, tmp_path, datetime.now().astimezone() + timedelta(days=9)) is None
    nightly_store.declare(held, time(23, 0))
    assert next_night(held).hour == 23


def test_another_machine_without_the_files_closes_nothing(
    held: psycopg.Connection[object], tmp_path: Path
) -> None:
    now = next_night(held)
    assert look(held, tmp_path / "here", now)
    night = look(held, tmp_path / "elsewhere", now + timedelta(days=1))
    assert night is not None and night.failure == "archive-elsewhere"
    assert not (tmp_path / "elsewhere").exists()
