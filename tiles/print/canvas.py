"""The canvas 画布: what is drawn on a sheet, in millimetres from its lower left corner."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from tiles.print.lettering import CAP_EM, Face, Lettering
from tiles.print.model import Box
from tiles.print.pdf import Stream, numbers, rgb

Align = Literal["left", "middle", "right"]
INK = "#1d2a30"
HALO = "#ffffff"
HALO_EM = 0.22
_SHARE = {"left": 0.0, "middle": 0.5, "right": 1.0}
_ARC = 4 * (math.sqrt(2) - 1) / 3
"""So long are the handles of a quarter of a circle, of its radius."""


class Letter(NamedTuple):
    """A character at the beginning of its own baseline."""

    mark: str
    x: float
    y: float
    turned_deg: float


class Canvas:
    """Writes operators of the page; the unit is the millimetre."""

    def __init__(self, page: Stream, lettering: Lettering) -> None:
        self._page = page
        self.lettering = lettering

    def write(self, operators: str) -> None:
        """Operators as they are."""
        self._page.write(operators)

    @contextmanager
    def kept(self, operators: str = "") -> Iterator[None]:
        """What is set inside holds no longer than this."""
        self.write(f"q {operators}")
        yield
        self.write("Q")

    @contextmanager
    def clipped(self, box: Box) -> Iterator[None]:
        """Nothing inside is drawn beyond the box."""
        with self.kept(f"{_rectangle(box)} W n"):
            yield

    def line(self, points: Sequence[tuple[float, float]], width: float, color: str = INK) -> None:
        """A line of so many millimetres' width."""
        self.write(f"{rgb(color)} RG {numbers(width)} w {path(points)} S")

    def area(self, points: Sequence[tuple[float, float]], color: str) -> None:
        """A filled area without an outline."""
        self.write(f"{rgb(color)} rg {path(points)} h f")

    def box(self, box: Box, width: float, color: str = INK, fill: str | None = None) -> None:
        """A rectangle; its line lies half on either side."""
        inside = f"{rgb(fill)} rg " if fill else ""
        self.write(f"{inside}{rgb(color)} RG {numbers(width)} w 0 j {_rectangle(box)} {'B' if fill else 'S'}")

    def text(
        self,
        place: tuple[float, float],
        size: float,
        text: str,
        *,
        face: Face | None = None,
        align: Align = "left",
        color: str = INK,
        turned_deg: float = 0.0,
    ) -> None:
        """A line of text on its baseline; ``size`` is the em."""
        if not text:
            return
        face = face or self.lettering.plain
        x, y = _start(place, face.width_em(text) * size * _SHARE[align], turned_deg)
        turn = _turn(turned_deg)
        self.write(f"BT {rgb(color)} rg /{face.name} {numbers(size)} Tf {turn} {numbers(x, y)} Tm")
        self.write(f"<{face.shown(text)}> Tj ET")

    def haloed(
        self,
        place: tuple[float, float],
        size: float,
        text: str,
        *,
        align: Align,
        color: str,
        turned_deg: float = 0.0,
    ) -> None:
        """A line of text with light around it, so that it is read over anything."""
        face, halos = self.lettering.plain, self.lettering.halos
        x, y = _start(place, face.width_em(text) * size * _SHARE[align], turned_deg)
        scale = size / 1000
        cosine, sine = math.cos(math.radians(turned_deg)), math.sin(math.radians(turned_deg))
        parts = [f"q {rgb(HALO)} RG 1 j {numbers(HALO_EM * 1000)} w"]
        along = 0.0
        turned = _six(cosine * scale, sine * scale, -sine * scale, cosine * scale)
        for mark in text:
            at = numbers(x + along * cosine, y + along * sine)
            parts.append(f"q {turned} {at} cm /{halos.name(ord(mark))} Do Q")
            along += face.width_em(mark) * size
        self.write(" ".join([*parts, "Q"]))
        self.text(place, size, text, align=align, color=color, turned_deg=turned_deg)

    def haloed_along(self, letters: Sequence[Letter], size: float, color: str) -> None:
        """Letters that are turned one by one, with light around them; they are found as one text."""
        halos, scale = self.lettering.halos, size / 1000
        parts = [f"q {rgb(HALO)} RG 1 j {numbers(HALO_EM * 1000)} w"]
        for letter in letters:
            turn = math.radians(letter.turned_deg)
            cosine, sine = math.cos(turn) * scale, math.sin(turn) * scale
            at = numbers(letter.x, letter.y)
            parts.append(
                f"q {_six(cosine, sine, -sine, cosine)} {at} cm /{halos.name(ord(letter.mark))} Do Q"
            )
        self.write(" ".join([*parts, "Q"]))
        whole = "".join(letter.mark for letter in letters).encode("utf-16-be").hex().upper()
        self.write(f"/Span << /ActualText <FEFF{whole}> >> BDC")
        for letter in letters:
            self.text((letter.x, letter.y), size, letter.mark, color=color, turned_deg=letter.turned_deg)
        self.write("EMC")

    def circle(self, middle: tuple[float, float], radius: float, width: float, color: str, fill: str) -> None:
        """A filled circle with an outline."""
        with self.kept(f"1 0 0 1 {numbers(*middle)} cm {rgb(fill)} rg {rgb(color)} RG {numbers(width)} w"):
            self.write(f"{circle(radius)} B")

    def fitted(self, text: str, size: float, width: float, face: Face | None = None) -> float:
        """The size at which a line of text keeps within a width: no larger than wanted."""
        reach = (face or self.lettering.plain).width_em(text)
        return size if reach * size <= width else width / reach


def baseline(middle_y: float, size: float) -> float:
    """Where the baseline of a line lies whose letters are centred at a height."""
    return middle_y - CAP_EM * size / 2


def wrapped(text: str, width_em: float, face: Face) -> list[str]:
    """A text in lines no wider than so many ems; hanzi part anywhere, words at spaces."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph):
            if line and face.width_em(line + piece.rstrip()) > width_em:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> Iterator[str]:
    """What stays together: a word with the space after it, or one hanzi with the marks after it."""
    held = ""
    for mark in text:
        wide = ord(mark) > 0x2E7F
        closing = mark in ",。、;:)》」』!?,.;:)"
        if held and not closing and (wide or held[-1] == " " or ord(held[-1]) > 0x2E7F):
            yield held
            held = mark
        else:
            held += mark
    if held:
        yield held


def path(points: Sequence[tuple[float, float]]) -> str:
    """An open path."""
    first, *others = points
    return " ".join([f"{numbers(*first)} m", *(f"{numbers(*each)} l" for each in others)])


def circle(radius: float) -> str:
    """A circle about the origin."""
    r, c = radius, radius * _ARC
    quarters = ((r, c, c, r, 0, r), (-c, r, -r, c, -r, 0), (-r, -c, -c, -r, 0, -r), (c, -r, r, -c, r, 0))
    return " ".join([f"{numbers(r, 0)} m", *(f"{numbers(*each)} c" for each in quarters), "h"])


def _rectangle(box: Box) -> str:
    return f"{numbers(box.left, box.bottom, box.width, box.height)} re"


def _turn(turned_deg: float) -> str:
    cosine, sine = math.cos(math.radians(turned_deg)), math.sin(math.radians(turned_deg))
    return _six(cosine, sine, -sine, cosine)


def _six(*values: float) -> str:
    return " ".join(f"{value:.6f}" for value in values)


def _start(place: tuple[float, float], back: float, turned_deg: float) -> tuple[float, float]:
    return (
        place[0] - back * math.cos(math.radians(turned_deg)),
        place[1] - back * math.sin(math.radians(turned_deg)),
    )
