"""The tables of a Word document 文档中的表格 (.docx), row by row. Runs in the reader's process.

A document has tables of any form, so they come as they stand: number of the table, of its row, then its
cells. A cell that spans columns keeps its place; those that it covers are empty.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, cast
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from spatial.errors import UnreadableFile
from spatial.exchange.batches import Writer
from spatial.exchange.evidence import EncodingReading, Evidence
from spatial.exchange.sandbox import Job
from spatial.exchange.table import Row, write_rows

CONTENT: Final = "word/document.xml"
PLACE: Final = ("table", "row")
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPAN_MOST: Final = 63
"""Columns that a table of Word may have."""


def recognised(members: Collection[str]) -> bool:
    """Whether an archive of these members is a Word document."""
    return CONTENT in members


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """All tables of a document already known to be of bearable size."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = cast(Element, fromstring(archive.read(CONTENT), forbid_dtd=True))
    except (zipfile.BadZipFile, OSError, ParseError, DefusedXmlException, ValueError) as broken:
        raise UnreadableFile(
            f"文档损坏或不是 DOCX,请重新导出:{path.name}",
            f"the document is damaged or no DOCX, export it again ({broken}): {path.name}",
            value=path.name,
        ) from broken
    rows = list(_rows(root))
    width = max((len(cells) for _, _, cells in rows), default=0)
    names = [*PLACE, *(f"c{number}" for number in range(1, width + 1))]
    listed = (
        Row(line, [str(table), str(row), *cells, *[None] * (width - len(cells))])
        for line, (table, row, cells) in enumerate(rows, 1)
    )
    told = Evidence("bytes", "DOCX 内为 UTF-8", "DOCX is UTF-8 inside")
    return write_rows(names, listed, job, writer, path.stem) | {
        "format": "docx",
        "encoding": EncodingReading("UTF-8", (told,)).to_json(),
        "notes": [],
    }


def _rows(root: Element) -> Iterator[tuple[int, int, list[str | None]]]:
    for number, table in enumerate(root.iter(f"{_W}tbl"), 1):
        for place, row in enumerate(table.findall(f"{_W}tr"), 1):
            cells: list[str | None] = []
            for cell in row.findall(f"{_W}tc"):
                cells += [_text(cell), *[None] * (_span(cell) - 1)]
            yield number, place, cells


def _text(cell: Element) -> str | None:
    """What stands in a cell, its paragraphs one after the other; of a table inside it nothing."""
    paragraphs = cell.findall(f"{_W}p")
    said = "".join(piece.text or "" for each in paragraphs for piece in each.iter(f"{_W}t")).strip()
    return said or None


def _span(cell: Element) -> int:
    found = cell.find(f"{_W}tcPr/{_W}gridSpan")
    text = "" if found is None else found.get(f"{_W}val", "")
    return min(max(int(text), 1), _SPAN_MOST) if text.isdecimal() else 1
