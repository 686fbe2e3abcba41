"""The inventory of an OCFL 1.1 object 清单 (OCFL 1.1 §3.5): read, checked, extended, written. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha512
from typing import Any, Final

from water.errors import ArchiveDamaged

TYPE: Final = "https://ocfl.io/1.1/spec/#inventory"
DECLARATION: Final = ("0=ocfl_object_1.1", b"ocfl_object_1.1\n")
FILE: Final = "inventory.json"
SIDECAR: Final = "inventory.json.sha512"
_DIGEST: Final = re.compile(r"[0-9a-f]{128}")

State = Mapping[str, str]
"""Logical path → SHA-512."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object: when, by whom, why, and what it holds."""

    created: str
    message: str
    name: str
    address: str
    state: State


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything an object holds, in every version."""

    id: str
    versions: tuple[Version, ...]
    manifest: Mapping[str, str]
    """SHA-512 → content path; one path each: the same content is never stored twice."""
    sha256: Mapping[str, str]
    """Content path → SHA-256, the second digest 双摘要 of the block ``fixity``."""

    @property
    def head(self) -> int:
        """Number of the newest version."""
        return len(self.versions)

    def state(self, version: int) -> State:
        """What a version holds; KeyError where there is no such version."""
        if not 1 <= version <= self.head:
            raise KeyError(version)
        return self.versions[version - 1].state

    def path(self, version: int, logical: str) -> str:
        """Where the content of a logical path of a version lies; KeyError where it holds none."""
        return self.manifest[self.state(version)[logical]]

    def to_bytes(self) -> bytes:
        """As it is stored: sorted, without idle spaces, the same for the same content."""
        fixity: dict[str, list[str]] = {}
        for path, digest in sorted(self.sha256.items()):
            fixity.setdefault(digest, []).append(path)
        document: dict[str, Any] = {
            "id": self.id,
            "type": TYPE,
            "digestAlgorithm": "sha512",
            "head": f"v{self.head}",
            "manifest": {digest: [path] for digest, path in sorted(self.manifest.items())},
            "versions": {f"v{n}": _version(one) for n, one in enumerate(self.versions, 1)},
            "fixity": {"sha256": fixity},
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _version(one: Version) -> dict[str, Any]:
    state: dict[str, list[str]] = {}
    for path, digest in sorted(one.state.items()):
        state.setdefault(digest, []).append(path)
    return {
        "created": one.created,
        "message": one.message,
        "user": {"name": one.name, "address": one.address},
        "state": state,
    }


def sidecar(inventory: bytes) -> bytes:
    """The content of ``inventory.json.sha512``."""
    return f"{sha512(inventory).hexdigest()} {FILE}\n".encode()


def read(data: bytes, where: str) -> Inventory:
    """An inventory as this archive writes them; ArchiveDamaged names what is wrong with another."""
    try:
        document = json.loads(data)
        if document["type"] != TYPE or document["digestAlgorithm"] != "sha512":
            raise ValueError("type or digestAlgorithm")
        versions = tuple(_read_version(document["versions"][f"v{n + 1}"]) for n in range(_head(document)))
        manifest = {digest: path for digest, (path,) in document["manifest"].items()}
        fixity = {path: digest for digest, paths in document["fixity"]["sha256"].items() for path in paths}
        found = Inventory(str(document["id"]), versions, manifest, fixity)
        _require(found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as failure:
        raise ArchiveDamaged(
            f"清单读不出,请用 archive verify 核对并从另一副本修复:{where}",
            f"the inventory cannot be read ({failure}); run archive verify and repair from another copy:"
            f" {where}",
            value=where,
        ) from failure
    return found


def _head(document: Mapping[str, Any]) -> int:
    head = int(document["head"].removeprefix("v"))
    if len(document["versions"]) != head or head < 1:
        raise ValueError("head")
    return head


def _read_version(document: Mapping[str, Any]) -> Version:
    state = {path: digest for digest, paths in document["state"].items() for path in paths}
    user = document["user"]
    return Version(document["created"], document["message"], user["name"], user["address"], state)


def _require(found: Inventory) -> None:
    """What a path of an archive that somebody hands in must never be able to say."""
    for digest, path in found.manifest.items():
        if not _DIGEST.fullmatch(digest) or not _inside(path) or not re.match(r"v[1-9]\d*/content/", path):
            raise ValueError(f"manifest {path}")
    for one in found.versions:
        for path, digest in one.state.items():
            if not _inside(path) or digest not in found.manifest:
                raise ValueError(f"state {path}")


def _inside(path: str) -> bool:
    return bool(path) and not any(part in ("", ".", "..") for part in path.split("/"))
