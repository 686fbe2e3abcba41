"""Role × layer × column × verb × channel: nobody sees, names, filters or sorts what is not theirs."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import quote

import pytest
from api_serving import Served, places, until
from guarded_channels import ALL, BY_ROLE, OF_A_CHANGESET, OF_A_LAYER, OF_ALL_LAYERS, PLACE, REFUSED
from guarded_town import (
    CANARY,
    FIELD,
    INTERNAL,
    LAYERS,
    MISSING,
    NOTHING,
    PUBLIC,
    STEWARD,
    TITLE,
    UNKNOWN,
    WHO,
    Town,
    hidden_marks,
    unsaid,
)
from starlette.routing import Route

from api import web
from api.app import create_app
from spatial.access import audit, release
from spatial.access.model import Role
from spatial.database import connect
from spatial.settings import Settings

THOROUGHLY = ("anonymous", "granted", "trusted", "own reader")
"""One of each kind of sight goes through every question, the others through one a channel."""
DELIVERED = {place.code for place in places(12)}
"""What the town began with; other tests make features of their own there."""


def test_every_route_is_classified() -> None:
    app = create_app(Settings.read({"HOME": "/home/li"}), "dbname=none")
    routes = [*app.router.routes, *web.router.routes]
    paths = {route.path for route in routes if isinstance(route, Route)}
    assert paths == ALL, paths ^ ALL


@pytest.mark.parametrize("who", WHO)
def test_a_layer_shows_what_somebody_may_see(town: Town, who: str) -> None:
    for layer in LAYERS:
        allowed = getattr(WHO[who], layer)
        for templates in OF_A_LAYER.values():
            for rest in templates if who in THOROUGHLY else templates[:1]:
                answer = town.get(who, f"/collections/{layer}{rest}")
                where = f"{who} {layer}{rest}"
                asks_for_it = FIELD in rest
                if allowed == NOTHING:
                    absent = town.get(who, f"/collections/{MISSING}{rest}")
                    assert answer.status_code == absent.status_code == 404, where
                    assert answer.text == absent.text.replace(MISSING, layer), where
                elif allowed == PUBLIC and asks_for_it:
                    unknown = town.get(who, f"/collections/{layer}{rest.replace(FIELD, UNKNOWN)}")
                    assert answer.status_code == unknown.status_code == 400, where
                    assert answer.text == unknown.text.replace(UNKNOWN, FIELD), where
                elif allowed == PUBLIC:
                    assert unsaid(answer.text.replace(quote(CANARY), "")), where  # links say what was asked
                    assert answer.status_code == _plain_status(rest), where
                else:
                    assert answer.status_code == _plain_status(rest), where


def _plain_status(rest: str) -> int:
    return REFUSED.get(rest, 404 if "none" in rest else 200)


@pytest.mark.parametrize("who", [name for name, each in WHO.items() if each.terms == INTERNAL])
def test_internal_fields_are_whole_for_those_who_may(town: Town, who: str) -> None:
    for rest in ("/items", "/items/P000001", "/items/P000001/versions", f"/items?{FIELD}={CANARY}&limit=5"):
        for frame in ("", "crs=http://www.opengis.net/def/crs/EPSG/0/4549"):
            if frame and "versions" in rest:
                continue
            mark = "&" if "?" in rest else "?"
            document = town.get(who, f"/collections/terms{rest}{mark if frame else ''}{frame}").json()
            features = document.get("features", [document])
            delivered = [each for each in features if each["properties"]["code"] in DELIVERED]
            assert delivered
            for feature in delivered:
                assert feature["properties"][FIELD] == CANARY
                public = town.get("granted", f"/collections/terms/items/{feature['id']}").json()
                said = {name: value for name, value in feature["properties"].items() if name != FIELD}
                assert said == public["properties"]
    for rest in ("/schema", "/queryables"):
        assert FIELD in town.get(who, f"/collections/terms{rest}").json()["properties"]
    definition = town.get(who, "/openapi.json").json()
    named = [
        each.get("name") for each in definition["paths"]["/collections/terms/items"]["get"]["parameters"]
    ]
    assert FIELD in named
    for path in ("/collections/terms/items?f=html", "/collections/terms?f=html"):
        assert TITLE in town.get(who, path).text


@pytest.mark.parametrize("who", WHO)
def test_listings_name_only_what_somebody_may_see(town: Town, who: str) -> None:
    rights = WHO[who]
    hidden = [layer for layer in LAYERS if getattr(rights, layer) == NOTHING]
    closed_fields = all(getattr(rights, layer) != INTERNAL for layer in LAYERS)
    for path in (path for paths in OF_ALL_LAYERS.values() for path in paths):
        if path.startswith("/usage") and Role.AUDITOR in rights.roles:
            continue  # who audits sees what everybody used
        answer = town.get(who, path)
        refused = rights.department is None and path.startswith(("/jobs", "/schedules", "/usage", "/alerts"))
        assert refused or answer.status_code in (200, 404), f"{who} {path}"
        for layer in hidden:
            if layer in path:
                absent = town.get(who, path.replace(layer, MISSING))
                assert answer.status_code == absent.status_code == 404, f"{who} {path}"
                assert answer.text == absent.text.replace(MISSING, layer), f"{who} {path}"
            else:
                marks = hidden_marks(layer)
                assert not any(mark in answer.text for mark in marks), f"{who} {path} {layer}"
        if closed_fields:
            assert unsaid(answer.text), f"{who} {path}"
    seen = {each["id"] for each in town.get(who, "/collections").json()["collections"]}
    assert seen == {*LAYERS, "records"} - set(hidden)
    seen.discard("records")
    ledger = town.get(who, "/changesets").json()["changesets"]
    assert {each["layer"] for each in ledger} == seen
    feed = town.get(who, "/changes").json()["changesets"]
    assert {each["layer"] for each in feed} == seen
    records = town.get(who, "/collections/records/items").json()["features"]
    assert {each["id"] for each in records} == seen


@pytest.mark.parametrize("who", WHO)
def test_changesets_of_hidden_layers_are_none(town: Town, who: str) -> None:
    ledger = town.get("own steward", "/changesets").json()["changesets"]
    for number, layer in {each["id"]: each["layer"] for each in ledger}.items():
        allowed = getattr(WHO[who], layer)
        for rest in (rest for paths in OF_A_CHANGESET.values() for rest in paths):
            answer = town.get(who, f"/changesets/{number}{rest}")
            if allowed == NOTHING:
                absent = town.get(who, f"/changesets/999999{rest}")
                assert answer.status_code == absent.status_code == 404
                assert answer.text == absent.text.replace("999999", str(number))
            else:
                assert answer.status_code == 200
                assert allowed == INTERNAL or unsaid(answer.text), f"{who} {rest}"


@pytest.mark.parametrize("who", WHO)
def test_administration_is_by_role(town: Town, who: str) -> None:
    roles = WHO[who].roles
    refused = 401 if who == "anonymous" else 403
    for path, role in BY_ROLE.items():
        if role is not None:
            allowed = role in roles
        else:
            allowed = Role.SECURITY_ADMINISTRATOR in roles or Role.STEWARD in roles
        if path.endswith("revocation"):
            status = town.post(
                who, path.replace("{id}", "omk_none").replace("{number}", "99"), {}
            ).status_code
            assert status == (404 if allowed else refused), f"{who} {path}"
            continue
        answer = town.get(who, path, **({"X-Forwarded-For": "10.0.0.1"} if path == "/metrics" else {}))
        if path == "/metrics":
            assert answer.status_code == (200 if allowed else 403), who
            assert not any(mark in answer.text for layer in LAYERS for mark in hidden_marks(layer))
            continue
        assert answer.status_code == (200 if allowed else refused), f"{who} {path}"
        if refused == 401 and not allowed:
            assert answer.headers["www-authenticate"].startswith("Bearer")
    me = town.get(who, "/access/me").json()
    assert me["roles"] == sorted(roles)
    edits = [each["id"] for each in me["layers"] if "edit" in each["rights"]]
    assert sorted(edits) == sorted(WHO[who].edits)


def test_a_bad_credential_is_never_taken_for_nobody(town: Town) -> None:
    key = town.keys["granted"]
    bad = [
        {"X-API-Key": key[:-1] + ("A" if key[-1] != "A" else "B")},
        {"X-API-Key": ""},
        {"X-API-Key": "nonsense"},
        {"Authorization": "Basic dTpw"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {key}x"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": f"Bearer {town.idp.token(exp=1)}"},
        {"Authorization": f"Bearer {key}", "X-API-Key": key},
    ]
    for headers in bad:
        for path in ("/", "/collections/shared/items", "/map", "/nowhere"):
            answer = town.served.client.get(path, headers=headers)
            assert answer.status_code == 401, headers
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert not any(len(value) > 12 and value.split()[-1] in answer.text for value in headers.values())
    assert town.served.client.get(f"/collections/terms/items?key={key}").status_code == 404
    assert town.served.client.get(f"/collections/shared/items?key={key}").status_code == 400


def test_a_key_and_a_token_come_in_either_way(town: Town) -> None:
    key = town.keys["granted"]
    for headers in (
        {"X-API-Key": key},
        {"Authorization": f"Bearer {key}"},
        {"authorization": f"bearer {town.idp.token(department='水利局')}"},
    ):
        assert town.served.client.get("/collections/terms/items", headers=headers).status_code == 200


def test_what_one_holds_is_no_answer_for_another(town: Town) -> None:
    for path in ("/collections/shared/items?limit=5", "/collections/shared/items/P000001"):
        for form in ("", "&f=html" if "?" in path else "?f=html"):
            whole, public = town.get("own reader", path + form), town.get("anonymous", path + form)
            assert whole.headers["etag"] != public.headers["etag"]
            assert whole.headers["cache-control"].startswith("private")
            for answer in (whole, public):
                assert {"Authorization", "X-API-Key"} <= set(answer.headers["vary"].split(", "))
            tag = {"If-None-Match": whole.headers["etag"]}
            assert town.get("own reader", path + form, **tag).status_code == 304
            assert town.get("anonymous", path + form, **tag).status_code == 200
    for path in ("/collections", "/map/config.json", "/openapi.json"):
        whole, public = town.get("own reader", path), town.get("anonymous", path)
        assert whole.headers["etag"] != public.headers["etag"]
        assert whole.headers["cache-control"].startswith("private")


def test_reads_of_restricted_data_are_audited_and_others_are_not(town: Town) -> None:
    before = len(town.audited("read", "own reader"))
    town.get("own reader", "/collections/withheld/items?limit=1")
    town.get("own reader", "/collections/terms/items/P000001")
    town.get("own reader", "/collections/terms/schema")  # a description, no data
    reads = town.audited("read", "own reader")
    assert len(reads) == before + 2
    newest = reads[0]
    assert (newest.layer, newest.outcome, newest.department) == ("terms", "done", STEWARD)
    assert newest.target == "GET /collections/terms/items/P000001"
    assert newest.credential == town.keys["own reader"][:12]
    assert newest.request
    town.get("granted", "/collections/terms/items?limit=1")  # public fields
    assert not town.audited("read", "granted")
    stranger = town.anew("stranger")
    town.get(stranger, "/collections/terms/items")
    assert town.audited("request", stranger)[0].outcome == "denied"
    assert town.audited("request", stranger)[0].layer == "terms"
    with connect(town.served.dsn) as connection:
        assert audit.verify(connection).ok
    log = audit.Entry.__dataclass_fields__  # no column could hold a secret
    assert "secret" not in log


def test_a_key_is_shown_once_and_its_revocation_is_known_to_every_worker(town: Town) -> None:
    admin = "security administrator"
    made = town.post(
        admin, "/access/keys", {"subject": "水位站", "department": "水利局", "roles": ["reader"]}
    )
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    text, id = made.json()["key"], made.json()["id"]
    assert text.startswith(id)

    def answered(status: int) -> bool:
        """Fresh connections fall on either worker; ten alike are both."""
        headers = {"X-API-Key": text, "connection": "close"}
        answers = [town.served.client.get("/access/me", headers=headers) for _ in range(10)]
        return all(answer.status_code == status for answer in answers)

    until(lambda: answered(200))
    listed = town.get(admin, "/access/keys")
    assert text not in listed.text
    assert id in listed.text
    assert town.post(admin, f"/access/keys/{id}/revocation", {}).json()["revoked"]
    until(lambda: answered(401))
    for action in ("key-add", "key-revoke"):
        entry = town.audited(action, admin)[0]
        assert (entry.target, entry.origin, entry.outcome) == (id, "key", "done")
        assert text[13:] not in str(entry)


def test_a_steward_grants_the_own_layers(town: Town) -> None:
    asked = {"layer": "terms", "department": "教育局", "right": "read"}
    assert town.post("own reader", "/access/grants", asked).status_code == 403
    made = town.post("own steward", "/access/grants", asked)
    assert made.status_code == 201
    reads = lambda status: town.get("stranger", "/collections/terms/items").status_code == status  # noqa: E731
    until(lambda: all(reads(200) for _ in range(6)))
    number = made.json()["id"]
    assert town.post("own steward", f"/access/grants/{number}/revocation", {}).status_code == 200
    until(lambda: all(reads(404) for _ in range(6)))
    assert town.audited("grant-add", "own steward")
    assert town.audited("grant-revoke", "own steward")
    refused = town.post("own steward", "/access/grants", {**asked, "layer": "withheld"})
    assert refused.status_code == 422
    assert town.post("own steward", "/access/grants", {**asked, "layer": MISSING}).status_code == 404


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/access/keys", {"subject": "a"}),
        ("/access/keys", {"subject": "a", "roles": ["owner"]}),
        ("/access/keys", {"subject": "a\n", "roles": ["reader"]}),
        ("/access/keys", {"subject": "a", "roles": ["reader"], "secret": "x"}),
        ("/access/keys", {"subject": "a", "roles": ["reader"], "expires": "tomorrow"}),
        ("/access/grants", {"layer": "terms", "department": "a", "right": "all"}),
        ("/access/grants", {"layer": 1, "department": "a", "right": "read"}),
    ],
)
def test_wrong_bodies_are_refused(town: Town, path: str, document: dict[str, object]) -> None:
    assert town.post("security administrator", path, document).status_code == 400


def test_more_than_may_leave_is_refused_before_it_leaves(town: Town) -> None:
    path = "/collections/terms/items"
    with connect(town.served.dsn) as connection:
        release.set_class(connection, "maps", srid=4549, by="test", threshold_km2=Decimal("0.005"))
        release.mark(connection, "terms", "maps", by="test")
    refused = lambda: all(town.get("granted", path).status_code == 403 for _ in range(6))  # noqa: E731
    until(refused)
    answer = town.get("granted", f"{path}?f=html")
    assert answer.json()["code"] == "release-limit"
    assert answer.json()["area_km2"] == pytest.approx(0.01)
    assert "P000001" not in answer.text
    for rest in ("/items/P000001", "/items/P000001/versions", f"/tiles/{PLACE}", f"/changes/tiles/{PLACE}"):
        assert town.get("granted", f"/collections/terms{rest}").status_code == 403
    assert town.get("granted", f"/tiles/{PLACE}?collections=terms").status_code == 403
    assert town.audited("request", "granted")[0].outcome == "denied"
    with connect(town.served.dsn) as connection:
        release.mark(connection, "terms", None, by="test")
    until(lambda: all(town.get("granted", path).status_code == 200 for _ in range(6)))


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({}, "local"),
        ({"Host": "localhost:1"}, "local"),
        ({"Host": "map.example"}, "anonymous"),
        ({"X-Forwarded-For": "10.0.0.1"}, "anonymous"),
        ({"Forwarded": "for=10.0.0.1"}, "anonymous"),
        ({"Via": "1.1 proxy"}, "anonymous"),
        ({"Origin": "https://elsewhere.example"}, "anonymous"),
        ({"Origin": "null"}, "anonymous"),
        ({"Origin": "OWN"}, "local"),
    ],
)
def test_the_operator_is_a_program_of_this_machine(
    served: Served, headers: dict[str, str], origin: str
) -> None:
    told = {name: served.url if value == "OWN" else value for name, value in headers.items()}
    answer = served.client.get("/access/me", headers=told)
    assert answer.json()["origin"] == origin
    assert ("access-control-allow-origin" in answer.headers) is (origin == "anonymous")
    seen = served.client.get("/collections", headers=told).json()["collections"]
    assert (len(seen) > 1) is (
        origin == "local"
    )  # the catalogue is for everybody, none of these layers is shared without conditions


def test_an_open_installation_says_so(served: Served) -> None:
    assert "本机开放" in served.get("/?f=html").text
    assert served.get("/").json()["onemap:access"]["en"].startswith("Open to this machine only")
    assert served.get("/access/me").json()["openToThisMachine"] is True


def test_a_guarded_one_does_not(town: Town) -> None:
    assert "onemap:access" not in town.get("anonymous", "/").json()
    page = town.get("anonymous", "/?f=html")
    assert page.status_code == 200
    assert "本机开放" not in page.text
    assert town.get("anonymous", "/access/me").json()["openToThisMachine"] is False
