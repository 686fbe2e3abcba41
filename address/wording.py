"""How names and addresses of the register are written out 写法: full texts, keys of siblings, pinyin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from itertools import islice, product
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from address.model import GAT_2000_32, Element
from address.snapshot import Components, levels

_TOWN_CLASS: Final = (("街道", "23"), ("镇", "22"), ("乡", "21"))
_VILLAGE_CLASS: Final = (("社区", "31"), ("村", "33"))
_OVERLAY: Final = int(Element.ZONE)
_SPOKEN: Final = {"都": "du", "巷": "xiang", "和": "he", "佛": "fo"}
"""What names of places say, where the dictionary takes the word of another language or one that
stretches from name to name: 菜都路 (dou), 太平巷 (平巷: hang), 嘉和药店 (和药: huo)."""
_ALSO_SPOKEN: Final = {
    "都": ("dou",),  # as machines write it
    "单": ("dan", "shan"), "卜": ("bu", "bo"), "泊": ("bo", "po"), "牟": ("mou", "mu"),
    "长": ("chang", "zhang"),
    "行": ("xing", "hang"), "乐": ("le", "yue"), "朝": ("chao", "zhao"), "盛": ("sheng", "cheng"),
    "盖": ("gai", "ge"), "查": ("cha", "zha"), "逢": ("feng", "pang"), "重": ("chong", "zhong"),
    "堡": ("bao", "pu", "bu"), "厦": ("sha", "xia"), "曾": ("zeng", "ceng"), "解": ("jie", "xie"),
    "仇": ("chou", "qiu"), "翟": ("zhai", "di"), "柏": ("bai", "bo"), "尉": ("wei", "yu"), "崖": ("ya", "ai"),
    "六": ("liu", "lu"), "会": ("hui", "kuai"), "种": ("zhong", "chong"), "阇": ("du", "she"),
    "朴": ("pu", "piao"), "员": ("yuan", "yun"), "郇": ("xun", "huan"), "圩": ("wei", "xu"),
}  # fmt: skip
"""Surnames, words and old names that one and the same character stands for: which, only the place tells."""
_READINGS_MOST: Final = 4
_SPOKEN_UNIT: Final = re.compile(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+")


@lru_cache(maxsize=1 << 14)
def normal_key(name: str) -> str:
    """What no two siblings of one element may share: the name without width, case and space.

    >>> normal_key("Ａ座"), normal_key("12 号楼")
    ('a座', '12号楼')
    """
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def gat_code(element: int, name: str) -> str | None:
    """The class of GA/T 2000.32-2014 as far as it is known; None beyond.

    >>> gat_code(20, "圣城街道"), gat_code(30, "全福元社区"), gat_code(90, "501室")
    ('23', '31', None)
    """
    by_kind = {Element.TOWN: _TOWN_CLASS, Element.VILLAGE: _VILLAGE_CLASS}.get(Element(element))
    if by_kind is None:
        return GAT_2000_32.get(Element(element))
    return next((code for ending, code in by_kind if name.endswith(ending)), None)


def full_texts(components: Components, above: int = 0) -> pa.Array:
    """The written path of every component, from the province down.

    Of components up to the rank ``above`` the text is empty: with 20 the path starts
    below the town.
    """
    own = pc.if_else(
        pa.array((components.element > above) & (components.element != _OVERLAY)), components.name, ""
    )
    written = own.to_numpy(zero_copy_only=False).astype(object)
    for rows in levels(components.parent):
        written[rows] = written[components.parent[rows]] + written[rows]
    return pa.array(written, pa.string())


def texts_of(components: Components, rows: npt.NDArray[np.int32], above: int = 0) -> pa.Array:
    """The written paths of some components, as :func:`full_texts` writes them."""
    wanted = np.zeros(len(components.parent), np.bool_)
    each = np.unique(rows)
    while len(each):
        wanted[each] = True
        over = components.parent[each]
        each = np.unique(over[over >= 0])
        each = each[~wanted[each]]
    held = np.flatnonzero(wanted)
    place = np.cumsum(wanted, dtype=np.int32) - 1
    parent = components.parent[held]
    part = replace(
        components,
        parent=np.where(parent >= 0, place[parent], -1).astype(np.int32),
        element=components.element[held],
        name=components.name.take(pa.array(held)),
    )
    return full_texts(part, above).take(pa.array(place[rows]))


def romanised(name: str) -> tuple[str, str]:
    """Pinyin without tones, a syllable a word, and the first letters.

    >>> romanised("圣城街")
    ('sheng cheng jie', 'scj')
    """
    spoken = syllables(name)
    return " ".join(spoken), initials(spoken)


def syllables(name: str) -> tuple[str, ...]:
    """How a name is spoken, without tones; what is no hanzi as it stands.

    >>> syllables("菜都路3号")
    ('cai', 'du', 'lu', '3', 'hao')
    """
    from pypinyin import lazy_pinyin  # loads its dictionaries, which only this needs

    spoken, units = lazy_pinyin(name), _SPOKEN_UNIT.findall(name)
    if len(units) != len(spoken):  # a character beyond the dictionary
        return tuple(spoken)
    return tuple(_SPOKEN.get(unit, syllable) for unit, syllable in zip(units, spoken, strict=True))


def readings(name: str) -> tuple[tuple[str, ...], ...]:
    """All that :func:`syllables` may be, what it says first: some characters are spoken in several ways.

    >>> ["".join(each) for each in readings("单家庄")]
    ['danjiazhuang', 'shanjiazhuang']
    """
    first, units = syllables(name), _SPOKEN_UNIT.findall(name)
    if len(units) != len(first) or not any(unit in _ALSO_SPOKEN for unit in units):
        return (first,)
    choices = [
        dict.fromkeys((syllable, *_ALSO_SPOKEN.get(unit, ())))
        for unit, syllable in zip(units, first, strict=True)
    ]
    return tuple(islice(product(*choices), _READINGS_MOST))


def initials(spoken: Iterable[str]) -> str:
    """The first letters of syllables.

    >>> initials(["sheng", "cheng", "jie"])
    'scj'
    """
    return "".join(syllable[0] for syllable in spoken if syllable).lower()
