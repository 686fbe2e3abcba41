"""Which characters travel together, and what a slice holds: read back with fontTools' own reader."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from tiles.fonts.outlines import Outlines
from tiles.fonts.shelf import LIST, Shelf
from tiles.fonts.slices import Group, Slice, characters, counted, gb_2312, own, published, ranges, whole
from tiles.fonts.sources import FAMILY, SOURCES, Source, missing

needs_fonts = pytest.mark.skipif(bool(missing()), reason=f"no fonts here: {missing()}")
RARE = "㙟𬀩𠂉"
"""Of extension A, extension E and extension B; the last two lie beyond the basic plane."""
points = st.sets(st.integers(0x20, 0x2FFFF), max_size=400)


@pytest.fixture(scope="module")
def outlines() -> Outlines:
    return Outlines()


@given(points)
def test_ranges_say_exactly_the_characters(each: set[int]) -> None:
    assert characters(ranges(sorted(each))) == tuple(sorted(each))


@given(points, points)
def test_every_character_is_in_one_row_and_the_common_ones_before_it(
    covered: set[int], words: set[int]
) -> None:
    for group, there in ((Group.ROW, covered), (Group.COMMON, covered.intersection(gb_2312()))):
        parts = [part for part in whole(covered) if part.group is group]
        assert sorted(each for part in parts for each in part.characters) == sorted(there)
    assert all(list(part.characters) == sorted(part.characters) for part in whole(covered))
    again = [each for part in own(covered, dict.fromkeys(words, 1)) for each in part.characters]
    assert sorted(again) == sorted(covered & words)


def test_gb_2312_is_whole_and_begins_with_its_first_level() -> None:
    hanzi = gb_2312()
    assert len(set(hanzi)) == 6763
    assert [chr(hanzi[place]) for place in (0, 3754, 3755, 6762)] == ["啊", "座", "亍", "齄"]


def test_frequent_words_come_first() -> None:
    words = counted("村" * 5 + "".join(chr(0x5000 + each) for each in range(200)) + "寿" * 3)
    first = own(range(0x4E00, 0x9FA6), words)[0]
    assert {ord("村"), ord("寿")} <= set(first.characters)


def test_public_text_is_cut_anew_only_for_a_character_that_is_not_there() -> None:
    covered = range(0x4E00, 0x9FA6)
    before = published(covered, {}, counted("寿光圣城"))
    assert published(covered, {}, counted("光光寿"), before) == before
    after = published(covered, {}, counted("光光寿庄"), before)
    assert {ord(each) for each in "光寿庄"} == {each for part in after for each in part.characters}
    assert published(covered, counted("寿"), counted("寿")) == ()


@needs_fonts
def test_a_slice_draws_all_its_characters_and_bears_its_licence(outlines: Outlines) -> None:
    part = Slice(Group.ROW, tuple(sorted(ord(each) for each in RARE + "寿光A1。")))
    font = TTFont(BytesIO(outlines.cut(part)))
    names, drawn = font.getBestCmap(), font.getGlyphSet()
    assert set(names) == set(part.characters)
    seen = set()
    for each in part.characters:
        pen = BoundsPen(drawn)
        drawn[names[each]].draw(pen)
        assert pen.bounds is not None, f"U+{each:04X} is empty"
        seen.add((pen.bounds, drawn[names[each]].width))
    assert len(seen) == len(part.characters), "tofu looks alike"
    told = font["name"]
    assert told.getDebugName(1) == FAMILY
    assert "Adobe" in told.getDebugName(0)
    assert "GlyphWiki" in told.getDebugName(0)
    assert "SIL Open Font License" in told.getDebugName(13)
    assert outlines.cut(part) == Outlines().cut(part), "the same bytes each time"


@needs_fonts
def test_the_fonts_draw_gb_2312_and_the_blocks_of_place_names(outlines: Outlines) -> None:
    assert set(gb_2312()) <= outlines.covered
    for block in (
        range(0x4E00, 0x9FA6),
        range(0x3400, 0x4DB6),
        range(0x20000, 0x2A6D7),
        range(0x2B820, 0x2CEA2),
    ):
        assert set(block) <= outlines.covered, hex(block.start)
    assert not any(0xE000 <= each < 0xF900 for each in outlines.covered)


@needs_fonts
def test_an_interrupted_maker_goes_on_where_it_stopped(outlines: Outlines, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "fonts")
    parts = [Slice(Group.ROW, (each,)) for each in range(0x4E00, 0x4E28)]
    making = shelf.fill(outlines, parts, {Group.ROW})
    assert [next(making) for _ in range(20)][-1] == 20
    making.close()
    assert len(shelf.faces()) == 16, "listed while it was made"
    written = {path.name: path.stat().st_mtime_ns for path in shelf.folder.glob("*.woff2")}
    assert list(shelf.fill(outlines, parts, {Group.ROW}))[-1] == 40
    assert [face.part for face in shelf.faces()] == parts
    kept = [name for name, at in written.items() if (shelf.folder / name).stat().st_mtime_ns == at]
    assert len(kept) >= 16
    listed = (shelf.folder / LIST).stat().st_mtime_ns
    list(shelf.fill(outlines, parts, {Group.ROW}))
    assert (shelf.folder / LIST).stat().st_mtime_ns == listed, "nothing to do"


@needs_fonts
def test_groups_that_are_not_named_keep_their_files(outlines: Outlines, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "fonts")
    list(shelf.fill(outlines, [Slice(Group.ROW, (0x4E00,))], {Group.ROW}))
    list(shelf.fill(outlines, [Slice(Group.OWN, (0x4E01,))], {Group.OWN}))
    assert [face.group for face in shelf.faces()] == [Group.OWN, Group.ROW]
    list(shelf.fill(outlines, [], {Group.OWN}))
    assert [face.group for face in shelf.faces()] == [Group.ROW]


def test_where_no_font_is_there_nothing_is_drawn(tmp_path: Path) -> None:
    nowhere = (Source(tmp_path / "none.ttc"),)
    assert missing(nowhere) == (tmp_path / "none.ttc",)
    assert whole(Outlines(nowhere).covered) == ()
    assert {source.path.parent.parent.parent for source in SOURCES} == {Path("/usr/share/fonts")}
