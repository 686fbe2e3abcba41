"""Files in the older and local frames: exact by a registered fit, refused without one or beyond it."""

from __future__ import annotations

import json
from pathlib import Path

import control_points as control
import numpy as np
import pytest
from exchange_files import ROWS, STATIONS, counts, full, write_csv
from pyproj import CRS, Transformer

from spatial.database import connect
from spatial.datum import ControlPoints, Fit, Model, fit_points, frame, local_frame, local_frame_of_wkt, move
from spatial.datum.frames import Area
from spatial.datum.store import load_registry, save_fit, save_frame
from spatial.errors import InvalidInput, NoOperation, OperationExists, RowsRejected, UnknownFrame
from spatial.exchange.control_pairs import read_pairs
from spatial.exchange.export import ExportOptions, export
from spatial.exchange.load import load

LAYER = STATIONS.id
INSIDE = [row for row in ROWS if row[0] != "T0003"]
LOCAL_AREA = Area(118.5, 36.7, 119.2, 37.4)
SECRET_MERIDIAN = "118.8512"


def fitted(tmp_path: Path, name: str = "sg-xian80", version: int = 1) -> Fit:
    source, target = frame(control.SOURCE), frame(control.TARGET)
    points = read_pairs(control.write(tmp_path / "points.csv"), source, target, Model.SIMILARITY)
    return fit_points(points, source, target, Model.SIMILARITY, name=name, version=version)


def register(dsn: str, tmp_path: Path) -> Fit:
    made = fitted(tmp_path)
    with connect(dsn) as connection:
        save_fit(connection, made)
    return made


def old_file(path: Path, rows: list[tuple[object, ...]]) -> Path:
    """A CSV of stations in Xi'an 80, made by the truth and not by the fit."""
    places = control.source_of([row[7] for row in rows], [row[8] for row in rows])
    return numbers_csv(path, rows, places)


def numbers_csv(path: Path, rows: list[tuple[object, ...]], places: np.ndarray) -> Path:
    write_csv(path, rows=rows, header=("code", "name", "height", "antennas", "opened", "active", "checked",
                                       "东坐标", "北坐标"))  # fmt: skip
    head, *lines = path.read_text().splitlines()
    kept = [line.rsplit(",", 2)[0] for line in lines]
    told = [f"{line},{x!r},{y!r}" for line, (x, y) in zip(kept, places.tolist(), strict=True)]
    path.write_text("\n".join([head, *told]) + "\n")
    return path


def stored(dsn: str) -> dict[str, tuple[float, float]]:
    with connect(dsn) as connection:
        rows = connection.execute(
            "select fid, st_x(geom), st_y(geom) from history.test_stations_believed"
        ).fetchall()
    return {fid: (lon, lat) for fid, lon, lat in rows}


def test_without_a_fit_nothing_is_moved_and_it_is_said_what_to_do(dsn: str, tmp_path: Path) -> None:
    before = counts(dsn)
    with pytest.raises(NoOperation, match="datum fit") as refusal:
        load(dsn, old_file(tmp_path / "old.csv", INSIDE), LAYER, full(source_crs=control.SOURCE))
    assert refusal.value.value == f"{control.SOURCE} → EPSG:4490"
    with pytest.raises(NoOperation):
        export(dsn, LAYER, tmp_path / "out.gpkg", ExportOptions(crs=control.SOURCE))
    assert counts(dsn) == before and not (tmp_path / "out.gpkg").exists()


def test_inside_the_fit_a_load_meets_the_truth_and_names_the_operation(dsn: str, tmp_path: Path) -> None:
    made = register(dsn, tmp_path)
    report = load(dsn, old_file(tmp_path / "old.csv", INSIDE), LAYER, full(source_crs=control.SOURCE))
    assert report.path[0] == "sg-xian80@1 EPSG:2385→EPSG:4549"
    assert report.accuracy_m == pytest.approx(made.accuracy_m)
    found = stored(dsn)
    for row in INSIDE:
        off = np.array(found[str(row[0])]) - (row[7], row[8])
        east, north = off * 111_320 * (np.cos(np.radians(36.9)), 1.0)
        assert np.hypot(east, north) < 3 * made.accuracy_m < 0.1

    out = export(dsn, LAYER, tmp_path / "out.csv", ExportOptions(crs=control.SOURCE))
    assert out.path[-1] == "sg-xian80@1 EPSG:4549→EPSG:2385" and out.accuracy_m == report.accuracy_m
    again = load(dsn, tmp_path / "out.csv", LAYER, full(source_crs=control.SOURCE))
    assert again.outcome == "unchanged"


def test_beyond_the_control_points_nothing_is_extrapolated(dsn: str, tmp_path: Path) -> None:
    register(dsn, tmp_path)
    outside = (*ROWS[0][:7], 119.10, 37.29)
    before = counts(dsn)
    with pytest.raises(RowsRejected) as refusal:
        file = old_file(tmp_path / "old.csv", [*INSIDE, ("T9", *outside[1:])])
        load(dsn, file, LAYER, full(source_crs=control.SOURCE))
    (row,) = refusal.value.details["report"]["rejected"]  # type: ignore[index]
    assert row["rule"] == "outside-area" and row["fid"] == "T9" and "sg-xian80@1" in row["en"]
    assert counts(dsn) == before


def test_a_new_version_counts_and_the_old_one_stays(dsn: str, tmp_path: Path) -> None:
    register(dsn, tmp_path)
    with connect(dsn) as connection:
        save_fit(connection, fitted(tmp_path, version=2))
    report = load(dsn, old_file(tmp_path / "old.csv", INSIDE), LAYER, full(source_crs=control.SOURCE))
    assert report.path[0].startswith("sg-xian80@2 ")
    with connect(dsn) as connection:
        assert [
            each.version for each in load_registry(connection).operations if each.name == "sg-xian80"
        ] == [
            1,
            2,
        ]


@pytest.mark.parametrize("name", ["other", "gcj02", "bad name", ""])
def test_a_registration_that_would_leave_the_choice_open_is_refused(
    dsn: str, tmp_path: Path, name: str
) -> None:
    register(dsn, tmp_path)
    with connect(dsn) as connection, pytest.raises((OperationExists, InvalidInput)):
        save_fit(connection, fitted(tmp_path, name))


def local_wkt() -> str:
    return CRS.from_epsg(4549).to_wkt().replace(
        '"Longitude of natural origin",120', f'"Longitude of natural origin",{SECRET_MERIDIAN}'
    )  # fmt: skip


def test_a_registered_local_frame_loads_and_leaves_as_any_other(dsn: str, tmp_path: Path) -> None:
    made = local_frame_of_wkt(local_wkt(), "sglocal:1", LOCAL_AREA, title_zh="独立", title_en="local")
    onto = Transformer.from_crs(CRS.from_epsg(4490), CRS.from_wkt(local_wkt()), always_xy=True)
    places = np.array([onto.transform(row[7], row[8]) for row in ROWS])
    file = numbers_csv(tmp_path / "local.csv", list(ROWS), places)
    with pytest.raises(UnknownFrame, match="SGLOCAL:1"):
        load(dsn, file, LAYER, full(source_crs="SGLOCAL:1"))
    with connect(dsn) as connection:
        save_frame(connection, made)
    report = load(dsn, file, LAYER, full(source_crs="SGLOCAL:1"))
    assert report.path == ("projection@1 SGLOCAL:1→EPSG:4490",)
    for row in ROWS:
        assert stored(dsn)[str(row[0])] == pytest.approx((row[7], row[8]), abs=1e-8)
    out = export(dsn, LAYER, tmp_path / "out.gpkg", ExportOptions(crs="SGLOCAL:1"))
    assert SECRET_MERIDIAN.encode() not in (tmp_path / "out.gpkg").read_bytes()
    assert SECRET_MERIDIAN not in json.dumps([out.to_json(), report.to_json()])


def test_a_local_frame_known_by_fit_only_tells_its_axes(dsn: str, tmp_path: Path) -> None:
    """A plane turned and shifted far away, whose definition nobody gives: north first in the file."""
    unknown = local_frame("SGLOCAL:2", "独立", "local", "EPSG:4490", None, LOCAL_AREA)
    target = np.column_stack(
        [np.asarray(each) for each in _plane(list(control.RING), list(control.LATITUDES))]
    )
    source = target - (350_000.0, 4_050_000.0)
    points = ControlPoints.of(tuple("ABCDEFGHI"), source, target)
    made = fit_points(points, unknown, frame("EPSG:4549"), Model.SIMILARITY, name="sg-local")
    with connect(dsn) as connection:
        save_frame(connection, unknown)
        save_fit(connection, made)
    places = np.column_stack(_plane([row[7] for row in INSIDE], [row[8] for row in INSIDE]))
    swapped = (places - (350_000.0, 4_050_000.0))[:, ::-1]
    file = numbers_csv(tmp_path / "local.csv", INSIDE, swapped)
    report = load(dsn, file, LAYER, full(source_crs="SGLOCAL:2"))
    assert report.frame is not None and report.frame.swapped
    for row in INSIDE:
        assert stored(dsn)[str(row[0])] == pytest.approx((row[7], row[8]), abs=1e-7)


def _plane(lon: list[object], lat: list[object]) -> tuple[np.ndarray, np.ndarray]:
    moved = move(np.array(lon, np.float64), np.array(lat, np.float64), frame("EPSG:4490"), frame("EPSG:4549"))
    return moved.x, moved.y


def test_what_is_kept_of_a_load_shows_no_secret(dsn: str, tmp_path: Path) -> None:
    register(dsn, tmp_path)
    report = load(dsn, old_file(tmp_path / "old.csv", INSIDE), LAYER, full(source_crs=control.SOURCE))
    with connect(dsn) as connection:
        kept = connection.execute(
            "select r::text || coalesce((select string_agg(c::text, '') from spatial.changeset c), '')"
            " from spatial.source_reading r"
        ).fetchone()
    assert kept is not None and "sg-xian80@1" in kept[0]
    assert not control.leaks(kept[0] + json.dumps(report.to_json()), control.secrets(dsn))
