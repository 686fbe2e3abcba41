"""The abstract tests of OGC API Features, Parts 1 and 2, walked over every collection that is served.

Each test says which abstract test it is (``docs/conformance.md`` lists them all); the standards' own names
are kept, so that a reader finds them.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pyproj
import pytest
from api_serving import Served

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OGC = "http://www.opengis.net/def/rel/ogc/1.0"
ITEMS = "/collections/{id}/items"
Document = dict[str, Any]


def collections(served: Served) -> list[Document]:
    found: list[Document] = served.get("/collections").json()["collections"]
    features = [one for one in found if one.get("itemType") == "feature"]
    assert len(features) >= 4
    return features


def links(document: Document, rel: str) -> list[Document]:
    return [one for one in document["links"] if one["rel"] == rel]


def typed(document: Document) -> bool:
    """Every link says its relation and its media type (/rec/core/link-…, /req/core/fc-rel-type)."""
    return all(one.get("rel") and one.get("type") and one.get("href") for one in document["links"])


def definition(served: Served) -> Document:
    """The definition as a client of OpenAPI 3.0 finds it from the landing page."""
    described = links(served.get("/?f=json").json(), "service-desc")
    (older,) = [one for one in described if one["type"].endswith("version=3.0")]
    answer = served.client.get(older["href"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    document: Document = answer.json()
    return document


def parameter(document: Document, path: str, name: str) -> Document:
    """A parameter of a path's GET, its reference followed."""
    for one in document["paths"][path]["get"]["parameters"]:
        found = document["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        if found["name"] == name:
            return dict(found)
    raise AssertionError(f"{path} has no parameter {name}")


# Part 1: Core


def test_every_resource_is_had_by_http_1_1(served: Served) -> None:
    """/conf/core/http"""
    for path in ("/", "/conformance", "/collections", "/collections/points", "/collections/points/items"):
        answer = served.get(path)
        assert (answer.status_code, answer.http_version) == (200, "HTTP/1.1"), path


def test_the_landing_page_leads_on(served: Served) -> None:
    """/conf/core/root-op, /conf/core/root-success, /conf/core/api-definition-op and -success"""
    page = served.get("/?f=json").json()
    assert typed(page)
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        found = links(page, rel)
        assert found, rel
        for one in found:
            answer = served.client.get(one["href"], headers={"accept": one["type"]})
            assert answer.status_code == 200, one
            kind = answer.headers["content-type"].replace(" ", "")
            assert kind.partition(";")[0] == one["type"].partition(";")[0], one
    defined = definition(served)
    assert defined["openapi"].startswith("3.0.")
    assert {"/", "/conformance", "/collections", "/collections/{id}", ITEMS} <= defined["paths"].keys()


def test_what_is_claimed_is_a_list_of_uris(served: Served) -> None:
    """/conf/core/conformance-op, /conf/core/conformance-success"""
    claimed = served.get("/conformance").json()["conformsTo"]
    assert len(claimed) == len(set(claimed))
    assert all(urlsplit(one).scheme == "http" and "/conf/" in one for one in claimed)
    wanted = {f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{one}" for one in ("core", "geojson")}
    assert wanted <= set(claimed)


def test_the_list_of_collections_and_each_of_them_say_the_same(served: Served) -> None:
    """/conf/core/fc-md-op, fc-md-success, fc-md-links, fc-md-items, fc-md-items-links, fc-md-extent,
    /conf/core/sfc-md-op, sfc-md-success
    """
    whole = served.get("/collections").json()
    assert typed(whole)
    assert links(whole, "self") and links(whole, "alternate")
    for listed in collections(served):
        assert typed(listed), listed["id"]
        alone = served.get(f"/collections/{listed['id']}").json()
        for name in ("id", "title", "description", "extent", "itemType", "crs", "storageCrs"):
            assert alone[name] == (listed[name] if name != "crs" else alone["crs"]), (listed["id"], name)
        items = links(alone, "items")
        assert {"application/geo+json", "text/html"} <= {one["type"] for one in items}
        assert {one["href"] for one in items} == {one["href"] for one in links(listed, "items")}
        if "spatial" not in alone["extent"]:  # a layer without a feature, or without places
            continue
        box, *_ = alone["extent"]["spatial"]["bbox"]
        assert alone["extent"]["spatial"].get("crs", CRS84) == CRS84
        assert len(box) == 4 and box[1] <= box[3] and -180 <= box[0] <= 180 and -90 <= box[1] <= 90
        for interval in alone["extent"].get("temporal", {"interval": []})["interval"]:  # of what there is
            begin, end = (None if one is None else datetime.fromisoformat(one) for one in interval)
            assert begin is None or end is None or begin <= end


@pytest.mark.parametrize("path", ["", "/items", "/items/0", "/schema", "/queryables"])
def test_what_is_not_there_is_404(served: Served, path: str) -> None:
    """/conf/core/sfc-md-success, fc-op, f-op: the abstract tests of what must not be found"""
    assert served.get(f"/collections/none{path}").status_code == 404
    assert served.get("/collections/points/items/0").status_code == 404


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("limit", {"type": "integer"}),
        ("bbox", {"type": "array"}),
        ("datetime", {"type": "string"}),
    ],
)
def test_the_parameters_of_items_are_defined_as_the_standard_has_them(
    served: Served, name: str, shape: Document
) -> None:
    """/conf/core/fc-limit-definition, fc-bbox-definition, fc-time-definition"""
    found = parameter(definition(served), ITEMS, name)
    assert (found["in"], found.get("required", False)) == ("query", False)
    assert (found.get("style", "form"), found["explode"]) == ("form", False)
    schema = found["schema"]
    assert shape.items() <= schema.items()
    if name == "limit":
        assert 1 <= schema["minimum"] <= schema["default"] <= schema["maximum"]
    if name == "bbox":
        assert schema["items"] == {"type": "number"}
        assert (schema["minItems"], schema["maxItems"]) == (4, 6)
        sizes = {(one["minItems"], one["maxItems"]) for one in schema["oneOf"]}
        assert sizes == {(4, 4), (6, 6)}


@pytest.mark.parametrize(
    "instant",
    [
        *("2026-01-31", "2026-05-30T23:59:59Z", "2024-02-29", "2026-12-31T00:00:00.5+08:00"),
        *("2026-01-31/2026-12-31", "../2026-08-31", "2026-08-31T12:00:00Z/.."),
    ],
)
def test_the_definition_allows_every_day_that_is_answered(served: Served, instant: str) -> None:
    """/conf/core/fc-time-definition, /conf/oas30/completeness: what validates itself may ask for it"""
    import jsonschema

    schema = parameter(definition(served), ITEMS, "datetime")["schema"]
    jsonschema.validate(instant, schema)
    assert served.get("/collections/points/items", params={"datetime": instant}).status_code == 200
    for wrong in ("2026-02-30", "2025-02-29", "2026-04-31", "2026-13-01", "yesterday", "2026-1-1"):
        assert not jsonschema.Draft202012Validator(schema).is_valid(wrong), wrong
        assert served.get("/collections/points/items", params={"datetime": wrong}).status_code == 400


def test_every_page_of_every_collection_is_a_feature_collection(served: Served) -> None:
    """/conf/core/fc-op, fc-response, fc-links, fc-rel-type, fc-numberMatched, fc-numberReturned,
    fc-limit-response, /conf/geojson/content, /conf/geojson/definition
    """
    for collection in collections(served):
        path = f"/collections/{collection['id']}/items"
        answer = served.get(path, params={"limit": 7})
        assert answer.headers["content-type"] == "application/geo+json", path
        page = answer.json()
        assert page["type"] == "FeatureCollection"
        assert page["numberReturned"] == len(page["features"]) <= 7
        matched = page.get("numberMatched", page.get("onemap:numberMatchedEstimated"))
        assert matched >= page["numberReturned"]
        assert typed(page), path
        assert links(page, "self") and len(links(page, "alternate")) >= 1
        assert bool(links(page, "next")) is (matched > 7), path
        for feature in page["features"]:
            assert feature["type"] == "Feature" and feature["id"] and "properties" in feature
            assert "geometry" in feature


def test_pages_by_the_next_link_hold_each_feature_once(served: Served) -> None:
    """/conf/core/fc-links: ``next`` leads through all, ``self`` is the page itself"""
    seen: list[str] = []
    address = f"{served.url}/collections/areas/items?limit=3"
    while address:
        page = served.client.get(address).json()
        seen += [one["id"] for one in page["features"]]
        (itself,) = links(page, "self")
        assert served.client.get(itself["href"]).json()["features"] == page["features"]
        following = links(page, "next")
        address = following[0]["href"] if following else ""
    assert len(seen) == len(set(seen)) == served.get("/collections/areas/items").json()["numberMatched"]


def test_each_feature_by_itself_is_the_one_of_the_page(served: Served) -> None:
    """/conf/core/f-op, f-success, f-links"""
    for collection in collections(served):
        page = served.get(f"/collections/{collection['id']}/items", params={"limit": 3}).json()
        for feature in page["features"]:
            answer = served.get(f"/collections/{collection['id']}/items/{feature['id']}")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/geo+json"
            alone = answer.json()
            assert typed(alone)
            for name in ("type", "id", "geometry", "properties"):
                assert alone[name] == feature[name], (collection["id"], feature["id"], name)
            assert links(alone, "self") and links(alone, "alternate")
            (back,) = links(alone, "collection")
            assert served.client.get(back["href"]).json()["id"] == collection["id"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        *(("/", "x=1"), ("/conformance", "x=1"), ("/collections", "x=1"), ("/collections/points", "x=1")),
        *(("/collections/points/items", f"{one}") for one in ("x=1", "Limit=1", "bbox=1,2,3", "limit=-1")),
        *(("/collections/points/items", f"{one}") for one in ("limit=a", "bbox=a,b,c,d", "bbox=1,2,3,4,5")),
        *(("/collections/points/items", f"{one}") for one in ("datetime=2026-02-30", "datetime=2026/2025")),
    ],
)
def test_unknown_and_invalid_parameters_are_refused(served: Served, path: str, query: str) -> None:
    """/conf/core/query-param-unknown, /conf/core/query-param-invalid"""
    answer = served.get(f"{path}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert query.partition("=")[0] in answer.text


# Part 1: HTML and OpenAPI 3.0


def test_every_resource_is_had_as_a_page(served: Served) -> None:
    """/conf/html/definition, /conf/html/content"""
    item = served.get("/collections/points/items?limit=1").json()["features"][0]["id"]
    for path in (
        *("/", "/conformance", "/collections", "/collections/points", "/collections/points/items"),
        f"/collections/points/items/{item}",
    ):
        answer = served.client.get(served.url + path, headers={"accept": "text/html"})
        assert answer.headers["content-type"].startswith("text/html"), path
        assert "<html" in answer.text and "<a " in answer.text, path


def test_the_definition_names_what_each_operation_answers(served: Served) -> None:
    """/conf/oas30/oas-definition-1, -2, /conf/oas30/oas-impl, completeness, exceptions-codes, security"""
    defined = definition(served)
    assert defined["info"]["title"] and defined["info"]["version"]
    names = [
        one["operationId"]
        for path in defined["paths"].values()
        for one in path.values()
        if "operationId" in one
    ]
    assert len(names) == len(set(names))
    for path in ("/", "/conformance", "/collections", "/collections/{id}", ITEMS, ITEMS + "/{fid}"):
        operation = defined["paths"][path]["get"]
        assert "200" in operation["responses"]
        address = path.replace("{id}", "points").replace("{fid}", "P000001")
        for media in operation["responses"]["200"]["content"]:
            answer = served.client.get(served.url + address, headers={"accept": media})
            assert answer.status_code == 200, (path, media)
            assert answer.headers["content-type"].partition(";")[0] == media.partition(";")[0], (path, media)
        refused = served.get(f"{address}?not-a-parameter=1")
        assert str(refused.status_code) in operation["responses"], path
        missing = {"/collections/{id}": "/collections/none", ITEMS: "/collections/none/items"}.get(path)
        if missing:
            assert str(served.get(missing).status_code) in operation["responses"], path
    schemes = defined["components"]["securitySchemes"]
    assert {one["type"] for one in schemes.values()} >= {"apiKey"}


# Part 2: Coordinate reference systems by reference


def test_frames_are_listed_for_every_collection(served: Served) -> None:
    """/conf/crs/crs-uri, fc-md-crs-list, fc-md-crs-list-global, fc-md-storageCrs and its -valid-value"""
    whole = served.get("/collections").json()
    for listed in collections(served):
        crs = [each for one in listed["crs"] for each in (whole["crs"] if one == "#/crs" else [one])]
        assert crs == served.get(f"/collections/{listed['id']}").json()["crs"]
        assert crs[0] == CRS84 and len(crs) == len(set(crs))
        assert listed["storageCrs"] in crs
        assert all(one.startswith("http://www.opengis.net/def/crs/") for one in crs)


def test_crs_and_bbox_crs_are_defined(served: Served) -> None:
    """/conf/crs/fc-bbox-crs-definition, /conf/crs/fc-crs-definition"""
    defined = definition(served)
    for path, name in ((ITEMS, "crs"), (ITEMS, "bbox-crs"), (ITEMS + "/{fid}", "crs")):
        found = parameter(defined, path, name)
        assert (found["in"], found.get("required", False)) == ("query", False)
        assert (found.get("style", "form"), found["explode"]) == ("form", False)
        assert found["schema"]["type"] == "string"
        assert found["schema"]["format"] == "uri"


def test_every_listed_frame_is_answered_in_its_own_axis_order(served: Served) -> None:
    """/conf/crs/crs-action, ogc-crs-header, ogc-crs-header-value, geojson, fc-crs-default-value, f-crs-…"""
    for collection in served.get("/collections/points").json(), served.get("/collections/areas").json():
        path = f"/collections/{collection['id']}/items"
        plain = served.get(path, params={"limit": 5})
        assert plain.headers["content-crs"] == f"<{CRS84}>"
        base = plain.json()["features"]
        for crs in collection["crs"]:
            answer = served.get(path, params={"limit": 5, "crs": crs})
            assert answer.headers["content-crs"] == f"<{crs}>"
            authority, _, code = crs.removeprefix("http://www.opengis.net/def/crs/").split("/")
            frame = "OGC:CRS84" if code == "CRS84" else f"{authority}:{code}"
            proj = pyproj.Transformer.from_crs("EPSG:4490", frame)
            for old, new in zip(base, answer.json()["features"], strict=True):
                assert old["id"] == new["id"]
                lon, lat = _first(old["geometry"]["coordinates"])
                expected = proj.transform(lat, lon)
                assert _first(new["geometry"]["coordinates"]) == pytest.approx(expected, abs=0.02, rel=1e-9)
            one = served.get(f"{path}/{base[0]['id']}", params={"crs": crs})
            assert one.headers["content-crs"] == f"<{crs}>"
            assert one.json()["geometry"] == answer.json()["features"][0]["geometry"]


def test_a_box_in_any_listed_frame_finds_the_same(served: Served) -> None:
    """/conf/crs/bbox-crs-action, fc-bbox-crs-valid-value, fc-bbox-crs-valid-defaultValue"""
    path, box = "/collections/points/items", (118.72, 36.81, 118.78, 36.87)
    west, south, east, north = box
    told = served.get(path, params={"bbox": ",".join(map(str, box)), "limit": 1000}).json()
    expected = {one["id"] for one in told["features"]}
    assert expected
    for crs in served.get("/collections/points").json()["crs"]:
        authority, _, code = crs.removeprefix("http://www.opengis.net/def/crs/").split("/")
        if authority == "EPSG" and pyproj.CRS.from_epsg(int(code)).is_projected:
            continue  # a box there is another area: tested against PROJ in test_api_items
        order = (west, south, east, north) if code == "CRS84" else (south, west, north, east)
        parameters = {"bbox": ",".join(map(str, order)), "bbox-crs": crs, "limit": 1000}
        found = served.get(path, params=parameters).json()["features"]
        assert {one["id"] for one in found} == expected, crs


@pytest.mark.parametrize("name", ["crs", "bbox-crs"])
@pytest.mark.parametrize("value", ["http://www.opengis.net/def/crs/EPSG/0/2000", "CRS84?", ""])
def test_frames_that_are_not_listed_are_refused(served: Served, name: str, value: str) -> None:
    """/conf/crs/fc-crs-valid-value, /conf/crs/fc-bbox-crs-valid-value"""
    for path in ("/collections/points/items", "/collections/points/items/P000001"):
        if name == "bbox-crs" and path.endswith("1"):
            continue
        answer = served.get(path, params={name: value, **({"bbox": "1,2,3,4"} if name != "crs" else {})})
        assert answer.status_code == 400
        assert name in json.dumps(answer.json(), ensure_ascii=False)


def _first(coordinates: Any) -> tuple[float, float]:
    while isinstance(coordinates[0], list):
        coordinates = coordinates[0]
    return coordinates[0], coordinates[1]
