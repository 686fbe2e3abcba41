"""What the sample city has going on: a draft open for comment, limits of which two are near."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest
from serving import database_of

from planning.indicators.overlay import Plane
from planning.indicators.states import WHOLE, whole_city
from planning.monitoring import due_store
from planning.monitoring import store as monitor_store
from planning.monitoring.limits import limit
from planning.monitoring.monitor import watch
from planning.plans import plans
from planning.plans.life import Status
from planning.processes.standing_watch import look
from planning.publication import store
from planning.publication.model import Standing
from planning.publication.publication import unchanged
from planning.sample import loading
from planning.sample.showing import LIMIT_DOCUMENT, PLOTS, PLOTS_SHOWN, SHARES
from spatial.database import connect
from spatial.datum.clock import BEIJING

PARCELS = 2_000


@pytest.fixture(scope="module")
def loaded(server_dsn: str, template: str) -> Iterator[str]:
    with database_of(server_dsn, template) as dsn:
        assert loading.build(dsn, PARCELS) > PARCELS
        assert loading.build(dsn, PARCELS) == 0, "a second time writes nothing"
        yield dsn


def test_a_draft_is_open_for_comment_from_the_day_of_loading(loaded: str) -> None:
    today = datetime.now(BEIJING).date()
    with connect(loaded) as connection:
        (shown,) = store.select(connection, today, None, 10, announced=True)
        assert shown.standing(today) is Standing.OPEN and (shown.closes_on - shown.opens_on).days == 39
        assert "合成数据" in shown.title and [each.layer for each in shown.layers] == [PLOTS]
        assert unchanged(connection, shown) == {PLOTS: True}
        (layer,) = shown.layers
        assert 5 < layer.features <= PLOTS_SHOWN
        version = plans.version_on(connection, shown.version_id, datetime.now(BEIJING))
        assert version.status is Status.PUBLIC_NOTICE and not version.in_force
        held = connection.execute(
            "select n.far_max - o.far_max from history.detailed_plan_plots_believed n"
            " join history.detailed_plan_plots_believed o"
            " on o.dkbh = n.dkbh and o.plan_version <> n.plan_version where n.plan_version = %s",
            (shown.version_id,),
        ).fetchall()
        assert {round(float(row[0]), 6) for row in held} == {0.5} and len(held) == layer.features


def test_limits_are_made_up_and_two_of_three_are_near(loaded: str) -> None:
    with connect(loaded) as connection:
        now, day = due_store.clock(connection)
        assert {one.code for one in due_store.watched(connection, day)} == set(SHARES)
        documents = connection.execute("select distinct document from planning.limit_value").fetchall()
        assert documents == [(LIMIT_DOCUMENT,)] and "合成数据" in LIMIT_DOCUMENT
        with connection.transaction(force_rollback=True):
            assert look(connection) is not None, "the watch of a platform at work raises the alerts"
        with connection.transaction(force_rollback=True):
            limits = [limit(code) for code in SHARES]
            found = watch(connection, limits, whole_city(), Plane.of(4549), now, now)
            levels = {each.code: each.level for each in found}
            assert levels == {"JSYD": "blue", "GDBYL": "orange", "YJJBNT": None}
            raised = connection.execute("select code, level from planning.alert order by code").fetchall()
            assert raised == [("GDBYL", "orange"), ("JSYD", "blue")]
        bound = monitor_store.bound(connection, "JSYD", WHOLE, now)
        assert bound is not None and bound.value % Decimal(1000) == 0
