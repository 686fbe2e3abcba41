"""``river-volume`` over HTTP: two catalogued flights over the sample river, cut and fill by chainage."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest
import rasterio
from api_serving import Served, database_of, server
from execute_requests import execute, later
from platform_working import worker
from pyproj import Transformer

from spatial.catalogue.contract import HeightType
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.exchange import assets
from spatial.exchange.assets import AssetOptions
from water.network import kept
from water.sample import loading

ROUTE, FROM, TO = "SYN-ROUTE-MI", "K100+000.0", "K100+400.0"
DAY = "2026-03-01"
PIXEL_M, RISE_M = 2.0, 1.5


@pytest.fixture(scope="module")
def flown(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, list[str]]]:
    """The sample rivers, and two surfaces around a stretch of one, the newer higher by 1.5 m everywhere."""
    folder = tmp_path_factory.mktemp("volume")
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        with connect(dsn) as connection:
            at = parse_instant(DAY)
            line = kept.rivers(connection, at, parse_instant("2100-01-01")).line(ROUTE)
        places = line.places(np.linspace(100_000, 100_400, 9))
        east, north = Transformer.from_crs(4490, 4549, always_xy=True).transform(*places.T)
        west, top = np.floor(east.min()) - 300, np.ceil(north.max()) + 300
        columns = int((east.max() + 300 - west) / PIXEL_M)
        rows = int((top - north.min() + 300) / PIXEL_M)
        ids = []
        for year, height in ((2025, 10.0), (2026, 10.0 + RISE_M)):
            path = folder / f"dsm{year}.tif"
            transform = rasterio.transform.from_origin(west, top, PIXEL_M, PIXEL_M)
            profile = {"driver": "GTiff", "crs": "EPSG:4549", "transform": transform, "count": 1}
            with rasterio.open(path, "w", width=columns, height=rows, dtype="float32", **profile) as out:
                out.write(np.full((rows, columns), height, "float32"), 1)
            said = AssetOptions(
                *("李工", "水利局", "航飞"), acquired=date(year, 5, 1), flight=f"弥河{year}",
                height_type=HeightType.NORMAL_1985,
            )  # fmt: skip
            ids.append(str(assets.add(dsn, [path], said)[0].values["asset_id"]))
        log = folder / "server.log"
        with server(dsn, log) as running, worker(dsn, folder / "worker.log"):
            yield running, ids


def asked(ids: list[str], **more: object) -> dict[str, object]:
    given = {"route": ROUTE, "from": FROM, "to": TO, "left_m": 100, "right_m": 100, "datetime": DAY}
    return {"inputs": given | {"older": ids[0], "newer": ids[1]} | more}


def test_cut_and_fill_by_chainage(flown: tuple[Served, list[str]]) -> None:
    served, ids = flown
    answer = later(served, "river-volume", asked(ids, sigma_m=0.1))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    told = told.get("result", told)
    assert [(each["from"], each["to"]) for each in told["strips"]] == [
        (f"K100+{number:03d}.0", f"K100+{number + 100:03d}.0") for number in (0, 100, 200, 300)
    ]
    total = told["total"]
    assert total["known_m2"] == pytest.approx(total["area_m2"], rel=0.01)
    assert total["fill_m3"] == pytest.approx(RISE_M * total["known_m2"], rel=1e-6)
    assert total["cut_m3"] == 0.0 and total["net_m3"] == total["fill_m3"]
    assert total["sigma_m3"] == pytest.approx(0.1 * total["known_m2"], rel=1e-6)
    assert total["fill_m3"] == pytest.approx(sum(each["fill_m3"] for each in told["strips"]), abs=0.01)
    assert told["newer"]["acquired"] == "2026-05-01" and told["height_type"] == "normal_1985"
    assert {each["layer"] for each in told["layers"]} >= {"river-routes", "raster-assets"}


def test_what_cannot_be_compared_is_refused_by_name(flown: tuple[Served, list[str]]) -> None:
    served, ids = flown
    for more, status, named in (
        ({"newer": "0" * 64}, 400, "newer"),
        ({"newer": ids[0]}, 400, "older"),
        ({"to": "K999+000.0"}, 422, "K"),
        ({"to": FROM}, 400, "to"),
        ({"route": "none"}, 404, "none"),
    ):
        answer = later(served, "river-volume", asked(ids, **more))
        assert answer.status_code == status, (more, answer.text)
        assert named in answer.text, (more, answer.text)
    assert execute(served, "river-volume", {"inputs": {"route": ROUTE}}).status_code == 400
