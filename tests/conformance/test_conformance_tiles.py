"""What others make of our tiles: QGIS draws them, GDAL's reader of MVT finds what is in them."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest
from serving import Served
from test_conformance_qgis import PYTHON, has_qgis

DRAWS = """
import json
import os
import sys
from urllib.parse import quote

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsRectangle,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

template, *box = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorTileLayer("type=xyz&url=" + quote(template, safe="") + "&zmin=0&zmax=20", "tiles")
settings = QgsMapSettings()
settings.setLayers([layer])
settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
settings.setExtent(QgsRectangle(*map(float, box)))
settings.setOutputSize(QSize(200, 200))
settings.setBackgroundColor(QColor("white"))
job = QgsMapRendererSequentialJob(settings)
job.start()
job.waitForFinished()
image = job.renderedImage()
places = [(x, y) for x in range(0, 200, 4) for y in range(0, 200, 4)]
drawn = sum(image.pixelColor(x, y) != QColor("white") for x, y in places)
print(json.dumps({"valid": layer.isValid(), "drawn": drawn}), flush=True)
os._exit(0)
"""
"""Runs under the system's Python, as QGIS is used from there."""
TEMPLATE = "/collections/towns/tiles/WebMercatorQuad/{z}/{y}/{x}"
MIDDLE, BESIDE = (118.79, 36.90), (117.0, 35.0)


def mercator(lon: float, lat: float) -> tuple[float, float]:
    return math.radians(lon) * 6378137, math.asinh(math.tan(math.radians(lat))) * 6378137


def drawn(city: Served, lon: float, lat: float) -> int:
    """How many of 2,500 places of a drawing of 10 km are not empty."""
    x, y = mercator(lon, lat)
    box = (x - 5000, y - 5000, x + 5000, y + 5000)
    command = [PYTHON, "-c", DRAWS, city.url + TEMPLATE, *map(str, box)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    answer = json.loads(ran.stdout)
    assert answer["valid"]
    return int(answer["drawn"])


@pytest.mark.skipif(not has_qgis(), reason="python3-qgis is not installed")
def test_qgis_draws_tiles_where_the_layer_lies(city: Served) -> None:
    assert drawn(city, *MIDDLE) > 500
    assert drawn(city, *BESIDE) == 0


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="gdal-bin is not installed")
def test_gdal_reads_a_tile(city: Served, tmp_path: Path) -> None:
    x, y = mercator(*MIDDLE)
    zoom, half = 9, math.pi * 6378137
    side = 2 * half / 2**zoom
    row, column = int((half - y) / side), int((x + half) / side)
    answer = city.get(TEMPLATE.format(z=zoom, y=row, x=column))
    tile = tmp_path / "tile.pbf"
    tile.write_bytes(answer.content)
    ran = subprocess.run(
        ["ogrinfo", "-al", "-so", f"MVT:{tile}"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Layer name: towns" in ran.stdout
    assert "fid: String" in ran.stdout
    assert "ERROR" not in ran.stderr and "Warning" not in ran.stderr
