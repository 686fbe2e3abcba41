"""A sketch as a file 草图写成文件: the parent's side; ``writer.py`` writes behind fences."""

from __future__ import annotations

import json
import signal
import subprocess

from spatial.catalogue.city import City
from spatial.errors import FileTooLarge, InvalidInput, UnreadableFile, shorten
from spatial.exchange import sandbox
from spatial.exchange.sketch import FILE_BYTES, LIMITS

FORMATS = {"shp": "zip", "dxf": "dxf", "geojson": "geojson", "txt": "txt"}
"""What a sketch may become, and the ending of each file's name."""
FRAMES = ("plane", "degrees")
OUTPUT, SKETCH, TASK = "sketch.out", "sketch.json", "task.json"
_IN_DEGREES = ("geojson",)
"""Formats that have degrees unless told; a drawing and boundary points have none."""


def frame_of(kind: str, asked: str | None, city: City) -> str:
    """The frame of a file: degrees, or the plane of the city's zone."""
    wanted = asked or ("degrees" if kind in _IN_DEGREES else "plane")
    if wanted not in FRAMES:
        shown = shorten(wanted, 40)
        raise InvalidInput(
            f"frame 须为 plane 或 degrees:{shown}",
            f"frame must be plane or degrees: {shown}",
            value=shown,
        )
    if wanted == "degrees" and kind in ("dxf", "txt"):
        raise InvalidInput(
            f"此格式以米为单位,没有经纬度,请用 frame=plane:{kind}",
            f"this format is in metres and has no degrees; use frame=plane: {kind}",
            value=kind,
        )
    return "EPSG:4490" if wanted == "degrees" else f"EPSG:{city.epsg_without_prefix}"


def write(sketch: bytes, kind: str, frame_id: str) -> bytes:
    """A GeoJSON FeatureCollection in CGCS2000 as a file of a format.

    Raises what is wrong with the sketch (UnreadableFile, InvalidInput,
    FileTooLarge) and what the format cannot hold (FieldsDoNotMatch, InvalidInput).
    """
    if kind not in FORMATS:
        listed = "、".join(FORMATS)
        shown = shorten(kind, 40)
        raise InvalidInput(
            f"f 须为 {listed} 之一:{shown}",
            f"f must be one of {', '.join(FORMATS)}: {shown}",
            value=shown,
        )
    if len(sketch) > FILE_BYTES:
        raise _too_much(f"{len(sketch)} B > {FILE_BYTES} B")
    with sandbox.work_folder() as work:
        (work / SKETCH).write_bytes(sketch)
        (work / TASK).write_text(json.dumps({"kind": kind, "frame": frame_id}), encoding="utf-8")
        try:
            code = sandbox.child(
                "spatial.exchange.sketch.writer", work, sandbox.environment(work), LIMITS.wall_s
            )
        except subprocess.TimeoutExpired as late:
            raise _too_much(f"{LIMITS.wall_s:g} s") from late
        if code == 0:
            return (work / OUTPUT).read_bytes()
        told = work / sandbox.ERROR
        if told.exists():
            raise sandbox.error_told(told)
        if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGXFSZ):
            raise _too_much("CPU, memory or size")
        raise UnreadableFile(
            f"草图无法写成此格式,写出进程异常结束({code}):{kind}",
            f"the sketch cannot be written so; its writer ended abnormally ({code}): {kind}",
            value=kind,
            details={"writer": sandbox.said(work)},
        )


def _too_much(limit: str) -> FileTooLarge:
    return FileTooLarge(
        f"草图过大,写出超出限制,请拆分:{limit}",
        f"the sketch is too large to be written, split it: {limit}",
        value=limit,
    )
