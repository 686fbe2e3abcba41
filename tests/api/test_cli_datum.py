"""The datum at the command line: from a surveyor's control points to a department's old shapefile."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import control_points as control
import geopandas
import numpy as np
import psycopg
import pytest
import shapely
from click.testing import CliRunner
from pyproj import CRS
from serving import server

from api.cli.commands import onemap
from api.cli.failure import ending

DECLARATION = """
id = "old-wells"
title = { zh = "旧机井", en = "Old wells" }
description = { zh = "为测试而设", en = "Made for tests" }
steward = "水利局"
source_standard = "合成数据,无标准"
geometry = "Point"
key = "code"
valid_time = { zh = "机井存在", en = "The well exists" }
synthetic = true

[[fields]]
name = "code"
type = "text"
title = { zh = "编码", en = "Code" }
required = true

[legend]
kind = "circle"
color = "#3366cc"
"""
WELLS = ((118.75, 36.88), (118.83, 36.92), (118.90, 37.02), (118.70, 37.00))
OUTSIDE = (118.56, 37.28)
FIT = ("--source", control.SOURCE, "--target", control.TARGET, "--model", "similarity", "--name", "sg-xian80")
SECRET_MERIDIAN = "118.8512"
PATHS = (
    "/",
    "/conformance",
    "/collections",
    "/openapi.json",
    "/changesets",
    "/processes",
    "/health/ready",
    "/nowhere",
    "/collections/old-wells",
    "/collections/old-wells/items?limit=9",
    "/collections/old-wells/items?crs=SGLOCAL:1",
    "/collections/old-wells/items?crs=http://www.opengis.net/def/crs/EPSG/0/2385",
    "/collections/old-wells/items?bbox=0,0,1,1&bbox-crs=SGLOCAL:1",
)


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    def json(self) -> object:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """The commands over a fresh platform database with one layer."""
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)
    monkeypatch.setenv("ONEMAP_DATA", str(tmp_path / "data"))

    def command(*arguments: object) -> Said:
        code = ending(onemap, [str(one) for one in arguments])
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    declaration = tmp_path / "wells.toml"
    declaration.write_text(DECLARATION)
    assert command("layer", "add", declaration).code == 0
    return command


def shapefile(folder: Path, places: tuple[tuple[float, float], ...]) -> Path:
    """Wells of a department that never left Xi'an 80; made by the truth, not by the fit."""
    points = shapely.points(control.source_of(*zip(*places, strict=True)))
    codes = [f"W{number}" for number in range(len(places))]
    path = folder / "wells.shp"
    geopandas.GeoDataFrame({"code": codes}, geometry=points, crs=control.SOURCE).to_file(path)
    return path


def loading(path: Path, *more: str) -> tuple[object, ...]:
    who = ("--author", "张伟", "--department", "水利局", "--reason", "旧数据入库")
    return ("load", path, "--layer", "old-wells", *who, *more)


def local_definition(path: Path) -> Path:
    wkt = CRS.from_epsg(4549).to_wkt()
    path.write_text(
        wkt.replace('"Longitude of natural origin",120', f'"Longitude of natural origin",{SECRET_MERIDIAN}')
    )
    return path


def test_from_control_points_to_an_old_shapefile(run: Run, database: str, tmp_path: Path) -> None:
    file = shapefile(tmp_path, WELLS)
    without = run(*loading(file))
    assert without.code == 3
    assert "datum fit" in without.err and f"{control.SOURCE} → EPSG:4490" in without.err

    points = control.write(tmp_path / "points.csv")
    dry = run("datum", "fit", points, *FIT, "--dry-run", "--json")
    assert dry.code == 0, dry.err
    assert dry.json()["registered"] is False  # type: ignore[index]
    assert run("datum", "operations", "--json").json() == []

    done = run("datum", "fit", points, *FIT)
    assert done.code == 0, done.err
    for told in ("已登记", "sg-xian80@1", "K1", "K9", "leave-one-out", "14", "RMSE"):
        assert told in done.out
    (held,) = run("datum", "operations", "--json").json()  # type: ignore[misc]
    assert (held["source"], held["target"], held["version"], held["in_use"]) == (
        control.SOURCE, control.TARGET, 1, True,
    )  # fmt: skip
    assert held["degrees_of_freedom"] == 14 and 0 < held["rmse_m"] < held["accuracy_m"] < 0.05

    loaded = run(*loading(file, "--json"))
    assert loaded.code == 0, loaded.err
    report = loaded.json()
    assert report["path"][0] == "sg-xian80@1 EPSG:2385→EPSG:4549"  # type: ignore[index]
    assert report["accuracy_m"] == pytest.approx(held["accuracy_m"])  # type: ignore[index]
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select st_x(geom), st_y(geom) from history.old_wells_believed order by fid"
        ).fetchall()
    off_m = (np.array(rows) - np.array(WELLS)) * 111_320 * (np.cos(np.radians(36.9)), 1.0)
    assert np.hypot(*off_m.T).max() < 3 * held["accuracy_m"]

    out = run("export", "old-wells", tmp_path / "back.csv", "--crs", control.SOURCE)
    assert out.code == 0 and "sg-xian80@1 EPSG:4549→EPSG:2385" in out.out


def test_what_is_registered_is_audited_without_its_secrets(run: Run, database: str, tmp_path: Path) -> None:
    points = control.write(tmp_path / "points.csv")
    assert run("datum", "fit", points, *FIT, "--dry-run").code == 0
    assert run("datum", "fit", points, *FIT, "--author", "测绘").code == 0
    assert run("datum", "fit", points, *FIT).code == 5, "that version stands already"
    definition = local_definition(tmp_path / "local.wkt")
    added = ("--id", "SGLOCAL:1", "--area", "118.5", "36.7", "119.2", "37.4")
    assert run("datum", "frame", "add", definition, *added).code == 0
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select action, target, subject, details::text from spatial.audit"
            " where action like 'datum-%' or action like 'frame-%' order by id"
        ).fetchall()
    assert [row[:3] for row in rows] == [
        ("datum-fit", "sg-xian80@1", "测绘"),
        ("frame-add", "SGLOCAL:1", getpass.getuser()),
    ]
    told = json.loads(rows[0][3])
    assert (told["source"], told["target"], told["points"]) == (control.SOURCE, control.TARGET, 9)
    assert sorted(told) == ["accuracy_m", "model", "points", "source", "target"]
    assert json.loads(rows[1][3]) == {"base": "EPSG:4490"}
    assert SECRET_MERIDIAN not in rows[1][3]


def test_outside_the_hull_it_is_refused_row_by_row(run: Run, tmp_path: Path) -> None:
    assert run("datum", "fit", control.write(tmp_path / "points.csv"), *FIT).code == 0
    refused = run(*loading(shapefile(tmp_path, (*WELLS, OUTSIDE))))
    assert refused.code == 2
    assert "W4" in refused.err and "extrapolated" in refused.err and "W3" not in refused.err


def test_a_blunder_shows_as_the_worst_point(run: Run, tmp_path: Path) -> None:
    points = control.write(tmp_path / "points.csv", control.rows(blunder_m=2.0))
    told = run("datum", "fit", points, *FIT, "--dry-run", "--json").json()
    assert told["worst_point"] == told["suspected_blunder"] == "K5"  # type: ignore[index]
    assert told["accuracy_m"] > 0.5  # type: ignore[index]
    assert "blunder" in run("datum", "fit", points, *FIT, "--dry-run").out
    sound = run("datum", "fit", control.write(tmp_path / "sound.csv"), *FIT, "--dry-run")
    assert sound.code == 0 and "blunder" not in sound.out


def degrees(heights: bool) -> tuple[list[list[str]], tuple[str, ...]]:
    """Points around the city in Xi'an 80 and CGCS2000 degrees, as surveyors write them."""
    lines = []
    for index, (lon, lat) in enumerate(zip(control.RING, control.LATITUDES, strict=True)):
        whole, seconds = divmod(round(lon * 3600), 3600)
        source = [f"{whole}°{seconds // 60}′{seconds % 60}.0″", repr(lat)]
        target = [repr(lon + 0.0011 + index * 1e-9), repr(lat - 0.0003)]
        up = [f"{20 + index}.5"] if heights else []
        lines.append([f"点{index}", *source, *up, *target, *up])
    pair = ("source_x", "source_y"), ("target_x", "target_y")
    if not heights:
        return lines, ("id", *pair[0], *pair[1])
    return lines, ("id", *pair[0], "source_h", *pair[1], "target_h")


@pytest.mark.parametrize("heights", [True, False])
@pytest.mark.parametrize("model", ["bursa-wolf", "molodensky-badekas"])
def test_seven_parameters_from_degrees_in_gb18030(
    shared: Run, tmp_path: Path, model: str, heights: bool
) -> None:
    points = control.write(tmp_path / "points.csv", *degrees(heights))
    points.write_bytes(points.read_text(encoding="utf-8").encode("gb18030"))
    frames = ("--source", "EPSG:4610", "--target", "EPSG:4490")
    said = shared("datum", "fit", points, *frames, "--model", model, "--name", "seven", "--dry-run", "--json")
    assert said.code == 0, said.err
    told = said.json()
    assert told["accuracy_m"] < 1.0 and told["degrees_of_freedom"] == 20  # type: ignore[index]
    assert told["residuals"][0]["point"] == "点0"  # type: ignore[index]


def changed(column: int, text: str) -> list[list[str]]:
    lines = control.rows()
    lines[2][column] = text
    return lines


def swapped() -> list[list[str]]:
    return [[name, y, x, east, north] for name, x, y, east, north in control.rows()]


WRONG: tuple[tuple[list[list[str]], tuple[str, ...], tuple[str, ...], int, str], ...] = (
    (control.rows(), ("id", "x", "source_y", "target_x", "target_y"), FIT, 2, "source_x"),
    (changed(2, "NaN"), control.HEADER, FIT, 2, "line 4, source_y"),
    (changed(3, "inf"), control.HEADER, FIT, 2, "line 4, target_x"),
    (changed(1, ""), control.HEADER, FIT, 2, "line 4, source_x"),
    (changed(0, "K1"), control.HEADER, FIT, 2, "K1"),
    (changed(0, ""), control.HEADER, FIT, 2, "line 4, id"),
    (control.rows()[:2], control.HEADER, FIT, 2, "2"),
    ([], control.HEADER, FIT, 2, "0"),
    (swapped(), control.HEADER, FIT, 2, "K1"),
    (control.rows(), control.HEADER, ("--source", "EPSG:9999", *FIT[2:]), 2, "EPSG:9999"),
    (control.rows(), control.HEADER, ("--source", "SGLOCAL:9", *FIT[2:]), 2, "SGLOCAL:9"),
    (control.rows(), control.HEADER, ("--source", "EPSG:4610", *FIT[2:]), 2, "K1"),
    (control.rows(), control.HEADER, (*FIT[:5], "bursa-wolf", *FIT[6:]), 2, "EPSG:2385"),
    (control.rows(), control.HEADER, (*FIT[:-1], "two words"), 2, "two words"),
    (control.rows(), control.HEADER, (*FIT[:-1], "gcj02"), 5, "gcj02"),
)


@pytest.fixture
def shared(shared_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The commands over a database in which nothing is registered."""
    monkeypatch.setenv("ONEMAP_DATABASE_URL", shared_database)

    def command(*arguments: object) -> Said:
        code = ending(onemap, [str(one) for one in arguments])
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    return command


@pytest.mark.parametrize(("lines", "header", "options", "code", "value"), WRONG)
def test_wrong_input_is_told_in_both_languages_without_a_coordinate(
    shared: Run,
    tmp_path: Path,
    lines: list[list[str]],
    header: tuple[str, ...],
    options: tuple[str, ...],
    code: int,
    value: str,
) -> None:
    said = shared("datum", "fit", control.write(tmp_path / "points.csv", lines, header), *options)
    assert said.code == code and "Traceback" not in said.err
    zh, en = said.err.strip().splitlines()
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh) and value in zh and value in en
    coordinates = [cell for line in control.rows() for cell in line[1:]]
    assert not [one for one in coordinates if one in said.err + said.out]


def test_a_name_stands_once_and_a_pair_has_one_name(run: Run, tmp_path: Path) -> None:
    points = control.write(tmp_path / "points.csv")
    assert run("datum", "fit", points, *FIT).code == 0
    again = run("datum", "fit", points, *FIT)
    assert again.code == 5 and again.err.strip().endswith("sg-xian80@1")
    other = run("datum", "fit", points, *FIT[:-1], "second-name")
    assert other.code == 5 and "sg-xian80" in other.err
    assert run("datum", "fit", points, *FIT, "--version", "2").code == 0
    listed = run("datum", "operations").out
    assert "sg-xian80@1" in listed and listed.count("superseded") == 1


def test_frames_are_listed_and_a_local_one_is_added(run: Run, tmp_path: Path) -> None:
    file = local_definition(tmp_path / "local.wkt")
    known = ("datum", "frame", "add", file, "--id", "sglocal:1", "--area", "118.5", "36.7", "119.2", "37.4")
    done = run(*known, "--title-zh", "寿光独立坐标系", "--title-en", "Shouguang local")
    assert done.code == 0 and "SGLOCAL:1" in done.out
    assert run(*known).code == 5
    frames = {one["id"]: one for one in run("datum", "frames", "--json").json()}  # type: ignore[attr-defined]
    assert frames["SGLOCAL:1"]["local"] and frames["SGLOCAL:1"]["base"] == "EPSG:4490"
    assert frames["EPSG:4549"]["edge_order"] == "yx" and not frames["EPSG:4549"]["local"]
    assert "EPSG:4528" in run("datum", "frames").out


@pytest.mark.parametrize(
    ("text", "options", "value"),
    [
        ("PROJCS[", ("--id", "SGLOCAL:1"), "WKT"),
        (None, ("--id", "EPSG:1"), "EPSG:1"),
        (None, ("--id", "SGLOCAL:1", "--area", "119", "36", "118", "37"), "36"),
        ('LOCAL_CS["厂区"]', ("--id", "SGLOCAL:1"), "厂区"),
        (CRS.from_epsg(4490).to_wkt(), ("--id", "SGLOCAL:1"), "China Geodetic Coordinate System 2000"),
        ("", ("--id", "SGLOCAL:1"), "WKT"),
    ],
)
def test_a_definition_that_is_none_is_refused_without_repeating_it(
    shared: Run, tmp_path: Path, text: str | None, options: tuple[str, ...], value: str
) -> None:
    file = local_definition(tmp_path / "local.wkt")
    if text is not None:
        file.write_text(text)
    said = shared("datum", "frame", "add", file, *options)
    assert said.code == 2 and value in said.err and SECRET_MERIDIAN not in said.err + said.out


@pytest.mark.parametrize("path", [("fit",), ("frames",), ("operations",), ("frame",), ("frame", "add")])
def test_every_command_of_the_group_has_an_example(path: tuple[str, ...]) -> None:
    told = CliRunner().invoke(onemap, ["datum", *path, "--help"])
    assert told.exit_code == 0
    assert "./onemap datum " + " ".join(path) in told.output.partition("Example:")[2]


def test_no_output_shows_a_secret(run: Run, database: str, tmp_path: Path) -> None:
    points, texts = control.write(tmp_path / "points.csv"), []
    local = local_definition(tmp_path / "local.wkt")
    add = ("datum", "frame", "add", local, "--id", "SGLOCAL:1", "--area", "118.5", "36.7", "119.2", "37.4")
    inside = shapefile(tmp_path, WELLS)
    (tmp_path / "beyond").mkdir()
    beyond = shapefile(tmp_path / "beyond", (*WELLS, OUTSIDE))
    (tmp_path / "own").mkdir()
    own = shapefile(tmp_path / "own", WELLS)
    own.with_suffix(".prj").write_text(CRS.from_wkt(local.read_text()).to_wkt("WKT1_ESRI"))
    export = ("export", "old-wells", tmp_path / "out.gpkg", "--crs")
    fit = ("datum", "fit", points, *FIT)
    commands = [
        *((*fit, "--dry-run"), fit, fit, add, add, ("datum", "frames"), ("datum", "operations")),
        *(loading(beyond), loading(own), loading(own, "--source-crs", "SGLOCAL:1"), loading(inside)),
        *((*export, control.SOURCE), (*export, "SGLOCAL:1")),
        *(("status",), ("doctor",), ("layer", "list"), ("history",), ("verify",)),
    ]
    for command in commands:
        for as_json in ((), ("--json",)):
            said = run(*command, *as_json)
            assert "Traceback" not in said.err, said.err
            texts.append(said.out + said.err)
    with server(database, tmp_path / "server.log") as served:
        for path in PATHS:
            texts.append(served.get(path).text)
    texts.append((tmp_path / "server.log").read_text())
    with psycopg.connect(database) as connection:
        texts += [str(row) for row in connection.execute("select r::text from spatial.source_reading r")]
    assert sum("sg-xian80@1" in text for text in texts) >= 8
    known = [*control.secrets(database), SECRET_MERIDIAN]
    with psycopg.connect(database) as connection:
        tables = "spatial.datum_operation o, spatial.datum_frame f"
        row = connection.execute(f"select o::text || f::text from {tables}").fetchone()
    found = control.leaks(row[0] if row else "", known)
    assert len(found) > 40 and {*control.PLANTED, SECRET_MERIDIAN} <= set(found)
    assert [(one, text[:80]) for text in texts for one in control.leaks(text, known)] == []


def test_readers_cannot_look(run: Run, database: str, tmp_path: Path) -> None:
    assert run("datum", "fit", control.write(tmp_path / "points.csv"), *FIT).code == 0
    for table in ("datum_operation", "datum_frame"):
        with psycopg.connect(database) as connection:
            connection.execute("set role onemap_reader")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select count(*) from spatial.{table}")


def test_a_withdrawn_layer_comes_back_with_its_history(run: Run, tmp_path: Path) -> None:
    assert run("datum", "fit", control.write(tmp_path / "points.csv"), *FIT).code == 0
    assert run(*loading(shapefile(tmp_path, WELLS))).code == 0
    gone = run("layer", "withdraw", "old-wells")
    assert gone.code == 0 and "old-wells" in gone.out
    assert run("layer", "list", "--json").json() == []
    assert run("layer", "withdraw", "old-wells").code == 4 and run("history", "old-wells").code == 4
    assert run("layer", "withdraw", "no-such-layer", "--json").code == 4
    assert run("layer", "add", tmp_path / "wells.toml").code == 0
    (entry,) = run("history", "old-wells", "--json").json()  # type: ignore[misc]
    assert entry["opened"] == len(WELLS)
    whole = run("verify", "--json")
    assert whole.code == 0 and whole.json()["ok"] is True  # type: ignore[index]
