"""Layers and files for the tests of the exchange; every file is made here, byte by byte where it is bad."""

from __future__ import annotations

import csv
import shutil
import uuid
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyogrio.raw
import shapely
from psycopg.sql import SQL, Identifier

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Quality, Title
from spatial.database import connect
from spatial.datum import frame, move
from spatial.exchange import formats
from spatial.exchange.batches import Content, read_content
from spatial.exchange.load import LoadOptions
from spatial.exchange.sandbox import Job
from spatial.history.model import Delivery

STATIONS = Contract(
    id="test-stations",
    title=Title("测试站点", "Test stations"),
    description=Title("测试用点图层", "points for tests"),
    steward="工业和信息化局",
    source_standard="made for tests",
    geometry="Point",
    key="code",
    valid_time=Title("启用", "in use"),
    fields=(
        Field("code", FieldType.TEXT, Title("站点编号", "Code"), required=True, aliases=("ZDBH",)),
        Field("name", FieldType.TEXT, Title("名称", "Name"), max_length=40),
        Field("height", FieldType.NUMBER, Title("塔高", "Height"), unit="m", minimum=0),
        Field("antennas", FieldType.INTEGER, Title("天线数", "Antennas")),
        Field("opened", FieldType.DATE, Title("启用日期", "Opened")),
        Field("active", FieldType.BOOLEAN, Title("在用", "Active")),
        Field("checked", FieldType.INSTANT, Title("巡检时间", "Checked")),
    ),
    legend=Legend("circle", "#336699"),
)

PLOTS = Contract(
    id="test-plots",
    title=Title("测试地块", "Test plots"),
    description=Title("测试用面图层", "polygons for tests"),
    steward="自然资源和规划局",
    source_standard="made for tests",
    geometry="MultiPolygon",
    key="",
    valid_time=Title("生效", "in force"),
    fields=(
        Field("use", FieldType.TEXT, Title("用途", "Use"), required=True),
        Field("grade", FieldType.INTEGER, Title("等级", "Grade")),
    ),
    legend=Legend("fill", "#88aa44"),
)

REGISTER = Contract(
    id="test-register",
    title=Title("测试名录", "Test register"),
    description=Title("无几何", "no geometry"),
    steward="民政局",
    source_standard="made for tests",
    geometry=None,
    key="code",
    valid_time=Title("有效", "valid"),
    fields=(
        Field("code", FieldType.TEXT, Title("统计代码", "Code"), required=True, pattern="[0-9]{12}"),
        Field("name", FieldType.TEXT, Title("名称", "Name"), required=True),
        Field("level", FieldType.TEXT, Title("级别", "Level")),
        Field("parent", FieldType.TEXT, Title("上级", "Parent")),
    ),
    legend=Legend("none", "#000000"),
    quality=Quality(within_city=False),
)

ROWS = (
    ("T0001", "圣城街道一号站", 35.5, 3, "2024-05-01", True, "2026-01-02T08:30:00+08:00", 118.7361, 36.8804),
    ("T0002", "洛城街道", 28.0, 6, "2023-11-30", False, None, 118.8312, 36.8555),
    ("T0003", "羊口镇", None, None, None, None, None, 118.8704, 37.2513),
    ("T0004", "稻田镇北", 41.25, 2, "2025-12-31", True, "2025-06-30T23:59:59+08:00", 118.9127, 36.7921),
)
NAMES = ("code", "name", "height", "antennas", "opened", "active", "checked")


def options(**changes: object) -> LoadOptions:
    said: dict[str, object] = {"author": "王工", "department": "工业和信息化局", "reason": "测试"}
    return LoadOptions(**(said | changes))  # type: ignore[arg-type]


def full(**changes: object) -> LoadOptions:
    return options(delivery=Delivery.FULL, **changes)


def publish(dsn: str, *contracts: Contract) -> None:
    with connect(dsn) as connection:
        for contract in contracts:
            store.publish(connection, contract)
        connection.commit()


def state(dsn: str, layer: str) -> list[tuple[str, bytes]]:
    """Identity and content digest of every feature believed to be valid from now on."""
    table = Identifier("history", f"{layer.replace('-', '_')}_believed")
    query = SQL("select fid, content_sha256 from {} where valid_to = 'infinity' order by fid").format(table)
    with connect(dsn) as connection:
        return connection.execute(query).fetchall()


def counts(dsn: str) -> tuple[int, ...]:
    """Changesets, originals, chunks, readings, staging tables: all that a load may leave behind."""
    with connect(dsn) as connection:
        row = connection.execute(
            "select (select count(*) from spatial.changeset), (select count(*) from spatial.source),"
            " (select count(*) from spatial.source_chunk), (select count(*) from spatial.source_reading),"
            " (select count(*) from pg_tables where schemaname = 'staging')"
        ).fetchone()
    assert row is not None
    return row


def positions(target: str, rows: Sequence[Sequence[object]] = ROWS) -> tuple[np.ndarray, np.ndarray]:
    lon = np.array([row[7] for row in rows], dtype=np.float64)
    lat = np.array([row[8] for row in rows], dtype=np.float64)
    moved = move(lon, lat, frame("EPSG:4490"), frame(target))
    return np.asarray(moved.x), np.asarray(moved.y)


def write_csv(
    path: Path,
    *,
    crs: str = "EPSG:4490",
    header: Sequence[str] | None = None,
    encoding: str = "utf-8",
    rows: Sequence[Sequence[object]] = ROWS,
) -> Path:
    x, y = positions(crs, rows)
    names = header or (*NAMES, "经度", "纬度")
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row, east, north in zip(rows, x.tolist(), y.tolist(), strict=True):
            writer.writerow(["" if one is None else one for one in row[:7]] + [repr(east), repr(north)])
    return path


def write_vector(
    path: Path,
    driver: str,
    *,
    crs: str | None = "EPSG:4490",
    frame_of_numbers: str | None = None,
    names: Sequence[str] = ("code", "name", "height", "antennas"),
    encoding: str | None = None,
    rows: Sequence[Sequence[object]] = ROWS,
    layer: str | None = None,
) -> Path:
    """The first four attributes of the rows, in any frame and format of GDAL."""
    x, y = positions(frame_of_numbers or crs or "EPSG:4490", rows)
    columns = [
        np.array([row[0] for row in rows], dtype=object),
        np.array([row[1] for row in rows], dtype=object),
        np.array([np.nan if row[2] is None else row[2] for row in rows], dtype=np.float64),
        np.array([0 if row[3] is None else row[3] for row in rows], dtype=np.int32),
    ]
    masks = [None, None, None, np.array([row[3] is None for row in rows])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing frame and cut names are the point of these files
        pyogrio.raw.write(
            path,
            np.asarray(shapely.to_wkb(shapely.points(x, y)), dtype=object),
            columns,
            list(names),
            field_mask=masks,
            driver=driver,
            geometry_type="Point",
            crs=crs,
            encoding=encoding,
            layer=layer,
        )
    return path


def gbk_shapefile(folder: Path, *, crs: str = "EPSG:4490", declared: str | None = None) -> Path:
    """A shapefile with Chinese names and values in GBK, without .cpg, language byte and (mostly) .prj."""
    folder.mkdir(exist_ok=True)
    path = write_vector(
        folder / "站点.shp",
        "ESRI Shapefile",
        crs=declared,
        frame_of_numbers=crs,
        names=("站点编号", "名称", "塔高", "天线数"),
        encoding="GBK",
    )
    path.with_suffix(".cpg").unlink()
    if declared is None:
        path.with_suffix(".prj").unlink(missing_ok=True)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0
    path.with_suffix(".dbf").write_bytes(table)
    return path


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.rglob("*")):
            if one.is_file():
                archive.write(one, str(one.relative_to(folder.parent)))
    return target


def zipped_filegdb(tmp_path: Path, crs: str = "EPSG:4528") -> Path:
    database = tmp_path / "交付.gdb"
    write_vector(database, "OpenFileGDB", crs=crs, layer="stations")
    target = zipped(database, tmp_path / "交付.gdb.zip")
    shutil.rmtree(database)
    return target


def read_here(path: Path, **job: object) -> Content:
    """What a reader makes of a file, in this process and without fences."""
    work = path.parent / f"work-{uuid.uuid4().hex}"
    work.mkdir()
    copied = Path(shutil.copy(path, work / path.name))
    formats.read(Job(path=str(copied), work=str(work), **job), {})  # type: ignore[arg-type]
    return read_content(work)


def rows_of(content: Content) -> list[dict[str, object]]:
    """Rows of a content with line, geometry and problem."""
    found: list[dict[str, object]] = []
    for batch in content.read():
        shapes = shapely.from_wkb(np.array(batch.wkb or [None] * len(batch.lines), dtype=object))
        for row, line in enumerate(batch.lines.tolist()):
            values = {name: batch.columns[index][row] for index, name in enumerate(content.columns)}
            told = {"line": line, "shape": shapes[row], "problem": batch.problems.get(row, (None,))[0]}
            found.append(values | told)
    return found


def squares(count: int, *, west: float = 118.60, south: float = 36.80, step: float = 0.004) -> list[object]:
    """Squares side by side."""
    found = []
    for index in range(count):
        x, y = west + step * (index % 40), south + step * (index // 40)
        found.append(shapely.box(x, y, x + step, y + step))
    return found
