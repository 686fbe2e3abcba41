"""The legend 图例: the signs of what is on the sheet, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spatial.catalogue.contract import Legend
from spatial.catalogue.legend import Sign
from spatial.catalogue.symbology import Hatch
from tiles.print.canvas import Canvas, baseline, wrapped
from tiles.print.features import CASING_PX, EDGE_MM_PER_PX, LINE_MM_PER_PX, RADIUS_MM_PER_PX, Shown
from tiles.print.hatching import Patterns
from tiles.print.model import Box, Language, Pictures
from tiles.print.pdf import numbers
from tiles.print.sketch import SKETCH_INK
from tiles.print.words import named, say

HEADING_MM, SIZE_MM, LINE_MM, GROUP_MM = 4.2, 2.7, 5.2, 5.0
SWATCH_MM, SWATCH_HIGH_MM = 9.0, 3.6
COLUMN_MM = 44.0
LEAST = 0.62
"""Signs are set no smaller than this; then some are only counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: a sign with its name, or the title of a layer over its signs."""

    text: str
    style: Legend | None = None
    sign: Sign | None = None
    sketch: bool = False
    picture: bool = False

    @property
    def heading(self) -> bool:
        """The title of a layer."""
        return self.style is None and not self.sketch and not self.picture


def entries(layers: Sequence[Shown | Pictures], language: Language, *, sketched: bool) -> list[Entry]:
    """What stands in the legend, layers from the topmost down."""
    found: list[Entry] = [Entry(say("sketch", language), sketch=True)] if sketched else []
    for layer in layers:
        if isinstance(layer, Pictures):
            title = stamped(named(layer.title, language), layer.synthetic, language)
            found.append(Entry(title, picture=True))
            continue
        contract, style = layer.stock.contract, layer.stock.style
        title = stamped(named(contract.title, language), contract.synthetic, language)
        if style.by is None:
            found += [Entry(title, style, sign) for sign in layer.signs]
        elif layer.signs:
            found.append(Entry(title))
            found += [Entry(named(sign.title, language), style, sign) for sign in layer.signs]
    return found


def stamped(title: str, synthetic: bool, language: Language) -> str:
    """A title, saying that its data was generated where it does not say so itself."""
    said = not synthetic or "合成数据" in title or "synthetic" in title.lower()
    return title if said else say("stamped", language, title=title)


def legend(
    canvas: Canvas, box: Box, listed: Sequence[Entry], patterns: Patterns, factor: float, language: Language
) -> None:
    """Draw the legend into its box, in as many columns as it takes."""
    heading = HEADING_MM * factor
    canvas.text(
        (box.left + box.width / 2, box.top - heading), heading, say("legend", language),
        face=canvas.lettering.bold, align="middle",
    )  # fmt: skip
    body = Box(box.left, box.bottom, box.width, box.height - heading * 1.7)
    if not listed:
        canvas.text((body.left, body.top - heading), SIZE_MM * factor, say("nothing", language))
        return
    size, columns = _fitting(body, len(listed), factor)
    line = LINE_MM * size
    rows = max(1, int(body.height // line))
    if columns > 1 and rows > 8:
        rows = max(8, min(rows, -(-len(listed) // columns) + 1))
    shown = _with_their_heading(listed, rows)
    if len(shown) > rows * columns:
        kept = rows * columns - 1
        shown = [*shown[:kept], Entry(say("more", language, count=len(shown) - kept))]
    wide = body.width / columns
    for number, entry in enumerate(shown):
        left, top = body.left + number // rows * wide, body.top - number % rows * line
        if entry is not None:
            _line(canvas, Box(left, top - line, wide - 1.5 * size, line), entry, patterns, size)


def _with_their_heading(listed: Sequence[Entry], rows: int) -> list[Entry | None]:
    """No title of a layer stands at the foot of a column, without its signs: a blank does."""
    found: list[Entry | None] = []
    for entry in listed:
        if entry.heading and rows > 1 and len(found) % rows == rows - 1:
            found.append(None)
        found.append(entry)
    return found


def _fitting(body: Box, count: int, factor: float) -> tuple[float, int]:
    """The size of signs and the number of columns: as large as may be."""
    size = factor
    while True:
        columns = max(1, int(body.width // (COLUMN_MM * size)))
        if count + columns - 1 <= columns * int(body.height // (LINE_MM * size)) or size < LEAST * factor:
            return size, columns
        size *= 0.95


def _line(canvas: Canvas, box: Box, entry: Entry, patterns: Patterns, size: float) -> None:
    middle = box.bottom + box.height / 2
    em = SIZE_MM * size
    face = canvas.lettering.bold if entry.heading else canvas.lettering.plain
    indent = 0.0 if entry.heading else (SWATCH_MM + 2.0) * size
    if not entry.heading:
        high = SWATCH_HIGH_MM * size
        _swatch(canvas, Box(box.left, middle - high / 2, SWATCH_MM * size, high), entry, patterns)
    room = box.width - indent
    lines = wrapped(entry.text, room / em, face)[:2]
    if len(lines) == 1:
        canvas.text((box.left + indent, baseline(middle, em)), em, lines[0], face=face)
        return
    small = min(em, box.height * 0.42)
    for number, text in enumerate(lines):
        y = baseline(middle + (0.5 - number) * small * 1.12, small)
        canvas.text((box.left + indent, y), canvas.fitted(text, small, room, face), text, face=face)


def _swatch(canvas: Canvas, box: Box, entry: Entry, patterns: Patterns) -> None:
    middle = (box.left + box.width / 2, box.bottom + box.height / 2)
    if entry.picture:
        canvas.area([(box.left, box.bottom), (box.right, box.bottom), (box.right, box.top)], "#8fa08a")
        canvas.area([(box.left, box.bottom), (box.left, box.top), (box.right, box.top)], "#c8c3b0")
        canvas.box(box, 0.15)
        return
    if entry.sketch:
        canvas.line([(box.left, middle[1]), (box.right, middle[1])], 0.5, SKETCH_INK)
        return
    style, sign = entry.style, entry.sign
    assert style is not None and sign is not None
    if style.kind == "line":
        ends = [(box.left, middle[1]), (box.right, middle[1])]
        if style.outline:
            canvas.line(ends, (style.width_px + CASING_PX) * LINE_MM_PER_PX, style.outline)
        canvas.line(ends, style.width_px * LINE_MM_PER_PX, sign.color)
    elif style.kind == "circle":
        radius = min(style.radius_px * RADIUS_MM_PER_PX, box.height / 2)
        canvas.circle(middle, radius, 0.18, style.outline or "#ffffff", sign.color)
    else:
        fill = _mixed(sign.color, style.opacity)
        canvas.box(box, max(0.1, style.width_px * EDGE_MM_PER_PX), style.outline or sign.color, fill)
        if sign.hatch is not Hatch.NONE:
            rectangle = numbers(box.left, box.bottom, box.width, box.height)
            with canvas.kept():
                canvas.write(f"/Pattern cs /{patterns.name(sign.hatch)} scn {rectangle} re f")


def _mixed(color: str, share: float) -> str:
    """A colour on white paper, as strong as it is drawn."""
    parts = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in parts)
