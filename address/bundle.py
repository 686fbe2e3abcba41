"""The register as one file 登记簿文件, and the shapes that only the database keeps.

A ZIP of Parquet tables (components, addresses, aliases, crossings, areas, roads, links), so
that a register of a million addresses goes from machine to machine and into a database.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from address.snapshot import Addresses, Aliases, Components, Crossings, Snapshot
from spatial.errors import UnreadableFile
from spatial.files import replacing

FORMAT: Final = "onemap address register 1"
_LARGEST_BYTES: Final = 4 << 30
"""A table unpacked; what says more is no register."""


@dataclass(frozen=True, slots=True)
class Areas:
    """Outlines of divisions."""

    component: npt.NDArray[np.int32]
    wkb: pa.Array
    """binary: MultiPolygons in CGCS2000."""


@dataclass(frozen=True, slots=True)
class Roads:
    """Lines of roads, in the direction of their numbers."""

    component: npt.NDArray[np.int32]
    wkb: pa.Array
    """binary: LineStrings in CGCS2000."""
    map_road: pa.Array
    """string: name of the road on the map."""
    width_m: npt.NDArray[np.float64]
    east_west: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Links:
    """What meets at addresses 关联; of a sample made up, of a department personal data."""

    address: npt.NDArray[np.int32]
    """Row of the address."""
    kind: pa.Array
    """string: a code of the layer ``object-links``, as the role."""
    role: pa.Array
    object_id: pa.Array
    object_name: pa.Array
    confidence: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A register with its shapes and links."""

    snapshot: Snapshot
    areas: Areas
    roads: Roads
    links: Links
    synthetic: bool
    """合成数据: generated, and stamped so wherever it is stored."""


_TABLES: Final[dict[str, type[Any]]] = {
    "components": Components,
    "addresses": Addresses,
    "aliases": Aliases,
    "crossings": Crossings,
    "areas": Areas,
    "roads": Roads,
    "links": Links,
}


def write(bundle: Bundle, path: Path) -> None:
    """Write the file, whole or not at all."""
    parts = {
        **{
            name: getattr(bundle.snapshot, name)
            for name in ("components", "addresses", "aliases", "crossings")
        },
        "areas": bundle.areas,
        "roads": bundle.roads,
        "links": bundle.links,
    }
    with replacing(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
        about = {"format": FORMAT, "version": bundle.snapshot.version, "synthetic": bundle.synthetic}
        archive.writestr("register.json", json.dumps(about, ensure_ascii=False))
        for name, part in parts.items():
            columns = {each.name: getattr(part, each.name) for each in fields(part)}
            held = {key: pa.array(value) for key, value in columns.items() if value is not None}
            sink = io.BytesIO()
            pq.write_table(pa.table(held), sink, compression="zstd")
            archive.writestr(f"{name}.parquet", sink.getvalue())


def read(path: Path) -> Bundle:
    """Read a file; UnreadableFile where it is no register or its rows point nowhere."""
    try:
        with zipfile.ZipFile(path) as archive:
            about = json.loads(archive.read("register.json"))
            if about["format"] != FORMAT:
                raise ValueError(about["format"])
            for info in archive.infolist():
                if info.file_size > _LARGEST_BYTES:
                    raise ValueError(info.filename)
            parts = {
                name: _part(kind, pq.read_table(io.BytesIO(archive.read(f"{name}.parquet"))))
                for name, kind in _TABLES.items()
            }
        bundle = Bundle(
            Snapshot(
                parts["components"],
                parts["addresses"],
                parts["aliases"],
                parts["crossings"],
                about["version"],
            ),
            parts["areas"],
            parts["roads"],
            parts["links"],
            bool(about["synthetic"]),
        )
        _require_whole(bundle)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, pa.ArrowException) as failure:
        raise UnreadableFile(
            f"不是可用的地址登记簿文件({failure}),可由 ./onemap address sample 生成:{path.name}",
            f"no usable address register ({failure}); ./onemap address sample makes one: {path.name}",
            value=path.name,
        ) from failure
    return bundle


def _part(kind: type[Any], table: pa.Table) -> Any:
    values: dict[str, Any] = {}
    for each in fields(kind):
        if each.name not in table.column_names:
            if each.name == "main":
                continue
            raise KeyError(each.name)
        column = table.column(each.name).combine_chunks()
        if column.null_count:
            raise ValueError(f"{each.name}: null")
        wanted = str(each.type)
        if wanted == "pa.Array":
            values[each.name] = column.cast(pa.binary() if each.name == "wkb" else pa.string())
        else:
            values[each.name] = column.to_numpy(zero_copy_only=False)
    return kind(**values)


def _require_whole(bundle: Bundle) -> None:
    """Rows point at rows that are there, and parents stand before their children."""
    components, addresses = bundle.snapshot.components, bundle.snapshot.addresses
    count = len(components.key)
    if (components.parent >= np.arange(count)).any() or (components.parent < -1).any():
        raise ValueError("components.parent")
    for name, rows, least in (
        ("components.successor", components.successor, -1),
        ("addresses.component", addresses.component, 0),
        ("addresses.region", addresses.region, -1),
        ("aliases.component", bundle.snapshot.aliases.component, 0),
        ("crossings.first", bundle.snapshot.crossings.first, 0),
        ("crossings.second", bundle.snapshot.crossings.second, 0),
        ("areas.component", bundle.areas.component, 0),
        ("roads.component", bundle.roads.component, 0),
    ):
        if len(rows) and (rows.min() < least or rows.max() >= count):
            raise ValueError(name)
    for name, held in (("addresses.main", addresses.main), ("links.address", bundle.links.address)):
        if held is not None and len(held) and held.max() >= len(addresses.key):
            raise ValueError(name)
