"""Projects out of a file 项目文件读入: boundary points 界址点 TXT, DXF, shapefile, Excel and others.

Read behind the fences of the exchange like any sketch. What is judged must lie where it
lies: a frame that was only assumed is refused, and must be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from planning.compliance.project import read
from planning.errors import BadProject
from planning.model import ACTIVITIES, ATTRIBUTES, STAGES, Attribute, Project
from spatial.catalogue.city import City
from spatial.catalogue.contract import Field, FieldType, Title
from spatial.datum import Registry
from spatial.errors import FrameUndecided
from spatial.exchange.fields import Wrong, caster, plain
from spatial.exchange.sketch import reading


@dataclass(frozen=True, slots=True)
class Handed:
    """What a file of projects gave."""

    projects: tuple[Project, ...]
    frame: str
    """Frame that its numbers were read in."""
    unused: tuple[str, ...]
    """Its columns that say nothing a project may say of itself."""


def projects_of(path: Path, city: City, registry: Registry, crs: str | None = None) -> Handed:
    """A project for each feature; attributes by name or Chinese title.

    Raises what is wrong with the file, FrameUndecided where neither it nor ``crs`` says the frame,
    BadProject for what cannot be judged.
    """
    found = reading.read(path.read_bytes(), path.name, city, registry, reading.Asked(crs))
    frame = found["frame"]
    if frame["assumed"]:
        raise FrameUndecided(
            f"文件没有说明坐标系,审查不能按推测的 {frame['id']} 进行,请用 --crs 指明:{path.name}",
            f"the file does not say its frame, and nothing is judged by the assumed {frame['id']};"
            f" say it with --crs: {path.name}",
            value=path.name,
            details={"options": [f"--crs {frame['id']}"]},
        )
    if found["skipped"]:
        first = found["skipped"][0]
        raise BadProject(
            f"{len(found['skipped'])} 行没有可用的图形,第一处在第 {first['line']} 行({first['zh']}):"
            f"{path.name}",
            f"{len(found['skipped'])} rows have no usable shape, the first is line {first['line']}"
            f" ({first['en']}): {path.name}",
            value=path.name,
            details={"skipped": found["skipped"]},
        )
    unused: dict[str, None] = {}
    projects = []
    for number, feature in enumerate(found["features"]):
        told, left = _told(feature.get("properties") or {})
        unused |= dict.fromkeys(left)
        projects.append(read({**feature, "properties": told}, f"/features/{number}"))
    return Handed(tuple(projects), frame["id"], tuple(unused))


def _told(properties: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What a project may say of itself, and the names of all else."""
    by_name = {plain(name): each for each in ATTRIBUTES for name in (each.name, each.title.zh)}
    by_name |= {plain("地块名称"): by_name["name"]}
    told: dict[str, Any] = {}
    left: list[str] = []
    for name, value in properties.items():
        known = by_name.get(plain(name))
        if known is None:
            left.append(name)
        else:
            told.setdefault(known.name, _value(known, value))
    return told, left


def _value(known: Attribute, value: Any) -> Any:
    """A cell in the type of its attribute; what is none stays as it is, and is refused by name."""
    if value is None:
        return None
    text = str(value).strip()
    choices = {"stage": STAGES, "activity": ACTIVITIES}.get(known.name, {})
    for id_, title in choices.items():
        if text == title.zh:
            return id_
    if known.kind == "text":
        return text
    try:
        return _AS[known.kind](text)
    except Wrong:
        return value


_AS: Final = {
    "number": caster(Field("", FieldType.NUMBER, Title("", ""))),
    "boolean": caster(Field("", FieldType.BOOLEAN, Title("", ""))),
}
