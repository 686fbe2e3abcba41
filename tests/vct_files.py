"""VCT files for the tests, block by block."""

from __future__ import annotations

from pathlib import Path

HEAD = (
    "Datamark:LANDUSE-VCT",
    "Version:3.0",
    "CoordinateSystemType:P",
    "Dim:2",
    "Spheroid:CGCS2000,6378137.0,298.257222101",
    "Parameters:120,1,40500000,0,3,40",
    "Separator:,",
)
CODES = ("2001,地类图斑,Polygon,DLTB", "2002,地类界线,Line,DLJX", "2003,注记点,Point,ZJD")
TABLES = (
    "DLTB,3", "YSDM,Char,10", "USE,Char,20", "GRADE,Int,4", "0",
    "DLJX,1", "NAME,Char,20", "0",
    "ZJD,1", "NAME,Char,20", "0",
)  # fmt: skip
EAST, NORTH = 40392000.0, 4081000.0


def block(name: str, *lines: str) -> list[str]:
    return [f"{name}Begin", *lines, f"{name}End"]


def line(number: int, *positions: tuple[float, float], segment: str = "11") -> list[str]:
    rows = [f"{EAST + x!r},{NORTH + y!r}" for x, y in positions]
    return [str(number), "2002", "Unknown", "1", "1", segment, str(len(rows)), *rows, "0"]


def area(number: int, *rows: str, count: int | None = None, built: tuple[str, ...] = ()) -> list[str]:
    total = sum(len(row.split(",")) for row in rows)
    return [str(number), "2001", "Unknown", "100", "0,0", *built, str(count or total), *rows, "0"]


SQUARE = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
INNER = [(10, 10), (20, 10), (20, 20), (10, 20), (10, 10)]
LINES = [
    *line(1, *SQUARE[:3]),
    *line(2, *SQUARE[2:]),
    *line(3, *INNER),
    *line(4, (100, 0), (200, 0), (200, 100), (100, 100)),
    *line(5, (100, 0), (100, 100)),
]
"""A square of two lines, a hole, and a neighbour that shares line 5 with nobody but its own ring."""
AREAS = [*area(11, "1,2,0,3"), *area(12, "4,-5")]
ROWS = ["DLTB", "11,2001,耕地,1", "12,2001,林地,", "TableEnd"]


def vct(
    *,
    head: tuple[str, ...] = HEAD,
    codes: tuple[str, ...] = CODES,
    tables: tuple[str, ...] = TABLES,
    points: list[str] | None = None,
    lines: list[str] = LINES,
    areas: list[str] = AREAS,
    rows: list[str] = ROWS,
    extra: list[str] | None = None,
) -> str:
    parts = [
        *block("Head", *head),
        *block("FeatureCode", *codes),
        *block("TableStructure", *tables),
        *(block("Point", *points) if points else []),
        *block("Line", *lines),
        *block("Polygon", *areas),
        *(extra or []),
        *block("Attribute", *rows),
    ]
    return "\r\n".join([*parts, ""])


def written(path: Path, content: str, encoding: str = "gb18030") -> Path:
    path.write_bytes(content.encode(encoding))
    return path
