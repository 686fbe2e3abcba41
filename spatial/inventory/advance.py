"""Moving assets on in their life 资产办理: all of them or none, one changeset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.editing import restate_store
from spatial.history.model import Changeset, FeatureTable, Intent
from spatial.inventory import store
from spatial.inventory.errors import AssetRefused
from spatial.inventory.layers import lives
from spatial.inventory.life import State, step


@dataclass(frozen=True, slots=True)
class Moved:
    """One asset's step."""

    asset: str
    before: State
    after: State


def advance(
    connection: Connection,
    layer: str,
    assets: Sequence[str],
    to: State,
    intent: Intent,
    *,
    document_no: str = "",
    preview: bool = False,
) -> tuple[tuple[Moved, ...], Changeset | None]:
    """Take each asset its step on the day of the intent; ``preview`` writes nothing.

    AssetRefused names the first asset that is not there, may not take the step, or of which a later
    state is laid down already; then nothing is written.
    """
    table = catalogue.get(connection, layer).table
    if not lives({column.name for column in table.columns}):
        raise AssetRefused(
            f"图层没有生命周期字段,不能办理:{layer}",
            f"the layer has no fields of a life, there are no steps to take: {layer}",
            value=layer,
        )
    rows, moved = _steps(connection, table, assets, to, intent)
    if document_no:
        rows = [{**row, "document_no": document_no} for row in rows]
    if preview:
        return moved, None
    emptied = ("retired_on",) if to is State.IN_SERVICE else ()
    filled = [{**row, "retired_on": None} for row in rows] if emptied else rows
    return moved, restate_store.restate(connection, layer, intent, filled, emptied=emptied)


def _steps(
    connection: Connection, table: FeatureTable, assets: Sequence[str], to: State, intent: Intent
) -> tuple[list[dict[str, object]], tuple[Moved, ...]]:
    day = intent.valid_from
    held = store.held(connection, table, assets, day)
    missing = next((asset for asset in assets if asset not in held), None)
    if missing is not None:
        raise AssetRefused(
            f"{day.astimezone(BEIJING).date()} 没有这项资产:{missing}",
            f"there is no such asset on {day.astimezone(BEIJING).date()}: {missing}",
            value=missing,
        )
    overtaken = store.later(connection, table, assets, day)
    if overtaken is not None:
        raise AssetRefused(
            f"该资产在生效日之后已有变更,请改用更晚的日期:{overtaken}",
            f"a later state of the asset is laid down already, give a later day: {overtaken}",
            value=overtaken,
        )
    when = day.astimezone(BEIJING).date()
    rows = [{"fid": asset, **step(asset, held[asset], to, when)} for asset in assets]
    return rows, tuple(Moved(asset, State(str(held[asset]["status"])), to) for asset in assets)
