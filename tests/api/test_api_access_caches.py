"""What of an answer may be kept by whom, who may read it across sites, and credentials that are over."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from api_serving import Served, deliver, places, until
from feed_clients import events
from guarded_channels import BY_ROLE, OF_A_CHANGESET, OF_A_LAYER, OF_ALL_LAYERS
from guarded_town import CANARY, LAYERS, NOTHING, STEWARD, WHO, Town

from spatial.access import store
from spatial.access.model import Right, Role
from spatial.database import connect

PATCH = {"Content-Type": "application/merge-patch+json"}
GEOJSON = {"Content-Type": "application/geo+json"}
ANSWERED = (Role.READER, Role.EDITOR, Role.STEWARD, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
PATHS = (
    *(f"/collections/{layer}{rest}" for layer in LAYERS for some in OF_A_LAYER.values() for rest in some),
    *(f"/changesets/1{rest}" for some in OF_A_CHANGESET.values() for rest in some),
    *(path for some in OF_ALL_LAYERS.values() for path in some),
    *(path for path in BY_ROLE if not path.endswith("revocation")),
    *("/processes/export", "/conformance", "/functions", "/nowhere", "/proposals/1", "/jobs/1"),
)


def nobody_elses(answer: httpx.Response) -> bool:
    """No shared cache keeps it, nor hands it to who brings another credential."""
    kept = answer.headers.get("cache-control", "")
    varies = set(answer.headers.get("vary", "").split(", "))
    return kept == "no-store" or (
        kept.split(", ")[0] == "private"
        and not {"public", "s-maxage"} & set(kept.replace("=", ", ").split(", "))
        and {"Authorization", "X-API-Key", "Origin"} <= varies
    )


@pytest.mark.parametrize("who", [name for name in WHO if name != "anonymous"])
def test_no_shared_cache_keeps_what_somebody_named_was_answered(town: Town, who: str) -> None:
    for path in PATHS if who in ("trusted", "own steward") else PATHS[::5]:
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = town.ask(method, who, path)
            assert nobody_elses(answer), f"{who} {method} {path} {answer.headers}"
            tag = answer.headers.get("etag")
            if method == "GET" and tag and answer.status_code == 200:
                again = town.get(who, path, **{"If-None-Match": tag})
                assert again.status_code in (200, 304), path
                assert nobody_elses(again), f"{who} {path} {again.headers}"


def test_a_tile_that_never_changes_is_kept_by_whom_it_was_given_to_and_by_nobody_else(town: Town) -> None:
    who, told = "own steward", "/collections/shared/tiles/CGCS2000Quad?f=tilejson"
    place = urlsplit(town.get(who, told).json()["tiles"][0])
    path = f"{place.path}?{place.query}".replace("{z}/{y}/{x}", "8/37/212")
    answer = town.get(who, path)
    assert answer.status_code in (200, 204), answer.text
    assert nobody_elses(answer)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_no_cache_keeps_what_was_refused(town: Town) -> None:
    for path in ("/collections/withheld/items", "/access/keys", "/audit", "/usage", "/jobs", "/nowhere"):
        answer = town.get("anonymous", path)
        assert answer.status_code in (401, 403, 404), path
        assert answer.headers["cache-control"] == "no-store", path


def test_answers_to_edits_are_kept_by_nobody_else(town: Town) -> None:
    items, who = "/collections/terms/items", "own editor"
    place = {"type": "Point", "coordinates": [118.8, 36.9]}
    feature = {"type": "Feature", "geometry": place, "properties": {"code": "C1", "name": "新"}}
    other = {**feature, "properties": {"code": "C2"}}
    collection = {"type": "FeatureCollection", "features": [other]}
    whole = {"Prefer": "return=representation"}
    answers = [
        town.ask("POST", who, items, feature, **GEOJSON),
        town.ask("POST", who, items, feature, **GEOJSON),
        town.ask("POST", who, items, collection, **GEOJSON),
        town.ask("PATCH", who, f"{items}/C1", {"properties": {"name": "一"}}, **PATCH),
        town.ask("PATCH", who, f"{items}/C1", {"properties": {"name": 1}}, **PATCH, **{"If-Match": "*"}),
        town.ask("PATCH", who, f"{items}/C1", {"properties": {"name": "一"}}, **PATCH, **{"If-Match": "*"}),
        town.ask("PUT", who, f"{items}/C1", feature, **GEOJSON, **whole, **{"If-Match": "*"}),
        town.ask("PUT", who, f"{items}/C1", feature, **GEOJSON, **{"If-Match": '"C1.1.0.x"'}),
        town.ask("PUT", who, f"{items}/C1", b"x".decode(), **{"If-Match": "*"}),
        town.ask("DELETE", who, f"{items}/C1", **{"If-Match": "*"}),
        town.ask("DELETE", who, f"{items}/C1", **{"If-Match": "*"}),
        town.ask("DELETE", "stranger", "/collections/shared/items/P000001", **{"If-Match": "*"}),
    ]
    told = [answer.status_code for answer in answers]
    assert told == [201, 409, 201, 428, 422, 204, 200, 412, 422, 204, 404, 403]
    body = {"type": "FeatureCollection", "reason": "核", "features": [{"id": "C2", "type": "Feature"}]}
    body["features"][0]["properties"] = {"name": "提"}  # type: ignore[index]
    proposed = town.ask("POST", who, "/collections/terms/proposals", body)
    assert proposed.status_code == 201, proposed.text
    number = proposed.json()["id"]
    verdict = {"verdict": "reject", "reason": "否"}
    asked = {"inputs": {"layer": "terms", "by": "owner"}}
    execution = "/processes/thematic-stat/execution"
    later = town.ask("POST", who, execution, asked, Prefer="respond-async")
    answers += [
        proposed,
        town.ask("POST", "own steward", f"/proposals/{number}/review", verdict),
        town.ask("POST", who, execution, asked),
        later,
        town.get(who, f"/jobs/{later.json()['jobID']}"),
        town.ask("DELETE", who, f"/jobs/{later.json()['jobID']}"),
        town.post("security administrator", "/access/keys", {"subject": "x", "roles": ["reader"]}),
    ]
    for answer in answers:
        assert nobody_elses(answer), f"{answer.request.method} {answer.request.url} {answer.headers}"


OPERATING = (
    "/access/keys",
    "/access/grants",
    "/audit",
    "/usage",
    "/jobs",
    "/proposals",
    "/changesets",
    "/metrics",
)


@pytest.mark.parametrize(
    "path", [*OPERATING, "/collections/points/items", "/collections/points/items/P000001"]
)
def test_what_the_operator_is_answered_no_other_site_may_read(served: Served, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        own = served.client.request(method, path, headers={"Origin": served.url})
        plain = served.client.request(method, path)
        for answer in (own, plain):
            assert not [name for name in answer.headers if name.startswith("access-control-allow-o")], method
            assert "access-control-allow-credentials" not in answer.headers
        for origin in ("https://elsewhere.example", "null", "http://127.0.0.1:1"):
            foreign = served.client.request(method, path, headers={"Origin": origin})
            assert foreign.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in foreign.headers
            if method == "GET" and path not in ("/changesets", "/proposals"):
                assert foreign.status_code in (401, 403, 404), f"{path} {origin}"
            elif method == "GET":
                assert foreign.json()[path[1:]] == []
    preflight = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "x-api-key",
    }
    told = served.client.options(path, headers=preflight)
    assert told.status_code == 200
    assert "X-API-Key" in told.headers["access-control-allow-headers"]


def test_a_page_of_another_site_writes_nothing_through_the_operator(served: Served) -> None:
    with psycopg.connect(served.dsn) as connection:
        before = connection.execute("select count(*), max(id) from spatial.changeset").fetchone()
    foreign = {"Origin": "https://elsewhere.example"}
    feature = {"type": "Feature", "id": "P000001", "properties": {"name": "夺"}}
    for method, path, body in (
        ("POST", "/collections/points/items", feature),
        ("PUT", "/collections/points/items/P000001", feature),
        ("DELETE", "/collections/points/items/P000001", None),
        ("POST", "/collections/points/proposals", {"features": [feature], "reason": "夺"}),
        ("POST", "/access/keys", {"subject": "a", "roles": ["reader"]}),
        ("POST", "/access/grants", {"layer": "points", "department": "a", "right": "read"}),
        ("POST", "/processes/load/execution", {"inputs": {"layer": "points"}}),
    ):
        answer = served.client.request(method, path, json=body, headers={**foreign, "If-Match": "*"})
        assert answer.status_code in (400, 401, 404), f"{method} {path} {answer.text}"
    with psycopg.connect(served.dsn) as connection:
        assert connection.execute("select count(*), max(id) from spatial.changeset").fetchone() == before
        assert connection.execute("select count(*) from spatial.api_key").fetchone() == (0,)


FEATURE = {"type": "Feature", "id": "P000001", "properties": {"name": "新"}}
STEPS = (
    ("POST", "/collections/shared/items", FEATURE, GEOJSON),
    ("PUT", "/collections/shared/items/P000001", FEATURE, GEOJSON),
    ("PATCH", "/collections/shared/items/P000001", {"properties": {"name": "新"}}, PATCH),
    ("DELETE", "/collections/shared/items/P000001", None, {}),
    ("POST", "/collections/shared/proposals", {"features": [FEATURE], "reason": "因"}, {}),
    ("POST", "/processes/load/execution", {"inputs": {"layer": "shared", "reason": "因", "file": {
        "name": "a.csv", "content": ""}}}, {}),
    ("GET", "/access/keys", None, {}),
    ("GET", "/audit", None, {}),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "told"), STEPS)
def test_nobody_is_asked_who_they_are_and_somebody_told_that_they_may_not(
    town: Town, method: str, path: str, body: object, told: dict[str, str]
) -> None:
    """401 asks for a credential, 403 does not: with one it would be no other."""
    nobody = town.ask(method, "anonymous", path, body, **told)
    somebody = town.ask(method, "stranger", path, body, **told)
    assert (nobody.status_code, somebody.status_code) == (401, 403)
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    assert "www-authenticate" not in somebody.headers
    stale = town.served.client.request(
        method, path, json=body, headers={**told, "X-API-Key": town.keys["stranger"][:-1] + "!"}
    )
    assert stale.status_code == 401  # never taken for nobody, nor for who it was


def opened(town: Town, **headers: str) -> tuple[httpx.Response, Any]:
    for _ in range(300):
        request = town.served.client.build_request("GET", "/changes/stream", headers=headers)
        answer = town.served.client.send(request, stream=True)
        if answer.status_code == 200:
            blocks = events(answer.iter_lines())
            assert next(blocks)["id"]
            return answer, blocks
        answer.close()
    raise AssertionError(answer.status_code)


def _key(town: Town, lasts_s: float) -> dict[str, str]:
    ends = datetime.now(UTC) + timedelta(seconds=lasts_s)
    with connect(town.served.dsn) as connection:
        _, text = store.add_key(connection, "暂", STEWARD, [Role.READER], by="test", expires_at=ends)
    return {"X-API-Key": text}


def _token(town: Town, lasts_s: float) -> dict[str, str]:
    """Of a token a minute of wrong clocks is forgiven."""
    ends = int(time.time() + lasts_s) - 59
    return {"Authorization": f"Bearer {town.idp.token(exp=ends, department=STEWARD)}"}


COUNT = itertools.count()


@pytest.mark.parametrize("make", [_key, _token])
def test_what_is_over_opens_nothing_also_where_it_was_known(
    town: Town, make: Callable[[Town, float], dict[str, str]]
) -> None:
    headers = make(town, 8.0)
    path = "/collections/withheld/items"

    def statuses() -> set[int]:
        fresh = {**headers, "connection": "close"}
        return {town.served.client.get(path, headers=fresh).status_code for _ in range(6)}

    until(lambda: statuses() == {200})
    answer, blocks = opened(town, **headers)
    tag = town.served.client.get(path, headers=headers).headers["etag"]
    until(lambda: statuses() == {401})
    for each in (path, "/", "/changes", "/map", "/access/me", "/jobs"):
        again = town.served.client.get(each, headers={**headers, "If-None-Match": tag})
        assert again.status_code == 401, each
        assert again.headers["cache-control"] == "no-store"
        assert not any(value.split()[-1] in again.text for value in headers.values())
    place = replace(places(12)[3], name=f"流 {next(COUNT)}")
    assert deliver(town.served.dsn, "withheld", [place]) is not None
    assert not [block for block in blocks if "data" in block]  # until the server ends it
    answer.close()


def test_a_grant_that_is_over_shows_nothing(town: Town) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=5)
    who = town.anew("stranger")
    with connect(town.served.dsn) as connection:
        store.add_grant(connection, "terms", "教育局", Right.READ_INTERNAL, by="test", until=ends)
    path = "/collections/terms/items?limit=3"
    shown: list[httpx.Response] = []

    def all_see() -> bool:
        shown[:] = [town.get(who, path) for _ in range(6)]
        return all(CANARY in each.text for each in shown)

    until(all_see)
    tag = shown[-1].headers["etag"]  # asked for once more, the grant may be over on a busy machine
    until(lambda: all(town.get(who, path).status_code == 404 for _ in range(6)))
    answer = town.get(who, path, **{"If-None-Match": tag})
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


def test_usage_names_no_layer_that_its_reader_may_not_see(town: Town) -> None:
    with psycopg.connect(town.served.dsn) as connection:
        for layer in LAYERS:
            connection.execute(
                "insert into spatial.usage (minute, department, credential, collection, operation,"
                " status_class, calls, rows, bytes, duration_us)"
                " values ('2026-01-01T08:00+08', %s, 'omk_test', %s, 'GET /t', 2, 7, 7, 7, 7)",
                (STEWARD, layer),
            )
    asked = "/usage?from=2026-01-01&to=2026-01-02&by=day"
    for who, rights in WHO.items():
        for form in ("", "&f=html"):
            answer = town.get(who, asked + form)
            if rights.department is None and Role.AUDITOR not in rights.roles:
                assert answer.status_code == 401, who
                continue
            assert answer.status_code == 200, who
            told = {layer for layer in LAYERS if f'"{layer}"' in answer.text or f">{layer}<" in answer.text}
            if Role.AUDITOR in rights.roles:
                assert told == set(LAYERS), who
            elif rights.department == STEWARD:
                assert told == {layer for layer in LAYERS if getattr(rights, layer) != NOTHING}, who
                if not form:  # what was used is counted all the same
                    assert sum(each["calls"] for each in answer.json()["usage"]) == 21
            else:
                assert told == set(), who
            other = town.get(who, f"/usage?department={STEWARD}")
            own = rights.department == STEWARD or Role.AUDITOR in rights.roles
            assert other.status_code == (200 if own else 403), who
