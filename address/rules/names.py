"""Names that sound or look alike 同音近形: what a city should not give twice.

Tones are ignored, so is the generic word at the end (街, 路, 村): 盛城街 is a homophone of 圣城路.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from address.model import Element
from address.rules.findings import Finding
from address.wording import romanised

COMPARED: Final = (Element.TOWN, Element.VILLAGE, Element.HAMLET, Element.ROAD, Element.ESTATE)
"""Whose names are compared in the whole city."""
_GENERIC: Final = (
    "村民委员会", "社区居委会", "居民委员会", "村委会", "居委会", "大街", "大道", "街道", "社区",
    "小区", "花园", "街", "路", "巷", "道", "镇", "乡", "村",
)  # fmt: skip
_LOOKALIKES: Final = (
    "己已巳", "末未", "土士", "日曰", "人入八", "干千于", "大太犬", "王玉主", "田由甲申", "戊戌戍",
    "刀力", "天夫", "午牛", "鸟乌", "兔免", "侯候", "口囗", "洛络", "纪记", "古右石", "沟钩", "寇冠",
    "营菅", "台合", "化花", "圣至", "稻滔", "羊半", "崔雀", "孙逊", "弥尔", "丹舟", "坊场", "庄压",
    "间问", "晴睛", "拔拨", "折拆", "贝见", "木本", "今令", "厂广", "万方", "毛手", "白自", "斤斥",
)  # fmt: skip
_SHAPE: Final = {each: group[0] for group in _LOOKALIKES for each in group}


def stem(name: str) -> str:
    """A name without its generic word.

    >>> stem("圣城大街"), stem("路")
    ('圣城', '路')
    """
    for ending in _GENERIC:
        if name.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


@lru_cache(maxsize=65_536)
def sound(name: str) -> str:
    """How a stem sounds, without tones."""
    return romanised(stem(name))[0]


def shape(name: str) -> str:
    """A stem with every character put for those that look like it."""
    return "".join(_SHAPE.get(each, each) for each in stem(name))


class Names:
    """The names of a city, found by sound and by shape."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        """Of pairs of key and name."""
        self._sounds: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self._shapes: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for key, name in names:
            self._sounds[sound(name)].append((key, name))
            self._shapes[shape(name)].append((key, name))

    def alike(self, name: str, own_key: str | None = None) -> tuple[Finding, ...]:
        """Names other than the same one that sound or look like it; of the same kind of place or not."""
        found = []
        for code, zh, en, held in (
            ("homophone", "与已有名称同音", "sounds like", self._sounds.get(sound(name), ())),
            ("near-form", "与已有名称字形相近", "looks like", self._shapes.get(shape(name), ())),
        ):
            others = {other: key for key, other in held if key != own_key}
            found += [
                Finding(
                    code,
                    f"{zh},请另拟:{name}、{other}",
                    f"{en} a name that is there; choose another: {name}, {other}",
                    (key,),
                )
                for other, key in sorted(others.items())
                if stem(other) != stem(name)
            ]
        return tuple(found)
