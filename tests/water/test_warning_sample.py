"""The sample warnings: every one stamped, of generated rules alone; a second time nothing is written."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent
from spatial.sample.loading import fill
from water.gauges import layers
from water.warning import rule_store, sample, store
from water.warning.evaluate import evaluate
from water.warning.replay import replay
from water.warning.store import Wanted
from water.works.sample import Route, generated

POINTS = np.array([[118.70, 36.75], [118.72, 36.80], [118.71, 36.86], [118.80, 36.90]])
ROUTES = [
    Route(f"SYN-ROUTE-{n}", 1, f"试河{n}", POINTS + n / 50, 5_000.0, 6_000.0, 20_000.0) for n in range(3)
]


def stationed(connection: Connection) -> None:
    """The generated stations of three rivers."""
    layers.publish(connection)
    rows = dict(generated(ROUTES, 7))[layers.STATIONS]
    intent = Intent("test", "test", "test", datetime(2026, 1, 1, tzinfo=BEIJING))
    fill(connection, catalogue.get(connection, layers.STATIONS).table, rows, intent)


def test_sample_warnings_are_stamped_and_come_once(database: str) -> None:
    assert sample.build(database) == 0  # no layer of monitoring is in service
    with connect(database) as connection:
        assert rule_store.in_force(connection) == ()
        stationed(connection)
    written = sample.build(database)
    assert written == 9 * sample.HOURS
    assert sample.build(database) == 0
    with connect(database) as connection:
        found = store.page(connection, Wanted(limit=1000))
        assert len(found) > 3 and {each.warning.rule for each in found} >= {"sample-stage", "sample-rise"}
        for each in found:
            assert each.warning.synthetic and each.rule.synthetic and "合成数据" in each.rule.title.zh
            assert all("不是任何" in each.rule.source for _ in each.warning.steps)
        verdicts = connection.execute(
            "select distinct verdict from warning.state where rule like 'flood-%'"
        ).fetchall()
        assert verdicts == [("undecidable",)]  # no 警戒 is on file, and none is made up
        assert all(each.same for each in replay(connection))
        evaluate(connection)  # now, long after: the inputs are lost, the warnings stand
        for each in store.page(connection, Wanted(open=True, limit=1000)):
            assert each.warning.stale
