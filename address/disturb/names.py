"""Names left away, shortened, mistaken 名称的干扰."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from address.disturb import characters
from address.disturb.drawing import anchor, pick
from address.disturb.writing import Register, Writing
from address.model import Element

E = Element
UPPER = (E.PROVINCE, E.PREFECTURE, E.COUNTY)


def no_upper(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """Province, prefecture and county left away."""
    return writing.without(*UPPER) if writing.find(*UPPER) >= 0 else None


def short_upper(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """山东潍坊寿光 for 山东省潍坊市寿光市."""
    if writing.find(*UPPER) < 0:
        return None
    pieces = tuple(
        replace(piece, text=piece.text[:-1]) if piece.element in UPPER else piece for piece in writing.pieces
    )
    return replace(writing, pieces=pieces)


def county_alone(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """The county alone of what stands above."""
    return writing.without(E.PROVINCE, E.PREFECTURE) if writing.find(E.PROVINCE) >= 0 else None


def no_town(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """The town left away where the name below is single in the register."""
    at = anchor(writing)
    if at < 0 or writing.find(E.TOWN) < 0 or not register.is_single(register.names[writing.pieces[at].row]):
        return None
    return writing.without(E.TOWN)


def no_village(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """The community of an estate left away where the name of the estate is single."""
    at = writing.find(E.ESTATE)
    if at < 0 or writing.find(E.VILLAGE) < 0:
        return None
    return writing.without(E.VILLAGE) if register.is_single(register.names[writing.pieces[at].row]) else None


def no_unit(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """The unit left away where the building has one."""
    at, room = writing.find(E.UNIT), writing.find(E.ROOM)
    if at < 0 or room < 0 or writing.pieces[at].row < 0:
        return None
    units = register.children[register.parents[writing.pieces[at].row]]
    return writing.without(E.UNIT) if len(units) == 1 else None


def short_town(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """圣城街办 for 圣城街道, 稻田 for 稻田镇."""
    at = writing.find(E.TOWN)
    if at < 0:
        return None
    name = register.names[writing.pieces[at].row]
    if name.endswith("街道"):
        core = name.removesuffix("街道")
        return writing.put(at, core + pick(generator, "街道办事处", "街办", "街道办", "办事处"))
    if name.endswith("镇") and len(name) > 2:
        return writing.put(at, name[:-1])
    return writing.put(at, "双王城") if name.startswith("双王城") else None


def village_office(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """三元朱村委会 for 三元朱村."""
    at = writing.find(E.VILLAGE)
    if at < 0:
        return None
    text = writing.pieces[at].text
    if text.endswith("村"):
        return writing.put(at, text[:-1] + pick(generator, "村委会", "村民委员会"))
    return writing.put(at, text + pick(generator, "居委会", "居民委员会")) if text.endswith("社区") else None


def bare_village(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """三元朱 for 三元朱村, where the bare name is single and ends in no numeral."""
    at = writing.find(E.VILLAGE)
    if at < 0 or at + 1 >= len(writing.pieces):
        return None
    core = writing.pieces[at].text.removesuffix("村").removesuffix("社区")
    # 王高二 2号楼 would run together with a numeral, 寨里 is twice in the city.
    if len(core) < 3 or core[-1] in characters.NUMERALS or not register.is_single(core):
        return None
    return writing.put(at, core)


def short_estate(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """商务 for 商务小区, where the name is single."""
    at = writing.find(E.ESTATE)
    if at < 0 or at + 1 >= len(writing.pieces):
        return None
    name = writing.pieces[at].text
    core = name.removesuffix("小区").removesuffix("花园")
    if core == name or len(core) < 2 or not register.is_single(name):
        return None
    return writing.put(at, core)


def more_estate(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """豪源丽景小区 for 豪源丽景."""
    at = writing.find(E.ESTATE)
    if at < 0 or writing.pieces[at].text.endswith("小区"):
        return None
    return writing.put(at, writing.pieces[at].text + "小区")


def alias(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """Another writing that the register knows and no other component bears."""
    at = writing.find(E.ESTATE, E.ROAD, E.OBJECT)
    if at < 0:
        return None
    known = [
        text
        for text in register.aliases.get(writing.pieces[at].row, ())
        if not text[-2:-1].isdigit() and register.bearers[text] == 0
    ]
    return writing.put(at, known[int(generator.integers(len(known)))]) if known else None


def former_town(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """The name of an abolished town for its successor, above a name that is single."""
    at = writing.find(E.TOWN)
    carrying = anchor(writing)
    if at < 0 or carrying < 0 or not register.is_single(register.names[writing.pieces[carrying].row]):
        return None
    former = register.former.get(writing.pieces[at].row)
    return writing.put(at, former[int(generator.integers(len(former)))]) if former else None


def _changed(
    writing: Writing, register: Register, generator: np.random.Generator, change: Callable[[str], str]
) -> Writing | None:
    """One character of the carrying name, or of the town, becomes another."""
    carrying = writing.find(E.TOWN) if generator.random() < 0.3 else anchor(writing)
    if carrying < 0:
        return None
    text = writing.pieces[carrying].text
    core = next(
        (len(text) - len(end) for end in ("街道", "小区", "花园", "社区", "大街") if text.endswith(end)), 0
    )
    places = generator.permutation(core or max(len(text) - 1, 1)).tolist()
    for place in places:
        other = change(text[place])
        changed = text[:place] + other + text[place + 1 :]
        if other != text[place] and text[place] not in characters.NUMERALS + "东西南北中":
            close = any(
                known != text and len(known) == len(changed) and sum(map(str.__ne__, known, changed)) <= 1
                for known in _near(register, changed)
            )
            return None if close else writing.put(carrying, changed)
    return None


def _near(register: Register, text: str) -> list[str]:
    """Names of the register that share all but one character with a text."""
    found: list[str] = []
    for at in range(len(text)):
        found += register.one_off().get(text[:at] + "*" + text[at + 1 :], ())
    return found


def homophone(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A character of the same sound."""
    return _changed(writing, register, generator, lambda char: characters.homophone(char, generator))


def look_alike(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A character alike in form."""
    return _changed(writing, register, generator, lambda char: characters.alike().get(char, char))


def lost_character(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A character of a longer name lost."""
    at = anchor(writing)
    if at < 0 or len(writing.pieces[at].text) < 5:
        return None
    text = writing.pieces[at].text
    place = int(generator.integers(1, len(text) - 2))
    short = text[:place] + text[place + 1 :]
    return None if text[place] in characters.NUMERALS or register.bearers[short] else writing.put(at, short)


def doubled_character(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A character written twice."""
    at = anchor(writing)
    if at < 0 or len(writing.pieces[at].text) < 3:
        return None
    text = writing.pieces[at].text
    place = int(generator.integers(len(text) - 1))
    return writing.put(at, text[: place + 1] + text[place:])
