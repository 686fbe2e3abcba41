"""The description of a version as RO-Crate 1.1 研究对象箱: ``ro-crate-metadata.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

FILE: Final = "ro-crate-metadata.json"
_CONTEXT: Final = "https://w3id.org/ro/crate/1.1/context"
_PROFILE: Final = "https://w3id.org/ro/crate/1.1"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the version."""

    path: str
    bytes: int
    media_type: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a version is."""

    object: str
    title: str
    time: str
    author: str
    department: str
    licence: str
    synthetic: bool = False
    """合成数据: generated, stamped wherever it shows."""


def document(about: Description, parts: Iterable[Part]) -> bytes:
    """The metadata file; the same for the same version."""
    listed = sorted(parts, key=lambda part: part.path)
    stamp = "合成数据 synthetic data. " if about.synthetic else ""
    graph: list[dict[str, Any]] = [
        {
            "@id": FILE,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": _PROFILE},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "identifier": about.object,
            "name": about.title,
            "description": f"{stamp}{about.title} ({about.object})",
            "datePublished": about.time,
            "license": about.licence,
            "author": {"@id": "#author"},
            "hasPart": [{"@id": _address(part.path)} for part in listed],
        },
        {"@id": "#author", "@type": "Person", "name": about.author, "affiliation": {"@id": "#department"}},
        {"@id": "#department", "@type": "Organization", "name": about.department},
    ]
    for part in listed:
        told: dict[str, Any] = {
            "@id": _address(part.path),
            "@type": "File",
            "contentSize": str(part.bytes),
            "encodingFormat": part.media_type,
        }
        graph.append(told | ({"description": part.description} if part.description else {}))
    text = json.dumps({"@context": _CONTEXT, "@graph": graph}, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _address(path: str) -> str:
    """A relative URI; what has a meaning in one is encoded, other characters stay readable (RFC 3987)."""
    return "".join(f"%{ord(mark):02X}" if mark in ' %#?"<>\\^`{|}[]' else mark for mark in path)
