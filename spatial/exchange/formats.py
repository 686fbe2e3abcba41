"""Which format a file is, by its content and not by its name. Runs in the reader's process."""

from __future__ import annotations

import re
from pathlib import Path

from spatial.errors import UnreadableFile, UnsafeFile
from spatial.exchange import archive, geojson, shapefile, table, vector
from spatial.exchange.batches import Writer
from spatial.exchange.declared import resolve as declared_frame
from spatial.exchange.sandbox import Job

_REFERENCES = re.compile(
    rb"<OGRVRTDataSource|<VRTDataset|<GDALTile|<GDAL_WMS|/vsi[a-z0-9_]+[/?]", re.IGNORECASE
)
_OTHERS = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("PDF", rb"\A%PDF"),
        ("DWG", rb"\AAC10[0-9][0-9]"),
        ("DXF", rb"\A\s*(999\s[^\n]*\n\s*)*0\s+SECTION"),
        ("KML", rb"<kml[\s>]"),
        ("GML", rb"<(gml:|wfs:)?FeatureCollection[\s>]"),
        ("XLS (Excel 97–2003)", rb"\A\xd0\xcf\x11\xe0"),
        ("GeoTIFF", rb"\A(II\*\0|MM\0\*)"),
    )
)
"""Files that departments hand in and that are no layer yet."""
SUPPORTED = "Shapefile, FileGDB, GeoPackage, GeoJSON, CSV, XLSX"


def read(job: Job, confined: dict[str, bool]) -> None:
    """Tell the format of the staged file, read it, write the result."""
    path = Path(job.path)
    writer = Writer(Path(job.work), job.limits.unpacked_bytes)
    content = _read_folder(path, job, writer) if path.is_dir() else _read_file(path, job, writer)
    wkt = content.pop("declared_wkt")
    declared = declared_frame(wkt if isinstance(wkt, str) else None)
    writer.finish(**content, declared=declared, confined=confined)


def _read_file(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\0 \t\r\n"):
        raise UnreadableFile(f"文件是空的:{path.name}", f"the file is empty: {path.name}", value=path.name)
    if head.startswith(b"PK"):
        return _read_archive(path, job, writer)
    if head.startswith(b"SQLite format 3\0"):
        vector.check_geopackage(path)
        staged = path.with_suffix(".gpkg")
        path.rename(staged)
        return vector.read(staged, job, writer, format="geopackage")
    if head[:4] == b"\x00\x00\x27\x0a":
        return shapefile.read(path, job, writer)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    _refuse_references(path, text)
    if text.startswith(b"{"):
        return geojson.read(path, job, writer)
    if text.startswith((b"<", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"GIF8", b"\x7fELF", b"[")):
        raise _unknown(path, head)
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _unknown(path, head)
    if path.suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise _unknown(path, head)
    return table.read_csv(path, job, writer)


def _read_archive(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    members = archive.inspect(path, job.limits)
    names = [member.filename for member in members]
    if "[Content_Types].xml" in names:
        if sum(member.file_size for member in members) > job.limits.table_bytes:
            raise archive.too_large(path.name, f"{job.limits.table_bytes >> 20} MiB")
        return table.read_xlsx(path, job, writer)
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
    singles = [
        one for one in files if one.suffix.lower() in (".shp", ".gpkg", ".geojson", ".json", ".csv", ".xlsx")
    ]
    for one in files:
        if one.suffix.lower() in (".vrt", ".xml", ".wms"):
            _refuse_references(one, one.read_bytes()[:65536])
    if len(databases) + len(singles) != 1:
        found = [one.name for one in (*databases, *singles)]
        shown = found[:10] or folder.name
        raise UnreadableFile(
            f"其中应恰有一个数据集({SUPPORTED}),实有 {len(found)}:{shown}",
            f"exactly one dataset ({SUPPORTED}) was expected, found {len(found)}: {shown}",
            value=found[:10],
        )
    if singles:
        return _read_file(singles[0], job, writer)
    database = databases[0]
    if database.suffix.lower() != ".gdb":
        database = database.rename(database.with_name(f"{database.name}.gdb"))
    return vector.read(database, job, writer, format="filegdb")


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
