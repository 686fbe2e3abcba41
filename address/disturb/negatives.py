"""Hard negatives 难例: pairs that differ in one sign, and texts to which no address answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from address.disturb.writing import Register
from address.model import Element

E = Element
Hard = tuple[str, int]
"""A text and the row of the address that is meant; -1: none is, and the engine must not accept one."""
Make = Callable[[Register, np.random.Generator], Iterator[Hard]]

_POINTS = "东西南北前后中大小上下"
_NUMERALS = "一二三四五六七八九"


def _addresses(register: Register, generator: np.random.Generator, *elements: Element) -> Iterator[int]:
    """Rows of addresses whose deepest component is one of these, in a drawn order."""
    components = register.snapshot.addresses.component
    kind = register.snapshot.components.element[components]
    rows = np.flatnonzero(np.isin(kind, [int(element) for element in elements]))
    yield from generator.permutation(rows).tolist()


def _other_unit(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """Same building and room number, another unit."""
    for row in _addresses(register, generator, E.ROOM):
        writing = register.written(row)
        at = writing.find(E.UNIT)
        if at >= 0 and len(register.children[register.parents[writing.pieces[at].row]]) > 1:
            yield writing.spelled(), row


def _no_such_number(element: Element) -> Make:
    def make(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
        """A number that its parent does not have."""
        for row in _addresses(register, generator, E.ROOM if element is not E.DOOR else E.DOOR):
            writing = register.written(row)
            at = writing.find(element)
            if at < 0 or writing.pieces[at].number < 0:
                continue
            piece = writing.pieces[at]
            siblings = {
                int(register.snapshot.components.number[child])
                for child in register.children[register.parents[piece.row]]
            }
            other = max(siblings) + int(generator.integers(1, 9))
            if piece.text.startswith(str(piece.number)):
                yield writing.put(at, piece.text.replace(str(piece.number), str(other), 1)).spelled(), -1

    return make


def _swapped_digits(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """1203室 written 1230室: the other room if there is one, else none."""
    for row in _addresses(register, generator, E.ROOM):
        writing = register.written(row)
        piece = writing.pieces[-1]
        digits = str(piece.number)
        if len(digits) < 3 or digits[-1] == digits[-2] or not piece.text.startswith(digits):
            continue
        swapped = digits[:-2] + digits[-1] + digits[-2]
        name = piece.text.replace(digits, swapped, 1)
        other = next(
            (each for each in register.children[register.parents[piece.row]] if register.names[each] == name),
            -1,
        )
        text = writing.put(len(writing.pieces) - 1, name).spelled()
        yield text, register.address_of.get(other, -1)


def _villages(register: Register) -> list[int]:
    return [row for row, element in enumerate(register.elements) if element == E.VILLAGE]


def _of_villages(register: Register, generator: np.random.Generator, rows: set[int]) -> Iterator[Hard]:
    """Addresses in these villages, written without what lies above the town."""
    for row in _addresses(register, generator, E.DOOR, E.ROOM, E.OBJECT):
        if not rows.isdisjoint(register.path(int(register.snapshot.addresses.component[row]))):
            writing = register.written(row)
            yield writing.without(E.PROVINCE, E.PREFECTURE, E.COUNTY).spelled(), row


def _alike_in(register: Register, fold: Callable[[str], str]) -> set[int]:
    """Villages whose names are the same once folded."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for row in _villages(register):
        groups[fold(register.names[row])].append(row)
    return {row for rows in groups.values() if len(rows) > 1 for row in rows}


def _numbered_villages(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    yield from _of_villages(
        register,
        generator,
        _alike_in(register, lambda name: "".join(char for char in name if char not in _NUMERALS)),
    )


def _pointed_villages(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    yield from _of_villages(
        register, generator, _alike_in(register, lambda name: name.strip("村").strip(_POINTS))
    )


def _twins(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    yield from _of_villages(register, generator, _alike_in(register, lambda name: name))


def _twins_alone(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """A name that two towns have, without its town: nobody can tell, unless one alone has the number."""
    twins = _alike_in(register, lambda name: name)
    doors: defaultdict[str, list[int]] = defaultdict(list)
    for row in _addresses(register, generator, E.DOOR, E.OBJECT):
        if twins.isdisjoint(register.path(int(register.snapshot.addresses.component[row]))):
            continue
        writing = register.written(row)
        at = writing.find(E.VILLAGE)
        if writing.find(E.ESTATE) < 0:
            doors["寿光市" + "".join(piece.text for piece in writing.pieces[at:])].append(row)
    for text, rows in doors.items():
        yield text, rows[0] if len(rows) == 1 else -1


def _inside(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """Villages whose name lies inside another's, or holds another's."""
    cores = {row: register.names[row].removesuffix("村") for row in _villages(register)}
    names = set(cores.values())
    rows = {
        row
        for row, core in cores.items()
        if any(
            core[at:end] in names
            for at in range(len(core))
            for end in range(at + 2, len(core) + 1)
            if end - at < len(core)
        )
    }
    yield from _of_villages(register, generator, rows)


def _wrong_town(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """The stated town is not the one in which the place lies."""
    towns = [
        row for row, element in enumerate(register.elements)
        if element == E.TOWN and register.snapshot.components.current[row]
    ]  # fmt: skip
    for row in _addresses(register, generator, E.DOOR, E.ROOM):
        writing = register.written(row)
        at, village = writing.find(E.TOWN), writing.find(E.VILLAGE)
        if at < 0 or village < 0 or not register.is_single(writing.pieces[village].text):
            continue
        other = towns[int(generator.integers(len(towns)))]
        if other != writing.pieces[at].row:
            yield writing.put(at, register.names[other]).spelled(), -1


def _unknown_village(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """A village of an abolished town that the register does not have: 弥河镇张家庄子前村."""
    former = [name for names in register.former.values() for name in names]
    if not former:
        return
    for row in _addresses(register, generator, E.DOOR):
        writing = register.written(row)
        if writing.find(E.VILLAGE) >= 0 and writing.pieces[-1].number >= 0:
            town = former[int(generator.integers(len(former)))]
            name = (
                "".join("张吕牟蔡"[int(generator.integers(4))] + "家" + "埃堠埝"[int(generator.integers(3))])
                + "村"
            )
            yield f"寿光市{town}{name}{writing.pieces[-1].text}", -1


def _opposite(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """A place beside an address is not the address."""
    for row in _addresses(register, generator, E.DOOR, E.OBJECT):
        writing = register.written(row)
        yield writing.spelled() + ("斜对面", "南200米", "附近")[int(generator.integers(3))], -1


def _no_unit(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """The unit is left away and several have the room."""
    for row in _addresses(register, generator, E.ROOM):
        writing = register.written(row)
        at = writing.find(E.UNIT)
        if at < 0:
            continue
        name = writing.pieces[-1].text
        having = sum(
            any(register.names[room] == name for room in register.children.get(unit, ()))
            for unit in register.children[register.parents[writing.pieces[at].row]]
        )
        if having > 1:
            yield writing.without(E.UNIT).spelled(), -1


def _two_villages(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """Two villages, and the ground between them."""
    by_town: defaultdict[int, list[int]] = defaultdict(list)
    for row in _villages(register):
        by_town[register.parents[row]].append(row)
    groups = [(town, rows) for town, rows in by_town.items() if len(rows) > 1]
    while True:
        town, rows = groups[int(generator.integers(len(groups)))]
        one, other = generator.choice(rows, 2, replace=False).tolist()
        yield f"寿光市{register.names[town]}{register.names[one]}、{register.names[other]}交界处大棚", -1


def _street_or_town(register: Register, generator: np.random.Generator) -> Iterator[Hard]:
    """A road whose name begins like a town's, without the town: 圣城街 595号."""
    towns = {register.names[row][:2] for row, element in enumerate(register.elements) if element == E.TOWN}
    for row in _addresses(register, generator, E.DOOR):
        writing = register.written(row)
        at = writing.find(E.ROAD)
        if at >= 0 and writing.pieces[at].text[:2] in towns and register.is_single(writing.pieces[at].text):
            yield "".join(piece.text for piece in writing.pieces[at:]), row


NEGATIVES: tuple[tuple[str, str, Make], ...] = (
    ("other-unit", "同楼异单元", _other_unit),
    ("no-unit-several", "缺单元多解", _no_unit),
    ("no-such-room", "无此户", _no_such_number(E.ROOM)),
    ("no-such-unit", "无此单元", _no_such_number(E.UNIT)),
    ("no-such-building", "无此楼", _no_such_number(E.BUILDING)),
    ("no-such-door", "无此号", _no_such_number(E.DOOR)),
    ("swapped-digits", "数字颠倒", _swapped_digits),
    ("numbered-villages", "一村二村", _numbered_villages),
    ("pointed-villages", "东西南北", _pointed_villages),
    ("twins", "同名村", _twins),
    ("twins-alone", "同名村缺乡镇", _twins_alone),
    ("inside", "名中有名", _inside),
    ("wrong-town", "乡镇不符", _wrong_town),
    ("unknown-village", "旧乡镇未知村", _unknown_village),
    ("opposite", "相对位置", _opposite),
    ("two-villages", "两村交界", _two_villages),
    ("street-or-town", "街与街道", _street_or_town),
)
