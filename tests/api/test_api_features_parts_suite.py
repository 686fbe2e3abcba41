"""The abstract tests of OGC API Features, Parts 3 to 5, and of CQL2, walked over what the layers offer.

The values come from the features themselves, and what is found is held against what must be so whatever
the values are: a condition and its opposite share the features between them.
"""

from __future__ import annotations

from typing import Any

import httpx
import jsonschema
import pytest
from api_serving import Served
from edit_requests import GEOJSON, PATCH, feature

OGC = "http://www.opengis.net/def/rel/ogc/1.0"
POINTS = "/collections/points"
LAYERS = ("points", "areas", "notes")
Document = dict[str, Any]


def described(served: Served, layer: str, kind: str) -> Document:
    """The schema, the queryables or the sortables, by the link that leads there."""
    links = served.get(f"/collections/{layer}").json()["links"]
    relation = {"schema": f"{OGC}/schema", "queryables": f"{OGC}/queryables", "sortables": f"{OGC}/sortables"}
    (link,) = [one for one in links if one["rel"] == relation[kind]]
    assert link["type"] == "application/schema+json"
    answer = served.client.get(link["href"])
    assert answer.headers["content-type"] == "application/schema+json"
    document: Document = answer.json()
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"].partition("?")[0] == link["href"].partition("?")[0]
    assert document["type"] == "object" and isinstance(document["properties"], dict)
    jsonschema.Draft202012Validator.check_schema(document)
    return document


def features(served: Served, layer: str = "points") -> list[Document]:
    page = served.get(f"/collections/{layer}/items", params={"limit": 1000}).json()
    assert page["numberMatched"] == len(page["features"])
    return list(page["features"])


def hits(served: Served, condition: str, layer: str = "points", **more: str) -> set[str]:
    """Identities of what a condition finds."""
    parameters = {"filter": condition, "limit": "1000", **more}
    answer = served.get(f"/collections/{layer}/items", params=parameters)
    assert answer.status_code == 200, (condition, answer.text)
    return {one["id"] for one in answer.json()["features"]}


def literal(value: object, schema: Document) -> str:
    """A value as CQL2 text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if schema.get("format") == "date":
        return f"DATE('{value}')"
    if schema.get("format") == "date-time":
        return f"TIMESTAMP('{value}')"
    return "'" + str(value).replace("'", "''") + "'"


def valued(served: Served) -> list[tuple[str, Document, object]]:
    """Every queryable that is no geometry, with a value that some feature has in the middle of all."""
    known = described(served, "points", "queryables")["properties"]
    rows = features(served)
    found = []
    for name, schema in known.items():
        if "format" in schema and schema["format"].startswith("geometry"):
            continue
        values = [one["id"] if name == "id" else one["properties"].get(name) for one in rows]
        there = sorted((one for one in values if one is not None), key=str)
        if there:
            found.append((name, schema, there[len(there) // 2]))
    assert len(found) >= 5
    return found


def test_queryables_are_described_and_each_is_a_parameter(served: Served) -> None:
    """/conf/queryables/get-queryables, /conf/queryables-query-parameters/parameters, -instances"""
    for layer in LAYERS:
        described(served, layer, "queryables")
    definition = served.get("/openapi.json").json()
    declared = {
        one.get("name") or definition["components"]["parameters"][one["$ref"].rpartition("/")[2]]["name"]
        for one in definition["paths"]["/collections/points/items"]["get"]["parameters"]
    }
    rows = features(served)
    for name, _, value in valued(served):
        assert name in declared, name
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        answer = served.get(f"{POINTS}/items", params={name: shown, "limit": "1000"})
        assert answer.status_code == 200, (name, answer.text)
        expected = {
            one["id"] for one in rows if (one["id"] if name == "id" else one["properties"].get(name)) == value
        }
        assert {one["id"] for one in answer.json()["features"]} == expected, name


def test_a_filter_is_defined_and_goes_with_every_other_condition(served: Served) -> None:
    """/conf/filter/filter-param, filter-lang-param, filter-lang-default, filter-crs-param,
    mixing-expressions, filter-crs-wgs84, /conf/features-filter/filter-on-items
    """
    definition = served.get("/openapi.json").json()
    parameters = definition["components"]["parameters"]
    assert parameters["filter-lang"]["schema"]["enum"] == ["cql2-text", "cql2-json"]
    assert parameters["filter-lang"]["schema"]["default"] == "cql2-text"
    assert parameters["filter-crs"]["schema"]["format"] == "uri"
    box = "118.72,36.81,118.78,36.87"
    inside = {one["id"] for one in served.get(f"{POINTS}/items?bbox={box}&limit=1000").json()["features"]}
    tall = hits(served, "floors > 10")
    assert 0 < len(inside & tall) < len(inside | tall)
    assert hits(served, "floors > 10", bbox=box) == inside & tall
    assert hits(served, "floors > 10", **{"filter-lang": "cql2-text"}) == tall
    lonlat = hits(served, "S_INTERSECTS(geometry, BBOX(118.72, 36.81, 118.78, 36.87))")
    assert lonlat == inside


@pytest.mark.parametrize(
    ("filter_", "lang"),
    [
        *(("nothing = 1", "cql2-text"), ("floors =", "cql2-text"), ("floors = 'x'", "cql2-text")),
        *(("{", "cql2-json"), ('{"op": "="}', "cql2-json"), ('{"op": "no", "args": []}', "cql2-json")),
        *(("floors = 1", "cql2-json"), ("floors = 1", "ecql"), ("NOFUNCTION(floors) = 1", "cql2-text")),
    ],
)
def test_an_invalid_filter_is_refused(served: Served, filter_: str, lang: str) -> None:
    """/conf/queryables/filter (unknown property), /conf/filter/response, filter-lang-param"""
    answer = served.get(f"{POINTS}/items", params={"filter": filter_, "filter-lang": lang})
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_each_comparison_shares_the_features_with_its_opposite(served: Served) -> None:
    """/conf/basic-cql2/basic-test, logical-test, null-test, for every queryable"""
    everything = {one["id"] for one in features(served)}
    for name, schema, value in valued(served):
        said = literal(value, schema)
        equal, unequal = hits(served, f"{name} = {said}"), hits(served, f"{name} <> {said}")
        null, there = hits(served, f"{name} IS NULL"), hits(served, f"{name} IS NOT NULL")
        assert equal and equal <= there, name
        assert null | there == everything and not null & there, name
        assert equal | unequal == there and not equal & unequal, name
        assert hits(served, f"NOT ({name} = {said})") == unequal, name
        assert hits(served, f"{name} = {said} OR {name} IS NULL") == equal | null
        assert hits(served, f"{name} = {said} AND {name} IS NULL") == set()
        if schema.get("type") == "boolean":
            continue
        less, more = hits(served, f"{name} < {said}"), hits(served, f"{name} > {said}")
        assert less | equal | more == there and len(less) + len(equal) + len(more) == len(there), name
        assert hits(served, f"{name} <= {said}") == less | equal, name
        assert hits(served, f"{name} >= {said}") == more | equal, name
        assert hits(served, f"NOT ({name} <= {said} OR {name} IS NULL)") == more, name
        assert hits(served, f"{name} = {name}") == there, name  # /conf/property-property


def test_between_in_and_like_are_what_they_stand_for(served: Served) -> None:
    """/conf/advanced-comparison-operators/like, between, in; /conf/case-insensitive-comparison;
    /conf/accent-insensitive-comparison
    """
    for name, schema, value in valued(served):
        said = literal(value, schema)
        equal = hits(served, f"{name} = {said}")
        if schema.get("type") in ("integer", "number"):
            wide = hits(served, f"{name} BETWEEN {said} AND {said}")
            assert wide == equal, name
            low = hits(served, f"{name} BETWEEN {value - 3} AND {said}")  # type: ignore[operator]
            assert low == hits(served, f"{name} >= {value - 3} AND {name} <= {said}")  # type: ignore[operator]
        assert hits(served, f"{name} IN ({said})") == equal, name
        there = hits(served, f"{name} IS NOT NULL")
        assert hits(served, f"{name} NOT IN ({said})") == there - equal, name
        if schema.get("type") == "string" and "format" not in schema:
            start = str(value)[:3]
            begins = hits(served, f"{name} LIKE '{start}%'")
            rows = {
                one["id"]: one["id"] if name == "id" else one["properties"].get(name)
                for one in features(served)
            }
            assert begins == {id for id, text in rows.items() if text is not None and text.startswith(start)}
            assert hits(served, f"{name} NOT LIKE '{start}%'") == there - begins
            assert hits(served, f"CASEI({name}) = CASEI('{str(value).swapcase()}')") >= equal
            assert hits(served, f"ACCENTI({name}) = ACCENTI({said})") >= equal


def test_spatial_relations_share_the_features(served: Served) -> None:
    """/conf/basic-spatial-functions, -plus, /conf/spatial-functions"""
    box = "BBOX(118.7, 36.8, 118.78, 36.9)"
    ring = "POLYGON((118.7 36.8, 118.78 36.8, 118.78 36.9, 118.7 36.9, 118.7 36.8))"
    for layer in ("points", "areas"):
        there = hits(served, "geometry IS NOT NULL", layer)
        meets = hits(served, f"S_INTERSECTS(geometry, {box})", layer)
        assert meets and meets == hits(served, f"S_INTERSECTS(geometry, {ring})", layer)
        apart = hits(served, f"S_DISJOINT(geometry, {ring})", layer)
        assert meets | apart == there and not meets & apart
        within = hits(served, f"S_WITHIN(geometry, {ring})", layer)
        assert within <= meets
        assert hits(served, f"S_CONTAINS({ring}, geometry)", layer) == within
        crossing = hits(served, f"S_OVERLAPS(geometry, {ring}) OR S_CROSSES(geometry, {ring})", layer)
        touching = hits(served, f"S_TOUCHES(geometry, {ring})", layer)
        around = hits(served, f"S_CONTAINS(geometry, {ring})", layer)
        same = hits(served, f"S_EQUALS(geometry, {ring})", layer)
        assert within | crossing | touching | around | same == meets, layer


def test_temporal_relations_share_the_features(served: Served) -> None:
    """/conf/temporal-functions, instants and intervals"""
    schema = described(served, "points", "queryables")["properties"]
    (instants,) = [[name for name, one in schema.items() if one.get("format") == "date-time"]]
    moment = next(value for name, _, value in valued(served) if name in instants)
    name = next(name for name, _, value in valued(served) if name in instants)
    said = f"TIMESTAMP('{moment}')"
    there = hits(served, f"{name} IS NOT NULL")
    before, after = hits(served, f"T_BEFORE({name}, {said})"), hits(served, f"T_AFTER({name}, {said})")
    equal = hits(served, f"T_EQUALS({name}, {said})")
    assert before | after | equal == there and len(before) + len(after) + len(equal) == len(there)
    assert hits(served, f"T_INTERSECTS({name}, {said})") == equal
    assert hits(served, f"T_DISJOINT({name}, {said})") == before | after
    span = "INTERVAL('2026-01-01', '2026-12-31')"
    everything = {one["id"] for one in features(served)}
    valid = "INTERVAL(valid_from, valid_to)"
    meets = hits(served, f"T_INTERSECTS({valid}, {span})")
    apart = hits(served, f"T_DISJOINT({valid}, {span})")
    assert meets | apart == everything and not meets & apart


def test_arithmetic_and_functions(served: Served) -> None:
    """/conf/arithmetic, /conf/functions"""
    rows = {one["id"]: one["properties"]["floors"] for one in features(served)}
    numbers = {id: value for id, value in rows.items() if value is not None}
    for text, rule in (
        ("floors * 2 = 20", lambda n: n * 2 == 20),
        ("floors + 1 > 10 - 2", lambda n: n + 1 > 8),
        ("floors % 3 = 1", lambda n: n % 3 == 1),
        ("floors div 3 = 2", lambda n: n // 3 == 2),
        ("floors / 4 = 2.5", lambda n: n / 4 == 2.5),
        ("floors ^ 2 < 30", lambda n: n**2 < 30),
    ):
        assert hits(served, text) == {id for id, n in numbers.items() if rule(n)}, text
    told = served.get("/functions").json()["functions"]
    assert told and all(one["name"] and "returns" in one for one in told)


# Part 5: Schemas, sorting


def test_schemas_tell_roles_and_what_is_returned_and_taken(served: Served) -> None:
    """/conf/schemas, /conf/core-roles-features, /conf/returnables-and-receivables, /conf/queryables,
    /conf/sortables
    """
    for layer in LAYERS:
        schema = described(served, layer, "schema")["properties"]
        rows = features(served, layer)
        roles = {one.get("x-ogc-role"): name for name, one in schema.items() if "x-ogc-role" in one}
        assert {"id", "primary-interval-start", "primary-interval-end"} <= roles.keys(), layer
        assert ("primary-geometry" in roles) is (layer != "notes")
        for row in rows:
            assert row["properties"].keys() <= schema.keys(), layer
        readable = {name for name, one in schema.items() if not one.get("writeOnly")}
        told = {name for row in rows for name in row["properties"]}
        geometry, identity = roles.get("primary-geometry"), roles["id"]
        assert readable - told <= {geometry, identity}, layer
        assert schema["changeset"]["readOnly"]  # the platform's own to give
        for kind in ("queryables", "sortables"):
            known = described(served, layer, kind)["properties"].keys()
            assert known <= schema.keys() | {"id"}, (layer, kind)


def sorted_values(served: Served, name: str, sortby: str) -> list[Any]:
    """The values of a field in the order that was asked for."""
    page = served.get(f"{POINTS}/items", params={"sortby": sortby, "limit": 1000}).json()
    return [one["id"] if name == "id" else one["properties"].get(name) for one in page["features"]]


def test_every_sortable_sorts_both_ways(served: Served) -> None:
    """/conf/sorting: sortby, its default and its refusals"""
    rows = {one["id"]: one for one in features(served)}
    for name in described(served, "points", "sortables")["properties"]:
        up, down = (sorted_values(served, name, sign + name) for sign in ("", "-"))
        assert len(up) == len(down) == len(rows)
        there = [one for one in up if one is not None]
        assert up == there + [None] * (len(up) - len(there)), name
        assert there == sorted(there), name
        assert [one for one in down if one is not None] == there[::-1], name
    assert served.get(f"{POINTS}/items", params={"sortby": "nothing"}).status_code == 400


# Part 4: Create, replace, update and delete


def test_the_life_of_a_feature_by_the_verbs_of_part_4(edited: Served) -> None:
    """/conf/create-replace-delete (post, put, delete, options), /conf/update (patch),
    /conf/optimistic-locking-etags, /conf/features
    """
    items = f"{edited.url}{POINTS}/items"
    offered = edited.client.options(items)
    assert {"GET", "POST", "OPTIONS"} <= set(offered.headers["allow"].split(", "))
    assert "application/geo+json" in offered.headers["accept-post"]
    made = edited.client.post(items, json=feature("SUITE1", name="始"), headers=GEOJSON)
    assert made.status_code == 201
    address = made.headers["location"]
    assert address.startswith(items + "/")
    held = edited.client.get(address)
    assert held.json()["properties"]["name"] == "始"
    allowed = edited.client.options(address)
    assert {"GET", "PUT", "PATCH", "DELETE"} <= set(allowed.headers["allow"].split(", "))
    assert "application/merge-patch+json" in allowed.headers["accept-patch"]

    replaced = feature("SUITE1", name="换")
    assert edited.client.put(address, json=replaced, headers=GEOJSON).status_code == 428
    stale = {"if-match": '"SUITE1.999999.0.0"'}
    assert edited.client.put(address, json=replaced, headers={**GEOJSON, **stale}).status_code == 412
    fresh = {"if-match": held.headers["etag"]}
    answer = edited.client.put(address, json=replaced, headers={**GEOJSON, **fresh})
    assert answer.status_code in (200, 204)
    assert edited.client.get(address).json()["properties"]["name"] == "换"

    lost = edited.client.patch(address, json={"properties": {"name": "晚"}}, headers={**PATCH, **fresh})
    assert lost.status_code == 412, "the tag that was held before is of another version"
    fresh = {"if-match": edited.client.get(address).headers["etag"]}
    answer = edited.client.patch(address, json={"properties": {"name": "改"}}, headers={**PATCH, **fresh})
    assert answer.status_code in (200, 204)
    told = edited.client.get(address)
    assert told.json()["properties"]["name"] == "改"
    assert told.json()["geometry"] == held.json()["geometry"]

    assert edited.client.delete(address).status_code == 428
    gone = edited.client.delete(address, headers={"if-match": told.headers["etag"]})
    assert gone.status_code in (200, 204)
    assert edited.client.get(address).status_code == 404
    again = edited.client.delete(address, headers={"if-match": told.headers["etag"]})
    assert again.status_code in (404, 412)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/geo+json", {400}),
        (b'{"type": "Feature"}', "text/plain", {415}),
        (b'{"type": "Thing"}', "application/geo+json", {400, 422}),
        (
            b'{"type": "Feature", "geometry": null, "properties": {"nothing": 1}}',
            "application/geo+json",
            {422},
        ),
    ],
)
def test_what_is_no_feature_of_the_layer_is_refused(
    edited: Served, body: bytes, kind: str, status: set[int]
) -> None:
    """/conf/create-replace-delete/content-type, validation, /conf/features"""
    answer: httpx.Response = edited.client.post(
        f"{edited.url}{POINTS}/items", content=body, headers={"content-type": kind}
    )
    assert answer.status_code in status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
