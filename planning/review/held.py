"""A delivery out of the platform's own layers 在库成果: as they held at an instant, as known at another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from planning import layers
from planning.errors import NothingToReview
from planning.review import store
from planning.review.model import Declared, Delivery, LayerState
from spatial.catalogue import store as catalogue
from spatial.database import Connection, transaction

REVIEWED: Final = ("land-use-survey", *layers.CONTROL, *layers.MANAGED)
"""Planning layers with geometry, all of which are reviewed where nothing is said."""


def in_service(connection: Connection, wanted: Sequence[str] | None = None) -> tuple[str, ...]:
    """The planning layers that are in service, of those wanted; UnknownLayer for a wanted one that is not."""
    if wanted is not None:
        return tuple(catalogue.get(connection, each).contract.id for each in wanted)
    there = {each.contract.id for each in catalogue.layers(connection)}
    return tuple(each for each in REVIEWED if each in there)


def delivery(
    connection: Connection,
    wanted: Sequence[str],
    *,
    at: datetime,
    asof: datetime,
    fields: Mapping[str, Sequence[str]] | None = None,
) -> Delivery:
    """The layers at an instant of valid time as known at one of recorded time.

    ``fields`` tells what of each layer may be seen; all of it where nothing is said.
    """
    if not wanted:
        raise NothingToReview(
            "没有可质检的图层,请先载入规划图层:0",
            "no layer to review; load planning layers first: 0",
            value=0,
        )
    states: dict[str, LayerState] = {}
    changesets: dict[str, int] = {}
    with transaction(connection, at=at, asof=asof):
        for name in wanted:
            layer = catalogue.get(connection, name)
            seen = None if fields is None else set(fields.get(name, ()))
            chosen = [each for each in layer.contract.fields if seen is None or each.name in seen]
            found = store.held(connection, layer, chosen)
            declared = Declared(name, "EPSG:4490")
            states[name] = LayerState(layer.contract, declared, found.keys, found.columns, found.shapes_4490)
            changesets[name] = found.changeset
    return Delivery("在库规划图层", states, states=changesets)


def divisions(connection: Connection, *, at: datetime, asof: datetime) -> dict[str, Any]:
    """The areas of divisions 行政区 by code of 6, 9 or 12 digits, from the register of addresses."""
    with transaction(connection, at=at, asof=asof):
        return store.divisions(connection)
