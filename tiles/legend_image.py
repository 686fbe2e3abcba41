"""The legend 图例 of a layer as one SVG picture: a swatch and a name a line, the Chinese first."""

from __future__ import annotations

from collections.abc import Collection
from html import escape

from spatial.catalogue.contract import Contract, Legend
from spatial.catalogue.legend import Sign, signs
from spatial.catalogue.symbology import Hatch
from tiles.hatches import PREFIX, svg_pattern
from tiles.styles import FONTS, INK, shown_style

LINE_PX, SWATCH_PX, MARGIN_PX, TEXT_PX = 24, 28, 10, 13
TITLE_PX = 30


def svg(contract: Contract, shown: Collection[str] | None = None) -> bytes:
    """The picture, UTF-8, for somebody who is shown these fields."""
    style = shown_style(contract, shown)
    drawn = signs(contract, style)
    labels = [f"{sign.title.zh} {sign.title.en}" for sign in drawn]
    heading = contract.title.zh + ("(合成数据)" if _unstamped(contract) else "")
    width = 2 * MARGIN_PX + SWATCH_PX + 8 + max(_width(text) for text in (heading, *labels, ""))
    height = TITLE_PX + LINE_PX * len(drawn) + MARGIN_PX
    hatches = sorted({sign.hatch for sign in drawn} - {Hatch.NONE})
    lines = "".join(
        _line(style, sign, label, TITLE_PX + LINE_PX * place)
        for place, (sign, label) in enumerate(zip(drawn, labels, strict=True))
    )
    family = escape(",".join(f"'{font}'" for font in FONTS) + ",sans-serif")
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img"'
        f' aria-label="{escape(contract.title.zh)}图例"'
        f' font-family="{family}" font-size="{TEXT_PX}" fill="{INK}">'
        f"<defs>{''.join(svg_pattern(hatch) for hatch in hatches)}</defs>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<text x="{MARGIN_PX}" y="20" font-weight="600">{escape(heading)}</text>{lines}</svg>'
    )
    return picture.encode()


def _unstamped(contract: Contract) -> bool:
    """Synthetic, and the title does not say so itself."""
    return contract.synthetic and "合成数据" not in contract.title.zh


def _line(style: Legend, sign: Sign, label: str, top: int) -> str:
    return (
        f'<g transform="translate({MARGIN_PX} {top})">{_swatch(style, sign)}'
        f'<text x="{SWATCH_PX + 8}" y="16">{escape(label)}</text></g>'
    )


def _swatch(style: Legend, sign: Sign) -> str:
    opacity = f"{style.opacity:g}"
    if style.kind == "line":
        line = f'<path d="M0 11h{SWATCH_PX}" stroke-width="{style.width_px:g}" stroke="{sign.color}"/>'
        casing = (
            f'<path d="M0 11h{SWATCH_PX}" stroke-width="{style.width_px + 2:g}" stroke="{style.outline}"/>'
        )
        return (casing if style.outline else "") + line
    edge = f'stroke="{style.outline or sign.color}"'
    if style.kind == "circle":
        radius = min(style.radius_px, LINE_PX / 2 - 2)
        place = f'cx="{SWATCH_PX / 2:g}" cy="11" r="{radius:g}"'
        return f'<circle {place} fill="{sign.color}" fill-opacity="{opacity}" {edge}/>'
    place = f'x="0.5" y="3.5" width="{SWATCH_PX - 1}" height="15"'
    fill = f'<rect {place} fill="{sign.color}" fill-opacity="{opacity}" {edge}/>'
    if sign.hatch is Hatch.NONE:
        return fill
    return f'{fill}<rect {place} fill="url(#{PREFIX}{sign.hatch})"/>'


def _width(text: str) -> int:
    """About as wide as the text is drawn: a hanzi is a square, other letters take little more than half."""
    return sum(TEXT_PX if ord(mark) > 0x2E7F else 8 for mark in text)
