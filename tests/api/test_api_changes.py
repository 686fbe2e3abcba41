"""Differences over HTTP: applied to one state they give the other, on both axes of time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, places, publish, server, until
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.catalogue import store
from spatial.database import connect
from spatial.datum.clock import format_instant, parse_instant
from spatial.history import write
from spatial.history.model import Changeset, Intent

WHERE = [shapely.Point(118.70 + n / 100, 36.9) for n in range(3)]
FIDS = ["A", "B", "C/…", "D"]
START = parse_instant("2026-01-01")
OF_THE_VERSION = {"valid_from", "valid_to", "changeset"}


def day(n: int) -> Any:
    return START + timedelta(days=n)


def walk(served: Served, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    """All pages, each holding at most what was asked for."""
    page = served.get(path, params=params)
    found: list[dict[str, Any]] = []
    while True:
        assert page.status_code == 200, page.text
        document = page.json()
        assert document["numberReturned"] == len(document["features"])
        found += document["features"]
        following = [link["href"] for link in document["links"] if link["rel"] == "next"]
        if not following:
            return found
        page = served.get(following[0])


def content(feature: dict[str, Any]) -> dict[str, Any]:
    """What the map shows of a feature: its place and its attributes."""
    return {
        "geometry": feature["geometry"],
        **{k: v for k, v in feature["properties"].items() if k not in OF_THE_VERSION},
    }


def state(served: Served, layer: str, **params: Any) -> dict[str, dict[str, Any]]:
    found = walk(served, f"/collections/{layer}/items", {"limit": 1000, **params})
    return {feature["id"]: content(feature) for feature in found}


def applied(before: dict[str, dict[str, Any]], changes: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The state after the changes; each must fit the state it is applied to."""
    after = dict(before)
    for change in changes:
        fid = change["id"]
        match change["change"]:
            case "insert":
                assert fid not in after
            case "delete":
                assert after[fid] == content(change)
            case "update":
                told = {field["name"]: field for field in change["fields"]}
                assert told
                assert {name: field["old"] for name, field in told.items()} == {
                    n: after[fid][n] for n in told
                }
                assert after[fid] | {name: field["new"] for name, field in told.items()} == content(change)
        if change["change"] == "delete":
            del after[fid]
        else:
            after[fid] = content(change)
    assert len({change["id"] for change in changes}) == len(changes)
    return after


steps = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.lists(
            st.builds(
                Place,
                st.sampled_from(FIDS),
                st.sampled_from(WHERE),
                st.sampled_from(["甲", "乙", "丙", None]),
                st.sampled_from([None, 1, 2]),
                st.booleans(),
            ),
            min_size=1,
            max_size=3,
            unique_by=lambda place: place.code,
        ),
    ),
    min_size=1,
    max_size=5,
)
counter = itertools.count()


@pytest.fixture(scope="module")
def histories(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        database_of(server_dsn, template) as dsn,
        server(dsn, tmp_path_factory.mktemp("api") / "changes.log") as running,
    ):
        yield running


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=steps, ends=st.tuples(*[st.integers(0, 5)] * 2), days=st.tuples(*[st.integers(-1, 7)] * 2))
def test_a_state_and_the_difference_give_the_other_state(
    histories: Served, history: list[Any], ends: tuple[int, int], days: tuple[int, int]
) -> None:
    layer = f"law-{next(counter)}"
    publish(histories.dsn, contract(layer))
    until(lambda: histories.get(f"/collections/{layer}").status_code == 200)
    made = [deliver(histories.dsn, layer, rows, valid_from=day(from_day)) for from_day, rows in history]
    held = [changeset for changeset in made if changeset is not None]
    changes = f"/collections/{layer}/changes"

    # What was believed: by number and by instant, from either to the other, of the map of a day.
    first, second = (min(end, len(held)) for end in ends)
    at = format_instant(day(days[0]))

    def recorded(n: int) -> dict[str, Any]:
        if n == 0:
            return {}
        return state(histories, layer, datetime=at, asof=format_instant(held[n - 1].recorded_at))

    numbers = [held[n - 1].id if n else 0 for n in (first, second)]
    told = walk(histories, changes, {"from": numbers[0], "to": numbers[1], "datetime": at, "limit": 1})
    assert applied(recorded(first), told) == recorded(second)
    if first and second:
        instants = [format_instant(held[n - 1].recorded_at) for n in (first, second)]
        params = {"from": instants[0], "to": instants[1], "datetime": at}
        assert walk(histories, changes, params) == told

    # What is true: of two days, as believed now and as it was believed.
    for asof in ({}, {"asof": format_instant(held[first - 1].recorded_at)} if first else {}):
        days_told = [format_instant(day(n)) for n in days]
        before, after = (state(histories, layer, datetime=each, **asof) for each in days_told)
        params = {"axis": "valid", "from": days_told[0], "to": days_told[1], "limit": 2, **asof}
        assert applied(before, walk(histories, changes, params)) == after

    # And one by one, each changeset as the map shows it from when on it holds.
    for changeset in held:
        told = walk(histories, f"/changesets/{changeset.id}/changes", {})
        assert told, changeset


def test_what_lies_in_the_box_before_or_after_is_told(own: Served) -> None:
    start = places(25)
    moved = replace(start[3], geometry=shapely.Point(118.0, 36.0))
    deliver(own.dsn, "points", [moved, replace(start[4], remove=True), replace(start[5], name="改")])
    x, y = start[3].geometry.x, start[3].geometry.y
    around = f"{x - 0.0001},{y - 0.0001},{x + 0.0001},{y + 0.0001}"
    for box, expected in (
        (around, [("P000003", "update")]),
        ("117.9,35.9,118.1,36.1", [("P000003", "update")]),
        ("118.5,36.7,119.2,37.4", [("P000003", "update"), ("P000004", "delete"), ("P000005", "update")]),
        ("100,20,101,21", []),
    ):
        for path in ("/collections/points/changes", "/changesets/2/changes"):
            told = walk(
                own, path, {"bbox": box, "limit": 1, **({"from": 1} if "collections" in path else {})}
            )
            assert [(each["id"], each["change"]) for each in told] == expected, (box, path)


def test_pages_stand_still_while_others_write(own: Served) -> None:
    rows = [replace(place, name="改") for place in places(25)]
    deliver(own.dsn, "points", rows)
    page = own.get("/collections/points/changes", params={"from": 1, "limit": 10}).json()
    deliver(own.dsn, "points", [replace(place, name="又改") for place in places(25)])
    found = page["features"]
    while following := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        page = own.get(following[0]).json()
        assert page["onemap:newer"]["changeset"] == 2
        found += page["features"]
    assert [each["fields"][0]["new"] for each in found] == ["改"] * 25


def test_all_versions_are_told_with_their_ends(own: Served) -> None:
    march = parse_instant("2026-03-01")
    deliver(own.dsn, "points", [replace(places(1)[0], name="改")], valid_from=march)
    told = walk(own, "/collections/points/changes", {"from": 1, "datetime": "../..", "limit": 1})
    assert [(each["id"], each["change"]) for each in told] == [("P000000", "update"), ("P000000", "insert")]
    (shortened,) = told[0]["fields"]
    assert shortened == {"name": "valid_to", "old": None, "new": "2026-03-01T00:00:00+08:00"}
    assert told[1]["properties"]["valid_from"] == "2026-03-01T00:00:00+08:00"


def hand_over(dsn: str, handed: list[Place]) -> Changeset:
    """These places with another owner, which is an internal field."""
    with connect(dsn) as connection:
        table = store.get(connection, "points").table
        staging = write.create_staging(connection, table)
        columns = ["line", "fid", "remove", "geom", "code", "name", "floors", "listed", "owner"]
        rows = [(*place.row(line)[:-1], "另一位权利人") for line, place in enumerate(handed, 1)]
        write.copy_rows(connection, staging, columns, rows)
        write.canonicalise(connection, staging)
        changed = write.apply(connection, staging, Intent("李工", "局", "换人", parse_instant("2026-01-01")))
        assert changed is not None
        return changed


def test_a_page_looks_past_what_does_not_differ(own: Served) -> None:
    """Of many that may differ few do: they are found page by page, none is left out, none told twice."""
    handed = [replace(each, name="改") if at in (11, 24) else each for at, each in enumerate(places(25))]
    changed = hand_over(own.dsn, handed)
    for path, params in (
        ("/collections/points/changes", {"from": 1}),
        ("/collections/points/changes", {"from": 1, "bbox": "118,36,120,38"}),
        ("/collections/points/changes", {"from": 1, "datetime": "../.."}),
        (f"/changesets/{changed.id}/changes", {}),
    ):
        for limit in (1, 2, 3):
            told = walk(own, path, {**params, "limit": limit})
            assert [each["id"] for each in told] == ["P000011", "P000024"], (path, params, limit)


def test_what_nobody_may_see_does_not_differ(own: Served) -> None:
    """A change of an internal field alone is no change for whoever may not see the field."""
    changed = hand_over(own.dsn, places(1))
    assert changed.opened == 1
    for path in ("/collections/points/changes?from=1", f"/changesets/{changed.id}/changes"):
        answer = own.get(path)
        assert answer.json()["features"] == []
        assert "权利人" not in answer.text


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"from": "x"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"axis": "both"}, "axis"),
        ({"axis": "valid", "from": "2026-01-01"}, "to"),
        ({"axis": "valid", "from": "3", "to": "2026-01-01"}, "from"),
        ({"axis": "valid", "from": "2026-01-01", "to": "2026-02-01", "datetime": "2026-01-01"}, "datetime"),
        ({"asof": "2026-01-01"}, "asof"),
        ({"datetime": "2026-01-01/2026-02-01"}, "datetime"),
        ({"limit": "0"}, "limit"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"after": "W10"}, "after"),
        ({"after": "Wy0xLDAsbnVsbCxudWxsLG51bGwsIkEiXQ"}, "after"),
        ({"name": "x"}, "name"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(
    served: Served, params: dict[str, str], named: str
) -> None:
    answer = served.get("/collections/points/changes", params=params)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == named


def test_the_ledger_is_narrowed_and_paged_both_ways(own: Served, tmp_path: Path) -> None:
    publish(own.dsn, contract("others"))
    until(lambda: own.get("/collections/others").status_code == 200)
    for n in range(6):
        deliver(own.dsn, ("points", "others")[n % 2], [replace(places(1)[0], name=f"{n}")], reason=f"{n}")
    every = own.get("/changesets").json()["changesets"]
    assert [each["id"] for each in every] == sorted((each["id"] for each in every), reverse=True)
    for params, expected in (
        ({"layer": "others"}, [each for each in every if each["layer"] == "others"]),
        ({"department": "自然资源和规划局", "author": "李工"}, every),
        ({"department": "民政局"}, []),
        ({"author": "王工"}, []),
        ({"datetime": f"{every[3]['recorded_at']}/.."}, every[:4]),
        ({"datetime": f"../{every[3]['recorded_at']}"}, every[3:]),
        ({"datetime": every[3]["recorded_at"]}, [every[3]]),
        ({"datetime": "2020-01-01"}, []),
    ):
        assert own.get("/changesets", params=params).json()["changesets"] == expected, params
    page = own.get("/changesets", params={"limit": 3}).json()
    forth = page["changesets"]
    while following := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        page = own.get(following[0]).json()
        forth = forth + page["changesets"]
    assert forth == every
    back = page["changesets"]
    while previous := [link["href"] for link in page["links"] if link["rel"] == "prev"]:
        page = own.get(previous[0]).json()
        back = page["changesets"] + back
    assert back == every
    assert own.get("/changesets", params={"before": 3, "after": 1}).status_code == 400
    assert own.get("/changesets", params={"layer": "none"}).status_code == 404
