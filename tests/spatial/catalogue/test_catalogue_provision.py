"""Contracts that come with the platform follow its releases; those of the city stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from contracts import PLOTS, WELLS
from deliveries import deliver, point

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Title
from spatial.catalogue.provision import Outcome, Provision, provide, renew
from spatial.database import Connection
from spatial.errors import BadContract

WELL = {"code": "W0001", "name": "一号井", "kind": "1", "depth": 80.5, "owner": "张三", "geom": point()}
WIDER = replace(
    WELLS, fields=(*WELLS.fields, Field("level", FieldType.NUMBER, Title("水位", "Level"), unit="m"))
)
RENAMED = replace(WELLS, title=Title("本市水井", "Wells of the city"))


def _outcome(found: Iterator[Provision]) -> list[tuple[str, Outcome]]:
    return [(each.contract.id, each.outcome) for each in found]


def test_a_layer_of_the_platform_follows_a_release_with_what_it_holds(connection: Connection) -> None:
    assert provide(connection, WELLS).outcome is Outcome.TAKEN
    deliver(connection, WELLS, [WELL])
    assert provide(connection, WELLS).outcome is Outcome.SAME

    assert _outcome(renew(connection, [WIDER])) == [("test-wells", Outcome.TAKEN)]

    held = store.get(connection, "test-wells")
    assert (held.contract, held.version, held.shipped) == (WIDER, 2, True)
    assert connection.execute('select code, level from history."test_wells"').fetchall() == [("W0001", None)]
    assert _outcome(renew(connection, [WIDER])) == [("test-wells", Outcome.SAME)]
    assert store.get(connection, "test-wells").version == 2


def test_a_contract_that_the_city_changed_stays_the_citys(connection: Connection) -> None:
    provide(connection, WELLS)
    store.publish(connection, RENAMED)

    (found,) = renew(connection, [WIDER])

    assert (found.outcome, found.lacking) == (Outcome.OWN, ("level",))
    assert store.get(connection, "test-wells").contract == RENAMED
    assert provide(connection, WIDER).outcome is Outcome.OWN
    assert store.get(connection, "test-wells").contract == RENAMED


def test_a_city_that_takes_the_platforms_contract_back_follows_it_again(connection: Connection) -> None:
    provide(connection, WELLS)
    store.publish(connection, RENAMED)
    store.publish(connection, WIDER)
    assert _outcome(renew(connection, [WIDER])) == [("test-wells", Outcome.SAME)]
    later = replace(WIDER, title=Title("水井(新)", "Wells, newer"))
    assert _outcome(renew(connection, [later])) == [("test-wells", Outcome.TAKEN)]


def test_a_layer_that_the_city_declared_first_is_the_citys(connection: Connection) -> None:
    store.publish(connection, RENAMED)
    assert provide(connection, WELLS).outcome is Outcome.OWN
    assert store.get(connection, "test-wells").contract == RENAMED


def test_what_held_versions_forbid_is_told_and_the_others_are_renewed(connection: Connection) -> None:
    provide(connection, WELLS)
    provide(connection, PLOTS)
    deliver(connection, WELLS, [WELL])
    narrower: Contract = replace(WELLS, fields=WELLS.fields[:-1])
    wider = replace(PLOTS, title=Title("地块(新)", "Plots, newer"))

    barred, taken = renew(connection, [narrower, wider])

    assert barred.outcome is Outcome.BARRED
    assert WELLS.fields[-1].name in str(barred.obstacle)
    assert store.get(connection, "test-wells").contract == WELLS
    assert taken.outcome is Outcome.TAKEN
    with pytest.raises(BadContract):
        provide(connection, narrower)


def test_layers_out_of_service_are_not_renewed_but_provided_when_asked_for(connection: Connection) -> None:
    provide(connection, WELLS)
    store.withdraw(connection, "test-wells")
    assert list(renew(connection, [WIDER, PLOTS])) == []
    assert {layer.contract.id for layer in store.layers(connection)} == set()

    provide(connection, WIDER)
    assert store.get(connection, "test-wells").contract == WIDER

    store.publish(connection, replace(WIDER, title=RENAMED.title))
    store.withdraw(connection, "test-wells")
    assert provide(connection, WIDER).outcome is Outcome.OWN
    assert store.get(connection, "test-wells").contract.title == RENAMED.title
