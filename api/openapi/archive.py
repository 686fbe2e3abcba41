"""The archive: objects, versions, files, proofs."""

from __future__ import annotations

from api.openapi.parts import Document, Family, Situation, get, path, query
from water.archive.model import VERSIONS_MAX

TAG = "archive"
_TEXT: Document = {"type": "string"}
_COUNT: Document = {"type": "integer", "minimum": 0}


def family(situation: Situation) -> Family:
    """The routes of ``api.archive``."""
    version = "/archive/objects/{archiveObject}/versions/{archiveVersion}"
    which = ["archiveObject", "archiveVersion"]
    paths: Document = {
        "/archive/roots": get(
            "archiveRoots", TAG, "日根 the published root of each day", ["f", "lang"], "archiveRoots"
        ),
        "/archive/objects": get(
            "archiveObjects",
            TAG,
            "案卷 objects that one may know of",
            ["archiveLimit", "archiveAfter", "f", "lang"],
            "archiveObjects",
        ),
        version: get(
            "archiveVersion",
            TAG,
            "案卷的一个版本 files of a version",
            [*which, "f", "lang"],
            "archiveVersion",
        ),
        f"{version}/inventory": get(
            "archiveInventory",
            TAG,
            "清单 the inventory of a version, byte for byte (OCFL 1.1)",
            which,
            "archiveInventory",
        ),
        f"{version}/proof": get(
            "archiveProof",
            TAG,
            "存证 proof that a version was entered (RFC 6962)",
            [*which, "archiveSize", "f", "lang"],
            "archiveProof",
        ),
        f"{version}/files/{{archivePath}}": get(
            "archiveFile", TAG, "文件 a file of a version", [*which, "archivePath"], media="*/*"
        ),
    }
    for each in paths.values():
        responses = each["get"]["responses"]
        for code in ("401", "403", "413", "500"):
            responses[code] = {"$ref": "#/components/responses/Problem"}
    paths[f"{version}/files/{{archivePath}}"]["get"]["responses"]["200"]["content"] = {
        "*/*": {"schema": {"type": "string", "format": "binary"}}
    }
    parameters = {
        "archiveObject": path("archiveObject", "案卷标识 identifier of the object, percent-encoded"),
        "archiveVersion": path(
            "archiveVersion", "版本 version", {"type": "integer", "minimum": 1, "maximum": VERSIONS_MAX}
        ),
        "archivePath": path("archivePath", "文件路径 path of the file, percent-encoded"),
        "archiveLimit": query("limit", "至多几项 at most so many", {"type": "integer", "minimum": 1}),
        "archiveAfter": query("after", "从此之后 those after this identifier", _TEXT),
        "archiveSize": query(
            "size", "日志长度 against the root of so many entries", {"type": "integer", "minimum": 1}
        ),
    }
    return Family(TAG, paths, parameters, _schemas())


def _schemas() -> Document:
    return {
        "archiveRoots": _object(roots=_list(day=_TEXT, size=_COUNT, root=_TEXT)),
        "archiveInventory": _object(id=_TEXT, head=_TEXT, manifest={"type": "object"}),
        "archiveObjects": _object(objects=_list(object=_TEXT, versions=_COUNT, time=_TEXT, href=_TEXT)),
        "archiveVersion": _object(
            object=_TEXT,
            version=_COUNT,
            created=_TEXT,
            message=_TEXT,
            files=_list(path=_TEXT, bytes=_COUNT, mediaType=_TEXT, sha512=_TEXT, href=_TEXT),
        ),
        "archiveProof": _object(
            entry=_TEXT, index=_COUNT, size=_COUNT, root=_TEXT, path={"type": "array", "items": _TEXT}
        ),
    }


def _object(**properties: Document) -> Document:
    return {"type": "object", "required": list(properties), "properties": properties}


def _list(**properties: Document) -> Document:
    return {"type": "array", "items": _object(**properties)}
