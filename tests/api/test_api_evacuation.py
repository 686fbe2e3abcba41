"""``evacuation`` over HTTP: who is reached, by when they must leave, where they go, who may see whom."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from api_serving import Served, server
from flooded_town import ADDRESSES, RASTER, extent, flooded_town, told
from serving import until

from api.executions import OFFERED
from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from spatial.datum import BEIJING, format_instant
from spatial.jobs import run
from spatial.jobs.workplace import Workplace
from water.evacuation.processes import EVACUATIONS
from water.flood import kept, store
from water.flood.extent import Extent
from water.flood.processes.parts import RESTS_ON, needs
from water.flood.terrain import DATUM

sys.path.insert(0, str(Path(__file__).parents[1] / "water"))
from flood_runs import run as flood_run

LINKS_ARE_OF, EMERGENCY = "寿光市大数据局", "寿光市应急管理局"
PEOPLE = {"persons_per_address": 3}


@pytest.fixture(scope="module")
def town(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with flooded_town(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            for department in (LINKS_ARE_OF, EMERGENCY):
                for layer in ("addresses", "regions", "roads", "shelters", "schools"):
                    access.add_grant(connection, layer, department, Right.READ, by="test")
        log = tmp_path_factory.mktemp("evacuation") / "server.log"
        with server(dsn, log) as running:
            yield running
        assert "unexpected failure" not in log.read_text()


@pytest.fixture(scope="module")
def bureau(town: Served) -> dict[str, str]:
    """Headers of the bureau whose the links are."""
    with connect(town.dsn) as connection:
        _, secret = access.add_key(connection, "试验", LINKS_ARE_OF, [Role.READER], by="test")
    return known(town, {"x-api-key": secret})


def known(served: Served, headers: dict[str, str]) -> dict[str, str]:
    """Headers of a new key, once the server knows it."""
    until(lambda: served.get("/access/me", headers=headers).status_code == 200)
    return headers


def job(served: Served, headers: dict[str, str] | None = None, **inputs: Any) -> tuple[str, dict[str, Any]]:
    answer = served.client.post(
        "/processes/evacuation/execution",
        json={
            "inputs": {
                key: value for key, value in {"extent": told(), **inputs}.items() if value is not None
            },
            "response": "document",
        },
        headers={"prefer": "respond-async", **(headers or {})},
    )
    assert answer.status_code == 201, answer.text
    number = answer.json()["jobID"]
    run.run(Workplace(served.dsn, "370783"), OFFERED, number, 1)
    results = served.get(f"/jobs/{number}/results", headers=headers or {})
    return number, results.json()


def listed(served: Served, number: str, output: str, headers: dict[str, str]) -> list[dict[str, str]]:
    answer = served.get(f"/jobs/{number}/results/{output}", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_town_is_evacuated_before_the_dip_fills(town: Served, bureau: dict[str, str]) -> None:
    number, made = job(town, bureau)
    summary = made["summary"]
    assert summary["people_from"] == "object-links" and summary["stamp"] == "合成数据"
    total = summary["total"]
    assert (total["addresses"], total["people"]) == (5, 20)
    assert total["hazard"] == [{"code": "H3", "addresses": 5, "people": 20}]
    assert total["deepest_m"] == 0.6
    assert total["fates"] == {
        "leaves": {"addresses": 4, "people": 18},
        "off-road": {"addresses": 1, "people": 2},
    }
    rows = {row["地址标识"]: row for row in listed(town, number, "addresses", bureau)}
    assert set(rows) == set(ADDRESSES) - {"DRY"}
    # The dip closes after 300 s; from 200 m it is 650 m away, at 30 km/h, and 10 m to the street on foot.
    assert float(rows["A1"]["最后安全撤离_s"]) == pytest.approx(300 - 645 / (30 / 3.6) - 9, abs=1.5)
    assert float(rows["A1"]["到达_s"]) == pytest.approx(700, abs=5) and rows["A1"]["出路先断"] == "True"
    assert rows["FAR"]["结论"] == "距可通行道路过远" and rows["FAR"]["避难场所"] == ""
    assert summary["unassigned"] == [
        {
            "village": "V2", "code": "370783100202", "name": "东村", "reason": "off-road", "addresses": 1,
            "people": 2,
            "told": {"zh": "距可通行道路过远", "en": "too far from any road that the mode passes"},
        }
    ]  # fmt: skip
    shelters = {each["id"]: each for each in summary["shelters"]}
    assert shelters["S-EAST"]["assigned"] == 10 and shelters["S-NORTH"]["assigned"] == 8
    assert shelters["S-WET"]["assigned"] == 0 and shelters["S-WET"]["unused"]["zh"].startswith("进水")
    assert summary["optimality_gap_person_s"] == 0
    assert {each["name"]: each["people"] for each in summary["villages"]} == {"西村": 12, "东村": 8}
    assert [(each["name"], each["people"]) for each in summary["towns"]] == [("试验镇", 20)]
    assert summary["assets"][0] == {
        "layer": "schools", "count": 1, "sum_of": "places", "sum": 200.0, "deepest_m": 0.6,
        "first_arrival_s": 747.5, "hazard": [{"code": "H3", "count": 1}],
    }  # fmt: skip
    assert listed(town, number, "assets", bureau)[0]["资产标识"] == "K-WET"
    points = town.get(f"/jobs/{number}/results/map", headers=bureau).json()["features"]
    assert len(points) == 5 + 1 + 1  # the school, and the shelter under water
    shares = [share for row in rows.values() for share in row["避难场所"].split(";") if share]
    assert sum(int(share.rpartition(":")[2]) for share in shares) == 18


def test_names_are_for_who_may_see_them(town: Served, bureau: dict[str, str]) -> None:
    number, made = job(town, bureau)
    people = listed(town, number, "people", bureau)
    assert len(people) == 20 and {"居民A10", "居民FAR1"} <= {row["对象名称"] for row in people}
    other, counted = job(town, **PEOPLE)
    assert "people" not in counted and "居民" not in town.get(f"/jobs/{other}/results").text
    with connect(town.dsn) as connection:
        _, secret = access.add_key(connection, "试验", EMERGENCY, [Role.READER], by="test")
    emergency = known(town, {"x-api-key": secret})
    unknown = job(town, emergency)[1]
    assert (unknown["code"], unknown["pointer"]) == ("people-unknown", "/inputs/persons_per_address")
    number, assumed = job(town, emergency, **PEOPLE)
    assert assumed["summary"]["people_from"] == "assumed" and assumed["summary"]["total"]["people"] == 15
    assert town.get(f"/jobs/{number}/results/people", headers=emergency).status_code == 404
    assert made["summary"]["flood"]["sha256"] == assumed["summary"]["flood"]["sha256"]


def test_a_kept_run_is_for_who_may_read_what_it_was_made_from(town: Served, bureau: dict[str, str]) -> None:
    for name, layers in (("open-run", ("roads",)), ("closed-run", ("roads", "river-reaches"))):
        with connect(town.dsn) as connection:
            kept.put(connection, name, extent(), {})
            store.keep(connection, replace(flood_run(name, RASTER), layers=layers))
    _, made = job(town, bureau, extent=None, run="open-run")
    _, handed_in = job(town, bureau)
    assert made["summary"]["flood"]["run"] == "open-run"
    assert made["summary"]["flood"]["sha256"] == handed_in["summary"]["flood"]["sha256"]
    assert made["summary"]["total"] == handed_in["summary"]["total"]
    assert job(town, bureau, extent=None, run="closed-run")[1]["code"] == "no-such-flood-run"


def test_whatever_a_run_rests_on_its_evacuation_may_find_it() -> None:
    """As one whose releases come from a station, on terrain of the city's own, with a breach by chainage."""
    asked = {
        "terrain": "dsm-1",
        "inflows": [{"at": {"route": "R", "chainage": "K1+000"}, "from": {"station": "41800001"}}],
    }
    assert set(needs(asked)) == set(RESTS_ON)
    assert set(RESTS_ON) <= set(EVACUATIONS[0].wants({"run": "open-run"}))


@pytest.mark.parametrize("bed_m, passing", [(4.0, "open"), (4.4, "reached"), (None, "unknown")])
def test_a_bridge_is_told_with_the_water_under_it(
    town: Served, bureau: dict[str, str], bed_m: float | None, passing: str
) -> None:
    """0.6 m of water under girders at 5 m; a kept run knows its level as an extent that names it."""
    water = extent()
    if bed_m is not None:
        level = np.where(water.depth_m > 0, np.float32(bed_m) + water.depth_m, np.float32(0))
        water = replace(water, level_m=level.astype(np.float32))
    asked = run_of(town, f"bridge-{passing}", water)
    for inputs in ({"extent": told(water)}, {"extent": None, "run": asked}):
        made = job(town, bureau, **inputs)[1]["summary"]
        (one,) = made["bridges"]
        assert (one["road"], one["passing"], one["low_chord_m"]) == ("R-BRIDGE", passing, 5.0)
        assert one["level_m"] == (None if bed_m is None else pytest.approx(bed_m + 0.6))
        assert made["bridges_marked"] and made["unmarked_crossings"] == []
        of_run = "extent" in inputs and inputs["extent"] is None
        unknown = "kept-before" if of_run else None
        assert made["flood"]["levels"] == ("known" if bed_m is not None else unknown)
        if bed_m is None:
            assert ("flood-replay" if of_run else "level_m") in one["told"]["zh"]


def run_of(town: Served, name: str, water: Extent) -> str:
    with connect(town.dsn) as connection:
        kept.put(connection, name, water, {})
        made = flood_run(name, RASTER)
        store.keep(connection, replace(made, layers=("roads",), told={**made.told, "vertical_datum": DATUM}))
    return name


def test_the_same_inputs_give_the_same_answer(town: Served, bureau: dict[str, str]) -> None:
    at = {"datetime": "2026-06-01", "asof": format_instant(datetime.now(BEIJING)), "unit": "street"}
    first, again = job(town, bureau, **at), job(town, bureau, **at)
    assert first[1] == again[1]
    for output in ("addresses", "assets", "map"):
        assert (
            town.get(f"/jobs/{first[0]}/results/{output}", headers=bureau).content
            == town.get(f"/jobs/{again[0]}/results/{output}", headers=bureau).content
        )


def test_who_is_ready_too_late_is_cut_off(town: Served, bureau: dict[str, str]) -> None:
    _, made = job(town, bureau, notice_min=4, preparation_min=5)
    assert made["summary"]["total"]["fates"]["cut-off"] == {"addresses": 4, "people": 18}
    assert made["summary"]["assignments"] == []
    reasons = {each["reason"] for each in made["summary"]["unassigned"]}
    assert reasons == {"cut-off", "off-road"}
    # With its street closed, an address in reach of the other one takes that.
    _, bus = job(town, bureau, mode="bus", closed=["R-EAST"])
    assert bus["summary"]["total"]["fates"] == {
        "leaves": {"addresses": 1, "people": 6},
        "off-road": {"addresses": 4, "people": 14},
    }


def test_what_cannot_be_is_refused_in_both_languages(town: Served) -> None:
    dry: Any = told()
    for inputs, code, named, at in (
        ({"run": "none", "extent": None}, "no-such-flood-run", "none", "/inputs/run"),
        ({"extent": {**dry, "depth_m": [1.0]}}, "bad-flood-extent", "1", "/inputs/extent/depth_m"),
        ({"extent": {**dry, "zone": 4548}}, "bad-flood-extent", "4548", "/inputs/extent"),
        ({"extent": {**dry, "depth_m": [-1.0] * 8000}}, "bad-flood-extent", "-1", "/inputs/extent"),
        ({"extent": {**dry, "arrival_s": [None] * 8000}}, "bad-flood-extent", "0", "/inputs/extent"),
        (
            {"extent": {**dry, "depth_m": [None, *dry["depth_m"][1:]]}},
            "bad-flood-extent",
            "[0, 0]",
            "/inputs/extent/depth_m",
        ),
        (
            {"extent": {**dry, "depth_m": [1e4, *dry["depth_m"][1:]]}},
            "bad-flood-extent",
            "100 m",
            "/inputs/extent/depth_m",
        ),
        ({"closed": ["R-NONE"]}, "bad-execution", "R-NONE", "/inputs/closed"),
        ({"shelters": "schools"}, "bad-execution", "capacity", "/inputs/shelters"),
        ({"asof": "2099-01-01"}, "bad-execution", "2099-01-01", "/inputs/asof"),
    ):
        given = {
            key: value for key, value in {"extent": dry, **PEOPLE, **inputs}.items() if value is not None
        }
        answer = town.client.post(
            "/processes/evacuation/execution", json={"inputs": given}, headers={"prefer": "respond-async"}
        )
        assert answer.status_code == 201, answer.text
        run.run(Workplace(town.dsn, "370783"), OFFERED, answer.json()["jobID"], 1)
        problem = town.get(f"/jobs/{answer.json()['jobID']}/results").json()
        assert problem["code"] == code and named in problem["zh"] and named in problem["en"], problem
        assert problem["pointer"] == at
    flooded = extent()
    flooded.depth_m[:] = 1.0
    flooded.arrival_s[:] = np.float32(60)
    all_wet = told(flooded) | {"rows": 20, "columns": 400, "cell_m": 100.0, "west_m": 380_000.0}
    nowhere = job(town, extent=all_wet | {"north_m": 4_087_100.0}, **PEOPLE)[1]
    assert (nowhere["code"], nowhere["pointer"]) == ("no-shelters", "/inputs/shelters")


def test_cells_finer_than_those_of_a_run_are_refused(town: Served) -> None:
    """Shapes are looked at every cell."""
    answer = town.client.post(
        "/processes/evacuation/execution",
        json={"inputs": {"extent": {**told(), "cell_m": 1e-4}, **PEOPLE}},
        headers={"prefer": "respond-async"},
    )
    assert answer.status_code == 400 and answer.json()["pointer"] == "/inputs/extent/cell_m"


def test_water_that_reaches_nobody_moves_nobody(town: Served) -> None:
    dry = extent()
    dry.depth_m[:] = 0
    dry.arrival_s[:] = np.inf
    away = told() | {"west_m": 380_000.0}
    for water in (told(dry), away):
        summary = job(town, extent=water, **PEOPLE)[1]["summary"]
        assert summary["total"]["addresses"] == 0 and summary["total"]["first_arrival_s"] is None
        assert summary["assignments"] == summary["unassigned"] == summary["villages"] == []
        assert [each["count"] for each in summary["assets"]] == [0, 0]


def test_an_empty_register_finds_nobody(town: Served) -> None:
    assert job(town, datetime="2020-01-01", **PEOPLE)[1]["code"] == "no-addresses"
