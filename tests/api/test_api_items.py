"""Items over real HTTP: parameters, pages, frames, areas, conditions."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pyproj
import pytest
import shapely
from api_serving import AREAS, POINTS, Served

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = "/collections/points/items"


def ids(answer: dict) -> list[str]:
    return [feature["id"] for feature in answer["features"]]


def pages(served: Served, path: str, **params: object) -> list[dict]:
    """All pages, by following next links only."""
    found = []
    response = served.get(path, params=params)
    while True:
        assert response.status_code == 200, response.text
        found.append(response.json())
        following = [link["href"] for link in found[-1]["links"] if link["rel"] == "next"]
        if not following:
            return found
        response = served.get(following[0])


@pytest.mark.parametrize("limit", [1, 7, 100, 300, 10_000])
def test_pages_cover_all_exactly_once(served: Served, limit: int) -> None:
    if limit == 1:
        found = pages(served, "/collections/areas/items", limit=1)
        assert [each for page in found for each in ids(page)] == [area.code for area in AREAS]
        return
    found = pages(served, ITEMS, limit=limit)
    assert [each for page in found for each in ids(page)] == [point.code for point in POINTS]
    assert all(page["numberReturned"] == len(page["features"]) for page in found)
    assert all(page["numberMatched"] == len(POINTS) for page in found)
    assert found[-1]["features"]  # no empty page at the end


def test_default_and_largest_limit(served: Served) -> None:
    assert served.get(ITEMS).json()["numberReturned"] == 100
    assert served.get(ITEMS, params={"limit": 99_999}).json()["numberReturned"] == 300


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", ""),
        ("limit", "1e20"),
        ("limit", "9" * 5000),
        ("bbox", "nan,1,2,3"),
        ("bbox", "inf,1,2,3"),
        ("bbox", "1,2,3"),
        ("bbox", "1,2,3,4,5"),
        ("bbox", "1e20,1,2e20,3"),
        ("bbox", "118,37,119,36"),
        ("bbox", "118_0,36,119,37"),
        ("bbox", "0x10,36,119,37"),
        ("bbox", "a,b,c,d"),
        ("bbox", "118,36,119,37\0"),
        ("bbox", "," * 3),
        ("bbox-crs", EPSG + "4490"),
        ("crs", EPSG + "4547"),
        ("crs", "EPSG:9999999999999999"),
        ("crs", "'; drop table x; --"),
        ("datetime", "yesterday"),
        ("datetime", "2026-13-01"),
        ("datetime", "2026-01-02/2026-01-01"),
        ("datetime", "2026-01-01T00:00:00"),
        ("datetime", "a/b/c"),
        ("asof", "now()"),
        ("asof", "2026-01-01/2026-01-02"),
        ("after", "x"),
        ("after", "W10"),
        ("after", "bnVsbA"),
        ("after", "WzFlNDAwLDEsIngiXQ"),
        ("after", "é"),
        ("count", "yes"),
        ("f", "xml"),
        ("lang", "fr"),
        ("foo", "1"),
        ("owner", "王某"),
        ("floors", "abc"),
        ("floors", "1e20"),
        ("floors", "99999999999999999999"),
        ("floors", "1.5"),
        ("height", "nan"),
        ("height", "1e400"),
        ("listed", "1"),
        ("built", "zzz"),
        ("built", "20260101"),
        ("seen", "2026"),
        ("name", "a\0b"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(served: Served, parameter: str, value: str) -> None:
    response = served.get(ITEMS, params={parameter: value})
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["parameter"] == parameter
    assert problem["status"] == 400
    assert parameter in problem["zh"]
    assert parameter in problem["en"]
    assert len(response.content) < 3000


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=2",
        "%FF=1",
        "name=%FF",
        "name=%00",
        "&".join(f"a{number}=1" for number in range(100)),
        "=1",
        "name=%ED%A0%80",
    ],
)
def test_a_bad_query_is_refused(served: Served, query: str) -> None:
    response = served.get(f"{ITEMS}?{query}")
    assert response.status_code == 400, response.text
    assert response.json()["code"] == "bad-parameter"


@pytest.mark.parametrize("fid", ["nope", "1%00", "%FF", "a/b", "x" * 3000, "..%2f..%2fetc", "'--"])
def test_an_item_that_is_not_there_is_404(served: Served, fid: str) -> None:
    response = served.get(f"{ITEMS}/{fid}")
    assert response.status_code == 404, response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_an_unknown_layer_is_404(served: Served) -> None:
    for path in ("", "/items", "/items/x", "/schema", "/queryables", "/items/x/versions"):
        response = served.get(f"/collections/nowhere{path}")
        assert response.status_code == 404
        assert response.json()["code"] == "unknown-layer"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("code", "P000007", lambda p: p.code == "P000007"),
        ("name", "圣城街道 12 号", lambda p: p.name == "圣城街道 12 号"),
        ("floors", "3", lambda p: p.floors == 3),
        ("listed", "true", lambda p: p.floors % 2 == 0),
        ("height", "3.5", lambda p: False),
        ("built", "2020-01-01", lambda p: False),
    ],
)
def test_property_filters(served: Served, name: str, value: str, expected) -> None:
    answer = served.get(ITEMS, params={name: value, "limit": 1000}).json()
    assert ids(answer) == [point.code for point in POINTS if expected(point)]
    assert answer["numberMatched"] == len(answer["features"])


@pytest.mark.parametrize(
    "box", [(118.6, 36.8, 118.9, 37.1), (118.0, 36.0, 120.0, 38.0), (0.0, 0.0, 1.0, 1.0), (118.7, 36.9) * 2]
)
def test_bbox_of_points_against_shapely(served: Served, box: tuple[float, ...]) -> None:
    area = shapely.box(*box)
    expected = [point.code for point in POINTS if shapely.intersects(area, point.geometry)]
    text = ",".join(map(str, box))
    assert ids(served.get(ITEMS, params={"bbox": text, "limit": 1000}).json()) == expected
    west, south, east, north = box
    six = f"{west},{south},-100,{east},{north},9000"
    assert ids(served.get(ITEMS, params={"bbox": six, "limit": 1000}).json()) == expected


def test_bbox_is_exact_where_the_index_is_not(served: Served) -> None:
    """``&&`` compares single-precision boxes: 1e-7° beside a point is the same to it."""
    point = POINTS[5].geometry
    near = f"{point.x + 1e-7},{point.y - 0.1},{point.x + 0.1},{point.y + 0.1}"
    onto = f"{point.x},{point.y},{point.x},{point.y}"
    assert POINTS[5].code not in ids(served.get(ITEMS, params={"bbox": near, "limit": 1000}).json())
    assert POINTS[5].code in ids(served.get(ITEMS, params={"bbox": onto}).json())


def test_bbox_over_the_180th_meridian(served: Served) -> None:
    whole = served.get(ITEMS, params={"bbox": "118.8,30,-170,40", "limit": 1000}).json()
    assert ids(whole) == [point.code for point in POINTS if point.geometry.x >= 118.8]


def test_a_polygon_is_tested_by_its_shape_not_its_box(served: Served) -> None:
    edge = AREAS[3].geometry.bounds
    beside = f"{edge[2] + 1e-7},36.7,{edge[2] + 2e-7},36.9"
    assert ids(served.get("/collections/areas/items", params={"bbox": beside}).json()) == []
    touching = f"{edge[2]},36.7,{edge[2]},36.9"
    assert ids(served.get("/collections/areas/items", params={"bbox": touching}).json()) == [AREAS[3].code]


def test_features_without_a_place_always_match(served: Served) -> None:
    answer = served.get("/collections/notes/items", params={"bbox": "0,0,1,1"}).json()
    assert len(answer["features"]) == 5
    assert answer["features"][0]["geometry"] is None


@pytest.mark.parametrize("code", [4490, 4326, 4549, 4528, 3857])
def test_crs_and_axis_order_against_proj(served: Served, code: int) -> None:
    """PROJ without ``always_xy`` gives the order of the authority."""
    source = "EPSG:4326" if code in (4326, 3857) else "EPSG:4490"
    proj = pyproj.Transformer.from_crs(source, f"EPSG:{code}")
    response = served.get(ITEMS, params={"crs": f"{EPSG}{code}", "limit": 300})
    assert response.headers["content-crs"] == f"<{EPSG}{code}>"
    tolerance = 2e-9 if code in (4490, 4326) else 2e-4
    for feature, point in zip(response.json()["features"], POINTS, strict=True):
        assert feature["id"] == point.code
        assert feature["properties"]["code"] == point.code
        expected = proj.transform(point.geometry.y, point.geometry.x)
        assert feature["geometry"]["coordinates"] == pytest.approx(expected, abs=tolerance)


def test_default_frame_is_longitude_first(served: Served) -> None:
    for params in ({}, {"crs": CRS84}):
        response = served.get(f"{ITEMS}/P000003", params=params)
        assert response.headers["content-crs"] == f"<{CRS84}>"
        assert response.json()["geometry"]["coordinates"] == pytest.approx(POINTS[3].geometry.coords[0])


@pytest.mark.parametrize("code", [4490, 4326, 4549, 4528, 3857])
def test_bbox_crs_against_proj(served: Served, code: int) -> None:
    """A rectangle of that frame, in its own axis order, holds what PROJ says it holds."""
    source = "EPSG:4326" if code in (4326, 3857) else "EPSG:4490"
    proj = pyproj.Transformer.from_crs(source, f"EPSG:{code}")
    low, high = proj.transform(36.90, 118.65), proj.transform(37.15, 118.95)
    inside = []
    for point in POINTS:
        first, second = proj.transform(point.geometry.y, point.geometry.x)
        if low[0] <= first <= high[0] and low[1] <= second <= high[1]:
            inside.append(point.code)
    assert 20 < len(inside) < 200
    box = ",".join(map(repr, (*low, *high)))
    params = {"bbox": box, "bbox-crs": f"{EPSG}{code}", "limit": 1000}
    assert ids(served.get(ITEMS, params=params).json()) == inside


@pytest.mark.parametrize("code", [4549, 4528, 3857])
def test_a_projected_box_of_the_world_holds_all(served: Served, code: int) -> None:
    """A client zoomed far out."""
    params = {"bbox": "-9e7,-9e7,9e7,9e7", "bbox-crs": f"{EPSG}{code}", "limit": 1000}
    assert len(served.get(ITEMS, params=params).json()["features"]) == len(POINTS)


def test_a_box_without_the_zone_prefix_is_explained(served: Served) -> None:
    params = {"bbox": "4080000,390000,4090000,400000", "bbox-crs": f"{EPSG}4528"}
    response = served.get(ITEMS, params=params)
    assert response.status_code == 400
    assert "带号" in response.json()["zh"]


@pytest.mark.parametrize(
    "spelling", ["[EPSG:4490]", "urn:ogc:def:crs:EPSG::4490", EPSG.replace("http:", "https:") + "4490"]
)
def test_other_spellings_of_a_frame(served: Served, spelling: str) -> None:
    response = served.get(ITEMS, params={"crs": spelling})
    assert response.headers["content-crs"] == f"<{EPSG}4490>"


@pytest.mark.parametrize(
    "path", [ITEMS, f"{ITEMS}/P000001", f"{ITEMS}?limit=10&floors=3", "/collections", "/"]
)
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_conditional_requests(served: Served, path: str, coding: str) -> None:
    first = served.get(path, headers={"accept-encoding": coding})
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    again = served.get(path, headers={"accept-encoding": coding})
    if again.headers["etag"] == tag:  # the minute may have turned in between
        assert again.content == first.content
        held = served.get(path, headers={"accept-encoding": coding, "if-none-match": f'"other", {tag}'})
        assert held.status_code == 304
        assert held.content == b""
        assert held.headers["etag"] == tag
    assert served.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_each_representation_has_its_own_tag(served: Served) -> None:
    def tag(coding: str = "identity", **params: str) -> str:
        return served.get(f"{ITEMS}/P000001", params=params, headers={"accept-encoding": coding}).headers[
            "etag"
        ]

    tags = {tag(), tag(f="html"), tag(crs=f"{EPSG}4490"), tag(crs=f"{EPSG}4549")}
    page = {
        served.get(ITEMS, headers={"accept-encoding": c}).headers["etag"] for c in ("identity", "gzip", "br")
    }
    assert len(tags) == 4
    assert len(page) == 3


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("br;q=0, gzip", "gzip"), ("identity", None)],
)
def test_compression(served: Served, accepted: str, chosen: str | None) -> None:
    plain = served.get(ITEMS, headers={"accept-encoding": "identity"})
    packed = served.get(ITEMS, headers={"accept-encoding": accepted})
    assert packed.headers.get("content-encoding") == chosen
    assert "Accept-Encoding" in packed.headers["vary"]
    assert packed.json()["features"] == plain.json()["features"]
    if chosen:
        assert int(packed.headers["content-length"]) < len(plain.content) / 4


def test_methods(served: Served) -> None:
    head = served.client.head(ITEMS)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "application/geo+json"
    options = served.client.options(
        ITEMS, headers={"access-control-request-method": "GET", "origin": "http://a"}
    )
    assert (options.status_code, options.content) == (200, b"")
    assert options.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert options.headers["access-control-allow-origin"] == "*"
    for method in ("PUT", "PATCH", "DELETE"):
        refused = served.client.request(method, ITEMS)
        assert refused.status_code == 405
        assert refused.headers["allow"] == "GET, HEAD, POST, OPTIONS"
        assert refused.headers["content-type"] == "application/problem+json"
    assert served.client.request("BREW", ITEMS).status_code == 405


def test_accept_and_language(served: Served) -> None:
    html = served.get(ITEMS, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert html.headers["content-type"].startswith("text/html")
    assert html.headers["content-security-policy"].startswith("default-src 'none'")
    assert "测试图层" in html.text
    assert served.get(ITEMS, headers={"accept": "application/geo+json"}).json()["type"] == "FeatureCollection"
    assert served.get(ITEMS, headers={"accept": "image/png"}).status_code == 406
    english = served.get(f"{ITEMS}?limit=0", headers={"accept-language": "en-GB,zh;q=0.5"}).json()
    chinese = served.get(f"{ITEMS}?limit=0", headers={"accept-language": "zh-CN"}).json()
    assert english["detail"] == english["en"] != chinese["detail"] == chinese["zh"]


def test_synthetic_data_is_stamped_everywhere(served: Served) -> None:
    assert served.get("/collections/areas/items").json()["onemap:synthetic"] == "合成数据"
    assert served.get("/collections/areas").json()["onemap:synthetic"] == "合成数据"
    for path in (
        "/collections/areas/items",
        "/collections/areas",
        "/collections",
        "/",
        "/collections/areas/items/Q001",
    ):
        assert "合成数据" in served.get(path, params={"f": "html"}).text
    assert "合成数据" not in served.get("/collections/points/items", params={"f": "html"}).text


def test_links_repeat_what_was_asked(served: Served) -> None:
    params = {"floors": "3", "limit": "2", "crs": f"{EPSG}4490", "bbox": "118,36,120,38", "lang": "en"}
    links = {link["rel"]: link for link in served.get(ITEMS, params=params).json()["links"]}
    following = parse_qs(urlsplit(links["next"]["href"]).query)
    assert {name: value for name, (value,) in following.items() if name != "after"} == params
    assert links["self"]["type"] == "application/geo+json"
    assert links["alternate"]["href"].endswith("f=html")


def test_no_field_that_is_not_public_shows(served: Served) -> None:
    for path in (
        ITEMS,
        f"{ITEMS}/P000001",
        f"{ITEMS}/P000001/versions",
        "/collections/points",
        "/openapi.json",
    ):
        text = served.get(path).text
        assert "王某" not in text
        assert "owner" not in text
    assert "权利人" not in served.get("/collections/points/schema").text


def test_hostile_markup_in_data_is_escaped(served: Served) -> None:
    response = served.get(ITEMS, params={"f": "html", "name": "<script>alert(1)</script>"})
    assert response.status_code == 200
    assert "<script>" not in response.text
