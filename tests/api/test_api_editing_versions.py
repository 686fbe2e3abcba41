"""Optimistic locking: what a tag names, stale edits with base, mine and theirs, and their merge."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from api_serving import Served
from edit_requests import address, delete, feature, made, match, patch, put

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_NUMBERS = itertools.count(1)


@pytest.fixture
def fid(edited: Served) -> str:
    """A new item long enough to be compressed."""
    name = f"版本/{next(_NUMBERS)}"
    made(edited, name, name="甲" * 200, floors=1, height=1.0)
    return name


@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
@pytest.mark.parametrize(
    "params",
    [{}, {"crs": f"{EPSG}4490"}, {"crs": f"{EPSG}4549"}, {"f": "html"}, {"f": "html", "lang": "en"}],
    ids=["lonlat", "4490", "4549", "html", "english"],
)
def test_the_tag_of_any_representation_names_its_version(
    edited: Served, fid: str, coding: str, params: dict[str, str]
) -> None:
    headers = {"accept-encoding": coding, "connection": "close"}
    got = edited.get(address(fid), headers=headers, params=params)
    packed = got.headers.get("content-encoding")
    assert got.headers["etag"].endswith({"gzip": '-gz"', "br": '-br"'}.get(packed or "", '"'))
    once = patch(edited, fid, {"properties": {"floors": 2}}, headers=match(got.headers["etag"]))
    assert once.status_code == 204
    again = patch(edited, fid, {"properties": {"floors": 3}}, headers=match(got.headers["etag"]))
    assert again.status_code == 412
    weak = patch(edited, fid, {"properties": {"floors": 4}}, headers=match(f"W/{once.headers['etag']}"))
    assert weak.status_code == 204, "a proxy that compresses makes tags weak"
    listed = match(f'"other", {weak.headers["etag"]}')
    assert patch(edited, fid, {"properties": {"floors": 5}}, headers=listed).status_code == 204
    assert edited.get(address(fid)).json()["properties"]["floors"] == 5


def test_the_tag_of_another_item_names_nothing(edited: Served, fid: str) -> None:
    other = edited.get(address("P000001")).headers["etag"]
    assert patch(edited, fid, {}, headers=match(other)).status_code == 412


def test_each_write_gives_the_tag_that_get_gives(edited: Served, fid: str) -> None:
    tag = edited.get(address(fid)).headers["etag"]
    for number in range(5):
        tag = patch(edited, fid, {"properties": {"floors": 10 + number}}, headers=match(tag)).headers["etag"]
        assert edited.get(address(fid), headers={"accept-encoding": "identity"}).headers["etag"] == tag
    unchanged = edited.get(address(fid), headers={"if-none-match": tag})
    assert unchanged.status_code == 304


def test_no_version_named_no_change(edited: Served, fid: str) -> None:
    tag = edited.get(address(fid)).headers["etag"]
    for response in (put(edited, fid, feature(fid)), patch(edited, fid, {}), delete(edited, fid)):
        assert (response.status_code, response.json()["code"]) == (428, "precondition-required")
        assert "If-Match" in response.json()["en"]
    assert edited.get(address(fid)).headers["etag"] == tag


def stale(edited: Served, fid: str, theirs: Any, mine: Any, **options: Any) -> Any:
    """Two edits of one version, the other's first."""
    tag = edited.get(address(fid)).headers["etag"]
    assert patch(edited, fid, theirs, headers=match(tag)).status_code == 204
    return patch(edited, fid, mine, headers=match(tag) | options.pop("headers", {}), **options)


def test_a_stale_edit_is_told_base_mine_and_theirs(edited: Served, fid: str) -> None:
    theirs, mine = {"properties": {"floors": 2}}, {"properties": {"floors": 3}}
    refused = stale(edited, fid, theirs, mine)
    assert refused.status_code == 412
    told = refused.json()
    assert [told[side]["properties"]["floors"] for side in ("base", "mine", "theirs")] == [1, 3, 2]
    assert told["theirs"]["geometry"] == {"type": "Point", "coordinates": [118.8, 36.9]}
    assert told["clashing"] == ["properties.floors"]
    assert "merged" not in told
    assert "owner" not in refused.text
    again = patch(edited, fid, mine, headers=match(told["etag"]))
    assert again.status_code == 204
    assert edited.get(address(fid)).json()["properties"]["floors"] == 3


def test_edits_that_go_together_are_offered_merged(edited: Served, fid: str) -> None:
    moved = {"geometry": {"type": "Point", "coordinates": [118.85, 36.95]}}
    refused = stale(edited, fid, moved, {"properties": {"floors": 3, "height": None}})
    told = refused.json()
    assert (refused.status_code, told["clashing"]) == (412, [])
    merged = told["merged"]
    assert merged["geometry"] == moved["geometry"]
    assert (merged["properties"]["floors"], merged["properties"]["height"]) == (3, None)
    assert put(edited, fid, merged, headers=match(told["etag"])).status_code == 204
    found = edited.get(address(fid)).json()
    assert (found["geometry"], found["properties"]["floors"]) == (moved["geometry"], 3)


def test_merge_is_made_where_it_is_preferred_and_clean(edited: Served, fid: str) -> None:
    prefer = {"prefer": "merge, return=minimal"}
    done = stale(edited, fid, {"properties": {"floors": 2}}, {"properties": {"height": 9.5}}, headers=prefer)
    assert done.status_code == 200
    assert "merge" in done.headers["preference-applied"]
    assert (done.json()["properties"]["floors"], done.json()["properties"]["height"]) == (2, 9.5)
    assert done.headers["etag"] == edited.get(address(fid)).headers["etag"]
    clash = stale(edited, fid, {"properties": {"floors": 3}}, {"properties": {"floors": 4}}, headers=prefer)
    assert (clash.status_code, clash.json()["clashing"]) == (412, ["properties.floors"])
    same = stale(edited, fid, {"properties": {"floors": 5}}, {"properties": {"floors": 5}}, headers=prefer)
    assert same.status_code == 200


def test_a_geometry_sent_back_from_another_frame_does_not_clash(edited: Served, fid: str) -> None:
    got = edited.get(address(fid), params={"crs": f"{EPSG}4549"})
    tag = got.headers["etag"]
    moved = {"geometry": {"type": "Point", "coordinates": [118.85, 36.95]}}
    assert patch(edited, fid, moved, headers=match(tag)).status_code == 204
    mine = got.json()
    mine["properties"]["floors"] = 7
    del mine["properties"]["valid_from"]
    headers = match(tag) | {"prefer": "merge", "content-crs": f"<{EPSG}4549>"}
    done = put(edited, fid, mine, headers=headers)
    assert done.status_code == 200, done.text
    assert done.json()["geometry"] == moved["geometry"]
    assert done.json()["properties"]["floors"] == 7


def test_a_stale_removal_is_not_merged(edited: Served, fid: str) -> None:
    tag = edited.get(address(fid)).headers["etag"]
    assert patch(edited, fid, {"properties": {"floors": 2}}, headers=match(tag)).status_code == 204
    refused = delete(edited, fid, headers=match(tag) | {"prefer": "merge"})
    assert refused.status_code == 412
    assert refused.json()["mine"] is None
    assert delete(edited, fid, headers=match(refused.json()["etag"])).status_code == 204
    gone = patch(edited, fid, {"properties": {"floors": 2}}, headers=match(tag))
    assert gone.status_code == 404


def test_two_versions_that_begin_within_a_second_have_two_names(edited: Served, fid: str) -> None:
    """The rest of the former version is recorded by the changeset of the new one."""
    first = edited.get(address(fid)).json()["properties"]["valid_from"]
    tag = edited.get(address(fid)).headers["etag"]
    assert patch(edited, fid, {"properties": {"floors": 2}}, headers=match(tag)).status_code == 204
    former = edited.get(address(fid), params={"datetime": first})
    assert former.json()["properties"]["floors"] == 1
    assert (
        former.json()["properties"]["changeset"] == edited.get(address(fid)).json()["properties"]["changeset"]
    )
    assert former.headers["etag"] != edited.get(address(fid)).headers["etag"]
    refused = patch(edited, fid, {"properties": {"height": 3}}, headers=match(former.headers["etag"]))
    assert refused.status_code == 412
