"""Defects entered and advanced 缺陷登记与办理, inspections and papers entered: one changeset each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.editing.restate_store import restate
from spatial.errors import shorten
from spatial.history.model import Changeset, Intent
from water import layer_store
from water.errors import DefectRefused, UnknownDefect
from water.works import along_store
from water.works.defect import EMPTIED, State, Step, taken
from water.works.layers import DEFECTS, INSPECTIONS, contract
from water.works.stretch import stretch_of


def open_defect(connection: Connection, told: Mapping[str, Any], intent: Intent) -> Changeset | None:
    """Enter a defect as it was found, on the day of the intent; DefectRefused where it is there."""
    key = str(told["defect_id"])
    _require_new(connection, DEFECTS, key)
    found_on = intent.valid_from.astimezone(BEIJING).date().isoformat()
    row = {**told, **stretch_of(told).row(), "status": State.FOUND.value, "found_on": found_on}
    return restate(connection, DEFECTS, intent, created=[{"fid": key, **row}])


def advance(
    connection: Connection, defect_id: str, to: State, who: str, remark: str, intent: Intent
) -> Changeset | None:
    """Take a defect its step on the day of the intent.

    UnknownDefect where it is not there that day; DefectRefused where the step cannot be taken, or a
    later one is laid down already.
    """
    layer_store.lock(connection, DEFECTS)
    held = along_store.defect(connection, defect_id, intent.valid_from)
    if held is None:
        raise unknown(defect_id)
    if layer_store.later(connection, DEFECTS, [defect_id], intent.valid_from):
        raise DefectRefused(
            f"该缺陷在此日之后已有办理,请改用更晚的日期:{defect_id}",
            f"a later step of the defect is laid down already, give a later day: {defect_id}",
            value=defect_id,
        )
    day: date = intent.valid_from.astimezone(BEIJING).date()
    changed = taken(defect_id, held, Step(to, day, who, remark))
    return restate(connection, DEFECTS, intent, changed=[{"fid": defect_id, **changed}], emptied=EMPTIED)


def inspected(connection: Connection, told: Mapping[str, Any], intent: Intent) -> Changeset | None:
    """Enter an inspection or upkeep of the day of the intent."""
    key = str(told["record_id"])
    _require_new(connection, INSPECTIONS, key)
    done_on = intent.valid_from.astimezone(BEIJING).date().isoformat()
    row = {**told, **stretch_of(told).row(), "done_on": done_on}
    return restate(connection, INSPECTIONS, intent, created=[{"fid": key, **row}])


def unknown(defect_id: str) -> UnknownDefect:
    """No such defect."""
    shown = shorten(defect_id, 60)
    return UnknownDefect(
        f"此日没有这项缺陷:{shown}", f"there is no such defect on that day: {shown}", value=shown
    )


def _require_new(connection: Connection, layer: str, key: str) -> None:
    layer_store.lock(connection, layer)
    if layer_store.exists(connection, layer, key):
        title = contract(layer).title
        raise DefectRefused(
            f"“{title.zh}”中已有此编号,请换一个:{key}",
            f"the number is taken in {layer}, take another: {key}",
            value=key,
        )
