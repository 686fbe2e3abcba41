"""The register as one file 登记簿缓存: built by one process, mapped by all, and by the next start.

The file lies below the installation's own data directory and is trusted as the compiled code
beside the sources is: it holds objects of this very version of the sources, and their columns
as they lie in memory, which processes share as long as nobody writes to them.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import pickle
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from address.register import Register
from spatial.files import replacing

MAGIC: Final = b"ONEMAPREG1\n"
_ALIGNED: Final = 64
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Kept:
    """A register from its file."""

    register: Register
    tip: str
    """The last changeset that the register it was built from held, by the hash of its chain."""
    day: str
    """On which it was read: what begins or ends by its dates alone is in no change."""


@cache
def sources() -> str:
    """Changes with whatever the objects of a file depend on."""
    digest = hashlib.sha256(f"{sys.version} {np.__version__} {pa.__version__}".encode())
    for source in sorted(_HERE.rglob("*.py")):
        digest.update(source.read_bytes())
    for asset in sorted(each for each in _HERE.rglob("assets/*") if each.is_file()):
        digest.update(asset.read_bytes())
    return digest.hexdigest()[:16]


def path_in(folder: Path) -> Path:
    """Where these sources' file lies."""
    return folder / f"register-{sources()}.kept"


def save(folder: Path, kept: Kept) -> Path:
    """Writes the file, whole, and removes those of other sources."""
    buffers: list[pickle.PickleBuffer] = []
    stream = pickle.dumps(kept.register, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(stream), *(each.raw() for each in buffers)]
    head = json.dumps({"tip": kept.tip, "day": kept.day, "sizes": [part.nbytes for part in parts]}).encode()
    path = path_in(folder)
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(MAGIC + len(head).to_bytes(8, "little") + head)
        for part in parts:
            file.seek(_aligned(file.tell()))
            file.write(part)
    for other in folder.glob("register-*.kept"):
        if other != path:
            other.unlink(missing_ok=True)
    return path


def load(folder: Path) -> Kept | None:
    """Maps the file; None where there is none that these sources wrote whole."""
    path = path_in(folder)
    if not path.exists():
        return None
    with path.open("rb") as file:
        # Copied where it is written to, which nobody does: compiled code knows one kind of column.
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    if bytes(whole[: len(MAGIC)]) != MAGIC:
        return None
    at = len(MAGIC) + 8
    size = int.from_bytes(whole[len(MAGIC) : at], "little")
    head = json.loads(bytes(whole[at : at + size]))
    at += size
    parts = []
    for length in head["sizes"]:
        at = _aligned(at)
        parts.append(whole[at : at + length])
        at += length
    register = pickle.loads(parts[0], buffers=parts[1:])
    return Kept(register, head["tip"], head["day"])


def _aligned(at: int) -> int:
    return -(-at // _ALIGNED) * _ALIGNED
