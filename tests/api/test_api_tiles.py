"""Tiles over HTTP: what is in them, how they are kept, what is refused."""

from __future__ import annotations

import mapbox_vector_tile
import pytest
from api_serving import POINTS, Served

SETS = ("WebMercatorQuad", "CGCS2000Quad", "CGCS2000_GK120Quad")
MVT = "application/vnd.mapbox-vector-tile"


def tilejson(served: Served, layer: str, tms: str, **more: str) -> dict[str, object]:
    answer = served.get(f"/collections/{layer}/tiles/{tms}", params={"f": "tilejson", **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("tms", SETS)
def test_a_tilejson_leads_to_tiles(served: Served, tms: str) -> None:
    told = tilejson(served, "points", tms)
    template = str(told["tiles"][0])  # type: ignore[index]
    answer = served.get(template.replace("{z}", "0").replace("{y}", "0").replace("{x}", "0"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MVT
    assert "immutable" in answer.headers["cache-control"]
    layer = mapbox_vector_tile.decode(answer.content)["points"]
    assert layer["extent"] == 4096
    fids = {feature["properties"]["fid"] for feature in layer["features"]}
    assert fids and fids <= {place.code for place in POINTS}
