"""What the sample city has going on 样例公示与限值: a draft on show for comment, limits that are watched.

The day it is loaded begins the comment period. Limits are made up from what is measured, so that one is
near, one nearer, one kept; every document says 合成数据. The standing watch raises the alerts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import numpy as np
import shapely

from planning.indicators.overlay import Plane
from planning.indicators.states import WHOLE, whole_city
from planning.monitoring import due_store
from planning.monitoring import store as monitor_store
from planning.monitoring.limits import limit
from planning.monitoring.monitor import watch
from planning.plans import plans
from planning.plans.life import Paper
from planning.publication.model import Draft, Publication, Wanted
from planning.publication.publication import PLAN_VERSION, publish
from planning.sample.rows import COUNTY, DETAILED
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import STAMP
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent
from spatial.sample.loading import fill
from spatial.sample.rows import Rows

PLOTS: Final = "detailed-plan-plots"
PLOTS_SHOWN: Final = 60
"""Plots of the draft: those around the first one of the plan that holds."""
DRAWN_UP: Final = timedelta(30)
PERIOD: Final = timedelta(39)
"""From the first day of the comment period to its last."""
MORE_FLOOR_SPACE: Final = 0.5
"""What the draft adds to the floor area ratio 容积率."""
SHARES: Final[Mapping[str, Decimal]] = {
    "JSYD": Decimal("0.93"),
    "GDBYL": Decimal("1.003"),
    "YJJBNT": Decimal("1.05"),
}
"""What is measured is this share of the limit: a blue alert, an orange one, none."""
LIMIT_DOCUMENT: Final = "合成数据:样例限值,不是批准的指标 synthetic, no approved figure"
_WHOLE_M2: Final = Decimal(1000)


def show(connection: Connection, plots: Rows, intent: Intent) -> Publication:
    """Publish a draft from the intent's day on, and set limits; inside the caller's transaction."""
    set_limits(connection, intent)
    return publish_draft(connection, plots, intent)


def publish_draft(connection: Connection, plots: Rows, intent: Intent) -> Publication:
    """The next version of the detailed plan, with the plots that it changes, on show."""
    before = replace(intent, valid_from=intent.valid_from - DRAWN_UP)
    plan_id = DETAILED.partition("/")[0]
    version = plans.add_version(connection, plan_id, before, supersedes=DETAILED, data_nature=STAMP)
    table = catalogue.get(connection, PLOTS).table
    fill(connection, table, draft_of(plots, version.version_id), before)
    today = _day(intent)
    draft = Draft(
        version.version_id,
        "中心城区详细规划局部调整公示(合成数据)",
        today + PERIOD,
        Paper("合成公示〔样例〕2号", "详细规划局部调整草案(合成数据)", today),
        (Wanted(PLOTS),),
        "样例:部分地块拟提高容积率。全部内容为合成数据,不是真实的规划,意见不产生任何效力。"
        " A sample: some plots are to have more floor space. All of it is synthetic.",
    )
    return publish(connection, draft, intent, today)


def draft_of(plots: Rows, version_id: str) -> Rows:
    """The plots of a draft: some that lie together, of another version, with more floor space."""
    place = {name: number for number, name in enumerate(plots.columns)}
    shapes = shapely.from_wkb([row[place["geom"]] for row in plots.values])
    near = np.argsort(shapely.distance(shapes, shapes[0]), kind="stable")[:PLOTS_SHOWN]
    last = max(int(str(row[place["bsm"]])) for row in plots.values)
    drawn = []
    for number, chosen in enumerate(sorted(near.tolist()), 1):
        row = list(plots.values[chosen])
        row[place["bsm"]] = str(last + number)
        row[place["far_max"]] = round(float(str(row[place["far_max"]])) + MORE_FLOOR_SPACE, 1)
        row[place[PLAN_VERSION]] = version_id
        drawn.append(tuple(row))
    return Rows(plots.columns, plots.key, tuple(drawn))


def set_limits(connection: Connection, intent: Intent) -> None:
    """Limits of the whole city by what is measured of it now."""
    now, _ = due_store.clock(connection)
    plane = Plane.of(read_city(COUNTY).epsg_without_prefix)
    limits = [limit(code) for code in SHARES]
    for found in watch(connection, limits, whole_city(), plane, now, now):
        assert found.value is not None  # the sample has land of every kind
        figure = _figure(found.value / SHARES[found.code])
        monitor_store.set_limit(
            connection, found.code, WHOLE, figure, LIMIT_DOCUMENT, _day(intent), intent.author
        )


def _figure(value_m2: Decimal) -> Decimal:
    """To whole thousands of m², half up."""
    return (value_m2 / _WHOLE_M2).quantize(Decimal(1), ROUND_HALF_UP) * _WHOLE_M2


def _day(intent: Intent) -> date:
    return intent.valid_from.astimezone(BEIJING).date()
