"""The difference of two states of the history, and as a file."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely

from planning import layers
from planning.difference import file as difference_file
from planning.difference import store as difference_store
from planning.difference.areas import by_class
from planning.difference.difference import apply, compare
from planning.difference.ground import lay_out
from planning.difference.pairs import pair
from planning.difference.store import Moment
from planning.edition import Edition
from spatial.catalogue import store as catalogue
from spatial.datum import frame
from spatial.datum.clock import BEIJING
from spatial.history import write
from spatial.history.model import Delivery, Intent

Connection = psycopg.Connection[Any]
LAYER = "planning-zones"
FIELDS = ("ghfqdm", "ghfqmc", "mj", "bz")
Row = tuple[str, str | None, float | None, shapely.Geometry]


def day(month: int) -> datetime:
    return datetime(2026, month, 1, tzinfo=BEIJING)


def deliver(connection: Connection, rows: dict[str, Row], month: int) -> None:
    """The whole layer, as it is from that month on."""
    table = catalogue.get(connection, LAYER).table
    staging = write.create_staging(connection, table)
    values = [
        (n, key, key, each[0], each[1], each[2], shapely.to_wkb(each[3]))
        for n, (key, each) in enumerate(rows.items(), 1)
    ]
    write.copy_rows(connection, staging, ("line", "fid", "bsm", "ghfqdm", "bz", "mj", "geom"), values)
    write.canonicalise(connection, staging)
    write.apply(connection, staging, Intent("张伟", "规划科", "测试", day(month), Delivery.FULL))
    write.drop_staging(connection, staging)


def zone(i: int, j: int = 0) -> shapely.Geometry:
    west, south = 118.7 + i * 0.01, 36.9 + j * 0.01
    return shapely.MultiPolygon([shapely.box(west, south, west + 0.01, south + 0.01)])


def states(seed: int) -> tuple[dict[str, Row], dict[str, Row]]:
    draw = random.Random(seed)
    first: dict[str, Row] = {
        f"z{n:02}": (draw.choice(["100", "300", "500"]), None, draw.uniform(0, 9), zone(n)) for n in range(12)
    }
    second = dict(first)
    for key in draw.sample(sorted(first), 3):
        second[key] = ("400", "改", second[key][2], second[key][3])
    second["new"] = ("700", None, None, zone(0, 2))
    second["moved"] = second.pop("z05")
    del second["z00"]
    return first, second


@pytest.fixture
def history(scratch: Connection) -> tuple[Connection, dict[str, Row], dict[str, Row]]:
    catalogue.publish(scratch, layers.contract(LAYER))
    first, second = states(7)
    deliver(scratch, first, 1)
    deliver(scratch, second, 6)
    return scratch, first, second


def _plain(edition: Edition) -> dict[str, tuple[Any, ...]]:
    return {
        row["bsm"]: (row["ghfqdm"], row["bz"], row["mj"], shapely.from_wkb(row["geom"]).normalize().wkb)
        for row in edition.table.to_pylist()
    }


def _said(rows: dict[str, Row]) -> dict[str, tuple[Any, ...]]:
    return {
        key: (each[0], each[1], each[2], shapely.set_precision(each[3], 1e-9).normalize().wkb)
        for key, each in rows.items()
    }


def test_only_what_differs_is_read(history: tuple[Connection, dict[str, Row], dict[str, Row]]) -> None:
    connection, first, second = history
    contract = layers.contract(LAYER)
    found = difference_store.read(connection, contract, FIELDS, Moment(day(3)), Moment(day(7)))
    changed = {key for key in first.keys() | second.keys() if first.get(key) != second.get(key)}
    assert found.unchanged == len(first.keys() & second.keys() - changed)
    for edition, rows in ((found.older, first), (found.newer, second)):
        want = {key: each for key, each in _said(rows).items() if key in changed}
        got = _plain(edition)
        assert {key: each[:3] for key, each in got.items()} == {key: each[:3] for key, each in want.items()}
        for key in want:
            assert shapely.from_wkb(got[key][3]).equals_exact(
                shapely.from_wkb(want[key][3]), 1e-9, normalize=True
            )
    # From nothing at all, and between the same days.
    start = difference_store.read(
        connection, contract, FIELDS, Moment(datetime(2025, 1, 1, tzinfo=BEIJING)), Moment(day(3))
    )
    assert (len(start.older), len(start.newer), start.unchanged) == (0, len(first), 0)
    same = difference_store.read(connection, contract, FIELDS, Moment(day(2)), Moment(day(3)))
    assert (len(same.older), len(same.newer), same.unchanged) == (0, 0, len(first))
    # The whole older state and the difference are the whole newer one.
    whole = [
        difference_store.read(
            connection, contract, FIELDS, Moment(datetime(2025, 1, 1, tzinfo=BEIJING)), Moment(day(month))
        ).newer
        for month in (3, 7)
    ]
    assert apply(compare(found.older, found.newer), whole[0]).identical(whole[1])


def test_a_state_of_recorded_time_is_what_was_believed_then(scratch: Connection) -> None:
    catalogue.publish(scratch, layers.contract(LAYER))
    first, second = states(8)
    deliver(scratch, first, 1)
    row = scratch.execute("select recorded_at from spatial.changeset order by id desc limit 1").fetchone()
    assert row is not None
    deliver(scratch, second, 1)  # the same days, stated anew
    found = difference_store.read(
        scratch, layers.contract(LAYER), FIELDS, Moment(day(2), row[0]), Moment(day(2))
    )
    assert (
        set(found.older.keys.to_pylist()) - set(found.newer.keys.to_pylist()) == first.keys() - second.keys()
    )
    assert len(found.older) + found.unchanged == len(first)
    assert len(found.newer) + found.unchanged == len(second)


def test_the_unchanged_are_measured(history: tuple[Connection, dict[str, Row], dict[str, Row]]) -> None:
    connection, first, second = history
    contract = layers.contract(LAYER)
    difference_store.read(connection, contract, FIELDS, Moment(day(3)), Moment(day(7)))
    classes, count = list[str | None](), 0
    for batch, shapes in difference_store.unchanged(connection, contract, "ghfqdm", Moment(day(3))):
        classes += batch
        count += len(shapes)
        assert (shapely.get_type_id(shapes) == 6).all()
    want = sorted(first[key][0] for key in first if first[key] == second.get(key))
    assert sorted(filter(None, classes)) == want and count == len(want)
    rows = Edition.of(["a", "b"], {"ghfqdm": ["1", None]}, [zone(0), zone(1)])
    assert set(by_class(rows, "ghfqdm", frame("EPSG:4549"))) == {"1", ""}


def test_the_file_holds_every_bit(tmp_path: Path) -> None:
    def edition(rows: dict[str, Row]) -> Edition:
        return Edition.of(
            list(rows),
            {
                "ghfqdm": [each[0] for each in rows.values()],
                "bz": [each[1] for each in rows.values()],
                "mj": np.array([0.1 + 0.2 if each[2] is None else each[2] for each in rows.values()]),
            },
            [each[3] for each in rows.values()],
        )

    older, newer = (edition(each) for each in states(9))
    found = compare(older, newer)
    path = tmp_path / "差异.gpkg"
    difference_file.write(path, found, pair(lay_out(found)), "MultiPolygon", "合成数据")
    again = difference_file.read(path)
    assert again.unchanged == found.unchanged
    assert apply(again, older).identical(newer)
    assert [each.name for each in tmp_path.iterdir()] == ["差异.gpkg"]
    nothing = compare(older, older)
    difference_file.write(path, nothing, (), "MultiPolygon", "")
    assert difference_file.read(path).empty
