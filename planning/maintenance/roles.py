"""The layers of the yearly maintenance 动态维护图层: their names, feature codes and kinds of change.

From practitioners' tools, clauses 待核; what differs there from what is expected is told, not dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from planning.errors import NotMaintained


class Change(IntEnum):
    """维护类型 WHLX: what happens to the ground."""

    MOVED_IN = 1  # 调入
    ATTRIBUTES = 2  # 属性变更
    MOVED_OUT = 3  # 调出


TITLES: Final[Mapping[Change, str]] = {
    Change.MOVED_IN: "调入",
    Change.ATTRIBUTES: "属性变更",
    Change.MOVED_OUT: "调出",
}


@dataclass(frozen=True, slots=True)
class Role:
    """One layer of the national plan database, as it goes into the package."""

    code: str
    """Name of the layer; WHQ, WHH, WHC are put behind it."""
    ysdm: str
    """要素代码, 10 digits; empty where no source known gives it, 待核."""
    kinds: frozenset[Change]
    """Kinds of change that the practitioners' table lists for it."""
    where: tuple[str, str] | None = None
    """Only features with this value of this field: layers that are several there and one here."""
    to_be_checked: str = ""
    """待核."""


_ZONES: Final = frozenset({Change.ATTRIBUTES})
_LINES: Final = frozenset({Change.MOVED_IN, Change.MOVED_OUT})
ROLES: Final[Mapping[str, tuple[Role, ...]]] = {
    "planning-zones": (Role("GHFQ", "2090020610", _ZONES),),
    "planned-land-use": (
        Role("ZXCQGHYDYH", "2090020620", _ZONES, to_be_checked="待核:图层名取中心城区规划用地用海"),
    ),
    "control-lines": (
        Role("ZXCQCSLX", "2090020233", _LINES, ("lx", "LX"), "待核:来源中蓝线与紫线要素代码相同"),
        Role("ZXCQCSLVX", "2090020232", _LINES, ("lx", "LVX")),
        Role("ZXCQCSZX", "2090020233", _LINES, ("lx", "ZX"), "待核:来源中蓝线与紫线要素代码相同"),
        Role("ZXCQCSHX", "2090020234", _LINES, ("lx", "HX")),
    ),
    "flood-risk": (Role("HLFXKZX", "2090020229", _LINES),),
    "heritage-protection": (Role("LSWHBHX", "2090020227", _LINES),),
    "urban-boundary": (
        Role("CZKFBJ", "", frozenset(Change), to_be_checked="待核:要素代码与维护类型未见于来源"),
    ),
}
"""Layer id → its roles."""


def roles_of(layer_id: str) -> tuple[Role, ...]:
    """The roles of a layer; NotMaintained where it is none of the yearly maintenance.

    >>> [role.code for role in roles_of("flood-risk")]
    ['HLFXKZX']
    """
    try:
        return ROLES[layer_id]
    except KeyError:
        known = ", ".join(ROLES)
        raise NotMaintained(
            f"该图层不在年度动态维护之列(可为 {known};清单待核):{layer_id}",
            f"the layer is none of the yearly maintenance; those are {known}: {layer_id}",
            value=layer_id,
        ) from None
