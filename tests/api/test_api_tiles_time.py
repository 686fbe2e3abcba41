"""Tiles at any instant and of differences: each tells what the items tell, after edits made at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server, until
from tile_reader import Feature
from tile_requests import GRIDS, Grid, ask, items, one

from spatial.datum.clock import format_instant, parse_instant
from spatial.history.model import Changeset

FOR_EVER = "max-age=31536000, s-maxage=60, immutable"
ALL = pytest.mark.parametrize("grid", GRIDS.values(), ids=lambda grid: grid.id)
DICE = random.Random(7)
WEST, SOUTH, SIDE = 118.78, 36.87, 0.03
DAYS = [parse_instant(f"2026-{month:02d}-01") for month in range(1, 8)]
KINDS = {"dots": "Point", "fields": "Polygon"}


@dataclass(frozen=True)
class Edited:
    """A served database, and the changesets of each of its layers."""

    served: Served
    made: dict[str, list[Changeset]]


def shape(kind: str) -> shapely.Geometry:
    lon, lat = WEST + DICE.uniform(0, SIDE), SOUTH + DICE.uniform(0, SIDE)
    if kind == "Point":
        return shapely.Point(round(lon, 9), round(lat, 9))
    return shapely.box(lon, lat, lon + DICE.uniform(0.0005, 0.003), lat + DICE.uniform(0.0005, 0.003))


def edit(kind: str, known: dict[str, Place]) -> list[Place]:
    """New, moved, renamed, moved and renamed, and removed features."""
    rows: dict[str, Place] = {}
    for _ in range(25):
        code = f"F{DICE.randrange(80):03d}"
        before = known.get(code)
        if before is None or before.remove:
            rows[code] = Place(code, shape(kind), DICE.choice(["甲", "乙", None]), DICE.randrange(5))
            continue
        move, rename = DICE.random() < 0.4, DICE.random() < 0.5
        if DICE.random() < 0.2:
            rows[code] = Place(code, before.geometry, remove=True)
        else:
            geometry = shape(kind) if move else before.geometry
            name = DICE.choice(["甲", "乙", "丙", None]) if rename else before.name
            rows[code] = Place(code, geometry, name, DICE.randrange(5) if rename else before.floors)
    known.update(rows)
    return list(rows.values())


@pytest.fixture(scope="module")
def changed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edited]:
    made: dict[str, list[Changeset]] = {}
    with database_of(server_dsn, template) as dsn:
        for layer, kind in KINDS.items():
            publish(dsn, contract(layer, kind))
            known: dict[str, Place] = {}
            written = [deliver(dsn, layer, edit(kind, known), valid_from=DICE.choice(DAYS)) for _ in range(8)]
            made[layer] = [each for each in written if each is not None]
        with server(dsn, tmp_path_factory.mktemp("times") / "server.log") as running:
            yield Edited(running, made)


def union(served: Served, path: str, layer: str, grid: Grid, **parameters: Any) -> dict[str, list[Feature]]:
    """What all near tiles of the ground of these tests hold, by identity."""
    zoom = grid.near
    ground = grid.place(shapely.box(WEST, SOUTH, WEST + SIDE + 0.003, SOUTH + SIDE + 0.003))
    found: dict[str, list[Feature]] = {}
    for row, column in grid.around(zoom, ground):
        layer_ = one(ask(served, f"{path}/{grid.id}/{zoom}/{row}/{column}", **parameters), layer)
        for feature in layer_.features if layer_ else ():
            found.setdefault(str(feature.properties["fid"]), []).append(feature)
    return found


def plain(feature: dict[str, Any]) -> dict[str, Any]:
    """The attributes of an item as a tile has them."""
    told = {name: value for name, value in feature["properties"].items() if value is not None}
    for name in ("valid_from", "valid_to", "changeset"):
        told.pop(name, None)
    return {"fid": feature["id"], **told}


@ALL
@pytest.mark.parametrize("layer", KINDS)
def test_tiles_of_any_two_instants_hold_what_the_items_say(changed: Edited, grid: Grid, layer: str) -> None:
    served, made = changed.served, changed.made[layer]
    known = [None, *(each.recorded_at for each in made[::3])]
    valid = [None, *(day + timedelta(hours=1) for day in DAYS[::2])]
    seen = 0
    for asof in known:
        for at in valid:
            when = {"asof": asof and asof.isoformat(), "datetime": at and format_instant(at)}
            asked = {name: text for name, text in when.items() if text}
            expected = items(served, layer, **asked)
            found = union(served, f"/collections/{layer}/tiles", layer, grid, **asked)
            assert set(found) == set(expected), asked
            for fid, features in found.items():
                assert all(each.properties == plain(expected[fid]) for each in features)
            seen += len(found)
    assert seen > 100


@pytest.mark.parametrize("layer", KINDS)
def test_a_stretch_of_time_gives_the_latest_of_each_feature(changed: Edited, layer: str) -> None:
    grid = GRIDS["CGCS2000Quad"]
    asked = {"datetime": "2026-02-15/2026-05-15"}
    expected = items(changed.served, layer, **asked)
    row, column = grid.tile_of(8, WEST, SOUTH)
    found = one(ask(changed.served, f"/collections/{layer}/tiles/{grid.id}/8/{row}/{column}", **asked), layer)
    assert found and found.fids <= set(expected)
    near = union(changed.served, f"/collections/{layer}/tiles", layer, grid, **asked)
    assert set(near) >= set(expected)
    for fid, features in near.items():
        assert sum(each.properties == plain(expected[fid]) for each in features)


def expected_difference(
    older: dict[str, Any], newer: dict[str, Any]
) -> dict[str, tuple[str, frozenset[str] | None]]:
    told: dict[str, tuple[str, frozenset[str] | None]] = {}
    for fid in older.keys() | newer.keys():
        if fid not in older:
            told[fid] = ("added", None)
        elif fid not in newer:
            told[fid] = ("removed", None)
        else:
            before, after = older[fid], newer[fid]
            names = {
                name
                for name in before["properties"]
                if name not in ("valid_from", "valid_to", "changeset")
                and before["properties"][name] != after["properties"][name]
            }
            if before["geometry"] != after["geometry"]:
                names.add("geometry")
            if names:
                told[fid] = ("changed", frozenset(names))
    return told


def drawn_difference(found: dict[str, list[Feature]]) -> dict[str, tuple[str, frozenset[str] | None]]:
    told = {}
    for fid, features in found.items():
        (said,) = {(str(each.properties["op"]), each.properties.get("fields")) for each in features}
        assert all(set(each.properties) <= {"fid", "op", "fields"} for each in features)
        told[fid] = (said[0], None if said[1] is None else frozenset(str(said[1]).split(",")))
    return told


@ALL
@pytest.mark.parametrize("layer", KINDS)
def test_difference_tiles_on_the_axis_of_validity(changed: Edited, grid: Grid, layer: str) -> None:
    served, seen = changed.served, 0
    for first, second in ((0, 3), (1, 6), (5, 2)):
        for asof in (None, changed.made[layer][4].recorded_at):
            known = {"asof": asof.isoformat()} if asof else {}
            one_, other = (format_instant(DAYS[each] + timedelta(days=1)) for each in (first, second))
            expected = expected_difference(
                items(served, layer, datetime=one_, **known), items(served, layer, datetime=other, **known)
            )
            path = f"/collections/{layer}/changes/tiles"
            found = union(served, path, layer, grid, axis="valid", from_=one_, to=other, **known)
            assert drawn_difference(found) == expected
            seen += len(expected)
    assert seen > 50


@ALL
@pytest.mark.parametrize("layer", KINDS)
def test_difference_tiles_on_the_axis_of_record(changed: Edited, grid: Grid, layer: str) -> None:
    served, made, kinds = changed.served, changed.made[layer], set()
    for older, newer in ((0, 7), (2, 3), (6, 1)):
        at = format_instant(DAYS[4] + timedelta(days=1))
        states = [
            items(served, layer, datetime=at, asof=made[each].recorded_at.isoformat())
            for each in (older, newer)
        ]
        expected = expected_difference(*states)
        path = f"/collections/{layer}/changes/tiles"
        asked = {"from_": made[older].id, "to": made[newer].id, "datetime": at}
        assert drawn_difference(union(served, path, layer, grid, **asked)) == expected
        kinds |= {op for op, _ in expected.values()}
    assert kinds == {"added", "removed", "changed"}


def test_what_moves_away_is_told_where_it_was(changed: Edited) -> None:
    """In the tile that it has left, a moved point is drawn as changed at its old place."""
    served, made, grid = changed.served, changed.made["dots"], GRIDS["CGCS2000Quad"]
    at = format_instant(DAYS[6] + timedelta(days=1))
    first, last = (
        items(served, "dots", datetime=at, asof=each.recorded_at.isoformat()) for each in (made[0], made[-1])
    )
    checked = 0
    for fid in first.keys() & last.keys():
        zoom = 17
        was, is_now = (grid.tile_of(zoom, *state[fid]["geometry"]["coordinates"]) for state in (first, last))
        if was == is_now:
            continue
        for where in (was, is_now):
            path = f"/collections/dots/changes/tiles/{grid.id}/{zoom}/{where[0]}/{where[1]}"
            found = one(ask(served, path, from_=made[0].id, to=made[-1].id, datetime=at), "dots")
            assert found
            feature = found.of(fid)
            assert feature.properties["op"] == "changed"
            assert "geometry" in str(feature.properties["fields"]).split(",")
        checked += 1
    assert checked


def tilejson(served: Served, layer: str, tiles: str = "tiles", **parameters: str) -> dict[str, Any]:
    path = f"/collections/{layer}/{tiles}/CGCS2000Quad"
    answer = served.get(path, params={"f": "tilejson", **parameters})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-cache"
    told: dict[str, Any] = answer.json()
    return told


def filled(template: str, zoom: int = 8) -> str:
    row, column = GRIDS["CGCS2000Quad"].tile_of(zoom, WEST, SOUTH)
    return template.replace("{z}", str(zoom)).replace("{y}", str(row)).replace("{x}", str(column))


def test_a_pinned_address_never_changes_and_says_so(own: Served) -> None:
    told = tilejson(own, "points")
    address = filled(told["tiles"][0])
    first = ask(own, address)
    assert first.headers["cache-control"] == FOR_EVER
    again = own.get(address, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    deliver(own.dsn, "points", [Place("P000000", shapely.Point(118.8, 36.9), "改", 1)])
    until(lambda: tilejson(own, "points")["onemap:changeset"] != told["onemap:changeset"])
    after = ask(own, address)
    assert after.content == first.content and after.headers["etag"] == first.headers["etag"]
    assert "immutable" in after.headers["cache-control"]
    moved = tilejson(own, "points")
    assert moved["tiles"] != told["tiles"]
    assert ask(own, filled(moved["tiles"][0])).content != first.content


def test_an_address_that_is_not_pinned_is_asked_about_and_never_stale(own: Served) -> None:
    row, column = GRIDS["CGCS2000Quad"].tile_of(13, 118.71, 36.9)
    path = f"/collections/points/tiles/CGCS2000Quad/13/{row}/{column}"
    first = ask(own, path)
    assert first.headers["cache-control"] == "no-cache"
    assert own.get(path, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    for number in range(10):
        place = Place("P000001", shapely.Point(118.71 + number * 0.002, 36.9), f"第{number}次", number)
        deliver(own.dsn, "points", [place])
        now = own.get(path, headers={"if-none-match": first.headers["etag"]})
        assert now.status_code == 200 and f"第{number}次".encode() in now.content
        first = now


def test_the_mark_of_another_contract_makes_no_promise(own: Served) -> None:
    address = filled(tilejson(own, "points")["tiles"][0])
    right = ask(own, address)
    wrong = ask(own, address[:-4] + "0000")
    assert wrong.content == right.content
    assert wrong.headers["cache-control"] == "no-cache"


def test_what_is_not_known_yet_is_not_promised(own: Served) -> None:
    told = tilejson(own, "points")
    mark = told["onemap:pinned"]["v"]
    row, column = GRIDS["CGCS2000Quad"].tile_of(8, WEST, SOUTH)
    path = f"/collections/points/tiles/CGCS2000Quad/8/{row}/{column}"
    later = format_instant(datetime.now(UTC) + timedelta(days=1))
    for asof in (later, None):
        asked = {"datetime": "2026-06-01", "v": mark, **({"asof": asof} if asof else {})}
        assert ask(own, path, **asked).headers["cache-control"] == "no-cache"


def test_the_pinned_instant_stays_while_the_picture_does(own: Served) -> None:
    first = tilejson(own, "points")
    pinned = parse_instant(first["onemap:pinned"]["datetime"])
    assert pinned <= datetime.now(UTC)
    assert tilejson(own, "points") == first
    coming = datetime.now(UTC) + timedelta(days=2)
    deliver(own.dsn, "points", [Place("P000002", shapely.Point(WEST, SOUTH), "将来", 1)], valid_from=coming)
    until(lambda: tilejson(own, "points")["onemap:changeset"] != first["onemap:changeset"])
    second = tilejson(own, "points")
    assert parse_instant(second["onemap:pinned"]["datetime"]) < coming
    assert "将来".encode() not in ask(own, filled(second["tiles"][0], 14)).content
    later = tilejson(own, "points", datetime=format_instant(coming + timedelta(seconds=1)))
    assert "将来".encode() in ask(own, filled(later["tiles"][0], 14)).content


def test_pinned_differences_are_kept_for_ever(changed: Edited) -> None:
    served, made = changed.served, changed.made["dots"]
    mark = tilejson(served, "dots")["onemap:pinned"]["v"]
    row, column = GRIDS["CGCS2000Quad"].tile_of(14, WEST, SOUTH)
    path = f"/collections/dots/changes/tiles/CGCS2000Quad/14/{row}/{column}"
    pinned = {"from_": made[0].id, "to": made[5].id, "datetime": "2026-06-01T00:00:00Z", "v": mark}
    answer = ask(served, path, **pinned)
    assert "immutable" in answer.headers["cache-control"]
    assert ask(served, path, **pinned).content == answer.content
    open_end = {name: text for name, text in pinned.items() if name != "to"}
    assert ask(served, path, **open_end).headers["cache-control"] == "no-cache"
    again = served.get(
        path,
        params={name.rstrip("_"): text for name, text in pinned.items()},
        headers={"if-none-match": answer.headers["etag"]},
    )
    assert again.status_code == 304


def test_the_tilejson_of_a_difference_names_both_states(changed: Edited) -> None:
    """Its template, and the changes asked for with the same pins, tell what the items of both states tell."""
    served, made, grid = changed.served, changed.made["dots"], GRIDS["CGCS2000Quad"]
    day = format_instant(DAYS[2] + timedelta(days=1))
    at = format_instant(DAYS[4])
    cases: list[tuple[dict[str, str], dict[str, str], dict[str, str]]] = [
        ({"axis": "valid", "from": day}, {"datetime": day}, {}),
        (
            {"from": str(made[2].id), "datetime": at},
            {"datetime": at, "asof": made[2].recorded_at.isoformat()},
            {"datetime": at},
        ),
    ]
    for asked, older, newer in cases:
        told = tilejson(served, "dots", "changes/tiles", **asked)
        pins = told["onemap:pinned"]
        assert {**pins, **asked} == pins and pins["to"]
        assert set(told["vector_layers"][0]["fields"]) == {"fid", "op", "fields"}
        address = told["tiles"][0]
        row, column = grid.tile_of(10, WEST, SOUTH)
        tile = address.replace("{z}", "10").replace("{y}", str(row)).replace("{x}", str(column))
        answer = ask(served, tile)
        assert answer.headers["cache-control"] == FOR_EVER
        states = items(served, "dots", **older), items(served, "dots", **newer)
        expected = expected_difference(*states)
        named = {name: text for name, text in pins.items() if name != "v"}
        listed = served.get("/collections/dots/changes", params={**named, "limit": "1000"}).json()
        assert expected and {each["id"] for each in listed["features"]} == set(expected)
        query = {"from_" if name == "from" else name: text for name, text in pins.items()}
        found = union(served, "/collections/dots/changes/tiles", "dots", grid, **query)
        assert drawn_difference(found) == expected


def test_the_tilejson_of_a_difference_is_another_one_after_a_change(own: Served) -> None:
    asked = {"axis": "valid", "from": "2020-01-01"}
    first = tilejson(own, "points", "changes/tiles", **asked)
    assert tilejson(own, "points", "changes/tiles", **asked) == first
    deliver(own.dsn, "points", [Place("P000003", shapely.Point(118.81, 36.9), "改", 1)])
    until(lambda: tilejson(own, "points", "changes/tiles", **asked)["tiles"] != first["tiles"])
