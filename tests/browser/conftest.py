"""A served city for a real browser: layers with two states on each axis of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import shapely
from chromium_running import WITHOUT_WEBGL, launched
from edit_ground import Ground, ground
from edit_page import show
from flood_page import Rehearsed, flood_site
from planning_page import planned_site
from playwright.sync_api import Browser, expect
from raster_files import flown, photograph, surface
from river_ground import Riverside
from river_page import river_site
from serving import ROOT, database_of, server
from visits import REFUSAL, Site, Visit, visiting

from hatch_build import build_web
from spatial.catalogue import store
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Changeset, Delivery, Intent
from tiles.matrix import matrix_sets

expect.set_options(timeout=60_000)

DWELLINGS, SHOPS = "#f2c94c", "#d9534f"
BLOCK_DEG = 0.02
CHANGED = "B-03-03"
"""Dwellings until 2026, shops from then on; the platform learned it with the second delivery."""
RETIRED = "B-01-03"
"""There until 2026."""
SITES = 5200
"""More than one page of items holds."""


def _contract(
    layer_id: str, title: Title, geometry: str, legend: Legend, order: int, *, synthetic: bool = False
) -> Contract:
    return Contract(
        id=layer_id,
        title=title,
        description=Title(f"{title.zh},为测试而设", "made for tests"),
        steward="自然资源和规划局",
        source_standard="为测试而设",
        geometry=geometry,
        key="code",
        valid_time=Title("实地存在", "existence on the ground"),
        legend=legend,
        order=order,
        fields=(
            Field("code", FieldType.TEXT, Title("编码", "Code"), required=True, max_length=20),
            Field("name", FieldType.TEXT, Title("名称", "Name"), max_length=80),
            Field(
                "use",
                FieldType.TEXT,
                Title("用途", "Use"),
                codes=(("0701", Title("城镇住宅用地", "dwellings")), ("0901", Title("商业用地", "shops"))),
            ),
            Field("area", FieldType.NUMBER, Title("面积", "Area"), unit="m2"),
        ),
        synthetic=synthetic,
    )


BLOCKS = _contract(
    "blocks",
    Title("地块", "Blocks"),
    "Polygon",
    Legend(
        "fill", DWELLINGS, outline="#8a6d1f", label="name", by="use",
        colors=(("0701", DWELLINGS), ("0901", SHOPS)),
    ),
    10,
)  # fmt: skip
STREETS = _contract(
    "streets", Title("道路", "Streets"), "LineString", Legend("line", "#2b6cb0", width_px=3, label="name"), 20
)
SITES_5G = _contract(
    "sites",
    Title("5G 基站", "5G sites"),
    "Point",
    Legend("circle", "#7a3fa0", min_zoom=11),
    30,
    synthetic=True,
)


@dataclass(frozen=True)
class Row:
    """One feature as a delivery states it."""

    fid: str
    shape: shapely.Geometry | None = None
    name: str | None = None
    use: str | None = None
    area: float | None = None
    remove: bool = False

    def staged(self, line: int) -> tuple[object, ...]:
        geometry = None if self.shape is None else shapely.to_wkb(self.shape)
        return (line, self.fid, self.remove, geometry, self.fid, self.name, self.use, self.area)


def _blocks() -> list[Row]:
    rows = []
    for column in range(8):
        for line in range(8):
            west, south = 118.70 + column * BLOCK_DEG, 36.90 + line * BLOCK_DEG
            box = shapely.box(west, south, west + BLOCK_DEG, south + BLOCK_DEG)
            rows.append(Row(f"B-{column:02}-{line:02}", box, f"地块{column}-{line}号", "0701", 1234567.5))
    return rows


def _changed_blocks() -> list[Row]:
    before = next(row for row in _blocks() if row.fid == CHANGED)
    return [replace(before, name="人民路12号A座", use="0901"), Row(RETIRED, remove=True)]


def _streets() -> list[Row]:
    lats = [36.915 + number * 0.04 for number in range(4)]
    lines = [shapely.LineString([(118.69, lat), (118.88, lat)]) for lat in lats]
    return [Row(f"S-{number}", line, "人民路") for number, line in enumerate(lines)]


def _sites() -> list[Row]:
    across = 80
    places = [(118.56 + n % across * 0.0065, 36.74 + n // across * 0.0085) for n in range(SITES)]
    return [Row(f"G-{n:04}", shapely.Point(place), f"基站 {n}") for n, place in enumerate(places)]


def _deliver(dsn: str, layer_id: str, rows: Iterable[Row], valid_from: datetime, reason: str) -> Changeset:
    columns = ["line", "fid", "remove", "geom", "code", "name", "use", "area"]
    with connect(dsn) as connection:
        staging = write.create_staging(connection, store.get(connection, layer_id).table)
        write.copy_rows(connection, staging, columns, (row.staged(n) for n, row in enumerate(rows, 1)))
        write.canonicalise(connection, staging)
        intent = Intent("李工", "自然资源和规划局", reason, valid_from, Delivery.PARTIAL)
        changeset = write.apply(connection, staging, intent)
        write.drop_staging(connection, staging)
    assert changeset is not None
    return changeset


@pytest.fixture(scope="session")
def parts_city(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, str]]:
    """A planned city with a worker, and its dsn, for the parts of the planning panel."""
    with planned_site(server_dsn, template, tmp_path_factory.mktemp("parts")) as found:
        yield found


@pytest.fixture(scope="session")
def river(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Riverside]]:
    """A stretch of river on which everything stands, with a worker, for the panel of the rivers."""
    with river_site(server_dsn, template, tmp_path_factory.mktemp("rivers")) as found:
        yield found


@pytest.fixture(scope="session")
def floods(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Rehearsed]]:
    """The sample rivers with kept runs and a worker, for the panel of floods."""
    with flood_site(server_dsn, template, tmp_path_factory.mktemp("floods")) as found:
        yield found


@pytest.fixture(scope="session")
def built() -> Path:
    """The built page; building it again is skipped when nothing changed."""
    build_web()
    return ROOT / "api" / "static"


@pytest.fixture(scope="session")
def site(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            for contract in (BLOCKS, STREETS, SITES_5G):
                store.publish(connection, contract)
        start = parse_instant("2024-01-01")
        first = _deliver(dsn, "blocks", _blocks(), start, "首次入库")
        _deliver(dsn, "streets", _streets(), start, "首次入库")
        _deliver(dsn, "sites", _sites(), start, "首次入库")
        before = first.recorded_at.replace(microsecond=0) + timedelta(seconds=1)
        time.sleep(max(0.0, before.timestamp() + 1 - time.time()))
        second = _deliver(dsn, "blocks", _changed_blocks(), parse_instant("2026-01-01"), "用途变更")
        with server(dsn, tmp_path_factory.mktemp("browser") / "server.log") as served:
            yield Site(served.url, _beijing(before), second.id)


def _beijing(instant: datetime) -> str:
    return instant.astimezone(timezone(timedelta(hours=8))).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.fixture
def watching(browser: Browser) -> Callable[[str], AbstractContextManager[Visit]]:
    """Visits to a platform of a test's own, under the same watch."""
    return lambda url: visiting(browser, Site(url))


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser, site: Site) -> Iterator[Visit]:
    with visiting(browser, site, fine="fine" in request.keywords) as watched:
        yield watched


@pytest.fixture
def mapless(browser: Browser, site: Site) -> Iterator[Visit]:
    """A visit by a browser that offers no WebGL at all."""
    blind = launched(browser.browser_type, WITHOUT_WEBGL)
    with visiting(blind, site) as watched:
        yield watched
    blind.close()


@pytest.fixture(scope="session")
def imaged(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A platform with an image and a surface in all matrix sets."""
    folder = tmp_path_factory.mktemp("images")
    log = folder / "server.log"
    with database_of(server_dsn, template) as dsn:
        files = [photograph(folder / "正射.tif"), surface(folder / "dsm.tif")]
        flown(dsn, files, log.with_suffix(""), matrix_sets(read_city("370783")).own_first)
        with server(dsn, log) as served:
            yield Site(served.url)


@pytest.fixture
def looking(browser: Browser, imaged: Site) -> Iterator[Visit]:
    with visiting(browser, imaged) as watched:
        yield watched


@pytest.fixture(scope="session")
def town(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """A guarded platform with parcels to edit."""
    with ground(server_dsn, template, tmp_path_factory.mktemp("edit") / "server.log") as made:
        yield made


@pytest.fixture
def editor(request: pytest.FixtureRequest, browser: Browser, town: Ground) -> Iterator[Visit]:
    """A page of its editor; the browser's own lines about refusals are no complaint."""
    with visiting(browser, town, fine="fine" in request.keywords, expected=(REFUSAL,)) as watched:
        show(watched.page, town.keys["张工"])
        yield watched
