"""``filter``, ``q``, ``sortby`` and ``properties`` over real HTTP."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import replace
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import pyogrio
import pyproj
import pytest
import shapely
from api_serving import (
    AREAS,
    POINTS,
    Place,
    Served,
    contract,
    database_of,
    deliver,
    places,
    publish,
    server,
    until,
)
from patience import at_once

from api import selection
from api.catalogue import Catalogue
from api.crs import edges
from api.problem import BadParameter
from spatial import filter as cql2
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.database import connect
from spatial.datum.clock import parse_instant

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = "/collections/points/items"
AREA_ITEMS = "/collections/areas/items"


def ids(answer: dict) -> list[str]:
    return [feature["id"] for feature in answer["features"]]


def found(served: Served, path: str = ITEMS, **params: object) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in params.items()}
    response = served.get(path, params={"limit": 1000, **named})
    assert response.status_code == 200, response.text
    answer = response.json()
    assert answer["numberMatched"] == len(answer["features"])
    return ids(answer)


@pytest.mark.parametrize(
    "condition",
    [
        "{} = 'P000003'",
        "{} <> 'P000003'",
        "{} IN ('P000001', 'P000007', 'X')",
        "{} LIKE 'P00000_'",
        "{} BETWEEN 'P000002' AND 'P000005'",
        "CASEI({}) = CASEI('p000003')",
        "{} IS NULL",
        "NOT ({} > 'P000004')",
    ],
)
def test_the_key_is_the_identity(served: Served, condition: str) -> None:
    by_key, by_identity = (found(served, filter=condition.format(name)) for name in ("code", "id"))
    assert by_key == by_identity


def test_a_feature_is_found_by_its_key_without_the_layer_being_read(served: Served) -> None:
    with connect(served.dsn) as connection:
        layer = catalogue.get(connection, "points")
        names = cql2.queryables(layer.table, layer.table.columns)
        condition = cql2.condition(cql2.parse_text("code = 'P000003'"), names)
        connection.execute("set enable_seqscan = off")  # a small table is read whole otherwise
        rows = connection.execute(
            f"explain select from history.points_believed v where {condition.sql}", condition.params
        ).fetchall()
    assert any("Index Cond: (fid = 'P000003'" in row[0] for row in rows), rows
    assert found(served, code="P000003") == ["P000003"]


def pages(served: Served, path: str, **params: object) -> list[str]:
    """Identities of all pages, by following next links only."""
    response = served.get(path, params=params)
    listed: list[str] = []
    while True:
        assert response.status_code == 200, response.text
        listed += ids(response.json())
        following = [link["href"] for link in response.json()["links"] if link["rel"] == "next"]
        if not following:
            return listed
        response = served.get(following[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("floors > 27", lambda p: p.floors > 27),
        ("floors = 3 AND listed = false", lambda p: p.floors == 3),
        ("name LIKE '%街道 1_ 号'", lambda p: 10 <= int(p.name.split()[1]) <= 19),
        ("id IN ('P000001', 'P000002', 'nope')", lambda p: p.code in ("P000001", "P000002")),
        ("NOT (floors BETWEEN 1 AND 29)", lambda p: p.floors == 0),
        ("seen IS NULL AND height IS NULL", lambda p: True),
        ("height > 3 OR NOT height > 3", lambda p: False),
        ("floors * 2 = 58", lambda p: p.floors == 29),
        ("valid_from < DATE('2026-01-02') AND valid_to IS NULL", lambda p: True),
        ("T_INTERSECTS(INTERVAL(valid_from, valid_to), DATE('2025-12-31'))", lambda p: False),
        ("S_INTERSECTS(geometry, BBOX(118.6, 36.8, 118.8, 37.0))", None),
    ],
)
def test_a_filter_finds_what_it_says(served: Served, text: str, expected: Any) -> None:
    def inside(point: Place) -> bool:
        return 118.6 <= point.geometry.x <= 118.8 and 36.8 <= point.geometry.y <= 37.0

    expected = expected or inside
    assert found(served, filter=text) == [point.code for point in POINTS if expected(point)]
    if expected is inside:
        assert found(served, filter=text) == found(served, bbox="118.6,36.8,118.8,37.0")


def test_text_and_json_are_one_language(served: Served) -> None:
    document = {"op": "<", "args": [{"property": "floors"}, 2]}
    as_json = found(served, filter=json.dumps(document), filter_lang="cql2-json")
    assert as_json == found(served, filter="floors < 2", filter_lang="cql2-text")
    assert as_json == found(served, filter="floors < 2")


@pytest.mark.parametrize("code", [4490, 4326, 4549, 4528, 3857])
def test_filter_crs_has_its_own_axis_order(served: Served, code: int) -> None:
    """PROJ without ``always_xy`` gives the order of the authority; the other order finds nothing."""
    source = "EPSG:4326" if code in (4326, 3857) else "EPSG:4490"
    proj = pyproj.Transformer.from_crs(source, f"EPSG:{code}")
    area = AREAS[7]
    corners = [proj.transform(y, x) for x, y in area.geometry.buffer(0.0004).exterior.coords]
    crs = {"filter_crs": f"{EPSG}{code}"}
    for ring, expected in ((corners, [area.code]), ([pair[::-1] for pair in corners], None)):
        text = f"S_CONTAINS(POLYGON(({', '.join(f'{a!r} {b!r}' for a, b in ring)})), geometry)"
        if expected is not None:
            assert found(served, AREA_ITEMS, filter=text, **crs) == expected
        else:
            response = served.get(AREA_ITEMS, params={"filter": text, "filter-crs": crs["filter_crs"]})
            assert response.status_code == 400 or ids(response.json()) == []
    low, high = (proj.transform(lat, lon) for lat, lon in ((36.79, 118.665), (36.82, 118.683)))
    box = f"S_WITHIN(geometry, BBOX({low[0]!r}, {low[1]!r}, {high[0]!r}, {high[1]!r}))"
    assert found(served, AREA_ITEMS, filter=box, **crs) == [AREAS[7].code]


def test_a_filter_goes_with_everything_else(served: Served) -> None:
    params = {
        "filter": "floors > 3",
        "bbox": "118.6,36.8,119.0,37.2",
        "datetime": "2026-01-01/2026-12-31",
        "crs": f"{EPSG}4549",
        "sortby": "-floors,name",
        "properties": "floors",
        "q": "圣城",
        "limit": 9,
    }
    listed = pages(served, ITEMS, **params)
    inside = [
        p for p in POINTS if p.floors > 3 and 118.6 <= p.geometry.x <= 119.0 and 36.8 <= p.geometry.y <= 37.2
    ]
    assert listed == [p.code for p in sorted(inside, key=lambda p: (-p.floors, p.name, p.code))]
    page = served.get(ITEMS, params={**params, "count": "exact"}).json()
    assert page["numberMatched"] == len(inside)
    assert set(page["features"][0]["properties"]) == {"floors", "valid_from", "valid_to", "changeset"}
    assert page["features"][0]["geometry"]["coordinates"][0] > 1e6
    html = served.get(ITEMS, params={**params, "f": "html", "skipGeometry": "true"})
    assert html.status_code == 200
    assert inside and "圣城" not in html.text.partition("<table")[2].partition("</table")[0]


BAD = [
    ("filter", "floors >", 9),
    ("filter", "", 1),
    ("filter", "nothing = 1", 1),
    ("filter", "owner = '王某'", 1),
    ("filter", "name = 1", 6),
    ("filter", "foo(1) = 1", 1),
    ("filter", "(" * 2000, 65),
    ("filter", "floors = 1e400", 10),
    ("filter", "floors = NaN", 10),
    ("filter", "floors = Infinity", 10),
    ("filter", "floors IN (" + "1," * 2000 + "1)", None),
    ("filter", "S_INTERSECTS(geometry, POINT(nan 1))", 30),
    ("filter", "S_INTERSECTS(geometry, POINT(1e300 1))", 24),
    ("filter", "S_INTERSECTS(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))", 24),
    ("filter", "T_AFTER(valid_from, TIMESTAMP('9999-12-31T23:59:59Z'))", 21),
    ("filter", "name = '\0'", None),
    ("filter", "1 = 1; drop table spatial.layer", 6),
    ("filter", "pg_sleep(10) = 1", 1),
    ("filter", "height * 1e300 * 1e300 > floors * 1e300 * 1e300", None),
    ("filter-lang", "sql", None),
    ("filter-crs", f"{EPSG}4547", None),
    ("q", "", None),
    ("q", "a,,b", None),
    ("q", " ".join("abcdefghijklmnopqrstuvwxyz"), None),
    ("sortby", "", None),
    ("sortby", "owner", None),
    ("sortby", "geometry", None),
    ("sortby", "floors,-floors", None),
    ("sortby", "--floors", None),
    ("sortby", "code,name,floors,height,listed,built", None),
    ("properties", "owner", None),
    ("properties", "name,,floors", None),
    ("skipGeometry", "yes", None),
]


@pytest.mark.parametrize(("parameter", "value", "place"), BAD)
def test_what_cannot_be_taken_is_refused_by_name(
    served: Served, parameter: str, value: str, place: int | None
) -> None:
    params = {parameter: value}
    if parameter.startswith("filter-"):
        params["filter"] = "floors = 1"
    response = at_once(lambda: served.get(ITEMS, params=params), 1.0)
    assert response.status_code == 400, response.text
    problem = response.json()
    assert problem["parameter"] == parameter
    assert place is None or problem["position"] == place, problem["en"]
    assert parameter in problem["zh"] and parameter in problem["en"]
    assert len(response.content) < 3000
    named = problem["zh"].rpartition(":")[0] + problem["en"].rpartition(": ")[0]
    assert "owner" not in named


def test_injection_is_only_text(served: Served) -> None:
    """Whatever a literal or name holds, it is a value or unknown; the statement log knows no more."""
    tricks = [
        "'; drop table spatial.layer; --",
        "\\'; select 1; --",
        "%s %(x)s {}",
        "' or '1'='1",
        "$1",
        "\x01",
    ]
    for trick in tricks:
        escaped = trick.replace("'", "''")
        text = f"name = '{escaped}' OR name LIKE '{escaped}x'"
        if (
            "\\'" in trick
        ):  # a backslash before a quote escapes it, too: the text ends where it does not seem to
            assert served.get(ITEMS, params={"filter": text}).status_code == 400
        else:
            assert found(served, filter=text) == []
        assert found(served, q=trick.replace(",", " ")) == []
        for parameter in ("sortby", "properties"):
            assert served.get(ITEMS, params={parameter: trick}).status_code == 400
        quoted = trick.replace('"', '""')
        assert served.get(ITEMS, params={"filter": f'"{quoted}" = 1'}).status_code == 400
    assert len(served.get("/collections").json()["collections"]) == 5


def test_q_finds_parts_of_texts(served: Served) -> None:
    def matching(*groups: list[str]) -> list[str]:
        def texts(point: Place) -> str:
            return f"{point.code}\x1f{point.name}".lower()

        return [p.code for p in POINTS if any(all(t in texts(p) for t in group) for group in groups)]

    assert found(served, q="圣城") == matching(["圣城"])
    assert found(served, q="街道 12") == matching(["街道", "12"])
    assert found(served, q="12,街道 34") == matching(["12"], ["街道", "34"])
    assert found(served, q="12,13") == matching(["12"], ["13"])
    assert found(served, q="12\uff0c13") == matching(["12"], ["13"])
    assert found(served, q="p00001") == matching(["p00001"])
    assert found(served, q="王某") == []
    assert found(served, q="0圣") == []  # never across two fields
    assert found(served, q="_") == found(served, q="%") == []


# Order and pages.

ORDERS = [
    "floors",
    "-floors",
    "name,-floors",
    "-name,floors,-id",
    "listed,name",
    "-valid_from,-floors",
    "height",
]


@pytest.fixture(scope="module")
def gappy(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """``gappy``: 150 points with ties and gaps; a third changed in March, some ended."""
    dice = random.Random(7)

    def row(number: int) -> Place:
        where = POINTS[number].geometry
        name = dice.choice([None, "a", "B", "圣", "é", "圣城" * 40 + str(dice.randrange(2))])
        return Place(f"G{number:03d}", where, name, dice.choice([None, 0, 1, 2, -5]))

    first = [row(number) for number in range(150)]
    later = [changed for number in range(0, 150, 3) if (changed := row(number)) != first[number]]
    with database_of(server_dsn, template) as dsn:
        declared = contract("gappy")
        fields = (replace(field, indexed=field.name == "floors") for field in declared.fields)
        publish(dsn, replace(declared, fields=tuple(fields)))
        deliver(dsn, "gappy", first)
        deliver(dsn, "gappy", later, valid_from=parse_instant("2026-03-01"))
        with server(dsn, tmp_path_factory.mktemp("api") / "gappy.log") as running:
            yield (
                running,
                {place.code: place for place in first} | {place.code: place for place in later},
                later,
            )


def in_order(rows: dict[str, Place], later: list[Place], order: str) -> list[str]:
    """The order the documents promise: ties by identity, empty values last, texts by code points."""
    changed = {place.code for place in later}

    def values(code: str) -> dict[str, Any]:
        place = rows[code]
        listed = None if place.floors is None else place.floors % 2 == 0
        return {
            "id": code,
            "floors": place.floors,
            "name": None if place.name is None else place.name[:100],
            "listed": listed,
            "height": None,
            "valid_from": 1 if code in changed else 0,
        }

    def compare(left: str, right: str) -> int:
        for part in order.split(","):
            a, b = (values(code)[part.lstrip("-")] for code in (left, right))
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            return (1 if a > b else -1) * (-1 if part.startswith("-") else 1)
        return 1 if left > right else -1

    return sorted(rows, key=cmp_to_key(compare))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 7, 200])
def test_sorted_pages_are_complete_and_without_doubles(gappy: Any, order: str, limit: int) -> None:
    running, rows, later = gappy
    if limit == 1 and order not in ORDERS[:3]:
        limit = 4
    listed = pages(running, "/collections/gappy/items", sortby=order, limit=limit)
    assert listed == in_order(rows, later, order)


def test_sorted_pages_over_a_stretch_of_time(gappy: Any) -> None:
    """The latest version counts, in the order, too."""
    running, rows, later = gappy
    params = {"sortby": "-name,floors", "limit": 11, "datetime": "2026-01-01/2026-12-31"}
    assert pages(running, "/collections/gappy/items", **params) == in_order(rows, later, "-name,floors")


def test_sorted_pages_are_one_snapshot(own: Served) -> None:
    params = {"sortby": "-floors", "limit": 10}
    first = own.get(ITEMS, params=params).json()
    following = next(link["href"] for link in first["links"] if link["rel"] == "next")
    before = ids(own.get(following).json())
    deliver(own.dsn, "points", [Place(f"P{n:06d}", POINTS[n].geometry, "新", 99) for n in range(25)])
    assert ids(own.get(following).json()) == before
    assert own.get(ITEMS, params=params).json()["features"][0]["properties"]["floors"] == 99


def test_a_large_sorted_page_is_sent_in_pieces(large: Served) -> None:
    wanted = [p.code for p in sorted(places(5000), key=lambda p: (-p.floors, p.code))]
    answer = large.get("/collections/large/items", params={"sortby": "-floors", "limit": 5000}).json()
    assert ids(answer) == wanted
    assert answer["numberMatched"] == 5000


@pytest.mark.parametrize("cursor", ["W251bGwsbnVsbCwiUDAwMDAwMSJd", "W251bGwsbnVsbCwiUDAwMDAwMSIsIngiXQ"])
def test_a_cursor_of_another_order_is_refused(served: Served, cursor: str) -> None:
    response = served.get(ITEMS, params={"sortby": "floors", "after": cursor})
    assert (response.status_code, response.json()["parameter"]) == (400, "after")


def test_properties_and_geometry_are_left_out(served: Served) -> None:
    page = served.get(ITEMS, params={"properties": "floors,name", "skipGeometry": "true", "limit": 2}).json()
    for feature, point in zip(page["features"], POINTS, strict=False):
        assert feature["geometry"] is None
        own = {key: feature["properties"][key] for key in ("name", "floors")}
        assert own == {"name": point.name, "floors": point.floors}
        assert set(feature["properties"]) == {"name", "floors", "valid_from", "valid_to", "changeset"}
    whole = served.get(ITEMS, params={"limit": 2}).json()
    without = served.get(ITEMS, params={"limit": 2, "skipGeometry": "true"}).json()
    assert [f["properties"] for f in without["features"]] == [f["properties"] for f in whole["features"]]
    assert served.get(ITEMS, params={"properties": "", "limit": 1}).json()["features"][0]["geometry"]


def test_a_relation_that_invalid_data_cannot_answer_is_told(own: Served) -> None:
    publish(own.dsn, contract("spoilt", "Polygon"))
    bow = shapely.Polygon([(118.5, 36.5), (119, 37), (119, 36.5), (118.5, 37)])
    deliver(own.dsn, "spoilt", [Place("S1", bow)])
    path = "/collections/spoilt/items"
    until(lambda: own.get(path).status_code == 200)
    box = "POLYGON((118.5 36.5, 118.75 36.5, 118.75 36.75, 118.5 36.75, 118.5 36.5))"
    refused = own.get(path, params={"filter": f"S_TOUCHES(geometry, {box})"})
    assert refused.status_code == 422, refused.text
    assert "S_INTERSECTS" in refused.json()["zh"]
    assert own.get(path, params={"filter": f"S_INTERSECTS(geometry, {box})"}).status_code == 200


# What is told.


def test_queryables_sortables_and_functions_are_true(served: Served) -> None:
    names = served.get("/collections/areas/queryables").json()["properties"]
    assert names["geometry"]["format"] == "geometry-polygon"
    for name, schema in names.items():
        assert served.get(AREA_ITEMS, params={"filter": f"{name} IS NULL"}).status_code == 200
        sorting = served.get(AREA_ITEMS, params={"sortby": name}).status_code
        assert sorting == (400 if name == "geometry" else 200)
        if name != "geometry":
            assert schema["type"] in ("string", "integer", "number", "boolean")
    sortables = served.get("/collections/areas/sortables").json()["properties"]
    assert set(sortables) == set(names) - {"geometry"}
    assert (
        "owner" not in names
        and "geometry" not in served.get("/collections/notes/queryables").json()["properties"]
    )
    literals = {"string": "'x'", "number": "1.5", "datetime": "DATE('2026-01-01')"}
    functions = served.get("/functions").json()["functions"]
    assert len(functions) >= 8
    for function in functions:
        args = ", ".join(literals[argument["type"][0]] for argument in function["arguments"])
        wanted = "'x'" if function["returns"] == ["string"] else "1"
        text = f"{function['name']}({args}) = {wanted}"
        assert served.get(ITEMS, params={"filter": text}).status_code == 200, text
    assert served.get("/functions", params={"f": "html"}).status_code == 200


def test_nobody_filters_sorts_or_sees_more_than_they_may(served: Served) -> None:
    """The rules of names are those of the view: what a principal may not see does not exist."""
    catalogue = Catalogue(served.dsn)
    asyncio.run(catalogue.refresh())
    frames = edges(read_city("370783"))
    edge = frames.find("crs", frames.uris[0])
    everything, public = catalogue.layers["points"], catalogue.published["points"]
    text = {"filter": "owner = '王某'"}
    assert selection.conditions(everything, text, frames)[0].params == ("王某",)
    assert '"owner"' in selection.conditions(everything, {"q": "王"}, frames)[0].sql
    assert selection.sort(everything, "owner")[0].column.name == "owner"
    assert [column.name for column in selection.output(everything, {"properties": "owner"}, edge).fields] == [
        "owner"
    ]
    shown = selection.output(everything, {}, edge).fields
    assert shown is not None and "owner" in [column.name for column in shown]
    assert selection.output(public, {}, edge).fields is None
    assert '"owner"' not in selection.conditions(public, {"q": "王"}, frames)[0].sql
    for refused in (
        lambda: selection.conditions(public, text, frames),
        lambda: selection.sort(public, "owner"),
        lambda: selection.output(public, {"properties": "owner"}, edge),
    ):
        with pytest.raises(BadParameter) as raised:
            refused()
        assert raised.value.zh.count("owner") == 1  # the value asked for, and no hint that it exists


def test_gdal_filters_and_sorts_on_the_server(served: Served, tmp_path: Path) -> None:
    """GDAL's driver turns its own conditions into CQL2 where the conformance classes say so."""
    frame = pyogrio.read_dataframe(
        f"OAPIF:{served.url}", layer="points", where="floors = 3 AND name LIKE '%1%'"
    )
    expected = [p.code for p in POINTS if p.floors == 3 and "1" in p.name]
    assert sorted(frame["code"]) == expected
