"""The report as PDF: A4, text that can be searched, fonts embedded with what is used of them, vector maps."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import BinaryIO, Final

from planning.report.document import Chapter, Map, Report, Table
from spatial.errors import EnvironmentProblem
from tiles.fonts.sources import BOLD, PACKAGES, missing
from tiles.print.bound import bind
from tiles.print.canvas import Canvas
from tiles.print.lettering import Face, Lettering
from tiles.print.model import Box
from tiles.print.pdf import POINTS_PER_MM, PdfFile, Ref, numbers, rgb

WIDTH_MM, HEIGHT_MM = 210.0, 297.0
SIDE_MM, TOP_MM, BOTTOM_MM = 20.0, 22.0, 20.0
INNER_MM: Final = WIDTH_MM - 2 * SIDE_MM
TEXT_MM, CELL_MM, TITLE_MM, HEAD_MM = 3.6, 2.9, 6.2, 4.6
LEADING: Final = 1.5
_PAD_MM: Final = 1.2
_INK, _RULE, _SHADE, _WARN = "#1d2a30", "#9fb0b8", "#e9eff2", "#b3402a"
_WORDS = re.compile(r"[A-Za-z0-9.,+/_%²³:-]+|.", re.DOTALL)
_SYNTHETIC: Final = "合成数据,与实地无关 Synthetic data"


def write(report: Report, target: BinaryIO) -> int:
    """Write a report; how many pages it has. ``EnvironmentProblem`` where fonts are missing."""
    if missing(BOLD):
        names = " ".join(PACKAGES)
        raise EnvironmentProblem(
            f"缺少字体,请安装软件包后重试:{names}",
            f"fonts are missing, install the packages and try again: {names}",
            value=names,
        )
    file = PdfFile(target)
    pages = _Pages(file, report)
    pages.heading()
    for number, chapter in enumerate(report.chapters, 1):
        _chapter(pages, number, chapter)
    pages.text(f"报告摘要 SHA-256 {report.digest}", CELL_MM)
    return pages.finish()


class _Pages:
    """Pages under construction: what comes next is set under what came before, or on a new page."""

    def __init__(self, file: PdfFile, report: Report) -> None:
        self._file = file
        self._report = report
        self._lettering = Lettering()
        self._contents: list[Ref] = []
        self._open = ExitStack()
        self._begin()

    def _begin(self) -> None:
        self._open.close()
        content = self._file.stream()
        self._open.enter_context(content)
        self._contents.append(content.ref)
        self.canvas = Canvas(content, self._lettering)
        self.canvas.write(f"{POINTS_PER_MM:.10f} 0 0 {POINTS_PER_MM:.10f} 0 0 cm")
        self.y = HEIGHT_MM - TOP_MM
        place = (WIDTH_MM / 2, BOTTOM_MM / 2)
        self.canvas.text(place, CELL_MM, f"第 {len(self._contents)} 页", align="middle")
        if self._report.synthetic:
            above = (WIDTH_MM - SIDE_MM, HEIGHT_MM - TOP_MM / 2)
            self.canvas.text(above, CELL_MM, _SYNTHETIC, align="right", color=_WARN)

    @property
    def plain(self) -> Face:
        return self._lettering.plain

    @property
    def bold(self) -> Face:
        return self._lettering.bold

    def room(self, height_mm: float) -> bool:
        """Make room; whether a new page was begun for it."""
        if self.y - height_mm >= BOTTOM_MM:
            return False
        self._begin()
        return True

    def text(self, text: str, size_mm: float, *, face: Face | None = None, indent_mm: float = 0.0) -> None:
        """A paragraph."""
        used = face or self.plain
        for line in lines(text, size_mm, INNER_MM - indent_mm, used):
            self.room(size_mm * LEADING)
            self.y -= size_mm * LEADING
            place = (SIDE_MM + indent_mm, self.y + size_mm * 0.35)
            self.canvas.text(place, size_mm, line, face=used, color=_INK)

    def heading(self) -> None:
        self.text(self._report.title, TITLE_MM, face=self.bold)
        self.text(self._report.subtitle, TEXT_MM)
        self.y -= 2
        for name, fact in self._report.facts:
            self.text(f"{name}:{fact}", TEXT_MM)

    def finish(self) -> int:
        """Fonts, pages and the end of the file."""
        self._open.close()
        report, size_mm = self._report, (WIDTH_MM, HEIGHT_MM)
        bind(self._file, self._contents, self._lettering, size_mm, report.title, report.digest[:32])
        return len(self._contents)


def _chapter(pages: _Pages, number: int, chapter: Chapter) -> None:
    pages.room(30 if chapter.tables or not chapter.maps else 30 + _height(chapter.maps[0]))
    pages.y -= 5
    pages.text(f"{number} {chapter.title}", HEAD_MM, face=pages.bold)
    for text in chapter.text:
        pages.text(text, TEXT_MM)
    for table in chapter.tables:
        _table(pages, table)
    for one in chapter.maps:
        _map(pages, one)


def _table(pages: _Pages, table: Table) -> None:
    pages.y -= 1.5
    _row(pages, table, [column.title for column in table.columns], head=True)
    for row in table.rows:
        _row(pages, table, row)
    pages.y -= 2


def _row(pages: _Pages, table: Table, cells: Sequence[str], *, head: bool = False) -> None:
    face = pages.bold if head else pages.plain
    widths = [column.share * INNER_MM for column in table.columns]
    broken = [
        list(lines(cell, CELL_MM, width - 2 * _PAD_MM, face))
        for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(1, *map(len, broken)) * CELL_MM * LEADING + _PAD_MM
    if pages.room(height) and not head:
        _row(pages, table, [column.title for column in table.columns], head=True)
    pages.y -= height
    left = SIDE_MM
    for column, width, texts in zip(table.columns, widths, broken, strict=True):
        box = Box(left, pages.y, width, height)
        pages.canvas.box(box, 0.1, _RULE, _SHADE if head else None)
        for place, text in enumerate(texts, 1):
            x = left + (width - _PAD_MM if column.right else _PAD_MM)
            at = (x, box.top - place * CELL_MM * LEADING + CELL_MM * 0.25)
            align = "right" if column.right else "left"
            pages.canvas.text(at, CELL_MM, text, face=face, align=align, color=_INK)  # type: ignore[arg-type]
        left += width


def _height(one: Map) -> float:
    return one.height_mm + 4 + (len(one.layers) + 2) * TEXT_MM * LEADING


def _map(pages: _Pages, one: Map) -> None:
    pages.room(_height(one))
    pages.y -= one.height_mm + 3
    canvas, box = pages.canvas, Box(SIDE_MM, pages.y, one.width_mm, one.height_mm)
    with canvas.clipped(box), canvas.kept(f"1 0 0 1 {numbers(box.left, box.bottom)} cm"):
        for layer in one.layers:
            canvas.write(f"{rgb(layer.fill)} rg {rgb(_RULE)} RG 0.05 w")
            for polygon in layer.polygons:
                canvas.write(" ".join(_ring(ring.tolist()) for ring in polygon) + " B*")
    canvas.box(box, 0.2, _INK)
    _scale_bar(canvas, box, one.scale)
    pages.text(f"{one.title},约 1:{one.scale}", TEXT_MM)
    for layer in one.layers:
        said = f"{layer.title}(共 {layer.of} 个,图示 {len(layer.polygons)} 个)"
        pages.text(said, CELL_MM, indent_mm=5.0)
        canvas.box(Box(SIDE_MM, pages.y + 0.6, 3.5, 2.4), 0.1, _INK, layer.fill)


def _scale_bar(canvas: Canvas, box: Box, scale: int) -> None:
    """A length in round figures, near a quarter of the map's width."""
    wanted_m = box.width * scale / 4000
    power = 10 ** math.floor(math.log10(wanted_m))
    length_m = max(step * power for step in (1, 2, 5) if step * power <= wanted_m)
    length_mm = length_m * 1000 / scale
    left, bottom = box.left + 3, box.bottom + 3
    canvas.box(Box(left - 1.5, bottom - 1.5, length_mm + 3, 6.5), 0.1, _RULE, "#ffffff")
    for half in (0, 1):
        part = Box(left + half * length_mm / 2, bottom, length_mm / 2, 1.0)
        canvas.box(part, 0.1, _INK, "#ffffff" if half else _INK)
    told = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    canvas.text((left + length_mm / 2, bottom + 2.0), CELL_MM * 0.8, told, align="middle", color=_INK)


def _ring(places: list[list[float]]) -> str:
    first, *others = places
    drawn = " ".join(f"{numbers(*place)} l" for place in others)
    return f"{numbers(*first)} m {drawn} h"


def lines(text: str, size_mm: float, width_mm: float, face: Face) -> Iterator[str]:
    """A text in lines that fit: between Chinese characters anywhere, else between words."""
    line, reach = "", 0.0
    for word in _WORDS.findall(text):
        for part in _fitting(word, size_mm, width_mm, face):
            wide = face.width_em(part) * size_mm
            if line and reach + wide > width_mm:
                yield line
                line, reach = "", 0.0
                if part == " ":
                    continue
            line, reach = line + part, reach + wide
    yield line


def _fitting(word: str, size_mm: float, width_mm: float, face: Face) -> Iterator[str]:
    """A word, cut where it is wider than a line."""
    while word and face.width_em(word) * size_mm > width_mm:
        most = max(1, int(len(word) * width_mm / (face.width_em(word) * size_mm)))
        while most > 1 and face.width_em(word[:most]) * size_mm > width_mm:
            most -= 1
        yield word[:most]
        word = word[most:]
    if word:
        yield word
