"""Items as the nouns of the model 解析对象: names in standard writing, conflicts told in two languages."""

from __future__ import annotations

from collections.abc import Sequence

from address.model import Conflict, Element, Part, Qualifier, QualifierKind
from address.parse import reading
from address.parse.edges import BELOW, LETTER_AFTER, RANGE
from address.parse.variants import standard
from address.parse.words import DIRECTIONS, Kind
from address.snapshot import Components
from address.texts import Texts

_KINDS = {
    Kind.CROSSING: QualifierKind.CROSSING,
    Kind.BESIDE: QualifierKind.DIRECTION,
    Kind.SIDE: QualifierKind.DIRECTION,
    Kind.DISTANCE: QualifierKind.DISTANCE,
    Kind.RELATIVE: QualifierKind.RELATIVE,
    Kind.GATE: QualifierKind.RELATIVE,
}
_SUFFIXES = {
    Element.DOOR: "号",
    Element.BUILDING: "号楼",
    Element.UNIT: "单元",
    Element.FLOOR: "层",
    Element.ROOM: "室",
    Element.GROUP: "组",
}
_KEPT = {
    Element.BUILDING: ("厅", "馆", "车间", "厂房", "库"),
    Element.SECTION: ("期", "区", "排", "组团"),
    Element.LANE: ("巷", "弄", "胡同"),
    Element.OBJECT: ("大棚", "冷棚", "棚", "机井", "井", "池", "塘"),
}
"""Suffixes that say what is numbered, beside those that only say that it is."""

_REGISTERED = (
    *(element for element in Element if element <= Element.VILLAGE and element is not Element.ZONE),
    Element.ROAD,
)
"""Elements of which the register should hold all; not so of zones, estates and things."""

_ELEMENTS = {int(element): element for element in Element}
"""Looked up in half the time that the enumeration takes."""
_BRACKETS = "([{<（［｛〈《【〔「『〖"
_TOWN, _DOOR, _BUILDING, _OBJECT = Element.TOWN, Element.DOOR, Element.BUILDING, Element.OBJECT

Row = Sequence[int]
"""An item as plain numbers, by the columns of :mod:`address.parse.reading`."""


def part_of(row: Row, folded: str, chosen: Sequence[int], names: Texts) -> Part:
    """The part that an item tells; ``names``: of the components of the register."""
    element = _ELEMENTS[row[reading.WHAT]]
    marks, number, under = row[reading.MARKS], row[reading.NUM], row[reading.UNDER]
    return Part(
        element,
        _name_of(row, element, folded, chosen, names),
        row[reading.RAW_FROM],
        row[reading.RAW_TO],
        None if number < 0 else -number if marks & BELOW else number,
        under if under >= 0 and not marks & RANGE else None,
        tuple(chosen),
        bool(marks & reading.INFERRED),
    )


def _name_of(row: Row, element: Element, folded: str, chosen: Sequence[int], names: Texts) -> str:
    if chosen:
        return standard(element, names[chosen[0]])
    written = folded[row[reading.FROM] : row[reading.TO]] if row[reading.FROM] >= 0 else ""
    marks = row[reading.MARKS]
    if marks & reading.OFFICE:
        return written
    if marks & reading.UNKNOWN:
        return standard(element, written)
    if row[reading.NUM] < 0 and 0 < row[reading.CHAR] < len(DIRECTIONS):
        return written
    return numbered(row, element, written)


def numbered(row: Row, element: Element, written: str) -> str:
    """A numbered component with its usual suffix: 7栋 → 7号楼, C座, 188号附1号, 负1层."""
    marks, number, sub = row[reading.MARKS], row[reading.NUM], row[reading.UNDER]
    letter = chr(row[reading.CHAR]) if row[reading.CHAR] else ""
    digits = str(number) if number >= 0 else ""
    said = digits + letter if marks & LETTER_AFTER else letter + digits
    if marks & RANGE:
        said = f"{said}-{sub}"
    suffix = next((kept for kept in _KEPT.get(element, ()) if written.endswith(kept)), "")
    if element is _BUILDING:
        suffix = ("号" if suffix in ("厅", "馆", "库") else "") + suffix
        suffix = suffix or ("号楼" if digits else "座")
    if element is _OBJECT:
        if not suffix:
            return written
        suffix = f"号{suffix}"
    suffix = suffix or _SUFFIXES.get(element, "")
    if element is _DOOR and sub >= 0 and not marks & RANGE:
        return f"{said}号附{sub}号"
    return said + suffix


def qualifier_of(row: Row, text: str, parts: tuple[Part, ...]) -> Qualifier:
    """The qualifier that an item tells."""
    kind = Kind(int(row[reading.WHAT]))
    start, end = int(row[reading.RAW_FROM]), int(row[reading.RAW_TO])
    direction = DIRECTIONS[int(row[reading.CHAR])] if 0 <= row[reading.CHAR] < len(DIRECTIONS) else ""
    distance = float(row[reading.NUM]) if kind is Kind.DISTANCE else None
    return Qualifier(_KINDS[kind], text[start:end], start, end, direction or None, distance, parts)


def conflicts_of(
    parts: Sequence[tuple[Row, Part]],
    qualifiers: Sequence[tuple[Row, Qualifier]],
    components: Components,
    brackets: Sequence[str] = (),
) -> list[Conflict]:
    """What cannot hold as it is said, or what the register does not know.

    ``brackets``: notes, most in brackets, that hold numbers which the address has not, or a place about it.
    """
    conflicts: list[Conflict] = []
    town = next((part for _, part in parts if part.element is _TOWN and not part.inferred), None)
    for row, part in parts:
        marks = row[reading.MARKS]
        if marks & reading.FORMER:
            conflicts.append(_former(part, components))
        if marks & reading.OUTSIDE and town is not None:
            conflicts.append(_outside(part, town))
        if marks & reading.UNKNOWN and part.element in _REGISTERED:
            conflicts.append(_unknown(part))
    for row, qualifier in qualifiers:
        if qualifier.kind is QualifierKind.CROSSING:
            conflicts += [_unknown(part) for part in qualifier.parts if not part.components]
        if row[reading.MARKS] & reading.NO_CROSSING:
            one, other = (part.name for part in qualifier.parts[:2])
            conflicts.append(
                Conflict(
                    "no-such-crossing",
                    f"登记簿中这两条路不相交，请核对路名：{one}、{other}。",
                    f"In the register these two roads do not cross; check their names: {one}, {other}.",
                    qualifier.parts,
                )
            )
    conflicts += [_held(text) for text in brackets]
    return conflicts


def _held(text: str) -> Conflict:
    if text[:1] not in _BRACKETS:
        return _doubted(text)
    return _other_number(text) if any(map(str.isnumeric, text)) else _other_place(text)


def _doubted(text: str) -> Conflict:
    return Conflict(
        "said-otherwise",
        f"文中的说法表明可能不是此处、已不在此处或另有所指，请核对：{text}。",
        f"What is said beside it tells that it may not be this place, or no longer; check it: {text}.",
    )


def _other_number(text: str) -> Conflict:
    return Conflict(
        "number-in-brackets",
        f"括号里的号码未用于定位，请核对以哪个为准：{text}。",
        f"The number in brackets was not used to find the place; check which one holds: {text}.",
    )


def _other_place(text: str) -> Conflict:
    return Conflict(
        "place-in-brackets",
        f"括号里说的是旁边的地方或号码不明，请核对所指：{text}。",
        f"The brackets tell of a place beside it, or of a number nobody knows; check what is meant: {text}.",
    )


def _former(part: Part, components: Components) -> Conflict:
    row = int(part.components[0])
    while components.successor[row] >= 0:
        row = int(components.successor[row])
    later = "" if row == part.components[0] else components.name[row].as_py()
    zh = f"现为{later}，请按现名核对" if later else "登记簿未载其沿革，请核对"
    en = (
        f"it is {later} now; check by that name"
        if later
        else "the register does not tell what followed; check it"
    )
    return Conflict(
        "former-unit", f"旧有名称，{zh}：{part.name}。", f"A former name, {en}: {part.name}.", (part,)
    )


def _outside(part: Part, town: Part) -> Conflict:
    what = "village" if part.element is Element.VILLAGE else part.element.name.lower()
    return Conflict(
        f"{what}-not-in-town",
        f"登记簿中{town.name}没有此名，请核对所属镇街：{part.name}。",
        f"The register knows no such name in {town.name}; check the town: {part.name}.",
        (town, part),
    )


def _unknown(part: Part) -> Conflict:
    what = part.element.name.lower()
    return Conflict(
        f"unknown-{what}",
        f"登记簿中没有此名，请核对或报送登记：{part.name}。",
        f"The register does not know this name; check it or have it registered: {part.name}.",
        (part,),
    )


def too_long(kept: int, length: int) -> Conflict:
    """The text goes on beyond what is read."""
    return Conflict(
        "text-too-long",
        f"文本过长，只解析了前{kept}个字符，请拆分后再提交：共{length}个字符。",
        f"The text is too long; only the first {kept} characters were read, split it: {length} characters.",
    )
