"""Bringing the planning sample into a database, in one transaction; never over the city's own plans."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from planning import layers
from planning.sample import rows, showing
from planning.sample.ground import generated
from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.history import ledger
from spatial.history.model import Delivery, Intent
from spatial.sample.loading import AUTHOR, DEPARTMENT, fill
from spatial.sample.rows import Rows

SEED: Final = 370783
SIZE: Final = 8_000
"""Parcels of the sample that comes with the city, about; ``./onemap planning sample`` makes the large one."""
EDITION: Final = 2
PLAN_FROM: Final = datetime(2025, 3, 1, tzinfo=BEIJING)
SURVEY_FROM: Final = datetime(2026, 1, 1, tzinfo=BEIJING)
_REASON: Final = "载入样例规划数据:合成数据,由固定种子生成;区划代码和名称真实"
_LATER: Final = frozenset({"land-use-survey", "land-approvals", "land-violations", layers.FACILITIES})

Progress = Callable[[str], None]


def build(dsn: str, parcels: int = SIZE, progress: Progress | None = None) -> int:
    """Publish the planning layers and fill them; the features written, 0 where there is something already.

    A planning layer that was withdrawn, or that somebody wrote to, is the city's own: then
    nothing is touched.
    """
    with connect(dsn) as connection, connection.transaction():
        withdrawn = {layer.contract.id for layer in catalogue.layers(connection, withdrawn=True)}
        written = any(ledger.changesets(connection, layer, limit=1) for layer in layers.LAYERS)
        if written or not withdrawn.isdisjoint(layers.LAYERS):
            return 0
        layers.publish(connection)
        tell = progress or (lambda _: None)
        filled = list(_filled(connection, parcels, tell))
        tell("公示样例草案、设定样例限值 publishing a draft, setting limits (synthetic)")
        (plots,) = (held for layer_id, held, _ in filled if layer_id == showing.PLOTS)
        showing.show(connection, plots, _today())
        return sum(count for *_, count in filled)


def load(connection: Connection, parcels: int, progress: Progress | None = None) -> int:
    """Fill the published layers, inside the caller's transaction; the features written."""
    return sum(count for *_, count in _filled(connection, parcels, progress or (lambda _: None)))


def _filled(connection: Connection, parcels: int, tell: Progress) -> Iterator[tuple[str, Rows, int]]:
    """Each layer, what it was filled with last, and how many versions that wrote."""
    for layer_id, day, held in _all(parcels, tell):
        tell(f"写入 {len(held.values)} 个要素 writing {len(held.values)} features: {layer_id}")
        yield layer_id, held, _written(connection, layer_id, held, _intent(layer_id, day, parcels))


def _all(parcels: int, tell: Progress) -> Iterator[tuple[str, datetime, Rows]]:
    yield "plans", datetime(2023, 3, 1, tzinfo=BEIJING), rows.plans()
    for status, day, document in rows.LIFE:
        from_day = datetime(day.year, day.month, day.day, tzinfo=BEIJING)
        yield "plan-versions", from_day, rows.versions(status, day, document)
    tell("生成样例地类图斑与管控图层(合成数据) generating parcels and control layers (synthetic)")
    for layer_id, held in rows.layers(generated(SEED, parcels)):
        yield layer_id, SURVEY_FROM if layer_id in _LATER else PLAN_FROM, held


def _written(connection: Connection, layer_id: str, held: Rows, intent: Intent) -> int:
    if not held.values:
        return 0
    table = catalogue.get(connection, layer_id).table
    changeset = fill(connection, table, held, intent)
    return changeset.opened if changeset else 0


def _today() -> Intent:
    """As of the beginning of this day, Beijing."""
    midnight = datetime.now(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    return Intent(AUTHOR, DEPARTMENT, _REASON, midnight)


def _intent(layer_id: str, day: datetime, parcels: int) -> Intent:
    source = f"onemap sample planning {parcels} seed {SEED} edition {EDITION} {layer_id} {day.isoformat()}"
    delivery = Delivery.PARTIAL if layer_id == "plan-versions" else Delivery.FULL
    digest = hashlib.sha256(source.encode()).digest()
    return Intent(AUTHOR, DEPARTMENT, _REASON, day, delivery, digest)
