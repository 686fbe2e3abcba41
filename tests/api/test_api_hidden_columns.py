"""Column × form × channel: a hidden column is one that there is not, in every question and every answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import psycopg
import pytest
from guarded_channels import BULK, GAUSS
from sealed_layer import BLIND, CHANGED, HIDDEN, LAYER, MARKS, SEEING, Sealed, found_in, sealed_server

from spatial.catalogue.contract import FieldType

AT = f"/collections/{LAYER}"
PATCH = {"Content-Type": "application/merge-patch+json"}
TEXT_FILTERS = (
    "{c} = 'a'", "{c} <> 1", "{c} > 5", "5 < {c}", "{c} <= 5", "name = {c}", "{c} = {c}", "({c}) = 1",
    "{c} between 1 and 9", "{c} not between 1 and 9", "{c} in ('a', 'b')", "{c} not in (1, 2)",
    "{c} like 'a%'", "{c} not like 'a%'", "{c} is null", "{c} is not null", "not {c} is null", '"{c}" = 1',
    "casei({c}) = casei('a')", "accenti({c}) = 'a'", "casei({c}) in (casei('a'))", "{c} + 1 > 2",
    "floors * {c} > 2", "floors > -{c}", "{c}", "not {c}", "name like 'a%' and {c} = 1",
    "name like 'a%' or ({c} = 1 and floors > 1)", "t_after({c}, date('2000-01-01'))",
    "t_during({c}, interval('2000-01-01', '..'))",
    "t_intersects(interval({c}, valid_to), interval('..', '..'))",
    "s_intersects({c}, point(118 36))", "s_dwithin({c}, point(118 36), 5, meters)", "a_contains({c}, ('a'))",
    "nothing({c}) = 1", "{c} = ", "name = 'a' {c}",
)  # fmt: skip
_P = {"property": "{c}"}
JSON_FILTERS = (
    {"op": "=", "args": [_P, 1]},
    {"op": "=", "args": [1, _P]},
    {"op": "like", "args": [_P, "a%"]},
    {"op": "between", "args": [_P, 1, 2]},
    {"op": "in", "args": [_P, [1, 2]]},
    {"op": "isNull", "args": [_P]},
    {"op": "not", "args": [{"op": "isNull", "args": [_P]}]},
    {"op": "and", "args": [{"op": "=", "args": [{"property": "name"}, "a"]}, {"op": "=", "args": [_P, 1]}]},
    {"op": ">", "args": [{"op": "+", "args": [_P, 1]}, 2]},
    {"op": "=", "args": [{"op": "casei", "args": [_P]}, "a"]},
    {"op": "t_after", "args": [_P, {"date": "2000-01-01"}]},
    {"op": "s_intersects", "args": [_P, {"type": "Point", "coordinates": [118, 36]}]},
    {"op": "a_contains", "args": [_P, ["a"]]},
    {"op": "nothing", "args": [_P]},
    _P,
)
QUESTIONS = (
    *(f"/items?filter={quote(each, safe='{}')}" for each in TEXT_FILTERS),
    *(
        f"/items?filter-lang=cql2-json&filter={quote(json.dumps(each), safe='{}').replace('{{', '{')}"
        for each in JSON_FILTERS
    ),
    *(f"/items?{{c}}={each}" for each in ("1", "a", "true", "2000-01-01", "")),
    *(
        f"/items?sortby={each}"
        for each in ("{c}", "-{c}", "%2B{c}", "name,{c}", "{c},name", "name,-{c},code")
    ),
    *(f"/items?properties={each}" for each in ("{c}", "name,{c}", "{c},{c}")),
    *(f"/items?f={form}&filter={quote('{c} = 1', safe='{}')}" for form in ("html", *BULK)),
    *(f"/items?f={form}&properties=name,{{c}}" for form in ("html", *BULK)),
    *("/items?sortby={c}&f=html", "/items?{c}=1&f=html", "/items?count=exact&{c}=1"),
    *("/items/X000?{c}=1", "/items/X000?properties={c}", "/items/{c}"),
    *("/changes?{c}=1", "/schema?{c}=1", "/{c}", "/items/X000/versions?{c}=1"),
)
CHANNELS = (
    "", "?f=html", "?lang=en", "/items", "/items?f=html", "/items?limit=2", f"/items?crs={GAUSS}",
    "/items?skipGeometry=true", "/items?asof=2099-01-01", "/items?datetime=../..", "/items?sortby=name",
    "/items?filter=floors%3E1", "/items?properties=name", "/items/X000", "/items/X000?f=html",
    "/items/X000?f=jsonfg", "/items/X000?datetime=2026-02-01", "/items/X000/versions",
    "/items/X000/versions?f=html", "/items/none", "/changes", "/changes?f=html", "/changes?from=0",
    "/changes?from=0&to=1", "/changes?from=1&datetime=../..",
    "/changes?axis=valid&from=2025-06-01&to=2099-01-01",
    "/schema", "/schema?f=html", "/schema?lang=en", "/queryables", "/queryables?f=html", "/sortables",
    "/returnables", "/returnables?f=html", "/legend", "/legend?f=html", "/quality", "/quality?f=html",
    "/lineage", "/lineage?f=html",
    *(f"/items?f={form}" for form in BULK), *(f"/items?f={form}&limit=2" for form in BULK),
)  # fmt: skip
ELSEWHERE = (
    "/", "/?f=html", "/collections", "/collections?f=html", "/openapi.json", "/openapi.json?lang=en", "/api",
    "/openapi-3.0.json",
    "/conformance", "/functions", "/map/config.json", "/collections/records", "/collections/records/items",
    "/collections/records/items?f=html", f"/collections/records/items/{LAYER}",
    f"/collections/records/items/{LAYER}?f=html", "/collections/records/items?q=sealed",
    "/changesets", "/changesets?f=html", *(f"/changesets/{n}{rest}" for n in (1, 2) for rest in (
        "", "?f=html", "/changes", "/changes?f=html", "/quality", "/quality?f=html", "/lineage",
        "/lineage?f=html")),
    "/changes", "/changes?f=html", "/proposals", "/proposals?f=html", "/processes", "/processes/export",
    "/processes/thematic-stat", "/jobs", "/jobs?f=html", "/schedules", "/usage", "/usage?by=minute",
    "/access/me", "/access/keys",
    "/access/grants", "/audit", "/metrics", "/nowhere",
)  # fmt: skip


@pytest.fixture(scope="module")
def sealed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    with sealed_server(server_dsn, template, tmp_path_factory.mktemp("sealed")) as made:
        yield made


@pytest.mark.parametrize("column", HIDDEN)
def test_a_question_about_a_hidden_column_is_one_about_none(sealed: Sealed, column: str) -> None:
    unknown = f"zy{column[2:]}"  # as long, and in the same place of any order
    for who in ("anonymous", "lent editor"):
        for template in QUESTIONS:
            path = AT + template.replace("{c}", column)
            hidden, missing = sealed.get(who, path), sealed.get(who, path.replace(column, unknown))
            assert 400 <= hidden.status_code == missing.status_code < 500, f"{who} {path} {hidden.text}"
            assert hidden.text == missing.text.replace(unknown, column), f"{who} {path}"
            assert _told(hidden) == _told(missing), path
            assert found_in(hidden, (column, quote(column))) == [], path


def _told(answer: httpx.Response) -> list[tuple[str, str]]:
    """The headers, without those that differ from request to request."""
    own = ("x-request-id", "date", "ratelimit")
    return [pair for pair in answer.headers.items() if pair[0] not in own]


@pytest.mark.parametrize("column", HIDDEN)
def test_whoever_may_see_a_column_may_ask_about_it(sealed: Sealed, column: str) -> None:
    """Else the test above could pass for any other reason."""
    kind, value = HIDDEN[column]
    for rest in (f"/items?filter={column}%20is%20not%20null", f"/items?sortby={column}"):
        answer = sealed.get("trusted", AT + rest)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["features"]) >= 5
    asked = f"{value}1" if kind is FieldType.TEXT else value
    assert sealed.get("trusted", f"{AT}/items?{column}={quote(asked)}").json()["features"]
    assert found_in(sealed.get("trusted", f"{AT}/items?properties={column}"))


@pytest.mark.parametrize("who", BLIND)
def test_no_answer_holds_anything_of_a_hidden_column(sealed: Sealed, who: str) -> None:
    for path in (*(AT + rest for rest in CHANNELS), *ELSEWHERE):
        every = ("GET", "HEAD", "OPTIONS", "DELETE", "PUT", "POST")
        for method in every if who in ("anonymous", "lent editor") else every[:1]:
            if method in ("DELETE", "PUT", "POST") and "/items" in path and who.startswith("lent"):
                continue  # edits: below
            told = {"Access-Control-Request-Method": "GET"} if method == "OPTIONS" else {}
            answer = sealed.ask(method, who, path, **told)
            assert answer.status_code < 500, f"{who} {method} {path} {answer.text}"
            assert found_in(answer) == [], f"{who} {method} {path}"


@pytest.mark.parametrize("who", SEEING)
def test_the_marks_are_where_they_may_be(sealed: Sealed, who: str) -> None:
    """A mark that stood nowhere would find nothing; every one stands somewhere for who may see it."""
    seen = {mark for rest in CHANNELS for mark in found_in(sealed.get(who, AT + rest))}
    expected = set(MARKS) - {b"19870605"}
    assert seen >= expected - ({MARKS[-1], MARKS[-2]} if who != "trusted" else set()), expected - seen
    for rest in ("/items", "/schema", "/queryables", "/sortables", "/quality", *CHANNELS[-10:]):
        assert found_in(sealed.get(who, AT + rest)), rest


@pytest.mark.parametrize("who", BLIND)
def test_what_is_looked_for_in_all_texts_is_not_looked_for_in_hidden_ones(sealed: Sealed, who: str) -> None:
    for text in ("密主", CHANGED, "tel-55019", "grade-77031", "密级", "73519246"):
        answer = sealed.get(who, f"{AT}/items?q={quote(text)}")
        assert (answer.status_code, answer.json()["features"]) == (200, [])
        assert answer.json()["numberMatched"] == 0
        assert found_in(answer, (text, quote(text))) == []
        records = sealed.get(who, f"/collections/records/items?q={quote(text)}")
        assert records.json()["features"] == []
    assert sealed.get("trusted", f"{AT}/items?q={quote('密主')}").json()["features"]


@pytest.mark.parametrize("who", BLIND)
@pytest.mark.parametrize("column", HIDDEN)
def test_no_process_gathers_by_a_hidden_column(sealed: Sealed, who: str, column: str) -> None:
    unknown = f"zy{column[2:]}"
    for process, inputs in (
        ("thematic-stat", {"layer": LAYER, "by": "{c}"}),
        ("thematic-stat", {"layer": LAYER, "measure": "{c}"}),
        ("thematic-stat", {"layer": LAYER, "{c}": 1}),
        ("difference", {"layer": LAYER, "from": "2025-01-01", "{c}": 1}),
        ("export", {"layer": LAYER, "format": "csv", "fields": ["{c}"]}),
    ):
        path = f"/processes/{process}/execution"
        asked = json.dumps({"inputs": inputs})
        bodies = [json.loads(asked.replace("{c}", name)) for name in (column, unknown)]
        hidden, missing = (sealed.ask("POST", who, path, body) for body in bodies)
        assert 400 <= hidden.status_code == missing.status_code < 500, hidden.text
        assert hidden.text == missing.text.replace(unknown, column)
        assert found_in(hidden, (column,)) == []
    for process, inputs in (
        ("thematic-stat", {"layer": LAYER}),
        ("thematic-stat", {"layer": LAYER, "by": "name"}),
        ("difference", {"layer": LAYER, "from": "2025-01-01"}),
        ("difference", {"layer": LAYER, "from": 1}),
    ):
        answer = sealed.ask("POST", who, f"/processes/{process}/execution", {"inputs": inputs})
        assert answer.status_code in (200, 400), answer.text
        assert found_in(answer) == [], process


def test_whoever_may_see_a_column_may_gather_by_it(sealed: Sealed) -> None:
    path = "/processes/thematic-stat/execution"
    answer = sealed.ask("POST", "trusted", path, {"inputs": {"layer": LAYER, "by": "zz_grade"}})
    assert {each["code"][:11] for each in answer.json()["total"]} == {"grade-77031"}


def test_refusals_of_edits_and_proposals_tell_nothing_of_hidden_rules(sealed: Sealed) -> None:
    """Unique, required and code rules over hidden columns; a load would write them, and is refused."""
    who, items = "lent editor", f"{AT}/items"
    tag = {"If-Match": sealed.get(who, f"{items}/X001").headers["etag"]}
    place = {"type": "Point", "coordinates": [118.8, 36.9]}
    new = {"type": "Feature", "geometry": place, "properties": {"code": "N1", "name": "新"}}
    twin = {"properties": {"name": "甲2"}}  # with the rank they share breaks unique:name+zz_rank
    answers = [
        sealed.ask("POST", who, items, new, **{"Content-Type": "application/geo+json"}),
        sealed.ask("PATCH", who, f"{items}/X001", twin, **PATCH, **tag),
        sealed.ask("PATCH", who, f"{items}/X001", {"properties": {"name": "甲" * 300}}, **PATCH, **tag),
        sealed.ask("PATCH", who, f"{items}/X001", twin, **PATCH, **{"If-Match": '"X001.9.9.x"'}),
    ]
    for features in ([new], [{"type": "Feature", "id": "X001", **twin}]):
        body = {"type": "FeatureCollection", "reason": "试", "features": features}
        answers.append(sealed.ask("POST", who, f"{AT}/proposals", body))
    assert [each.status_code for each in answers] == [422, 422, 422, 412, 400, 400]
    for column in HIDDEN:
        for value in (None, "a", 1):
            for method, body, more in (
                ("PATCH", {"properties": {column: value}}, {**PATCH, **tag}),
                ("POST", {**new, "properties": {**new["properties"], column: value}}, {}),  # type: ignore[dict-item]
            ):
                path = f"{items}/X001" if method == "PATCH" else items
                hidden = sealed.ask(method, who, path, body, **more)
                said = json.loads(json.dumps(body).replace(column, f"zy{column[2:]}"))
                missing = sealed.ask(method, who, path, said, **more)
                assert hidden.status_code == missing.status_code == 422, hidden.text
                assert hidden.text == missing.text.replace(f"zy{column[2:]}", column)
    for answer in answers:
        assert found_in(answer) == [], answer.text
    for dry_run in (True, False):
        file = {"name": "a.csv", "content": ""}
        inputs = {"layer": LAYER, "reason": "试", "file": file, "dry_run": dry_run}
        refused = sealed.ask("POST", who, "/processes/load/execution", {"inputs": inputs})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        assert found_in(refused) == []
    assert (
        sealed.ask("POST", "own editor", "/processes/load/execution", {"inputs": inputs}).status_code == 201
    )


def test_neither_log_tells_of_a_hidden_column(sealed: Sealed) -> None:
    for who in ("stranger", "trusted"):
        sealed.get(who, f"{AT}/items?zz_owner={quote('密主甲1')}")
        sealed.get(who, f"{AT}/items?q={quote('密主')}")
    logs = [sealed.log, *sealed.log.with_suffix("").rglob("access-*.jsonl")]
    assert len(logs) > 1
    for each in logs:
        assert not any(mark in each.read_bytes() for mark in MARKS[:-2]), each


@pytest.mark.parametrize("who", BLIND)
def test_no_digest_lets_hidden_values_be_tried_out(sealed: Sealed, who: str) -> None:
    """A digest over a few values, all but one known, gives the last one away."""
    whole = sealed.get("trusted", "/changesets").json()["changesets"]
    with psycopg.connect(sealed.served.dsn) as connection:
        kept = connection.execute(
            "select encode(content_hash, 'hex'), encode(chain_hash, 'hex') from spatial.changeset"
            " order by id desc"
        ).fetchall()
    assert [(each["content_hash"], each["chain_hash"]) for each in whole] == kept
    raw = {digest for pair in kept for digest in pair}
    for path in ("/changesets", "/changesets?f=html", "/changes", "/changesets/1", "/changesets/2?f=html"):
        answer = sealed.get(who, path)
        assert answer.status_code == 200
        assert not any(digest in answer.text for digest in raw), path
    newest, oldest = sealed.get(who, "/changesets").json()["changesets"]
    assert newest["previous_hash"] == oldest["chain_hash"]  # the chain may be followed
    assert sealed.get(who, "/changesets/2").json()["chain_hash"] == newest["chain_hash"]


def test_a_reviewer_names_a_proposal_by_the_digest_they_were_told(sealed: Sealed) -> None:
    feature = {"type": "Feature", "id": "X003", "properties": {"name": "改"}}
    body = {"type": "FeatureCollection", "reason": "核", "features": [feature]}
    number = sealed.ask("POST", "lent editor", f"{AT}/proposals", body).json()["id"]
    whole, veiled = (sealed.get(who, f"/proposals/{number}").json() for who in ("own editor", "lent steward"))
    assert whole["digest"] != veiled["digest"]
    assert whole["steps"][0]["digest"] == whole["digest"]
    assert veiled["steps"][0]["digest"] == veiled["digest"]
    assert sealed.get("lent steward", f"/proposals/{number}/changes").json()["digest"] == veiled["digest"]
    review = {"verdict": "approve", "reason": "属实"}
    wrong = sealed.ask("POST", "lent steward", f"/proposals/{number}/review", {**review, "digest": "00" * 32})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "proposal-changed")
    assert whole["digest"][:16] not in wrong.text
    plain = {**review, "digest": whole["digest"]}  # guessed, it is as wrong as any other
    guessed = sealed.ask("POST", "lent steward", f"/proposals/{number}/review", plain)
    assert guessed.status_code == 409
    assert guessed.text == wrong.text.replace("0" * 16, whole["digest"][:16])
    right = {**review, "digest": veiled["digest"]}
    assert sealed.ask("POST", "lent steward", f"/proposals/{number}/review", right).status_code == 200
    assert sealed.ask("POST", "lent steward", f"/proposals/{number}/apply").status_code == 200
