"""A flood entered in two steps, for tests of looking back: what was known first, and what was known later.

All instants of the flood lie in July 2026; they are entered now. ``entered_first`` and ``entered_later`` are
each what somebody typed, and the events of both stand below so that a test can reckon from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import forecast_kept
from warning_ground import BEGUN, RIVER, grounded, measured

from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.jobs.content import canonical
from water.forecast import store as forecasts
from water.gauges import sl323, sl323_exchange
from water.moment import Moment
from water.plans import layers, plans, sample
from water.plans.model import State
from water.plans.plans import By
from water.warning import rule_store, state_store
from water.warning.evaluate import evaluate
from water.warning.rule_document import shipped

HOUR = timedelta(hours=1)
PLAN = "TEST-FLOOD"
FIRST = [20.0, 21.2]
"""Stages by the hour from BEGUN on: the second of them is corrected later."""
CORRECTED, HIGHER = 21.4, 22.3
FLOWS = [390.0, 720.0, 1250.0, 1400.0, 1120.0, 800.0, 610.0, 505.0]
"""Discharge measured over the forecast's steps of three hours; its median peaks at 1,500 in the fourth."""


@dataclass(frozen=True)
class Entered:
    """Instants of the platform's own clock between the steps."""

    before: datetime
    first: datetime
    later: datetime
    activation: int


def ground(connection: Connection) -> None:
    """Stations, rules, a plan in force."""
    grounded(connection)
    for document in shipped("warning-rules"):
        rule_store.record(connection, document, "王局", "寿光市水利局", "测试")
    planned(connection)


def planned(connection: Connection) -> None:
    """The plan, in force since the day before."""
    layers.publish(connection)
    by, other = (By(name, "寿光市应急管理局", BEGUN - 24 * HOUR) for name in ("李工", "王局"))
    plans.draft(connection, PLAN, sample.content(), "测试", by)
    for to in (State.APPROVED, State.IN_FORCE):
        plans.advance(connection, PLAN, 1, to, "测试", other)


def flows(connection: Connection, values: Sequence[float]) -> None:
    """Discharge of every hour after the basis of the forecast, even within each of its steps."""
    lines = ["STCD,TM,Q"]
    for number in range(3 * len(values)):
        at = forecast_kept.BASIS + timedelta(hours=number + 1)
        lines.append(f"{RIVER},{at:%Y-%m-%d %H:%M},{values[number // 3]}")
    told = sl323_exchange.values_in(
        connection, sl323.table("ST_RIVER_R"), "\n".join([*lines, ""]).encode(), Moment(BEGUN)
    )
    assert not told.faults, told.faults


def activated(connection: Connection, at: datetime) -> int:
    """The plan is put to work by an order."""
    order = {"order": {"by": "指挥部", "document": "令1"}}
    by = By("李工", "寿光市应急管理局", at)
    return plans.activate(connection, PLAN, "T3", order, "", by, exercise=False).id


def confirmed(connection: Connection, number: int, item: str, at: datetime) -> None:
    by = By("李工", "寿光市应急管理局", at)
    plans.confirm(connection, PLAN, number, "messages", item, at, "已通知", by)


def entered_first(connection: Connection) -> int:
    """Two stages, a warning, a forecast, and the plan at work at nine."""
    measured(connection, RIVER, FIRST, BEGUN)
    evaluate(connection, BEGUN + HOUR)
    forecast_kept.entered(connection, RIVER)
    return activated(connection, BEGUN + HOUR)


def entered_later(connection: Connection, activation: int) -> None:
    """One stage is corrected and one more comes; the warning is raised, a message confirmed, flows known."""
    measured(connection, RIVER, [CORRECTED, HIGHER], BEGUN + HOUR)
    evaluate(connection, BEGUN + 2 * HOUR)
    confirmed(connection, activation, "M1", BEGUN + 2 * HOUR)
    flows(connection, FLOWS)


def again(connection: Connection, basis: datetime) -> str:
    """One more issued forecast of the model that is there."""
    (model,) = [each for each in forecasts.models(connection, RIVER, None, 9) if each.issued]
    told = forecast_kept.record(RIVER, model.id, model.version, model.grade, basis, issued=True)
    return forecasts.keep(connection, canonical(told), "李工", "寿光市水利局")[0]


def clock(connection: Connection) -> datetime:
    return state_store.clock(connection).astimezone(BEIJING)
