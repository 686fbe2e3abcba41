"""Glyphs 字形 of characters, kept by a process: a font is opened only for a character not drawn before.

Opening a font of 65 000 glyphs takes a tenth of a second and 60 MB; a document uses some hundred of its
characters, and the next one mostly the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.t2CharStringPen import T2CharStringPen

from tiles.fonts.outlines import UNITS, Outlines
from tiles.fonts.sources import FAMILY

KEPT_MOST: Final = 20_000
"""Of the same fonts; some 400 bytes each."""
_BOX: Final = -1
"""Stands for no character: an empty box, which is seen."""


class Glyph(NamedTuple):
    """One glyph, in thousandths of its size."""

    width: int
    outline: bytes
    """A Type 2 charstring."""


_KEPT: dict[str, dict[int, Glyph]] = {}
"""By the identity of the fonts. Glyphs are never changed, so threads may share them."""


class Glyphs:
    """The glyphs of some fonts."""

    def __init__(self, outlines: Outlines) -> None:
        self._outlines = outlines
        kept = _KEPT.setdefault(outlines.identity, {})
        if len(kept) > KEPT_MOST:
            kept = _KEPT[outlines.identity] = {}
        self._kept = kept

    def of(self, character: int) -> Glyph:
        """The glyph of a character; an empty box where no font has it."""
        found = self._kept.get(character)
        if found is None:
            found = self._kept[character] = self._drawn(character)
        return found

    def program(self, characters: Sequence[int]) -> bytes:
        """The outlines of these characters as a bare CFF font, numbered from 1 in this order; 0: the box."""
        named = {".notdef": self.of(_BOX)}
        named |= {f"g{number}": self.of(each) for number, each in enumerate(characters, 1)}
        builder = FontBuilder(UNITS, isTTF=False)
        builder.setupGlyphOrder(list(named))
        strings = {name: T2CharString(bytecode=each.outline) for name, each in named.items()}
        builder.setupCFF(FAMILY.replace(" ", ""), {"FullName": FAMILY}, strings, {})
        written: bytes = builder.font["CFF "].compile(builder.font)
        return written

    def _drawn(self, character: int) -> Glyph:
        width = UNITS if character == _BOX else self._outlines.width(character)
        pen = T2CharStringPen(width, None)
        self._outlines.trace(character, pen)
        string = pen.getCharString()
        string.compile()
        return Glyph(width, bytes(string.bytecode))
