"""Which header a file has, and what it says. Runs in the reader's process."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from spatial.errors import UnreadableFile, UnsafeFile
from spatial.exchange.declared import resolve
from spatial.exchange.headers import pointcloud, raster
from spatial.exchange.sandbox import Job

RESULT = "header.json"
_REFERENCES = re.compile(rb"<VRTDataset|<OGRVRTDataSource|<GDAL_WMS|<WMS_|/vsi[a-z0-9_]+[/?]", re.IGNORECASE)


def read(job: Job, confined: dict[str, bool]) -> None:
    """Read the header through the handle that was passed; write what it says."""
    assert job.handle is not None
    name = Path(job.path).name
    with os.fdopen(job.handle, "rb") as file:
        head = file.read(4096)
        if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            told = raster.read(file, name)
        elif head[:4] == b"LASF":
            told = pointcloud.read(file, name)
        elif _REFERENCES.search(head):
            raise UnsafeFile(
                f"文件引用其他文件或网络(VRT、WMS),拒绝登记:{name}",
                f"the file refers to other files or the network (VRT, WMS); refused: {name}",
                value=name,
            )
        else:
            raise UnreadableFile(
                f"不是 GeoTIFF 或 LAS/LAZ:{name}", f"neither GeoTIFF nor LAS/LAZ: {name}", value=name
            )
    words = told["declared"]
    told |= {"declared": resolve(words if isinstance(words, str) else None), "confined": confined}
    (Path(job.work) / RESULT).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
