"""Function codes AFN 功能码."""

from __future__ import annotations

HEARTBEAT = 0x2F
TEST = 0x30
UNIFORM = 0x31
TIMED = 0x32
ADDED = 0x33
HOURLY = 0x34
MANUAL = 0x35
PICTURE = 0x36
QUERY_NOW = 0x37
QUERY_PERIOD = 0x38
QUERY_MANUAL = 0x39  # 待核
QUERY_ITEMS = 0x3A  # 待核
READ_BASICS = 0x41
READ_RUNNING = 0x43
PUMPS = 0x44
VERSION = 0x45
STATUS = 0x46
SET_CLOCK = 0x4A  # 待核
EVENTS = 0x50
READ_CLOCK = 0x51  # 待核

NAMES = {
    0x2F: "链路维持报",
    0x30: "测试报",
    0x31: "均匀时段水文信息报",
    0x32: "遥测站定时报",
    0x33: "遥测站加报报",
    0x34: "遥测站小时报",
    0x35: "遥测站人工置数报",
    0x36: "遥测站图片报",
    0x37: "查询遥测站实时数据",
    0x38: "查询遥测站时段数据",
    0x39: "查询遥测站人工置数",
    0x3A: "查询遥测站指定要素",
    0x40: "修改基本配置",
    0x41: "读取基本配置",
    0x42: "修改运行参数",
    0x43: "读取运行参数",
    0x44: "查询水泵电机数据",
    0x45: "查询软件版本",
    0x46: "查询状态和报警",
    0x47: "初始化固态存储",
    0x48: "恢复出厂设置",
    0x49: "修改密码",
    0x4A: "设置遥测站时钟",
    0x4B: "设置 IC 卡状态",
    0x4C: "控制水泵",
    0x4D: "控制阀门",
    0x4E: "控制闸门",
    0x4F: "水量定值控制",
    0x50: "查询事件记录",
    0x51: "查询遥测站时钟",
}

OBSERVATIONS = frozenset({0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, STATUS})
"""Up bodies made of stations, times and items (46: 待核); those of the others are kept as they are."""
PERIODS = frozenset({UNIFORM, QUERY_PERIOD})
"""Bodies where a time step comes before the values, and the time is that of the first value."""
REPORTS = frozenset({0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36})
"""What a station sends of its own accord and the centre confirms; a heartbeat has no answer."""
UNSENT = frozenset({0x47, 0x48, 0x49, 0x4C, 0x4D, 0x4E, 0x4F})
"""Never sent by a program of itself: a named person, a second confirmation, an audit record."""


USER = 0xE0
"""Codes from here on belong to the user."""


def known(function: int) -> bool:
    """Whether a code is of the standard or the user's own.

    >>> known(0x32), known(0xE1), known(0x60)
    (True, True, False)
    """
    return function in NAMES or function >= USER


def name(function: int) -> str:
    """What a function is called; E0–FF belong to the user.

    >>> name(0x32), name(0xE1)
    ('遥测站定时报', '自定义 E1')
    """
    return NAMES.get(function) or (f"自定义 {function:02X}" if function >= USER else f"未列 {function:02X}")
