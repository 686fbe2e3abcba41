"""The nouns of the register and of what is read out of text 地名地址的概念.

A place name, an address and an addressable object are three things: a *name* is
what a place is called, an *address* is the path of components by which people say
where an object is, and the *object* is what stands there (yard, building, room).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple


class Element(IntEnum):
    """One kind of component of an address 地址要素; the value is its rank, which orders the tree.

    Ranks are the platform's own. The classes of GA/T 2000.32-2014 are a mapping
    (:data:`GAT_2000_32`), known to 42; those from 50 on are open.
    """

    PROVINCE = 10  # 省
    PREFECTURE = 11  # 地市
    COUNTY = 12  # 县市区
    ZONE = 15  # 开发区、功能区: lies over the tree, not in it
    TOWN = 20  # 乡镇街道
    VILLAGE = 30  # 社区、行政村
    HAMLET = 31  # 自然村
    GROUP = 34  # 村民组
    ROAD = 40  # 街路巷
    LANE = 41  # 支巷
    ESTATE = 42  # 小区、院落、单位
    DOOR = 50  # 门牌: 主号, 附号
    SECTION = 55  # 分区、期
    BUILDING = 60  # 楼栋
    UNIT = 70  # 单元
    FLOOR = 80  # 层
    ROOM = 90  # 户室
    OBJECT = 95  # 地物: what stands there without a number (盐场, 渔港), or an organisation at an address


GAT_2000_32: dict[Element, str] = {
    Element.PROVINCE: "11",
    Element.PREFECTURE: "12",
    Element.COUNTY: "13",
    Element.VILLAGE: "31",
    Element.GROUP: "34",
    Element.ROAD: "41",
    Element.ESTATE: "42",
}
"""要素 → class of GA/T 2000.32-2014; a town (21 to 23) and a village (31 to 33) go by kind."""

NAMED: tuple[Element, ...] = (*(each for each in Element if each <= Element.ESTATE), Element.OBJECT)
"""Elements that have names; the others have numbers."""


class Form(StrEnum):
    """The form of an address 地址形式; each is a template of elements."""

    STREET = "street"  # 街巷门牌式
    ESTATE = "estate"  # 小区楼栋式
    VILLAGE = "village"  # 村组门牌式
    LANDMARK = "landmark"  # 地物式


class State(StrEnum):
    """Where a component or an address stands in its life 生命周期状态."""

    DRAFT = "draft"  # 拟编
    PENDING = "pending"  # 待审
    RESERVED = "reserved"  # 预编: not yet built
    ACTIVE = "active"  # 启用
    CHANGING = "changing"  # 变更中
    SUSPENDED = "suspended"  # 停用
    CANCELLED = "cancelled"  # 注销
    MERGED = "merged"  # 合并入
    SPLIT = "split"  # 拆分为
    REJECTED = "rejected"  # 驳回


STATES: Final = {
    State.DRAFT: "拟编", State.PENDING: "待审", State.RESERVED: "预编", State.ACTIVE: "启用",
    State.CHANGING: "变更中", State.SUSPENDED: "停用", State.CANCELLED: "注销", State.MERGED: "合并入",
    State.SPLIT: "拆分为", State.REJECTED: "驳回",
}  # fmt: skip
"""What a state is called."""
LIVE: Final = (State.RESERVED, State.ACTIVE, State.CHANGING, State.SUSPENDED)
"""States in which a component holds its name and its place in the tree."""


class AliasKind(StrEnum):
    """Where another writing of an address comes from 别写来源."""

    DEPARTMENT = "department"  # 部门写法
    COLLOQUIAL = "colloquial"  # 俗称
    FORMER = "former"  # 旧名
    MISWRITTEN = "miswritten"  # 错写
    ENGLISH = "english"  # 英文
    PINYIN = "pinyin"  # 拼音


class PositionMethod(StrEnum):
    """How a position came about 定位方式."""

    SURVEYED = "surveyed"  # 实测
    IMAGERY = "imagery"  # 影像
    INTERPOLATED = "interpolated"  # 插值
    INHERITED = "inherited"  # 继承


class QualifierKind(StrEnum):
    """What a part of a text says about a place relative to others 限定语."""

    CROSSING = "crossing"  # 交叉口
    DIRECTION = "direction"  # 方位: 东首, 路北, 以西
    DISTANCE = "distance"  # 距离: 南200米
    RELATIVE = "relative"  # 相对: 斜对面, 交界处
    NOTE = "note"  # 括注、备注


class MatchLevel(IntEnum):
    """How deep text and register agree 匹配层级; the depth of the point is told apart from it."""

    NONE = 0
    PROVINCE = 1
    PREFECTURE = 2
    COUNTY = 3
    TOWN = 4
    VILLAGE = 5
    ROAD = 6  # also estate and landmark
    DOOR = 7
    BUILDING = 8
    ROOM = 9  # also unit


LEVELS: dict[int, MatchLevel] = {
    Element.PROVINCE: MatchLevel.PROVINCE,
    Element.PREFECTURE: MatchLevel.PREFECTURE,
    Element.COUNTY: MatchLevel.COUNTY,
    Element.ZONE: MatchLevel.COUNTY,
    Element.TOWN: MatchLevel.TOWN,
    Element.VILLAGE: MatchLevel.VILLAGE,
    Element.HAMLET: MatchLevel.VILLAGE,
    Element.GROUP: MatchLevel.VILLAGE,
    Element.ROAD: MatchLevel.ROAD,
    Element.LANE: MatchLevel.ROAD,
    Element.ESTATE: MatchLevel.ROAD,
    Element.SECTION: MatchLevel.ROAD,
    Element.OBJECT: MatchLevel.ROAD,
    Element.DOOR: MatchLevel.DOOR,
    Element.BUILDING: MatchLevel.BUILDING,
    Element.UNIT: MatchLevel.ROOM,
    Element.FLOOR: MatchLevel.ROOM,
    Element.ROOM: MatchLevel.ROOM,
}
"""How deep a component of each element is; a zone says no more than the county that it lies in."""


class Part(NamedTuple):
    """One element found in a text 要素片段."""

    element: Element
    name: str
    """In standard writing: 圣城街道, 3号楼, 2单元, 501室; a number is written with its usual suffix."""
    start: int
    end: int
    """Where it stands in the text as it came, ``text[start:end]``; both -1 where it was inferred."""
    number: int | None = None
    """The number in the name where it is one: 3号楼 → 3, 595号 → 595."""
    sub_number: int | None = None
    """附号: 188号附1号 → 1."""
    components: tuple[int, ...] = ()
    """Rows of the snapshot's components that it may be; empty where the register knows none."""
    inferred: bool = False
    """Not written but implied: the floor of a room, the town of a village with a name of its own."""


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A part that places the address relative to something 限定语."""

    kind: QualifierKind
    text: str
    start: int
    end: int
    direction: str | None = None
    """东, 东南 …"""
    distance_m: float | None = None
    parts: tuple[Part, ...] = ()
    """What it is relative to: the two roads of a crossing, the gate of an estate."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements of a text that cannot both hold 矛盾; reported, never resolved in silence."""

    code: str
    """``village-not-in-town``, ``former-unit``, ``unknown-village`` …"""
    message_zh: str
    message_en: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says 解析结果, best reading first among its alternatives."""

    text: str
    normalised: str
    parts: tuple[Part, ...]
    """In order of rank, several of one element where a text names several."""
    qualifiers: tuple[Qualifier, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[str, ...] = ()
    """What is not an address: persons, telephone numbers, remarks in brackets."""
    score: float = 0.0
    alternatives: tuple[Parsed, ...] = field(default=())

    def part(self, element: Element) -> Part | None:
        """The first part of that element; None where the text says none."""
        return next((part for part in self.parts if part.element is element), None)


class Doubtful(NamedTuple):
    """A text as it is kept for review."""

    text: str
    rows: int
    said: str
    candidates: Sequence[Mapping[str, Any]]
