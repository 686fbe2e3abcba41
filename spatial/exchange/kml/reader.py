"""Reading KML 读取 KML (OGC 12-007). Runs in the reader's process.

XML without document types and entities, walked element by element; of links,
overlays and models nothing is followed, they are counted. KML is WGS 84 by
definition, yet in China it is often drawn over a shifted base map (GCJ-02), so
the definition is no evidence of the frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from spatial.errors import SourceLayerUndecided, UnreadableFile, UnsafeFile
from spatial.exchange.batches import Writer
from spatial.exchange.evidence import EncodingReading, Evidence
from spatial.exchange.features import Found, write
from spatial.exchange.kml.geometry import BadGeometry, geometry_of, local
from spatial.exchange.sandbox import Job

_DEEPEST = 200
_NOT_FOLLOWED = ("NetworkLink", "GroundOverlay", "ScreenOverlay", "PhotoOverlay", "Tour")
NAME, DESCRIPTION, FOLDER, STYLE = "name", "description", "folder", "style"


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read the placemarks of a KML file; returns the description for ``Writer.finish``."""
    walk = _Walk(path, job.layer)
    names = write(walk.features, writer, job.limits)
    if job.layer is not None and not writer.rows:
        folders = sorted(walk.folders)
        raise SourceLayerUndecided(
            f"没有这个文件夹(有 {'、'.join(folders[:20])}):{job.layer}",
            f"there is no such folder (there are {', '.join(folders[:20])}): {job.layer}",
            value=job.layer,
            details={"layers": folders},
        )
    told = Evidence("bytes", "XML 自述编码", "the encoding is said by the XML itself")
    return {
        "format": "kml",
        "layer": job.layer or path.stem,
        "columns": names,
        "kinds": ["text"] * len(names),
        "declared_wkt": None,
        "encoding": EncodingReading("UTF-8", (told,)).to_json(),
        "name_bytes_limit": None,
        "notes": [one.to_json() for one in walk.notes()],
        "coordinates": None,
    }


class _Walk:
    """A KML file, walked as often as one likes, one placemark in memory at a time."""

    def __init__(self, path: Path, folder: str | None) -> None:
        self.folders: set[str] = set()
        self.seen: Counter[str] = Counter()
        self._path = path
        self._folder = folder

    def features(self) -> Iterator[Found]:
        """Each placemark in turn."""
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import iterparse

        self.seen.clear()
        events = iterparse(self._path, events=("start", "end"), forbid_dtd=True)
        try:
            yield from self._placemarks(events)
        except DefusedXmlException as forbidden:
            name = self._path.name
            raise UnsafeFile(
                f"KML 含文档类型或实体声明,拒绝读取:{name}",
                f"the KML declares a document type or entities; refused: {name}",
                value=name,
            ) from forbidden
        except (ParseError, LookupError, ValueError) as broken:
            name = self._path.name
            raise UnreadableFile(
                f"KML 损坏或被截断(已读 {self.seen['Placemark']} 个地标):{name}",
                f"the KML is damaged or cut off ({broken}) after {self.seen['Placemark']} placemarks: {name}",
                value=name,
            ) from broken

    def _placemarks(self, events: Iterator[tuple[str, Element]]) -> Iterator[Found]:
        stack: list[Element] = []
        for event, element in events:
            if event == "start":
                stack.append(element)
                if len(stack) > _DEEPEST:
                    raise ValueError(f"elements lie more than {_DEEPEST} deep")
                continue
            stack.pop()
            kind = local(element.tag)
            if kind in _NOT_FOLLOWED:
                self.seen[kind] += 1
            if kind == "Placemark":
                self.seen[kind] += 1
                path = _folder_path(stack)
                self.folders.update(path)
                if self._folder is None or self._folder in path:
                    yield _placemark(element, self.seen[kind], path)
            # What lies within a placemark is still needed when the placemark ends.
            if stack and not any(local(one.tag) == "Placemark" for one in stack) and kind != NAME:
                stack[-1].remove(element)

    def notes(self) -> list[Evidence]:
        """What the file says and what was left out."""
        told = [
            Evidence(
                "undeclared",
                "KML 定义为 WGS 84,但常在偏移底图上绘制,不足为据",
                "KML is WGS 84 by definition, but often drawn over shifted maps: no evidence",
            )
        ]
        if self.folders:
            shown = sorted(self.folders)[:20]
            told.append(Evidence("folders", f"文件夹:{'、'.join(shown)}", f"folders: {', '.join(shown)}"))
        told += [
            Evidence(
                "skipped", f"{kind} 未载入({count} 个)", f"{kind} is not loaded ({count})", {"objects": count}
            )
            for kind, count in sorted(self.seen.items())
            if kind != "Placemark"
        ]
        return told


def _folder_path(stack: list[Element]) -> list[str]:
    found = []
    for one in stack:
        if local(one.tag) == "Folder":
            found.append(_text(one, NAME) or "")
    return found


def _placemark(element: Element, number: int, path: list[str]) -> Found:
    attributes: dict[str, str | None] = {
        NAME: _text(element, NAME),
        DESCRIPTION: _text(element, DESCRIPTION),
        FOLDER: "/".join(path) or None,
        STYLE: (_text(element, "styleUrl") or "").lstrip("#") or None,
    }
    if element.get("id"):
        attributes["id"] = element.get("id")
    attributes |= _times(element)
    for one in element.iter():
        kind = local(one.tag)
        if kind == "Data" and one.get("name"):
            attributes[one.get("name") or ""] = _text(one, "value")
        elif kind == "SimpleData" and one.get("name"):
            attributes[one.get("name") or ""] = (one.text or "").strip() or None
    shape: Any = None
    problem = None
    try:
        shape = geometry_of(element)
    except BadGeometry as bad:
        problem = (bad.zh, bad.en)
    return Found(number, attributes, shape, problem)


def _times(element: Element) -> dict[str, str | None]:
    for one in element:
        kind = local(one.tag)
        if kind == "TimeSpan":
            return {"valid_from": _text(one, "begin"), "valid_to": _text(one, "end")}
        if kind == "TimeStamp":
            return {"valid_from": _text(one, "when")}
    return {}


def _text(element: Element, name: str) -> str | None:
    for one in element:
        if local(one.tag) == name:
            return (one.text or "").strip() or None
    return None
