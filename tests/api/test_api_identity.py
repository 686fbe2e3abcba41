"""Identities with marks that mean something in an address resolve, and links encode them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server

IDENTITIES = [
    "a/b",
    "a/b/versions",
    "x/versions/versions",
    "versions",
    "50%",
    "%2F",
    "a?b=c",
    "a#b",
    "圣城街道 1 号",
    "a b+c",
    "..",
    "a;b,c",
]


@pytest.fixture(scope="module")
def named(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("named"))
        rows = [Place(fid, shapely.Point(118.8, 36.9), fid, 1) for fid in IDENTITIES]
        deliver(dsn, "named", [*rows, Place("a", shapely.Point(118.8, 36.9), "a", 1)])
        with server(dsn, tmp_path_factory.mktemp("api") / "named.log") as running:
            yield running


@pytest.mark.parametrize("fid", [each for each in IDENTITIES if each != ".."])
def test_any_identity_resolves(named: Served, fid: str) -> None:
    path = f"/collections/named/items/{quote(fid, safe='')}"
    feature = named.get(path).json()
    assert feature["id"] == fid
    links = {link["rel"]: link["href"] for link in feature["links"]}
    assert links["self"] == named.url + path
    assert named.get(links["self"]).json()["id"] == fid
    told = named.get(links["version-history"]).json()
    assert [each["id"] for each in told["features"]] == [fid]
    linked = {link["rel"]: link["href"] for link in told["links"]}
    assert linked["item"] == named.url + path
    assert linked["self"] == f"{named.url}{path}/versions"


def test_a_plain_slash_is_part_of_an_identity(named: Served) -> None:
    assert named.get("/collections/named/items/a/b").json()["id"] == "a/b"
    assert named.get("/collections/named/items/a/versions").json()["features"][0]["id"] == "a"


def test_pages_pass_over_any_identity(named: Served) -> None:
    page = named.get("/collections/named/items", params={"limit": 1}).json()
    found = []
    while True:
        found += [feature["id"] for feature in page["features"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        page = named.get(following[0]).json()
    assert sorted(found) == sorted([*IDENTITIES, "a"])
