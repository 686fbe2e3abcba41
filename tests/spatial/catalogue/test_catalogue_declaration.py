"""A contract survives TOML and JSON, and every fault in one is named with its place."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from contracts import PLOTS, WELLS, contracts
from hypothesis import given, settings

from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Quality, Title
from spatial.catalogue.declaration import from_json, read_toml, to_json
from spatial.catalogue.pattern import pattern_fault
from spatial.catalogue.rules import accept, problems
from spatial.catalogue.symbology import symbologies
from spatial.errors import BadContract

ROOT = Path(__file__).parents[3]

WELLS_TOML = """
id = "test-wells"
title = { zh = "机井", en = "Wells" }
description = { zh = "农用机井台账。", en = "Register of farm wells." }
steward = "水利局"
source_standard = "合成数据,无标准"
geometry = "Point"
key = "code"
valid_time = { zh = "机井存在的时间", en = "When the well exists" }
licence = "内部使用"
synthetic = true

[[fields]]
name = "code"
type = "text"
title = { zh = "编码", en = "Code" }
required = true
pattern = 'W\\d{4}'

[[fields]]
name = "name"
type = "text"
title = { zh = "名称", en = "Name" }
max_length = 8
aliases = ["MC"]

[[fields]]
name = "kind"
type = "text"
title = { zh = "类型", en = "Kind" }
required = true
codes = [
  { code = "1", zh = "浅井", en = "Shallow" },
  { code = "2", zh = "深井", en = "Deep" },
]

[[fields]]
name = "depth"
type = "number"
title = { zh = "井深", en = "Depth" }
unit = "m"
minimum = 0
maximum = 500

[[fields]]
name = "pumps"
type = "integer"
title = { zh = "水泵数", en = "Pumps" }
minimum = 0

[[fields]]
name = "in_use"
type = "boolean"
title = { zh = "在用", en = "In use" }

[[fields]]
name = "drilled"
type = "date"
title = { zh = "成井日期", en = "Drilled on" }

[[fields]]
name = "measured"
type = "instant"
title = { zh = "测量时间", en = "Measured at" }

[[fields]]
name = "owner"
type = "text"
title = { zh = "户主", en = "Owner" }
secrecy = "internal"

[legend]
kind = "circle"
color = "#3366cc"
label = "name"
by = "kind"
colors = [{ code = "1", color = "#66aaee" }]

[quality]
unique = [["name", "kind"]]
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "wells.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_toml_says_the_same_as_code(tmp_path: Path) -> None:
    assert read_toml(_write(tmp_path, WELLS_TOML)) == WELLS


def test_fields_that_layers_share_are_taken_by_the_name_of_their_group(tmp_path: Path) -> None:
    file = tmp_path / "wells.toml"
    file.write_text('include = ["life", "nature"]\n' + WELLS_TOML, encoding="utf-8")
    plain, shared = WELLS, read_toml(file)
    life = ["status", "planned_on", "built_on", "in_service_on", "retired_on"]
    own = [field.name for field in plain.fields]
    assert [field.name for field in shared.fields] == [*own, *life, "data_nature"]
    assert from_json(to_json(shared)) == shared, "what is kept names no group"


@pytest.mark.parametrize("group", ["lives", "../layers/roads", ""])
def test_a_group_that_is_not_there_is_named_with_those_that_are(tmp_path: Path, group: str) -> None:
    file = tmp_path / "wells.toml"
    file.write_text(f'include = ["{group}"]\n' + WELLS_TOML, encoding="utf-8")
    with pytest.raises(BadContract, match=r"include: .*life, nature, upkeep"):
        read_toml(file)


@given(contracts())
@settings(max_examples=100, deadline=None)
def test_json_round_trip(contract: Contract) -> None:
    assert problems(contract) == ()
    # As the database keeps it: text, without the order of keys.
    stored = json.loads(json.dumps(to_json(contract), sort_keys=True, allow_nan=False))
    assert from_json(stored) == contract


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('id = "test-wells"', 'id = "Test_Wells"', "id"),
        ('id = "test-wells"', f'id = "{"w" * 41}"', "id"),
        ('id = "test-wells"\n', "", "id"),
        ('steward = "水利局"', 'steward = "  "', "steward"),
        ('steward = "水利局"', "steward = 7", "steward"),
        ('zh = "机井", en', 'zh = "", en', "title.zh"),
        ('title = { zh = "机井", en = "Wells" }', 'title = { zh = "机井" }', "title.en"),
        ('geometry = "Point"', 'geometry = "GeometryCollection"', "geometry"),
        ('key = "code"', 'key = "number"', "key"),
        ('key = "code"', 'key = "name"', "key"),
        ('key = "code"', 'key = "pumps"', "key"),
        ("synthetic = true", "synthetic = 1", "synthetic"),
        ("synthetic = true", "precision_deg = 1", "precision_deg"),
        ("synthetic = true", "precision_deg = nan", "precision_deg"),
        ("synthetic = true", 'sharing = "free"', "sharing"),
        ("synthetic = true", 'colour = "red"', "colour"),
        ('name = "pumps"', 'name = "Pumps"', "fields[4].name"),
        ('name = "pumps"', 'name = "geom"', "fields[4].name"),
        ('name = "pumps"', 'name = "name"', "fields[4].name"),
        ('type = "integer"', 'type = "int"', "fields[4].type"),
        ('type = "integer"\n', "", "fields[4].type"),
        ('unit = "m"\n', "", "fields[3].unit"),
        ("max_length = 8", 'unit = "m"', "fields[1].unit"),
        ("max_length = 8", "max_length = 0", "fields[1].max_length"),
        ("max_length = 8", "max_length = true", "fields[1].max_length"),
        ("max_length = 8", "max_length = 601\nindexed = true", "fields[1].indexed"),
        ("max_length = 8", "indexed = true", "fields[1].indexed"),
        ("maximum = 500", "maximum = -1", "fields[3].minimum"),
        ("maximum = 500", "maximum = inf", "fields[3].maximum"),
        ("'W\\d{4}'", "'W\\d{4'", "fields[0].pattern"),
        ("'W\\d{4}'", "'(W'", "fields[0].pattern"),
        ('aliases = ["MC"]', 'aliases = ["CODE"]', "fields[1].aliases"),
        ('aliases = ["MC"]', "aliases = [3]", "fields[1].aliases[0]"),
        ('code = "2"', 'code = "1"', "fields[2].codes"),
        ('code = "2"', "code = 2", "fields[2].codes[1].code"),
        ('secrecy = "internal"', 'secrecy = "secret"', "fields[8].secrecy"),
        ('kind = "circle"', 'kind = "fill"', "legend.kind"),
        ('color = "#3366cc"', 'color = "blue"', "legend.color"),
        ('label = "name"', 'label = "title"', "legend.label"),
        ('label = "name"', 'label = "owner"', "legend.label"),
        ('by = "kind"\n', "", "legend.colors"),
        ('code = "1", color', 'code = "9", color', "legend.colors[0].code"),
        ('label = "name"', "opacity = 1.5", "legend.opacity"),
        ('label = "name"', 'height = "depth"', "legend.height"),
        ('label = "name"', 'height = "tall"', "legend.height"),
        ('unique = [["name", "kind"]]', 'unique = [["name", "size"]]', "quality.unique[0]"),
        ('unique = [["name", "kind"]]', 'unique = ["name"]', "quality.unique[0]"),
        ("[quality]", "[rules]", "rules"),
    ],
)
def test_every_fault_is_named_with_its_place(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert WELLS_TOML.count(old) >= 1
    with pytest.raises(BadContract) as caught:
        read_toml(_write(tmp_path, WELLS_TOML.replace(old, new, 1)))
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    assert where in [problem["where"] for problem in found]
    assert "wells.toml" in caught.value.zh
    assert where in caught.value.zh
    assert where in caught.value.en


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = WELLS_TOML.replace("#3366cc", "blue").replace('key = "code"', 'key = "none"')
    with pytest.raises(BadContract) as caught:
        read_toml(_write(tmp_path, text))
    assert "legend.color" in caught.value.en
    assert "key" in caught.value.en


@pytest.mark.parametrize("content", [b"id = ", b"\xff\xfe", "id = '机井'".encode("gb18030")])
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(BadContract, match=r"broken\.toml"):
        read_toml(path)
    with pytest.raises(BadContract, match="absent"):
        read_toml(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=x)",
        "(?P<n>x)",
        r"(a)\1",
        "a+?",
        "[[:alpha:]]",
        r"\bword",
        "(?i)x",
        r"\\\Z",
        "a{",
        "a{256}",
        "a{,3}",
    ],
)
def test_patterns_that_dialects_read_differently_are_refused(pattern: str) -> None:
    assert pattern_fault(pattern)


@pytest.mark.parametrize("pattern", [r"\d{12}", r"[A-Z]{2}-\d+(?:\.\d+)?", r"\\d", "鲁[A-Z{]", r"\{a{2,}"])
def test_plain_patterns_are_taken(pattern: str) -> None:
    assert pattern_fault(pattern) is None


@pytest.mark.parametrize(
    "broken",
    [
        replace(WELLS, fields=()),
        replace(WELLS, geometry=None),
        replace(PLOTS, legend=Legend("fill", "#AABBCC")),
        replace(PLOTS, quality=Quality(unique=((),))),
        replace(PLOTS, fields=(*PLOTS.fields, Field("area", FieldType.NUMBER, Title("面积", "Area")))),
    ],
)
def test_contracts_made_in_code_are_held_to_the_same_rules(broken: Contract) -> None:
    with pytest.raises(BadContract):
        accept(broken)


def test_the_example_of_the_documentation_is_a_contract(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    example, drawn, ladder = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert read_toml(_write(tmp_path, example)).id == "wells"
    assert tomllib.loads(drawn)["legend"]["table"] in symbologies()
    use = replace(PLOTS.fields[0], name="use", codes=(("0101", Title("水田", "paddy")),), pattern=None)
    plots = replace(PLOTS, fields=(*PLOTS.fields, use))
    told = from_json({**to_json(plots), **tomllib.loads(ladder)})
    assert [rung.below for rung in told.ladder] == [14, 11]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "spatial" / "assets" / "layers").glob("*.toml")), ids=lambda path: path.stem
)
def test_shipped_contracts_keep_the_rules(path: Path) -> None:
    contract = read_toml(path)
    assert contract.id == path.stem
    assert from_json(to_json(contract)) == contract


@pytest.mark.parametrize("package", ["address", "planning", "spatial", "water"])
def test_the_codes_of_every_layer_fit_their_own_field(package: str) -> None:
    paths = sorted((ROOT / package / "assets" / "layers").glob("*.toml"))
    assert paths
    for path in paths:
        for field in read_toml(path).fields:
            longest = max((len(code) for code, _ in field.codes), default=0)
            assert field.max_length is None or longest <= field.max_length, (path.name, field.name)
