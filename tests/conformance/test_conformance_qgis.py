"""QGIS's own provider, headless, reads a layer and pushes its box down."""

from __future__ import annotations

import json
import subprocess

import pytest
import shapely
from serving import Served

PYTHON = "/usr/bin/python3"
READS = """
import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer

url, layer_name, *box = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], False)
application.initQgis()
source = f" pagingEnabled='true' restrictToRequestBBOX='1' typename='{layer_name}' url='{url}' "
layer = QgsVectorLayer(source, layer_name, "OAPIF")
request = QgsFeatureRequest(QgsRectangle(*map(float, box)))
features = [
    {"id": feature["id"], "wkt": feature.geometry().asWkt(9)} for feature in layer.getFeatures(request)
]
answer = {
    "valid": layer.isValid(),
    "count": layer.featureCount(),
    "fields": [field.name() for field in layer.fields()],
    "features": features,
}
print(json.dumps(answer), flush=True)
os._exit(0)  # the provider's threads outlive QGIS's own way out
"""
"""Runs under the system's Python, which has QGIS."""
BOX = (118.70, 36.85, 118.80, 36.95)


def has_qgis() -> bool:
    try:
        probe = [PYTHON, "-c", "import qgis.core"]
        return subprocess.run(probe, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.mark.skipif(not has_qgis(), reason="python3-qgis is not installed")
def test_qgis_reads_the_same_features(city: Served) -> None:
    command = [PYTHON, "-c", READS, city.url, "base-stations", *map(str, BOX)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    answer = json.loads(ran.stdout)
    expected = city.get(
        "/collections/base-stations/items",
        params={"bbox": ",".join(map(str, BOX)), "limit": 10_000, "count": "exact"},
    ).json()
    assert answer["valid"]
    assert {"id", "operator", "height_m", "valid_from"} <= set(answer["fields"])
    whole = city.get("/collections/base-stations/items", params={"limit": 1, "count": "exact"}).json()
    assert answer["count"] == whole["numberMatched"]
    shapes = {one["id"]: shapely.from_wkt(one["wkt"]) for one in answer["features"]}
    assert len(shapes) == expected["numberMatched"] > 100
    for feature in expected["features"]:
        x, y = feature["geometry"]["coordinates"]
        assert shapes[feature["id"]].equals_exact(shapely.Point(x, y), 1e-9)
