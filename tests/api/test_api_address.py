"""The address service over HTTP: geocoding, reading, codes, plates, façades, bad input."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest
from api_serving import Served, server
from defusedxml.ElementTree import fromstring
from guarded_channels import OF_THE_REGISTER
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from register_ground import registered

from address import layers
from address.bundle import Bundle
from address.model import Element
from address.places import Places
from address.sample import draw, loading
from address.snapshot import Snapshot
from address.store import ENGINE_LAYERS
from api.address.features import collection, feature
from api.address.register import LAYERS
from api.address.where import Where, metres_between
from spatial.access import store as access
from spatial.access.model import Role
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.datum.offset import gcj02_from_cgcs2000

SIZE = 6000
STREET_DOOR = "山东省潍坊市寿光市圣城街道圣城街12号"
DOOR = "山东省潍坊市寿光市文家街道桑家营子村123号"


@pytest.fixture(scope="module")
def register() -> Bundle:
    return draw(SIZE, loading.SEED).bundle()


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with registered(server_dsn, template, SIZE) as dsn:
        log = tmp_path_factory.mktemp("address") / "server.log"
        with server(dsn, log) as running:
            running.client.timeout = httpx.Timeout(60)
            for _ in range(20):  # the first question has the register read
                if running.client.get("/v1/parse", params={"text": "寿光市"}).status_code != 503:
                    break
            yield running
        assert "unexpected failure" not in log.read_text()


@pytest.fixture(scope="module")
def client(served: Served) -> httpx.Client:
    return served.client


@pytest.fixture(scope="module")
def snapshot(register: Bundle) -> Snapshot:
    return register.snapshot


def test_every_component_is_written_as_what_reads_it_again(snapshot: Snapshot) -> None:
    """Answers are written as JSON piece by piece: names with its own marks, none, of any script."""
    odd, components = ('"', "\\", 'a"},{"', "\\u0041", "\x07", "\u2028", "𠀀", "", "，"), snapshot.components
    names = [f"{odd[row % len(odd)]}{name}" for row, name in enumerate(components.name.to_pylist())]
    held = replace(snapshot, components=replace(components, name=pa.array(names)))
    places = Places(held)
    for row in range(len(names)):
        told = json.loads(feature(places, row, note='"').json)
        said, at = told["properties"], places.position(row)
        assert told["geometry"] == (None if at is None else {"type": "Point", "coordinates": [*at]})
        assert said["label"] == places.text(row)
        assert said["note"] == '"' and said["id"] == components.key[row].as_py()
        village = places.of(row, Element.VILLAGE)
        if village < 0 and places.element[row] > Element.VILLAGE:
            village = places.of(places.region(row), Element.VILLAGE)
        assert said.get("locality") == (names[village] if village >= 0 else None)
        assert said.get("county_a") == (None if places.element[row] < Element.COUNTY else "370783")
    whole = json.loads(collection({"text": '"'}, [feature(places, row) for row in range(3)]))
    assert [each["properties"]["name"] for each in whole["features"]] == names[:3]


def ask(client: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = client.get(path, params={name.replace("__", "."): value for name, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_doors_stand_on_what_the_engine_reads() -> None:
    assert LAYERS == ENGINE_LAYERS


def labels(document: Any) -> list[str]:
    return [each["properties"]["label"] for each in document["features"]]


def test_a_text_is_found_and_read(client: httpx.Client) -> None:
    found = ask(client, "/v1/search", text="寿光市文家街道桑家营子村123号")
    assert labels(found)[0] == DOOR
    properties = found["features"][0]["properties"]
    assert (properties["layer"], properties["match_level"], properties["confidence"]) == ("address", 7, 1.0)
    assert properties["locality_a"] == "370783003215"
    read = ask(client, "/v1/parse", text="桑家营子村123号", alternatives=2)
    assert [(each["element"], each["name"]) for each in read["parts"] if not each["inferred"]] == [
        ("village", "桑家营子村"),
        ("door", "123号"),
    ]
    by_parts = ask(client, "/v1/search/structured", locality="桑家营子村", address="123号")
    assert labels(by_parts) == [DOOR]


def test_a_miswritten_text_is_found_with_how_sure_that_is(client: httpx.Client) -> None:
    exact = ask(client, "/v1/search", text="文家街道桑家营子村123号")["features"][0]["properties"]
    assert (exact["match_type"], exact["decision"], exact["confidence"]) == ("exact", "automatic", 1.0)
    for text in ("寿光市文家接道桑家营子村123号", "寿光市文家街道桑家莹子村123号", "桑家营子一百二十三号"):
        best = ask(client, "/v1/search", text=text)["features"][0]
        assert best["properties"]["label"] == DOOR, text
        assert 0.0 < best["properties"]["confidence"] <= 1.0
    wrong_town = ask(client, "/v1/search", text="侯镇桑家营子村123号")["features"][0]["properties"]
    assert wrong_town["decision"] != "automatic" and wrong_town["conflicts"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("桑家营子村123号对面", "beside"), ("桑家营子村大院123号", "text-before-number"),
     ("潍坊高新区圣城街595号", "zone-unknown"), ("路过寿光市圣城街595号", "text-before")],
)  # fmt: skip
def test_what_a_text_says_besides_is_not_taken_unseen(client: httpx.Client, text: str, code: str) -> None:
    """Every name and number of it stands in the register, and yet it may be another place."""
    best = ask(client, "/v1/search", text=text)["features"][0]["properties"]
    assert (best["decision"], best["doubt"]["code"]) == ("review", code)
    assert best["doubt"]["zh"] and best["doubt"]["en"]
    sure = ask(client, "/v1/search", text="桑家营子村123号，电话13812345678")["features"][0]["properties"]
    assert (sure["decision"], sure["doubt"]) == ("automatic", None)


def test_a_door_that_is_not_there_has_the_point_of_its_street(client: httpx.Client) -> None:
    best = ask(client, "/v1/search", text="圣城街99999号")["features"][0]["properties"]
    assert (best["layer"], best["match_level"], best["point_level"]) == ("street", 6, 6)
    assert best["not_found"] == ["99999号"] and best["decision"] != "automatic"


def test_a_crossing_has_the_point_where_its_roads_meet(client: httpx.Client, snapshot: Snapshot) -> None:
    found = ask(client, "/v1/search", text="寿光菜都路与渤海路交叉口东北角")["features"]
    assert [each["properties"]["name"] for each in found] == ["菜都路", "渤海路"]
    names = snapshot.components.name.to_pylist()
    crossings = snapshot.crossings
    wanted = {
        (round(float(x), 8), round(float(y), 8))
        for one, other, x, y in zip(
            crossings.first, crossings.second, crossings.longitude_deg, crossings.latitude_deg, strict=True
        )
        if {names[one], names[other]} == {"菜都路", "渤海路"}
    }
    assert {tuple(round(each, 8) for each in one["geometry"]["coordinates"]) for one in found} <= wanted
    nowhere = ask(client, "/v1/search", text="寿光市菜都路与渔港路交叉口")["features"]
    assert {each["properties"]["name"] for each in nowhere} == {"菜都路", "渔港路"}
    assert [each["geometry"] for each in nowhere] == [None, None]
    assert nowhere[0]["properties"]["conflicts"][0]["code"] == "no-such-crossing"


def test_layers_narrow_the_answer(client: httpx.Client) -> None:
    everything = ask(client, "/v1/autocomplete", text="圣城", size=20)
    streets = ask(client, "/v1/autocomplete", text="圣城", size=20, layers="street")
    kinds = {each["properties"]["layer"] for each in streets["features"]}
    assert kinds == {"street"} < {each["properties"]["layer"] for each in everything["features"]}


@pytest.mark.parametrize("typed", ["圣城街595", "scj595", "shengchengjie595"])
def test_a_number_is_suggested_by_any_writing(client: httpx.Client, typed: str) -> None:
    assert labels(ask(client, "/v1/autocomplete", text=typed, size=5))[0].endswith("圣城街595号")


def test_an_address_copied_whole_is_suggested(client: httpx.Client) -> None:
    found = ask(client, "/v1/autocomplete", text=DOOR, size=5)
    assert labels(found) == [DOOR]
    assert labels(ask(client, "/v1/autocomplete", text="山东寿光桑家营子村123"))[0] == DOOR


def test_a_boundary_narrows_and_a_focus_orders(client: httpx.Client) -> None:
    def lying(document: Any) -> list[tuple[float, float]]:
        return [tuple(each["geometry"]["coordinates"]) for each in document["features"]]

    everywhere = lying(ask(client, "/v1/autocomplete", text="花园", size=40)) or lying(
        ask(client, "/v1/autocomplete", text="h", size=40, layers="venue")
    )
    west, south, east, north = (pick(each) for pick in (min, max) for each in zip(*everywhere, strict=True))
    middle = (west + east) / 2
    half = ask(
        client, "/v1/autocomplete", text="h", size=40, layers="venue",
        boundary__rect__min_lon=west, boundary__rect__max_lon=middle,
        boundary__rect__min_lat=south, boundary__rect__max_lat=north,
    )  # fmt: skip
    assert half["features"] and all(x <= middle for x, _ in lying(half))
    door = ask(client, "/v1/search", text=DOOR)["features"][0]
    x, y = door["geometry"]["coordinates"]
    circle = {"boundary.circle.lat": y, "boundary.circle.lon": x, "boundary.circle.radius": 0.05}
    assert labels(ask(client, "/v1/search", text=DOOR, **circle)) == [DOOR]
    away = {**circle, "boundary.circle.lat": y + 0.01}
    assert ask(client, "/v1/search", text=DOOR, **away)["features"] == []
    town = {"boundary.gid": "onemap:localadmin:370783003000"}
    assert labels(ask(client, "/v1/search", text="桑家营子村123号", **town)) == [DOOR]
    assert ask(client, "/v1/search", text="圣城街595号", **town)["features"] == []


_AT = st.tuples(st.floats(118.5, 119.1), st.floats(36.7, 37.2))


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | _AT), max_size=30), _AT)
def test_of_one_rank_the_nearer_comes_first(found: list[tuple[int, Any]], focus: tuple[float, float]) -> None:
    ordered = Where(focus).nearer_first(found, lambda one: one[0], lambda one: one[1])
    ranks = [rank for rank, _ in ordered]
    assert [*dict.fromkeys(ranks)] == [*dict.fromkeys(rank for rank, _ in found)]
    assert sorted(ordered, key=repr) == sorted(found, key=repr)
    for (rank, one), (following, other) in pairwise(ordered):
        assert rank == following or following not in ranks[: ranks.index(rank) + 1]
        if rank == following and other is not None:
            assert one is not None
            near, far = (Geod(ellps="GRS80").inv(*focus, *each)[2] for each in (one, other))
            assert near <= far + 1e-6


def test_a_focus_changes_the_order_alone(client: httpx.Client) -> None:
    plain = ask(client, "/v1/search", text="沿街商铺3号", size=40)
    focused = ask(
        client, "/v1/search", text="沿街商铺3号", size=40, focus__point__lat=36.9, focus__point__lon=118.8
    )
    assert sorted(labels(plain)) == sorted(labels(focused))
    away = [
        metres_between(tuple(each["geometry"]["coordinates"]), (118.8, 36.9)) for each in focused["features"]
    ]
    assert len(away) > 1 and away == sorted(away)


def test_reverse_gives_the_door_its_road_and_its_village(client: httpx.Client, snapshot: Snapshot) -> None:
    door = ask(client, "/v1/search", text="圣城街595号")["features"][0]
    longitude, latitude = door["geometry"]["coordinates"]
    found = ask(client, "/v1/reverse", point__lat=latitude, point__lon=longitude, size=40)
    first = found["features"][0]["properties"]
    assert (first["gid"], first["distance_m"]) == (door["properties"]["gid"], 0.0)
    assert {"street", "locality", "localadmin", "county"} <= {
        each["properties"]["layer"] for each in found["features"]
    }
    assert ask(client, "/v1/reverse", point__lat=0, point__lon=0)["features"] == []


def test_what_is_not_in_the_register_is_told(client: httpx.Client) -> None:
    good = ask(client, "/v1/validate", text="文家街道桑家营子村123号")
    assert (good["valid"], good["standard"]) == (True, DOOR)
    bad = ask(client, "/v1/validate", text="文家街道桑家营子村987654号")
    assert not bad["valid"]
    assert [each["code"] for each in bad["findings"]] == ["not-in-register"]
    assert bad["match_level"] == 5
    assert ask(client, "/v1/validate", text="寿光市弥河镇张家村")["valid"] is False


def test_a_number_without_a_word_is_a_door_where_a_street_has_it(client: httpx.Client) -> None:
    told = ask(client, "/v1/validate", text="圣城街12号2单元301")
    assert (told["standard"], told["not_found"]) == (STREET_DOOR, ["2单元", "301室"])
    assert ask(client, "/v1/standardize", text="圣城街12号楼2单元301")["standard"] != STREET_DOOR


def test_what_stands_in_another_town_is_told_with_its_own(client: httpx.Client) -> None:
    told = ask(client, "/v1/validate", text="文家街道圣城街12号")
    assert told["standard"] == "山东省潍坊市寿光市文家街道", "nothing is guessed"
    (finding,) = told["findings"]
    assert finding["code"] == "registered-elsewhere"
    assert finding["zh"].endswith(f"没有圣城街,登记在别处,请核对:{STREET_DOOR}")
    assert ask(client, "/v1/standardize", text="文家街道圣城街12号")["conflicts"] == [finding]


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("桑家营子村123号", "寿光市文家街道桑家营子村123号", "same"),
        ("桑家营子村123号", "文家街道", "within"),
        ("文家街道", "桑家营子村", "contains"),
        ("桑家营子村", "三元朱村", "different"),
        ("桑家营子村987654号", "桑家营子村123号", "unknown"),
        ("桑家营子村98765432号", "桑家营子村98765433号", "unknown"),
        ("桑家营子村987654号", "桑家营子村987653号", "different"),
        ("桑家营子村9876号", "桑家营子村九八七六号", "same"),
        ("桑家营子村9876号", "桑家营子村9875号", "different"),
        ("桑家营子村9876号", "桑家营子村", "within"),
        ("圣城街12号2单元", "圣城街12号二单元301室", "contains"),
        ("圣城街12号2单元", "圣城街12号3单元301室", "different"),
        ("青州市桑家营子村123号", "桑家营子村123号", "unknown"),
        ("文家街道圣城街12号", "圣城街12号", "unknown"),
    ],
)
def test_two_texts_are_compared(client: httpx.Client, one: str, other: str, relation: str) -> None:
    assert ask(client, "/v1/compare", one=one, other=other)["relation"] == relation


def test_codes_resolve_and_old_units_lead_to_their_successors(
    client: httpx.Client, snapshot: Snapshot
) -> None:
    village = ask(client, "/v1/resolve/370783003215")
    assert (village["scheme"], village["place"]["properties"]["name"]) == ("division", "桑家营子村")
    components = snapshot.components
    former = np.flatnonzero(~components.current & (components.successor >= 0))
    assert len(former)
    for row in former[:5].tolist():
        found = ask(client, f"/v1/resolve/{components.key[row].as_py()}")
        assert found["place"]["properties"]["id"] == components.key[components.successor[row]].as_py()
        assert found["was"][0]["id"] == components.key[row].as_py()
        assert found["was"][0]["current"] is False
    for short, whole in (("370783003", "370783003000"), ("370783", "370783000000")):
        one, other = (ask(client, f"/v1/resolve/{code}") for code in (short, whole))
        assert (one["place"], one["scheme"]) == (other["place"], "division")
    place = ask(client, "/v1/place", ids=village["place"]["properties"]["gid"])
    assert labels(place) == [village["place"]["properties"]["label"]]


def test_at_this_instant_a_code_resolves_as_without_one(client: httpx.Client, snapshot: Snapshot) -> None:
    components, now = snapshot.components, datetime.now(BEIJING).isoformat()
    rows = np.flatnonzero(components.element >= Element.VILLAGE)
    former = np.flatnonzero(~components.current & (components.successor >= 0))
    codes = [
        components.key[row].as_py() for row in (*rows[:: len(rows) // 60].tolist(), *former[:5].tolist())
    ]
    codes += [*snapshot.addresses.key[::1000].to_pylist(), "370783003215"]
    for code in codes:
        plain, then = (ask(client, f"/v1/resolve/{code}", **told) for told in ({}, {"datetime": now}))
        at = [each["place"].pop("geometry") for each in (plain, then)]
        assert then.pop("datetime") and then.pop("asof")
        assert plain == then
        if plain["place"]["properties"]["layer"] == "localadmin":
            assert at[1] is None  # what lies in a town is not read for it
        else:
            assert (at[0] is None) == (at[1] is None)
            points = [each["coordinates"] if each else [] for each in at]
            assert points[1] == pytest.approx(points[0], abs=1e-9)
    town = ask(client, "/v1/resolve/370783003000", datetime=now)
    assert (town["scheme"], town["place"]["properties"]["name"]) == ("division", "文家街道")


def test_a_plate_leads_back_to_its_address(client: httpx.Client) -> None:
    door = ask(client, "/v1/search", text=DOOR)["features"][0]["properties"]
    answer = client.get(f"/v1/plates/{door['id']}", params={"kind": "large"})
    assert answer.headers["content-type"] == "image/svg+xml"
    drawing = fromstring(answer.text)
    assert (drawing.get("width"), drawing.get("height")) == ("570mm", "370mm")
    texts = [each.text for each in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["桑家营子村", "123号"]
    assert client.get(f"/v1/plates/{door['id']}", params={"f": "png"}).content.startswith(b"\x89PNG")
    assert client.get(f"/v1/plates/{door['id']}", params={"kind": "huge"}).status_code == 400


def test_amap_and_tianditu_speak_as_they_do(client: httpx.Client) -> None:
    plain = ask(client, "/v3/geocode/geo", address="桑家营子村123号", key="k")
    (code,) = plain["geocodes"]
    assert (plain["status"], code["adcode"], code["level"]) == ("1", "370783", "门牌号")
    longitude, latitude = (float(each) for each in code["location"].split(","))
    shifted = ask(
        client, "/v3/geocode/geo", address="桑家营子村123号|圣城街595号", batch="true", frame="gcj02"
    )
    there = [float(each) for each in shifted["geocodes"][0]["location"].split(",")]
    assert there == pytest.approx(gcj02_from_cgcs2000(longitude, latitude), abs=1e-6)
    assert shifted["count"] == "2"
    back = ask(client, "/v3/geocode/regeo", location=shifted["geocodes"][0]["location"], frame="gcj02")
    assert back["regeocode"]["formatted_address"] == DOOR
    assert back["regeocode"]["addressComponent"]["towncode"] == "370783003000"
    tips = ask(client, "/v3/assistant/inputtips", keywords="sangjiayingzi")
    assert tips["tips"][0]["name"] == "桑家营子村"
    one = ask(client, "/geocoder", ds=json.dumps({"keyWord": "桑家营子村123号"}), tk="t")
    assert (one["location"]["lon"], one["location"]["score"]) == (pytest.approx(longitude, abs=1e-6), 100)
    where = json.dumps({"lon": longitude, "lat": latitude, "ver": 1})
    for said in (where, where.replace('"', "'")):
        there = ask(client, "/geocoder", postStr=said, type="geocode")["result"]
        assert there["formatted_address"] == DOOR


def test_the_number_of_a_street_is_that_streets(client: httpx.Client, snapshot: Snapshot) -> None:
    """A street, its number and where that is go together; the door of a village beside it has none there."""
    addresses, components = snapshot.addresses, snapshot.components
    doors = np.flatnonzero(
        addresses.current & (components.element[addresses.component] == 50)
        & (components.element[np.maximum(components.parent[addresses.component], 0)] == 30)
    )[::40]  # fmt: skip
    streets = set()
    for row in doors.tolist():
        at = f"{addresses.longitude_deg[row]:.9f},{addresses.latitude_deg[row]:.9f}"
        found = ask(client, "/v3/geocode/regeo", location=at, radius=3000)["regeocode"]
        number = found["addressComponent"]["streetNumber"]
        if number["street"]:
            (code,) = ask(client, "/v3/geocode/geo", address=f"寿光市{number['street']}{number['number']}")[
                "geocodes"
            ]
            assert (code["street"], code["number"]) == (number["street"], number["number"])
            assert code["location"] == number["location"]
            streets.add(number["street"])
    assert len(streets) > 1
    pair = ask(client, "/v3/geocode/regeo", location=f"{at}|0,0", batch="true")
    assert (pair["count"], pair["regeocodes"][0]) == (
        "2",
        ask(client, "/v3/geocode/regeo", location=at)["regeocode"],
    )


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("/v1/search", {}, 400),
        ("/v1/search", {"text": "   "}, 400),
        ("/v1/search", {"text": "寿" * 401}, 400),
        ("/v1/parse", {"text": "寿光\x00市"}, 400),
        ("/v1/search", {"text": "寿光", "size": "0"}, 400),
        ("/v1/search", {"text": "寿光", "layers": "moon"}, 400),
        ("/v1/search", {"text": "寿光", "api_key": "x"}, 400),
        ("/v1/search/structured", {}, 400),
        ("/v1/reverse", {"point.lat": "nan", "point.lon": "118"}, 400),
        ("/v1/reverse", {"point.lat": "1e999", "point.lon": "118"}, 400),
        ("/v1/resolve/999999999999", {}, 404),
        ("/v1/resolve/%00", {}, 404),
        ("/v1/resolve/370783003215", {"datetime": "昨天"}, 400),
        ("/v1/resolve/370783003215", {"datetime": "2026-02-30"}, 400),
        ("/v1/resolve/370783003215", {"datetime": "2026-01-01/2026-02-01"}, 400),
        ("/v1/resolve/370783003215", {"asof": ""}, 400),
        ("/v1/resolve/370783003215", {"at": "2026-01-01"}, 400),
        ("/v1/resolve/370783003215", {"datetime": "1000-01-01"}, 404),
        ("/v1/resolve/999999999999", {"datetime": "2026-11-01"}, 404),
        ("/v1/resolve/%00", {"asof": "2026-11-01"}, 404),
        ("/v1/place", {"ids": "onemap:x:y"}, 404),
        ("/v1/search", {"text": "寿光", "focus.point.lat": "36"}, 400),
        ("/v1/search", {"text": "寿光", "boundary.gid": "nowhere"}, 400),
        ("/v3/geocode/regeo", {"location": "118"}, 400),
        ("/v3/geocode/regeo", {"location": "|".join(["118,36"] * 21), "batch": "true"}, 400),
        ("/v3/geocode/geo", {"address": "寿光", "output": "XML"}, 400),
        ("/geocoder", {"ds": "[1]"}, 400),
        ("/geocoder", {}, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    client: httpx.Client, path: str, parameters: dict[str, str], status: int
) -> None:
    answer = client.get(path, params=parameters)
    assert answer.status_code == status, answer.text
    assert answer.json()["zh"] and answer.json()["en"]


@pytest.mark.parametrize(
    "text",
    [
        "😀🏠号",
        "'; drop table spatial.layer; --",
        "<svg onload=1>",
        "号" * 400,
        "\U0010ffff寿光",
        "1" * 400,
        "١٢٣号",
        "寿光" * 200,
    ],
)
def test_strange_texts_get_an_answer(client: httpx.Client, text: str) -> None:
    for path in ("/v1/search", "/v1/parse", "/v1/autocomplete", "/v1/validate", "/v1/standardize"):
        ask(client, path, text=text)


def test_the_definition_tells_of_the_doors(client: httpx.Client) -> None:
    definition = client.get("/openapi.json").json()
    assert {*definition["paths"]} >= OF_THE_REGISTER
    for path in OF_THE_REGISTER:
        answer = client.get(path.replace("{code}", "370783003215"), params={"undeclared": "1"})
        assert answer.status_code == 400, path


def test_who_may_not_read_the_register_is_not_answered_from_it(served: Served, tmp_path: Path) -> None:
    """Its layers are shared on conditions: their steward is answered, nobody in particular is not."""
    steward = layers.contract("addresses").steward
    with connect(served.dsn) as connection:
        _, key = access.add_key(connection, "reader", steward, frozenset({Role.READER}), by="test")
    guarded = {"ONEMAP_ACCESS": "guarded"}
    with server(served.dsn, tmp_path / "server.log", environment=guarded) as running:
        for path in ("/v1/search", "/v1/autocomplete", "/v1/parse", "/v1/validate", "/v1/standardize"):
            answer = running.get(path, params={"text": "圣城街595号"})
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown-layer")
        assert running.get("/v1/resolve/370783003215").status_code == 404
        assert not {*running.get("/openapi.json").json()["paths"]} & OF_THE_REGISTER
        own = {"X-API-Key": key}
        assert {*running.get("/openapi.json", headers=own).json()["paths"]} >= OF_THE_REGISTER
        answer = running.get("/v1/resolve/370783003215", headers=own)
        assert answer.status_code in (200, 503)  # while the register is read
