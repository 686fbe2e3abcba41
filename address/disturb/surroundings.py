"""What stands around an address, and how the whole is written 周边与书写的干扰."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from address.disturb import characters
from address.disturb.drawing import anchor, pick
from address.disturb.writing import Register, Writing
from address.model import Element

E = Element
SURNAMES, GIVEN = "王李张刘陈杨赵孙马桑", "伟芳娜敏静强磊军洋勇艳杰涛明超"


def _piecewise(writing: Writing, change: Callable[[str], str]) -> Writing:
    return replace(
        writing,
        pieces=tuple(replace(piece, text=change(piece.text)) for piece in writing.pieces),
        before=change(writing.before),
        after=change(writing.after),
    )


def traditional(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """In traditional script."""
    return _piecewise(writing, characters.traditional)


def full_width(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """ASCII in full width."""
    return _piecewise(writing, characters.full_width)


def spaces(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """White space behind some pieces."""
    gap = pick(generator, " ", "　", "  ")
    pieces = [
        replace(piece, text=piece.text + gap) if generator.random() < 0.4 else piece
        for piece in writing.pieces
    ]
    return replace(writing, pieces=tuple(pieces))


def punctuation(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """Punctuation between some pieces."""
    mark = pick(generator, ",", "，", "、", ";", "/", "|")
    last = len(writing.pieces) - 1
    return replace(
        writing,
        pieces=tuple(
            replace(piece, text=piece.text + mark) if at < last and generator.random() < 0.5 else piece
            for at, piece in enumerate(writing.pieces)
        ),
    )


def repeated(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """County and town written twice."""
    at = writing.find(E.COUNTY)
    if at < 0:
        return None
    pieces = list(writing.pieces)
    until = at + 2 if at + 1 < len(pieces) and pieces[at + 1].element is E.TOWN else at + 1
    return replace(writing, pieces=tuple(pieces[:until] + pieces[at:]))


def detail_first(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """The detail before the regions."""
    at = anchor(writing)
    if at < 1:
        return None
    pieces = writing.pieces
    return replace(
        writing, pieces=(*pieces[at:], replace(pieces[0], text="," + pieces[0].text), *pieces[1:at])
    )


def brackets(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """Town or community in brackets."""
    at = writing.find(E.VILLAGE) if writing.find(E.ESTATE) >= 0 else writing.find(E.TOWN)
    return writing.put(at, f"({writing.pieces[at].text})") if at >= 0 else None


def remark(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A remark in brackets."""
    note = pick(
        generator, "(超市旁边)", "（快递放门卫）", "(老房子)", "(白色大门)", "（东邻超市50米）", "(租户)"
    )
    return replace(writing, after=writing.after + note)


def telephone(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A mobile number behind."""
    number = f"1{generator.integers(3, 10)}{generator.integers(10**8, 10**9)}"
    form = pick(generator, " {}", "电话{}", "，{}", " 联系电话：{}", "({})")
    return replace(writing, after=writing.after + form.format(number))


def land_line(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A land line behind."""
    return replace(writing, after=f"{writing.after} 0536-52{generator.integers(10**5, 10**6)}")


def person(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A person behind."""
    name = pick(generator, *SURNAMES) + "".join(
        pick(generator, *GIVEN) for _ in range(generator.integers(1, 3))
    )
    form = pick(generator, "联系人：{}", " 收件人{}", "（{}收）", " 户主：{}")
    return replace(writing, after=writing.after + form.format(name))


def label(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A word of a form before."""
    return replace(
        writing, before=pick(generator, "地址：", "现住址:", "家庭住址 ", "详细地址：", "坐落于", "中国")
    )


def postcode(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """The postal code behind."""
    return replace(writing, after=f"{writing.after} 262700")


def two_communities(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A second community in brackets, as after a merger."""
    at = writing.find(E.VILLAGE)
    if at < 0 or writing.find(E.ESTATE) < 0:
        return None
    others = [
        row for row in register.children[register.parents[writing.pieces[at].row]]
        if register.elements[row] == E.VILLAGE and row != writing.pieces[at].row
    ]  # fmt: skip
    if not others:
        return None
    other = register.names[others[int(generator.integers(len(others)))]]
    return writing.put(at, f"{writing.pieces[at].text}（原{other}）")


def road_side(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """On which side of the road."""
    at = writing.find(E.ROAD)
    if at < 0 or writing.find(E.DOOR) < 0:
        return None
    return replace(writing, after=writing.after + pick(generator, "路北", "路南", "路东", "路西"))


def crossing_note(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """In brackets, which road crosses."""
    at = writing.find(E.ROAD)
    meets = register.meets(writing.pieces[at].row) if at >= 0 and writing.find(E.DOOR) >= 0 else []
    if not meets:
        return None
    other = register.names[meets[int(generator.integers(len(meets)))]]
    return replace(writing, after=f"{writing.after}（与{other}交叉口附近）")


def offset_note(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """In brackets, metres from something untold."""
    text = f"（{pick(generator, *'东西南北')}{generator.integers(1, 10) * 10}米）"
    return replace(writing, after=writing.after + text)


def direction(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A side of a door."""
    if (
        writing.find(E.BUILDING) >= 0
        or writing.find(E.OBJECT) >= 0
        or writing.pieces[-1].element is not E.DOOR
    ):
        return None
    return replace(writing, after=pick(generator, "东侧", "北侧") + writing.after)


def shop(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """A name of a shop behind a door of a street."""
    if writing.pieces[-1].element is not E.DOOR:
        return None
    shop = pick(generator, "百姓", "利民", "鑫源", "好又多") + pick(
        generator, "超市", "药店", "饭店", "门市部"
    )
    return replace(writing, after=shop + writing.after)
