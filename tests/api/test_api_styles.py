"""OGC API Styles over HTTP: style sheets, metadata, legends as pictures; what is hidden stays hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from api_serving import contract, database_of, publish, server
from defusedxml.ElementTree import fromstring
from guarded_town import LAYERS, WHO, Town

from spatial.catalogue.contract import Field, FieldType, Legend, Title
from tiles.hatches import sprite

MAPBOX, SLD11 = "application/vnd.mapbox.style+json", "application/vnd.ogc.sld+xml;version=1.1"


@pytest.fixture(scope="module")
def styled(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """``uses`` by a table of symbols, ``notes`` without geometry."""
    use = Field(
        "use",
        FieldType.TEXT,
        Title("地类", "use"),
        codes=(("0101", Title("水田", "paddy")), ("07", Title("居住用地", "homes"))),
    )
    made = contract("uses", "Polygon", synthetic=True)
    made = replace(
        made,
        fields=(*made.fields, use),
        legend=Legend("fill", "#cccccc", label="name", by="use", table="land-use-2023", min_zoom=9),
    )
    with database_of(server_dsn, template) as dsn:
        publish(dsn, made)
        publish(dsn, contract("notes", None))
        with server(dsn, tmp_path_factory.mktemp("styles") / "server.log") as running:
            yield running.client


def links(document: dict[str, Any], rel: str) -> list[dict[str, str]]:
    return [link for link in document["links"] if link["rel"] == rel]


def test_every_layer_that_is_drawn_has_a_style_and_its_links_lead_to_it(styled: httpx.Client) -> None:
    (listed,) = styled.get("/styles").json()["styles"]
    assert listed["id"] == "uses"
    for link in links(listed, "stylesheet"):
        answer = styled.get(link["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == link["type"]
    (described,) = links(listed, "describedby")
    metadata = styled.get(described["href"]).json()
    assert [sheet["native"] for sheet in metadata["stylesheets"]] == [True, False]
    assert metadata["layers"][0]["type"] == "polygon"
    for sheet in metadata["stylesheets"]:
        assert styled.get(sheet["link"]["href"]).headers["content-type"] == sheet["link"]["type"]
    assert styled.get("/collections/uses/styles").json()["styles"] == [listed]
    assert styled.get("/collections/uses/styles").json()["defaultStyle"] == "uses"
    assert styled.get("/collections/notes/styles").json()["styles"] == []
    assert styled.get("/styles/notes").status_code == 404


def test_what_is_asked_for_is_sent(styled: httpx.Client) -> None:
    for headers, media in (
        ({}, MAPBOX),
        ({"Accept": SLD11}, SLD11),
        ({"Accept": MAPBOX}, MAPBOX),
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, MAPBOX),
    ):
        assert styled.get("/styles/uses", headers=headers).headers["content-type"] == media
    assert styled.get("/styles/uses", headers={"Accept": "image/png"}).status_code == 406
    assert styled.get("/styles/uses?lang=xx").status_code == 400
    refused = styled.get("/styles/uses?f=sld10")
    assert (refused.status_code, "mapbox, sld11" in refused.json()["en"]) == (400, True)


def test_a_style_of_each_frame_names_its_tiles(styled: httpx.Client) -> None:
    for tms in ("WebMercatorQuad", "CGCS2000Quad", "CGCS2000_GK120Quad"):
        style = styled.get("/styles/uses", params={"tms": tms}).json()
        assert style["sources"]["uses"]["url"].endswith(f"/collections/uses/tiles/{tms}?f=tilejson")
        assert style["metadata"]["onemap:synthetic"] is True
    refused = styled.get("/styles/uses?tms=nothing")
    assert refused.status_code == 400
    assert "CGCS2000Quad" in refused.json()["zh"]


def test_the_sprite_lies_where_the_style_says(styled: httpx.Client) -> None:
    address = styled.get("/styles/uses").json()["sprite"]
    for suffix, ratio in (("", 1), ("@2x", 2)):
        index = styled.get(f"{address}{suffix}.json").json()
        assert index["hatch-slash"]["pixelRatio"] == ratio
        picture = styled.get(f"{address}{suffix}.png")
        assert (picture.headers["content-type"], picture.content) == ("image/png", sprite(ratio))


def test_sheets_are_not_sent_twice(styled: httpx.Client) -> None:
    for path in ("/styles/uses", "/styles/uses?f=sld11", "/collections/uses/legend?f=svg"):
        first = styled.get(path)
        assert first.headers["cache-control"].endswith("no-cache")
        again = styled.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304


def test_sld_is_read_back(styled: httpx.Client) -> None:
    root = fromstring(styled.get("/styles/uses?f=sld11").content)
    assert root.get("version") == "1.1.0"
    found = [each.text for each in root.iter("{http://www.opengis.net/ogc}Literal")]
    assert found == ["0101", "07", "0101", "07"]
    scale = [each.text for each in root.iter("{http://www.opengis.net/se}MaxScaleDenominator")]
    assert set(scale) == {str(round(279_541_132 / 2**9))}


def test_the_legend_tells_its_table_and_comes_as_a_picture(styled: httpx.Client) -> None:
    document = styled.get("/collections/uses/legend").json()
    assert document["table"]["id"] == "land-use-2023"
    assert document["table"]["checked"] is False
    assert [entry.get("hatch") for entry in document["entries"]] == ["slash", None, None]
    picture = styled.get("/collections/uses/legend?f=svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "水田" in picture.text
    assert (
        styled.get("/collections/uses/legend", headers={"Accept": "image/svg+xml"}).content == picture.content
    )
    assert styled.get("/collections/uses/legend?f=html").headers["content-type"].startswith("text/html")
    assert styled.get("/collections/uses/legend?f=pdf").status_code == 400


def test_the_map_is_told_the_hatches(styled: httpx.Client) -> None:
    (layer,) = [each for each in styled.get("/map/config.json").json()["layers"] if each["id"] == "uses"]
    assert [entry.get("hatch") for entry in layer["legend"]["entries"]] == ["slash", None]


def test_the_collection_and_the_landing_page_lead_to_styles(styled: httpx.Client) -> None:
    rel = "http://www.opengis.net/def/rel/ogc/1.0/styles"
    for path, target in (("/", "/styles"), ("/collections/uses", "/collections/uses/styles")):
        (link,) = links(styled.get(path).json(), rel)
        assert link["href"].endswith(target)
    classes = styled.get("/conformance").json()["conformsTo"]
    assert [each.rpartition("/")[2] for each in classes if "ogcapi-styles" in each] == [
        "core",
        "mapbox-style",
        "sld-11",
    ]


@pytest.mark.parametrize("who", ["anonymous", "stranger", "granted", "own steward"])
def test_styles_of_hidden_layers_are_hidden(town: Town, who: str) -> None:
    person = WHO[who]
    seen = {name for name in LAYERS if getattr(person, name) != "nothing"}
    assert {each["id"] for each in town.get(who, "/styles").json()["styles"]} == seen
    for name in LAYERS:
        for path in (f"/styles/{name}", f"/styles/{name}?f=sld11", f"/styles/{name}/metadata"):
            answer = town.get(who, path)
            assert answer.status_code == (200 if name in seen else 404), path
            if name not in seen:
                missing = town.get(who, path.replace(name, "nobody-has-it"))
                assert answer.json()["code"] == missing.json()["code"]


def test_a_steward_s_style_is_kept_by_no_shared_cache(town: Town) -> None:
    caching = town.get("own steward", "/styles/withheld").headers["cache-control"]
    assert caching.startswith("private")
