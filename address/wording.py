"""How names and addresses of the register are written out 写法: full texts, keys of siblings, pinyin."""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from address.model import GAT_2000_32, Element
from address.snapshot import Components

_TOWN_CLASS: Final = (("街道", "23"), ("镇", "22"), ("乡", "21"))
_VILLAGE_CLASS: Final = (("社区", "31"), ("村", "33"))
_OVERLAY: Final = int(Element.ZONE)


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
    count = len(components.key)
    depth = np.zeros(count, dtype=np.int32)
    pending, at = components.parent.copy(), 0
    while (pending >= 0).any():
        at += 1
        depth[pending >= 0] = at
        pending = np.where(pending >= 0, components.parent[np.maximum(pending, 0)], -1)
    written = np.empty(count, dtype=object)
    names = own.to_numpy(zero_copy_only=False)
    for level in range(at + 1):
        rows = np.flatnonzero(depth == level)
        written[rows] = names[rows] if level == 0 else written[components.parent[rows]] + names[rows]
    return pa.array(written, pa.string())


def romanised(name: str) -> tuple[str, str]:
    """Pinyin without tones, a syllable a word, and the first letters.

    >>> romanised("圣城街")
    ('sheng cheng jie', 'scj')
    """
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(name)
    return " ".join(syllables), "".join(syllable[0] for syllable in syllables if syllable).lower()
