"""The style 样式 of a layer for MapLibre: its contract's legend over the platform's own vector tiles."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract, Legend
from spatial.catalogue.legend import Sign, signs, visible_style
from spatial.catalogue.symbology import Hatch
from spatial.errors import InvalidInput, shorten
from tiles.fonts.sources import FAMILY
from tiles.hatches import PREFIX

Document = dict[str, Any]
"""A JSON object."""
Layers = list[Document]

FONTS = (FAMILY, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC")
INK = "#22323a"
HALO = "rgba(255,255,255,0.92)"
GAUSS_KRUGER_STEPS = 4.26
"""A Gauss–Krüger square of 2,097,152 m is so many zoom levels deeper than the globe's 40,075,017 m."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A set of tiles 瓦片矩阵集 that a style is written for."""

    tms: str
    projection: str | None
    """As MapLibre knows it; ``None`` for Web Mercator, its own."""
    zoom_less: float = 0.0
    """How much smaller its zoom is where things are drawn in the same size."""


def frames(city: City) -> tuple[Frame, ...]:
    """Those that tiles are cut in; Web Mercator first."""
    return (
        Frame("WebMercatorQuad", None),
        Frame("CGCS2000Quad", "EPSG:4490"),
        Frame(
            f"CGCS2000_GK{city.central_meridian_deg}Quad",
            f"EPSG:{city.epsg_without_prefix}",
            GAUSS_KRUGER_STEPS,
        ),
    )


def frame(city: City, tms: str) -> Frame:
    """The frame of that name; ``InvalidInput`` names those there are."""
    known = {each.tms: each for each in frames(city)}
    if tms not in known:
        names = ", ".join(known)
        shown = shorten(tms)
        raise InvalidInput(
            f"没有这个瓦片矩阵集,可用的有 {names}:{shown}",
            f"there is no such tile matrix set, known are {names}: {shown}",
            value=shown,
        )
    return known[tms]


def shown_style(contract: Contract, shown: Collection[str] | None = None) -> Legend:
    """The legend for somebody who is shown these fields; a field that the contract lacks is an error."""
    names = [each.name for each in contract.fields]
    for key, name in (("label", contract.legend.label), ("by", contract.legend.by)):
        if name is not None and name not in names:
            raise InvalidInput(
                f"图例 {key} 所用字段不在图层 {contract.id} 中,请改图层契约:{name}",
                f"the legend's {key} names a field that layer {contract.id} lacks; mend its contract: {name}",
                value=name,
            )
    return visible_style(contract, shown)


def maplibre(contract: Contract, base: str, within: Frame, shown: Collection[str] | None = None) -> Document:
    """A whole style document, version 8: source, layers, and the sprite of hatches where there are any."""
    style = shown_style(contract, shown)
    drawn = signs(contract, style)
    tilejson = f"{base}/collections/{contract.id}/tiles/{within.tms}?f=tilejson"
    hatched = any(sign.hatch is not Hatch.NONE for sign in drawn)
    return {
        "version": 8,
        "name": contract.title.zh,
        "metadata": {"onemap:tms": within.tms, "onemap:synthetic": contract.synthetic},
        **({"projection": {"type": within.projection}} if within.projection else {}),
        **({"sprite": f"{base}/styles/sprite"} if hatched else {}),
        "sources": {contract.id: {"type": "vector", "url": tilejson}},
        "layers": layers(contract, style, drawn, within),
    }


def layers(contract: Contract, style: Legend, drawn: tuple[Sign, ...], within: Frame) -> Layers:
    """The style layers of one layer, bottom first, its labels on top."""
    made = {"fill": _fills, "line": _lines, "circle": _circles}.get(style.kind)
    if made is None:
        return []
    base = {
        "source": contract.id,
        "source-layer": contract.id,
        "minzoom": round(max(0.0, style.min_zoom - within.zoom_less), 2),
    }
    found = made(contract.id, base, style, drawn, within)
    return [*found, _label(contract.id, base, style, within)] if style.label else found


def _fills(name: str, base: Document, style: Legend, drawn: tuple[Sign, ...], within: Frame) -> Layers:
    areas = {**base, "filter": ["==", ["geometry-type"], "Polygon"]}
    fill = {
        **areas,
        "id": f"{name}:fill",
        "type": "fill",
        "paint": {"fill-color": _color(style, drawn), "fill-opacity": style.opacity, "fill-antialias": False},
    }
    edge = {
        **areas,
        "id": f"{name}:edge",
        "type": "line",
        "layout": {"line-join": "round"},
        "paint": {
            "line-color": style.outline or _color(style, drawn),
            "line-width": _width(style.width_px, within),
        },
    }
    return [fill, *_hatched(name, areas, style, drawn), edge]


def _hatched(name: str, areas: Document, style: Legend, drawn: tuple[Sign, ...]) -> Layers:
    """A hatch over the colour of those that have one."""
    hatched = {sign.code: f"{PREFIX}{sign.hatch}" for sign in drawn if sign.hatch is not Hatch.NONE}
    if not hatched:
        return []
    value = ["to-string", ["get", style.by]]
    pairs = [each for pair in hatched.items() for each in pair]
    return [
        {
            **areas,
            "id": f"{name}:hatch",
            "type": "fill",
            "filter": ["all", areas["filter"], ["in", value, ["literal", list(hatched)]]],
            "paint": {"fill-pattern": ["match", value, *pairs, next(iter(hatched.values()))]},
        }
    ]


def _lines(name: str, base: Document, style: Legend, drawn: tuple[Sign, ...], within: Frame) -> Layers:
    strokes = {**base, "type": "line", "layout": {"line-join": "round", "line-cap": "round"}}
    line = {
        **strokes,
        "id": f"{name}:line",
        "paint": {
            "line-color": _color(style, drawn),
            "line-opacity": style.opacity,
            "line-width": _width(style.width_px, within),
        },
    }
    if style.outline is None:
        return [line]
    paint = {"line-color": style.outline, "line-width": _width(style.width_px + 2, within)}
    return [{**strokes, "id": f"{name}:casing", "paint": paint}, line]


def _circles(name: str, base: Document, style: Legend, drawn: tuple[Sign, ...], within: Frame) -> Layers:
    radius = style.radius_px
    paint = {
        "circle-color": _color(style, drawn),
        "circle-radius": _grown(radius_stops(radius), within),
        "circle-opacity": style.opacity,
        "circle-stroke-color": style.outline or "#ffffff",
        "circle-stroke-width": _grown(RIM_STOPS, within),
    }
    return [{**base, "id": f"{name}:circle", "type": "circle", "paint": paint}]


def _label(name: str, base: Document, style: Legend, within: Frame) -> Document:
    beside = {"text-anchor": "left", "text-offset": [0.8, 0]} if style.kind == "circle" else {}
    return {
        **base,
        "id": f"{name}:label",
        "type": "symbol",
        "layout": {
            "text-field": ["coalesce", ["to-string", ["get", style.label]], ""],
            "text-font": list(FONTS),
            "text-size": _grown([(9, 11), (13, 13), (17, 15)], within),
            "text-max-width": 8,
            "symbol-placement": "line" if style.kind == "line" else "point",
            **beside,
        },
        "paint": {"text-color": INK, "text-halo-color": HALO, "text-halo-width": 1.5},
    }


def _color(style: Legend, drawn: tuple[Sign, ...]) -> object:
    """One colour, or one for each code."""
    pairs = [each for sign in drawn if sign.code is not None for each in (sign.code, sign.color)]
    if style.by is None or not pairs:
        return style.color
    return ["match", ["to-string", ["get", style.by]], *pairs, style.color]


RIM_STOPS = ((9, 0.6), (14, 1.6))
"""Zoom in Web Mercator's levels, and the width of the rim of circles there, in pixels."""


def radius_stops(radius_px: float) -> list[tuple[float, float]]:
    """How circles grow: zoom in Web Mercator's levels, radius in pixels."""
    return [(8, radius_px * 0.5), (13, radius_px), (17, radius_px * 1.8)]


def width_stops(width_px: float) -> list[tuple[float, float]]:
    """How lines grow: zoom in Web Mercator's levels, width in pixels."""
    return [(8, width_px * 0.6), (12, width_px), (17, width_px * 3)]


def _width(width_px: float, within: Frame) -> list[object]:
    return _grown(width_stops(width_px), within, ["exponential", 1.4])


def _grown(
    stops: Sequence[tuple[float, float]], within: Frame, how: list[object] | None = None
) -> list[object]:
    """A size that grows with the zoom."""
    flat = [each for zoom, size in stops for each in (round(zoom - within.zoom_less, 2), round(size, 2))]
    return ["interpolate", how or ["linear"], ["zoom"], *flat]


def is_drawn(contract: Contract) -> bool:
    """Whether there is anything to be drawn, and so a style."""
    return contract.geometry is not None and contract.legend.kind != "none"
