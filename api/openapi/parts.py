"""What the families of routes describe themselves with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.catalogue import Shown
from api.parameters import Language

Document = dict[str, Any]
_REFUSALS = ("400", "404", "406", "429", "503")


_YEAR = "([1-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
_LEAP_YEAR = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
_DAY = (
    f"({_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
"""The calendar to the day; the year 9999 is left out, from which an offset may lead out of all years."""
_TIME = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
_MOMENT = f"{_DAY}({_TIME})?"
INSTANT: Document = {"type": "string", "pattern": f"^{_MOMENT}$"}
BEHIND: Document = {"type": "string", "pattern": f"^{_MOMENT}/[1-9][0-9]{{0,8}}$"}
"""An instant and a number: where the page before ended."""
_BOUNDED: Document = {"pattern": f"^{_MOMENT}/{_MOMENT}$", "description": "a/b, a ≤ b"}
INTERVAL: Document = {
    "type": "string",
    "anyOf": [{"pattern": f"^(\\.\\./{_MOMENT}|{_MOMENT}/\\.\\.)$"}, _BOUNDED],
}
DATETIME: Document = {
    "type": "string",
    "anyOf": [{"pattern": f"^({_MOMENT}|\\.\\./{_MOMENT}|{_MOMENT}/\\.\\.)$"}, _BOUNDED],
}
"""Which of the two comes first, no pattern says."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a definition is written for: the layers somebody sees, what is offered, the language."""

    layers: Sequence[Shown]
    crs: Sequence[str]
    language: Language
    tile_frames: Sequence[str] = ()
    """Names of the tile matrix sets that styles are written for."""


@dataclass(frozen=True, slots=True)
class Family:
    """One family of routes: its tag, paths and the components they refer to."""

    tag: str
    paths: Document
    parameters: Mapping[str, Document]
    schemas: Mapping[str, Document]


def get(
    name: str,
    tag: str,
    summary: str,
    parameters: Sequence[str],
    schema: str = "object",
    media: str = "application/json",
) -> Document:
    """A path that knows GET alone; ``parameters`` names components, ``schema`` one of the schemas."""
    shape = {"type": "object"} if schema == "object" else {"$ref": f"#/components/schemas/{schema}"}
    content: Document = {media: {"schema": shape}}
    if "f" in parameters:
        content["text/html"] = {"schema": {"type": "string"}}
    return {
        "get": {
            "operationId": name,
            "tags": [tag],
            "summary": summary,
            "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in parameters],
            "responses": {
                "200": {"description": summary, "content": content},
                "304": {"$ref": "#/components/responses/NotModified"},
                **{code: {"$ref": "#/components/responses/Problem"} for code in _REFUSALS},
            },
        }
    }


def stream(name: str, tag: str, summary: str, parameters: Sequence[str] = ()) -> Document:
    """Server-sent events from a cursor on: nothing to keep, and a cursor may be one of a lost state."""
    told = get(name, tag, summary, ["since", "lastEventId", *parameters], media="text/event-stream")
    responses = told["get"]["responses"]
    responses["200"]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
    responses["409"] = {"$ref": "#/components/responses/Problem"}
    del responses["304"]
    return told


def path(name: str, description: str, schema: Document | None = None) -> Document:
    """A path parameter."""
    shape = schema or {"type": "string"}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": shape}


def query(name: str, description: str, schema: Document) -> Document:
    """A query parameter, one value, lists with commas."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def one_of(crs: Sequence[str]) -> Document:
    """The schema of a frame's URI; the first is the default."""
    return {"type": "string", "format": "uri", "enum": list(crs), "default": crs[0]}
