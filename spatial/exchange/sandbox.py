"""The parent's side of the sandbox 沙箱: start a reader, bound it, take its result or its error.

Nothing of a delivered file is parsed in the platform's own process: a child
with limits (``confine.py``) reads it and writes plain arrays into a work
folder. Whatever becomes of the child, the parent ends with arrays or an error.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from spatial import errors
from spatial.errors import FileTooLarge, OneMapError, UnreadableFile

GDAL_DRIVERS = ("ESRI Shapefile", "OpenFileGDB", "GPKG", "OSM")
"""The only drivers a reader may have, and of these only the one it needs; all else is read without GDAL."""
_UNWANTED_DRIVERS = (
    "ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DGN", "DXF",
    "EDIGEO", "EEDA", "ESRIJSON", "Elasticsearch", "FlatGeobuf", "GDALG", "GML", "GPSBabel", "GPX",
    "GTFS", "GeoJSON", "GeoJSONSeq", "GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "KML", "LIBKML",
    "LVBAG", "MBTiles", "MEM", "MVT", "MapInfo File", "MapML", "MiraMonVector", "NGW", "OAPIF",
    "ODS", "OGCAPI", "OGR_GMT", "OGR_PDS", "OGR_VRT", "PCIDSK", "PDF", "PDS4", "PGDUMP",
    "PLSCENES", "PMTiles", "S57", "SQLite", "SXF", "Selafin", "TopoJSON", "VDV", "VFK", "VICAR",
    "WAsP", "WFS", "XLSX",
)  # fmt: skip
"""The others of pyogrio's GDAL, named before it is imported; ``gdal.only`` finds those that are not."""

INNER = "inner.txt"
"""Where a reader names the one file, unpacked in its work folder, that wants a reader of its own."""
SAID, ERROR = "stderr.txt", "error.json"
_SPARED = ("geopandas", "pandas", "pyarrow")
"""pyogrio reads them wherever it finds them, which takes longer than a file does; arrays need none."""
_BOOT = (
    f"import sys; sys.modules.update(dict.fromkeys({_SPARED!r})); "
    "sys.path.insert(0, {root!r}); from {module} import main; main(sys.argv[1])"
)
_PREFIX = "onemap-exchange-"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may cost."""

    memory_bytes: int = 768 << 20
    cpu_s: int = 60
    """Processor time; one second more for every 4 MiB of the file as delivered."""
    wall_s: float = 120.0
    """Time by the clock; as much more."""
    file_bytes: int = 2 << 30
    """Size of the file as delivered."""
    unpacked_bytes: int = 4 << 30
    """Size of an archive's members together, and of the result."""
    members: int = 2000
    ratio: int = 200
    """Unpacked ÷ packed size of an archive with more than ``ratio_from_bytes``."""
    ratio_from_bytes: int = 16 << 20
    table_bytes: int = 256 << 20
    """Unpacked size of a spreadsheet."""
    rows: int = 5_000_000
    columns: int = 500
    vertices: int = 2_000_000
    """Vertices of one geometry."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a reader is asked to do."""

    path: str
    """The staged file or folder, inside the work folder."""
    work: str
    layer: str | None = None
    encoding: str | None = None
    limits: Limits = Limits()
    wants_geometry: bool = True
    geometry: str | None = None
    """Geometry type of the target layer, where a format has lines that may be meant as areas."""
    coordinates: tuple[str, str] | None = None
    """Columns of a table that hold x and y, where the user names them."""
    handle: int | None = None
    """An open file whose header alone is read; ``path`` then only names it."""
    hints: tuple[str, ...] = ()
    """Names of the target layer: choose among several layers of a file."""


@contextmanager
def work_folder(parent: Path | None = None) -> Iterator[Path]:
    """A private folder that vanishes afterwards; those of killed processes vanish now."""
    place = parent or Path(tempfile.gettempdir())
    _sweep(place)
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=place) as name:
        yield Path(name)


def _sweep(folder: Path) -> None:
    for left in folder.glob(f"{_PREFIX}*"):
        process = left.name.removeprefix(_PREFIX).split("-")[0]
        if process.isdecimal() and not Path("/proc", process).exists() and left.stat().st_uid == os.getuid():
            shutil.rmtree(left, ignore_errors=True)


def run(job: Job) -> None:
    """Run a reader to its end; its result lies in ``job.work/out``. Raises what the reader found."""
    _run(job)
    work = Path(job.work)
    if (named := work / INNER).exists():
        inner = Path(named.read_text(encoding="utf-8")).resolve()
        if not inner.is_relative_to(work.resolve()) or not inner.is_file():
            raise UnreadableFile(
                f"读取进程指向工作目录之外的文件:{inner.name}",
                f"the reader named a file outside of its work folder: {inner.name}",
                value=inner.name,
            )
        shutil.rmtree(work / "out")
        _run(replace(job, path=str(inner)))


def _run(job: Job) -> None:
    work = Path(job.work)
    extra_s = 0 if job.handle is not None else _size(Path(job.path)) >> 22
    wall_s = job.limits.wall_s + extra_s
    job = replace(job, limits=replace(job.limits, cpu_s=job.limits.cpu_s + extra_s))
    (work / "job.json").write_text(json.dumps(asdict(job)), encoding="utf-8")
    handles = () if job.handle is None else (job.handle,)
    try:
        code = child("spatial.exchange.reader", work, environment(work), wall_s, handles)
    except subprocess.TimeoutExpired as late:
        raise _over(job, f"{wall_s:g} s") from late
    if code != 0:
        raise _failure(job, code)


def child(
    module: str, work: Path, environment: Mapping[str, str], wall_s: float, handles: Sequence[int] = ()
) -> int:
    """Run ``main`` of a module over a work folder in a process of its own; its exit code.

    What it says on standard error lies in the folder. ``TimeoutExpired`` when its
    time is over; in any case it is gone when this returns.
    """
    start = _BOOT.format(root=str(Path(__file__).parents[2]), module=module)
    with (work / SAID).open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", start, str(work)],
            env=dict(environment),
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            pass_fds=handles,
        )
    try:
        return process.wait(wall_s)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def said(work: Path) -> str:
    """The end of what a child said on standard error."""
    return (work / SAID).read_bytes()[-2000:].decode("utf-8", "replace")


def _size(dataset: Path) -> int:
    files = dataset.rglob("*") if dataset.is_dir() else [dataset]
    return sum(one.stat().st_size for one in files if one.is_file())


def environment(work: Path) -> dict[str, str]:
    """What a child behind fences knows of its surroundings."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": str(work),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "GDAL_SKIP": ",".join(_UNWANTED_DRIVERS),
        "GDAL_NUM_THREADS": "1",
        "GDAL_CACHEMAX": "32",
        "CPL_TMPDIR": str(work),
        "GDAL_HTTP_MAX_RETRY": "0",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
        "CPL_CURL_ENABLE_VSIMEM": "NO",
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GDAL_DRIVER_PATH": "disable",
        "OGR_SQLITE_LOAD_EXTENSIONS": "",
        "PROJ_NETWORK": "OFF",
    }


def _over(job: Job, limit: str) -> FileTooLarge:
    name = Path(job.path).name
    return FileTooLarge(
        f"读取文件超出限制({limit}),未载入;请拆分文件或修复后再试:{name}",
        f"reading the file went over a limit ({limit}); nothing was loaded; split or mend it: {name}",
        value=name,
    )


def _failure(job: Job, code: int) -> OneMapError:
    told = Path(job.work) / ERROR
    if told.exists():
        return error_told(told)
    if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ):
        return _over(job, "CPU, memory or size")
    name = Path(job.path).name
    words = said(Path(job.work))
    if "MemoryError" in words or "bad_alloc" in words or "memory allocation" in words:
        return _over(job, f"{job.limits.memory_bytes >> 20} MiB")
    return UnreadableFile(
        f"文件无法读取,读取进程异常结束({code}),可能已损坏:{name}",
        f"the file cannot be read; its reader ended abnormally ({code}); it may be damaged: {name}",
        value=name,
        details={"reader": words},
    )


def error_told(file: Path) -> OneMapError:
    """The error that a child behind fences wrote down before it ended."""
    content = json.loads(file.read_text(encoding="utf-8"))
    known = {kind.code: kind for kind in _kinds(OneMapError)}
    kind = known.get(content["code"], UnreadableFile)
    return kind(content["zh"], content["en"], value=content["value"], details=content["details"])


def _kinds(kind: type[OneMapError]) -> Iterator[type[OneMapError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


assert errors  # the concrete kinds must be imported for _kinds to find them
