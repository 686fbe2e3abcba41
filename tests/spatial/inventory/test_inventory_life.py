"""Steps of an asset's life: which may follow which, on which day, all or none."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.datum import parse_instant
from spatial.history import ledger, write
from spatial.history.model import Intent
from spatial.inventory.advance import advance
from spatial.inventory.errors import AssetRefused
from spatial.inventory.layers import contract
from spatial.inventory.life import DAY_OF, MAY_FOLLOW, State, step

DAYS = st.dates(date(2000, 1, 1), date(2030, 1, 1))


@given(st.lists(st.tuples(st.sampled_from(State), DAYS), max_size=12))
def test_any_steps_leave_days_in_order(steps: list[tuple[State, date]]) -> None:
    held: dict[str, object] = {"status": "planned", "planned_on": date(2005, 1, 1)}
    for to, day in steps:
        before = State(str(held["status"]))
        since = held[DAY_OF[before]]
        assert isinstance(since, date)
        may = to in MAY_FOLLOW[before] and day >= since
        if not may:
            with pytest.raises(AssetRefused, match="A-1"):
                step("A-1", held, to, day)
            continue
        held |= step("A-1", held, to, day)
        held[DAY_OF[to]] = day
        assert held["status"] == to and held[DAY_OF[to]] >= since


def on(day: str) -> Intent:
    return Intent("李工", "寿光市消防救援大队", "竣工验收", parse_instant(day))


@pytest.fixture
def hydrants(database: str) -> str:
    """Two hydrants that are planned."""
    with connect(database) as connection:
        table = catalogue.publish(connection, contract("hydrants")).table
        staging = write.create_staging(connection, table)
        columns = ["line", "fid", "geom", "asset_id", "kind", "status", "planned_on", "data_nature"]
        point = shapely.to_wkb(shapely.Point(118.75, 36.9))
        rows = [
            (
                line,
                f"H-{line}",
                point,
                f"H-{line}",
                "ground",
                "planned",
                date(2026, 1, 5),
                "测试",
            )
            for line in (1, 2)
        ]
        write.copy_rows(connection, staging, columns, rows)
        write.canonicalise(connection, staging)
        write.apply(connection, staging, on("2026-01-05"))
        write.drop_staging(connection, staging)
    return database


def states(dsn: str, day: str) -> dict[str, tuple[str, date | None, date | None, str | None]]:
    with connect(dsn) as connection:
        return {
            row[0]: row[1:]
            for row in connection.execute(
                "select fid, status, in_service_on, retired_on, document_no from history.hydrants_believed"
                " where valid_from <= %(day)s and valid_to > %(day)s",
                {"day": parse_instant(day)},
            )
        }


def test_assets_take_their_steps_and_every_day_keeps_its_state(hydrants: str) -> None:
    steps = (
        (State.BUILT, "2026-03-01", "竣〔2026〕1 号"),
        (State.IN_SERVICE, "2026-04-01", ""),
        (State.RETIRED, "2026-05-01", "停〔2026〕2 号"),
        (State.IN_SERVICE, "2026-06-01", ""),
    )
    with connect(hydrants) as connection:
        for to, day, document in steps:
            moved, changeset = advance(
                connection, "hydrants", ["H-1", "H-2"], to, on(day), document_no=document
            )
            assert changeset is not None and {each.after for each in moved} == {to}
        assert ledger.verify(connection).ok
    assert states(hydrants, "2026-02-01")["H-1"] == ("planned", None, None, None)
    assert states(hydrants, "2026-04-15")["H-1"][:2] == ("in-service", date(2026, 4, 1))
    assert states(hydrants, "2026-05-15")["H-2"] == (
        "retired", date(2026, 4, 1), date(2026, 5, 1), "停〔2026〕2 号",
    )  # fmt: skip
    assert states(hydrants, "2026-07-01")["H-2"][:3] == ("in-service", date(2026, 6, 1), None)


@pytest.mark.parametrize(
    ("assets", "to", "day", "named"),
    [
        (["H-1", "H-9"], State.BUILT, "2026-03-01", "H-9"),
        (["H-1", "H-2"], State.IN_SERVICE, "2026-03-01", "H-1"),
        (["H-1"], State.BUILT, "2025-12-31", "H-1"),
    ],
)
def test_what_cannot_be_done_is_named_and_nothing_is_written(
    hydrants: str, assets: list[str], to: State, day: str, named: str
) -> None:
    with connect(hydrants) as connection:
        with pytest.raises(AssetRefused, match=named):
            advance(connection, "hydrants", assets, to, on(day))
        assert len(ledger.changesets(connection, "hydrants", limit=9)) == 1


def test_a_preview_writes_nothing_and_a_later_state_is_not_overtaken(hydrants: str) -> None:
    with connect(hydrants) as connection:
        moved, changeset = advance(
            connection, "hydrants", ["H-1"], State.BUILT, on("2026-03-01"), preview=True
        )
        assert changeset is None and moved[0].before is State.PLANNED
        advance(connection, "hydrants", ["H-1"], State.BUILT, on("2026-03-01"))
        with pytest.raises(AssetRefused, match="H-1"):
            advance(connection, "hydrants", ["H-1"], State.BUILT, on("2026-02-01"))


def test_a_layer_without_lives_has_no_steps(database: str) -> None:
    with connect(database) as connection:
        catalogue.publish(connection, contract("grid-cells"))
        with pytest.raises(AssetRefused, match="grid-cells"):
            advance(connection, "grid-cells", ["x"], State.BUILT, on("2026-03-01"))
