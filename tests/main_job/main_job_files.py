"""What departments hand in, made by the test: real formats, invented content (合成数据)."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyproj
import shapely

SEED = 20261122
PLOTS = 400
CHANGED = 4
"""One in a hundred."""


def plots() -> gpd.GeoDataFrame:
    """A block of plots in the middle of the city, drawn in EPSG:4528."""
    east, north = pyproj.Transformer.from_crs(4490, 4528, always_xy=True).transform(118.74, 36.90)
    east, north = round(east), round(north)
    across = 20
    shapes = [
        shapely.box(east + 60 * (n % across), north + 45 * (n // across), east + 60 * (n % across) + 52,
                    north + 45 * (n // across) + 38)
        for n in range(PLOTS)
    ]  # fmt: skip
    uses = ["城镇住宅用地", "商业服务业用地", "旱地", "设施农用地", "河流水面"]
    return gpd.GeoDataFrame(
        {
            "BSM": [f"370783{n:012d}" for n in range(PLOTS)],
            "DLMC": [uses[n % len(uses)] for n in range(PLOTS)],
            "QSDW": [f"圣城街道第{n % 37}居民委员会" for n in range(PLOTS)],
        },
        geometry=shapes,
        crs=4528,
    )


def redelivered(before: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same plots a year later: one in a hundred has another use."""
    after = before.copy()
    places = np.random.default_rng(SEED).choice(PLOTS, CHANGED, replace=False)
    after.loc[places, "DLMC"] = "公园与绿地"
    return after


def gbk_shapefile(plots: gpd.GeoDataFrame, folder: Path) -> Path:
    """As such files arrive: text in GBK, and nothing that says so or names the frame."""
    folder.mkdir()
    path = folder / "地块.shp"
    plots.to_file(path, encoding="GBK", engine="pyogrio")
    for suffix in (".cpg", ".prj"):
        path.with_suffix(suffix).unlink()
    dbf = path.with_suffix(".dbf")
    content = bytearray(dbf.read_bytes())
    content[29] = 0  # the language byte, left empty by many programs
    dbf.write_bytes(content)
    return path


def zipped_geodatabase(folder: Path) -> tuple[Path, gpd.GeoDataFrame]:
    """Roads in a zipped FileGDB in EPSG:4528."""
    dice = np.random.default_rng(SEED)
    east, north = pyproj.Transformer.from_crs(4490, 4528, always_xy=True).transform(118.80, 36.95)
    starts = np.column_stack([east + dice.uniform(-9e3, 9e3, 60), north + dice.uniform(-9e3, 9e3, 60)])
    lines = [shapely.LineString([s, np.add(s, (900, 300)), np.add(s, (1500, 1200))]) for s in starts.round(3)]
    roads = gpd.GeoDataFrame(
        {
            "道路编号": [f"TRIAL-{n:04d}" for n in range(60)],
            "道路名称": [f"试验路{n:04d}" for n in range(60)],
            "道路等级": ["township"] * 60,
            "宽度": dice.uniform(5, 20, 60).round(1),
            "SJXZ": ["合成数据"] * 60,
        },
        geometry=lines,
        crs=4528,
    )
    database = folder / "道路.gdb"
    roads.to_file(database, driver="OpenFileGDB", layer="roads", engine="pyogrio")
    packed = folder / "道路.gdb.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(database.rglob("*")):
            archive.write(member, member.relative_to(folder))
    return packed, roads


def workbook(folder: Path) -> tuple[Path, pd.DataFrame]:
    """5G sites in an Excel sheet, longitude and latitude in columns."""
    dice = np.random.default_rng(SEED)
    sites = pd.DataFrame(
        {
            "基站编号": [f"TRIAL-5G-{n:04d}" for n in range(150)],
            "经度": dice.uniform(118.62, 118.95, 150).round(7),
            "纬度": dice.uniform(36.80, 37.10, 150).round(7),
            "YYS": [("a", "b", "c")[n % 3] for n in range(150)],
            "PD": ["n78"] * 150,
            "ZT": ["in-service"] * 150,
            "建成时间": [date(2025, 3, 1 + n % 28) for n in range(150)],
            "SJXZ": ["合成数据"] * 150,
        }
    )
    path = folder / "基站.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(list(sites.columns))
    for row in sites.itertuples(index=False):
        sheet.append(list(row))
    book.save(path)
    return path, sites
