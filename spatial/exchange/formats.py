"""Which format a file is, by its content and not by its name. Runs in the reader's process.

A format's reader is imported only when it is needed: GDAL must not start before
it is clear which one driver it may have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from spatial.errors import UnreadableFile, UnsafeFile
from spatial.exchange import archive, gdal, geojson, table, word
from spatial.exchange.batches import Schema, Writer
from spatial.exchange.boundary import reader as boundary
from spatial.exchange.declared import resolve as declared_frame
from spatial.exchange.declared import vertical
from spatial.exchange.mdb import header
from spatial.exchange.sandbox import Job
from spatial.exchange.vct import reader as vct

_REFERENCES = re.compile(
    rb"<OGRVRTDataSource|<VRTDataset|<GDALTile|<GDAL_WMS|/vsi[a-z0-9_]+[/?]", re.IGNORECASE
)
_DXF = re.compile(rb"\A\s*(999\s[^\n]*\n\s*)*0\s+SECTION")
_BINARY_DXF = b"AutoCAD Binary DXF"
_KML = re.compile(rb"<([a-z]+:)?kml[\s>]", re.IGNORECASE)
_OSM_XML = re.compile(rb"<osm[\s>]")
_OSM_PBF = b"\x0a\x09OSMHeader"
_OTHERS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("PDF", rb"\A%PDF"),
        ("DWG", rb"\AAC10[0-9][0-9]"),
        ("GML", rb"<(gml:|wfs:)?FeatureCollection[\s>]"),
        ("XLS (Excel 97–2003)", rb"\A\xd0\xcf\x11\xe0"),
    )
)
"""Files that departments hand in and that are no layer yet."""
_PICTURES = (("GeoTIFF", re.compile(rb"\A(II[*+]\0|MM\0[*+])")), ("LAS", re.compile(rb"\ALASF")))
"""What is catalogued and not loaded."""
_SINGLES = (
    ".shp", ".gpkg", ".geojson", ".json", ".csv", ".xlsx", ".kml", ".dxf", ".vct", ".pbf", ".osm",
    ".mdb", ".accdb",
)  # fmt: skip
_TABLES = (".csv", ".xlsx")
SUPPORTED = "Shapefile, FileGDB, GeoPackage, GeoJSON, JSON-FG, CSV, XLSX, KML, DXF, VCT, 界址点 TXT, OSM, MDB"


def read(job: Job, confined: dict[str, bool]) -> None:
    """Tell the format of the staged file, read it, write the result."""
    path = Path(job.path)
    writer = Writer(Path(job.work), job.limits.unpacked_bytes)
    content = _read_folder(path, job, writer) if path.is_dir() else _read_file(path, job, writer)
    wkt = content.pop("declared_wkt")
    said = wkt if isinstance(wkt, str) else None
    schema = content.pop("schema", Schema())
    assert isinstance(schema, Schema)
    schema = replace(schema, vertical=vertical(said))
    writer.finish(**content, declared=declared_frame(said), schema=asdict(schema), confined=confined)


def _read_file(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\0 \t\r\n"):
        raise UnreadableFile(f"文件是空的:{path.name}", f"the file is empty: {path.name}", value=path.name)
    if head.startswith(b"PK"):
        return _read_archive(path, job, writer)
    found = _read_binary(path, head, job, writer)
    if found is not None:
        return found
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    _refuse_references(path, text)
    if text.startswith(b"{"):
        return geojson.read(path, job, writer)
    if boundary.recognised(head):
        return boundary.read(path, job, writer)
    if vct.recognised(text):
        return vct.read(path, job, writer)
    if _DXF.match(text):
        return _read_dxf(path, job, writer)
    if text.startswith(b"<"):
        return _read_xml(path, head, job, writer)
    if text.startswith((b"%PDF", b"\x89PNG", b"GIF8", b"\x7fELF", b"[")):
        raise _unknown(path, head)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unknown(path, head)
    if path.suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise _unknown(path, head)
    return table.read_csv(path, job, writer)


def _read_binary(path: Path, head: bytes, job: Job, writer: Writer) -> dict[str, object] | None:
    """Formats told by their first bytes; None for what is none of them."""
    if head.startswith(b"SQLite format 3\0"):
        gdal.only("GPKG")
        from spatial.exchange import vector

        vector.check_geopackage(path)
        staged = path.with_suffix(".gpkg")
        path.rename(staged)
        return vector.read(staged, job, writer, format="geopackage")
    if head[:4] == b"\x00\x00\x27\x0a":
        gdal.only("ESRI Shapefile")
        from spatial.exchange import shapefile

        return shapefile.read(path, job, writer)
    if _OSM_PBF in head[:32]:
        return _read_osm(path, job, writer)
    if head.startswith(_BINARY_DXF):
        return _read_dxf(path, job, writer)
    if header.recognised(head):
        from spatial.exchange.mdb.reader import read as read_database

        return read_database(path, job, writer)
    return None


def _read_xml(path: Path, head: bytes, job: Job, writer: Writer) -> dict[str, object]:
    if _KML.search(head):
        from spatial.exchange.kml.reader import read as read_kml

        return read_kml(path, job, writer)
    if _OSM_XML.search(head):
        return _read_osm(path, job, writer)
    raise _unknown(path, head)


def _read_dxf(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    from spatial.exchange.dxf.reader import read as read_drawing

    return read_drawing(path, job, writer)


def _read_osm(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    gdal.only("OSM")
    from spatial.exchange import osm

    return osm.read(path, job, writer)


def _read_archive(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    members = archive.inspect(path, job.limits)
    names = [member.filename for member in members]
    if "[Content_Types].xml" in names:
        if sum(member.file_size for member in members) > job.limits.table_bytes:
            raise archive.too_large(path.name, f"{job.limits.table_bytes >> 20} MiB")
        return word.read(path, job, writer) if word.recognised(names) else table.read_xlsx(path, job, writer)
    into = Path(job.work) / "unpacked"
    into.mkdir()
    archive.unpack(path, into, job.limits)
    return _read_folder(into, job, writer)


def _read_folder(folder: Path, job: Job, writer: Writer) -> dict[str, object]:
    """A FileGDB, or a folder (an unpacked archive) that holds exactly one dataset."""
    archive.regular_files(folder)
    databases = sorted({one.parent for one in folder.rglob("a00000001.gdbtable")})
    files = [one for one in folder.rglob("*") if one.is_file() and not _inside(one, databases)]
    files = [one for one in files if "__MACOSX" not in one.parts and not one.name.startswith(".")]
    singles = [one for one in files if one.suffix.lower() in _SINGLES]
    if not singles and not databases:  # a text beside a dataset is a note about it
        singles = [one for one in files if one.suffix.lower() == ".txt"]
    for one in files:
        if one.suffix.lower() in (".vrt", ".xml", ".wms"):
            _refuse_references(one, one.read_bytes()[:65536])
    documents = [one for one in files if one.suffix.lower() == ".docx" and one.name == job.layer]
    if documents:  # read where it is asked for by its name: beside a dataset it is a note about it
        return _read_file(documents[0], replace(job, layer=None), writer)
    chosen = [one for one in singles if one.stem == job.layer] if len(singles) + len(databases) > 1 else []
    if len(chosen) == 1:
        return _read_file(chosen[0], replace(job, layer=None), writer)
    if len(databases) == 1 and singles and {one.suffix.lower() for one in singles} <= set(_TABLES):
        return _read_database(databases[0], job, writer, beside=[one.stem for one in singles])
    if len(databases) + len(singles) != 1:
        found = [one.name for one in (*databases, *singles)]
        shown = found[:10] or folder.name
        raise UnreadableFile(
            f"其中应恰有一个数据集({SUPPORTED}),实有 {len(found)}:{shown}",
            f"exactly one dataset ({SUPPORTED}) was expected, found {len(found)}: {shown}",
            value=shown,
            details={"layers": [one.stem for one in singles]} if singles and not databases else {},
        )
    if singles:
        return _read_file(singles[0], job, writer)
    return _read_database(databases[0], job, writer)


def _read_database(database: Path, job: Job, writer: Writer, beside: Sequence[str] = ()) -> dict[str, object]:
    """A FileGDB; ``beside`` it tables of these names, of which none was asked for."""
    if database.suffix.lower() != ".gdb":
        database = database.rename(database.with_name(f"{database.name}.gdb"))
    gdal.only("OpenFileGDB")
    from spatial.exchange import vector

    return vector.read(database, job, writer, format="filegdb", beside=beside)


def _inside(path: Path, folders: list[Path]) -> bool:
    return any(folder in path.parents for folder in folders)


def _refuse_references(path: Path, text: bytes) -> None:
    if _REFERENCES.search(text):
        raise UnsafeFile(
            f"文件引用其他文件或网络(VRT、/vsi),拒绝打开:{path.name}",
            f"the file refers to other files or the network (VRT, /vsi); refused: {path.name}",
            value=path.name,
        )


def _unknown(path: Path, head: bytes) -> UnreadableFile:
    """What it is, where that is plain, and into what to turn it."""
    if (picture := next((name for name, told in _PICTURES if told.search(head)), None)) is not None:
        return UnreadableFile(
            f"这是 {picture} 文件,不是要素图层,请用 ./onemap assets add 登记:{path.name}",
            f"this is {picture} and no layer of features; catalogue it with ./onemap assets add: {path.name}",
            value=path.name,
        )
    known = next((name for name, told in _OTHERS if told.search(head)), None)
    if known is not None:
        return UnreadableFile(
            f"这是 {known} 文件,请在原软件中另存为 GeoPackage、FileGDB 或 Shapefile:{path.name}",
            f"this is {known}; save it as GeoPackage, FileGDB or Shapefile where it was made: {path.name}",
            value=path.name,
        )
    return UnreadableFile(
        f"无法识别的格式(支持 {SUPPORTED}):{path.name}",
        f"an unknown format (known are {SUPPORTED}): {path.name}",
        value=path.name,
    )
