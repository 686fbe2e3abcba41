"""Words and places of the boundary-point form 界址点成果格式, for reader and writer alike."""

from __future__ import annotations

import math

DESCRIPTION = "[属性描述]"
PARCELS = "[地块坐标]"
END_OF_HEAD = "@"
POINTS, AREA_HA, NUMBER, NAME, SHAPE, SHEET, USE, USE_CODE = (
    "界址点数",
    "地块面积",
    "地块编号",
    "地块名称",
    "图形属性",
    "图幅号",
    "地块用途",
    "地类编码",
)
HEAD = (POINTS, AREA_HA, NUMBER, NAME, SHAPE, SHEET, USE, USE_CODE)
"""What stands before the ``@``, in this order; the area is in hectares."""
POLYGON = "面"
VERSION, AUTHOR, DAY, DATUM, WIDTH, PROJECTION, UNIT, ZONE, PRECISION, PARAMETERS = (
    "格式版本号",
    "数据产生单位",
    "数据产生日期",
    "坐标系",
    "几度分带",
    "投影类型",
    "计量单位",
    "带号",
    "精度",
    "转换参数",
)
NATURE = "数据性质"
"""A line of our own, written where data are synthetic 合成数据."""


def number(text: str) -> float:
    """A number as such files write it; NaN for what is none, or none that is finite.

    >>> number("40392000.1250"), number("40392_000"), number("1e400")
    (40392000.125, nan, nan)
    """
    try:
        found = math.nan if "_" in text else float(text)  # of 40392_000 nobody knows what was meant
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan
