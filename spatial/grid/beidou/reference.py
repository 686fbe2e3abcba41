"""Reference codes 参考网格位置码 and short codes 短码 (GB/T 39409-2020 §8).

``C0-MN`` names the cell M steps east and N steps north of the reference cell C0,
0–7 forward, A–G for −1 to −7. A target of a finer level chains one more pair per
level. How the standard counts the further pairs could not be checked against its
text (unverified); here each is counted from the south-west child of the cell
reached so far. A short code writes a place name in the place of C0's code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from spatial.errors import BadGridCode, OutsideArea
from spatial.grid.beidou.cell import Cell, decode
from spatial.grid.beidou.levels import DEEPEST, LEVELS

COARSEST = 5
REACH = 7
_BACKWARD = "ABCDEFG"
_PAIR = re.compile("[0-7A-G]{2}")


def refer(origin: Cell, target: Cell) -> str:
    """The reference code of ``target`` as seen from ``origin``.

    Raises :class:`~spatial.errors.OutsideArea` beyond seven cells.

    >>> refer(decode("N50J475491E"), decode("N50J475493E"))
    'N50J475491E-20'
    """
    return f"{origin.code}-{steps(origin, target)}"


def shorten(place: str, origin: Cell, target: Cell) -> str:
    """The short code: a place known by name stands for its cell.

    >>> shorten("求是塔", decode("N50J475491E"), decode("N50J475493E"))
    '求是塔-20'
    """
    return f"{place}-{steps(origin, target)}"


def steps(origin: Cell, target: Cell) -> str:
    """The pairs after the reference cell: ``MN``, or ``MN-M′N′`` for a finer target."""
    if not COARSEST <= origin.level <= target.level:
        raise BadGridCode(
            f"参考网格须为 {COARSEST} 级及以上,且不细于目标网格:{origin.code}, {target.code}",
            f"the reference cell must be of level {COARSEST} or finer, "
            f"and no finer than the target: {origin.code}, {target.code}",
            value=origin.code,
        )
    at = target.parent(origin.level)
    half = LEVELS[0].width // LEVELS[origin.level].width // 2
    east = (at.column - origin.column + half) % (2 * half) - half
    north = at.row - origin.row
    if max(abs(east), abs(north)) > REACH:
        raise OutsideArea(
            f"目标网格离参考网格超过 {REACH} 格:{origin.code}, {target.code}",
            f"the target lies more than {REACH} cells from the reference: {origin.code}, {target.code}",
            value=target.code,
        )
    pairs = [_letter(east) + _letter(north)]
    for number in range(origin.level + 1, target.level + 1):
        level, finer = LEVELS[number], target.parent(number)
        pairs.append(_letter(finer.column % level.columns) + _letter(finer.row % level.rows))
    return "-".join(pairs)


def resolve(text: str, places: Mapping[str, Cell] | None = None) -> Cell:
    """The cell a reference code or short code names; ``places`` gives the cells of place names.

    >>> resolve("N50J475493E-B0").code
    'N50J475491E'
    >>> resolve("求是塔-20", {"求是塔": decode("N50J475491E")}).code
    'N50J475493E'
    """
    known = places or {}
    named = max((name for name in known if text.startswith(f"{name}-")), key=len, default=None)
    head, _, tail = text.partition("-") if named is None else (named, "-", text[len(named) + 1 :])
    cell = decode(head) if named is None else known[named]
    pairs = tail.upper().split("-")
    if cell.level < COARSEST or not all(_PAIR.fullmatch(pair) for pair in pairs):
        raise _bad_reference(text)
    for place, pair in enumerate(pairs):
        cell = _step(cell, pair, finer=place > 0, text=text)
    return cell


def _step(cell: Cell, pair: str, *, finer: bool, text: str) -> Cell:
    start = cell
    if finer:
        if cell.level == DEEPEST:
            raise _bad_reference(text)
        start = next(cell.children())
    reached = start.moved(_number(pair[0]), _number(pair[1]))
    if reached is None:
        raise OutsideArea(
            f"参考码指向北纬或南纬 88° 以外:{text}",
            f"the reference code leads beyond 88° of latitude: {text}",
            value=text,
        )
    return reached


def _letter(step: int) -> str:
    return str(step) if step >= 0 else _BACKWARD[-step - 1]


def _number(letter: str) -> int:
    return int(letter) if letter.isdecimal() else -_BACKWARD.index(letter) - 1


def _bad_reference(text: str) -> BadGridCode:
    return BadGridCode(
        f"不是北斗参考网格码(形如 N50J475491E-20):{text}",
        f"this is no Beidou reference code (such as N50J475491E-20): {text}",
        value=text,
    )
