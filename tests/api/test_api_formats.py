"""Items in every format against GeoJSON items, and the negotiation that chooses one."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import geopandas
import jsonschema
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from api_serving import POINTS, Served, contract, database_of, publish, server
from format_readers import EAST_FIRST, READERS, Rows, geojson

from spatial.catalogue import store
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Intent

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
FRAMES = (CRS84, f"{EPSG}4490", f"{EPSG}4549")
FORMATS = tuple(READERS)
ITEMS = "/collections/points/items"
ODD = '="A1"&"乙",\r\n第二行;龘\t𠮷'


@pytest.fixture(scope="module")
def odd(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``odd``: a value of every type, none of any, and texts that need care."""
    seen = parse_instant("1988-07-01T12:00:00.123+08:00")
    rows = [
        (
            1,
            "a/b",
            False,
            _wkb(118.7, 36.8),
            "a/b",
            ODD,
            -(2**62),
            3.14159265359,
            True,
            date(1949, 10, 1),
            seen,
        ),
        (2, "b", False, _wkb(118.8, 36.9), "b", None, None, None, None, None, None),
        (3, "c", False, None, "c", "无地点", 2**62, -1e-300, False, date(2026, 2, 28), None),
    ]
    columns = ["line", "fid", "remove", "geom", "code", "name", "floors", "height", "listed", "built", "seen"]
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("odd", synthetic=True))
        with connect(dsn) as connection:
            staging = write.create_staging(connection, store.get(connection, "odd").table)
            write.copy_rows(connection, staging, columns, rows)
            write.canonicalise(connection, staging)
            intent = Intent("李工", "自然资源和规划局", "首次入库", parse_instant("2026-01-01"))
            write.apply(connection, staging, intent)
            write.drop_staging(connection, staging)
        with server(dsn, tmp_path_factory.mktemp("api") / "odd.log") as running:
            yield running


def _wkb(x: float, y: float) -> bytes:
    return bytes(shapely.to_wkb(shapely.Point(x, y)))


def compare(found: Rows, expected: Rows, *, flipped: bool, tolerance: float = 1e-9) -> None:
    assert list(found) == list(expected)
    for fid, (properties, shape) in found.items():
        wanted, where = expected[fid]
        assert properties == wanted
        if where is None:
            assert shape is None
            continue
        if flipped:
            where = shapely.transform(where, lambda pairs: pairs[:, ::-1])
        assert shape is not None
        assert shape.equals_exact(where, tolerance)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("layer", "frame"),
    [(layer, frame) for layer in ("points", "areas") for frame in FRAMES]
    + [("notes", CRS84), ("notes", f"{EPSG}4549"), ("empty", f"{EPSG}4490")],
)
def test_a_format_holds_what_items_hold(
    served: Served, tmp_path: Path, layer: str, frame: str, form: str
) -> None:
    path = f"/collections/{layer}/items"
    expected = geojson(served.get(path, params={"limit": 1000, "crs": frame}), tmp_path)
    answer = served.get(path, params={"f": form, "crs": frame})
    assert answer.status_code == 200
    assert answer.headers["content-crs"] == f"<{frame}>"
    flipped = form in EAST_FIRST and frame != CRS84
    tolerance = 1e-4 if frame.endswith("4549") else 1e-9
    compare(READERS[form](answer, tmp_path), expected, flipped=flipped, tolerance=tolerance)


@pytest.mark.parametrize("form", FORMATS)
def test_values_keep_their_types_and_their_text(odd: Served, tmp_path: Path, form: str) -> None:
    found = READERS[form](odd.get("/collections/odd/items", params={"f": form}), tmp_path)
    compare(found, geojson(odd.get("/collections/odd/items"), tmp_path), flipped=False)
    first, second = found["a/b"][0], found["b"][0]
    assert (first["name"], first["floors"], first["height"]) == (ODD, -(2**62), 3.14159265359)
    assert (first["listed"], first["built"]) == (True, "1949-10-01")
    assert first["seen"] == parse_instant("1988-07-01T12:00:00.123+08:00")
    assert all(second[name] is None for name in ("name", "floors", "height", "listed", "built", "seen"))


@pytest.mark.parametrize("form", FORMATS)
def test_no_field_that_is_not_public_leaves(served: Served, tmp_path: Path, form: str) -> None:
    answer = served.get(ITEMS, params={"f": form})
    assert "王某".encode() not in answer.content
    assert all("owner" not in properties for properties, _ in READERS[form](answer, tmp_path).values())
    assert served.get(ITEMS, params={"f": form, "owner": "王某"}).status_code == 400


@pytest.mark.parametrize(
    "params",
    [
        {"bbox": "118.6,36.8,118.9,37.1"},
        {"floors": "3"},
        {"datetime": "2025-12-31"},
        {"datetime": "2025-01-01/.."},
        {"asof": "2020-01-01"},
        {"bbox": "36.8,118.6,37.1,118.9", "bbox-crs": f"{EPSG}4490", "listed": "true"},
    ],
)
def test_conditions_hold_in_every_format(served: Served, tmp_path: Path, params: dict[str, str]) -> None:
    expected = list(geojson(served.get(ITEMS, params={**params, "limit": "1000"}), tmp_path))
    for form in ("jsonfg", "geojsonl", "csv", "parquet"):  # fgb is made from the same rows as parquet
        answer = served.get(ITEMS, params={**params, "f": form})
        assert list(READERS[form](answer, tmp_path)) == expected, form


@pytest.mark.parametrize("form", ["csv", "geojsonl", "jsonfg"])
def test_pages_by_link_cover_all_exactly_once(served: Served, tmp_path: Path, form: str) -> None:
    found: list[str] = []
    answer = served.get(ITEMS, params={"f": form, "limit": "110"})
    while True:
        found += READERS[form](answer, tmp_path)
        if "next" not in answer.links:
            break
        assert len(found) % 110 == 0
        answer = served.get(answer.links["next"]["url"])
    assert found == [point.code for point in POINTS]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/csv", "text/csv"),
        ("application/vnd.ogc.fg+json", "application/vnd.ogc.fg+json"),
        ("application/geo+json;profile=jsonfg", "application/vnd.ogc.fg+json"),
        (
            'application/geo+json;profile="http://www.opengis.net/def/profile/OGC/0/jsonfg"',
            "application/vnd.ogc.fg+json",
        ),
        ("application/geo+json-seq", "application/geo+json-seq"),
        ("application/flatgeobuf", "application/vnd.flatgeobuf"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("text/csv;q=0.5, application/geo+json", "application/geo+json"),
        ("text/csv, application/geo+json;q=0.5", "text/csv"),
        ("text/csv;q=0, */*;q=0.1", "application/geo+json"),
        ("application/json", "application/geo+json"),
        ("text/*", "text/html"),
        ("*/*", "application/geo+json"),
    ],
)
def test_accept_chooses(served: Served, accept: str, media: str) -> None:
    answer = served.get(ITEMS, params={"limit": 2}, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == media
    assert "Accept" in answer.headers["vary"].split(", ")


def test_what_cannot_be_had_is_refused_with_what_can(served: Served) -> None:
    for accept in ("image/png", "text/csv;q=0"):
        refused = served.get(ITEMS, headers={"accept": accept})
        assert refused.status_code == 406
        for media in ("application/geo+json", "text/csv", "application/vnd.apache.parquet"):
            assert media in refused.json()["en"]
    unknown = served.get(ITEMS, params={"f": "shp"})
    assert (unknown.status_code, unknown.json()["parameter"]) == (400, "f")
    assert all(form in unknown.json()["zh"] for form in FORMATS)
    # One item is a document: it comes in fewer formats, and a collection in none of these.
    assert served.get(f"{ITEMS}/P000001", params={"f": "csv"}).status_code == 400
    assert served.get(f"{ITEMS}/P000001", headers={"accept": "text/csv"}).status_code == 406
    assert served.get("/collections", params={"f": "csv"}).status_code == 400


def test_every_format_is_linked(served: Served) -> None:
    collection = served.get("/collections/points").json()
    linked = {link["type"] for link in collection["links"] if link["rel"] == "items"}
    assert {"text/csv", "application/vnd.flatgeobuf", "application/vnd.ogc.fg+json"} <= linked
    page = served.get(ITEMS, params={"limit": 2, "floors": "3"}).json()
    alternates = {link["type"]: link["href"] for link in page["links"] if link["rel"] == "alternate"}
    assert set(alternates) == linked - {"application/geo+json"}
    assert "floors=3" in alternates["text/csv"]
    assert len(served.get(alternates["text/csv"]).text.splitlines()) == 3
    item = served.get(f"{ITEMS}/P000001").json()
    types = {link["type"] for link in item["links"] if link["rel"] == "alternate"}
    assert types == {"text/html", "application/vnd.ogc.fg+json"}


@pytest.mark.parametrize("form", FORMATS)
def test_head_and_conditional_requests(served: Served, form: str) -> None:
    head = served.client.head(ITEMS, params={"f": form})
    assert (head.status_code, head.content) == (200, b"")
    answer = served.get(ITEMS, params={"f": form, "datetime": "2026-02-01T00:00:00Z"})
    assert head.headers["content-type"] == answer.headers["content-type"]
    tag = answer.headers["etag"]
    held = served.get(
        ITEMS, params={"f": form, "datetime": "2026-02-01T00:00:00Z"}, headers={"if-none-match": tag}
    )
    assert (held.status_code, held.content) == (304, b"")
    again = served.get(ITEMS, params={"f": form, "datetime": "2026-02-01T00:00:00Z"})
    assert (again.headers["etag"], again.content) == (tag, answer.content)


@pytest.mark.parametrize("form", FORMATS)
def test_the_stamp_and_the_name_of_a_file(served: Served, tmp_path: Path, form: str) -> None:
    answer = served.get("/collections/areas/items", params={"f": form})
    assert unquote(answer.headers["onemap-synthetic"]) == "合成数据"
    disposition = answer.headers["content-disposition"]
    name = unquote(disposition.partition("filename*=UTF-8''")[2])
    assert name.startswith("测试图层(合成数据).")
    assert f'filename="areas.{name.partition(".")[2]}"' in disposition
    assert "onemap-synthetic" not in served.get(ITEMS, params={"f": form, "limit": 1}).headers
    if form == "jsonfg":
        assert answer.json()["onemap:synthetic"] == "合成数据"
    if form == "parquet":
        told = pyarrow.parquet.read_metadata(io.BytesIO(answer.content)).metadata
        assert "合成数据" in told[b"onemap"].decode()
    if form == "fgb":
        (tmp_path / "areas.fgb").write_bytes(answer.content)
        assert "合成数据" in pyogrio.read_info(tmp_path / "areas.fgb")["layer_metadata"]["TITLE"]


# JSON-FG.


@pytest.mark.parametrize("frame", FRAMES)
def test_jsonfg_keeps_the_rules_of_the_standard(served: Served, frame: str) -> None:
    """OGC 21-045r1, requirements of "Core" and "Feature Types and Schemas"."""
    definition = served.get("/openapi.json").json()
    for path, name in (
        ("/collections/areas/items", "jsonfgItems"),
        ("/collections/areas/items/Q001", "jsonfgItem"),
    ):
        document = served.get(path, params={"f": "jsonfg", "crs": frame}).json()
        schema = {"$ref": f"#/components/schemas/{name}", "components": definition["components"]}
        jsonschema.Draft202012Validator(schema).validate(document)
        conforms = {
            f"http://www.opengis.net/spec/json-fg-1/1.0/conf/{part}" for part in ("core", "types-schemas")
        }
        assert set(document["conformsTo"]) == conforms
        assert conforms <= set(served.get("/conformance").json()["conformsTo"])
        assert document["featureType"] == "areas"
        assert served.get(document["featureSchema"]).json()["type"] == "object"
        assert document.get("coordRefSys") == (None if frame == CRS84 else frame)
        for feature in document.get("features", [document]):
            assert "conformsTo" not in feature or feature is document
            assert feature["time"] == {"interval": ["2025-12-31T16:00:00Z", ".."]}
            geometry, place = feature["geometry"], feature["place"]
            assert (place is None) is (frame == CRS84)
            assert (geometry is None) is (frame != CRS84)
            shape = shapely.geometry.shape(place or geometry)
            assert shape.is_valid
            assert shape.geom_type == "Polygon"
        assert document.get("geometryDimension", 2) == 2


def test_an_end_of_time_is_told_in_utc(timed: Served) -> None:
    ended = timed.get("/collections/times/items/B", params={"f": "jsonfg", "datetime": "2026-02-01"}).json()
    assert ended["time"]["interval"] == ["2025-12-31T16:00:00Z", "2026-02-28T16:00:00Z"]
    (listed,) = timed.get(
        "/collections/times/items", params={"f": "jsonfg", "datetime": "2026-02-01", "code": "B"}
    ).json()["features"]
    assert listed["time"] == ended["time"]


def test_gdal_reads_jsonfg_in_the_frame_it_names(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "areas.json"
    path.write_bytes(
        served.get("/collections/areas/items", params={"f": "jsonfg", "crs": f"{EPSG}4549"}).content
    )
    frame = pyogrio.read_dataframe(f"JSONFG:{path}")
    assert frame.crs.to_epsg() == 4549
    assert len(frame) == 20
    east, north = frame.total_bounds[:2]
    assert 374_000 < east < 376_000  # east before north, as GDAL keeps it
    assert 4_074_000 < north < 4_076_000


# Clients.


@pytest.mark.parametrize("code", [4490, 4549])
def test_geopandas_reads_geoparquet(served: Served, tmp_path: Path, code: int) -> None:
    path = tmp_path / "areas.parquet"
    path.write_bytes(
        served.get("/collections/areas/items", params={"f": "parquet", "crs": f"{EPSG}{code}"}).content
    )
    frame = geopandas.read_parquet(path)
    assert frame.crs.to_epsg() == code
    assert frame.geometry.exterior.is_ccw.all()
    half = frame.total_bounds
    box = (half[0], half[1], (half[0] + half[2]) / 2, half[3])
    some = geopandas.read_parquet(path, bbox=box)  # by the column that covers
    assert 0 < len(some) < len(frame)
    geo = json.loads(pyarrow.parquet.read_schema(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geom"]["geometry_types"] == ["Polygon"]


@pytest.mark.parametrize("code", [4490, 4549])
def test_ogrinfo_reads_flatgeobuf(served: Served, tmp_path: Path, code: int) -> None:
    """Debian's GDAL, an older release than the one that wrote the file."""
    path = tmp_path / "areas.fgb"
    path.write_bytes(
        served.get("/collections/areas/items", params={"f": "fgb", "crs": f"{EPSG}{code}"}).content
    )
    told = subprocess.run(["ogrinfo", "-al", path], capture_output=True, text=True, check=True).stdout
    assert "Feature Count: 20" in told
    assert f'ID["EPSG",{code}]' in told
    assert "name (String) = 地块 7" in told
    assert "floors (Integer64) = 7" in told


def test_a_program_reads_a_sequence_as_it_arrives(served: Served) -> None:
    with served.client.stream("GET", ITEMS, params={"f": "geojsonl"}) as answer:
        first = next(answer.iter_bytes()).partition(b"\n")[0]
    assert json.loads(first.removeprefix(b"\x1e"))["id"] == "P000000"
