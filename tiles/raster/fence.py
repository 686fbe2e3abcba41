"""Reading foreign images behind the fences of the exchange 沙箱读影像: both sides of it.

The parent writes ``job.json`` into a work folder and starts a child; the child fences itself in, reads
the images that the job names, and leaves ``told.json`` or ``error.json``. It never touches the database.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from spatial.errors import FileTooLarge, OneMapError, UnreadableFile
from spatial.exchange import confine, sandbox
from spatial.exchange.reader import tell

TOLD = "told.json"
Job = Mapping[str, Any]
Work = Callable[[dict[str, Any], Path], dict[str, Any]]
"""What a child does: its job and its work folder, to what it tells."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may cost."""

    memory_bytes: int = 4 << 30
    cpu_s: int = 3600
    wall_s: float = 7200.0
    file_bytes: int = 64 << 30
    threads: int = 2


ORDINARY = Limits()


def told_by(
    module: str, work: Path, job: Job, sources: Mapping[str, Path], limits: Limits = ORDINARY
) -> dict[str, Any]:
    """Let ``main`` of a module read the named images; what it told.

    ``FileTooLarge`` where it went over its limits, ``UnreadableFile`` where it ended abnormally, and
    whatever error it told itself.
    """
    names = "、".join(sources)
    whole = {**job, **asdict(limits), "sources": {name: str(path) for name, path in sources.items()}}
    (work / "job.json").write_text(json.dumps(whole), encoding="utf-8")
    try:
        code = sandbox.child(module, work, _environment(work), limits.wall_s)
    except subprocess.TimeoutExpired as late:
        raise _over(names) from late
    if code != 0:
        raise _failure(names, work, code)
    told: dict[str, Any] = json.loads((work / TOLD).read_text(encoding="utf-8"))
    return told


def behind(work_folder: str, load: Callable[[], Work]) -> None:
    """The child's side: fence this process in, then do what ``load`` gives.

    ``load`` imports between the fences: the namespace needs a single thread, Landlock the files read by then.
    """
    work = Path(work_folder)
    job = json.loads((work / "job.json").read_text(encoding="utf-8"))
    sources = {name: Path(path) for name, path in job["sources"].items()}
    confine.limit(job["memory_bytes"], job["cpu_s"], job["file_bytes"])
    namespace = confine.leave_network()
    from rasterio.errors import RasterioError

    from spatial.errors import EnvironmentProblem

    do = load()
    confine.shrink_file_system(work, readable=tuple(sources.values()))
    fences_hold = confine.forbid_calls() or namespace
    try:
        if not fences_hold:
            raise EnvironmentProblem(
                "本机无法切断读取进程的网络,拒绝打开外来文件",
                "this machine cannot cut the reader off the network; no foreign file is opened",
            )
        try:
            told = do(job, work)
        except RasterioError as failure:
            names = "、".join(sources)
            raise UnreadableFile(
                f"影像无法读取,可能已损坏:{names}",
                f"the image cannot be read; it may be damaged: {names}",
                value=names,
                details={"reader": str(failure)[:500]},
            ) from failure
        (work / TOLD).write_text(json.dumps(told), encoding="utf-8")
    except OneMapError as known:
        tell(work, known)


def _failure(names: str, work: Path, code: int) -> OneMapError:
    error = work / sandbox.ERROR
    if error.exists():
        return sandbox.error_told(error)
    if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ):
        return _over(names)
    return UnreadableFile(
        f"影像无法读取,处理进程异常结束({code}):{names}",
        f"the image cannot be read; its process ended abnormally ({code}): {names}",
        value=names,
        details={"reader": sandbox.said(work)},
    )


def _over(names: str) -> FileTooLarge:
    return FileTooLarge(
        f"处理影像超出时间、内存或大小限制,请拆分后再登记:{names}",
        f"reading the image went over time, memory or size; split it and catalogue the parts: {names}",
        value=names,
    )


def _environment(work: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(work),
        "TMPDIR": str(work),
        "CPL_TMPDIR": str(work),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "GDAL_CACHEMAX": "256",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_PAM_ENABLED": "NO",
        "PROJ_NETWORK": "OFF",
    }
