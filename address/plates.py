"""Door plates 门牌: number, kind and size, with a QR that leads to the address; a sheet of them.

The QR holds the address of the resolver, ``…/v1/resolve/{code}``. Sizes are the city's
(:mod:`address.rules.charter`). Large, medium and small plates are blue with white letters
here; colours and letters of GB 17733 are not claimed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

import segno

from spatial.errors import InvalidInput, TooLarge, shorten

SHEET_MM: Final = (1200, 900)
GAP_MM: Final = 10
PLATES_MOST: Final = 2000
_NUMBER_MOST: Final = 24
_BLUE: Final = "#0b3d91"


class UnusablePlate(InvalidInput):
    """A plate that cannot be made 门牌无效."""

    code = "unusable-plate"


@dataclass(frozen=True, slots=True)
class Plate:
    """One plate."""

    number: str
    """As written: 595号, 12号附1号, 3号楼."""
    above: str
    """What it belongs to: the street, estate or village."""
    kind: str
    """``large``, ``medium``, ``small``, ``building``, ``unit``, ``room``: 大 中 小 楼 单元 户."""
    link: str
    """What the QR says."""


def link(base_url: str, code: str) -> str:
    """The resolver's address of a code.

    >>> link("https://map.example/", "370783001048")
    'https://map.example/v1/resolve/370783001048'
    """
    return f"{base_url.rstrip('/')}/v1/resolve/{code}"


def qr(text: str, kind: Literal["svg", "png"] = "svg") -> bytes:
    """A QR of a text as a picture of its own; correction M, which survives weather and scratches."""
    sink = io.BytesIO()
    try:
        made = segno.make(text, error="m", micro=False)
    except segno.DataOverflowError as failure:
        raise UnusablePlate(
            f"二维码内容过长:{len(text)} 字", f"too long for a QR: {len(text)} characters", value=len(text)
        ) from failure
    made.save(sink, kind=kind, scale=4, border=4)
    return sink.getvalue()


def drawing(plate: Plate, sizes_mm: Mapping[str, tuple[int, int]]) -> str:
    """One plate as SVG, in millimetres."""
    width, height = _size(plate, sizes_mm)
    return _document(width, height, _body(plate, width, height, 0, 0))


def sheet(
    plates: Sequence[Plate],
    sizes_mm: Mapping[str, tuple[int, int]],
    sheet_mm: tuple[int, int] = SHEET_MM,
) -> tuple[str, ...]:
    """Plates set side by side for cutting, in the order given; as many sheets as they need."""
    if len(plates) > PLATES_MOST:
        raise TooLarge(
            f"一次最多 {PLATES_MOST} 块门牌,请分批:{len(plates)}",
            f"at most {PLATES_MOST} plates at once; split them: {len(plates)}",
            value=len(plates),
        )
    pages: list[list[str]] = [[]]
    x = y = GAP_MM
    row_height = 0
    for plate in plates:
        width, height = _size(plate, sizes_mm)
        if width + 2 * GAP_MM > sheet_mm[0] or height + 2 * GAP_MM > sheet_mm[1]:
            raise UnusablePlate(
                f"门牌大于版面,请换大版面:{width}×{height} mm",
                f"the plate is larger than the sheet; take a larger one: {width}×{height} mm",
                value=[width, height],
            )
        if x + width + GAP_MM > sheet_mm[0]:
            x, y, row_height = GAP_MM, y + row_height + GAP_MM, 0
        if y + height + GAP_MM > sheet_mm[1]:
            pages.append([])
            x, y, row_height = GAP_MM, GAP_MM, 0
        pages[-1].append(_body(plate, width, height, x, y))
        x += width + GAP_MM
        row_height = max(row_height, height)
    return tuple(_document(*sheet_mm, "".join(page)) for page in pages if page)


def _size(plate: Plate, sizes_mm: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    size = sizes_mm.get(plate.kind)
    if size is None:
        shown = shorten(plate.kind, 40)
        raise UnusablePlate(
            f"没有这种门牌,可用 {'、'.join(sizes_mm)}:{shown}",
            f"no such kind of plate, there are {', '.join(sizes_mm)}: {shown}",
            value=shown,
        )
    if not 0 < len(plate.number) <= _NUMBER_MOST:
        shown = shorten(plate.number, 40)
        raise UnusablePlate(
            f"门牌号应为 1 至 {_NUMBER_MOST} 字:{shown}",
            f"a number has 1 to {_NUMBER_MOST} characters: {shown}",
            value=shown,
        )
    return size


def _document(width: int, height: int, body: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
        f' viewBox="0 0 {width} {height}">{body}</svg>'
    )


def _body(plate: Plate, width: int, height: int, x: int, y: int) -> str:
    code = height * 0.42
    wide = width - code - height * 0.25
    number = min(height * 0.42, wide / max(_ems(plate.number), 1.0))
    above = min(height * 0.2, (width - height * 0.2) / max(_ems(plate.above), 1.0))
    made = segno.make(plate.link, error="m", micro=False)
    modules = made.symbol_size(border=4)[0]
    scale = code / modules
    picture = made.svg_inline(scale=1, border=4, dark="#000", light="#fff")
    at = f"{width - code - height * 0.08:.2f} {height - code - height * 0.08:.2f}"
    corner, left = height * 0.06, height * 0.1
    return (
        f'<g transform="translate({x} {y})">'
        f'<rect width="{width}" height="{height}" rx="{corner:.2f}" fill="{_BLUE}"/>'
        f'<g fill="#fff" font-family="Noto Sans CJK SC, Source Han Sans SC, sans-serif">'
        f'<text x="{left:.2f}" y="{height * 0.33:.2f}" font-size="{above:.2f}">{_said(plate.above)}</text>'
        f'<text x="{left:.2f}" y="{height * 0.85:.2f}" font-size="{number:.2f}" font-weight="700">'
        f"{_said(plate.number)}</text></g>"
        f'<g transform="translate({at}) scale({scale:.4f})">{picture}</g></g>'
    )


def _ems(text: str) -> float:
    """Width in letters: a Chinese character is one, others a little over half."""
    return sum(1.0 if ord(each) > 0x2E7F else 0.62 for each in text)


def _said(text: str) -> str:
    return escape("".join(each for each in text if each.isprintable()))
