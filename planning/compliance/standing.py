"""What a judgement stands on 依据: one state of every layer it looks at, and which plans bind on that day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
import shapely

from planning.compliance import store
from planning.compliance.ground import Ground
from planning.compliance.overlay import Geometries
from planning.compliance.store import Near, Wanted
from planning.model import Asked, State
from planning.plans.life import PlanVersion
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Contract
from spatial.database import Connection
from spatial.datum.plane import Plane
from spatial.history.model import FeatureTable

PLANS: Final = ("plans", "plan-versions")


@dataclass(frozen=True, slots=True)
class Standing:
    """The states of layers, pinned, and what is known of the plans."""

    asked: Asked
    states: Mapping[str, State]
    """Of the layers that are served and hold something; a layer that is missing here is not there."""
    contracts: Mapping[str, Contract]
    tables: Mapping[str, FeatureTable]
    now: bool
    """These are the newest states, so what is believed now is read."""
    versions: Mapping[str, PlanVersion]
    synthetic: bool
    """合成数据: some of it is generated."""


def standing(
    connection: Connection, layers: Iterable[str], asked: Asked, pinned: Mapping[str, State] | None = None
) -> Standing:
    """The states of layers as asked for, or as they were pinned before; wants one state of the database."""
    served = {layer.contract.id: layer for layer in catalogue.layers(connection)}
    if pinned is not None:  # what has been withdrawn since is still read as it was
        served |= {layer.contract.id: layer for layer in catalogue.layers(connection, withdrawn=True)}
    names = list(dict.fromkeys((*PLANS, *layers)))
    newest = store.heads(connection, names, None)
    states = newest if asked.asof is None else store.heads(connection, names, asked.asof)
    if pinned is not None:
        states = pinned
    states = {name: state for name, state in states.items() if name in served}
    tables = {name: served[name].table for name in states}
    plans = [tables[name] for name in PLANS if name in tables]
    now = all(newest.get(name) == state for name, state in states.items())
    versions: Mapping[str, PlanVersion] = {}
    if len(plans) == len(PLANS):
        versions = store.plan_versions(connection, plans, asked.at, states, now=now)
    return Standing(
        asked=asked,
        states=states,
        contracts={name: served[name].contract for name in states},
        tables=tables,
        now=now,
        versions=versions,
        synthetic=any(served[name].contract.synthetic for name in states),
    )


def held(connection: Connection, on: Standing, wanted: Sequence[Wanted]) -> frozenset[str]:
    """Layers that hold anything on that day; of plans, anything that binds."""
    force = [key for key, version in on.versions.items() if version.in_force]
    return store.held(connection, wanted, force, on.asked.at, on.states, now=on.now)


def near(
    connection: Connection, on: Standing, wanted: Sequence[Wanted], sites: Sequence[bytes], plane: Plane
) -> tuple[dict[str, Ground], Mapping[int, str | None]]:
    """What lies near any of the sites, by layer, in the plane; and the source of each changeset."""
    found = store.near(connection, wanted, sites, on.asked.at, on.states, now=on.now)
    sources = store.sources(connection, {number for each in found for number in each.opened_by})
    wkb = [each for columns in found for each in columns.wkb]
    shapes = plane.projected(shapely.from_wkb(np.array(wkb, dtype=object)))
    grounds, before = {}, 0
    for each, columns in zip(wanted, found, strict=True):
        own = shapes[before : before + len(columns.fid)]
        grounds[each.table.layer] = _ground(columns, own, each.filters)
        before += len(columns.fid)
    return grounds, sources


def _ground(near: Near, shapes: Geometries, filters: tuple[str, ...]) -> Ground:
    order = sorted(range(len(near.fid)), key=near.fid.__getitem__)
    read = {text: orjson.loads(text) for text in set(near.fields)}
    return Ground(
        fid=[near.fid[n] for n in order],
        opened_by=[near.opened_by[n] for n in order],
        fields=[read[near.fields[n]] for n in order],
        mask=np.array(near.mask, dtype=np.int64)[order],
        shapes=shapes[order],
        filters=filters,
    )
