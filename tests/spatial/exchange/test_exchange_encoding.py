"""Text encodings, told from all bytes of a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_files import STATIONS, gbk_shapefile, options, write_vector
from hypothesis import given
from hypothesis import strategies as st

from spatial.database import connect
from spatial.errors import EncodingUndecided, RowsRejected
from spatial.exchange.encoding import decide, mojibake
from spatial.exchange.load import load

HANZI = st.text(
    st.sampled_from("寿光市圣城街道办事处羊口镇稻田洛城文家古孙家集侯镇化龙营里台头田柳上口纪台"), min_size=3
)
LAYER = STATIONS.id


@given(st.lists(HANZI, min_size=1), st.sampled_from(["UTF-8", "GB18030"]))
def test_chinese_text_is_told_apart(texts: list[str], encoding: str) -> None:
    assert decide([one.encode(encoding) for one in texts], name="f").encoding == encoding


@given(st.lists(HANZI, min_size=1))
def test_sound_text_is_never_called_garbled(texts: list[str]) -> None:
    assert not any(map(mojibake, texts))


@given(HANZI.filter(lambda text: len(text) >= 3))
def test_text_read_as_latin_is_called_garbled(text: str) -> None:
    assert mojibake(text.encode("gbk").decode("latin-1")) == text


@pytest.mark.parametrize("cpg", [None, "UTF-8", "GBK", "936"])
def test_bytes_speak_louder_than_the_cpg(dsn: str, tmp_path: Path, cpg: str | None) -> None:
    path = gbk_shapefile(tmp_path / "a")
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    report = load(dsn, path, LAYER, options(source_crs="EPSG:4490"))
    assert report.encoding.encoding == "GB18030"
    assert [one.kind for one in report.encoding.evidence] == (["bytes", "cpg"] if cpg else ["bytes"])
    with connect(dsn) as connection:
        name = connection.execute("select name from layer.test_stations where code = 'T0001'").fetchone()
    assert name == ("圣城街道一号站",)


def test_field_names_cut_inside_a_character_are_read(dsn: str, tmp_path: Path) -> None:
    """A UTF-8 shapefile cuts 站点编号 after its tenth byte; GDAL alone cannot read that back."""
    names = ("站点编号", "名称", "塔高", "天线数")
    path = write_vector(tmp_path / "a.shp", "ESRI Shapefile", names=names, encoding="UTF-8")
    assert path.with_suffix(".dbf").read_bytes()[32:43].rstrip(b"\0") == "站点编".encode() + "号".encode()[:1]
    report = load(dsn, path, LAYER, options())
    assert report.encoding.encoding == "UTF-8"
    assert ("站点编", "code") in report.fields


def test_an_encoding_that_contradicts_the_bytes_is_refused(dsn: str, tmp_path: Path) -> None:
    path = gbk_shapefile(tmp_path / "a")
    with pytest.raises(EncodingUndecided):
        load(dsn, path, LAYER, options(source_crs="EPSG:4490", encoding="UTF-8"))


def test_bytes_of_no_known_encoding_are_refused() -> None:
    with pytest.raises(EncodingUndecided, match="--encoding"):
        decide([b"caf\xe9 \xff\xfe\x80"], name="f")


def test_garbled_text_is_rejected_with_what_it_was(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,name,经度,纬度\nT1,ÊÙ¹âÊÐ,118.8,36.9\n", encoding="utf-8")
    with pytest.raises(RowsRejected, match="寿光市"):
        load(dsn, path, LAYER, options(source_crs="EPSG:4490", encoding="UTF-8"))
