"""The outlines of Debian's fonts 字形来源, and one slice of them as a WOFF2 file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from io import BytesIO
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

from tiles.fonts.slices import Slice
from tiles.fonts.sources import FAMILY, SOURCES, Source

RECIPE = 1
"""Grows when the same characters of the same fonts would give another file."""
MADE = 3_723_840_000
"""Written into each file as its time, in seconds since 1904: a time of its own would be another file."""
UNITS = 1000
ASCENT, DESCENT = 1160, -288
"""Of Noto Sans CJK: lines keep their height whichever slice a character comes from."""
TYPOGRAPHIC_ASCENT, TYPOGRAPHIC_DESCENT = 880, -120
PRIVATE = (range(0xE000, 0xF900), range(0xF0000, 0x110000))
"""Private use 私用区: each font means something else by them, so none is taken at its word."""
COPYRIGHT, LICENCE, LICENCE_ADDRESS = 0, 13, 14
"""Records of the table of names that a copy must carry along."""

_BOX = (
    ((100, 0), (900, 0), (900, 800), (100, 800)),
    ((160, 60), (160, 740), (840, 740), (840, 60)),
)
Opened = tuple[TTFont, Any, dict[int, str]]


class Outlines:
    """The fonts that are there, opened when they are first asked for a character."""

    def __init__(self, sources: tuple[Source, ...] = SOURCES) -> None:
        self._sources = tuple(source for source in sources if source.path.is_file())
        self._fonts: dict[int, Opened] = {}

    @cached_property
    def identity(self) -> str:
        """Tells these fonts and this recipe from others."""
        digest = hashlib.sha256(b"%d" % RECIPE)
        for source in self._sources:
            status = source.path.stat()
            digest.update(f"{source.path.name}:{source.face}:{status.st_size}:{status.st_mtime_ns}".encode())
        return digest.hexdigest()

    @property
    def _opened(self) -> tuple[Opened, ...]:
        return tuple(self._font(place) for place in range(len(self._sources)))

    def _font(self, place: int) -> Opened:
        """A font, its outlines, and their names by character; most texts need the first alone."""
        held = self._fonts.get(place)
        if held is None:
            source = self._sources[place]
            font = TTFont(source.path, fontNumber=source.face, lazy=True)
            held = self._fonts[place] = (font, font.getGlyphSet(), font.getBestCmap())
        return held

    @cached_property
    def _owners(self) -> Mapping[int, int]:
        owners: dict[int, int] = {}
        for place, (_, _, names) in enumerate(self._opened):
            for each in names:
                if _is_drawn(each):
                    owners.setdefault(each, place)
        owners[0x20] = 0
        return owners

    def _owner(self, character: int) -> int | None:
        """Which font draws a character; those after it are not opened."""
        if not _is_drawn(character):
            return 0 if character == 0x20 and self._sources else None
        places = range(len(self._sources))
        return next((place for place in places if character in self._font(place)[2]), None)

    @property
    def covered(self) -> frozenset[int]:
        """Every code point that one of the fonts can draw; none where there is no font."""
        return frozenset(self._owners) if self._sources else frozenset()

    def key(self, part: Slice) -> str:
        """Names what a slice is made of, before it is made."""
        text = f"{self.identity}:{','.join(f'{each:x}' for each in part.characters)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def let_go(self) -> None:
        """Forget the outlines read so far, which all stay in memory; they are opened again when asked."""
        self._fonts.clear()

    def width(self, character: int) -> int:
        """How far a character reaches, in thousandths of its size; as the empty box where no font has it."""
        place = self._owner(character)
        if place is None:
            return UNITS
        font, _, names = self._font(place)
        reach: int = font["hmtx"][names[character]][0]
        return round(reach * UNITS / int(font["head"].unitsPerEm))

    def trace(self, character: int, pen: Any) -> None:
        """Draw a character with a pen of fontTools, in thousandths of its size."""
        place = self._owner(character)
        if place is None:
            for corners in _BOX:
                pen.moveTo(corners[0])
                for corner in corners[1:]:
                    pen.lineTo(corner)
                pen.closePath()
            return
        font, outlines, names = self._font(place)
        scale = UNITS / font["head"].unitsPerEm
        outlines[names[character]].draw(pen if scale == 1 else TransformPen(pen, (scale, 0, 0, scale, 0, 0)))

    def cut(self, part: Slice) -> bytes:
        """The slice as a WOFF2 file: outlines without hints, the same bytes on every machine."""
        names = {each: f"u{each:04X}" for each in part.characters}
        strings, widths = {".notdef": self._box()}, {".notdef": (UNITS, 0)}
        for each, name in names.items():
            strings[name], width = self._drawn(each)
            widths[name] = (width, 0)
        builder = FontBuilder(UNITS, isTTF=False)
        builder.font.recalcTimestamp = False
        builder.updateHead(created=MADE, modified=MADE)
        builder.setupGlyphOrder([".notdef", *names.values()])
        builder.setupCharacterMap(names)
        builder.setupCFF(FAMILY.replace(" ", ""), {"FullName": FAMILY}, strings, {})
        builder.setupHorizontalMetrics(widths)
        builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
        builder.setupNameTable(self._names())
        builder.setupOS2(
            sTypoAscender=TYPOGRAPHIC_ASCENT,
            sTypoDescender=TYPOGRAPHIC_DESCENT,
            usWinAscent=ASCENT,
            usWinDescent=-DESCENT,
        )
        builder.setupPost(keepGlyphNames=False)
        return _packed(builder.font)

    def _drawn(self, character: int) -> tuple[Any, int]:
        font, outlines, names = self._font(self._owners[character])
        glyph = outlines[names[character]]
        scale = UNITS / font["head"].unitsPerEm
        width = round(glyph.width * scale)
        pen = T2CharStringPen(width, None)
        glyph.draw(pen if scale == 1 else TransformPen(pen, (scale, 0, 0, scale, 0, 0)))
        return pen.getCharString(), width

    def _box(self) -> Any:
        """What stands where a character has no glyph anywhere: an empty box 豆腐块, which is seen."""
        pen = T2CharStringPen(UNITS, None)
        for corners in _BOX:
            pen.moveTo(corners[0])
            for corner in corners[1:]:
                pen.lineTo(corner)
            pen.closePath()
        return pen.getCharString()

    def _names(self) -> dict[str, str]:
        """A family name of our own, and the copyright and licence of what it is cut from."""
        tables = [font["name"] for font, _, _ in self._opened]

        def told(number: int) -> str:
            found = (table.getDebugName(number) for table in tables)
            return " ".join(dict.fromkeys(text for text in found if text))

        return {
            "copyright": told(COPYRIGHT),
            "familyName": FAMILY,
            "styleName": "Regular",
            "licenseDescription": told(LICENCE),
            "licenseInfoURL": told(LICENCE_ADDRESS),
        }


def _is_drawn(character: int) -> bool:
    """Whether a font may be taken at its word for a character."""
    return character > 0x20 and not any(character in private for private in PRIVATE)


def _packed(font: TTFont) -> bytes:
    font.flavor = "woff2"
    file = BytesIO()
    font.save(file)
    return file.getvalue()
