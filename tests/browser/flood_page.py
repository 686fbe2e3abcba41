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
from flood_asked import area, inflow, scenario, spot
from platform_working import worker
from playwright.sync_api import Locator, Page, expect
from serving import Served, database_of, server, until
from visits import Site, Visit
from warning_ground import BEGUN, RIVER, grounded, measured

from spatial.database import connect
from water.plans import sample as plans_sample
from water.sample import loading
from water.warning import rule_store
from water.warning.evaluate import evaluate
from water.warning.rule_document import shipped
from water.works import layers as works_layers

WAIT_MS = 60_000
TAGS = {
    "board": "board-part",
    "runs": "run-part",
    "warnings": "warning-part",
    "forecasts": "forecast-part",
    "plans": "response-part",
}
SPOT = spot(right_m=420.0)
"""Where the run has a point, on the land behind the breach."""


VERIFIED = {
    "rule": "flood-stage",
    "colour": "yellow",
    "start": "2026-07-01T00:00:00+08:00",
    "end": "2026-07-01T20:00:00+08:00",
}


@dataclass(frozen=True)
class Rehearsed:
    """What the tests know of the city."""

    dsn: str
    run: str
    told: dict[str, Any]
    replay: str
    """The same with less water."""


@contextmanager
def flood_site(server_dsn: str, template: str, folder: Path) -> Iterator[tuple[Site, Rehearsed]]:
    """The sample rivers, a run with a breach, and its replay."""
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        warned(dsn)
        plans_sample.build(dsn)
        with server(dsn, folder / "server.log") as served, worker(dsn, folder / "worker.log"):
            told = ran(served, "flood-scenario", scenario())
            changes = {"title": "减泄复盘(试验)", "inflows": [inflow(2000)]}
            again = ran(served, "flood-replay", {"run": told["run"], "changes": changes})
            ran(served, "warning-verify", VERIFIED, "outcome")
            yield Site(served.url), Rehearsed(dsn, told["run"], told, again["run"])


def warned(dsn: str) -> None:
    """The rules that ship, a flood at a station that has not fallen yet (orange), and forecasts there."""
    with connect(dsn) as connection, connection.transaction():
        works_layers.publish(connection)
        grounded(connection)
        for document in shipped("warning-rules"):
            rule_store.record(connection, document, "王局", "寿光市水利局", "测试")
        for stages, hour in (([20.0, 21.2], 0), ([22.3], 2)):
            evaluate(connection, measured(connection, RIVER, stages, BEGUN + timedelta(hours=hour)))
        forecast_kept.entered(connection, RIVER)


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
