"""JSON Schemas hold real features to the contract; records and legends say what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from contracts import PLOTS, WELLS, contracts
from deliveries import deliver, ewkb, point
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from shapely import box

from spatial.catalogue import store
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Sharing, Title
from spatial.catalogue.legend import legend
from spatial.catalogue.record import Facts, record
from spatial.catalogue.schemas import feature_schema, item_schema, queryables, sortables
from spatial.database import Connection

CITY = read_city("370783")


@pytest.fixture
def connection(scratch: Connection) -> Connection:
    return scratch


@given(contracts())
@settings(max_examples=40, deadline=None)
def test_every_contract_gives_valid_schemas(contract: Contract) -> None:
    for schema in (item_schema(contract), feature_schema(contract), queryables(contract, language="en")):
        Draft202012Validator.check_schema(schema)
        json.dumps(schema, allow_nan=False)


def _features(connection: Connection, contract: Contract) -> list[dict[str, Any]]:
    table = contract.id.replace("-", "_")
    rows = connection.execute(f'select feature from history."{table}_believed" order by fid').fetchall()
    return [json.loads(text) for (text,) in rows]


FULL = {
    "code": "W0001",
    "name": '"一号"井',
    "kind": "1",
    "depth": 80.5,
    "pumps": 2,
    "in_use": True,
    "drilled": date(1998, 5, 1),
    "measured": datetime(2026, 1, 1, tzinfo=UTC),
    "owner": "张三",
    "geom": point(),
}


def test_stored_features_keep_the_schema(connection: Connection) -> None:
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [FULL, {"code": "W0002", "kind": "2", "geom": point()}])
    validator = Draft202012Validator(
        feature_schema(WELLS), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    features = _features(connection, WELLS)
    assert len(features) == 2
    for feature in features:
        validator.validate(feature)
        assert "owner" not in feature["properties"]


def test_stored_polygons_and_widened_layers_keep_the_schema(connection: Connection) -> None:
    store.publish(connection, PLOTS)
    deliver(connection, PLOTS, [{"code": "a", "geom": ewkb(box(118.7, 36.8, 118.8, 36.9))}])
    wider = replace(PLOTS, fields=(*PLOTS.fields, Field("use", FieldType.TEXT, Title("用途", "Use"))))
    store.publish(connection, wider)
    deliver(connection, wider, [{"code": "b", "use": "菜地", "geom": ewkb(box(118.8, 36.8, 118.9, 36.9))}])
    for feature in _features(connection, wider):
        Draft202012Validator(feature_schema(wider)).validate(feature)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda f: f["properties"].update(kind="9"),
        lambda f: f["properties"].update(depth=501),
        lambda f: f["properties"].update(name="九个字符太长的名称"),
        lambda f: f["properties"].update(code="X1"),
        lambda f: f["properties"].update(owner="张三"),
        lambda f: f["properties"].update(pumps=1.5),
        lambda f: f["properties"].pop("kind"),
        lambda f: f["geometry"].update(type="MultiPoint"),
        lambda f: f["geometry"]["coordinates"].append(3.0),
        lambda f: f.pop("id"),
    ],
)
def test_spoilt_features_do_not(connection: Connection, spoil: Callable[[dict[str, Any]], object]) -> None:
    store.publish(connection, WELLS)
    deliver(connection, WELLS, [FULL])
    (feature,) = _features(connection, WELLS)
    spoil(feature)
    assert not Draft202012Validator(feature_schema(WELLS)).is_valid(feature)


def test_the_logical_schema_marks_roles_units_and_codes() -> None:
    properties = item_schema(WELLS, schema_id="https://map.example/schema")["properties"]
    assert isinstance(properties, dict)
    roles = {name: schema.get("x-ogc-role") for name, schema in properties.items() if "x-ogc-role" in schema}
    assert roles == {
        "code": "id",
        "geometry": "primary-geometry",
        "valid_from": "primary-interval-start",
        "valid_to": "primary-interval-end",
    }
    assert properties["geometry"]["format"] == "geometry-point"
    assert (properties["depth"]["x-ogc-unit"], properties["depth"]["maximum"]) == ("m", 500)
    assert properties["kind"]["oneOf"] == [
        {"const": "1", "title": "浅井"},
        {"const": "2", "title": "深井"},
    ]
    assert "owner" not in properties


def test_queryables_and_sortables_are_the_visible_fields_and_what_every_layer_has() -> None:
    public = [field for field in WELLS.fields if field.name != "owner"]
    own = ["id", "valid_from", "valid_to"]
    names = [field.name for field in public]
    assert list(queryables(WELLS)["properties"]) == [*names, *own, "geometry"]  # type: ignore[call-overload]
    assert list(sortables(WELLS)["properties"]) == [*names, *own]  # type: ignore[call-overload]
    few = queryables(WELLS, fields=public[:1])["properties"]
    assert list(few) == [*names[:1], *own, "geometry"]  # type: ignore[call-overload]
    everything = item_schema(WELLS, fields=WELLS.fields)["properties"]
    assert "owner" in everything  # type: ignore[operator]
    assert queryables(WELLS, language="en")["title"] == "Wells"


def test_the_legend_follows_the_code_list() -> None:
    found = legend(WELLS)
    assert found["entries"] == [
        {"code": "1", "title": {"zh": "浅井", "en": "Shallow"}, "color": "#66aaee"},
        {"code": None, "title": {"zh": "其他", "en": "other"}, "color": "#3366cc"},
    ]
    assert (found["kind"], found["synthetic"], found["by"]) == ("circle", True, "kind")
    assert legend(PLOTS)["entries"] == [
        {"code": None, "title": {"zh": "地块", "en": "Plots"}, "color": "#aabb99"}
    ]
    levels = Field("level", FieldType.INTEGER, Title("级", "Level"), codes=(("2", Title("二级", "Second")),))
    numbered = replace(
        PLOTS,
        fields=(*PLOTS.fields, levels),
        legend=Legend("fill", "#000000", by="level", colors=(("2", "#111111"),)),
    )
    assert legend(numbered)["entries"][0]["code"] == 2  # type: ignore[index]
    table = replace(PLOTS, geometry=None, legend=Legend("none", "#000000"))
    assert legend(table)["entries"] == []


WELLS_OPEN = replace(WELLS, sharing=Sharing.OPEN)


def _facts(connection: Connection, layer: store.Layer) -> Facts:
    measured = store.statistics(connection, layer)
    return Facts(
        created_at=layer.created_at,
        changed_at=layer.changed_at,
        contract_version=layer.version,
        contract_sha256=layer.contract_sha256,
        features=measured.features,
        extent_4490=measured.extent_4490,
        changeset=measured.last_changeset,
        recorded_at=measured.last_recorded_at,
    )


def test_the_record_carries_what_iso_19115_asks(connection: Connection) -> None:
    layer = store.publish(connection, WELLS_OPEN)
    changeset = deliver(connection, WELLS, [FULL])
    found: Any = record(WELLS_OPEN, _facts(connection, layer), CITY, base_url="https://map.example")
    properties = found["properties"]
    assert properties["contacts"] == [{"organization": "水利局", "roles": ["custodian", "pointOfContact"]}]
    assert properties["description"].startswith("合成数据")
    assert properties["synthetic"] is True
    assert properties["license"] == "内部使用"
    assert properties["rights"].startswith("无条件共享")
    assert properties["iso19115"]["referenceSystem"].startswith("EPSG:4490")
    assert properties["iso19115"]["sourceStandard"] == WELLS.source_standard
    assert properties["iso19115"]["lineage"]["lastChangeset"] == changeset.id
    assert found["geometry"]["coordinates"][0][0] == pytest.approx([118.8, 36.9], abs=1e-5)
    assert found["links"][1]["href"] == "https://map.example/collections/test-wells/items"
    json.dumps(found)


def test_an_empty_layer_has_the_extent_of_the_city(connection: Connection) -> None:
    layer = store.publish(connection, PLOTS)
    found: Any = record(PLOTS, _facts(connection, layer), CITY)
    assert found["geometry"]["coordinates"][0][0] == [CITY.extent_4490.west, CITY.extent_4490.south]
    assert "合成数据" not in found["properties"]["description"]
