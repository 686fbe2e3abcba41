"""Bodies that are wrong: each refused at once, with the member named, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from api_serving import Served
from edit_requests import GEOJSON, PATCH, address, feature, match, patch, post, put
from patience import at_once

RING = [[118.8, 36.9], [118.81, 36.9], [118.81, 36.91], [118.8, 36.91], [118.8, 36.9]]
BOWTIE = [[118.8, 36.9], [118.81, 36.91], [118.81, 36.9], [118.8, 36.91], [118.8, 36.9]]


@pytest.fixture(autouse=True)
def nothing_written(edited: Served) -> Iterator[None]:
    """Whatever was refused left the ledger alone."""
    newest = edited.get("/changesets?limit=1").json()["changesets"][0]["id"]
    yield
    assert edited.get("/changesets?limit=1").json()["changesets"][0]["id"] == newest


def refusal(edited: Served, body: bytes, layer: str = "points", kind: dict[str, str] = GEOJSON) -> Any:
    response = at_once(
        lambda: edited.client.post(f"/collections/{layer}/items", content=body, headers=kind), 1.0
    )
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert told["zh"] and told["en"]
    return response.status_code, told.get("where"), told["code"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"type":"Feature","geometry":null,"properties":{"code":"\xb2\xe2\xca\xd4"}}',  # GBK
        b'{"type":"Feature","geometry":null,"properties":{"code":"\xe9"}}',  # Latin-1
        b'{"type":"Feature","geometry":null,"properties":{"code":"\\ud800"}}',
        b'{"type":"Feature","geometry":null,"properties":{"height":NaN}}',
        b'{"type":"Feature","geometry":null,"properties":{"height":1e999}}',
        b'{"type":"Feature","geometry":null,"properties":{"code":"a","code":"b"}}',
        b'{"type":"Feature","type":"Feature","geometry":null,"properties":{}}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 900 + b"]" * 900 + b"x",
        b"\xef\xbb\xbf{}",
    ],
    ids=range(14),
)
def test_what_is_no_sound_json(edited: Served, body: bytes) -> None:
    assert refusal(edited, body) == (400, None, "unreadable-document")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"type": "Thing"}, "type"),
        ({"type": None}, "type"),
        ({"geometry": None}, "geometry"),
        ({"geometry": []}, "geometry"),
        ({"geometry": "POINT (118.8 36.9)"}, "geometry"),
        ({"geometry": {"type": "Circle", "coordinates": [118.8, 36.9]}}, "geometry"),
        ({"geometry": {"type": "Point"}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": []}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [118.8]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [118.8, 36.9, 20]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": ["118.8", 36.9]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [True, 36.9]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [None, 36.9]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [181, 36.9]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [36.9, 118.8]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [1e300, 36.9]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [116.4, 39.9]}}, "geometry"),
        ({"geometry": {"type": "LineString", "coordinates": RING}}, "geometry"),
        ({"geometry": {"type": "MultiPoint", "coordinates": RING}}, "geometry"),
        ({"geometry": {"type": "GeometryCollection", "geometries": []}}, "geometry"),
        ({"properties": []}, "properties"),
        ({"properties": "x"}, "properties"),
        ({"properties": None}, "properties.code"),
        ({"crs": {"type": "name", "properties": {"name": "EPSG:4549"}}}, "crs"),
        ({"place": {"type": "Point", "coordinates": [4e6, 4e5]}}, "place"),
        ({"coordRefSys": "http://www.opengis.net/def/crs/EPSG/0/4549"}, "coordRefSys"),
        ({"time": {"date": "2026-01-01"}}, "time"),
        ({"id": "other"}, "id"),
        ({"id": {"a": 1}}, "id"),
    ],
)
def test_members_of_a_feature(edited: Served, change: dict[str, Any], where: str) -> None:
    body = json.dumps(feature("B1") | change).encode()
    assert refusal(edited, body) == (422, where, "feature-rejected")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nonsense", 1),
        ("owner", "王某"),  # exists, and is not this asker's to know
        ("\0", 1),
        ("floors", "3"),
        ("floors", 3.5),
        ("floors", True),
        ("floors", 2**63),
        ("floors", 10**30),
        ("floors", [1]),
        ("height", "2.5"),
        ("height", {}),
        ("listed", "true"),
        ("listed", 1),
        ("built", "2026-02-30"),
        ("built", "20260201"),
        ("built", "2026-02-01T00:00:00Z"),
        ("seen", "2026-02-01T00:00:00"),
        ("seen", 1767225600),
        ("seen", "infinity"),
        ("name", 5),
        ("name", "a\0b"),
        ("name", "长" * 201),
        ("name", "x" * 20_000),
        ("changeset", 5),
        ("valid_from", "yesterday"),
        ("valid_from", 5),
        ("valid_to", "2020-01-01"),
        ("code", ""),
        ("code", "x" * 41),
        ("code", " x"),
        ("code", "a\nb"),
        ("code", "a\0b"),
    ],
)
def test_values_of_properties(edited: Served, name: str, value: object) -> None:
    body = feature("B2")
    body["properties"][name] = value
    status, where, code = refusal(edited, json.dumps(body).encode())
    assert (status, code) == (422, "feature-rejected")
    named = {"\0": "properties.�"}.get(name, f"properties.{name}")
    assert where in ((named, "id") if name == "code" else (named,))


@pytest.mark.parametrize(
    "coordinates",
    [
        [],
        [[]],
        [[[118.8, 36.9]]],
        [RING[:3]],
        [RING[:4]],
        [BOWTIE],
        [RING, [[118.9, 36.95], [118.91, 36.95], [118.91, 36.96], [118.9, 36.95]]],  # a hole outside
        [[[x + 10, y] for x, y in RING]],
        RING,
        [[RING]],
    ],
    ids=["none", "empty", "one", "open-3", "open-4", "bowtie", "hole", "far", "flat", "deep"],
)
def test_polygons(edited: Served, coordinates: object) -> None:
    body = feature("B3") | {"geometry": {"type": "Polygon", "coordinates": coordinates}}
    assert refusal(edited, json.dumps(body).encode(), "areas") == (
        422,
        "geometry",
        "feature-rejected",
    )


def test_the_rules_of_the_contract_hold_as_for_a_delivery(edited: Served) -> None:
    good = {"code": "W9001", "name": "井一", "kind": "1", "depth": 12.5}
    cases: list[tuple[dict[str, object], str, str]] = [
        ({"code": "X1"}, "properties.code", "pattern:code"),
        ({"name": None}, "properties.name", "required:name"),
        ({"name": "一二三四五六七八九"}, "properties.name", "max-length:name"),
        ({"kind": "9"}, "properties.kind", "code:kind"),
        ({"depth": -1}, "properties.depth", "minimum:depth"),
        ({"depth": 501}, "properties.depth", "maximum:depth"),
    ]
    for change, where, rule in cases:
        body = feature(None)
        body["properties"] = good | change
        refused = post(edited, body, "strict").json()
        assert (refused["where"], refused["faults"][0]["rule"]) == (where, rule.partition(":")[0])
    wrong = feature(None)
    wrong["properties"] = good | {"kind": "9", "depth": 501}
    assert {fault["where"] for fault in post(edited, wrong, "strict").json()["faults"]} == {
        "properties.kind",
        "properties.depth",
    }


def test_a_body_beyond_the_limit(edited: Served) -> None:
    ring = ",".join(f"[118.8,{36.9 + n / 1e8:.8f}]" for n in range(1_000_000))
    body = f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}'
    response = edited.client.post("/collections/areas/items", content=body.encode(), headers=GEOJSON)
    assert response.status_code == 413


def test_a_body_at_the_limit_is_answered_in_time(edited: Served) -> None:
    """A megabyte of vertices: a comb that crosses itself nowhere, then one that does."""
    ring = [[round(118.8 + n * 1e-6, 7), 36.9 + (n % 2) * 1e-3] for n in range(40_000)]
    body = feature("B4") | {"geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}
    assert at_once(lambda: post(edited, body, "areas"), 5.0).status_code in (413, 422)
    many = {"type": "FeatureCollection", "features": [{"type": "Feature"}] * 30_000}
    refused = at_once(lambda: post(edited, many), 5.0)
    assert (refused.status_code, len(refused.json()["faults"])) == (422, 100)


@pytest.mark.parametrize("body", [[], 1, "x", {"properties": []}, {"properties": 5}, {"type": "Thing"}])
def test_patches_that_are_none(edited: Served, body: object) -> None:
    response = patch(edited, "P000001", body, headers={"if-match": "*"})
    assert response.status_code == 422
    assert response.json()["where"] in ("(body)", "properties", "type")


@pytest.mark.parametrize("body", [[], 1, "x", {}, {"type": "FeatureCollection", "features": []}])
def test_documents_that_are_no_features(edited: Served, body: object) -> None:
    assert post(edited, body).status_code in (400, 422)
    assert put(edited, "P000001", body, headers={"if-match": "*"}).status_code == 422


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"undeclared": "1"}, "undeclared"),
        ({"valid-from": "yesterday"}, "valid-from"),
        ({"crs": "EPSG:1"}, "crs"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "a\nb"}, "reason"),
        ({"datetime": "2026-01-01"}, "datetime"),
    ],
)
def test_parameters(edited: Served, params: dict[str, str], parameter: str) -> None:
    for response in (
        post(edited, feature("B5"), params=params),
        put(edited, "P000001", feature(None), headers={"if-match": "*"}, params=params),
        patch(edited, "P000001", {}, headers={"if-match": "*"}, params=params),
        edited.client.delete(address("P000001"), headers={"if-match": "*"}, params=params),
    ):
        assert (response.status_code, response.json()["parameter"]) == (400, parameter)


def test_a_reason_that_is_no_text(edited: Served) -> None:
    response = post(edited, feature("B6"), headers={"onemap-reason": b"\xff\xfe"})
    assert (response.status_code, response.json()["parameter"]) == (400, "Onemap-Reason")


@pytest.mark.parametrize("fid", ["a\0b", "x" * 201, " x", "a\tb"])
def test_identities_no_feature_may_have(edited: Served, fid: str) -> None:
    refused = put(edited, fid, feature(None))
    assert (refused.status_code, refused.json()["where"]) in ((422, "id"), (422, "properties.code"))
    assert patch(edited, fid, {}, headers={"if-match": "*"}).status_code in (404, 422)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        '"',
        '"x"',
        "W/",
        '"P000001.1"',
        '"P000001.-1.0.l"',
        '"P000001.1.zz.l"',
        '"P000001.1.0.lonlat"',
        f'"P000001.{10**30}.0.l"',
        f'"P000001.1.{"f" * 40}.l"',
    ],
)
def test_tags_that_name_nothing(edited: Served, tag: str) -> None:
    response = patch(edited, "P000001", {"properties": {"floors": 1}}, headers=match(tag))
    assert (response.status_code, response.json()["code"]) == (412, "stale-version")


def test_unknown_layers_and_methods(edited: Served) -> None:
    assert post(edited, feature("x"), "nowhere").status_code == 404
    assert edited.client.post(address("P000001"), headers=GEOJSON, content=b"{}").status_code == 405
    assert edited.client.put("/collections/points/items", headers=PATCH, content=b"{}").status_code == 405
