"""The rivers over HTTP: claims side by side, recorded and chosen by processes, as of then."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from api_serving import Served, database_of, server

from api.executions import OFFERED
from spatial.database import connect
from spatial.jobs import run
from spatial.jobs.workplace import Workplace
from water.works import loading

SIGNED = {
    "author": "李工",
    "department": "寿光市水利局",
    "document": "水〔2026〕1 号",
    "reason": "核对",
    "day": "2026-03-01",
}
CLAIM = {
    "subject_kind": "work", "subject": "gate-1", "subject_name": "一号闸(测试)", "property": "gate-bays",
    "value": 9, "document": "竣工图(测试)",
}  # fmt: skip


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        log = tmp_path_factory.mktemp("rivers") / "server.log"
        with server(dsn, log) as running:
            yield running
        assert "unexpected failure" not in log.read_text()


def job(served: Served, process: str, **inputs: Any) -> Any:
    """What a job came to: its outputs, or its problem."""
    answer = served.client.post(
        f"/processes/{process}/execution",
        json={"inputs": {**SIGNED, **inputs}, "response": "document"},
        headers={"prefer": "respond-async"},
    )
    assert answer.status_code == 201, answer.text
    run.run(Workplace(served.dsn, "370783"), OFFERED, answer.json()["jobID"], 1)
    return served.get(f"/jobs/{answer.json()['jobID']}/results").json()


def answers(served: Served, subject: str, query: str = "") -> dict[tuple[str, str], Any]:
    told = served.get(f"/rivers/subjects/{subject}/claims{query}")
    assert told.status_code == 200, told.text
    return {(each["property"], each["scope"]): each for each in told.json()["answers"]}


def test_three_lengths_of_one_river_and_no_silent_number(served: Served) -> None:
    length = answers(served, "mi")[("length", "")]
    assert length["conflict"] and length["shown"] is None and len(length["groups"]) == 3
    assert {each["value"] for each in length["claims"]} == {206, 193, 176.2}
    assert all(each["source"]["document"] for each in length["claims"])
    width = answers(served, "mi")[("width", "寿光境内,平均")]
    assert width["claims"][0]["standing_title"]["zh"].startswith("待核")
    subjects = served.get("/rivers/subjects").json()["subjects"]
    assert {"kind": "river", "id": "dan", "name": "丹河"}.items() <= {
        **next(each for each in subjects if each["id"] == "dan")
    }.items()
    properties = served.get("/rivers/claim-properties").json()["properties"]
    assert next(each for each in properties if each["id"] == "sill-elevation")["datum"] is True
    assert "山东省志" in served.get("/rivers/subjects/mi/claims?f=html").text
    assert served.get("/collections/river-claims/items?limit=1&subject=mi").json()["features"]


def test_a_choice_is_shown_from_its_day_on_and_told_with_its_reason(served: Served) -> None:
    claims = {each["value"]: each["id"] for each in answers(served, "mi")[("catchment", "")]["claims"]}
    seen = job(served, "claim-choose", claim=claims[3863], preview=True)["choice"]
    assert seen["preview"] and answers(served, "mi")[("catchment", "")]["shown"] is None
    done = job(served, "claim-choose", claim=claims[3863], reason="水文局论文最新")["choice"]
    assert done["changeset"] > 0
    now = answers(served, "mi")[("catchment", "")]
    assert now["shown"] == claims[3863] and now["conflict"]
    assert (now["choice"]["chosen_by"], now["choice"]["reason"]) == ("李工", "水文局论文最新")
    assert answers(served, "mi", "?datetime=2026-02-01")[("catchment", "")]["shown"] is None
    told = served.get(f"/rivers/claims/{claims[3863]}").json()
    assert [each["chosen_by"] for each in told["choices"]] == ["李工"]


def test_claims_are_recorded_whole_or_not_at_all(served: Served) -> None:
    refused = job(served, "claim-record", claims=[CLAIM, {**CLAIM, "document": ""}])
    assert refused["code"] == "claim-refused" and refused["pointer"] == "/inputs/claims/1"
    assert served.get("/rivers/subjects/gate-1/claims").status_code == 404
    seen = job(served, "claim-record", claims=[CLAIM], preview=True)["recorded"]
    assert len(seen["entered"]) == 1 and seen["changeset"] is None
    assert served.get("/rivers/subjects/gate-1/claims").status_code == 404
    done = job(served, "claim-record", claims=[CLAIM])["recorded"]
    again = job(served, "claim-record", claims=[CLAIM])["recorded"]
    assert again["repeated"] == done["entered"] and again["changeset"] is None
    text = "subject_kind,subject,subject_name,property,value,unit,vertical_datum,document\n"
    row = "work,gate-1,一号闸(测试),crest-elevation,12.5,m,{},竣工图(测试)\n"
    file = {"name": "claims.csv", "content": base64.b64encode((text + row.format("")).encode()).decode()}
    refused = job(served, "claim-record", file=file)
    assert refused["code"] == "rows-rejected" and refused["report"]["faults"][0]["line"] == 2
    file["content"] = base64.b64encode((text + row.format("cgvd1985")).encode()).decode()
    assert len(job(served, "claim-record", file=file)["recorded"]["entered"]) == 1
    assert set(answers(served, "gate-1")) == {("gate-bays", ""), ("crest-elevation", "")}
    withdrawn = job(served, "claim-record", claims=[{**CLAIM, "standing": "withdrawn"}], day="2026-04-01")
    assert withdrawn["recorded"]["restated"] == done["entered"]
    assert answers(served, "gate-1")[("gate-bays", "")]["shown"] is None
    assert answers(served, "gate-1", "?datetime=2026-03-02")[("gate-bays", "")]["shown"] == done["entered"][0]
    told = served.get(f"/rivers/claims/{done['entered'][0]}").json()
    assert [each["standing"] for each in told["history"]] == ["unverified", "withdrawn"]


def test_a_claim_is_not_altered_by_an_editor(served: Served) -> None:
    listed = served.get("/collections/river-claims/items?limit=1").json()["features"][0]
    address = f"/collections/river-claims/items/{listed['id']}"
    tag = served.get(address).headers["etag"]
    headers = {"if-match": tag, "onemap-reason": "test", "content-type": "application/merge-patch+json"}
    answer = served.client.patch(address, json={"properties": {"value": 1.5}}, headers=headers)
    assert answer.status_code in (400, 422) and "只增不改" in answer.json()["zh"], answer.text


def test_what_is_not_there_or_cannot_be_asked(served: Served) -> None:
    for address, status in (
        ("/rivers/claims/CLM-00000000000000000000", 404),
        ("/rivers/subjects/nobody/claims", 404),
        ("/rivers/subjects?asof=soon", 400),
        ("/rivers/subjects/mi/claims?colour=red", 400),
    ):
        answer = served.get(address)
        assert answer.status_code == status and answer.json()["code"], address
    with connect(served.dsn) as connection:
        row = connection.execute("select count(*) from history.river_claims_believed").fetchone()
    assert row and row[0] >= 170
