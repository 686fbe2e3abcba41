"""The report on paper 质检报告 PDF: A4 pages of vector text, Chinese fonts embedded and searchable.

The file is written by the platform's own print parts (``tiles.print``): no other
library that the project has embeds Chinese outlines.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from planning.review.page import SEVERITIES, UNITS, layer_title
from tiles.print.bound import bind
from tiles.print.canvas import Canvas, wrapped
from tiles.print.lettering import Lettering
from tiles.print.pdf import POINTS_PER_MM, PdfFile, Ref

_WIDTH_MM, _HEIGHT_MM, _MARGIN_MM = 210.0, 297.0, 18.0
_TYPE_MM: Final = 3.2
_COLORS: Final = {"error": "#b3261e", "warning": "#a85b00", "note": "#3d6b8f"}
_GREY: Final = "#66757c"
LISTED: Final = 1_000
"""Findings on paper; all others are in the JSON and the GeoPackage, and that is said."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of text: cells at distances from the left margin."""

    cells: tuple[tuple[float, str], ...]
    size: float = _TYPE_MM
    color: str = "#1d2a30"
    bold: bool = False
    before: float = 0.0
    ruled: bool = False


def write_pdf(report: dict[str, Any], path: Path) -> None:
    """Write a report, as :func:`planning.review.report.report` gives it, as PDF."""
    with path.open("wb") as target:
        _write(report, target)


def _write(report: dict[str, Any], target: BinaryIO) -> None:
    file, lettering = PdfFile(target), Lettering()
    sheets = list(_pages(list(_lines(report, lettering))))
    contents = [
        _page(file, lettering, sheet, (at, len(sheets)), report) for at, sheet in enumerate(sheets, 1)
    ]
    title = f"成果质检报告 {report['delivery']}"
    bind(file, contents, lettering, (_WIDTH_MM, _HEIGHT_MM), title, uuid.uuid4().hex)


def _page(
    file: PdfFile,
    lettering: Lettering,
    lines: Sequence[tuple[float, _Line]],
    number: tuple[int, int],
    report: dict[str, Any],
) -> Ref:
    """The stream of a page."""
    with file.stream() as content:
        canvas = Canvas(content, lettering)
        content.write(f"{POINTS_PER_MM:.10f} 0 0 {POINTS_PER_MM:.10f} 0 0 cm")
        for y, line in lines:
            face = lettering.bold if line.bold else lettering.plain
            for x, text in line.cells:
                canvas.text((_MARGIN_MM + x, y), line.size, text, face=face, color=line.color)
            if line.ruled:
                canvas.line([(_MARGIN_MM, y - 1.4), (_WIDTH_MM - _MARGIN_MM, y - 1.4)], 0.15, "#b8c2c7")
        foot = f"{report['delivery']}{' 合成数据' if report['synthetic'] else ''}"
        canvas.text((_MARGIN_MM, 10.0), 2.6, canvas_text(foot), color=_GREY)
        canvas.text(
            (_WIDTH_MM - _MARGIN_MM, 10.0), 2.6, f"{number[0]} / {number[1]}", align="right", color=_GREY
        )
    return content.ref


def canvas_text(text: str) -> str:
    """A text without what no line can show.

    >>> canvas_text("a\\nb\\x00")
    'a b '
    """
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _pages(lines: list[_Line]) -> Iterator[list[tuple[float, _Line]]]:
    sheet: list[tuple[float, _Line]] = []
    y = _HEIGHT_MM - _MARGIN_MM
    for line in lines:
        y -= line.before + line.size * 1.55
        kept = 2 * _TYPE_MM * 1.55 if line.ruled else 0.0  # a heading stays with what it heads
        if y - kept < _MARGIN_MM and sheet:
            yield sheet
            sheet, y = [], _HEIGHT_MM - _MARGIN_MM - line.size * 1.55
        sheet.append((y, line))
    yield sheet


def _lines(report: dict[str, Any], lettering: Lettering) -> Iterator[_Line]:
    yield _Line(((0, "国土空间规划成果质检报告"),), 6.5, bold=True)
    yield _Line(((0, canvas_text(f"{report['delivery']}  {report['reviewed_at']}")),), color=_GREY, before=1)
    if report["synthetic"]:
        yield _Line(((0, "合成数据"),), 4.0, "#b3261e", bold=True)
    verdict, color = ("通过", "#2f7d46") if report["passed"] else ("不通过", "#b3261e")
    told = " ".join(f"{zh} {report['totals'][name]}" for name, zh in SEVERITIES.items())
    yield _Line(((0, f"结论:{verdict}  {told}"),), 4.2, color, bold=True, before=2)
    for group in report["groups"]:
        yield from _group(group)
    yield _Line(((0, "问题清单"),), 4.2, bold=True, before=5, ruled=True)
    shown = report["findings"][:LISTED]
    left = report["cut"] + len(report["findings"]) - len(shown)
    if left:
        yield _Line(((0, f"另有 {left} 处见 JSON 与 GeoPackage,或只计数未列出"),), color=_COLORS["warning"])
    if not shown and not left:
        yield _Line(((0, "未发现问题"),), color=_GREY)
    for number, one in enumerate(shown, 1):
        yield from _finding(number, one, layer_title(report, one["layer"]), lettering)


def _group(group: dict[str, Any]) -> Iterator[_Line]:
    yield _Line(((0, f"{group['number']} {group['title']['zh']}"),), 3.8, bold=True, before=3, ruled=True)
    if group["not_run"]:
        yield _Line(((2, "本次未检查"),), color=_GREY)
    for check in group["checks"]:
        limit = _limit(check)
        ran = [each for each in check["layers"] if each["not_run"] is None]
        examined = sum(each["examined"] for each in ran)
        color = _COLORS[check["severity"]] if check["total"] else "#1d2a30"
        if ran:
            ignored = f",限值内 {check['ignored']}" if check["ignored"] else ""
            numbers = f"检查 {examined},问题 {check['total']}{ignored}"
            yield _Line(((2, check["title"]["zh"] + limit), (105, numbers)), color=color)
        for reason in dict.fromkeys(each["not_run"]["zh"] for each in check["layers"] if each["not_run"]):
            yield _Line(((2, check["title"]["zh"]), (105, f"未执行:{reason}")), color=_GREY)


def _limit(check: dict[str, Any]) -> str:
    if check["tolerance"] is None:
        return ""
    unit = UNITS[check["unit"]]
    return f"(限值 {check['tolerance']:g}{' ' if unit else ''}{unit})"


def _finding(number: int, one: dict[str, Any], layer: str, lettering: Lettering) -> Iterator[_Line]:
    keys = " ".join(one["keys"][:4]) + (" …" if len(one["keys"]) > 4 else "")
    where = one["point_4490"]
    place = f"  ({where[0]:.7f}, {where[1]:.7f})" if where else ""
    text = canvas_text(f"{number}. {SEVERITIES[one['severity']]} {layer} {keys}{place} {one['zh']}")
    color = _COLORS[one["severity"]]
    width_em = (_WIDTH_MM - 2 * _MARGIN_MM - 4) / 2.9
    for place_in, line in enumerate(wrapped(text, width_em, lettering.plain)):
        yield _Line(((0 if place_in == 0 else 4, line),), 2.9, color if place_in == 0 else "#1d2a30")
