"""Features on the sheet 要素上图: which of them show, and their shapes as paths, by the layer's symbology.

Inside the map the unit is the micrometre of paper, whole numbers, from the
lower left corner of the neat line: at 1:10,000 a centimetre of ground, and a
hundred-thousandth of any length that is measured on the sheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.catalogue.legend import Sign, signs
from spatial.catalogue.symbology import Hatch
from tiles.print.canvas import Canvas
from tiles.print.ground import BEYOND_MM, Ground
from tiles.print.hatching import Patterns
from tiles.print.model import Box, Stock
from tiles.print.pdf import numbers, rgb

MICROMETRES = 1000
LINE_MM_PER_PX, EDGE_MM_PER_PX, RADIUS_MM_PER_PX = 0.2, 0.13, 0.24
"""What a pixel of the map's style is on paper."""
CASING_PX = 1.6
Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a layer shows on the sheet."""

    stock: Stock
    signs: tuple[Sign, ...]
    """Those that features have, in the order of the legend."""
    shapes: Shapes
    """In micrometres of paper, cut a little beyond the map."""
    of: tuple[Sign, ...]
    """The sign of each shape."""
    labels: tuple[str, ...]


def shown(stock: Stock, on: Ground) -> Shown:
    """The features that touch the map, and their signs."""
    listed = signs(stock.contract, stock.style)
    by_code = {sign.code: sign for sign in listed}
    shapes: Shapes = _on_paper(shapely.from_wkb(np.array(stock.shapes, dtype=object)), on)
    window = _window(on)
    drawn = shapely.boundary(shapes) if _outlined(stock) else shapes
    touching = shapely.intersects(drawn, shapely.box(0, 0, window.width, window.height))
    chosen = np.flatnonzero(touching)
    around = window.grown(BEYOND_MM * MICROMETRES)
    cut = _cut(shapes[chosen], around)
    other = by_code.get(None)
    of = [by_code.get(stock.codes[place], other) for place in chosen]
    kept = [place for place, sign in enumerate(of) if sign is not None]
    has = {id(of[place]) for place in kept}
    return Shown(
        stock,
        tuple(sign for sign in listed if id(sign) in has),
        cut[kept],
        tuple(sign for sign in of if sign is not None),
        tuple(_one_line(stock.labels[chosen[place]]) for place in kept),
    )


def _outlined(stock: Stock) -> bool:
    """Areas of which only the boundary is drawn: one whose boundary lies elsewhere does not show."""
    return stock.style.kind == "line" and (stock.contract.geometry or "").endswith("Polygon")


def _one_line(text: str | None) -> str:
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text or "").split())


def _window(on: Ground) -> Box:
    return Box(0, 0, on.window.width * MICROMETRES, on.window.height * MICROMETRES)


def _on_paper(shapes: Shapes, on: Ground) -> Shapes:
    factor = 1e6 / on.scale
    origin = np.array([on.metres.left, on.metres.bottom])
    moved: Shapes = shapely.transform(shapes, lambda places: (places - origin) * factor)
    return moved


def _cut(shapes: Shapes, around: Box) -> Shapes:
    """Shapes that reach beyond are cut; one that cannot be is drawn whole and cut by the page."""
    bounds = shapely.bounds(shapes)
    beyond = np.flatnonzero(
        (bounds[:, 0] < around.left)
        | (bounds[:, 1] < around.bottom)
        | (bounds[:, 2] > around.right)
        | (bounds[:, 3] > around.top)
    )
    cut = shapes.copy()
    for place in beyond:
        try:
            cut[place] = shapely.clip_by_rect(
                shapes[place], around.left, around.bottom, around.right, around.top
            )
        except shapely.GEOSException:
            continue
    return cut


class Drawer:
    """Draws layers on a canvas."""

    def __init__(self, canvas: Canvas, on: Ground, patterns: Patterns, states: States, dots: Dots) -> None:
        self._canvas = canvas
        self._on = on
        self._patterns = patterns
        self._states = states
        self._dots = dots

    def draw(self, layer: Shown) -> None:
        """The shapes of a layer, as its legend says."""
        style = layer.stock.style
        draw = {"fill": self._fills, "line": self._lines, "circle": self._circles}[style.kind]
        on = self._on.window
        with (
            self._canvas.clipped(on),
            self._canvas.kept(f"0.001 0 0 0.001 {numbers(on.left, on.bottom)} cm 1 j 1 J"),
        ):
            draw(layer)

    def _state(self, share: float) -> str:
        return f"/{self._states.name(share)} gs"

    def _fills(self, layer: Shown) -> None:
        write, style = self._canvas.write, layer.stock.style
        paths = ring_paths(layer.shapes)
        write(self._state(style.opacity * layer.stock.opacity))
        color = ""
        for sign, path in zip(layer.of, paths, strict=True):
            if path and sign.color != color:
                color = sign.color
                write(f"{rgb(color)} rg")
            if path:
                write(f"{path} f*")
        write(self._state(layer.stock.opacity))
        hatch = Hatch.NONE
        for sign, path in zip(layer.of, paths, strict=True):
            if path and sign.hatch is not Hatch.NONE:
                if sign.hatch is not hatch:
                    hatch = sign.hatch
                    write(f"/Pattern cs /{self._patterns.name(hatch)} scn")
                write(f"{path} f*")
        write(f"{numbers(style.width_px * EDGE_MM_PER_PX * MICROMETRES)} w")
        self._stroked(layer, paths, style.outline)

    def _lines(self, layer: Shown) -> None:
        write, style = self._canvas.write, layer.stock.style
        paths = line_paths(layer.shapes)
        width = style.width_px * LINE_MM_PER_PX * MICROMETRES
        if style.outline:
            write(self._state(layer.stock.opacity))
            write(f"{numbers(width + CASING_PX * LINE_MM_PER_PX * MICROMETRES)} w")
            self._stroked(layer, paths, style.outline)
        write(self._state(style.opacity * layer.stock.opacity))
        write(f"{numbers(width)} w")
        self._stroked(layer, paths, None)

    def _stroked(self, layer: Shown, paths: list[str], color: str | None) -> None:
        """Outlines in one colour, or each in that of its sign."""
        last = ""
        for sign, path in zip(layer.of, paths, strict=True):
            ink = color or sign.color
            if path and ink != last:
                last = ink
                self._canvas.write(f"{rgb(ink)} RG")
            if path:
                self._canvas.write(f"{path} S")

    def _circles(self, layer: Shown) -> None:
        write, style = self._canvas.write, layer.stock.style
        dot = self._dots.name(style.radius_px * RADIUS_MM_PER_PX * MICROMETRES)
        write(self._state(style.opacity * layer.stock.opacity))
        write(f"{rgb(style.outline or '#ffffff')} RG {numbers(0.18 * MICROMETRES)} w")
        last = ""
        for sign, shape in zip(layer.of, layer.shapes, strict=True):
            if sign.color != last:
                last = sign.color
                write(f"{rgb(last)} rg")
            for x, y in np.rint(shapely.get_coordinates(shape)).astype(np.int64).tolist():
                write(f"q 1 0 0 1 {x} {y} cm /{dot} Do Q")


class States:
    """How clear things are drawn: a state of the page for each share."""

    def __init__(self) -> None:
        self._used: dict[int, str] = {}

    def name(self, share: float) -> str:
        """The state of an opacity between 0 and 1."""
        return self._used.setdefault(round(share * 1000), f"G{len(self._used)}")

    @property
    def entries(self) -> str:
        """As the page's resources name them."""
        each = (
            f"/{name} << /ca {share / 1000:g} /CA {share / 1000:g} >>" for share, name in self._used.items()
        )
        return f"<< {' '.join(each)} >>"


class Dots:
    """Circles by radius, each drawn once as a form."""

    def __init__(self) -> None:
        self.used: dict[float, str] = {}

    def name(self, radius: float) -> str:
        """The form of a radius."""
        return self.used.setdefault(radius, f"D{len(self.used)}")


@lru_cache(maxsize=4096)
def _template(points: int) -> str:
    return "%d %d m" + " %d %d l" * (points - 1)


def ring_paths(shapes: Shapes) -> list[str]:
    """Of each shape the outlines of its areas, closed; empty where it has none."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    areas = shapely.get_type_id(parts) == 3
    rings, of_part = shapely.get_rings(parts[areas], return_index=True)
    return _joined(rings, owners[areas][of_part], len(shapes), closed=True)


def line_paths(shapes: Shapes) -> list[str]:
    """Of each shape its lines, and the outlines of its areas."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    kinds = shapely.get_type_id(parts)
    rings, of_part = shapely.get_rings(parts[kinds == 3], return_index=True)
    outlines = _joined(rings, owners[kinds == 3][of_part], len(shapes), closed=True)
    lines = np.isin(kinds, (1, 2))
    opened = _joined(parts[lines], owners[lines], len(shapes), closed=False)
    return [" ".join(filter(None, pair)) for pair in zip(outlines, opened, strict=True)]


def _joined(lines: Shapes, owners: NDArray[np.int64], count: int, *, closed: bool) -> list[str]:
    found: list[list[str]] = [[] for _ in range(count)]
    for owner, path in zip(owners.tolist(), _paths(lines, closed=closed), strict=True):
        if path:
            found[owner].append(path)
    return [" ".join(each) for each in found]


def _paths(lines: Shapes, *, closed: bool) -> Iterator[str]:
    places, of = shapely.get_coordinates(lines, return_index=True)
    whole = np.rint(places).astype(np.int64).ravel().tolist()
    ends = np.cumsum(np.bincount(of, minlength=len(lines))).tolist()
    start = 0
    for end in ends:
        last = end - 1 if closed else end
        count = last - start
        if count < 2:
            yield ""
        else:
            text = _template(count) % tuple(whole[2 * start : 2 * last])
            yield f"{text} h" if closed else text
        start = end
