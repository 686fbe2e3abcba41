"""The text of a GeoJSON file: what is half a character, or not quite JSON, is refused at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_files import read_here, rows_of

from spatial.errors import UnreadableFile


def collection(properties: str, tail: str = "") -> str:
    feature = '{"type": "Feature", "geometry": null, "properties": {"code": "T1"}}'
    wrong = f'{{"type": "Feature", "geometry": null, "properties": {properties}}}'
    return f'{{"type": "FeatureCollection", "features": [{feature}, {wrong}]{tail}}}'


@pytest.mark.parametrize(
    "properties",
    [
        r'{"name": "寿\ud800光"}',
        r'{"name": "\udc00"}',
        r'{"\udfff": 1}',
        r'{"name": {"deep": ["\ud83c x"]}}',
        r'{"name": "\ud83c\ud83c\udfe0"}',
    ],
)
def test_half_a_character_names_its_feature(tmp_path: Path, properties: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection(properties), encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"feature 2 .* unpaired surrogate") as refused:
        read_here(path)
    assert "第 2 个要素" in refused.value.zh and "代理字符" in refused.value.zh


def test_a_name_of_half_a_character_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection(r'{"\ud800": 1, "\ud800": 2}'), encoding="utf-8")
    with pytest.raises(UnreadableFile, match="twice") as refused:
        read_here(path)
    refused.value.zh.encode("utf-8")


def test_whole_characters_written_as_two_halves_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection(r'{"code": "\ud83c\udfe0 \\ud800 \u5bff"}'), encoding="utf-8")
    assert rows_of(read_here(path))[1]["code"] == "🏠 \\ud800 寿"


@pytest.mark.parametrize("tail", [",", ', "name": "x",', ' "name": "x"', ', "a": 1 "b": 2', ", ,"])
def test_a_comma_too_many_or_too_few_is_no_json(tmp_path: Path, tail: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection("{}", tail), encoding="utf-8")
    with pytest.raises(UnreadableFile, match="damaged or cut off at character"):
        read_here(path)


POINT = '{"type": "Point", "coordinates": [118.7, 36.9]}'


@pytest.mark.parametrize(
    ("text", "shape", "code"),
    [
        (
            f'{{"geometry": {POINT}, "properties": {{"code": "T1"}}, "type": "Feature"}}',
            "POINT (118.7 36.9)",
            "T1",
        ),
        ('{"type": "Feature", "id": "T2", "geometry": null, "properties": null}', None, "T2"),
        ('{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}', "LINESTRING (1 2, 3 4)", None),
        (
            f'{{"type": "GeometryCollection", "geometries": [{POINT}]}}',
            "GEOMETRYCOLLECTION (POINT (118.7 36.9))",
            None,
        ),
    ],
)
def test_one_feature_or_one_geometry_is_a_collection_of_it(
    tmp_path: Path, text: str, shape: str | None, code: str | None
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    (row,) = rows_of(read_here(path))
    assert (None if row["shape"] is None else row["shape"].wkt) == shape  # type: ignore[attr-defined]
    assert row.get("code", row.get("fid")) == code and row["problem"] is None


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "Feature", "geometry": null, "properties": {}, "features": []}',
        '{"type": {"a": 1}, "coordinates": []}',
        '{"type": ["Point"], "coordinates": []}',
        '{"coordinates": [1, 2]}',
        "{}",
        '{[1]: 2, "type": "FeatureCollection", "features": []}',
        '{"type": "Point", "type": "Feature", "geometry": null, "properties": {}}',
    ],
)
def test_what_is_none_of_them_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile):
        read_here(path)
