"""What somebody is shown is looked up once, and anew as soon as it may be something else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from api_serving import contract, publish

from api.catalogue import Catalogue
from spatial.access.model import Origin, Principal, Right, Role
from spatial.access.store import add_grant, revoke_grant
from spatial.catalogue.contract import Sharing, Title
from spatial.database import connect
from spatial.errors import UnknownLayer

READER = Principal("water", "水利局", frozenset({Role.READER}), Origin.KEY, "omk_00000000")


def refreshed(catalogue: Catalogue) -> Catalogue:
    asyncio.run(catalogue.refresh())
    return catalogue


def grant(dsn: str, until: datetime | None = None) -> int:
    with connect(dsn) as connection:
        return add_grant(connection, "points", "水利局", Right.READ, by="li", until=until).id


@pytest.fixture
def catalogue(database: str) -> Catalogue:
    publish(database, replace(contract("points"), sharing=Sharing.CONDITIONAL))
    return refreshed(Catalogue(database))


def test_what_is_granted_is_shown_until_it_is_revoked(catalogue: Catalogue, database: str) -> None:
    with pytest.raises(UnknownLayer):
        catalogue.get("points", READER)
    number = grant(database)
    shown = refreshed(catalogue).get("points", READER)
    assert catalogue.get("points", READER) is shown
    with pytest.raises(UnknownLayer):  # somebody else with the same name and no right
        catalogue.get("points", replace(READER, department="住建局"))
    with connect(database) as connection:
        revoke_grant(connection, number, by="li")
    with pytest.raises(UnknownLayer):
        refreshed(catalogue).get("points", READER)


def test_a_grant_that_ends_is_looked_at_each_time(catalogue: Catalogue, database: str) -> None:
    grant(database, datetime.now(UTC) + timedelta(seconds=2))
    refreshed(catalogue)
    assert catalogue.get("points", READER) is catalogue.get("points", READER)
    with pytest.raises(UnknownLayer):
        for _ in range(60):  # nothing is read from the database meanwhile
            catalogue.get("points", READER)
            asyncio.run(asyncio.sleep(0.1))


def test_a_layer_that_changed_is_shown_as_it_is(catalogue: Catalogue, database: str) -> None:
    grant(database)
    before = refreshed(catalogue).get("points", READER)
    publish(database, replace(contract("points"), sharing=Sharing.CONDITIONAL, title=Title("新名", "New")))
    after = refreshed(catalogue).get("points", READER)
    assert (before.contract.title.zh, after.contract.title.zh) == ("测试图层", "新名")
    assert before.derived is not after.derived
