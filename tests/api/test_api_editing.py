"""Create, replace, update, remove over HTTP, by the requirements of Part 4 and the two axes of time."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from api_serving import Served, publish, server
from edit_requests import (
    GEOJSON,
    ITEMS,
    address,
    delete,
    edited_server,
    feature,
    made,
    match,
    patch,
    post,
    put,
)
from serving import ROOT

from spatial.catalogue.declaration import read_toml
from spatial.database import connect
from spatial.history import ledger

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture(scope="module")
def edited(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("editing") / "server.log"
    with edited_server(server_dsn, template, log) as running:
        yield running
        with connect(running.dsn) as connection:
            assert ledger.verify(connection).ok


def test_a_new_item_is_where_it_is_said_to_be(edited: Served) -> None:
    sent = feature("新/1", name="新建", floors=3, height=2.5, listed=True, built="2020-02-29")
    response = post(edited, sent)
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["location"] == edited.url + address("新/1")
    got = edited.get(response.headers["location"])
    assert got.headers["etag"] == response.headers["etag"]
    found = got.json()
    assert found["id"] == "新/1"
    assert found["geometry"] == sent["geometry"]
    assert sent["properties"].items() <= found["properties"].items()
    assert found["properties"]["seen"] is None
    again = post(edited, sent)
    assert again.status_code == 409
    assert again.json()["code"] == "feature-exists"


def test_representation_or_nothing_as_preferred(edited: Served) -> None:
    shown = post(edited, feature("R1"), headers={"prefer": "return=representation"})
    assert shown.status_code == 201
    assert shown.headers["preference-applied"] == "return=representation"
    assert shown.json() == edited.get(address("R1")).json()
    changed = patch(
        edited,
        "R1",
        {"properties": {"name": "x"}},
        headers=match(shown.headers["etag"]) | {"prefer": "return=representation"},
        params={"crs": f"{EPSG}4549"},
    )
    assert changed.status_code == 200
    assert changed.headers["content-crs"] == f"<{EPSG}4549>"
    assert changed.json() == edited.get(address("R1"), params={"crs": f"{EPSG}4549"}).json()
    quiet = patch(
        edited, "R1", {"properties": {"name": "y"}}, headers={"if-match": "*", "prefer": "return=minimal"}
    )
    assert (quiet.status_code, quiet.content) == (204, b"")


def test_a_collection_is_one_changeset_or_none(edited: Served) -> None:
    many = {"type": "FeatureCollection", "features": [feature(f"C{n}", floors=n) for n in range(20)]}
    response = post(edited, many)
    assert response.status_code == 201
    told = response.json()
    assert [each["id"] for each in told["items"]] == [f"C{n}" for n in range(20)]
    assert response.headers["location"] == f"{edited.url}/changesets/{told['changeset']}"
    assert edited.get(f"/changesets/{told['changeset']}").json()["opened"] == 20
    assert edited.get(told["items"][7]["href"]).json()["properties"]["changeset"] == told["changeset"]
    newest = edited.get("/changesets?limit=1").json()["changesets"][0]["id"]
    half = {"type": "FeatureCollection", "features": [feature("D1"), feature("C3"), feature("D2")]}
    assert post(edited, half).status_code == 409
    twice = {"type": "FeatureCollection", "features": [feature("E1"), feature("E1")]}
    assert post(edited, twice).status_code == 422
    far = {"type": "FeatureCollection", "features": [feature("F1"), feature("F2", lon=100.0)]}
    refused = post(edited, far)
    assert refused.status_code == 422
    assert (refused.json()["faults"][0]["feature"], refused.json()["where"]) == (2, "geometry")
    assert edited.get("/changesets?limit=1").json()["changesets"][0]["id"] == newest
    assert all(edited.get(address(fid)).status_code == 404 for fid in ("D1", "E1", "F1"))


def test_what_get_gave_is_taken_back_unchanged(edited: Served) -> None:
    """In every frame and with all members, read-only ones too: that is no change, and no changeset."""
    tag = made(edited, "同", lon=118.812345678, lat=36.912345678, name="同", seen="2026-03-01T08:00:00Z")
    for crs in (None, "4490", "4326", "4549", "4528"):
        params = {} if crs is None else {"crs": f"{EPSG}{crs}"}
        got = edited.get(address("同"), params=params)
        headers = match(got.headers["etag"]) | {"content-crs": got.headers["content-crs"]}
        back = put(edited, "同", got.json(), headers=headers)
        assert back.status_code == 204, back.text
        assert back.headers["etag"] == tag, crs
    assert len(edited.get(f"{address('同')}/versions").json()["features"]) == 1


@pytest.mark.parametrize(
    ("crs", "coordinates", "within_deg"),
    [
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", [118.7909, 36.856], 0),
        (f"{EPSG}4490", [36.856, 118.7909], 0),
        (f"{EPSG}4326", [36.856, 118.7909], 0),
        # PROJ 9: cs2cs EPSG:4490 EPSG:4549, the doctest of spatial.datum.move
        (f"{EPSG}4549", [4081212.8726, 392171.1071], 2e-9),
        (f"{EPSG}4528", [4081212.8726, 40392171.1071], 2e-9),
    ],
)
def test_bodies_in_any_frame_offered(
    edited: Served, crs: str, coordinates: list[float], within_deg: float
) -> None:
    fid = f"crs{crs[-4:]}"
    body = feature(fid) | {"geometry": {"type": "Point", "coordinates": coordinates}}
    assert post(edited, body, headers={"content-crs": f"<{crs}>"}).status_code == 201
    stored = edited.get(address(fid)).json()["geometry"]["coordinates"]
    assert stored == pytest.approx([118.7909, 36.856], abs=within_deg or 1e-12)


def test_swapped_or_unknown_frames_are_refused(edited: Served) -> None:
    swapped = post(edited, feature("S1"), headers={"content-crs": f"<{EPSG}4490>"})
    assert (swapped.status_code, swapped.json()["where"]) == (422, "geometry")
    unknown = post(edited, feature("S1"), headers={"content-crs": f"<{EPSG}2154>"})
    assert (unknown.status_code, unknown.json()["parameter"]) == (400, "Content-Crs")
    prefix = feature("S1") | {"geometry": {"type": "Point", "coordinates": [4081212.8, 392171.1]}}
    assert post(edited, prefix, headers={"content-crs": f"<{EPSG}4528>"}).status_code == 422
    assert edited.get(address("S1")).status_code == 404


def test_put_creates_where_the_layer_has_a_key(edited: Served) -> None:
    assert edited.get("/collections/points").json()["supportsNonAutogeneratedResourceIds"] is True
    new = put(edited, "P/u?t", feature(None, name="x"))
    assert new.status_code == 201
    assert new.headers["location"] == edited.url + address("P/u?t")
    assert edited.get(address("P/u?t")).json()["properties"]["code"] == "P/u?t"
    assert put(edited, "Q9", feature(None), headers=match('"xyz"')).status_code == 412
    assert edited.get(address("Q9")).status_code == 404
    assert put(edited, "Q9", feature(None), headers={"if-none-match": "*"}).status_code == 201
    once = put(edited, "Q9", feature(None), headers={"if-none-match": "*"})
    assert once.status_code == 412
    assert once.json()["theirs"]["id"] == "Q9"


def test_the_platform_gives_identities_where_the_layer_has_no_key(edited: Served) -> None:
    assert edited.get("/collections/loose").json()["supportsNonAutogeneratedResourceIds"] is False
    first = post(edited, feature(None, name="甲"), "loose")
    assert first.status_code == 201
    fid = first.headers["location"].rpartition("/")[2]
    assert uuid.UUID(fid).version == 7
    assert post(edited, feature(None) | {"id": "mine"}, "loose").status_code == 422
    other = str(uuid.uuid4())
    for response in (
        put(edited, other, feature(None), "loose"),
        put(edited, other, feature(None), "loose", headers=match('"xyz"')),
        patch(edited, other, {}, "loose"),
        delete(edited, other, "loose"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "no-such-item")
    assert put(edited, fid, feature(None, name="乙"), "loose", headers={"if-match": "*"}).status_code == 204
    assert edited.get(address(fid, "loose")).json()["properties"]["name"] == "乙"


def test_the_identity_is_one(edited: Served) -> None:
    tag = made(edited, "I1")
    cases = [
        (put(edited, "I1", feature("I2"), headers=match(tag)), "properties.code"),
        (put(edited, "I1", feature("I1") | {"id": "I2"}, headers=match(tag)), "id"),
        (patch(edited, "I1", {"properties": {"code": "I2"}}, headers=match(tag)), "properties.code"),
        (patch(edited, "I1", {"properties": {"code": None}}, headers=match(tag)), "properties.code"),
        (patch(edited, "I1", {"id": "I2"}, headers=match(tag)), "id"),
        (post(edited, feature("I3") | {"id": "I4"}), "id"),
        (post(edited, feature(None)), "properties.code"),
    ]
    for response, where in cases:
        assert (response.status_code, response.json()["where"]) == (422, where)
    assert post(edited, feature(None) | {"id": "I5"}).status_code == 201
    assert edited.get(address("I5")).json()["properties"]["code"] == "I5"
    assert edited.get(address("I1")).headers["etag"] == tag


def test_a_patch_is_a_merge_patch(edited: Served) -> None:
    """RFC 7396: named members replace, null removes, the others stay."""
    made(edited, "M1", name="甲", floors=3, height=2.5, listed=True)
    change = {"properties": {"floors": 4, "height": None}, "geometry": {"coordinates": [118.9, 36.95]}}
    assert patch(edited, "M1", change, headers={"if-match": "*"}).status_code == 204
    found = edited.get(address("M1")).json()
    wanted = {"name": "甲", "floors": 4, "height": None, "listed": True}
    assert wanted.items() <= found["properties"].items()
    assert found["geometry"] == {"type": "Point", "coordinates": [118.9, 36.95]}
    whole = {"geometry": {"type": "Point", "coordinates": [4081212.8726, 392171.1071]}}
    headers = {"if-match": "*", "content-crs": f"<{EPSG}4549>"}
    assert patch(edited, "M1", whole, headers=headers).status_code == 204
    assert edited.get(address("M1")).json()["geometry"]["coordinates"] == pytest.approx([118.7909, 36.856])
    gone = patch(edited, "M1", {"geometry": None}, headers={"if-match": "*"})
    assert (gone.status_code, gone.json()["where"]) == (422, "geometry")
    empty = patch(edited, "M1", {}, headers={"if-match": "*"})
    assert empty.status_code == 204
    assert empty.headers["etag"] == edited.get(address("M1")).headers["etag"]


def test_a_removed_item_keeps_its_past(edited: Served) -> None:
    tag = made(edited, "X/1", name="旧")
    before = edited.get(address("X/1")).json()["properties"]["valid_from"]
    assert delete(edited, "X/1").status_code == 428
    assert delete(edited, "X/1", headers=match('"0"')).status_code == 412
    assert delete(edited, "X/1", headers=match(tag)).status_code == 204
    assert edited.get(address("X/1")).status_code == 404
    assert delete(edited, "X/1", headers=match(tag)).status_code == 404
    assert patch(edited, "X/1", {}, headers=match(tag)).status_code == 404
    then = edited.get(address("X/1"), params={"datetime": before}).json()
    assert then["properties"]["name"] == "旧"
    assert made(edited, "X/1", name="新") != tag
    assert edited.get(address("X/1")).json()["properties"]["name"] == "新"


def test_since_when_an_edit_is_true(edited: Served) -> None:
    """The parameter, else the feature's own valid_from, else now."""
    made(edited, "T1", name="一", valid_from="2026-01-01")
    tag = edited.get(address("T1")).headers["etag"]
    told = patch(
        edited, "T1", {"properties": {"name": "三"}}, headers=match(tag), params={"valid-from": "2026-03-01"}
    )
    assert told.status_code == 204

    def name(day: str) -> str:
        return edited.get(address("T1"), params={"datetime": day}).json()["properties"]["name"]

    assert [name(day) for day in ("2026-02-01", "2026-03-01", "2026-09-01")] == ["一", "三", "三"]
    january = edited.get(address("T1"), params={"datetime": "2026-01-15"})
    corrected = january.json()
    corrected["properties"]["name"] = "更正"
    back = put(edited, "T1", corrected, headers=match(january.headers["etag"]))
    assert back.status_code == 204, back.text
    assert [name(day) for day in ("2026-02-01", "2026-03-01", "2026-09-01")] == ["更正", "三", "三"]
    now = edited.get(address("T1"))
    earlier = patch(
        edited,
        "T1",
        {"properties": {"name": "错"}},
        headers=match(now.headers["etag"]),
        params={"valid-from": "2026-01-15"},
    )
    assert earlier.status_code == 412, "the version of January is another one"
    versions = edited.get(f"{address('T1')}/versions").json()["features"]
    assert {each["properties"]["name"] for each in versions} == {"一", "三", "更正"}


def test_an_edit_does_not_reach_into_what_is_planned(edited: Served) -> None:
    made(edited, "L1", name="今")
    later = {"properties": {"name": "后"}}
    planned = patch(edited, "L1", later, headers={"if-match": "*"}, params={"valid-from": "2099-01-01"})
    assert planned.status_code == 204
    got = edited.get(address("L1"))
    assert got.json()["properties"]["valid_to"] == "2099-01-01T00:00:00+08:00"
    changed = patch(edited, "L1", {"properties": {"name": "改"}}, headers=match(got.headers["etag"]))
    assert changed.status_code == 204
    assert edited.get(address("L1")).json()["properties"]["name"] == "改"
    later = edited.get(address("L1"), params={"datetime": "2099-06-01"}).json()
    assert later["properties"]["name"] == "后"
    term = feature("L2", valid_from="2026-01-01", valid_to="2026-02-01")
    assert post(edited, term).status_code == 201
    assert edited.get(address("L2")).status_code == 404
    assert edited.get(address("L2"), params={"datetime": "2026-01-31"}).status_code == 200


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "在线编辑 online edit"),
        ({"params": {"reason": "实地核查"}}, "实地核查"),
        ({"headers": {"onemap-reason": quote("村民来访")}}, "村民来访"),
        ({"headers": {"onemap-reason": "UTF-8''" + quote("换证 50%")}}, "换证 50%"),
        ({"headers": {"onemap-reason": "直接".encode()}}, "直接"),
    ],
)
def test_the_ledger_knows_who_and_why(edited: Served, options: dict[str, Any], reason: str) -> None:
    said = {"author": "forged", "department": "forged", **options.get("headers", {})}
    response = post(edited, feature(f"W{reason}"), headers=said, params=options.get("params", {}))
    assert response.status_code == 201
    entry = edited.get("/changesets?limit=1").json()["changesets"][0]
    assert entry["reason"] == reason
    assert entry["author"] == "本机操作员 local"
    assert "forged" not in str(entry)


def test_options_tell_methods_and_bodies(edited: Served) -> None:
    items = edited.client.options(ITEMS)
    assert items.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert items.headers["accept-post"] == "application/geo+json, application/json"
    one = edited.client.options(address("P000001"))
    assert one.headers["allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert one.headers["accept-patch"] == "application/merge-patch+json"


def test_media_types(edited: Served) -> None:
    body = b'{"type":"Feature","geometry":null,"properties":{"code":"K1"}}'
    for kind, status in (
        (None, 400),
        ("text/plain", 415),
        ("application/merge-patch+json", 415),
        ("application/geo+json; charset=gbk", 415),
        ("application/json; charset=UTF-8", 201),
    ):
        headers = {} if kind is None else {"content-type": kind}
        response = edited.client.post("/collections/notes/items", content=body, headers=headers)
        assert response.status_code == status, (kind, response.text)
    packed = edited.client.post(
        "/collections/notes/items", content=body, headers=GEOJSON | {"content-encoding": "gzip"}
    )
    assert packed.status_code == 415
    geojson = edited.client.patch(address("K1", "notes"), content=b"{}", headers=GEOJSON | {"if-match": "*"})
    assert geojson.status_code == 415


def test_the_curl_of_the_guide_works(database: str, tmp_path: Path) -> None:
    """Word for word, but for the address of the server."""
    guide = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
    script = guide.partition("## Editing")[2].partition("```sh\n")[2].partition("```")[0]
    stations = ROOT / "spatial" / "assets" / "layers" / "base-stations.toml"
    publish(database, read_toml(stations))
    with server(database, tmp_path / "server.log") as running:
        ran = subprocess.run(
            ["bash", "-c", script.replace("http://127.0.0.1:8370", running.url)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        statuses = [line.split()[1] for line in ran.stdout.splitlines() if line.startswith("HTTP/")]
        assert statuses == ["201", "204", "204"]
        told = [each["reason"] for each in running.get("/changesets").json()["changesets"]]
        assert "实地核查" in told
