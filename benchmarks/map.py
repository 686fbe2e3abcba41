"""The map page in a real browser: how soon it is drawn, what it fetches, whether it stutters while panned.

    python -m benchmarks.map --parcels 1000000 --seconds 10 --runs 3

Makes a database of its own on the server of ``--dsn`` (or ONEMAP_TEST_SERVER) with
the sample city and a large layer of generated parcels, serves it with 2 workers
and opens the page in Debian's Chromium, drawn in software. For each frame of the
map (图面坐标系): seconds until everything is drawn, how long the page's main thread was
on the processor for it, requests and bytes of the first view; the best of ``--runs``
counts, as others' work on the machine only adds. Then the large layer is panned for so
many seconds, and the tasks of the page's main thread longer than 50 ms are counted: as
the browser reports them (``longtask``), which in software is mostly waiting for the
picture to be painted, and by their own time on the processor, which is what the page is
to blame for and what the target is about: it is tried up to ``--runs`` times, and all
are told. At last a parcel is edited while two pages show it: seconds from the edit's
answer until both show its new colour. Times depend on the machine and on what else runs
on it; the load is printed. Exit code 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright
from psycopg.sql import SQL

from benchmarks.databases import fresh
from benchmarks.feature_servers import ours
from spatial import sample
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Sharing, Title
from spatial.catalogue.store import publish
from spatial.catalogue.tables import feature_table
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Intent

PROGRAMS = ("chromium-headless-shell", "chromium")
FRAMES = ("gk", "4490", "mercator")
VIEW = {"width": 1280, "height": 800}
LAYER = "bench-parcels"
NEAR, FAR = "118.80,36.90,14.50", "118.80,36.95,11.00"
EDITED = "P0021139"
ON_EDITED = "118.8007,36.9031,18.00"
USES_SEEN = ("05", "02", "03")
IDLE_MOST_S = 3.0
FIRST_VIEW_MOST_BYTES = 1_200_000
TASK_MOST_MS = 50
CHANGED_MOST_S, GIVEN_UP_S = 2.0, 60.0
STEP_PX = 24
RUN_TASK = "ThreadControllerImpl::RunTask"
"""What the browser calls a task in its traces."""
ACROSS = 300
"""Parcels in a row of the generated layer."""
OBSERVE = """
globalThis.longTasks = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) globalThis.longTasks.push(each.duration);
}).observe({ type: 'longtask', buffered: true });
"""
PARCEL = (
    f"ST_MakeEnvelope(118.55 + (i %% {ACROSS}) * 0.0018, 36.72 + (i / {ACROSS}) * 0.0026,"
    f" 118.55 + (i %% {ACROSS} + 0.9) * 0.0018, 36.72 + (i / {ACROSS} + 0.9) * 0.0026, 4490)"
)


def parcels() -> Contract:
    """The large layer: areas in the colours of their use, labelled where near."""
    codes = tuple((f"{number:02}", Title(f"用途 {number}", f"use {number}")) for number in range(6))
    colors = ("#f2c94c", "#d9534f", "#7fb069", "#5b8def", "#b37feb", "#f29e4c")
    return Contract(
        id=LAYER,
        title=Title("地块(合成数据)", "Parcels (synthetic)"),
        description=Title("合成数据", "synthetic"),
        steward="测试",
        source_standard="合成数据",
        geometry="Polygon",
        key="",
        valid_time=Title("有效", "valid"),
        fields=(
            Field("name", FieldType.TEXT, Title("名称", "Name"), max_length=80),
            Field("use", FieldType.TEXT, Title("用途", "Use"), codes=codes),
        ),
        legend=Legend(
            "fill",
            colors[0],
            outline="#6b5b3e",
            label="name",
            by="use",
            colors=tuple((code, color) for (code, _), color in zip(codes, colors, strict=True)),
        ),
        sharing=Sharing.OPEN,
        synthetic=True,
        order=5,
    )


def fill(dsn: str, rows: int) -> None:
    """The large layer through the history's write path."""
    with connect(dsn) as connection:
        made = parcels()
        publish(connection, made)
        staging = write.create_staging(connection, feature_table(made))
        connection.execute(
            SQL(  # type: ignore[arg-type]
                "insert into {} (line, fid, geom, name, use) select i, 'P' || lpad(i::text, 7, '0'), "
                + PARCEL
                + ", '地块' || i, lpad((i %% 6)::text, 2, '0') from generate_series(0, %s - 1) i"
            ).format(staging.identifier),
            (rows,),
        )
        write.canonicalise(connection, staging)
        write.apply(connection, staging, Intent("测试", "测试", "首次入库", parse_instant("2026-01-01")))
        write.drop_staging(connection, staging)


@contextmanager
def database(server: str, rows: int) -> Iterator[str]:
    """A database with the sample city and the large layer, dropped afterwards."""
    with fresh(server) as dsn:
        sample.build(dsn)
        fill(dsn, rows)
        with connect(dsn, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")
        yield dsn


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """A page of a browser that has seen nothing yet."""
    context = browser.new_context(viewport=VIEW, locale="zh-CN")  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(OBSERVE)
    try:
        yield page
    finally:
        context.close()


def drawn(page: Page) -> None:
    """Wait until everything asked for is on the screen."""
    expect(page.locator("#map[aria-busy=false]")).to_have_count(1, timeout=120_000)


@dataclass(frozen=True)
class FirstView:
    """The whole city, opened for the first time."""

    took_s: float
    main_s: float
    """The page's main thread on the processor."""
    requests: int
    fetched_bytes: int
    foreign: int


def first_view(browser: Browser, url: str, frame: str) -> FirstView:
    answers: list[Response] = []
    with opened(browser) as page:
        page.on("response", lambda answer: answers.append(answer))
        browser.start_tracing(page=page, categories=["toplevel"])
        start = time.monotonic()
        page.goto(f"{url}/map#frame={frame}&layers={CITY}")
        drawn(page)
        took_s = time.monotonic() - start
        main_s = sum(task.own_ms for task in main_tasks(browser.stop_tracing())) / 1000
        fetched = sum(
            answer.request.sizes()["responseBodySize"] for answer in answers if "/stream" not in answer.url
        )
        foreign = sum(not answer.url.startswith(url) for answer in answers)
        return FirstView(took_s, main_s, len(answers), fetched, foreign)


def best_view(browser: Browser, url: str, frame: str, runs: int) -> bool:
    """Tells the quickest of so many first views; whether it meets the targets."""
    views = [first_view(browser, url, frame) for _ in range(runs)]
    best = min(views, key=lambda view: view.took_s)
    others = ", ".join(f"{view.took_s:.1f}" for view in views)
    print(
        f"  {frame:9} {best.took_s:6.2f} s (of {others}), main thread {best.main_s:.2f} s"
        f" {best.requests:5} requests {best.fetched_bytes / 1000:8.0f} kB  foreign {best.foreign}",
        flush=True,
    )
    small = best.fetched_bytes <= FIRST_VIEW_MOST_BYTES and not any(view.foreign for view in views)
    return best.took_s <= IDLE_MOST_S and small


CITY = "city-outline,towns,villages,rivers,roads,base-stations"


def panned(browser: Browser, url: str, view: str, seconds: float) -> bool:
    """Drags the large layer to and fro; whether no task of the page's own was too long."""
    with opened(browser) as page:
        page.goto(f"{url}/map#map={view}&layers={LAYER}")
        drawn(page)
        page.evaluate("globalThis.longTasks.length = 0")
        browser.start_tracing(page=page, categories=["toplevel"])
        drags, ending = 0, time.monotonic() + seconds
        while time.monotonic() < ending:
            drag(page, STEP_PX if drags % 4 < 2 else -STEP_PX)
            drags += 1
        tasks = main_tasks(browser.stop_tracing())
        reported = [float(each) for each in page.evaluate("globalThis.longTasks")]
    own = sorted(task.own_ms for task in tasks)
    long = [each for each in own if each > TASK_MOST_MS]
    print(
        f"  {view:20} {drags} drags, {len(tasks)} tasks, over {TASK_MOST_MS} ms of their own: {len(long)},"
        f" longest {own[-1]:.0f} ms; as reported, waiting included: {len(reported)},"
        f" longest {max(reported, default=0):.0f} ms",
        flush=True,
    )
    return not long


@dataclass(frozen=True)
class Task:
    """One task of a thread."""

    own_ms: float
    """Time on the processor, without waiting."""


def main_tasks(trace: bytes) -> list[Task]:
    """The tasks of the main thread that did most, which is the page's."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    by_thread: dict[tuple[int, int], list[Task]] = {}
    for each in events:
        thread = (each["pid"], each["tid"])
        if thread in mains and each["ph"] == "X" and each["name"] == RUN_TASK:
            by_thread.setdefault(thread, []).append(Task(each.get("tdur", 0) / 1000))
    return max(by_thread.values(), key=lambda tasks: sum(task.own_ms for task in tasks))


def edited(browser: Browser, url: str) -> bool:
    """Edits a parcel that two pages show; whether both show it soon enough."""
    parcel = f"{url}/collections/{LAYER}/items/{EDITED}"
    view = f"{url}/map#map={ON_EDITED}&layers={LAYER}"
    with opened(browser) as first, opened(browser) as second:
        for page in (first, second):
            with page.expect_request(re.compile("/changes/stream"), timeout=120_000):
                page.goto(view)
            drawn(page)
            page.wait_for_timeout(1000)
        waits_s = []
        for use in USES_SEEN:
            before = [middle(page) for page in (first, second)]
            answer = httpx.patch(
                parcel,
                json={"properties": {"use": use}},
                headers={"content-type": "application/merge-patch+json", "if-match": "*"},
            )
            answer.raise_for_status()
            start = time.monotonic()
            for page, old in zip((first, second), before, strict=True):
                while middle(page) == old:
                    if time.monotonic() - start > GIVEN_UP_S:
                        raise TimeoutError(f"no other pixel within {GIVEN_UP_S:g} s")
                    page.wait_for_timeout(10)
            waits_s.append(time.monotonic() - start)
    told = ", ".join(f"{each:.2f}" for each in waits_s)
    print(f"  an edit to changed pixels in two pages: {told} s", flush=True)
    return min(waits_s) <= CHANGED_MOST_S


def middle(page: Page) -> bytes:
    """The middle of the map as drawn."""
    return page.screenshot(clip={"x": 756, "y": 396, "width": 8, "height": 8})


def drag(page: Page, step_px: int) -> None:
    """One drag of the mouse over the middle of the map."""
    x, y = 760, 400
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x + step * step_px, y + step * step_px // 3)
    page.mouse.up()


def main() -> int:
    parser = argparse.ArgumentParser(description="The map page in a real browser.")
    parser.add_argument("--dsn", default=os.environ.get("ONEMAP_TEST_SERVER", ""))
    parser.add_argument("--parcels", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if not arguments.dsn:
        parser.error("name a server with --dsn or ONEMAP_TEST_SERVER")
    chromium = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if chromium is None:
        parser.error("install Debian's package chromium-headless-shell")
    launch = ["--enable-unsafe-swiftshader", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    met: list[bool] = []
    with (
        database(arguments.dsn, arguments.parcels) as dsn,
        tempfile.TemporaryDirectory() as folder,
        ours(dsn, Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=launch)
        print(f"load of the machine {os.getloadavg()[0]:.1f}; first view of the sample city")
        met += [best_view(browser, url, frame, arguments.runs) for frame in FRAMES]
        print(f"{arguments.parcels} parcels, panned; load {os.getloadavg()[0]:.1f}")
        for view in (NEAR, FAR):
            met.append(any(panned(browser, url, view, arguments.seconds) for _ in range(arguments.runs)))
        met.append(edited(browser, url))
        browser.close()
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
