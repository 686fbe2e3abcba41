"""Why a match is not accepted unseen 待审原因: a code for the compiled code, words for who looks."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple


class Doubt(IntEnum):
    """What a person is to look at; of several the one that is told first."""

    NONE = 0
    UNSURE = 1
    """Nothing stands against it, and yet it is not sure enough."""
    NOTHING_FOUND = 2
    NUMBER_UNKNOWN = 3
    OTHER_REGION = 4
    OTHER_NAME = 5
    OTHER_WRITING = 6
    """The name differs in what tells neighbours apart: 东庄 and 西庄."""
    TEXT_BEFORE = 7
    """What leads up to the address is not understood: 路过, 娘家, 总店, 寄件地址."""
    TEXT_BEFORE_NAME = 8
    TEXT_BEFORE_NUMBER = 9
    FORMERLY = 10
    PLACE_ABOUT = 11
    """What follows a number may be a place of its own: 12号后院, 301室的车位."""
    PART_OF_NUMBER = 12
    """A letter or a number goes on with the number: 401-A."""
    INSIDE = 13
    OTHER_FLOOR = 14
    ZONE_UNKNOWN = 15
    """A zone of which nothing says that it is of this city: 潍坊高新区."""
    SAID_OTHERWISE = 16
    HOUSEHOLDS = 17
    NAME_UNKNOWN = 18
    NO_ADDRESS = 19
    SEVERAL = 20
    BESIDE = 21
    RIVAL = 22
    NEAR_NAME = 23


class Said(NamedTuple):
    """A reason in words."""

    code: str
    zh: str
    en: str


SAID: Final = {
    doubt: Said(doubt.name.lower().replace("_", "-"), zh, en)
    for doubt, zh, en in (
        (Doubt.UNSURE, "把握不足", "not sure enough"),
        (Doubt.NOTHING_FOUND, "登记簿没有相应地址", "nothing in the register answers it"),
        (Doubt.NUMBER_UNKNOWN, "登记簿没有所写的号码", "the register lacks a number that is written"),
        (
            Doubt.OTHER_REGION,
            "所写的区划与登记簿不一致",
            "the division that is written is not the one on record",
        ),
        (Doubt.OTHER_NAME, "所写的地名不在此处", "a name that is written belongs to another place"),
        (
            Doubt.OTHER_WRITING,
            "地名只是相近,可能是另一处",
            "the name is only alike and may be another place's",
        ),
        (
            Doubt.TEXT_BEFORE,
            "地址前的文字未能理解,可能不是所在地",
            "what stands before the address is not understood; it may not be where somebody is",
        ),
        (
            Doubt.TEXT_BEFORE_NAME,
            "地名前的文字未能理解,可能是另一地名",
            "what stands before the name is not understood; it may be another name",
        ),
        (
            Doubt.TEXT_BEFORE_NUMBER,
            "号码前的文字未能理解,号码可能属于它",
            "what stands before the number is not understood; the number may be its own",
        ),
        (Doubt.FORMERLY, "文中说是原先的或存疑", "the text says that it was so once, or doubts it"),
        (
            Doubt.PLACE_ABOUT,
            "号码后的文字可能另指一处",
            "what stands behind the number may be a place of its own",
        ),
        (
            Doubt.PART_OF_NUMBER,
            "号码后还有字母或数字,登记簿没有",
            "a letter or number goes on with the number, which the register lacks",
        ),
        (
            Doubt.INSIDE,
            "所写的内部位置登记簿没有",
            "the register lacks the place inside that is written",
        ),
        (
            Doubt.OTHER_FLOOR,
            "楼层与户室不符或登记簿没有",
            "the floor is not that of the room, or not on record",
        ),
        (
            Doubt.ZONE_UNKNOWN,
            "登记簿没有所写的功能区,可能在外地",
            "the register lacks the zone that is written; it may be another city's",
        ),
        (
            Doubt.SAID_OTHERWISE,
            "括号或附注另有说法",
            "brackets or a remark say otherwise",
        ),
        (Doubt.HOUSEHOLDS, "可能是户数,不是门牌", "it may count households and be no number of a door"),
        (Doubt.NAME_UNKNOWN, "登记簿没有所写的名称", "the register lacks a name that is written"),
        (Doubt.NO_ADDRESS, "登记簿此处没有标准地址", "the register has no address there"),
        (Doubt.SEVERAL, "登记簿有多处符合", "several places of the register answer it"),
        (
            Doubt.BESIDE,
            "以旁边的地点、方位或距离描述",
            "it is told by a place beside it, a side or a distance",
        ),
        (Doubt.RIVAL, "另有同样符合的地址", "another address answers it as well"),
        (Doubt.NEAR_NAME, "地名写法只是相近", "a name is only near to the one that is written"),
    )
}
"""Of every doubt but none; Chinese first."""
