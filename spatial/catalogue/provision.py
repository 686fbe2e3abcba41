"""Layers that come with the platform 平台自带图层: brought into service, and kept up to date.

A release may widen the contract of a layer: a field more, another legend, an index. An installation
follows with its next ``up``, and what it holds stays. A layer whose contract the city has changed is
the city's own from then on and is left alone; so is one out of service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from spatial.catalogue import store
from spatial.catalogue.contract import Contract
from spatial.database import Connection
from spatial.errors import BadContract


class Outcome(StrEnum):
    """What became of a contract that came with the platform."""

    SAME = "same"
    """The layer has it already."""
    TAKEN = "taken"
    """The layer is new, or has followed."""
    OWN = "own"
    """The city has a contract of its own, which stays."""
    BARRED = "barred"
    """The versions already written forbid the change; the contract before stays."""


@dataclass(frozen=True, slots=True)
class Provision:
    """A layer of the platform, and what became of the contract that came with it."""

    contract: Contract
    outcome: Outcome
    lacking: tuple[str, ...] = ()
    """Fields that the platform's contract has and the one in force has not."""
    obstacle: BadContract | None = None


def provide(connection: Connection, contract: Contract) -> Provision:
    """Bring a layer of the platform into service, or up to date, inside the caller's transaction.

    ``BadContract`` where the versions already written forbid what the platform's contract changes.
    """
    before = store.held(connection, contract.id)
    same = before is not None and before.contract_sha256 == store.digest(contract)
    if before is not None and not same and not before.shipped:
        if before.withdrawn_at is not None:
            store.publish(connection, before.contract)
        return Provision(contract, Outcome.OWN, _lacking(before.contract, contract))
    store.publish(connection, contract)
    if before is None or not before.shipped or not same:
        store.came_with_platform(connection, contract.id)
    return Provision(contract, Outcome.SAME if same else Outcome.TAKEN)


def renew(connection: Connection, contracts: Iterable[Contract]) -> Iterator[Provision]:
    """Take the layers in service to the contracts that come with the platform, each by itself.

    No layer is made: what is not in service is passed over.
    """
    serving = {layer.contract.id: layer for layer in store.layers(connection)}
    for contract in contracts:
        if contract.id not in serving:
            continue
        try:
            with connection.transaction():
                provision = provide(connection, contract)
        except BadContract as obstacle:
            lacking = _lacking(serving[contract.id].contract, contract)
            provision = Provision(contract, Outcome.BARRED, lacking, obstacle)
        yield provision


def _lacking(held: Contract, shipped: Contract) -> tuple[str, ...]:
    names = {field.name for field in held.fields}
    return tuple(field.name for field in shipped.fields if field.name not in names)
