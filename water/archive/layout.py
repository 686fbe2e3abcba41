"""Where an object lies in the storage root: registered OCFL extension 0003, hashed tuples and the id."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Final

NAME: Final = "0003-hash-and-id-n-tuple-storage-layout"
_TUPLES, _TUPLE_SIZE = 3, 3
_LONGEST: Final = 100
_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def _document(content: dict[str, object]) -> bytes:
    return json.dumps(content, indent=2).encode() + b"\n"


ROOT_FILES: Final = {
    "0=ocfl_1.1": b"ocfl_1.1\n",
    "ocfl_layout.json": _document(
        {
            "extension": NAME,
            "description": "Three tuples of three hexadecimal digits of the SHA-256 of the object's id,"
            " then the id itself, percent-encoded.",
        }
    ),
    f"extensions/{NAME}/config.json": _document(
        {
            "extensionName": NAME,
            "digestAlgorithm": "sha256",
            "tupleSize": _TUPLE_SIZE,
            "numberOfTuples": _TUPLES,
        }
    ),
}
"""What stands in a storage root beside the objects, byte for byte."""


def place(object_id: str) -> PurePosixPath:
    """The object's folder below the storage root.

    >>> str(place("..hor/rib:le-$id"))
    '487/326/d8c/%2e%2ehor%2frib%3ale-%24id'
    """
    digest = sha256(object_id.encode()).hexdigest()
    encoded = encode(object_id)
    if len(encoded) > _LONGEST:
        encoded = f"{encoded[:_LONGEST]}-{digest}"
    tuples = (digest[at : at + _TUPLE_SIZE] for at in range(0, _TUPLES * _TUPLE_SIZE, _TUPLE_SIZE))
    return PurePosixPath(*tuples, encoded)


def encode(text: str) -> str:
    """A name as a folder: letters, digits, - and _ stay, all else is percent-encoded."""
    return "".join(
        mark if mark in _PLAIN else "".join(f"%{byte:02x}" for byte in mark.encode()) for mark in text
    )
