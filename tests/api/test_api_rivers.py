"""The rivers over HTTP: claims side by side, recorded and chosen by processes, as of then."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from api_serving import Served, database_of, server
from jobs_done import results
from serving import until

from spatial.access import store as access
from spatial.access.model import Role
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Sharing
from spatial.database import connect
from water.works import loading

SIGNED = {
    "author": "李工",
    "department": "寿光市水利局",
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
    return results(served, process, **{**SIGNED, **inputs})


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
    page = served.get("/rivers/subjects/yeyuan/claims?f=html").text
    assert "130 m(基面:来源未注明)" in page and "1.67 亿 m³" in page and "10*8" not in page
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


def test_who_may_not_see_the_layers_is_told_nothing_of_them(served: Served) -> None:
    with connect(served.dsn) as connection, connection.transaction():
        _, secret = access.add_key(connection, "试验", "别的局", [Role.READER], by="test")
        for layer in ("river-claims", "river-defects", "river-stations", "river-documents"):
            declared = catalogue.get(connection, layer).contract
            catalogue.publish(connection, replace(declared, sharing=Sharing.CLOSED))
    held = {"X-API-Key": secret}
    hidden = (
        *("/rivers/subjects", "/rivers/subjects/mi/claims", "/rivers/claims/CLM-1", "/rivers/defects/QX-1"),
        *("/rivers/mi/along", "/rivers/stations", "/rivers/stations/X", "/rivers/stations/X/series"),
        *("/rivers/stations/X/waterml", "/rivers/stations/X/ratings", "/rivers/sl323/ST_RIVER_R"),
        f"/rivers/documents/{'0' * 64}",
    )
    until(lambda: served.get("/rivers/subjects", headers=held).status_code == 404)
    for address in hidden:
        answer = served.get(address, headers=held)
        assert answer.status_code == 404 and answer.json()["code"] == "unknown-layer", address
    assert served.get("/rivers/subjects").status_code == 200  # the operator of this machine
    answer = served.client.post(
        "/processes/claim-record/execution",
        json={"inputs": {"claims": [CLAIM], "reason": "x", "day": "2026-03-01"}},
        headers={**held, "prefer": "respond-async"},
    )
    assert answer.status_code in (403, 404)
    with connect(served.dsn) as connection, connection.transaction():
        for layer in ("river-claims", "river-defects", "river-stations", "river-documents"):
            catalogue.publish(
                connection, replace(catalogue.get(connection, layer).contract, sharing=Sharing.CONDITIONAL)
            )


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


PLACE = {"route_id": "mi", "bank": "left", "chainage_m": 12000, "chainage_to_m": 12050}
DEFECT = {
    **PLACE, "defect_id": "QX-1", "work": "dyke-1", "kind": "seepage", "severity": "serious",
    "description": "堤脚渗水(测试)", "found_by": "巡查员甲",
}  # fmt: skip
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_a_defect_from_found_to_checked_with_its_photograph(served: Served) -> None:
    assert job(served, "defect-open", **DEFECT)["outcome"]["changeset"]
    assert job(served, "defect-open", **DEFECT)["code"] == "defect-refused"
    steps = [
        ({"to": "mended", "day": "2026-03-02"}, False),
        ({"to": "assigned", "day": "2026-03-02"}, False),  # by whom is not said
        ({"to": "assigned", "day": "2026-02-01", "who": "养护公司"}, False),  # it was not there
        ({"to": "assigned", "day": "2026-03-02", "who": "养护公司", "remark": "三日内"}, True),
        ({"to": "checked", "day": "2026-03-03", "who": "李工"}, False),
        ({"to": "mended", "day": "2026-03-05"}, True),
        ({"to": "checked", "day": "2026-03-06", "who": "养护公司"}, False),  # who mends does not check
        ({"to": "assigned", "day": "2026-03-06", "who": "养护公司", "remark": "复核不合格"}, True),
        ({"to": "mended", "day": "2026-03-08"}, True),
        ({"to": "checked", "day": "2026-03-09", "who": "李工"}, True),
        ({"to": "assigned", "day": "2026-03-10", "who": "养护公司"}, False),
    ]
    for step, fine in steps:
        done = job(served, "defect-advance", defect_id="QX-1", **step)
        assert ("outcome" in done) == fine, (step, done)
    told = served.get("/rivers/defects/QX-1").json()
    assert [each["status"] for each in told["steps"]] == [
        *("found", "assigned", "mended", "assigned", "mended", "checked"),
    ]
    assert told["steps"][3]["remark"] == "复核不合格" and told["steps"][5]["who"] == "李工"
    assert served.get("/rivers/defects/QX-9").status_code == 404

    def paper(name: str, content: bytes, **more: Any) -> Any:
        file = {"name": name, "content": base64.b64encode(content).decode()}
        said = {**PLACE, "document_id": "ZP-1", "defect": "QX-1", "kind": "photo", "title": "渗水点", **more}
        return job(served, "river-document", file=file, **said)

    assert paper("a.jpg", b"not a picture at all")["code"] == "river-document-refused"
    assert paper("a.pdf", b"%PDF-1.7 a photograph it is not")["code"] == "river-document-refused"
    assert paper("a.png", PNG, defect="QX-9")["code"] == "defect-refused"
    kept = paper("a.png", PNG)["outcome"]["sha256"]
    assert kept == hashlib.sha256(PNG).hexdigest()
    answer = served.get(f"/rivers/documents/{kept}")
    assert answer.content == PNG and answer.headers["content-type"] == "image/png"
    for other in ("0" * 64, "nothing"):
        assert served.get(f"/rivers/documents/{other}").status_code == 404


def test_what_lies_along_a_stretch_on_a_bank_and_day(served: Served) -> None:
    said = {
        "route_id": "dan",
        "route_version": 1,
        "done_by": "管理所",
        "finding": "正常",
        "grade": "good",
        "kind": "inspection",
    }
    for number, (start, end, bank) in enumerate(
        [(100, 900, "left"), (900, None, "right"), (950.5, 1200, "both"), (2000, 2100, "left")]
    ):
        place = {"bank": bank, "chainage_m": start} | ({} if end is None else {"chainage_to_m": end})
        assert job(served, "river-inspection", record_id=f"XC-{number}", **place, **said)["outcome"][
            "changeset"
        ]
    backwards = {"bank": "left", "chainage_m": 5, "chainage_to_m": 4}
    assert job(served, "river-inspection", record_id="XC-9", **backwards, **said)["code"] == "stretch-refused"

    def found(query: str) -> list[str]:
        answer = served.get(f"/rivers/dan/along?kinds=inspections&{query}")
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["features"]]

    assert found("") == ["XC-0", "XC-1", "XC-2", "XC-3"]
    assert found("from=900&to=950") == ["XC-0", "XC-1"]
    assert found("from=900.5&to=950") == []
    assert found("bank=left") == ["XC-0", "XC-2", "XC-3"] and found("bank=channel") == []
    assert found("datetime=2026-02-01") == [] and found("asof=2026-01-01") == []
    assert served.get("/rivers/dan/along?kinds=inspections&limit=2").json()["more"] is True
    mixed = served.get("/rivers/mi/along?from=12020&to=12020").json()["features"]
    assert {each["layer"] for each in mixed} == {"river-defects", "river-documents"}
    for wrong in ("kinds=fish", "bank=up", "from=-1", "limit=0", "from=2&to=1", "kinds=works,works"):
        assert served.get(f"/rivers/dan/along?{wrong}").status_code == 400, wrong
