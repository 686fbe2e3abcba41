"""Proposals over HTTP: proposed, reviewed, applied; re-based where others wrote meanwhile."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import shapely
from api_serving import Place, Served, deliver, places

ITEMS = "/collections/points/items"


def feature(fid: str | None, action: str | None = None, **attributes: Any) -> dict[str, Any]:
    """A feature as a proposal says it: geometry only where it is given."""
    made: dict[str, Any] = {"type": "Feature", "properties": attributes}
    if "geometry" in attributes:
        made["geometry"] = attributes.pop("geometry")
    if fid is not None:
        made["id"] = fid
    if action is not None:
        made["action"] = action
    return made


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def propose(served: Served, *features: dict[str, Any], **more: Any) -> Any:
    body = {"type": "FeatureCollection", "reason": "外业核查", "features": list(features), **more}
    return served.client.post("/collections/points/proposals", json=body)


def step(served: Served, number: int, name: str, **body: Any) -> Any:
    return served.client.post(f"/proposals/{number}/{name}", json=body)


def approved(served: Served, *features: dict[str, Any], **more: Any) -> int:
    made = propose(served, *features, **more)
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    reviewed = step(served, number, "review", verdict="approve", reason="属实", digest=made.json()["digest"])
    assert reviewed.status_code == 200, reviewed.text
    return int(number)


def test_from_proposal_to_changeset(own: Served) -> None:
    start = {place.code: place for place in places(25)}
    made = propose(
        own,
        feature("P000001", name="新名"),
        feature("P000002", action="retire"),
        feature("N1", name="新建", floors=3, geometry=point(118.8, 36.9)),
        feature("P000003", geometry=point(118.9, 36.95)),
        feature("P000004", name=start["P000004"].name),  # says what is so already
        valid_from="2026-03-01",
    )
    assert made.status_code == 201, made.text
    document = made.json()
    assert made.headers["location"] == document["href"]
    assert (document["state"], document["features"]) == ("proposed", 4)
    number = document["id"]
    before = own.get(ITEMS, params={"limit": 100}).json()["features"]
    assert len(before) == 25  # nothing of it is believed

    changes = own.get(f"/proposals/{number}/changes").json()
    assert changes["clean"]
    told = {each["id"]: (each["change"], each["verdict"]) for each in changes["features"]}
    assert told == {
        "P000001": ("update", "stands"),
        "P000002": ("retire", "stands"),
        "N1": ("insert", "stands"),
        "P000003": ("update", "stands"),
    }
    first = next(each for each in changes["features"] if each["id"] == "P000001")
    assert first["fields"] == [{"name": "name", "old": start["P000001"].name, "new": "新名"}]

    assert step(own, number, "apply").status_code == 409  # not reviewed
    reviewed = step(own, number, "review", verdict="approve", reason="属实", digest=document["digest"])
    assert reviewed.json()["state"] == "approved"
    applied = step(own, number, "apply")
    assert applied.status_code == 200, applied.text
    assert applied.json()["state"] == "applied"
    assert [each["state"] for each in applied.json()["steps"]] == ["proposed", "approved", "applied"]
    changeset = own.get(f"/changesets/{applied.json()['steps'][-1]['changeset']}").json()
    assert f"提案 {number}" in changeset["reason"]
    assert "外业核查" in changeset["reason"]
    by_changeset = own.get(f"/changesets/{changeset['id']}/changes").json()["features"]
    assert {each["id"]: each["change"] for each in by_changeset} == {
        "P000001": "update",
        "P000002": "delete",
        "N1": "insert",
        "P000003": "update",
    }
    after = {each["id"]: each for each in own.get(ITEMS, params={"limit": 100}).json()["features"]}
    assert after["P000001"]["properties"]["name"] == "新名"
    assert after["P000001"]["properties"]["floors"] == start["P000001"].floors  # not mentioned: kept
    assert after["P000003"]["geometry"] == point(118.9, 36.95)
    assert "P000002" not in after
    with psycopg.connect(own.dsn) as connection:  # what the proposer could not see is kept, too
        owners = connection.execute(
            "select owner from history.points where fid = 'P000001' and recorded_to = 'infinity'"
        ).fetchall()
        measures = connection.execute(
            "select count(*) from spatial.quality_measure where changeset = %s", (changeset["id"],)
        ).fetchone()
    assert {owner for (owner,) in owners} == {"王某"}
    assert measures is not None
    assert measures[0] > 0
    old = own.get(f"{ITEMS}/P000001", params={"datetime": "2026-02-01T00:00:00Z"}).json()
    assert old["properties"]["name"] == start["P000001"].name
    for again in ("apply", "withdraw", "review"):
        assert step(own, number, again, verdict="reject", reason="晚了").status_code == 409


def test_what_others_changed_elsewhere_is_merged(own: Served) -> None:
    start = places(25)
    number = approved(own, feature("P000001", name="我的"), feature("P000002", floors=9))
    deliver(own.dsn, "points", [replace(start[1], floors=77), replace(start[2], floors=9)])
    changes = own.get(f"/proposals/{number}/changes").json()
    assert changes["clean"]
    assert [(each["id"], each["verdict"]) for each in changes["features"]] == [("P000001", "merged")]
    assert step(own, number, "apply").status_code == 200
    merged = own.get(f"{ITEMS}/P000001").json()["properties"]
    assert (merged["name"], merged["floors"]) == ("我的", 77)


def test_a_clash_is_refused_with_base_mine_and_theirs(own: Served) -> None:
    start = places(25)
    number = approved(
        own,
        feature("P000001", name="我的"),
        feature("P000002", action="retire"),
        feature("P000003", name="我"),
    )
    deliver(
        own.dsn,
        "points",
        [
            replace(start[1], name="他的"),
            replace(start[2], name="他改了"),
            replace(start[3], remove=True),
        ],
    )
    head = own.get("/changesets").json()["changesets"][0]["id"]
    refused = step(own, number, "apply")
    assert refused.status_code == 412
    problem = refused.json()
    assert problem["code"] == "proposal-clash"
    first, second, third = problem["clashes"]
    assert first["fields"] == ["name"]
    names = [first[side]["name"] for side in ("base", "mine", "theirs")]
    assert names == [start[1].name, "我的", "他的"]
    assert (second["id"], second["mine"]) == ("P000002", None)
    assert (third["id"], third["theirs"]) == ("P000003", None)
    assert "owner" not in refused.text  # an internal field, which nobody sees here
    assert "王某" not in refused.text
    told = own.get(f"/proposals/{number}/changes").json()
    assert not told["clean"]
    assert told["clashes"] == problem["clashes"]
    assert own.get("/changesets").json()["changesets"][0]["id"] == head
    assert own.get(f"/proposals/{number}").json()["state"] == "approved"


def test_a_new_feature_that_another_made_meanwhile_clashes(own: Served) -> None:
    number = approved(own, feature("N1", name="我的", geometry=point(118.8, 36.9)))
    deliver(own.dsn, "points", [Place("N1", shapely.Point(118.8, 36.9), "他的", 1)])
    assert step(own, number, "apply").status_code == 412


def test_what_is_so_already_is_applied_without_a_changeset(own: Served) -> None:
    number = approved(own, feature("P000001", name="同样"))
    deliver(own.dsn, "points", [replace(places(2)[1], name="同样")])
    applied = step(own, number, "apply").json()
    assert applied["state"] == "applied"
    assert applied["steps"][-1]["changeset"] is None


def test_a_merged_state_must_keep_the_contract(own: Served) -> None:
    made = propose(own, feature("P000001", name="长" * 201))
    assert made.status_code == 400
    assert made.json()["code"] == "rows-rejected"
    assert made.json()["rejected"][0]["line"] == 1
    assert "name" in made.json()["rejected"][0]["rule"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"reason": "x", "features": []}, "没有要素"),
        ({"features": [feature("P000001", name="x")]}, "reason"),
        ({"reason": " ", "features": [feature("P000001", name="x")]}, "reason"),
        ({"reason": "x", "features": [feature("P000001", owner="张某")]}, "owner"),
        ({"reason": "x", "features": [feature("P000001", nothing=1)]}, "nothing"),
        ({"reason": "x", "features": [feature("P000001", floors="高")]}, "floors"),
        ({"reason": "x", "features": [feature("P000001", action="delete")]}, "action"),
        ({"reason": "x", "features": [feature("P999999", action="retire")]}, "P999999"),
        ({"reason": "x", "features": [feature("P000001", code="P000002")]}, "code"),
        ({"reason": "x", "features": [feature("P000001", floors=1)]}, "没有改动"),
        ({"reason": "x", "features": [feature("N1", geometry={"type": "Point"})]}, "几何"),
        ({"reason": "x", "features": [feature("N1", geometry=point(0, 0))]}, "范围"),
        (
            {"reason": "x", "features": [feature("P000001", name="a"), feature("P000001", name="b")]},
            "P000001",
        ),
        ({"reason": "x", "features": [feature(None, name="x", geometry=point(118.8, 36.9))]}, "主键"),
        ({"reason": "x", "valid_from": "昨天", "features": [feature("P000001", name="x")]}, "昨天"),
        ({"reason": "x", "features": "P000001"}, "GeoJSON"),
        ({"reason": "x", "features": [feature("P000001", name=["甲"])]}, "name"),
        ({"reason": "x", "features": [feature("P\0", name="x")]}, "id"),
        ({"reason": "x", "features": [{**feature(None, name="x"), "id": {"a": 1}}]}, "id"),
    ],
)
def test_what_cannot_be_proposed_is_told(served: Served, body: dict[str, Any], told: str) -> None:
    whole = {"type": "FeatureCollection", **body}
    answer = served.client.post("/collections/points/proposals", json=whole)
    assert answer.status_code == 400, answer.text
    assert told in answer.json()["zh"]
    assert "王某" not in answer.text


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"reason": NaN}', b'"x"'])
def test_a_body_that_is_no_object_is_refused(served: Served, body: bytes) -> None:
    assert served.client.post("/collections/points/proposals", content=body).status_code == 400


def test_steps_are_refused_by_what_is_wrong_with_them(own: Served) -> None:
    number = propose(own, feature("P000001", name="x")).json()["id"]
    for body, told in (
        ({"verdict": "maybe", "reason": "x"}, "maybe"),
        ({"reason": "x"}, "verdict"),
        ({"verdict": "approve"}, "reason"),
        ({"verdict": "approve", "reason": "x", "digest": "zz"}, "digest"),
    ):
        refused = step(own, number, "review", **body)
        assert refused.status_code == 400
        assert told in refused.json()["zh"]
    other = step(own, number, "review", verdict="approve", reason="x", digest="00" * 32)
    assert (other.status_code, other.json()["code"]) == (409, "proposal-changed")
    assert step(own, 99, "apply").status_code == 404
    assert own.get("/proposals/99").status_code == 404
    assert own.get("/proposals/x").status_code == 400
    assert own.get("/proposals", params={"state": "lost"}).status_code == 400
    assert step(own, number, "withdraw", reason="提错了").json()["state"] == "withdrawn"
    assert step(own, number, "review", verdict="approve", reason="x").status_code == 409
    rejected = propose(own, feature("P000002", name="x")).json()["id"]
    assert step(own, rejected, "review", verdict="reject", reason="不实").json()["state"] == "rejected"
    assert step(own, rejected, "apply").status_code == 409
    listed = own.get("/proposals").json()["proposals"]
    assert [(each["id"], each["state"]) for each in listed] == [(rejected, "rejected"), (number, "withdrawn")]
    only = own.get("/proposals", params={"state": "rejected", "layer": "points"}).json()
    assert [each["id"] for each in only["proposals"]] == [rejected]
    page = own.get("/proposals", params={"limit": 1}).json()
    (following,) = [link["href"] for link in page["links"] if link["rel"] == "next"]
    assert own.get(following).json()["proposals"] == listed[1:]
    for path in ("/proposals", f"/proposals/{number}", f"/proposals/{number}/changes"):
        assert "<table>" in own.get(path, params={"f": "html"}).text


def test_an_approval_is_about_exactly_this_content(own: Served) -> None:
    """Content that was altered behind the platform's back is not applied on an old approval."""
    number = approved(own, feature("P000001", name="批准的"))
    with psycopg.connect(own.dsn) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("""update spatial.proposal_feature set mine = mine || '{"name": "偷换的"}'""")
        connection.execute("alter table spatial.proposal_feature disable trigger append_only")
        connection.execute("""update spatial.proposal_feature set mine = mine || '{"name": "偷换的"}'""")
    refused = step(own, number, "apply")
    assert (refused.status_code, refused.json()["code"]) == (409, "proposal-changed")
    assert own.get(f"{ITEMS}/P000001").json()["properties"]["name"] != "偷换的"


def test_an_approved_proposal_is_applied_once_however_often_it_is_asked_at_once(own: Served) -> None:
    number = approved(own, feature("P000001", name="一次"))
    answers: list[int] = []
    asking = [
        threading.Thread(target=lambda: answers.append(step(own, number, "apply").status_code))
        for _ in range(4)
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert sorted(answers) == [200, 409, 409, 409]
    assert len(own.get("/changesets").json()["changesets"]) == 2
