"""Classes of one colour on the map: told apart by their hatches, which lie as the table says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from serving import database_of, server

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.catalogue.symbology import symbology
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Delivery, Intent

pytestmark = pytest.mark.browser
USES = ("01", "0101", "0102", "0103")
"""Of one colour: without a hatch, with slashes, with backslashes, with horizontal lines."""
LAND = Contract(
    id="land-use",
    title=Title("土地利用", "Land use"),
    description=Title("为测试而设", "made for tests"),
    steward="自然资源和规划局",
    source_standard="为测试而设",
    geometry="Polygon",
    key="code",
    valid_time=Title("现状", "as it is"),
    fields=(
        Field("code", FieldType.TEXT, Title("编码", "code"), required=True),
        Field(
            "use",
            FieldType.TEXT,
            Title("地类", "use"),
            codes=tuple((each, Title(each, each)) for each in USES),
        ),
    ),
    legend=Legend("fill", "#ffffff", by="use", table="land-use-2023"),
)


@dataclass(frozen=True)
class Plot:
    """A square of one use."""

    use: str
    west: float

    @property
    def shape(self) -> shapely.Polygon:
        return shapely.box(self.west, 36.90, self.west + 0.05, 36.95)


@dataclass(frozen=True)
class Served:
    """A running platform, as the watched visit asks for it."""

    url: str

    def map(self, **state: str) -> str:
        return f"{self.url}/map#{'&'.join(f'{key}={value}' for key, value in state.items())}"


PLOTS = [Plot(use, 118.65 + 0.1 * number) for number, use in enumerate(USES)]


@pytest.fixture(scope="module")
def site(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            store.publish(connection, LAND)
            staging = write.create_staging(connection, store.get(connection, LAND.id).table)
            rows = [
                (n, plot.use, False, shapely.to_wkb(plot.shape), plot.use, plot.use)
                for n, plot in enumerate(PLOTS)
            ]
            write.copy_rows(connection, staging, ["line", "fid", "remove", "geom", "code", "use"], rows)
            write.canonicalise(connection, staging)
            start = parse_instant("2024-01-01")
            write.apply(connection, staging, Intent("李工", LAND.steward, "首次", start, Delivery.PARTIAL))
            write.drop_staging(connection, staging)
        with server(dsn, tmp_path_factory.mktemp("hatches") / "server.log") as served:
            yield Served(served.url)


def inside(visit: Any, plot: Plot) -> np.ndarray[Any, Any]:
    """The middle of a plot, in grey."""
    visit.open(map=f"{plot.west + 0.025},36.925,13.00", layers=LAND.id)
    visit.still()
    return visit.picture().astype(float).mean(axis=0)[340:420, 560:640]


def along(picture: np.ndarray[Any, Any], down: int, right: int) -> float:
    """How alike a picture is to itself a few pixels off in one direction: lines that way stay."""
    moved = np.roll(picture, (5 * down, 5 * right), axis=(0, 1))
    return float(np.corrcoef(picture[8:-8, 8:-8].ravel(), moved[8:-8, 8:-8].ravel())[0, 1])


def test_uses_of_one_colour_are_told_apart_by_their_hatch(visit: Any) -> None:
    assert len({symbology("land-use-2023").by_code[use].color for use in USES}) == 1
    plain, slash, backslash, horizontal = (inside(visit, plot) for plot in PLOTS)
    assert plain.std() < 1
    assert min(slash.std(), backslash.std(), horizontal.std()) > 5
    assert along(slash, -1, 1) > 0.8 > 0.3 > along(slash, 1, 1)
    assert along(backslash, 1, 1) > 0.8 > 0.3 > along(backslash, -1, 1)
    assert along(horizontal, 0, 1) > 0.8 > 0.3 > along(horizontal, 1, 0)
    assert any(url.endswith(("/styles/sprite.png", "/styles/sprite@2x.png")) for url in visit.requests)
