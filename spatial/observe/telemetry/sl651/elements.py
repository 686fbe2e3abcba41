"""Elements 要素: guides, identifiers of the ASCII form, units (UCUM), usual widths N(D,d).

Width and decimals of a value always come from its definition byte; the width here is what an
encoder uses. Guides without an identifier, and widths other than of 26, 27, 38, 39, are 待核.
"""

from __future__ import annotations

from dataclasses import dataclass

OBSERVED = 0xF0
STATION = 0xF1
MANUAL = 0xF2
PICTURE = 0xF3
RAIN_BLOCK = 0xF4
LEVEL_BLOCKS = range(0xF5, 0xFD)
VELOCITY_BLOCK = 0xFD
VENDOR = 0xFF
STEP = 0x04
STATUS = 0x45

BLOCK_STEP_S = 300
RAIN_SIZE = 12
LEVEL_SIZE = 24

BINARY = frozenset({STATUS, *range(RAIN_BLOCK, VELOCITY_BLOCK + 1)})
"""Guides whose data are no BCD number; that 45 is read as 32 bits is 待核."""

CATEGORIES = {
    0x50: ("P", "降水"),
    0x48: ("H", "河道"),
    0x4B: ("K", "水库"),
    0x5A: ("Z", "闸坝"),
    0x44: ("D", "泵站"),
    0x54: ("T", "潮汐"),
    0x4D: ("M", "墒情"),
    0x47: ("G", "地下水"),
    0x51: ("Q", "水质"),
    0x49: ("I", "取水口"),
    0x4F: ("O", "排水口"),
}
"""Station classes 遥测站分类码."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element 要素."""

    guide: int
    identifier: str | None
    zh: str
    unit: str
    digits: int
    decimals: int

    @property
    def key(self) -> str:
        """What its values are known by: the identifier, else the hexadecimal guide."""
        return self.identifier or f"{self.guide:02X}"


def _several(first: int, count: int, zh: str, unit: str, digits: int, decimals: int) -> list[Element]:
    return [Element(first + n, None, f"{zh} {n + 1}", unit, digits, decimals) for n in range(count)]


_ELEMENTS = [
    Element(0x01, None, "断面面积", "m2", 8, 2),
    Element(0x02, None, "瞬时气温", "Cel", 3, 1),
    Element(0x03, None, "瞬时水温", "Cel", 3, 1),
    Element(0x05, None, "时段长", "1", 4, 2),
    Element(0x06, None, "日蒸发量", "mm", 5, 1),
    Element(0x07, None, "当前蒸发", "mm", 5, 1),
    Element(0x08, None, "气压", "hPa", 5, 0),
    Element(0x09, None, "闸门开启高度", "m", 5, 2),
    Element(0x0C, None, "闸门开启孔数", "1", 3, 0),
    Element(0x0D, None, "地温", "Cel", 3, 1),
    Element(0x0E, None, "地下水瞬时埋深", "m", 6, 2),
    Element(0x0F, None, "波浪高度", "m", 5, 2),
    *(
        Element(0x10 + n, None, f"{depth} 厘米处土壤含水量", "%", 4, 1)
        for n, depth in enumerate((10, 20, 30, 40, 50, 60, 80, 100))
    ),
    Element(0x18, None, "湿度", "%", 4, 1),
    Element(0x19, None, "开机台数", "1", 2, 0),
    Element(0x1A, "P1", "1 小时降水量", "mm", 5, 1),
    Element(0x1B, "P2", "2 小时降水量", "mm", 5, 1),
    Element(0x1C, "P3", "3 小时降水量", "mm", 5, 1),
    Element(0x1D, "P6", "6 小时降水量", "mm", 5, 1),
    Element(0x1E, "P12", "12 小时降水量", "mm", 5, 1),
    Element(0x1F, "PD", "日降水量", "mm", 5, 1),
    Element(0x20, "PJ", "当前降水量", "mm", 5, 1),
    Element(0x21, None, "1 分钟降水量", "mm", 5, 1),
    Element(0x22, None, "5 分钟降水量", "mm", 5, 1),
    Element(0x23, None, "10 分钟降水量", "mm", 5, 1),
    Element(0x24, None, "30 分钟降水量", "mm", 5, 1),
    Element(0x25, None, "暴雨量", "mm", 5, 1),
    Element(0x26, "PT", "降水量累计值", "mm", 6, 1),
    Element(0x27, "Q", "瞬时流量", "m3/s", 9, 3),
    *_several(0x28, 8, "取(排)水口流量", "m3/s", 9, 3),
    Element(0x30, "QA", "总出库流量", "m3/s", 9, 3),
    Element(0x31, "QZ", "输水设备流量", "m3/s", 9, 3),
    Element(0x35, None, "风速", "m/s", 4, 1),
    Element(0x36, "VA", "断面平均流速", "m/s", 5, 3),
    Element(0x37, "VJ", "当前瞬时流速", "m/s", 5, 3),
    Element(0x38, "VT", "电源电压", "V", 4, 2),
    Element(0x39, "Z", "瞬时河道水位", "m", 7, 3),
    Element(0x3A, "ZB", "坝下水位", "m", 7, 3),
    Element(0x3B, "ZU", "坝上水位", "m", 7, 3),
    *_several(0x3C, 8, "取(排)水口水位", "m", 7, 3),
    Element(0x44, None, "含沙量", "kg/m3", 9, 3),
    Element(STATUS, "ZT", "遥测站状态和报警", "1", 8, 0),
    Element(0x46, None, "pH 值", "[pH]", 4, 2),
    Element(0x47, "DO", "溶解氧", "mg/L", 4, 2),
    Element(0x48, "COND", "电导率", "uS/cm", 5, 0),
    Element(0x49, "TURB", "浊度", "[NTU]", 3, 0),
    Element(0x4A, None, "高锰酸盐指数", "mg/L", 4, 1),
    Element(0x4B, None, "氧化还原电位", "mV", 5, 1),
    Element(0x4C, "NH4N", "氨氮", "mg/L", 6, 2),
    Element(0x4D, "TP", "总磷", "mg/L", 5, 3),
    Element(0x4E, "TN", "总氮", "mg/L", 5, 2),
    Element(0x4F, None, "总有机碳", "mg/L", 4, 2),
    Element(RAIN_BLOCK, "DRP", "1 小时内每 5 分钟降水量", "mm", 0, 1),
    *(
        Element(guide, f"DRZ{guide - 0xF4}", f"1 小时内每 5 分钟相对水位 {guide - 0xF4}", "m", 0, 2)
        for guide in LEVEL_BLOCKS
    ),
]
BY_GUIDE = {element.guide: element for element in _ELEMENTS}
BY_IDENTIFIER = {element.identifier: element for element in _ELEMENTS if element.identifier}


def key_of(guide: int) -> str:
    """What values under this guide are known by; an unlisted one keeps its hexadecimal code.

    >>> key_of(0x39), key_of(0x7A), key_of(0xFFA0)
    ('Z', '7A', 'FFA0')
    """
    element = BY_GUIDE.get(guide)
    return element.key if element else f"{guide:02X}"


def unit_of(guide: int) -> str | None:
    """UCUM unit of the values under this guide; None for an unlisted one."""
    element = BY_GUIDE.get(guide)
    return element.unit if element else None
