"""The index as one file 索引文件: written beside and renamed, mapped by every process that reads it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from address.match.known import Known
from address.match.near import Names
from address.match.tables import Tables
from spatial.errors import InvalidInput
from spatial.files import replacing

MAGIC = b"ONEMAPADDR2\n"
ALIGNED = 64
_PARTS = (("tables", Tables), ("names", Names), ("known", Known))


class StaleIndex(InvalidInput):
    """An index file of another register, or no index file."""

    code = "stale-address-index"


def save(path: Path, version: str, tables: Tables, names: Names, known: Known) -> None:
    """Writes the index of the snapshot of that version; the file is replaced whole."""
    columns: list[dict[str, object]] = []
    arrays: list[NDArray[np.generic]] = []
    at = 0
    for name, part in (("tables", tables), ("names", names), ("known", known)):
        for field, column in part._asdict().items():
            column = np.ascontiguousarray(column)
            columns.append(
                {"part": name, "field": field, "type": column.dtype.str, "size": column.size, "at": at}
            )
            arrays.append(column)
            at += -(-column.nbytes // ALIGNED) * ALIGNED
    head = json.dumps({"version": version, "columns": columns}).encode()
    begin = -(-(len(MAGIC) + 8 + len(head)) // ALIGNED) * ALIGNED
    with replacing(path) as beside, beside.open("wb") as file:
        file.write(MAGIC + len(head).to_bytes(8, "little") + head)
        for column, array in zip(columns, arrays, strict=True):
            file.seek(begin + int(str(column["at"])))
            file.write(array.tobytes())
        file.truncate(begin + at)


def load(path: Path, version: str) -> tuple[Tables, Names, Known]:
    """Maps the index of that version; nothing is read before it is used."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise StaleIndex(
                f"不是地址索引文件，请重新建立索引：{path}",
                f"This is no address index; build it anew: {path}",
                value=str(path),
            )
        size = int.from_bytes(file.read(8), "little")
        head = json.loads(file.read(size))
    if head["version"] != version:
        raise StaleIndex(
            f"索引与登记簿版本不符（登记簿为{version}），请重新建立索引：{head['version']}",
            f"The index is not of the register's version ({version}); build it anew: {head['version']}",
            value=head["version"],
        )
    begin = -(-(len(MAGIC) + 8 + size) // ALIGNED) * ALIGNED
    whole = np.memmap(path, np.uint8, "r")
    parts: dict[str, dict[str, NDArray[np.generic]]] = {name: {} for name, _ in _PARTS}
    for column in head["columns"]:
        kind = np.dtype(column["type"])
        first = begin + column["at"]
        mapped = np.asarray(whole[first : first + column["size"] * kind.itemsize]).view(kind)
        parts[column["part"]][column["field"]] = mapped
    return Tables(**parts["tables"]), Names(**parts["names"]), Known(**parts["known"])  # type: ignore[arg-type]
