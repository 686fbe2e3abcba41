"""What is read for a sheet is bounded, and ends when nobody waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from api_serving import contract, deliver, places, publish

from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.errors import TooLarge
from tiles.print import store
from tiles.print.model import Box, Wanted


@pytest.fixture
def held(database: str) -> Iterator[Wanted]:
    publish(database, contract("points"))
    deliver(database, "points", places(50))
    with connect(database) as connection:
        layer = catalogue.get(connection, "points")
    now = datetime.now(UTC)
    yield Wanted(layer.contract, layer.table, layer.contract.legend, 1.0, None, None, now, None)


def test_more_than_anybody_can_look_at_is_refused(
    held: Wanted, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Box(118.0, 36.0, 2.0, 2.0)
    with connect(database) as connection:
        (made,) = store.stock(connection, [held], whole, 4549, lambda: None)
        assert len(made.fids) == 50
        assert list(made.fids) == sorted(made.fids)
        monkeypatch.setattr(store, "FEATURES_MOST", 49)
        with pytest.raises(TooLarge) as refusal:
            store.stock(connection, [held], whole, 4549, lambda: None)
        assert refusal.value.value == "points"
        assert "49" in refusal.value.zh and "49" in refusal.value.en
        monkeypatch.setattr(store, "FEATURES_MOST", 1000)
        monkeypatch.setattr(store, "VERTICES_MOST", 10)
        with pytest.raises(TooLarge):
            store.stock(connection, [held], whole, 4549, lambda: None)


def test_reading_ends_when_nobody_waits(held: Wanted, database: str) -> None:
    class Gone(Exception):
        pass

    def gone() -> None:
        raise Gone

    with connect(database) as connection, pytest.raises(Gone):
        store.stock(connection, [held, held], Box(118.0, 36.0, 2.0, 2.0), 4549, gone)
