"""Lineage over HTTP: what jobs and loads were made from, what is stale, and who learns of it."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server, until
from guarded_town import LAYERS, NOTHING, WHO, Town

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import BY_ID, ended, worker

from spatial.access.model import Right
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.jobs.model import State
from spatial.jobs.process import Process

WHERE = shapely.Point(118.65, 36.82)
TOWNS = [Place("T1", shapely.box(118.60, 36.79, 118.70, 36.85), "甲镇")]


@pytest.fixture(scope="module")
def tracing(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server and a worker; each test publishes layers of its own. ``towns`` never changes."""
    folder = tmp_path_factory.mktemp("lineage")
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("towns", "Polygon"))
        deliver(dsn, "towns", TOWNS)
        with server(dsn, folder / "server.log") as running, worker(dsn, folder / "worker.log"):
            yield running


def written(served: Served, layer: str, *names: str) -> list[int]:
    """A layer of its own with a changeset for each name; their numbers."""
    published(served, layer)
    return [changed(served, layer, name) for name in names]


def published(served: Served, layer: str) -> None:
    publish(served.dsn, contract(layer))
    until(lambda: served.get(f"/collections/{layer}").status_code == 200)


def changed(served: Served, layer: str, name: str) -> int:
    made = deliver(served.dsn, layer, [Place("A", WHERE, name, 1)])
    assert made is not None
    return made.id


def done(served: Served, process: str, **inputs: object) -> str:
    """A successful job."""
    body = {"inputs": inputs}
    headers = {"prefer": "respond-async"}
    answer = served.client.post(f"/processes/{process}/execution", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    job = str(answer.json()["jobID"])
    found = ended(served.dsn, job)
    assert found.state is State.SUCCESSFUL, found.problem
    return job


def products(served: Served, layer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.get(f"/collections/{layer}/lineage").json()["products"]
    return found


def states(document: dict[str, Any]) -> list[tuple[str, int, bool]]:
    return sorted((one["layer"], one["changeset"], one["stale"]) for one in document["sources"])


def instant(served: Served, changeset: int) -> str:
    return str(served.get(f"/changesets/{changeset}").json()["recorded_at"])


@pytest.mark.parametrize("process", BY_ID.values(), ids=BY_ID.keys())
def test_what_reads_a_layer_says_what_it_rests_on(process: Process) -> None:
    inputs = {name: name for name in process.inputs}
    reads = any(right is Right.READ for right in process.needs(inputs).values())
    assert reads == (process.rests_on is not Process.__dataclass_fields__["rests_on"].default)


def test_a_result_rests_on_the_state_it_read_and_gets_stale(tracing: Served) -> None:
    (number,) = written(tracing, "counted", "一")
    (towns,) = [one["id"] for one in tracing.get("/changesets?layer=towns").json()["changesets"]]
    jobs = {
        "thematic-stat": done(tracing, "thematic-stat", layer="counted", by="name", divisions="towns"),
        "export": done(tracing, "export", layer="counted", format="geojson"),
    }
    for process, job in jobs.items():
        told = tracing.get(f"/jobs/{job}/lineage").json()
        both = [("towns", towns, False)] if process == "thematic-stat" else []
        assert states(told) == sorted([("counted", number, False), *both])
        assert told["stale"] is False
        (edge,) = [one for one in products(tracing, "counted") if one["product"] == f"job/{job}"]
        assert (edge["activity"], edge["changeset"], edge["stale"]) == (process, number, False)
        assert edge["href"] == f"{tracing.url}/jobs/{job}"
        assert edge["codeVersion"].startswith("0.1.0+")
    newest = changed(tracing, "counted", "二")
    for job in jobs.values():
        told = tracing.get(f"/jobs/{job}/lineage").json()
        assert told["stale"] is True
        assert ("counted", number, True) in states(told)
    told = {(one["newestChangeset"], one["stale"]) for one in products(tracing, "counted")}
    assert told == {(newest, True)}
    (of_towns,) = products(tracing, "towns")
    assert (of_towns["product"], of_towns["stale"]) == (f"job/{jobs['thematic-stat']}", False)


def test_asof_is_the_state_that_was_read(tracing: Served) -> None:
    first, second, third = written(tracing, "earlier", "一", "二", "三")
    asof = instant(tracing, second)
    for process, more in (("thematic-stat", {}), ("export", {"format": "csv"})):
        job = done(tracing, process, layer="earlier", asof=asof, **more)
        assert states(tracing.get(f"/jobs/{job}/lineage").json()) == [("earlier", second, True)]
    before = done(tracing, "thematic-stat", layer="earlier", asof="2020-01-01")
    assert states(tracing.get(f"/jobs/{before}/lineage").json()) == [], "nothing was believed then"
    compared = done(tracing, "difference", layer="earlier", **{"from": instant(tracing, first)})
    told = tracing.get(f"/jobs/{compared}/lineage").json()
    assert states(told) == [("earlier", first, False), ("earlier", third, False)]
    changed(tracing, "earlier", "四")
    assert tracing.get(f"/jobs/{compared}/lineage").json()["stale"] is True


def test_what_lies_around_a_layer_rests_on_that_layer_too(tracing: Served) -> None:
    (inside,) = written(tracing, "inside", "一")
    (middle,) = written(tracing, "middle", "一")
    job = done(tracing, "exposure", layers=["inside"], around="middle", buffer_m=100)
    expected = sorted([("inside", inside, False), ("middle", middle, False)])
    assert sorted(states(tracing.get(f"/jobs/{job}/lineage").json())) == expected


def test_the_same_result_made_again_is_told_once(tracing: Served) -> None:
    (number,) = written(tracing, "again", "一")
    inputs = {"layer": "again", "asof": instant(tracing, number), "datetime": "2026-06-01"}
    first, second = (done(tracing, "thematic-stat", **inputs) for _ in range(2))
    assert [one["product"] for one in products(tracing, "again")] == [f"job/{second}"]
    for job in (first, second):
        assert states(tracing.get(f"/jobs/{job}/lineage").json()) == [("again", number, False)]


def test_what_reads_no_layer_has_no_lineage(tracing: Served) -> None:
    square = {"type": "Polygon", "coordinates": [[[118, 36], [119, 36], [119, 37], [118, 36]]]}
    job = done(tracing, "legal-area", geojson=square, drawn_in="EPSG:4490")
    assert tracing.get(f"/jobs/{job}/lineage").json()["sources"] == []
    assert tracing.get("/jobs/nothing/lineage").status_code == 404


def test_a_result_that_is_loaded_hands_its_sources_on(tracing: Served) -> None:
    (number,) = written(tracing, "lent", "一")
    published(tracing, "borrowed")
    job = done(tracing, "export", layer="lent", format="geojson")
    file = tracing.get(f"/jobs/{job}/results/file").content

    def load(content: bytes, name: str) -> dict[str, Any]:
        given = {"name": name, "content": base64.b64encode(content).decode()}
        who = {"author": "李工", "department": "测试", "reason": "转入", "delivery": "partial"}
        job = done(tracing, "load", layer="borrowed", file=given, **who)
        return dict(tracing.get(f"/jobs/{job}/results").json())

    loaded = load(file, "借用.geojson")
    prov = tracing.get(f"/changesets/{loaded['changeset']}/lineage").json()
    used = {one["prov:usedEntity"] for one in prov["wasDerivedFrom"].values()}
    assert used == {f"onemap:lent@{number}", f"onemap:original/{loaded['sha256']}"}
    told = tracing.get("/collections/borrowed/lineage").json()
    assert (states(told), told["stale"]) == ([("lent", number, False)], False)
    edges = {one["product"]: one["productLayer"] for one in products(tracing, "lent")}
    assert edges == {f"job/{job}": None, f"changeset/{loaded['changeset']}": "borrowed"}
    other = load(file.replace("一".encode(), "改".encode()), "改过.geojson")
    prov = tracing.get(f"/changesets/{other['changeset']}/lineage").json()
    used = {one["prov:usedEntity"] for one in prov["wasDerivedFrom"].values()}
    assert used == {f"onemap:original/{other['sha256']}"}, "of a file that was changed nothing is known"


def test_an_equal_file_of_two_states_proves_neither(tracing: Served) -> None:
    (first,) = written(tracing, "twice", "一")
    second = deliver(tracing.dsn, "twice", [Place("B", shapely.Point(118.9, 37.0), "二", 2)])
    assert second is not None
    near = {"layer": "twice", "format": "csv", "bbox": [118.6, 36.8, 118.7, 36.9], "datetime": "2026-06-01"}
    jobs = [done(tracing, "export", asof=instant(tracing, one), **near) for one in (first, second.id)]
    files = {tracing.get(f"/jobs/{job}/results/file").content for job in jobs}
    assert len(files) == 1
    published(tracing, "copied")
    given = {"name": "二.csv", "content": base64.b64encode(files.pop()).decode()}
    who = {"author": "李工", "department": "测试", "reason": "转入", "source_crs": "EPSG:4490"}
    done(tracing, "load", layer="copied", file=given, **who)
    assert tracing.get("/collections/copied/lineage").json()["sources"] == []


def test_jobs_of_others_and_hidden_layers_stay_hidden(town: Town) -> None:
    """``own reader`` gathers a layer that everybody sees by one that nobody else does."""
    jobs = {
        who: town.done(who, "thematic-stat", layer="shared") for who in ("stranger", "granted", "own reader")
    }
    hidden = town.done("own reader", "export", layer="withheld", format="csv")
    for who, rights in WHO.items():
        told = town.get(who, "/collections/shared/lineage")
        assert told.status_code == 200
        seen = {one["product"] for one in told.json()["products"]}
        for maker, job in jobs.items():
            ours = rights.department is not None and rights.department == WHO[maker].department
            assert (f"job/{job}" in seen) == ours, f"{who} sees the job of {maker}"
            assert ours or job not in told.text
            assert town.get(who, f"/jobs/{job}/lineage").status_code == (200 if ours else 404)
        assert hidden not in told.text
        of_hidden = town.get(who, f"/jobs/{hidden}/lineage")
        if of_hidden.status_code == 200 and rights.withheld == NOTHING:
            assert of_hidden.json()["sources"] == [] and of_hidden.json()["stale"] is False
            assert "withheld" not in of_hidden.text
        elif of_hidden.status_code == 200:
            assert [one["layer"] for one in of_hidden.json()["sources"]] == ["withheld"]
    assert set(LAYERS) == {"shared", "terms", "withheld"}


def test_a_changeset_made_from_a_hidden_layer_does_not_name_it(town: Town) -> None:
    job = town.done("own editor", "export", layer="withheld", format="geojson")
    file = town.get("own editor", f"/jobs/{job}/results/file").content
    given = {"name": "a.geojson", "content": base64.b64encode(file).decode()}
    otherwise = [Place("P000000", WHERE, "转入前", 1)]  # which the load puts right again
    deliver(town.served.dsn, "shared", otherwise, valid_from=parse_instant("2026-07-01"))
    more = {"reason": "转入", "delivery": "partial", "valid_from": "2026-07-01"}
    loading = town.done("own editor", "load", layer="shared", file=given, **more)
    loaded = town.get("own editor", f"/jobs/{loading}/results").json()
    number = loaded["changeset"]
    for who, rights in WHO.items():
        prov, of_layer = (
            town.get(who, path) for path in (f"/changesets/{number}/lineage", "/collections/shared/lineage")
        )
        assert prov.status_code == of_layer.status_code == 200
        named = rights.withheld != NOTHING
        assert ("withheld" in prov.text) == named, who
        assert [one["layer"] for one in of_layer.json()["sources"]] == (["withheld"] if named else []), who
    with connect(town.served.dsn) as connection:
        rows = connection.execute(
            "select parameters from spatial.derivation where product = %s", (f"job/{job}",)
        ).fetchall()
    ((parameters,),) = rows
    assert sorted(parameters) == ["inputs_sha256", "version"], "inputs by digest, nothing of them"
