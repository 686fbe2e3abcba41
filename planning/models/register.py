"""The register of models 模型管理: which there are, runs of them, and runs made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from planning.errors import ModelWithoutData, UnknownModel
from planning.indicators import store as features
from planning.indicators.formula import Source
from planning.indicators.overlay import Plane
from planning.indicators.states import LayerState, Loaded, Region, digest, told
from planning.models import store
from planning.models.model import Model, ModelInput, Result
from planning.models.urban_extent import URBAN_EXTENT
from spatial.database import Connection

MODELS: Final[Mapping[str, Model]] = MappingProxyType({each.id: each for each in (URBAN_EXTENT,)})


@dataclass(frozen=True, slots=True)
class Finished:
    """A run of a model, with all that it follows from."""

    model: str
    version: str
    declaration_sha256: str
    region: Region
    at: datetime
    asof: datetime
    inputs: Mapping[str, object]
    parameters: Mapping[str, float]
    inputs_sha256: str
    outputs: Result
    outputs_sha256: str
    unverified: tuple[str, ...]
    """Parameters whose defaults are 待核."""


def model(id: str) -> Model:
    """The model of that name; ``UnknownModel`` where there is none."""
    if id not in MODELS:
        raise UnknownModel(
            f"没有这个模型,可用 {'、'.join(MODELS)}:{id}",
            f"there is no such model, there are {', '.join(MODELS)}: {id}",
            value=id,
        )
    return MODELS[id]


def run(
    connection: Connection,
    one: Model,
    region: Region,
    plane: Plane,
    at: datetime,
    asof: datetime,
    parameters: Mapping[str, float] | None = None,
) -> Finished:
    """Run a model over a region, as of two instants."""
    settled = one.settled(parameters or {})
    states: dict[str, LayerState] = {}
    given: dict[str, Loaded] = {}
    for name, needed in one.inputs.items():
        state = states.get(needed.layer) or _state(connection, needed.layer, asof)
        states[needed.layer] = state
        given[name] = _loaded(connection, state, needed, region, at)
    outputs = one.run(given, plane, settled)
    inputs: dict[str, object] = {
        "declaration_sha256": one.sha256,
        "region": region.id,
        "region_sha256": region.sha256,
        "datetime": at.isoformat(),
        "drawn_in": plane.frame.id,
        "layers": told(list(states.values())),
        "parameters": dict(settled),
    }
    return Finished(
        one.id,
        one.version,
        one.sha256,
        region,
        at,
        asof,
        inputs,
        settled,
        digest(inputs),
        outputs,
        digest(dict(outputs)),
        one.unverified(),
    )


def keep(connection: Connection, finished: Finished) -> int:
    """Keep a run for good; its number."""
    return store.keep(
        connection,
        (
            finished.model,
            finished.version,
            finished.declaration_sha256,
            finished.region.id,
            finished.region.sha256,
            finished.at,
            finished.asof,
            finished.inputs,
            finished.parameters,
            finished.inputs_sha256,
            finished.outputs,
            finished.outputs_sha256,
        ),
    )


def again(connection: Connection, number: int, region: Region, plane: Plane) -> tuple[Finished, bool]:
    """A kept run made again over its region, and whether the same came of the same."""
    kept = store.kept(connection, number)
    made = run(connection, model(kept.model), region, plane, kept.at, kept.asof, kept.parameters)
    same = made.inputs_sha256 == kept.inputs_sha256 and made.outputs_sha256 == kept.outputs_sha256
    return made, same


def _state(connection: Connection, layer: str, asof: datetime) -> LayerState:
    state = features.state(connection, layer, asof)
    if state is None:
        raise ModelWithoutData(
            f"模型所需图层尚无数据,请先入库:{layer}",
            f"a layer that the model takes holds no data yet, load it first: {layer}",
            value=layer,
        )
    return state


def _loaded(
    connection: Connection, state: LayerState, needed: ModelInput, region: Region, at: datetime
) -> Loaded:
    rows = features.rows(state, Source(needed.layer, needed.where), at)
    if region.near_4490 is not None:
        rows = features.within(rows, region.near_4490)
    return features.load(connection, rows)
