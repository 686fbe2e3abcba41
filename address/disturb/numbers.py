"""Numbers written another way 号码的干扰."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from address.disturb import characters
from address.disturb.drawing import pick
from address.disturb.writing import Register, Writing
from address.model import Element

E = Element


def _suffixed(
    writing: Writing, generator: np.random.Generator, element: Element, *suffixes: str
) -> Writing | None:
    at = writing.find(element)
    if at < 0:
        return None
    piece = writing.pieces[at]
    if piece.number < 0 or not piece.text[:1].isdigit() or not _is_plain(piece.text):
        return None
    return writing.put(at, f"{piece.number}{pick(generator, *suffixes)}")


def _is_plain(text: str) -> bool:
    return text in {
        f"{text[:n]}{end}"
        for n in range(1, len(text))
        for end in ("号", "号楼", "单元", "室")
        if text[:n].isdigit()
    }


def building_suffix(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """3栋, 3幢, 3# for 3号楼."""
    return _suffixed(writing, generator, E.BUILDING, "栋", "幢", "#", "座", "#楼", "号", "楼", "号住宅楼")


def unit_suffix(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """2门 for 2单元."""
    return _suffixed(writing, generator, E.UNIT, "门", "号单元", "梯")


def room_suffix(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """501, 501户 for 501室."""
    return _suffixed(writing, generator, E.ROOM, "", "号", "户", "房", "号室")


def dashes(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """3号楼2单元501室 → 3-2-501."""
    first = writing.find(E.BUILDING)
    tail = writing.pieces[first:]
    if first < 0 or len(tail) < 2 or any(piece.number < 0 or not _is_plain(piece.text) for piece in tail):
        return None
    mark = pick(generator, "-", "-", "－", "—")
    joined = replace(tail[-1], text=mark.join(str(piece.number) for piece in tail))
    return replace(writing, pieces=(*writing.pieces[:first], joined)) if tail[-1].element is E.ROOM else None


def hash_dash(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """12号楼2单元501室 → 12#2-501."""
    at, unit, room = writing.find(E.BUILDING), writing.find(E.UNIT), writing.find(E.ROOM)
    if min(at, unit, room) < 0 or any(
        piece.number < 0 or not _is_plain(piece.text) for piece in writing.pieces[at:]
    ):
        return None
    one, two, three = (writing.pieces[each].number for each in (at, unit, room))
    joined = replace(writing.pieces[room], text=f"{one}#{two}-{three}")
    return replace(writing, pieces=(*writing.pieces[:at], joined))


def chinese_numerals(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """十二号楼 for 12号楼."""
    at = writing.find(E.BUILDING, E.DOOR, E.GROUP)
    if at < 0 or (writing.find(E.UNIT) >= 0 and generator.random() < 0.5):
        at = writing.find(E.UNIT)
    if at < 0 or writing.pieces[at].number < 0 or not writing.pieces[at].text[:1].isdigit():
        return None
    piece = writing.pieces[at]
    # A numeral behind a name that ends in one would become part of it.
    if (at and writing.pieces[at - 1].text[-1:] in characters.NUMERALS) or not 0 < piece.number < 200:
        return None
    digits = str(piece.number)
    if not piece.text.startswith(digits):
        return None
    return writing.put(at, characters.chinese(piece.number) + piece.text[len(digits) :])


def door_written(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """188号附1号 → 188-1号, 188号之1, 188附1号; 188号 → 188 or №."""
    at = writing.find(E.DOOR)
    if at < 0:
        return None
    piece = writing.pieces[at]
    if piece.sub_number >= 0:
        if piece.text != f"{piece.number}号附{piece.sub_number}号":
            return None
        form = pick(generator, "{}-{}号", "{}号之{}", "{}附{}号", "{}号附{}", "{}号-{}")
        return writing.put(at, form.format(piece.number, piece.sub_number))
    if at + 1 < len(writing.pieces) or piece.text != f"{piece.number}号":
        return None
    return writing.put(at, pick(generator, f"{piece.number}", f"第{piece.number}号", f"{piece.number}號"))


def floor(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """501室 → 5层501室."""
    at = writing.find(E.ROOM)
    if at < 0 or writing.pieces[at].number < 100 or not _is_plain(writing.pieces[at].text):
        return None
    floor = writing.pieces[at].number // 100
    return writing.put(at, f"{floor}{pick(generator, '层', '楼')}{writing.pieces[at].text}")


def ocr(writing: Writing, register: Register, generator: np.random.Generator) -> Writing | None:
    """0 read as O, 1 as l in the last number, as scanners do."""
    at = len(writing.pieces) - 1
    text = writing.pieces[at].text
    places = [place for place, char in enumerate(text) if char in characters.OCR_DIGITS]
    if not places:
        return None
    place = places[int(generator.integers(len(places)))]
    return writing.put(at, text[:place] + characters.OCR_DIGITS[text[place]] + text[place + 1 :])
