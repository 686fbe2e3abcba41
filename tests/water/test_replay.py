"""Looking back: what was known stays what it was, whatever is entered later; what came true by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import replay_ground
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from replay_ground import BEGUN, CORRECTED, FIRST, FLOWS, HIGHER, HOUR
from warning_ground import RIVER, measured

from spatial.database import Connection, connect
from water.errors import ResponsePlanStep
from water.forecast.grading import Judged
from water.plans import life
from water.replay import came_true, known
from water.replay.known import Known
from water.warning import store as warnings
from water.warning.evaluate import evaluate


@pytest.fixture(scope="module")
def standing(shared_database: str) -> str:
    with connect(shared_database) as connection, connection.transaction():
        replay_ground.ground(connection)
    return shared_database


@pytest.fixture
def ground(standing: str) -> Iterator[Connection]:
    """One transaction, of which nothing stays."""
    with connect(standing) as connection:
        yield connection
        connection.rollback()


def everything(connection: Connection, asked: Known) -> list[object]:
    return [
        known.measured(connection, asked),
        known.foretold(connection, asked),
        known.warned(connection, asked),
        known.responding(connection, asked),
    ]


def stage(connection: Connection, asked: Known) -> tuple[datetime, float | None] | None:
    """The newest stage at the river's station."""
    (one,) = [each for each in known.measured(connection, asked) if each.station.id == RIVER]
    found = [(point.time, point.value) for element, point in one.values if element.id == "stage"]
    return found[0] if found else None


def test_each_part_is_told_as_it_was_on_record(ground: Connection) -> None:
    before = replay_ground.clock(ground)
    activation = replay_ground.entered_first(ground)
    first = replay_ground.clock(ground)
    replay_ground.entered_later(ground, activation)
    later = replay_ground.clock(ground)
    nine, ten = BEGUN + HOUR, BEGUN + 2 * HOUR
    # What somebody typed by then, with the newest entry of an hour in force.
    assert stage(ground, Known(nine, before)) is None
    assert stage(ground, Known(nine, first)) == (nine, FIRST[1])
    assert stage(ground, Known(nine, later)) == (nine, CORRECTED)
    assert stage(ground, Known(ten, first)) == (nine, FIRST[1])
    assert stage(ground, Known(ten, later)) == (ten, HIGHER)
    assert stage(ground, Known(BEGUN - HOUR, later)) is None

    def colours(at: datetime, asof: datetime) -> list[str]:
        return [each.warning.colour.id for each in known.warned(ground, Known(at, asof))[0]]

    assert [colours(nine, each) for each in (before, first, later)] == [[], ["yellow"], ["yellow"]]
    assert [colours(ten, each) for each in (first, later)] == [["yellow"], ["orange"]]
    assert colours(BEGUN, later) == []

    def message(at: datetime, asof: datetime) -> str | None:
        found = known.responding(ground, Known(at, asof))
        if not found:
            return None
        (one, version), now = found[0], at
        return str(life.due(version.content, one, now)["messages"][0]["state"])

    assert message(nine, before) is None and message(BEGUN, later) is None
    assert message(nine + timedelta(minutes=10), first) == "due"
    assert message(ten, first) == "overdue"  # the confirmation was not on record
    assert message(ten, later) == "confirmed"
    assert message(ten - timedelta(minutes=1), later) == "overdue"  # it was done at ten
    forecasts = [
        [each.row.issued for each in known.foretold(ground, Known(nine, asof))] for asof in (before, first)
    ]
    assert forecasts == [[], [True]]
    assert known.foretold(ground, Known(BEGUN + 25 * HOUR, later)) == []
    assert known.foretold(ground, Known(nine, later, "41800003")) == []


def test_a_forecast_is_held_to_the_standard_by_what_was_measured(ground: Connection) -> None:
    activation = replay_ground.entered_first(ground)
    replay_ground.entered_later(ground, activation)
    later = replay_ground.clock(ground)
    (one,) = known.foretold(ground, Known(BEGUN + HOUR, later))
    found = came_true.outcome(ground, one, later)
    # Peak 1,500 against 1,400, 20 % allowed; both in the step that ends at 20:00, twelve hours ahead.
    assert list(found.observed_m3_s) == pytest.approx(FLOWS)
    assert (found.peak_m3_s, found.peak_at) == (1400.0, BEGUN + 12 * HOUR)
    assert found.judged == (Judged("peak", 100.0, 280.0), Judged("peak-time", 0.0, pytest.approx(3.6)))
    assert [each.qualified for each in found.judged] == [True, True] and found.within_90_share == 1.0
    members, seen = np.array(one.record["members_m3_s"]), np.array(FLOWS)
    off, apart = np.abs(members - seen).mean(), np.abs(members[:, None] - members).mean()
    assert found.members is not None and found.members.crps == pytest.approx(off - apart / 2, rel=1e-9)
    assert found.members.persistence == pytest.approx(np.abs(seen - 380.0).mean())
    assert found.to_json()["ensemble"]["crps_fair_m3_s"] < found.members.crps < found.members.persistence
    unseen = came_true.outcome(ground, one, replay_ground.BEGUN - 9 * HOUR)
    assert unseen.judged == () and unseen.why is came_true.UNREAD  # no station was on record
    for seen, why in (
        ([np.nan] * 8, came_true.UNSEEN),
        ([*FLOWS[:7], np.nan], came_true.PARTLY),
        (sorted(FLOWS), came_true.NO_PEAK),
        ([0.0] * 8, came_true.NO_PEAK),
    ):
        told = came_true.judged(one, np.array(seen))
        assert told.judged == () and told.why is why
        assert (told.members is None) is bool(np.isnan(seen).all())
    falling = came_true.judged(one, np.array([1400.0, 900, 800, 700, 600, 500, 400, 300]))
    assert [each.qualified for each in falling.judged] == [True, False]  # it had risen since the basis: 380


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Making a failing example smaller over a database takes minutes."""
STEPS = ("read", "correct", "forecast", "acknowledge", "confirm", "judge", "end")


@settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 30)), min_size=3, max_size=9))
def test_what_was_answered_stays_answered_whatever_comes_later(
    ground: Connection, steps: list[tuple[str, int]]
) -> None:
    with ground.transaction(force_rollback=True):
        activation = replay_ground.entered_first(ground)
        answered: list[tuple[Known, list[object]]] = []
        judged, hour = BEGUN + HOUR, 2
        for number, (name, chosen) in enumerate(steps):
            asked = Known(BEGUN + chosen * HOUR / 4, replay_ground.clock(ground))
            answered.append((asked, everything(ground, asked)))
            later = BEGUN + (3 + number) * HOUR
            if name == "read":
                measured(ground, RIVER, [19.0 + chosen / 8], BEGUN + hour * HOUR)
                hour += 1
            elif name == "correct":
                measured(ground, RIVER, [18.0 + chosen / 8], BEGUN + (chosen % hour) * HOUR)
            elif name == "forecast":
                replay_ground.again(ground, BEGUN + chosen * HOUR)
            elif name == "acknowledge":
                _acknowledged(ground, asked)
            elif name == "confirm":
                _confirmed(ground, activation, later)
            elif name == "judge":
                judged = max(judged, BEGUN + (hour - 1) * HOUR)
                evaluate(ground, judged)
            else:
                _ended(ground, activation, later)
            for each, told in answered:
                assert everything(ground, each) == told, (name, each)


def _acknowledged(connection: Connection, asked: Known) -> None:
    for each in known.warned(connection, Known(BEGUN + 30 * HOUR, asked.asof))[0]:
        warnings.note(connection, each.warning.id, "duty", "李工", "寿光市水利局", "记")


def _confirmed(connection: Connection, number: int, at: datetime) -> None:
    _unless_over(lambda: replay_ground.confirmed(connection, number, "M1", at))


def _ended(connection: Connection, number: int, at: datetime) -> None:
    by = replay_ground.By("李工", "寿光市应急管理局", at)
    _unless_over(lambda: replay_ground.plans.end(connection, replay_ground.PLAN, number, "水退", by))


def _unless_over(step: Callable[[], Any]) -> None:
    """A message is confirmed once, and a response ends once."""
    with contextlib.suppress(ResponsePlanStep):
        step()
