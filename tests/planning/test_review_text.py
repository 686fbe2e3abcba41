"""Figures in the text of a plan: tables of a Word document held against the table of indicators."""

from __future__ import annotations

import zipfile
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from test_review_delivered import _found, _results, _tilled

from planning.review import figures
from planning.review.catalogue import shipped
from planning.review.delivered import _Reader
from planning.review.figures import Unclear, together
from planning.review.model import Figure
from spatial.errors import UnreadableFile
from spatial.exchange.sandbox import Limits

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PLAN = ["序号", "指标名称", "指标属性", "规划目标值"]
Cell = str | tuple[str, int]


def document(path: Path, *tables: list[list[Cell]], head: str = "") -> Path:
    """A document of paragraphs and tables; a cell may span columns. Its text is broken into runs."""

    def cell(given: Cell) -> str:
        text, span = (given, 1) if isinstance(given, str) else given
        properties = f'<w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>' if span > 1 else ""
        half = len(text) // 2
        runs = "".join(f"<w:r><w:t>{escape(part)}</w:t></w:r>" for part in (text[:half], text[half:]))
        return f"<w:tc>{properties}<w:p>{runs}</w:p></w:tc>"

    body = "<w:p><w:r><w:t>第一章 总则</w:t></w:r></w:p>"
    for table in tables:
        rows = "".join(f"<w:tr>{''.join(map(cell, row))}</w:tr>" for row in table)
        body += f"<w:tbl>{rows}</w:tbl>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", f'{head}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
        )
    return path


def said(path: Path) -> tuple[tuple[Figure, ...], tuple[Unclear, ...]]:
    with _Reader(path, Limits()).content(None) as content:
        return figures.of_text(content, shipped().figures)


def test_a_table_of_the_text_tells_values_and_units(tmp_path: Path) -> None:
    other: list[list[Cell]] = [["图件名称", "比例尺"], ["规划分区图", "1:50000"]]
    plan: list[list[Cell]] = [
        [("表 1 规划指标", 4)],
        list(PLAN),
        [("一、空间底线", 4)],
        ["1", "耕地保有量(万亩)", "约束性", "120.50"],
        ["2", "不知名的指标(个)", "预期性", "7"],
        ["3", "永久基本农田保护面积(万亩)", "约束性", "见附表"],
    ]
    found, unclear = said(document(tmp_path / "规划文本.docx", other, plan))
    assert found == (Figure("AQ-02", "万亩", {"text": Decimal("120.50")}),) and unclear == ()


@pytest.mark.parametrize("columns", [["2025年", "2035年"], ["近期目标2025年", "规划目标值"]])
def test_which_of_several_years_counts_is_not_guessed(tmp_path: Path, columns: list[str]) -> None:
    plan: list[list[Cell]] = [["指标", *columns], ["耕地保有量(万亩)", "121.00", "120.50"]]
    found, unclear = said(document(tmp_path / "规划文本.docx", plan))
    assert found == () and unclear == (Unclear("1", tuple(columns)),)


@pytest.mark.parametrize(
    ("unit", "text", "both"), [("万亩", "万亩", True), ("万亩", None, True), ("万亩", "公顷", False)]
)
def test_only_figures_in_one_unit_are_held_together(unit: str, text: str | None, both: bool) -> None:
    table = (Figure("AQ-02", unit, {"table": Decimal(2)}), Figure("AQ-01", unit, {"table": Decimal(3)}))
    found = together(table, (Figure("AQ-02", text, {"text": Decimal(1)}),))
    assert found[1] == table[1] and ("text" in found[0].said) is both


def test_what_the_table_itself_says_of_the_text_stays() -> None:
    table = (Figure("AQ-02", None, {"table": Decimal(2), "text": Decimal(5)}),)
    assert together(table, (Figure("AQ-02", None, {"text": Decimal(1)}),)) == table


@pytest.mark.parametrize(
    ("value", "finding"), [("0", False), ("0.02", True)], ids=["they agree", "they disagree"]
)
def test_the_text_of_a_delivery_is_held_against_its_table(tmp_path: Path, value: str, finding: bool) -> None:
    table = f"指标名称,计量单位,指标值\n耕地保有量,万亩,{_tilled():.2f}\n"
    whole = _results(tmp_path, table)
    plan: list[list[Cell]] = [
        list(PLAN),
        ["1", "耕地保有量(万亩)", "约束性", f"{_tilled() + Decimal(value):.2f}"],
    ]
    years: list[list[Cell]] = [["指标", "2025年", "2035年"], ["森林覆盖率", "1", "2"]]
    text = document(tmp_path / "规划文本.docx", plan, years)
    with zipfile.ZipFile(whole, "a") as archive:
        archive.write(text, "成果/规划文本.docx")
    given, found = _found(whole)
    assert given.delivery.problems == () and given.delivery.figures is not None
    assert ("figures-disagree" in found) is finding and "figures-unclear" in found


@pytest.mark.parametrize(
    "head", ['<!DOCTYPE w [<!ENTITY a "b">]>', "<broken"], ids=["a document type", "no XML"]
)
def test_a_document_that_is_none_is_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(UnreadableFile, match="DOCX"):
        said(document(tmp_path / "规划文本.docx", head=head))
