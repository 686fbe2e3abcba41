"""Lettering 注记字体: faces that are embedded with the characters a sheet uses, searchable, and their halos.

A halo is drawn by outlines and not by text: a text that stood twice would be found twice.
"""

from __future__ import annotations

from typing import Any

from fontTools.pens.basePen import BasePen

from tiles.fonts.glyphs import Glyphs
from tiles.fonts.outlines import Outlines
from tiles.fonts.sources import BOLD, FAMILY, SOURCES
from tiles.print.pdf import PdfFile, Ref, number

UNITS = 1000
CAP_EM = 0.733
"""Height of capitals and figures, of an em."""
_NAME = FAMILY.replace(" ", "")
_CMAP_BLOCK = 100
"""Entries of a block of a character map (Adobe Technical Note 5014)."""


class Face:
    """One weight. A character gets its number when it is first used."""

    def __init__(self, name: str, style: str, glyphs: Glyphs) -> None:
        self.name = name
        self._style = style
        self._glyphs = glyphs
        self._numbers: dict[int, int] = {}

    def shown(self, text: str) -> str:
        """A text as the page shows it: numbers of characters, hexadecimal."""
        numbers = self._numbers
        return "".join(f"{numbers.setdefault(ord(mark), len(numbers) + 1):04X}" for mark in text)

    def width_em(self, text: str) -> float:
        """How far a text reaches, in its own size."""
        return sum(self._glyphs.of(ord(mark)).width for mark in text) / UNITS

    @property
    def used(self) -> bool:
        """Whether anything is written in it."""
        return bool(self._numbers)

    def put(self, file: PdfFile) -> Ref:
        """The font with what was used of it."""
        characters = list(self._numbers)
        program = file.packed("/Subtype /CIDFontType0C", self._glyphs.program(characters))
        name = f"/ONEMAP+{_NAME}-{self._style}"
        descriptor = file.put(
            f"<< /Type /FontDescriptor /FontName {name} /Flags 4 /ItalicAngle 0"
            f" /FontBBox [-200 -300 2000 1200] /Ascent 880 /Descent -120 /CapHeight 733"
            f" /StemV 80 /FontFile3 {program} >>"
        )
        widths = " ".join(str(self._glyphs.of(each).width) for each in characters)
        descendant = file.put(
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont {name} /FontDescriptor {descriptor} /DW 1000"
            f" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /W [1 [{widths}]] >>"
        )
        meaning = file.packed("", _to_unicode(characters).encode("ascii"))
        return file.put(
            f"<< /Type /Font /Subtype /Type0 /BaseFont {name} /Encoding /Identity-H"
            f" /DescendantFonts [{descendant}] /ToUnicode {meaning} >>"
        )


def _to_unicode(characters: list[int]) -> str:
    """What each number means, so that text can be searched and copied."""
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    pairs = [
        f"<{place:04X}> <{chr(each).encode('utf-16-be', 'surrogatepass').hex().upper()}>"
        for place, each in enumerate(characters, 1)
    ]
    for start in range(0, len(pairs), _CMAP_BLOCK):
        block = pairs[start : start + _CMAP_BLOCK]
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines)


class Halos:
    """Outlines of characters, each drawn once as a form and set wherever a label has it."""

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines
        self._numbers: dict[int, int] = {}

    def name(self, character: int) -> str:
        """The form of a character."""
        return f"H{self._numbers.setdefault(character, len(self._numbers))}"

    def put(self, file: PdfFile) -> list[tuple[str, Ref]]:
        """The forms that were used."""
        return [(f"H{place}", self._form(file, each)) for each, place in self._numbers.items()]

    def _form(self, file: PdfFile, character: int) -> Ref:
        pen = _Path()
        self._outlines.trace(character, pen)
        content = " ".join([*pen.operators, "S"])
        return file.packed(
            "/Type /XObject /Subtype /Form /BBox [-500 -600 2500 1500]", content.encode("ascii")
        )


class _Path(BasePen):  # type: ignore[misc]
    """Writes a glyph as operators of a page."""

    def __init__(self) -> None:
        super().__init__(None)
        self.operators: list[str] = []

    def _moveTo(self, point: Any) -> None:  # noqa: N802
        self._say("m", point)

    def _lineTo(self, point: Any) -> None:  # noqa: N802
        self._say("l", point)

    def _curveToOne(self, first: Any, second: Any, end: Any) -> None:  # noqa: N802
        self._say("c", first, second, end)

    def _closePath(self) -> None:  # noqa: N802
        self.operators.append("h")

    def _say(self, operator: str, *points: Any) -> None:
        self.operators.append(" ".join([*(number(each) for point in points for each in point), operator]))


class Lettering:
    """The faces of a sheet."""

    def __init__(self) -> None:
        outlines = Outlines(SOURCES)
        self.plain = Face("F1", "Regular", Glyphs(outlines))
        self.bold = Face("F2", "Bold", Glyphs(Outlines(BOLD)))
        self.halos = Halos(outlines)

    def put(self, file: PdfFile) -> list[tuple[str, Ref]]:
        """The faces in use, by the names that the page calls them."""
        return [(face.name, face.put(file)) for face in (self.plain, self.bold) if face.used]
