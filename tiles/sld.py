"""The style of a layer as SLD 1.1 with Symbology Encoding 1.1: for QGIS, ArcGIS, SuperMap."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from xml.etree import ElementTree as ET  # writes only: nothing is parsed here

from spatial.catalogue.contract import Contract, Legend
from spatial.catalogue.legend import Sign, signs
from spatial.catalogue.symbology import Hatch
from tiles.hatches import INK as HATCH_INK
from tiles.hatches import SIZE_PX
from tiles.styles import FONTS, INK, shown_style

SLD, SE, OGC = ("http://www.opengis.net/" + name for name in ("sld", "se", "ogc"))
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCHEMA = "http://schemas.opengis.net/sld/1.1.0/StyledLayerDescriptor.xsd"
SCALE_AT_ZOOM_0 = 279_541_132.0
"""Scale denominator of zoom 0 with tiles of 512 pixels, by OGC's pixel of 0.28 mm."""
MARKS = {
    Hatch.SLASH: "slash",
    Hatch.BACKSLASH: "backslash",
    Hatch.HORIZONTAL: "horline",
    Hatch.VERTICAL: "vertline",
    Hatch.CROSS: "cross",
    Hatch.LATTICE: "x",
    Hatch.DOTS: "circle",
    Hatch.RINGS: "circle",
}
"""Well-known names that QGIS and GeoServer draw; the standard's own have no hatches."""


def sld(contract: Contract, shown: Collection[str] | None = None) -> bytes:
    """The document, UTF-8, for somebody who is shown these fields."""
    style = shown_style(contract, shown)
    for prefix, address in (("", SLD), ("se", SE), ("ogc", OGC), ("xsi", XSI)):
        ET.register_namespace(prefix, address)
    root = ET.Element(f"{{{SLD}}}StyledLayerDescriptor", {"version": "1.1.0"})
    root.set(f"{{{XSI}}}schemaLocation", f"{SLD} {SCHEMA}")
    layer = _in(root, SLD, "NamedLayer")
    _in(layer, SE, "Name", contract.id)
    _described(layer, contract.title.zh)
    user = _in(layer, SLD, "UserStyle")
    _in(user, SE, "Name", contract.id)
    _described(user, contract.title.zh)
    rules = _in(user, SE, "FeatureTypeStyle")
    drawn = signs(contract, style)
    codes = [sign.code for sign in drawn if sign.code is not None]
    for sign in drawn:
        _rule(rules, style, sign, codes)
    if style.label:
        _labels(_in(user, SE, "FeatureTypeStyle"), style)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return content


def _rule(within: ET.Element, style: Legend, sign: Sign, codes: Sequence[str]) -> None:
    rule = _in(within, SE, "Rule")
    _in(rule, SE, "Name", sign.code or "other")
    _described(rule, sign.title.zh)
    if codes and style.by is not None:
        condition = _in(rule, OGC, "Filter")
        if sign.code is not None:
            _equals(condition, style.by, sign.code)
        else:
            _none_of(condition, style.by, codes)
    _scale(rule, style)
    if style.kind == "fill":
        _polygon(rule, style, sign)
    elif style.kind == "line":
        if style.outline:
            _stroke(_in(rule, SE, "LineSymbolizer"), style.outline, style.width_px + 2)
        _stroke(_in(rule, SE, "LineSymbolizer"), sign.color, style.width_px, style.opacity)
    elif style.kind == "circle":
        graphic = _in(_in(rule, SE, "PointSymbolizer"), SE, "Graphic")
        mark = _in(graphic, SE, "Mark")
        _in(mark, SE, "WellKnownName", "circle")
        _fill(mark, sign.color, style.opacity)
        _stroke(mark, style.outline or "#ffffff", 1)
        _in(graphic, SE, "Size", f"{style.radius_px * 2:g}")


def _equals(within: ET.Element, name: str, code: str) -> None:
    equal = _in(within, OGC, "PropertyIsEqualTo")
    _in(equal, OGC, "PropertyName", name)
    _in(equal, OGC, "Literal", code)


def _none_of(within: ET.Element, name: str, codes: Sequence[str]) -> None:
    """The rest, said out: QGIS takes a rule with an ``ElseFilter`` for one about everything."""
    either = _in(within, OGC, "Or")
    _in(_in(either, OGC, "PropertyIsNull"), OGC, "PropertyName", name)
    neither = _in(either, OGC, "Not")
    listed = _in(neither, OGC, "Or") if len(codes) > 1 else neither
    for code in codes:
        _equals(listed, name, code)


def _polygon(rule: ET.Element, style: Legend, sign: Sign) -> None:
    symbolizer = _in(rule, SE, "PolygonSymbolizer")
    _fill(symbolizer, sign.color, style.opacity)
    _stroke(symbolizer, style.outline or sign.color, style.width_px)
    if sign.hatch is Hatch.NONE:
        return
    hatched = _in(_in(rule, SE, "PolygonSymbolizer"), SE, "Fill")
    graphic = _in(_in(hatched, SE, "GraphicFill"), SE, "Graphic")
    mark = _in(graphic, SE, "Mark")
    _in(mark, SE, "WellKnownName", MARKS[sign.hatch])
    ink = "#{:02x}{:02x}{:02x}".format(*HATCH_INK)
    if sign.hatch is Hatch.DOTS:
        _fill(mark, ink, 1)
    else:
        _stroke(mark, ink, 1)
    _in(graphic, SE, "Size", f"{SIZE_PX}")


def _labels(within: ET.Element, style: Legend) -> None:
    rule = _in(within, SE, "Rule")
    _scale(rule, style)
    text = _in(rule, SE, "TextSymbolizer")
    _in(_in(text, SE, "Label"), OGC, "PropertyName", style.label)
    font = _in(text, SE, "Font")
    _parameter(font, "font-family", FONTS[-2])
    _parameter(font, "font-size", "12")
    halo = _in(text, SE, "Halo")
    _in(halo, SE, "Radius", "1.5")
    _fill(halo, "#ffffff", 1)
    _fill(text, INK, 1)


def _scale(rule: ET.Element, style: Legend) -> None:
    if style.min_zoom > 0:
        _in(rule, SE, "MaxScaleDenominator", f"{SCALE_AT_ZOOM_0 / 2**style.min_zoom:.0f}")


def _fill(within: ET.Element, color: str, opacity: float) -> None:
    fill = _in(within, SE, "Fill")
    _parameter(fill, "fill", color)
    if opacity != 1:
        _parameter(fill, "fill-opacity", f"{opacity:g}")


def _stroke(within: ET.Element, color: str, width_px: float, opacity: float = 1) -> None:
    stroke = _in(within, SE, "Stroke")
    _parameter(stroke, "stroke", color)
    if opacity != 1:
        _parameter(stroke, "stroke-opacity", f"{opacity:g}")
    _parameter(stroke, "stroke-width", f"{width_px:g}")


def _parameter(within: ET.Element, name: str, value: str) -> None:
    _in(within, SE, "SvgParameter", value).set("name", name)


def _described(within: ET.Element, title: str) -> None:
    _in(_in(within, SE, "Description"), SE, "Title", title)


def _in(within: ET.Element, space: str, name: str, text: str | None = None) -> ET.Element:
    made = ET.SubElement(within, f"{{{space}}}{name}")
    made.text = text
    return made
