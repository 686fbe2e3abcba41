"""A sheet read back by PDFium, which knows nothing of the platform: sizes, text with places, pixels."""

from __future__ import annotations

import ctypes
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

MM_PER_POINT = 25.4 / 72
Corners = tuple[float, float, float, float]
"""Left, bottom, right, top, millimetres."""


@dataclass(frozen=True)
class Word:
    """A line of text and where it is drawn, millimetres from the lower left corner of the paper."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2


class Sheet:
    """The one page of a file."""

    def __init__(self, content: bytes) -> None:
        self._document = pypdfium2.PdfDocument(io.BytesIO(content))
        assert len(self._document) == 1
        self._page = self._document[0]

    @property
    def size_mm(self) -> tuple[float, float]:
        width, height = self._page.get_size()
        return width * MM_PER_POINT, height * MM_PER_POINT

    @property
    def text(self) -> str:
        text: str = self._page.get_textpage().get_text_range()
        return text.replace("\r\n", "\n")

    def words(self, text: str) -> list[Word]:
        """Where a text stands; each finding once."""
        page = self._page.get_textpage()
        finder = page.search(text, match_case=True)
        found = []
        while (at := finder.get_next()) is not None:
            boxes = [page.get_charbox(at[0] + number) for number in range(at[1])]
            left, bottom = min(box[0] for box in boxes), min(box[1] for box in boxes)
            right, top = max(box[2] for box in boxes), max(box[3] for box in boxes)
            found.append(Word(text, *(each * MM_PER_POINT for each in (left, bottom, right, top))))
        return found

    def pixels(self, dpi: float, box_mm: Corners | None = None) -> np.ndarray[Any, Any]:
        """The page as it is seen: rows from the top; red, green, blue."""
        width, height = self._page.get_size()
        crop = (0.0, 0.0, 0.0, 0.0)
        if box_mm is not None:
            left, bottom, right, top = (each / MM_PER_POINT for each in box_mm)
            crop = (left, bottom, width - right, height - top)
        bitmap = self._page.render(scale=dpi / 72, crop=crop, draw_annots=False)
        picture: np.ndarray[Any, Any] = np.asarray(bitmap.to_numpy())[:, :, :3][:, :, ::-1]
        return picture

    def fonts(self) -> set[str]:
        """Names of the fonts of the page's texts, each of which is embedded."""
        names = set()
        for item in self._page.get_objects([pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(item.raw)
            assert pdfium.FPDFFont_GetIsEmbedded(font) == 1
            buffer = ctypes.create_string_buffer(pdfium.FPDFFont_GetBaseFontName(font, None, 0))
            pdfium.FPDFFont_GetBaseFontName(font, buffer, len(buffer))
            names.add(buffer.value.decode())
        return names

    def images(self) -> int:
        """How many pictures lie on the page."""
        return len(list(self._page.get_objects([pdfium.FPDF_PAGEOBJ_IMAGE])))

    def close(self) -> None:
        self._document.close()
