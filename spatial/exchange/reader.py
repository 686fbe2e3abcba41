"""The reader's process: opens one delivered file behind fences and writes plain arrays.

Started by ``sandbox.run`` with a work folder; leaves ``out/meta.json`` and
batches, or ``error.json``. It never touches the database.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from spatial.exchange import confine


def main(work_folder: str) -> None:
    """Fence this process in, then read."""
    work = Path(work_folder)
    told = json.loads((work / "job.json").read_text(encoding="utf-8"))
    limits = told["limits"]
    confine.limit(limits["memory_bytes"], limits["cpu_s"], limits["file_bytes"])
    namespace = confine.leave_network()
    # Imported between the fences: the namespace needs a single thread, Landlock the files read by then.
    from spatial.errors import EnvironmentProblem, FileTooLarge, OneMapError
    from spatial.exchange import formats, sandbox
    from spatial.exchange.headers import reader as headers
    from spatial.exchange.mdb import tools
    from spatial.exchange.sandbox import Job, Limits

    pair = told["coordinates"]
    job = Job(
        **told
        | {
            "limits": Limits(**limits),
            "hints": tuple(told["hints"]),
            "coordinates": (pair[0], pair[1]) if pair else None,
        }
    )
    programs = tools.programs_for(Path(job.path)) if job.handle is None else ()
    files = confine.shrink_file_system(work, programs)
    fences = confine.Fences(True, namespace, confine.forbid_calls(programs=bool(programs)), files)
    try:
        if not fences.offline:
            raise EnvironmentProblem(
                "本机无法切断读取进程的网络,拒绝打开外来文件",
                "this machine cannot cut the reader off the network; no foreign file is opened",
            )
        (formats.read if job.handle is None else headers.read)(job, asdict(fences))
    except tools.ReadAlone as found:
        (work / sandbox.INNER).write_text(str(found.path), encoding="utf-8")
    except OneMapError as known:
        tell(work, known)
    except MemoryError:
        size = f"{limits['memory_bytes'] >> 20} MiB"
        name = Path(job.path).name
        tell(
            work,
            FileTooLarge(
                f"读取文件需要的内存超出限制({size}),未载入:{name}",
                f"reading the file needs more memory than allowed ({size}): {name}",
                value=name,
            ),
        )


def tell(work: Path, known: Exception) -> None:
    """Write down what was found, for ``sandbox.error_told``, and end."""
    from spatial.errors import OneMapError

    assert isinstance(known, OneMapError)
    content = {
        "code": known.code,
        "zh": known.zh,
        "en": known.en,
        "value": known.value,
        "details": known.details,
    }
    (work / "error.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    sys.exit(3)
