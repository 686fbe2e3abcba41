"""Role × layer × column × verb × channel: nobody sees, names, filters or sorts what is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import httpx
import pytest
from api_serving import Served, contract, database_of, deliver, places, publish, server, until
from oidc_provider import AUDIENCE, Provider, provider
from starlette.routing import Route

from api import web
from api.app import create_app
from spatial.access import audit, release, store
from spatial.access.model import Right, Role
from spatial.catalogue.contract import Sharing
from spatial.database import connect
from spatial.settings import Settings

STEWARD = "自然资源和规划局"
CANARY, FIELD, TITLE = "王某", "owner", "权利人"
"""Value, name and title of the field that is not public."""
LAYERS = {"shared": Sharing.OPEN, "terms": Sharing.CONDITIONAL, "withheld": Sharing.CLOSED}
MISSING = "nobody-has-it"
NOTHING, PUBLIC, INTERNAL = "nothing", "public", "internal"


@dataclass(frozen=True)
class Who:
    """Somebody, and what they may see by the rules of trust.md, 4: written by hand."""

    roles: tuple[Role, ...]
    department: str | None
    shared: str
    terms: str
    withheld: str
    edits: tuple[str, ...] = ()


WHO = {
    "anonymous": Who((), None, PUBLIC, NOTHING, NOTHING),
    "stranger": Who((Role.READER,), "教育局", PUBLIC, NOTHING, NOTHING),
    "granted": Who((Role.READER,), "水利局", PUBLIC, PUBLIC, NOTHING),
    "trusted": Who((Role.READER,), "住建局", INTERNAL, INTERNAL, NOTHING),
    "granted, no role": Who((Role.AUDITOR,), "住建局", PUBLIC, NOTHING, NOTHING),
    "own reader": Who((Role.READER,), STEWARD, INTERNAL, INTERNAL, INTERNAL),
    "own editor": Who((Role.EDITOR,), STEWARD, INTERNAL, INTERNAL, INTERNAL, tuple(LAYERS)),
    "own steward": Who((Role.STEWARD,), STEWARD, INTERNAL, INTERNAL, INTERNAL, tuple(LAYERS)),
    "security administrator": Who((Role.SECURITY_ADMINISTRATOR,), STEWARD, PUBLIC, NOTHING, NOTHING),
    "auditor": Who((Role.AUDITOR,), None, PUBLIC, NOTHING, NOTHING),
}
GRANTS = [
    ("terms", "水利局", Right.READ),
    ("shared", "住建局", Right.READ_INTERNAL),
    ("terms", "住建局", Right.READ_INTERNAL),
]

# Every route of the application stands in one of these; a new one fails the test until it does.
OF_A_LAYER = {
    "/collections/{id}": [""],
    "/collections/{id}/items": [
        "/items",
        "/items?f=html",
        "/items?limit=3",
        "/items?bbox=118,36,119,38&count=exact",
        "/items?crs=http://www.opengis.net/def/crs/EPSG/0/4549",
        "/items?asof=2099-01-01",
        "/items?datetime=2026-06-01/..",
        f"/items?{FIELD}={CANARY}",
        f"/items?{FIELD}=1&f=html",
        "/items?limit=0",
    ],
    "/collections/{id}/items/{fid:path}": [
        "/items/P000001",
        "/items/P000001?f=html",
        "/items/P000001?crs=http://www.opengis.net/def/crs/EPSG/0/4549",
        "/items/P000001?datetime=2026-06-01",
        f"/items/P000001?{FIELD}=1",
        "/items/none",
    ],
    "/collections/{id}/items/{fid:path}/versions": [
        "/items/P000001/versions",
        "/items/P000001/versions?f=html",
        "/items/none/versions",
    ],
    "/collections/{id}/schema": ["/schema", "/schema?f=html", "/schema?lang=en"],
    "/collections/{id}/queryables": ["/queryables", "/queryables?f=html"],
    "/collections/{id}/legend": ["/legend"],
}
OF_ALL_LAYERS = {
    "/": ["/", "/?f=html"],
    "/collections": ["/collections", "/collections?f=html", "/collections?lang=en"],
    "/openapi.json": ["/openapi.json"],
    "/api": ["/api"],
    "/map/config.json": ["/map/config.json"],
    "/changesets": ["/changesets", "/changesets?f=html", *(f"/changesets?layer={id}" for id in LAYERS)],
    "/changesets/{number}": [f"/changesets/{number}" for number in range(1, 4)],
    "/processes": ["/processes"],
    "/jobs": ["/jobs"],
    "/access/me": ["/access/me", "/access/me?f=html"],
}
BY_ROLE = {
    "/access/keys": Role.SECURITY_ADMINISTRATOR,
    "/access/keys/{id}/revocation": Role.SECURITY_ADMINISTRATOR,
    "/access/grants": None,
    "/access/grants/{number}/revocation": None,
    "/audit": Role.AUDITOR,
}
WITHOUT_LAYERS = {
    "/conformance",
    "/processes/{id}",
    "/processes/{id}/execution",
    "/health/live",
    "/health/ready",
    "/map",
    "/static/{name:path}",
}


@dataclass(frozen=True)
class Town:
    """A guarded server, its provider, and a client for everybody."""

    served: Served
    idp: Provider
    keys: dict[str, str]

    def get(self, who: str, path: str, **headers: str) -> httpx.Response:
        shown = {} if who == "anonymous" else {"X-API-Key": self.keys[who]}
        return self.served.client.get(path, headers={**shown, **headers})

    def post(self, who: str, path: str, document: dict[str, object]) -> httpx.Response:
        shown = {} if who == "anonymous" else {"X-API-Key": self.keys[who]}
        return self.served.client.post(path, headers=shown, json=document)


@pytest.fixture(scope="module")
def town(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with database_of(server_dsn, template) as dsn, provider() as idp:
        for id, sharing in LAYERS.items():
            publish(dsn, replace(contract(id), sharing=sharing))
            deliver(dsn, id, places(12))
        keys = {}
        with connect(dsn) as connection:
            for name, who in WHO.items():
                if who.roles:
                    _, keys[name] = store.add_key(connection, name, who.department, who.roles, by="test")
            for layer, department, right in GRANTS:
                store.add_grant(connection, layer, department, right, by="test")
        settings = {
            "ONEMAP_ACCESS": "guarded",
            "ONEMAP_OIDC_ISSUER": idp.issuer,
            "ONEMAP_OIDC_AUDIENCE": AUDIENCE,
        }
        log = tmp_path_factory.mktemp("api") / "guarded.log"
        with server(dsn, log, workers=2, settings=settings) as running:
            yield Town(running, idp, keys)


def test_every_route_is_classified() -> None:
    app = create_app(Settings.read({"HOME": "/home/li"}), "dbname=none")
    routes = [*app.router.routes, *web.router.routes]
    paths = {route.path for route in routes if isinstance(route, Route)}
    known = {*OF_A_LAYER, *OF_ALL_LAYERS, *BY_ROLE, *WITHOUT_LAYERS}
    assert paths == known, paths ^ known


def _unsaid(text: str) -> bool:
    """None of the secret is in an answer."""
    return not any(mark in text for mark in (CANARY, TITLE, f'"{FIELD}"', f">{FIELD}<"))


@pytest.mark.parametrize("who", WHO)
def test_a_layer_shows_what_somebody_may_see(town: Town, who: str) -> None:
    for layer in LAYERS:
        allowed = getattr(WHO[who], layer)
        for templates in OF_A_LAYER.values():
            for rest in templates:
                answer = town.get(who, f"/collections/{layer}{rest}")
                where = f"{who} {layer}{rest}"
                asks_for_it = f"{FIELD}=" in rest
                if allowed == NOTHING:
                    absent = town.get(who, f"/collections/{MISSING}{rest}")
                    assert answer.status_code == absent.status_code == 404, where
                    assert answer.text == absent.text.replace(MISSING, layer), where
                elif allowed == PUBLIC and asks_for_it:
                    unknown = town.get(who, f"/collections/{layer}{rest.replace(FIELD, 'nobody')}")
                    assert answer.status_code == unknown.status_code == 400, where
                    assert answer.text == unknown.text.replace("nobody", FIELD), where
                elif allowed == PUBLIC:
                    assert _unsaid(answer.text), where
                    assert answer.status_code == _plain_status(rest), where
                else:
                    assert answer.status_code == _plain_status(rest, internal=True), where


def _plain_status(rest: str, *, internal: bool = False) -> int:
    if rest == "/items?limit=0" or rest == f"/items/P000001?{FIELD}=1":
        return 400
    return 404 if "none" in rest else 200


@pytest.mark.parametrize("who", [name for name, each in WHO.items() if each.terms == INTERNAL])
def test_internal_fields_are_whole_for_those_who_may(town: Town, who: str) -> None:
    for rest in ("/items", "/items/P000001", "/items/P000001/versions", f"/items?{FIELD}={CANARY}&limit=5"):
        for frame in ("", "crs=http://www.opengis.net/def/crs/EPSG/0/4549"):
            if frame and "versions" in rest:
                continue
            mark = "&" if "?" in rest else "?"
            document = town.get(who, f"/collections/terms{rest}{mark if frame else ''}{frame}").json()
            features = document.get("features", [document])
            assert features
            for feature in features:
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
    for paths in OF_ALL_LAYERS.values():
        for path in paths:
            answer = town.get(who, path)
            for layer in hidden:
                text = answer.text.replace(f"layer={layer}", "")  # what was asked is repeated in links
                marks = (f'"{layer}"', f"/collections/{layer}", f">{layer}<", f"items.{layer}")
                assert not any(mark in text for mark in marks), f"{who} {path} {layer}"
            if closed_fields:
                assert _unsaid(answer.text), f"{who} {path}"
    seen = {each["id"] for each in town.get(who, "/collections").json()["collections"]}
    assert seen == set(LAYERS) - set(hidden)
    ledger = town.get(who, "/changesets").json()["changesets"]
    assert {each["layer"] for each in ledger} == seen
    numbers = {town.get("own steward", "/changesets").json()["changesets"][i]["id"] for i in range(3)}
    for number in numbers - {each["id"] for each in ledger}:
        absent = town.get(who, "/changesets/999999")
        refused = town.get(who, f"/changesets/{number}")
        assert refused.status_code == 404
        assert refused.text == absent.text.replace("999999", str(number))


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
        answer = town.get(who, path)
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


def _audited(town: Town, action: str, subject: str) -> list[audit.Entry]:
    with connect(town.served.dsn) as connection:
        found = audit.entries(connection, limit=10_000)
        return [each for each in found if each.action == action and each.subject == subject]


def test_reads_of_restricted_data_are_audited_and_others_are_not(town: Town) -> None:
    before = len(_audited(town, "read", "own reader"))
    town.get("own reader", "/collections/withheld/items?limit=1")
    town.get("own reader", "/collections/terms/items/P000001")
    town.get("own reader", "/collections/terms/schema")  # a description, no data
    reads = _audited(town, "read", "own reader")
    assert len(reads) == before + 2
    newest = reads[0]
    assert (newest.layer, newest.outcome, newest.department) == ("terms", "done", STEWARD)
    assert newest.target == "GET /collections/terms/items/P000001"
    assert newest.credential == town.keys["own reader"][:12]
    assert newest.request
    town.get("granted", "/collections/terms/items?limit=1")  # public fields
    assert not _audited(town, "read", "granted")
    town.get("stranger", "/collections/terms/items")
    assert _audited(town, "request", "stranger")[0].outcome == "denied"
    assert _audited(town, "request", "stranger")[0].layer == "terms"
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

    assert until(lambda: answered(200)) < 1
    listed = town.get(admin, "/access/keys")
    assert text not in listed.text
    assert id in listed.text
    assert town.post(admin, f"/access/keys/{id}/revocation", {}).json()["revoked"]
    assert until(lambda: answered(401)) < 1
    for action in ("key-add", "key-revoke"):
        entry = _audited(town, action, admin)[0]
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
    assert _audited(town, "grant-add", "own steward")
    assert _audited(town, "grant-revoke", "own steward")
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
    for rest in ("/items/P000001", "/items/P000001/versions"):
        assert town.get("granted", f"/collections/terms{rest}").status_code == 403
    assert _audited(town, "request", "granted")[0].outcome == "denied"
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
    assert bool(seen) is (origin == "local")  # none of these layers is shared without conditions


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
