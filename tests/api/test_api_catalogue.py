"""What tells a client what there is: documents, the live catalogue, pygeoapi inside."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import jsonschema
import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until, withdraw
from psycopg.pq import TransactionStatus
from pygeoapi.api import APIRequest, itemtypes
from starlette.requests import Request as StarletteRequest

from api.catalogue import Catalogue
from api.crs import edges
from api.documents import CONFORMS_TO
from api.edr.asking import QUERIES
from api.ogc import PROVIDER, Engine, Resources
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Title

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def links(document: dict, rel: str) -> list[dict]:
    return [link for link in document["links"] if link["rel"] == rel]


def test_every_link_of_every_document_leads_somewhere(served: Served) -> None:
    """Crawl from the landing page over JSON links; each answers 200 with the type it promised."""
    todo, seen = ["/"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        response = served.get(path)
        assert response.status_code == 200, path
        media = response.headers["content-type"]
        if "json" not in media or "json-seq" in media or path == "/openapi.json":
            continue
        document = response.json()
        for part in (document, *document.get("collections", []), *document.get("features", [])[:1]):
            for link in part.get("links", []):
                assert link["href"].startswith(served.url), link
                assert not link.get("templated"), "there are no addresses to search"
                todo.append(link["href"].removeprefix(served.url))
    assert len(seen) > 40


def test_a_worker_takes_no_connection_before_it_knows_the_layers(database: str, tmp_path: Path) -> None:
    """Another worker may have said that the server is ready."""
    publish(database, contract("points"))
    with psycopg.connect(database) as holding, ThreadPoolExecutor(1) as thread:
        holding.execute("lock table spatial.layer in access exclusive mode")
        thread.submit(lambda: (time.sleep(2.5), holding.commit()))
        with server(database, tmp_path / "server.log", probe="/health/live") as running:
            assert running.get("/collections/points/items").status_code == 200
            assert holding.info.transaction_status == TransactionStatus.IDLE


def test_promised_types_are_sent(served: Served) -> None:
    for path in ("/", "/collections", "/collections/areas"):
        for link in served.get(path).json()["links"]:
            sent = served.get(link["href"]).headers["content-type"]
            assert sent.split(";")[0] == link["type"].split(";")[0], link


def test_the_landing_page_has_what_part_1_wants(served: Served) -> None:
    document = served.get("/").json()
    for rel in ("self", "service-desc", "service-doc", "conformance", "data"):
        assert links(document, rel), rel
    assert set(served.get("/conformance").json()["conformsTo"]) == set(CONFORMS_TO)


def test_the_landing_page_leads_to_every_door(served: Served) -> None:
    """Each root document of another interface answers as what it is; a page shows the same."""
    document = served.get("/").json()
    paths = {link["href"].removeprefix(served.url): link["rel"] for link in document["links"]}
    roots = {
        "/sensorthings/v1.1": b"Things",
        "/stac": b"stac_version",
        "/wmts/1.0.0/WMTSCapabilities.xml": b"wmts",
    }
    for path, said in roots.items():
        assert paths[path] == "service"
        assert said in served.get(path).content
    rel = "http://www.opengis.net/def/rel/ogc/1.0/"
    assert paths["/collections/records"] == f"{rel}ogc-catalog"
    assert (paths["/processes"], paths["/jobs"]) == (f"{rel}processes", f"{rel}job-list")
    assert (paths["/changes"], paths["/api"]) == ("monitor", "service-doc")
    page = served.get("/?f=html").text
    assert all(f'href="{served.url}{path}"' in page for path in [*roots, "/processes", "/jobs", "/changes"])


def test_a_collection_says_what_the_contract_knows(served: Served) -> None:
    document = served.get("/collections/areas").json()
    assert document["title"] == "测试图层"
    assert served.get("/collections/areas", params={"lang": "en"}).json()["title"] == "Test layer"
    assert document["itemType"] == "feature"
    assert document["storageCrs"] == f"{EPSG}4490"
    assert document["crs"] == [CRS84, *(f"{EPSG}{code}" for code in (4490, 4549, 4528, 4326, 3857))]
    (west, south, east, north) = document["extent"]["spatial"]["bbox"][0]
    assert (west, south, east, north) == pytest.approx((118.60, 36.80, 118.799, 36.81), abs=1e-3)
    assert document["extent"]["spatial"]["crs"] == CRS84
    assert document["extent"]["temporal"]["interval"] == [["2026-01-01T00:00:00+08:00", None]]
    assert document["onemap:steward"] == "自然资源和规划局"
    assert links(document, "items")
    assert links(document, "http://www.opengis.net/def/rel/ogc/1.0/legend")
    assert not any("jsonld" in link["href"] for link in document["links"])
    listed = served.get("/collections").json()
    assert [each["id"] for each in listed["collections"]] == ["areas", "empty", "notes", "points", "records"]
    assert listed["collections"][0] == document
    assert "spatial" not in served.get("/collections/notes").json()["extent"]


def test_items_keep_to_the_schema_that_is_published(served: Served) -> None:
    definition = served.get("/openapi.json").json()
    operation = definition["paths"]["/collections/points/items"]["get"]
    shape = operation["responses"]["200"]["content"]["application/geo+json"]["schema"]
    answer = served.get("/collections/points/items", params={"limit": 50}).json()
    whole = {"$schema": definition["jsonSchemaDialect"], **shape, "components": definition["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer)
    broken = {**answer, "features": [{**answer["features"][0], "type": "Thing"}]}
    assert not jsonschema.Draft202012Validator(whole).is_valid(broken)


def test_queryables_are_what_items_take(served: Served) -> None:
    document = served.get("/collections/points/queryables").json()
    assert document["$id"].endswith("/collections/points/queryables")
    for name in document["properties"]:
        if name == "geometry":
            continue
        response = served.get("/collections/points/items", params={name: "\x01"})
        assert response.status_code in (200, 400)
        if response.status_code == 400:
            assert "类型" in response.json()["zh"]  # known, but of another type


def test_the_definition_is_self_contained_and_true(served: Served) -> None:
    definition = served.get("/openapi.json").json()
    text = served.get("/openapi.json").text
    for part in text.split('"$ref":"')[1:]:
        path = part.split('"')[0]
        assert path.startswith("#/"), path
        target: object = definition
        for step in path[2:].split("/"):
            assert isinstance(target, dict)
            target = target[step]
    names = [operation["operationId"] for each in definition["paths"].values() for operation in each.values()]
    assert len(names) == len(set(names))
    values = {
        "id": "points",
        "fid": "P000001",
        "number": "1",
        "alert": "1",
        "indicator": "AQ-01",
        "record": "points",
        "processId": "transform",
        "jobId": _job(served),
        "proposal": _proposal(served),
        "tms": "CGCS2000Quad",
        "resource": "Things",
        "table": "ST_RIVER_R",
        **dict.fromkeys(("z", "row", "col"), "0"),
    }
    for path, operations in definition["paths"].items():
        address = path
        for name, value in values.items():
            address = address.replace(f"{{{name}}}", value)
        allowed = served.client.options(address).headers["allow"].split(", ")
        assert {method.upper() for method in operations} == {*allowed} - {"HEAD", "OPTIONS"}, address
        if "get" not in operations or "/results" in path:  # a job that waits has no results
            continue
        if path.endswith("/chart"):  # of a datastream that is there, over a span that is said
            assert served.get(address, params={"datetime": "2026-01-01/2026-02-01"}).status_code == 404
            assert served.get(address, params={"undeclared": "1"}).status_code == 400
            continue
        if path.startswith("/assets/documents/{"):  # no register is here
            assert served.get(address).status_code == 404
            assert served.get(address, params={"undeclared": "1"}).status_code == 400
            continue
        if path.removeprefix("/collections/{id}/").partition("/")[0] in QUERIES:  # nothing is measured there
            assert served.get(address).status_code == 404, address
            assert served.get(address, params={"undeclared": "1"}).status_code == 400, address
            continue
        none = (
            *("/publications/{", "/alerts/{", "/indicators/{", "/datastreams/{", "/archive/objects/{"),
            "/flood/runs/{",
            "/schedules/{",
        )
        if path.startswith(none):  # there is none here
            refused = 403 if path.endswith("/file") else 404
            assert served.get(address).status_code == refused, address
            assert served.get(address, params={"undeclared": "1"}).status_code == 400, address
            continue
        if path.startswith("/stac/collections/{"):  # no flight is catalogued here
            assert served.get(address).status_code == 404, address
            continue
        of_rivers = path.startswith(("/rivers/", "/warnings", "/response-plans", "/forecast"))
        if of_rivers and path != "/rivers/claim-properties":  # no layer of them is here
            assert served.get(address).status_code == 404, address
            assert served.get(address, params={"undeclared": "1"}).status_code == 400, address
            continue
        content = operations["get"]["responses"]["200"]["content"]
        if "text/event-stream" in content:  # has no end
            assert served.client.head(address).headers["content-type"].startswith("text/event-stream")
            assert served.get(address, params={"undeclared": "1"}).status_code == 400
            continue
        answer = served.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].split(";")[0] in content, address
        # Every parameter that is declared is known, and one that is not is refused.
        if "health" not in path:
            assert served.get(address, params={"undeclared": "1"}).status_code == 400, address


def test_collections_come_and_go_in_every_worker(database: str, tmp_path: Path) -> None:
    publish(database, contract("first"))
    with server(database, tmp_path / "server.log", workers=2) as running:

        def seen_by_all(path: str, status: int) -> bool:
            """Fresh connections fall on either worker; ten alike are both."""
            return all(
                running.client.get(path, headers={"connection": "close"}).status_code == status
                for _ in range(10)
            )

        until(lambda: seen_by_all("/collections/later", 404))  # the second worker may start later
        publish(database, contract("later"))
        until(lambda: seen_by_all("/collections/later", 200))
        until(lambda: seen_by_all("/collections/later/items", 200))
        assert "/collections/later/items" in running.get("/openapi.json").json()["paths"]
        renamed = replace(contract("later"), title=Title("改了名", "Renamed"))
        publish(database, renamed)
        until(lambda: running.get("/collections/later").json()["title"] == "改了名")
        deliver(database, "later", places(3))
        until(lambda: "spatial" in running.get("/collections/later").json()["extent"])
        withdraw(database, "later")
        until(lambda: seen_by_all("/collections/later/items", 404))
        assert seen_by_all("/collections/first/items", 200)


def _proposal(served: Served) -> str:
    retiring = {"type": "Feature", "id": "P000299", "properties": None, "action": "retire"}
    proposal = {"type": "FeatureCollection", "reason": "试", "features": [retiring]}
    made = served.client.post("/collections/points/proposals", json=proposal)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def _job(served: Served) -> str:
    """A job that nobody works on."""
    body = {"inputs": {"system": "sheet", "codes": ["J50"]}}
    made = served.client.post(
        "/processes/grid-decode/execution", json=body, headers={"prefer": "respond-async"}
    )
    return str(made.json()["jobID"])


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff", b'"x"'])
def test_an_execute_request_must_be_an_object(served: Served, body: bytes) -> None:
    assert served.client.post("/processes/transform/execution", content=body).status_code == 400


def test_a_subscriber_address_is_refused_before_the_engine_sees_it(served: Served) -> None:
    """GHSA-jgvc-94c8-3chc: pygeoapi 0.21 would call it."""
    inputs = {"system": "sheet", "codes": ["J50"]}
    body = {"inputs": inputs, "subscriber": {"successUri": "http://127.0.0.1:1/"}}
    refused = served.client.post("/processes/grid-decode/execution", json=body)
    assert refused.status_code == 422
    assert refused.json()["pointer"] == "/subscriber"
    assert served.client.post("/processes/x/execution", json={"inputs": {}}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/stac-api", "/stac/..%2f..%2fetc/passwd", "/admin/config", "/TileMatrixSets", "/openapi"]
)
def test_nothing_of_the_engine_is_mounted_that_we_did_not_choose(served: Served, path: str) -> None:
    """GHSA-f6pr-83pg-ghh6 needs the file-system provider."""
    assert served.get(path).status_code == 404


def test_the_engine_reads_the_history_and_no_file_system(served: Served) -> None:
    city = read_city("370783")
    catalogue = Catalogue(served.dsn)
    asyncio.run(catalogue.refresh())
    resources = Resources(catalogue, edges(city), city, served.dsn)
    for name in resources:
        assert resources[name]["type"] == "collection"
        assert [each["name"] for each in resources[name]["providers"]] == [PROVIDER]
    api = Engine(resources, city).api

    def ask(query: bytes, *arguments: str) -> dict:
        import orjson

        scope = {"type": "http", "method": "GET", "path": "/x", "headers": [], "query_string": query}
        request = APIRequest(StarletteRequest(scope), api.locales)
        function = itemtypes.get_collection_item if len(arguments) == 2 else itemtypes.get_collection_items
        _, status, content = function(api, request, *arguments)
        assert status == 200, content
        return orjson.loads(content)

    page = ask(b"f=json&limit=5&offset=3&floors=1", "points")
    expected = served.get("/collections/points/items", params={"floors": "1", "limit": 8}).json()["features"][
        3:
    ]
    assert [each["id"] for each in page["features"]] == [each["id"] for each in expected]
    boxed = ask(b"f=json&limit=300&bbox=118.6,36.8,118.9,37.0&datetime=2026-02-01T00:00:00Z", "points")
    ours = served.get(
        "/collections/points/items", params={"bbox": "118.6,36.8,118.9,37.0", "limit": 300}
    ).json()
    assert [each["id"] for each in boxed["features"]] == [each["id"] for each in ours["features"]]
    one = ask(b"f=json", "points", "P000009")
    assert one["geometry"] == served.get("/collections/points/items/P000009").json()["geometry"]
