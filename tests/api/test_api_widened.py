"""A layer widened after features were written: readers see null where the older ones say nothing."""

from __future__ import annotations

from dataclasses import replace

import geopandas
import pyogrio
import shapely
from api_serving import Place, Served, contract, deliver, places, publish, until

from spatial.catalogue.contract import Field, FieldType, Title

ITEMS = "/collections/points/items"


def test_readers_of_a_widened_layer(own: Served) -> None:
    narrow = contract("points")
    item = own.get(f"{ITEMS}/P000001")
    colour = Field("colour", FieldType.TEXT, Title("颜色", "colour"))
    kind = Field("type", FieldType.TEXT, Title("类型", "type"))  # a key that GeoJSON has, too
    publish(own.dsn, replace(narrow, fields=(*narrow.fields, colour, kind)))
    until(lambda: "colour" in own.get("/collections/points/schema").json()["properties"])
    deliver(own.dsn, "points", [Place("P000099", shapely.Point(118.8, 36.9), "新", 1)])
    answer = own.get(ITEMS, params={"limit": 1000}).json()
    found = {each["id"]: each["properties"] for each in answer["features"]}
    assert len(found) == 26
    assert found["P000099"]["colour"] is None  # written since: the key is there
    for properties in found.values():
        assert properties["colour"] is None
        assert properties["type"] is None
    again = own.get(f"{ITEMS}/P000001")
    assert again.json()["properties"] == {**item.json()["properties"], "colour": None, "type": None}
    assert again.headers["etag"] != item.headers["etag"]
    assert "colour" in own.get("/collections/points/queryables").json()["properties"]
    frame = pyogrio.read_dataframe(f"OAPIF:{own.url}", layer="points")
    assert len(frame) == 26
    assert frame["colour"].isna().all()
    read = geopandas.read_file(f"{own.url}{ITEMS}?limit=1000", engine="pyogrio")
    assert len(read) == 26
    assert read["colour"].isna().all()
    page = own.get(ITEMS, params={"f": "html", "limit": 5})
    assert page.status_code == 200 and "颜色" in page.text
    assert own.get(f"{ITEMS}/{places(1)[0].code}", params={"f": "html"}).status_code == 200
    assert own.get(ITEMS, params={"colour": "红"}).json()["features"] == []
