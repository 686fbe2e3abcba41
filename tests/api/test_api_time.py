"""Both times over HTTP, against an oracle that replays the deliveries in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
import shapely
from api_serving import Place, Served, deliver, places

from spatial.datum.clock import format_instant, parse_instant

ITEMS = "/collections/points/items"
DAYS = [parse_instant(day) for day in ("2026-01-01", "2026-03-01", "2026-05-01")]


@dataclass(frozen=True)
class Told:
    """One delivery: known from ``recorded`` on, ``names`` (None: removed) hold from ``valid`` on."""

    recorded: datetime
    valid: datetime
    names: dict[str, str | None]


def held(told: list[Told], at: datetime, asof: datetime | None) -> dict[str, str]:
    """What holds at an instant as known at another: the later telling overrides from its day on."""
    state: dict[str, str] = {}
    for each in told:
        if asof is not None and each.recorded > asof:
            continue
        for code, name in each.names.items():
            if each.valid > at:
                continue
            if name is None:
                state.pop(code, None)
            else:
                state[code] = name
    return state


def tell(served: Served, valid: datetime, names: dict[str, str | None]) -> Told:
    where = shapely.Point(118.8, 36.9)
    rows = [Place(code, where, name or None, 1, remove=name is None) for code, name in names.items()]
    changeset = deliver(served.dsn, "points", rows, valid_from=valid, reason=f"第 {len(names)} 批")
    assert changeset is not None
    return Told(changeset.recorded_at, valid, names)


def test_datetime_and_asof_against_the_oracle(own: Served) -> None:
    first = {place.code: place.name for place in places(25)}
    (recorded,) = (parse_instant(each["recorded_at"]) for each in own.get("/changesets").json()["changesets"])
    told = [Told(recorded, DAYS[0], first)]
    told.append(tell(own, DAYS[1], {"P000001": "改名", "P000002": None, "N1": "新建"}))
    told.append(tell(own, DAYS[2], {"P000001": "再改名", "N1": None, "N2": "新建二"}))
    told.append(tell(own, DAYS[1] + timedelta(days=9), {"P000003": "补登的变化"}))
    instants = [
        day + shift for day in DAYS for shift in (-timedelta(seconds=1), timedelta(0), timedelta(days=20))
    ]
    for at in instants:
        for asof in (None, *(each.recorded for each in told), told[1].recorded - timedelta(microseconds=1)):
            params = {"datetime": format_instant(at), "limit": 1000}
            if asof is not None:
                params["asof"] = format_instant(asof)
            answer = own.get(ITEMS, params=params).json()
            found = {each["id"]: each["properties"]["name"] for each in answer["features"]}
            assert len(found) == len(answer["features"])  # one item per feature
            # A back-dated telling is overridden by what was already told of later days: replay by day.
            assert found == held(sorted(told, key=lambda each: each.valid), at, asof), (at, asof)
    one = own.get(f"{ITEMS}/P000001", params={"datetime": "2026-03-01T00:00:00+08:00"}).json()
    assert one["properties"]["name"] == "改名"
    assert own.get(f"{ITEMS}/N1").status_code == 404
    assert own.get(f"{ITEMS}/N1", params={"datetime": "2026-04-01T00:00:00Z"}).status_code == 200
    before = own.get(f"{ITEMS}/P000001", params={"asof": format_instant(told[0].recorded)}).json()
    assert before["properties"]["name"] == first["P000001"]
    versions = own.get(f"{ITEMS}/P000001/versions").json()["features"]
    assert {each["reason"] for each in versions} == {"首次入库", "第 3 批"}
    assert sum(each["recorded_to"] is None for each in versions) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("../2025-12-31", []),
        ("../2026-01-01", ["A", "B"]),
        ("2026-01-01", ["A", "B"]),
        ("2026-02-28/2026-02-28", ["A", "B"]),
        ("2026-03-01", ["A", "C"]),  # B ended where that day begins
        ("2026-02-28/2026-03-01", ["A", "B", "C"]),
        ("2026-01-01T00:00:00+08:00/2026-03-01T00:00:00+08:00", ["A", "B", "C"]),  # closed
        ("2026-01-01T00:00:00+08:00/2026-02-28T23:59:59+08:00", ["A", "B"]),
        ("2026-03-01T00:00:00+08:00/..", ["A", "C"]),
        ("2025-12-31T16:00:00Z", ["A", "B"]),
        ("2025-12-31T15:59:59Z", []),
    ],
)
def test_intervals(timed: Served, text: str, expected: list[str]) -> None:
    answer = timed.get("/collections/times/items", params={"datetime": text}).json()
    assert [each["id"] for each in answer["features"]] == expected
    assert answer["numberMatched"] == len(expected)


def test_an_interval_shows_the_latest_version(timed: Served) -> None:
    def name(text: str) -> str:
        answer = timed.get("/collections/times/items", params={"datetime": text, "code": "A"}).json()
        return answer["features"][0]["properties"]["name"]

    assert name("../..") == name("2026-01-01/2026-12-31") == "A2"
    assert name("../2026-02-28") == "A1"


def test_pages_are_one_snapshot_while_others_write(own: Served) -> None:
    """Every page after the first shows the state that the first was read from."""
    expected = {place.code: place.name for place in places(25)}
    page = own.get(ITEMS, params={"limit": 4}).json()
    found: dict[str, str] = {}
    number = 0
    while True:
        for feature in page["features"]:
            assert feature["id"] not in found
            found[feature["id"]] = feature["properties"]["name"]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        number += 1
        rows = [replace(place, name=f"变 {number}") for place in places(25)]
        rows += [Place(f"Z{number}", shapely.Point(118.8, 36.9), "新", 1), replace(rows[20], remove=True)][:1]
        deliver(own.dsn, "points", rows, reason=f"边读边写 {number}")
        page = own.get(following[0]).json()
        assert page["numberMatched"] == len(expected)
    assert found == expected
    assert number == 6


def test_a_page_is_the_same_before_and_after_the_head_moved(own: Served) -> None:
    """A page read from the believed versions alone is the page read from the history."""
    first = own.get(ITEMS, params={"limit": 10}).json()
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    unmoved = own.get(following).json()
    changed = Place("P000010", shapely.Point(118.8, 36.9), "改", 1)
    deliver(own.dsn, "points", [changed, replace(places(25)[11], remove=True)], reason="两页之间")
    moved = own.get(following).json()
    assert moved["features"] == unmoved["features"]
    assert moved["numberMatched"] == unmoved["numberMatched"] == 25
    assert [link["href"] for link in moved["links"]] == [link["href"] for link in unmoved["links"]]
    live = own.get(ITEMS, params={"limit": 11}).json()["features"]
    assert live[10]["properties"]["name"] == "改"


def test_what_was_just_written_is_read(own: Served) -> None:
    for number in range(5):
        now = parse_instant("2026-01-01") if number % 2 else datetime.now().astimezone()
        deliver(
            own.dsn,
            "points",
            [Place("P000000", shapely.Point(118.8, 36.9), f"第{number}", 1)],
            valid_from=now,
        )
        assert own.get(f"{ITEMS}/P000000").json()["properties"]["name"] == f"第{number}"
        listed = own.get(ITEMS, params={"limit": 1}).json()["features"][0]
        assert listed["properties"]["name"] == f"第{number}"


def test_the_tag_moves_with_the_layer_and_only_then(own: Served) -> None:
    params = {"limit": 5, "datetime": "2026-02-01T00:00:00Z"}
    tag = own.get(ITEMS, params=params).headers["etag"]
    item = own.get(f"{ITEMS}/P000001").headers["etag"]
    assert own.get(ITEMS, params=params, headers={"if-none-match": tag}).status_code == 304
    deliver(own.dsn, "points", [Place("P000000", shapely.Point(118.8, 36.9), "改", 1)])
    assert own.get(ITEMS, params=params, headers={"if-none-match": tag}).status_code == 200
    assert own.get(f"{ITEMS}/P000001", headers={"if-none-match": item}).status_code == 304
    deliver(own.dsn, "points", [Place("P000001", shapely.Point(118.8, 36.9), "改", 1)])
    assert own.get(f"{ITEMS}/P000001", headers={"if-none-match": item}).status_code == 200


def test_the_ledger_answers_who_what_why(own: Served) -> None:
    deliver(own.dsn, "points", [Place("P000001", shapely.Point(118.8, 36.9), "改", 1)], reason="门牌更正")
    listed = own.get("/changesets", params={"layer": "points", "limit": 1}).json()
    (newest,) = listed["changesets"]
    assert newest["reason"] == "门牌更正"
    assert newest["department"] == "自然资源和规划局"
    assert newest["source_sha256"] == "01" * 32
    assert (newest["opened"], newest["closed"]) == (1, 1)
    following = next(link["href"] for link in listed["links"] if link["rel"] == "next")
    (older,) = own.get(following).json()["changesets"]
    assert older["chain_hash"] == newest["previous_hash"]
    assert own.get(f"/changesets/{newest['id']}").json()["chain_hash"] == newest["chain_hash"]
    feature = own.get(f"{ITEMS}/P000001").json()
    assert feature["properties"]["changeset"] == newest["id"]
    for path in (
        "/changesets/0",
        "/changesets/x",
        "/changesets?before=0",
        "/changesets?limit=x",
        "/changesets?a=1",
    ):
        assert own.get(path).status_code == 400, path


@pytest.mark.parametrize("limit", [2000, 2001, 4100, 4999, 5000, 10_000])
def test_a_large_page_is_streamed_whole(large: Served, limit: int) -> None:
    answer = large.get("/collections/large/items", params={"limit": limit}).json()
    expected = [place.code for place in places(5000)]
    assert [each["id"] for each in answer["features"]] == expected[:limit]
    assert answer["numberReturned"] == min(limit, 5000)
    assert answer["numberMatched"] == 5000
    following = [link["href"] for link in answer["links"] if link["rel"] == "next"]
    assert bool(following) == (limit < 5000)
    if following:
        assert large.get(following[0]).json()["features"][0]["id"] == expected[limit]
