"""The catalogue over HTTP: OGC API Records, quality and lineage."""

from __future__ import annotations

import jsonschema
import pytest
from api_serving import Place, Served, contract, deliver, publish, until
from owslib.ogcapi.records import Records as OwsRecords

from spatial.catalogue import lineage, quality
from spatial.catalogue.lineage import Reader, Source
from spatial.catalogue.quality import Findings, Measure
from spatial.database import connect

CATALOGUE = "/collections/records"


def found(served: Served, **parameters: str) -> list[str]:
    answer = served.get(f"{CATALOGUE}/items", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return [one["id"] for one in answer.json()["features"]]


def test_every_layer_has_a_record_and_every_record_a_layer(served: Served) -> None:
    listed = served.get("/collections").json()["collections"]
    layers = {one["id"] for one in listed if one["itemType"] == "feature"}
    assert set(found(served, limit="1000")) == layers
    assert [one["itemType"] for one in listed if one["id"] == "records"] == ["record"]


def test_a_record_has_what_the_standard_wants(served: Served) -> None:
    """Table of mandatory properties of a record: id, type, geometry, time, properties.type, title, links."""
    document = served.get(f"{CATALOGUE}/items/areas").json()
    assert (document["id"], document["type"]) == ("areas", "Feature")
    assert document["time"] == {"interval": ["2026-01-01T00:00:00+08:00", ".."]}
    assert document["geometry"]["type"] == "Polygon"
    assert document["properties"]["type"] == "dataset"
    assert document["properties"]["description"].startswith("合成数据")
    assert document["properties"]["iso19115"]["lineage"]["lastChangeset"] > 0
    assert {"self", "collection", "items"} <= {link["rel"] for link in document["links"]}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"ids": "points,notes"}, ["notes", "points"]),
        ({"q": "points"}, ["points"]),
        ({"q": "NOTES, areas"}, ["areas", "notes"]),
        ({"q": "测试图层 test"}, ["areas", "empty", "notes", "points"]),
        ({"q": "test 测试图层"}, []),
        ({"type": "dataset", "ids": "areas"}, ["areas"]),
        ({"type": "service"}, []),
        ({"externalIds": "370783/points"}, ["points"]),
        ({"externalIds": "urn:onemap:layer:370783/points,370783/empty"}, ["empty", "points"]),
        ({"bbox": "118.60,36.80,118.61,36.81", "ids": "areas"}, ["areas"]),
        ({"bbox": "10,10,11,11"}, ["notes"]),
        ({"datetime": "2025-01-01/2025-12-31"}, ["empty"]),
        ({"datetime": "2026-05-01T00:00:00Z", "ids": "areas"}, ["areas"]),
    ],
)
def test_records_are_found(served: Served, parameters: dict[str, str], expected: list[str]) -> None:
    assert sorted(found(served, **parameters)) == expected


def test_records_are_sorted_and_paged(served: Served) -> None:
    assert found(served, sortby="-id") == ["points", "notes", "empty", "areas"]
    first = served.get(f"{CATALOGUE}/items", params={"sortby": "id", "limit": 3}).json()
    assert (first["numberMatched"], first["numberReturned"]) == (4, 3)
    (following,) = [link["href"] for link in first["links"] if link["rel"] == "next"]
    assert [one["id"] for one in served.get(following).json()["features"]] == ["points"]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"q": " , "}, "q"),
        ({"sortby": "owner"}, "sortby"),
        ({"sortby": ""}, "sortby"),
        ({"limit": "0"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"bbox": "nan,1,2,3"}, "bbox"),
        ({"datetime": "x"}, "datetime"),
        ({"ids": ""}, "ids"),
        ({"filter": "1=1"}, "filter"),
    ],
)
def test_bad_searches_are_refused_by_name(served: Served, parameters: dict[str, str], named: str) -> None:
    answer = served.get(f"{CATALOGUE}/items", params=parameters)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == named


def test_an_unknown_record_is_named(served: Served) -> None:
    answer = served.get(f"{CATALOGUE}/items/nowhere")
    assert (answer.status_code, answer.json()["value"]) == (404, "nowhere")


def test_queryables_and_sortables_are_schemas(served: Served) -> None:
    for name in ("queryables", "sortables"):
        schema = served.get(f"{CATALOGUE}/{name}").json()
        jsonschema.Draft202012Validator.check_schema(schema)
        assert "title" in schema["properties"]


def test_owslib_searches_the_catalogue(served: Served) -> None:
    client = OwsRecords(f"{served.url}/")
    assert "records" in client.records()
    answer = client.collection_items("records", q="points")
    assert [one["id"] for one in answer["features"]] == ["points"]
    assert client.collection_item("records", "points")["properties"]["title"].startswith("测试图层")


def test_the_catalogue_reads_well_as_a_page(served: Served) -> None:
    page = served.get(f"{CATALOGUE}/items", params={"f": "html", "q": "<script>"})
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_quality_is_told_by_changeset_without_hidden_fields(own: Served) -> None:
    with connect(own.dsn) as connection:
        number = connection.execute("select max(id) from spatial.changeset").fetchone()[0]  # type: ignore[index]
        shown = Measure("logical consistency / domain", "range:floors", 0.25, "1", "全数检查", 25)
        hidden = Measure("completeness / omission", "empty:owner", 0.5, "1", "全数检查", 25)
        quality.keep(connection, number, Findings(25, (), (), (shown, hidden)))
    for path in ("/collections/points/quality", f"/changesets/{number}/quality"):
        document = own.get(path).json()
        assert document["changeset"] == number
        assert document["measures"] == [
            {
                "element": shown.element,
                "measure": "range:floors",
                "value": 0.25,
                "unit": "1",
                "method": "全数检查",
                "sampleSize": 25,
            }
        ]
    assert own.get("/changesets/999/quality").status_code == 404
    assert own.get("/changesets/0/lineage").status_code == 400


def test_lineage_names_sources_code_and_what_is_stale(own: Served) -> None:
    publish(own.dsn, contract("products"))
    first = deliver(own.dsn, "products", [Place("A", None, "派生")])
    assert first is not None
    with connect(own.dsn) as connection:
        source = connection.execute("select max(id) from spatial.changeset where layer = 'points'").fetchone()
        assert source is not None
        product = lineage.product_of(first.id)
        lineage.derive(
            connection,
            product,
            [Source("points", source[0])],
            activity="thematic-stat",
            parameters={"by": "名"},
        )
        lineage.derive(
            connection, product, [Source("points", source[0])], activity="again", parameters={"by": "名"}
        )
        (edge,) = lineage.sources_of(connection, product)
    assert (edge.activity, edge.stale, edge.product_layer) == ("thematic-stat", False, "products")
    assert edge.code_version.startswith("0.1.0+")
    until(lambda: own.get("/collections/products").status_code == 200)  # the server has heard of it
    prov = own.get(f"/changesets/{first.id}/lineage").json()
    (derived,) = prov["wasDerivedFrom"].values()
    assert derived["prov:usedEntity"] == f"onemap:points@{source[0]}"
    assert own.get("/collections/products/lineage").json()["stale"] is False
    deliver(own.dsn, "points", [Place("P000001", None, "改名")], reason="更正")
    with connect(own.dsn) as connection:
        (edge,) = lineage.products_of(connection, "points", Reader(("products",), None))
    assert edge.stale
    told = own.get("/collections/points/lineage").json()
    assert [(one["product"], one["stale"]) for one in told["products"]] == [(product, True)]
    assert own.get("/collections/products/lineage").json()["sources"][0]["stale"] is True
