"""A served city with two kept runs of a flood and a worker, for tests of the panel of floods."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote

import forecast_kept
import replay_ground
from flood_asked import area, inflow, scenario, spot
from flooded_village import settled
from platform_working import worker
from playwright.sync_api import Locator, Page, expect
from serving import Served, database_of, server, until
from visits import Site, Visit
from warning_ground import BEGUN, RIVER, SIGNED, grounded, measured

from spatial.database import connect
from water.evacuation import ready
from water.gauges import stations
from water.gauges.rating import Rating, Segment
from water.plans import sample as plans_sample
from water.plans import store
from water.sample import loading
from water.warning import rule_store
from water.warning.evaluate import evaluate
from water.warning.rule_document import shipped
from water.works import layers as works_layers
from water.works.datum import VerticalDatum

WAIT_MS = 60_000
TAGS = {
    "board": "board-part",
    "runs": "run-part",
    "scenario": "scenario-part",
    "routing": "routing-part",
    "evacuation": "evacuation-part",
    "warnings": "warning-part",
    "forecasts": "forecast-part",
    "plans": "response-part",
    "replay": "replay-part",
}
SPOT = spot(right_m=420.0)
"""Where the run has a point, on the land behind the breach."""


FIRST_FLOWS = [390.0, 700.0]
"""Of the first two steps of the forecast; the second is corrected later."""
VERIFIED = {
    "rule": "flood-stage",
    "colour": "yellow",
    "start": "2026-07-01T00:00:00+08:00",
    "end": "2026-07-01T20:00:00+08:00",
}
CURVE = Rating(
    *(
        "2026-1",
        VerticalDatum.CGVD1985,
        (Segment(18.5, 24.0, 200.0, 18.0, 1.3),),
        SIGNED.valid_from,
        None,
        0.08,
    ),
    "测流报告(测试)",
)
"""To 2,054 m³/s: three of the forecast's members lie beyond it."""


@dataclass(frozen=True)
class Rehearsed:
    """What the tests know of the city."""

    dsn: str
    run: str
    told: dict[str, Any]
    replay: str
    """The same with less water."""
    first: str
    """By when the flood of the warnings was entered, wall time; what came of it was entered later."""


@contextmanager
def flood_site(server_dsn: str, template: str, folder: Path) -> Iterator[tuple[Site, Rehearsed]]:
    """The sample rivers, a run with a breach, and its replay."""
    if not ready.is_ready():
        # As an installation does it: a worker that compiles is taken for a dead one on a busy machine.
        ready.ready()
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        plans_sample.build(dsn)
        first = warned(dsn)
        with connect(dsn) as connection, connection.transaction():
            settled(connection)
        with server(dsn, folder / "server.log") as served, worker(dsn, folder / "worker.log"):
            told = ran(served, "flood-scenario", scenario())
            changes = {"title": "减泄复盘(试验)", "inflows": [inflow(2000)]}
            again = ran(served, "flood-replay", {"run": told["run"], "changes": changes})
            with connect(dsn) as connection, connection.transaction():
                (begun,) = store.activations(connection, replay_ground.PLAN)
                replay_ground.confirmed(connection, begun.id, "M1", BEGUN + timedelta(hours=2))
                replay_ground.flows(connection, replay_ground.FLOWS)
            ran(served, "warning-verify", VERIFIED, "outcome")
            yield Site(served.url), Rehearsed(dsn, told["run"], told, again["run"], first)


def warned(dsn: str) -> str:
    """The rules that ship, a flood at a station that has not fallen yet (orange), forecasts there, its first
    flows and a plan at work; by when all that was on record.
    """
    with connect(dsn) as connection, connection.transaction():
        works_layers.publish(connection)
        grounded(connection)
        for document in shipped("warning-rules"):
            rule_store.record(connection, document, "王局", "寿光市水利局", "测试")
        for stages, hour in (([20.0, 21.2], 0), ([22.3], 2)):
            evaluate(connection, measured(connection, RIVER, stages, BEGUN + timedelta(hours=hour)))
        stations.rate(connection, RIVER, CURVE, "unverified", SIGNED)
        forecast_kept.entered(connection, RIVER)
        replay_ground.flows(connection, FIRST_FLOWS)
        replay_ground.planned(connection)
        replay_ground.activated(connection, BEGUN + timedelta(hours=1))
    with connect(dsn) as connection:
        by = replay_ground.clock(connection) + timedelta(seconds=1)
    return f"{by:%Y-%m-%dT%H:%M:%S}"


def ran(served: Served, process: str, inputs: dict[str, Any], output: str = "result") -> Any:
    """What a job of a process told."""
    answer = served.client.post(
        f"/processes/{process}/execution", json={"inputs": inputs}, headers={"prefer": "respond-async"}
    )
    assert answer.status_code == 201, answer.text
    job = f"/jobs/{answer.json()['jobID']}"
    until(lambda: served.get(job).json()["status"] not in ("accepted", "running"), within_s=240.0)
    told = served.get(f"{job}/results/{output}")
    assert told.status_code == 200, served.get(job).text
    return told.json()


def part(visit: Visit, name: str, kept: str = "", **state: str) -> tuple[Page, Locator]:
    """The page with one part of the panel open."""
    west, south, east, north = area()
    view = f"{(west + east) / 2:.6f},{(south + north) / 2:.6f},13.20"
    detail = f"{name}:{kept}" if kept else name
    given = {"map": view, "panel": "floods", "layers": "river-routes", "detail": quote(detail, safe="")}
    page = visit.open(**{**given, **state})
    found = page.locator(TAGS[name])
    expect(found).to_be_visible(timeout=WAIT_MS)
    return page, found


def kept_in_link(page: Page) -> dict[str, str]:
    """What the open part keeps in the link."""
    said = unquote(parse_qs(page.url.partition("#")[2])["detail"][0])
    return {name: values[0] for name, values in parse_qs(said.partition(":")[2]).items()}
