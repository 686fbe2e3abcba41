"""PMTiles of layers: what is in the file is what the doors serve, and what left is in the audit."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, places, publish, server
from click.testing import CliRunner
from pmtiles.reader import MmapSource, Reader, all_tiles

from api.cli.tiles import tiles as command
from spatial.access.model import LOCAL
from spatial.database import connect
from spatial.errors import InvalidInput, UnknownLayer
from spatial.exchange.departures import Departure
from tiles.archive import ArchiveOptions, export
from tiles.matrix import WEB_MERCATOR


@pytest.fixture(scope="module")
def town(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("points"))
        publish(dsn, contract("areas", "Polygon", synthetic=True))
        publish(dsn, contract("notes", None))
        publish(dsn, contract("empty"))
        dice = random.Random(3)
        deliver(dsn, "points", places(400))
        boxes = [(dice.uniform(118.6, 119.0), dice.uniform(36.8, 37.2)) for _ in range(60)]
        areas = [
            Place(f"A{number}", shapely.box(x, y, x + 0.01, y + 0.008), f"地块{number}", number % 9)
            for number, (x, y) in enumerate(boxes)
        ]
        deliver(dsn, "areas", areas)
        with server(dsn, tmp_path_factory.mktemp("archive") / "server.log") as running:
            yield running


def test_every_tile_in_the_file_is_the_one_that_is_served(town: Served, tmp_path: Path) -> None:
    path = tmp_path / "全市.pmtiles"
    reports = export(town.dsn, ["areas", "points"], path, ArchiveOptions(zoom_max=11), Departure(LOCAL))
    with path.open("rb") as file:
        source = MmapSource(file)
        header, metadata = Reader(source).header(), Reader(source).metadata()
        held = {place: gzip.decompress(body) for place, body in all_tiles(source)}
    assert (header["min_zoom"], header["max_zoom"]) == (0, 11)
    assert [each["id"] for each in metadata["vector_layers"]] == ["areas", "points"]
    assert metadata["onemap:synthetic"] == "合成数据"
    assert metadata["vector_layers"][0]["fields"]["name"] == "名称"
    assert "owner" not in metadata["vector_layers"][0]["fields"]
    assert len(held) > 30 and "王某".encode() not in b"".join(held.values())
    assert header["min_lon_e7"] / 1e7 >= 118.5 and header["max_lon_e7"] / 1e7 <= 119.2
    dice = random.Random(1)
    for (zoom, column, row), body in dice.sample(sorted(held.items()), 30):
        answer = town.get(f"/tiles/WebMercatorQuad/{zoom}/{row}/{column}?collections=areas,points")
        assert answer.content == body, (zoom, column, row)
    tile = WEB_MERCATOR.at(11, *(13_223_000.0, 4_420_000.0))
    assert (11, tile.column, tile.row) in held
    assert [each.layer for each in reports] == ["areas", "points"]
    assert [each.features for each in reports] == [60, 400]


def test_what_left_is_in_the_audit_by_its_digest(town: Served, tmp_path: Path) -> None:
    path = tmp_path / "点.pmtiles"
    (report,) = export(town.dsn, ["points"], path, ArchiveOptions(zoom_max=6), Departure(LOCAL))
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with connect(town.dsn) as connection:
        rows = connection.execute(
            "select layer, outcome, details->>'format' from spatial.audit where details->>'sha256' = %s",
            (report.sha256,),
        ).fetchall()
    assert rows == [("points", "done", "pmtiles")]
    again = tmp_path / "again.pmtiles"
    (second,) = export(town.dsn, ["points"], again, ArchiveOptions(zoom_max=6), Departure(LOCAL))
    assert second.sha256 == report.sha256


def test_a_refused_export_leaves_the_old_file(town: Served, tmp_path: Path) -> None:
    path = tmp_path / "old.pmtiles"
    path.write_bytes(b"old")
    for layers, options, kind, named in (
        (["nothing"], ArchiveOptions(), UnknownLayer, "nothing"),
        (["notes"], ArchiveOptions(), InvalidInput, "notes"),
        (["empty"], ArchiveOptions(), InvalidInput, "empty"),
        (["points"], ArchiveOptions(zoom_max=99), InvalidInput, "99"),
    ):
        with pytest.raises(kind, match=named):
            export(town.dsn, layers, path, options, Departure(LOCAL))
    assert path.read_bytes() == b"old" and [each.name for each in tmp_path.iterdir()] == ["old.pmtiles"]


def test_the_command_builds_the_store_and_writes_the_file(
    town: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEMAP_DATABASE_URL", town.dsn)
    monkeypatch.setenv("ONEMAP_DATA", str(tmp_path / "data"))
    built = CliRunner().invoke(command, ["build"])
    assert built.exit_code == 0 and "points" in built.output, built.output
    again = CliRunner().invoke(command, ["build"])
    assert "  0 张" in again.output
    path = tmp_path / "out.pmtiles"
    told = CliRunner().invoke(command, ["export", str(path), "--max-zoom", "5", "--json"])
    assert told.exit_code == 0, told.output
    reports = json.loads(told.output.splitlines()[-1])
    assert {each["layer"] for each in reports} == {"areas", "points"} and path.stat().st_size > 500
