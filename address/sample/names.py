"""Stems from which the sample's names are put together, and how divisions are written 样例用名.

The names are made to look like names of such a city; none of them says that a road
or an estate of that name exists or where.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

VILLAGE_ENDINGS: Final = ("村民委员会", "村委会", "社区居民委员会", "社区居委会")

_ROAD_STEM = """
文化 建设 健康 光明 学院 公园 和平 胜利 新兴 兴业 富民 振兴 迎宾 正阳 广场 幸福 朝阳 青年
育才 工业 科技 创业 通达 顺达 永安 泰康 瑞丰 鑫源 昌盛 宏图 春晓 秋实 松林 翠竹 玉兰 海棠
银杏 紫薇 丁香 月季 明珠 珍珠 翡翠 琥珀 金鼎 银河 北斗 天河 云门 龙泉 凤栖 鹤鸣 仁和 义和
礼贤 智远 信诚 德润 善水 厚德 弘文 崇文 尚武 求是 博学 笃行 明志 静安 长安 永宁 安顺 康宁
福寿 禄源 喜来 吉祥 如意 丰收 丰泽 丰茂 蔬乡 菜香 农兴 田园 碧波 清泉 甘泉 柳林 槐荫 杨柳
桃园 杏坛 梨园 枣林 荷塘 芦花 盐田 渔港北 港湾 海晏
"""
ROAD_STEMS: Final = tuple(_ROAD_STEM.split())
_ESTATE_STEM = """
锦绣 金色 东方 书香 御景 碧水 龙泽 凤凰 翰林 尚品 盛世 阳光 鑫苑 嘉和 瑞景 祥和 明德 泰和
金都 银座 圣都 弥水 丹河 蔬香 菜博 世纪 时代 中央 滨河 温泉 香榭 天润 海韵 怡景 兰亭 梧桐
橡树 紫荆 江南 北苑 西城 南郡 文苑 学府 状元 名仕 帝景 华庭 富贵 吉祥 福临 和谐 康居 安居
乐居 宜居 丽都 春天 秋水 雅居
"""
ESTATE_STEMS: Final = tuple(_ESTATE_STEM.split())
ESTATE_KINDS: Final = ("花园", "小区", "家园", "华府", "名郡", "新城", "嘉苑", "公馆", "雅苑", "丽景")
YARD_KINDS: Final = ("工业园", "物流园", "家属院", "产业园", "批发市场", "创业园")
LANE_STEMS: Final = ("幸福", "团结", "和睦", "前进", "友谊", "新民", "向阳", "太平")
HAMLET_STEMS: Final = ("东", "西", "南", "北", "前", "后", "大", "小")
HAMLET_FAMILIES: Final = tuple("张王李赵刘陈杨孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾")
SERVICES: Final = (
    "卫生室",
    "文化广场",
    "幼儿园",
    "便民超市",
    "农资店",
    "泵站",
    "水塔",
    "合作社",
    "养老院",
    "配电房",
)
SHOPS: Final = (
    "超市",
    "药店",
    "餐馆",
    "五金店",
    "理发店",
    "修车行",
    "农资店",
    "快递站",
    "银行网点",
    "眼镜店",
)
SHOP_STEMS: Final = ESTATE_STEMS[:40]
BAY_PLACES: Final = ("盐场", "养殖场", "渔码头", "晒盐池", "溴素厂")


def village_name(listed: str) -> str:
    """The standard name of a village or community from its name in the statistical list.

    >>> village_name("东斟灌村委会"), village_name("全福元社区居民委员会"), village_name("三元朱村委会")
    ('东斟灌村', '全福元社区', '三元朱村')
    """
    bare = bare_village(listed)
    if "居" in listed[-5:]:
        return bare if bare.endswith("社区") else f"{bare}社区"
    return bare if bare.endswith("村") else f"{bare}村"


def bare_village(listed: str) -> str:
    """The name without the words for its level.

    >>> bare_village("西景明二村村民委员会"), bare_village("马寨村委会")
    ('西景明二村', '马寨')
    """
    ending = next((one for one in VILLAGE_ENDINGS if listed.endswith(one)), "")
    return listed.removesuffix(ending)


def town_name(listed: str) -> str:
    """The standard name of a town-level unit.

    >>> town_name("双王城生态经济园区管委会"), town_name("侯镇")
    ('双王城生态经济园区', '侯镇')
    """
    return listed.removesuffix("管委会")


def bare_town(standard: str) -> str:
    """What people call it for short; 侯镇 keeps its only other character.

    >>> bare_town("圣城街道"), bare_town("侯镇"), bare_town("双王城生态经济园区")
    ('圣城', '侯镇', '双王城')
    """
    for ending in ("街道", "生态经济园区", "镇"):
        if standard.endswith(ending) and len(standard) - len(ending) >= 2:
            return standard.removesuffix(ending)
    return standard


def mixed(first: tuple[str, ...], second: tuple[str, ...], generator: np.random.Generator) -> Iterator[str]:
    """Every combination of two stems once, in an order of its own."""
    order = generator.permutation(len(first) * len(second))
    return (first[one % len(first)] + second[one // len(first)] for one in order.tolist())
