"""SensorThings 1.1 over HTTP: who may read and write what, now and as it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from guarded_town import Town
from sensor_requests import ROOT, clock, made, station


def test_who_may_not_read_a_layer_sees_nothing_of_its_things(town: Town) -> None:
    for layer in ("shared", "terms", "withheld"):
        answer = town.ask(
            "POST", "own editor", f"{ROOT}/Things", station(f"站-{layer}", layer=layer, count=2)
        )
        assert answer.status_code == 201, answer.text
    sets = ("Things", "Locations", "HistoricalLocations", "Datastreams", "Observations", "FeaturesOfInterest")
    for who, seen in (("anonymous", 1), ("stranger", 1), ("granted", 2), ("own reader", 3)):
        counts = {
            each: town.get(who, f"{ROOT}/{each}?$count=true&$top=0").json()["@iot.count"] for each in sets
        }
        assert counts == {
            each: seen * (2 if each in ("Datastreams", "Observations") else 1) for each in sets
        }, who
        names = {each["name"] for each in town.get(who, f"{ROOT}/Things").json()["value"]}
        assert len(names) == seen
        for path in (
            "Sensors?$filter=Datastreams/Thing/name eq '站-withheld'",
            "Sensors?$expand=Datastreams($expand=Thing)",
        ):
            shown = "站-withheld" in town.get(who, f"{ROOT}/{path}").text.replace(path, "")
            assert shown is (who == "own reader" and "$expand" in path), (who, path)
    terms = town.get("own reader", f"{ROOT}/Things?$filter=name eq '站-terms'").json()["value"][0]["@iot.id"]
    level = town.get("own reader", f"{ROOT}/Things({terms})/Datastreams").json()["value"][0]["@iot.id"]
    value = {"result": 1, "phenomenonTime": "2026-06-01T00:00:00Z"}
    for who, status in (
        ("anonymous", 401),
        ("stranger", 403),
        ("granted", 403),
        ("own reader", 403),
        ("lent editor", 201),
    ):
        assert (
            town.ask("POST", who, f"{ROOT}/Datastreams({level})/Observations", value).status_code == status
        ), who
    for who in ("stranger", "lent editor"):
        answer = town.ask("POST", who, f"{ROOT}/Things", {"name": "无主"})
        assert answer.status_code == 403, "a thing without a layer is the operator's"
    assert town.get("stranger", f"{ROOT}/Things({terms})").status_code == 404
    assert town.ask("PATCH", "granted", f"{ROOT}/Things({terms})", {"name": "x"}).status_code == 403
    move = {"properties": {"layer": "withheld"}}
    assert town.ask("PATCH", "lent editor", f"{ROOT}/Things({terms})", move).status_code == 403


def test_who_may_not_write_is_refused_among_those_who_may(town: Town) -> None:
    thing = made(town.served, "Things", station("站-同时", layer="terms", count=0), headers=_key(town))
    level = town.get("own reader", f"{ROOT}/{thing}/Datastreams").json()["value"][0]["@iot.id"]
    expected = {"lent editor": 201, "granted": 403, "anonymous": 401}

    def ask(place: int) -> tuple[str, int]:
        who = ("lent editor", "lent editor", "granted", "lent editor", "anonymous")[place % 5]
        value = {"result": place, "phenomenonTime": f"2026-06-02T{place // 60:02}:{place % 60:02}:00Z"}
        answer = town.ask("POST", who, f"{ROOT}/Datastreams({level})/Observations", value)
        return who, answer.status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(60)))
    assert all(status == expected[who] for who, status in answers), answers
    path = f"{ROOT}/Datastreams({level})/Observations?$count=true&$top=0"
    assert town.get("own reader", path).json()["@iot.count"] == 36


def _key(town: Town) -> dict[str, str]:
    return {"X-API-Key": town.keys["own editor"]}


def test_the_past_of_a_thing_is_for_who_may_read_its_layer_now(town: Town) -> None:
    document = station("移密站", layer="shared", count=2)
    answer = town.ask("POST", "own editor", f"{ROOT}/Things", document)
    thing = answer.headers["location"].partition(ROOT)[2]
    open_then = clock(town.served)
    path = f"{ROOT}{thing}?asof={open_then}".replace("+", "%2B")
    assert town.get("anonymous", path).status_code == 200
    moved = town.ask("PATCH", "own editor", f"{ROOT}{thing}", {"properties": {"layer": "withheld"}})
    assert moved.status_code == 200, moved.text
    assert [town.get(who, path).status_code for who in ("anonymous", "own reader")] == [404, 200]
    assert town.ask("DELETE", "own editor", f"{ROOT}{thing}", None).status_code == 200
    assert [town.get(who, path).status_code for who in ("anonymous", "own reader")] == [404, 200]
