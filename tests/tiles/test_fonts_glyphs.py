"""Glyphs that a process keeps: what is drawn of them is what the fonts draw, whether they are open or not."""

from __future__ import annotations

from io import BytesIO

import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from tiles.fonts import glyphs
from tiles.fonts.glyphs import KEPT_MOST, Glyph, Glyphs
from tiles.fonts.outlines import UNITS, Outlines
from tiles.fonts.sources import SOURCES, missing

TEXT = "寿光市永久基本农田0.25 km²"
NOWHERE = chr(0xE123)
"""Private use: no font is taken at its word for it."""

pytestmark = pytest.mark.skipif(bool(missing(SOURCES)), reason="the fonts are not installed")


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_KEPT", {})


def test_a_document_after_another_opens_no_font_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    characters = [ord(mark) for mark in TEXT + NOWHERE]
    cold = Glyphs(Outlines(SOURCES)).program(characters)

    def opened(*_: object) -> None:
        raise AssertionError("a font was opened")

    with monkeypatch.context() as closed:
        closed.setattr(Outlines, "_font", opened)
        assert Glyphs(Outlines(SOURCES)).program(characters) == cold
        with pytest.raises(AssertionError, match="opened"):
            Glyphs(Outlines(SOURCES)).of(ord("新"))


def test_a_program_draws_what_the_fonts_draw() -> None:
    outlines = Outlines(SOURCES)
    kept = Glyphs(outlines)
    characters = [ord(mark) for mark in TEXT + NOWHERE]
    font = CFFFontSet()
    font.decompile(BytesIO(kept.program(characters)), TTFont())
    strings = font[0].CharStrings
    for number, each in enumerate(characters, 1):
        drawn, meant = RecordingPen(), RecordingPen()
        strings[f"g{number}"].draw(drawn)
        outlines.trace(each, meant)
        assert [step for step in drawn.value if step[0] != "closePath"] == [
            (name, tuple((round(x), round(y)) for x, y in points))
            for name, points in meant.value
            if name != "closePath"
        ]
        assert strings[f"g{number}"].width == kept.of(each).width == outlines.width(each)
    assert kept.of(ord(NOWHERE)).width == UNITS


def test_what_is_kept_does_not_grow_without_end() -> None:
    outlines = Outlines(SOURCES)
    glyphs._KEPT[outlines.identity] = {each: Glyph(UNITS, b"") for each in range(KEPT_MOST + 1)}
    Glyphs(outlines).of(ord("寿"))
    assert len(glyphs._KEPT[outlines.identity]) == 1
