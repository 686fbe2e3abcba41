"""Proposals while the world goes on: two for the same feature, another contract, rights that ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from api_serving import Served, contract, database_of, deliver, places, publish, server, until, withdraw
from guarded_town import STEWARD, WHO, Town

from spatial.access import store
from spatial.catalogue.contract import Contract, Field, FieldType, Secrecy, Title
from spatial.database import connect

WHERE = {"type": "Point", "coordinates": [118.8, 36.9]}


@pytest.fixture(scope="module")
def city(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server where every test publishes a layer of its own."""
    with (
        database_of(server_dsn, template) as dsn,
        server(dsn, tmp_path_factory.mktemp("meanwhile") / "server.log") as running,
    ):
        yield running


def layer(served: Served, name: str, *, rows: int = 5, made: Contract | None = None) -> str:
    publish(served.dsn, made or contract(name))
    if rows:
        deliver(served.dsn, name, places(rows))
    until(lambda: served.get(f"/collections/{name}").status_code == 200)
    return name


def propose(served: Served, name: str, *features: dict[str, Any]) -> int:
    body = {"type": "FeatureCollection", "reason": "外业核查", "features": list(features)}
    made = served.client.post(f"/collections/{name}/proposals", json=body)
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


def step(served: Served, number: int, name: str, **body: Any) -> Any:
    return served.client.post(f"/proposals/{number}/{name}", json=body)


def approved(served: Served, name: str, *features: dict[str, Any]) -> int:
    number = propose(served, name, *features)
    assert step(served, number, "review", verdict="approve", reason="属实").status_code == 200
    return number


def feature(fid: str, geometry: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    given = {} if geometry is None else {"geometry": geometry}
    return {"type": "Feature", "id": fid, "properties": properties, **given}


def known(served: Served, name: str, field: str, *, there: bool = True) -> None:
    """Wait until the server has read the contract again."""
    until(lambda: (field in served.get(f"/collections/{name}/schema").json()["properties"]) is there)


def test_of_two_for_the_same_field_the_second_is_refused_and_both_can_go_on(city: Served) -> None:
    name = layer(city, "both")
    base = city.get(f"/collections/{name}/items/P000001").json()["properties"]
    first = approved(city, name, feature("P000001", name="甲改"))
    second = approved(city, name, feature("P000001", name="乙改", floors=5))
    apart = approved(city, name, feature("P000001", height=3.5))
    assert step(city, first, "apply").status_code == 200
    refused = step(city, second, "apply")
    assert (refused.status_code, refused.json()["code"]) == (412, "proposal-clash")
    (clash,) = refused.json()["clashes"]
    assert clash["fields"] == ["name"]
    assert [clash[side]["name"] for side in ("base", "mine", "theirs")] == [base["name"], "乙改", "甲改"]
    assert [clash[side]["floors"] for side in ("base", "mine", "theirs")] == [
        base["floors"],
        5,
        base["floors"],
    ]
    assert step(city, apart, "apply").status_code == 200, "another field of it is no conflict"
    held = city.get(f"/collections/{name}/items/P000001").json()["properties"]
    assert (held["name"], held["floors"], held["height"]) == ("甲改", base["floors"], 3.5)
    assert step(city, second, "apply").status_code == 412, "and stays one, however often it is asked"
    assert city.get(f"/proposals/{second}").json()["state"] == "approved"
    assert step(city, second, "review", verdict="approve", reason="再次").status_code == 409
    assert step(city, second, "withdraw", reason="据现状重提").json()["state"] == "withdrawn"
    assert step(city, second, "apply").status_code == 409
    again = approved(city, name, feature("P000001", name="乙改", floors=5))
    assert step(city, again, "apply").json()["state"] == "applied"


def test_two_that_retire_and_change_the_same_feature(city: Served) -> None:
    name = layer(city, "retired")
    gone = approved(city, name, {**feature("P000001"), "action": "retire"})
    same = approved(city, name, {**feature("P000001"), "action": "retire"})
    changed = approved(city, name, feature("P000001", name="改"))
    assert step(city, gone, "apply").status_code == 200
    done = step(city, same, "apply")
    assert (done.status_code, done.json()["steps"][-1]["changeset"]) == (200, None), "it is so already"
    refused = step(city, changed, "apply")
    assert refused.status_code == 412
    assert refused.json()["clashes"][0]["theirs"] is None
    assert city.get(f"/proposals/{changed}/changes").json()["clashes"] == refused.json()["clashes"]
    assert city.get(f"/collections/{name}/items/P000001").status_code == 404


def test_a_field_that_the_layer_got_meanwhile_stays_as_it_is(city: Served) -> None:
    name = layer(city, "widened")
    number = approved(city, name, feature("P000001", name="改"))
    more = contract(name)
    more = replace(more, fields=(*more.fields, Field("extra", FieldType.TEXT, Title("另", "more"))))
    publish(city.dsn, more)
    known(city, name, "extra")
    assert step(city, number, "apply").status_code == 200
    assert city.get(f"/collections/{name}/items/P000001").json()["properties"]["name"] == "改"


def test_a_rule_that_the_layer_got_meanwhile_is_kept(city: Served) -> None:
    name = layer(city, "tightened")
    number = approved(city, name, feature("P000001", name="长" * 60))
    made = contract(name)
    fields = tuple(replace(one, max_length=50) if one.name == "name" else one for one in made.fields)
    publish(city.dsn, replace(made, fields=fields))
    until(lambda: city.get(f"/collections/{name}/schema").json()["properties"]["name"].get("maxLength") == 50)
    refused = step(city, number, "apply")
    assert (refused.status_code, refused.json()["code"]) == (400, "rows-rejected")
    assert "name" in refused.json()["rejected"][0]["rule"]
    assert city.get(f"/proposals/{number}").json()["state"] == "approved"
    assert step(city, number, "review", verdict="reject", reason="过长").json()["state"] == "rejected"


@pytest.mark.parametrize("change", ["dropped", "renamed", "typed", "shaped", "hidden"])
def test_a_layer_that_was_made_anew_meanwhile_is_told(city: Served, change: str) -> None:
    """An empty layer may get any contract; what was proposed for the one before does not fit it."""
    name = layer(city, f"anew-{change}", rows=0)
    number = approved(city, name, feature("N1", WHERE, name="12", floors=2))
    made = contract(name, "Polygon" if change == "shaped" else "Point")
    fields = {
        "dropped": tuple(one for one in made.fields if one.name != "floors"),
        "renamed": tuple(
            replace(one, name="storeys") if one.name == "floors" else one for one in made.fields
        ),
        "typed": tuple(
            replace(one, type=FieldType.DATE) if one.name == "floors" else one for one in made.fields
        ),
        "shaped": made.fields,
        "hidden": tuple(
            replace(one, secrecy=Secrecy.INTERNAL) if one.name == "floors" else one for one in made.fields
        ),
    }[change]
    before = city.get(f"/collections/{name}/schema").json()
    publish(city.dsn, replace(made, fields=fields))
    until(lambda: city.get(f"/collections/{name}/schema").json() != before)
    looked = city.get(f"/proposals/{number}/changes")
    assert looked.status_code == 200, looked.text
    refused = step(city, number, "apply")
    expected = {"shaped": (400, "rows-rejected"), "hidden": (403, "forbidden")}
    told = expected.get(change, (409, "proposal-outdated"))
    assert (refused.status_code, refused.json()["code"]) == told, refused.text
    assert city.get(f"/collections/{name}/items").json()["features"] == []
    assert step(city, number, "review", verdict="reject", reason="图层已改").json()["state"] == "rejected"


def test_a_layer_out_of_service_takes_its_proposals_along(city: Served) -> None:
    name = layer(city, "away")
    number = approved(city, name, feature("P000001", name="改"))
    withdraw(city.dsn, name)
    until(lambda: city.get(f"/collections/{name}").status_code == 404)
    for path in ("", "/changes"):
        assert city.get(f"/proposals/{number}{path}").status_code == 404
    assert step(city, number, "apply").status_code == 404
    assert name not in city.get("/proposals").text
    publish(city.dsn, contract(name))
    until(lambda: city.get(f"/collections/{name}").status_code == 200)
    assert step(city, number, "apply").status_code == 200


def test_rights_are_asked_at_every_step(town: Town) -> None:
    """A right to review that ended between approval and application ends there, too."""
    body = {
        "type": "FeatureCollection",
        "reason": "核查",
        "features": [feature("P000003", name="提案改名"), feature("P000004", name="又一处")],
    }
    author, reviewer, owner = (town.anew(each) for each in ("lent editor", "lent steward", "own steward"))
    made = town.post(author, "/collections/terms/proposals", body)
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    approval = {"verdict": "approve", "reason": "属实", "digest": made.json()["digest"]}
    assert town.post(author, f"/proposals/{number}/review", approval).status_code == 403
    assert town.post(reviewer, f"/proposals/{number}/review", approval).json()["state"] == "approved"
    assert town.post(reviewer, f"/proposals/{number}/review", approval).status_code == 409
    assert town.post(author, f"/proposals/{number}/apply", {}).status_code == 403
    department = WHO["lent steward"].department
    assert department is not None
    fresh = {"connection": "close"}  # falls on either worker
    with connect(town.served.dsn) as connection:
        held = [
            each
            for each in store.all_grants(connection)
            if (each.layer, each.department, each.revoked_at) == ("terms", department, None)
        ]
        for each in held:
            store.revoke_grant(connection, each.id, by="test")
    try:
        until(
            lambda: all(
                town.get(reviewer, f"/proposals/{number}", **fresh).status_code == 404 for _ in range(6)
            )
        )
        assert town.post(reviewer, f"/proposals/{number}/apply", {}).status_code == 404
        assert town.post(author, f"/proposals/{number}/withdraw", {"reason": "x"}).status_code == 404
        assert town.get(owner, f"/proposals/{number}").json()["state"] == "approved"
    finally:
        with connect(town.served.dsn) as connection:
            for each in held:
                store.add_grant(connection, "terms", department, each.right, by="test")
    until(lambda: all(town.get(author, f"/proposals/{number}", **fresh).status_code == 200 for _ in range(6)))
    assert WHO["own steward"].department == STEWARD
    rejected = town.post(
        owner, f"/proposals/{number}/review", {"verdict": "reject", "reason": "授权有变,重新核查"}
    )
    assert rejected.json()["state"] == "rejected"
